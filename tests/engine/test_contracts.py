"""Reading WIT: what is found, where it stands, and what is said when it is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from engine_support import HERE, assert_golden, rendered

from wcompose.engine import Engine
from wcompose.errors import ArtifactError, ContractError

WIT = HERE / "wit"
BAD = sorted(path.name for path in (WIT / "bad").iterdir())


@pytest.mark.parametrize("case", BAD)
def test_problems(engine: Engine, case: str) -> None:
    features = [] if case == "gates" else None
    with pytest.raises(ContractError) as caught:
        engine.resolve(WIT / "bad" / case, features)
    assert_golden(f"wit/{case}", rendered(caught.value.findings, WIT / "bad" / case))


def test_every_golden_file_is_used() -> None:
    assert sorted(path.stem for path in (HERE / "golden" / "wit").iterdir()) == BAD
    tests = "".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
    for directory in ("compose", "encode", "texts"):
        for path in (HERE / "golden" / directory).iterdir():
            assert f'"{path.stem}"' in tests or f'"{directory}/{path.stem}"' in tests


def place_of(contract: dict, item: dict) -> tuple[str, int, int, int, int]:
    file, *rest = item["place"]
    return (Path(contract["files"][file]).name, *rest)


def named(contract: dict, kind: str, name: str) -> dict:
    return next(each for each in contract["resolve"][kind] if each["name"] == name)


def test_everything_has_its_place(engine: Engine) -> None:
    contract = engine.resolve(WIT / "good")
    shapes = named(contract, "interfaces", "shapes")
    assert place_of(contract, shapes) == ("demo.wit", 4, 11, 4, 17)
    point = named(contract, "types", "point")
    assert place_of(contract, point) == ("demo.wit", 9, 10, 9, 15)
    fields = point["kind"]["record"]["fields"]
    assert [place_of(contract, field)[1:3] for field in fields] == [(11, 5), (12, 5)]
    assert [place_of(contract, flag)[1:3] for flag in flags(contract)] == [(15, 16), (15, 22)]
    draw = shapes["functions"]["[method]canvas.draw"]
    assert place_of(contract, draw)[1:3] == (22, 5)
    assert [place_of(contract, each)[1:3] for each in draw["params"][1:]] == [(22, 16), (22, 29)]
    painter = named(contract, "worlds", "painter")
    assert place_of(contract, painter) == ("worlds.wit", 2, 7, 2, 14)
    assert place_of(contract, painter["imports"]["log"]["function"])[:2] == ("worlds.wit", 4)
    colour = named(contract, "types", "colour")
    assert place_of(contract, colour)[0] == "palette.wit"


def flags(contract: dict) -> list[dict]:
    return named(contract, "types", "edge")["kind"]["flags"]["flags"]


def test_files_are_the_users_paths(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(WIT)
    (tmp_path / "link").symlink_to(WIT / "good")
    assert engine.resolve(Path("good"))["files"][0] == "good/demo.wit"
    assert engine.resolve(tmp_path / "link")["files"][0] == f"{tmp_path}/link/demo.wit"


def test_docs_and_gates_are_kept(engine: Engine) -> None:
    everything = named(engine.resolve(WIT / "good"), "interfaces", "shapes")
    stable = named(engine.resolve(WIT / "good", []), "interfaces", "shapes")
    asked = named(engine.resolve(WIT / "good", ["hidden"]), "interfaces", "shapes")
    assert everything["docs"]["contents"] == "Shapes that can be moved."
    assert "secret" in everything["functions"]
    assert "secret" in asked["functions"]
    assert "secret" not in stable["functions"]
    assert everything["functions"]["secret"]["stability"] == {"unstable": {"feature": "hidden"}}


def test_print_and_resolve_are_inverse(engine: Engine, tmp_path: Path) -> None:
    printed = engine.print_wit(WIT / "good")
    (tmp_path / "printed.wit").write_text(printed, encoding="utf-8")
    assert engine.print_wit(tmp_path / "printed.wit") == printed
    first = engine.resolve(WIT / "good")["resolve"]
    again = engine.resolve(tmp_path / "printed.wit")["resolve"]
    assert summary(first) == summary(again)


def summary(resolve: dict) -> dict:
    """What a contract holds, without the order in which its packages were read."""
    return {
        kind: sorted(str(each["name"]) for each in resolve[kind])
        for kind in ("worlds", "interfaces", "types", "packages")
    }


def test_resolving_twice_gives_the_same(engine: Engine) -> None:
    assert engine.resolve(WIT / "good") == engine.resolve(WIT / "good")


def test_a_single_file(engine: Engine) -> None:
    contract = engine.resolve(WIT / "good" / "deps" / "units.wit")
    assert [package["name"] for package in contract["resolve"]["packages"]] == ["demo:units@0.2.1"]
    assert contract["files"] == [str(WIT / "good" / "deps" / "units.wit")]


def test_a_package_in_binary_form(engine: Engine, tmp_path: Path) -> None:
    binary = HERE / "binaries" / "units.wasm"
    text = engine.resolve(WIT / "good" / "deps" / "units.wit")
    assert summary(engine.resolve(binary)["resolve"]) == summary(text["resolve"])
    (tmp_path / "deps").mkdir()
    (tmp_path / "deps" / "units.wasm").write_bytes(binary.read_bytes())
    (tmp_path / "demo.wit").write_text(
        "package demo:top;\ninterface a {\n"
        "  use demo:units/length@0.2.1.{metres};\n  far: func() -> metres;\n}\n"
    )
    contract = engine.resolve(tmp_path)
    assert place_of(contract, named(contract, "interfaces", "a"))[1:3] == (2, 11)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("core.wasm", b"\0asm\x01\0\0\0", "is a core module, not a WIT package"),
        ("cut.wasm", b"\0asm\x0d\0\x01\0\x07\xff", "is a damaged WebAssembly binary"),
        ("claims.wasm", b"\0asm\x0d\0\x01\0\x07\xff\xff\xff\xff\x0f", "is a damaged WebAssembly"),
    ],
)
def test_binaries_that_hold_no_wit(
    engine: Engine, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ContractError, match=words):
        engine.resolve(tmp_path / name)


def test_a_component_in_the_place_of_wit(engine: Engine, wat) -> None:
    with pytest.raises(ContractError, match="is a component, not a WIT package"):
        engine.resolve(wat("some.wasm", "(component)"))


def test_a_component_becomes_the_same_form(engine: Engine, wat) -> None:
    path = wat(
        "adder.wasm",
        """(component
          (core module $m (func (export "add") (param i32 i32) (result i32) local.get 0))
          (core instance $i (instantiate $m))
          (func (export "add") (param "a" u32) (param "b" u32) (result u32)
            (canon lift (core func $i "add"))))""",
    )
    contract = engine.decode(path)
    world = contract["resolve"]["worlds"][contract["world"]]
    assert list(world["exports"]) == ["add"]
    parameters = world["exports"]["add"]["function"]["params"]
    assert [(each["name"], each["type"]) for each in parameters] == [("a", "u32"), ("b", "u32")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("core.wasm", b"\0asm\x01\0\0\0", "a core module, not a component"),
        ("empty.wasm", b"", "an empty file, not a component"),
        ("claims.wasm", b"\0asm\x0d\0\x01\0\x00\xff\xff\xff\xff\x0f", "a damaged WebAssembly"),
        ("text.wat", b"(module)", "WebAssembly text, not a component"),
        ("page.wasm", b"<!doctype html>", "a web page"),
        ("packed.wasm", b"\x1f\x8b\x08", "a file packed with gzip, not a component"),
        ("archive.wasm", b"PK\x03\x04", "a zip archive, not a component"),
        ("native.wasm", b"\x7fELF\x02\x01\x01\0", "a native program or library, not a comp"),
        ("zeros.wasm", b"\0" * 100, "a file of unknown kind"),
        ("newer.wasm", b"\0asm\x0e\0\x01\0", "a component in version 14 of the format; 13 is"),
        ("core.wasm", b"\0asm\x02\0\0\0", "a core module in version 2 of the format; 1 is"),
        ("noise.wasm", b"\x93\xff\xfe", "a file of unknown kind, not a component"),
        ("demo.wit", b"package demo:x;\n", "WIT text, not a component"),
    ],
)
def test_what_is_not_a_component(
    engine: Engine, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=words) as caught:
        engine.decode(tmp_path / name)
    assert caught.value.findings[0].hint
    assert caught.value.findings[0].place.file == str(tmp_path / name)


def test_a_package_is_not_a_component(engine: Engine) -> None:
    with pytest.raises(ArtifactError, match="a WIT package in binary form, not a component"):
        engine.decode(HERE / "binaries" / "units.wasm")


def test_paths_that_cannot_be_read(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="cannot read") as caught:
        engine.resolve(tmp_path / "absent")
    assert caught.value.findings[0].causes == ("no such file or directory",)
    with pytest.raises(ArtifactError, match="is a directory"):
        engine.decode(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArtifactError, match="cannot read") as caught:
        engine.resolve(tmp_path / "pipe")
    assert caught.value.findings[0].causes == ("it is neither a file nor a directory",)


def test_links_that_lead_out(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "wit").mkdir()
    (tmp_path / "outside.wit").write_text("package demo:out;\n")
    (tmp_path / "wit" / "demo.wit").symlink_to(tmp_path / "outside.wit")
    with pytest.raises(ContractError, match="it leads out of its directory"):
        engine.resolve(tmp_path / "wit")


def test_odd_names(engine: Engine, tmp_path: Path) -> None:
    odd = tmp_path / "a b'c\"$(d) é🎈"
    odd.mkdir()
    (odd / "x y.wit").write_text("package demo:odd;\ninterface a { b: func(c: d); }\n")
    with pytest.raises(ContractError) as caught:
        engine.resolve(odd)
    assert caught.value.findings[0].place.file == str(odd / "x y.wit")
