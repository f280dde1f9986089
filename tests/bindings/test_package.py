"""What a package of bindings looks like, and that Python takes it."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from bindings_support import WIT, Written, package_of
from golden import assert_golden

from wcompose.bindings import write_package
from wcompose.bindings.naming import Names, module_names, package_name
from wcompose.check.baseline import load_path
from wcompose.contract import Contract
from wcompose.engine import Engine
from wcompose.errors import ContractError

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def imported(written: Written, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    monkeypatch.syspath_prepend(str(written.root))
    yield written
    names = {package.name for package in written.packages.values()}
    for name in [each for each in sys.modules if each.partition(".")[0] in names]:
        del sys.modules[name]


def load(written: Written, world: str, module: str = "") -> ModuleType:
    name = written.packages[world].name
    return importlib.import_module(f"{name}.{module}" if module else name)


@pytest.mark.parametrize("world", ["clashes", "shop"])
def test_a_package_reads_as_it_did(engine: Engine, world: str) -> None:
    package = package_of(engine, world)
    for name, text in package.files.items():
        assert_golden(GOLDEN / package.name / f"{name}.txt", text)
    kept = {path.name.removesuffix(".txt") for path in (GOLDEN / package.name).iterdir()}
    assert kept == set(package.files)


def test_the_same_world_gives_the_same_bytes(engine: Engine, written: Written) -> None:
    for world, package in written.packages.items():
        assert package_of(engine, world) == package


def test_every_module_can_be_imported(imported: Written) -> None:
    for world, package in imported.packages.items():
        for file in package.files:
            if file.endswith(".py"):
                load(imported, world, "" if file == "__init__.py" else file.removesuffix(".py"))


def test_classes_have_the_forms_of_the_runtime(imported: Written) -> None:
    cart = load(imported, "shop", "cart")
    line = cart.Line("pen", 2, b"")
    assert line == cart.Line(item="pen", count=2, picture=b"", remark=None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        line.item = "pencil"
    assert issubclass(cart.Rights, enum.Flag)
    assert cart.Rights(3) == cart.Rights.LOOK | cart.Rights.CHANGE
    match cart.Problem.TooMany(3):
        case cart.Problem.TooMany(count):
            assert count == 3
    assert isinstance(cart.Problem.Closed(), cart.AnyProblem)
    assert cart.Currency.USD is load(imported, "shop", "money").Currency.USD


def test_values_survive_pickling(imported: Written) -> None:
    cart = load(imported, "shop", "cart")
    values = [
        cart.Line("pen", 2, b"x", "new"),
        cart.Problem.Unknown("pen"),
        cart.Currency.EUR,
        cart.Rights.LOOK | cart.Rights.CHANGE,
    ]
    assert pickle.loads(pickle.dumps(values)) == values  # noqa: S301


def test_a_type_that_interfaces_share_has_one_class(imported: Written) -> None:
    cart, stock = load(imported, "shop", "cart"), load(imported, "shop", "stock")
    assert cart.Line is stock.Line
    clashes = load(imported, "clashes")
    left, words = load(imported, "clashes", "clashes_left"), load(imported, "clashes", "words")
    assert left.WordsFields is words.Fields
    assert left.Fields is not words.Fields
    assert left.FarPoint is load(imported, "clashes", "types").Point is clashes.Point


def test_a_name_of_two_types_is_not_the_packages(imported: Written) -> None:
    assert not hasattr(load(imported, "clashes"), "Fields")


def test_every_name_that_a_package_tells_is_there(imported: Written) -> None:
    for world in imported.packages:
        package = load(imported, world)
        assert sorted(package.__all__) == package.__all__
        for name in package.__all__:
            assert getattr(package, name) is not None


def test_bindings_have_the_types_of_all_functions(imported: Written) -> None:
    bindings = load(imported, "shop", "_bindings").BINDINGS
    cart = load(imported, "shop", "cart")
    types, result = bindings.functions["acme:shop/cart@1.2.0#[method]basket.add"]
    assert [each.kind for each in types] == ["borrow", "record"]
    assert types[1].python is cart.Line
    assert str(result) == "result<u32, variant { unknown(string), too-many(u32), closed }>"
    assert result.members[1][1].python is cart.Problem
    assert "log" in bindings.imports
    assert set(bindings.functions) >= {"status", "acme:shop/cart@1.2.0#[constructor]basket"}


def test_functions_that_python_cannot_call_are_left_out_and_told(
    engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "w.wit").write_text(
        "package a:b; interface i { f: func(x: stream<u8>); g: async func(); h: func() -> u8;"
        " k: func(m: map<string, future>); } world w { export i; }"
    )
    contract = load_path(tmp_path, engine).contract
    package = write_package(contract.find_world("w"), "w")
    assert dict(package.left_out) == {
        "a:b/i#f": "it has a stream",
        "a:b/i#g": "it is async",
        "a:b/i#k": "it has a map",
    }
    assert "def h(self) -> int: ..." in package.files["i.pyi"]
    assert "def f(" not in package.files["i.pyi"]


def test_an_import_that_is_there_for_its_types_may_be_none(written: Written) -> None:
    stub = written.packages["shop"].files["__init__.pyi"]
    assert "def cart(self) -> _cart_Imports | None:" in stub
    assert "def stock(self) -> _stock_Imports:" in stub


def test_documentation_of_wit_stands_in_the_stubs_of_a_binary(engine: Engine) -> None:
    documented = load_path(WIT / "shop", engine).contract
    bare = load_path(WIT / "shop", engine).contract.find_world("shop")
    assert '"""Take a basket to the till.' in write_package(bare, "s").files["cart.pyi"]
    undocumented = _without_docs(engine)
    text = write_package(undocumented, "s").files["cart.pyi"]
    assert "Take a basket" not in text
    files = write_package(undocumented, "s", documented=documented).files
    assert files["cart.pyi"] == write_package(bare, "s").files["cart.pyi"]
    assert '"""The state of things."""' in files["__init__.pyi"]


def _without_docs(engine: Engine):
    data = engine.resolve(WIT / "shop")

    def strip(value: object) -> object:
        if isinstance(value, dict):
            return {key: strip(each) for key, each in value.items() if key != "docs"}
        return [strip(each) for each in value] if isinstance(value, list) else value

    return Contract.from_json(strip(data)).find_world("shop")


def test_a_type_that_unfolds_for_ever_is_refused(engine: Engine, tmp_path: Path) -> None:
    inner = "u8"
    for _ in range(4):
        inner = f"tuple<{', '.join([inner] * 12)}>"
    (tmp_path / "w.wit").write_text(f"package a:b; world w {{ export f: func(x: {inner}); }}")
    contract = load_path(tmp_path, engine).contract
    with pytest.raises(ContractError, match="too large to be written"):
        write_package(contract.find_world("w"), "w")


def test_modules_are_called_as_shortly_as_tells_them_apart() -> None:
    assert module_names(["a:b/c@1.0.0", "a:b/d", "host"]) == ["c", "d", "host"]
    assert module_names(["a:b/c", "a:x/c", "a:b/d"]) == ["b_c", "x_c", "d"]
    assert module_names(["a:b/c@1.0.0", "a:b/c@2.0.0-rc.1"]) == ["a_b_c_1_0_0", "a_b_c_2_0_0_rc_1"]
    assert module_names(["a:b/import"]) == ["import_"]


def test_packages_have_names_that_python_takes() -> None:
    assert package_name("my-tool.v2") == "my_tool_v2"
    assert package_name("7 digits") == "_7_digits"
    assert package_name("class") == "class_"
    assert package_name("--") == "component"


def test_a_scope_gives_a_name_once() -> None:
    names = Names(["a"])
    assert [names.take("a"), names.take("a"), names.take("b")] == ["a_", "a__", "b"]
    assert "b" in names


def test_what_is_no_name_in_python_is_refused() -> None:
    for name in ("a b", "../a", "a\nimport os", "", "ä", "a.b"):
        with pytest.raises(ContractError, match="cannot be a name"):
            Names().take(name)
    with pytest.raises(ContractError, match="cannot be a name"):
        module_names(["a:b/c", 'url=<"x">'])
