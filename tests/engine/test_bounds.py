"""Input made to hurt: it ends in an error, in time, in memory, and outside of our process."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wcompose.bounds import Limits
from wcompose.engine import Engine
from wcompose.engine.plan import Offer, Plan
from wcompose.engine.session import LIMITS, Opened
from wcompose.errors import ContractError, EngineFault, ToolFailure, UserError
from wcompose.images import ImageCache


def test_deep_types(engine: Engine, tmp_path: Path) -> None:
    deep = "list<" * 20_000 + "u8" + ">" * 20_000
    (tmp_path / "deep.wit").write_text(f"package a:b;\ninterface i {{ type t = {deep}; }}\n")
    with pytest.raises(ContractError, match="nest"):
        engine.resolve(tmp_path / "deep.wit")


def test_deep_components(engine: Engine, tmp_path: Path) -> None:
    component = b"\0asm\x0d\0\x01\0"
    for _ in range(3000):
        length, leb = len(component), b""
        while True:
            length, low = length >> 7, length & 0x7F
            leb += bytes([low | (0x80 if length else 0)])
            if not length:
                break
        component = b"\0asm\x0d\0\x01\0\x04" + leb + component
    (tmp_path / "deep.wasm").write_bytes(component)
    for operation in (engine.decode, engine.validate, engine.describe, engine.identify):
        try:
            operation(tmp_path / "deep.wasm")
        except EngineFault as fault:
            raise AssertionError(str(fault)) from fault
        except (UserError, ToolFailure):
            pass


def test_time_is_bounded(images: ImageCache, tmp_path: Path) -> None:
    engine = Engine(images, dataclasses.replace(LIMITS, seconds=0.0))
    interfaces = "".join(f"interface i{n} {{ f: func(a: list<u8>); }}\n" for n in range(20_000))
    (tmp_path / "big.wit").write_text(f"package a:b;\n{interfaces}")
    with pytest.raises(ToolFailure, match="took longer than") as caught:
        engine.resolve(tmp_path / "big.wit")
    assert str(tmp_path / "big.wit") in caught.value.findings[0].causes[0]


def test_memory_is_bounded(images: ImageCache, tmp_path: Path) -> None:
    engine = Engine(images, Limits(memory=24 << 20, seconds=60.0))
    interfaces = "".join(f"interface i{n} {{ f: func(a: list<u8>); }}\n" for n in range(40_000))
    (tmp_path / "big.wit").write_text(f"package a:b;\n{interfaces}")
    with pytest.raises(ToolFailure, match="needed more than 24 MiB") as caught:
        engine.resolve(tmp_path / "big.wit")
    assert not isinstance(caught.value, EngineFault)


def test_a_bug_is_reported_with_its_context(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A plan that our own planner never makes: there is no node 7.
    plan = Plan(sources=(), nodes=(), edges=(), outsides=(), offers=(Offer(7, "a", "a"),))
    with pytest.raises(EngineFault, match="this is a bug in wcompose") as caught:
        engine.compose(plan, tmp_path / "out.wasm")
    finding = caught.value.findings[0]
    text = " ".join(finding.causes)
    assert "composing.compose" in finding.message
    assert "panicked at" in text
    assert "composing.rs" in text
    assert "index out of bounds" in text
    assert "engine sha256:" in text
    assert "report it" in finding.hint


def test_the_engine_lives_on_after_a_failure(engine: Engine, tmp_path: Path) -> None:
    for _ in range(3):
        test_a_bug_is_reported_with_its_context(engine, tmp_path, pytest.MonkeyPatch())
        (tmp_path / "x.wit").write_text("package a:b;\n")
        assert engine.resolve(tmp_path / "x.wit")["main"] == 0


WORDS = [
    "package",
    "a:b;",
    "interface",
    "world",
    "{",
    "}",
    "i",
    "w",
    "import",
    "export",
    "use",
    "include",
    "func",
    "(",
    ")",
    "->",
    "u8",
    "list",
    "<",
    ">",
    "record",
    "r",
    "variant",
    "v",
    "enum",
    "e",
    "flags",
    "f",
    "resource",
    "type",
    "=",
    "t",
    ",",
    ":",
    ".",
    "@",
    "1.0.0",
    "%",
    "//",
    "/*",
    "*/",
    "option",
    "static",
    "constructor",
    "own",
    "borrow",
    "result",
    "_",
    "🎈",
    "'",
    '"',
    "as",
    "with",
]


def check_said(error: UserError) -> None:
    assert error.findings[0].message


def check_placed(error: UserError) -> None:
    assert min(error.findings[0].place.line, error.findings[0].place.column) >= 1


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.binary(max_size=200)
    | st.binary(max_size=200).map(lambda b: b"\0asm\x0d\0\x01\0" + b)
)
def test_random_files(engine: Engine, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    engine.identify(path)
    for operation in (engine.resolve, engine.decode, engine.describe, engine.print_wit):
        try:
            operation(path)
        except UserError as error:
            check_said(error)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    words=st.lists(
        st.sampled_from(WORDS),
        max_size=40,
    )
)
def test_random_wit(engine: Engine, tmp_path: Path, words: list[str]) -> None:
    path = tmp_path / "any.wit"
    path.write_text("package a:b;\n" + " ".join(words), encoding="utf-8")
    try:
        printed = engine.print_wit(path)
    except ContractError as error:
        check_placed(error)
        return
    (tmp_path / "again.wit").write_text(printed, encoding="utf-8")
    assert engine.print_wit(tmp_path / "again.wit") == printed


def test_guest_paths_become_the_users() -> None:
    opened = Opened()
    here = Path(__file__)
    guest = opened.read(here)
    directory = opened.read(here.parent.parent)
    text = f"`{guest}` and {directory}/a.wit, {guest}2, {directory}0"
    expected = f"`{here}` and {here.parent.parent}/a.wit, {guest}2, {directory}0"
    assert opened.to_host(text) == expected


def test_only_what_is_named_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a.wasm").write_bytes(b"")
    opened = Opened()
    opened.read(tmp_path / "a.wasm")
    opened.write(tmp_path / "out.wasm")
    assert [(host, writable) for host, _, writable in opened.preopens()] == [
        (str(tmp_path), False),
        (str(tmp_path), True),
    ]
