"""Calls through generated bindings, into components in two languages."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from bindings_support import Written
from support import REPOSITORY, Command

import wcompose
from wcompose.bindings import store_package, write_package
from wcompose.check.baseline import load_path
from wcompose.engine import Engine
from wcompose.errors import LinkError
from wcompose.images import ImageCache

RUNTIME = REPOSITORY / "tests" / "runtime"
USERS = Path(__file__).parent / "users"


@pytest.fixture
def imported(written: Written, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """The packages and their users can be imported."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(written.root))
    monkeypatch.syspath_prepend(str(USERS))
    yield written
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) is None:
            continue
        if Path(sys.modules[name].__file__ or "").is_relative_to(written.root) or Path(
            sys.modules[name].__file__ or ""
        ).is_relative_to(USERS):
            del sys.modules[name]


def component(images: ImageCache, name: str) -> wcompose.Component:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(RUNTIME))
        guest = importlib.import_module("guests").guest
    return wcompose.Component(guest(name), images)


def user(name: str) -> ModuleType:
    return importlib.import_module(name)


def test_a_typed_view_of_an_instance_of_a_pool(imported: Written, images: ImageCache) -> None:
    assert user("echoing").use_pool(component(images, "echo-rust")) == 10


@pytest.mark.parametrize("language", ["rust", "go", "python"])
def test_a_typed_host_calls_a_component(
    imported: Written, images: ImageCache, language: str
) -> None:
    said = user("echoing").use(component(images, f"echo-{language}"))
    assert said == [
        *("3", "7", "1 can't be divided by 0", "nothing", "-1", "Ann", "error no"),
        *("15", "Counter", "hello, Ann"),
    ]


@pytest.mark.parametrize("language", ["rust", "go", "python"])
def test_a_typed_host_is_called(imported: Written, images: ImageCache, language: str) -> None:
    said = user("hosting").use(component(images, f"echo-host-{language}"))
    assert said == [
        *("hello", "HEY", "None", "[2.0, 5.0]", "3 ['x'] 9.0", "True", "('a', b'xy')", "b"),
    ]


def test_resources_are_of_the_generated_class(imported: Written, images: ImageCache) -> None:
    package = importlib.import_module("echo_host")
    with (
        package.Echo.instantiate(component(images, "echo-rust")) as echo,
        echo.counters.Counter(1) as made,
    ):
        for each in (made, made.copy(), *echo.counters.row(2)):
            assert isinstance(each, package.Counter)
    with pytest.raises(TypeError, match="made by a guest"):
        package.Counter(1)


def test_bindings_of_another_contract_are_refused_with_every_difference(
    engine: Engine, images: ImageCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cell.wit").write_text(
        "package wcompose:echo@0.1.0; interface cell { add: func(a: u32, b: u64) -> u32;"
        " keep: func(it: u64) -> string; more: func(); } world other { export cell; }"
    )
    world = load_path(tmp_path, engine).contract.find_world("other")
    store_package(write_package(world, "other", name="other_cells"), tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    other = importlib.import_module("other_cells")
    with pytest.raises(LinkError) as caught:
        other.Other.instantiate(component(images, "cell"))
    messages = [each.message for each in caught.value.findings]
    assert len(messages) == 3
    assert "parameter `b` of `wcompose:echo/cell@0.1.0#add`" in messages[0]
    assert "`wcompose:echo/cell@0.1.0#keep`" in messages[1]
    assert "has no export `wcompose:echo/cell@0.1.0#more`" in messages[2]


def test_missing_imports_are_told_before_anything_is_called(
    imported: Written, images: ImageCache
) -> None:
    package = importlib.import_module("echo_host_host")

    class Nothing:
        host = object()

        def shout(self, text: str) -> str:
            return text

    with pytest.raises(LinkError) as caught:
        package.EchoHost.instantiate(component(images, "echo-host-rust"), imports=Nothing())
    assert len(caught.value.findings) >= 10


def test_a_component_may_import_less_than_its_world_does(
    engine: Engine, images: ImageCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cell.wit").write_text(
        "package wcompose:echo@0.1.0; interface cell { add: func(a: u32, b: u32) -> u32;"
        " keep: func(it: u64) -> u64; } interface clock { now: func() -> u64; }"
        " world wide { import clock; import log: func(text: string); export cell; }"
    )
    world = load_path(tmp_path, engine).contract.find_world("wide")
    store_package(write_package(world, "wide", name="wide_cells"), tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    wide = importlib.import_module("wide_cells")

    class Everything:
        clock = None

        def log(self, text: str) -> None: ...

    with wide.Wide.instantiate(component(images, "cell"), imports=Everything()) as cell:
        assert cell.cell.add(1, 2) == 3


def test_an_instance_made_with_the_bindings_gets_a_typed_view(
    imported: Written, images: ImageCache
) -> None:
    package = importlib.import_module("echo_host")
    opened = component(images, "echo-rust")
    with opened.instantiate(bindings=package.BINDINGS) as instance:
        assert package.Echo(instance).values.echo_color(package.Color.RED) is package.Color.RED
    with pytest.raises(LinkError, match="has no export `status`"):
        opened.instantiate(bindings=importlib.import_module("shop_host").BINDINGS)


def test_carriers_are_used_and_not_seen(
    command: Command, images: ImageCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(RUNTIME / "components" / "echo-rust.wasm", tmp_path / "echo.wasm")
    (tmp_path / "wcompose.toml").write_text(
        '[project]\nname = "carrying"\n[components.echo]\npath = "echo.wasm"\n[graph]\ncarry = true\n'
    )
    result = command("bindings", "python-host", tmp_path, "-o", tmp_path)
    assert result.returncode == 0, result.stderr
    names = {path.stem for path in (tmp_path / "carrying_host").glob("*.pyi")}
    assert names == {"__init__", "bulk", "counters", "values"}
    monkeypatch.syspath_prepend(str(tmp_path))
    package = importlib.import_module("carrying_host")
    built = wcompose.Component(tmp_path / "build" / "carrying.wasm", images)
    assert any(name.startswith("wcompose:carried/") for name in built.exported.names)
    with package.Carrying.instantiate(built) as carrying:
        assert carrying.values.echo_list_u8(b"abc") == b"abc"
        data = bytes(8 << 20)  # more than crosses without a carrier
        assert carrying.bulk.take_u8(data) == len(data)


def test_the_flagship_answers_a_typed_request(
    engine: Engine,
    images: ImageCache,
    flagship: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contract = load_path(flagship, engine).contract
    assert contract.world is not None
    store_package(write_package(contract.world, "digits", name="typed_digits"), tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    package = importlib.import_module("typed_digits")
    with package.Digits.instantiate(wcompose.Component(flagship, images)) as digits:
        request = package.Request(package.Method.Get(), "/nowhere", [], b"")
        answer = digits.handler.handle(request)
    assert isinstance(answer, package.Response)
    assert answer.status == 404
    assert isinstance(answer.body, bytes)
    assert isinstance(answer.headers[0], package.Header)
