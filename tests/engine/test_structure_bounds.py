"""Binaries made to hurt: reading their structure ends in an error, in time and in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wcompose.engine import Engine
from wcompose.errors import ArtifactError

Wat = Callable[[str, str], Path]

HEADER = b"\0asm\x0d\0\x01\0"

COMPOSED = """(component $whole
  (component $one
    (core module $code (func (export "f") (result i32) i32.const 1))
    (core instance $i (instantiate $code))
    (type $r (record (field "x" u8)))
    (import "t" (type $t (eq $r)))
    (import "a:b/i" (instance $in (export "r" (type (sub resource)))))
    (func $f (result u32) (canon lift (core func $i "f")))
    (instance $e (export "f" (func $f)))
    (export "a:b/j" (instance $e)))
  (type $r (record (field "x" u8)))
  (import "t" (type $t (eq $r)))
  (import "a:b/i" (instance $in (export "r" (type (sub resource)))))
  (instance $made (instantiate $one (with "t" (type $t)) (with "a:b/i" (instance $in))))
  (alias export $made "a:b/j" (instance $j))
  (alias export $j "f" (func $f))
  (component $two (alias outer $whole $one (component $again)))
  (instance (instantiate $two))
  (instance $mix (export "f" (func $f)) (export "g" (func $f)))
  (export "mix" (instance $mix))
  (export "j" (instance $j)))"""


def section(number: int, content: bytes) -> bytes:
    return bytes([number]) + leb(len(content)) + content


def leb(value: int) -> bytes:
    encoded = b""
    while True:
        value, low = value >> 7, value & 0x7F
        encoded += bytes([low | (0x80 if value else 0)])
        if not value:
            return encoded


ALIAS, INSTANCE, COMPONENT, EXPORT = 6, 5, 4, 11
ONE_EXPORT = b"\x01\x00\x01x"

HOSTILE = {
    "empty": (b"", "unexpected end"),
    "a core module": (b"\0asm\x01\0\0\0", "core module"),
    "cut short": (HEADER + b"\x04\x7f", "the file is cut short"),
    "an instance of nothing": (
        HEADER + section(INSTANCE, b"\x01\x00\x05\x00"),
        "component number 5 is used and not defined",
    ),
    "an export of nothing": (
        HEADER + section(EXPORT, ONE_EXPORT + b"\x01\x09\x00"),
        "func number 9 is used and not defined",
    ),
    "an alias in nothing": (
        HEADER + section(ALIAS, b"\x01\x01\x00\x03\x01x"),
        "instance number 3 is used and not defined",
    ),
    "an alias of no export": (
        HEADER + section(INSTANCE, b"\x01\x01\x00") + section(ALIAS, b"\x01\x01\x00\x00\x01x"),
        "an alias of `x`, which the instance does not export",
    ),
    "an alias beyond the binary": (
        HEADER + section(ALIAS, b"\x01\x04\x02\x07\x00"),
        "reaches out of the binary",
    ),
    "an alias of what is outside and not there": (
        HEADER + section(COMPONENT, HEADER + section(ALIAS, b"\x01\x04\x02\x01\x00")),
        "an outer alias of what is not defined",
    ),
    "a component in a module's place": (HEADER + section(1, HEADER), "in a core module's place"),
    "a module in a component's place": (
        HEADER + section(COMPONENT, b"\0asm\x01\0\0\0"),
        "in a component's place",
    ),
    "more functions than bytes": (
        HEADER
        + section(
            1,
            b"\0asm\x01\0\0\0"
            + section(3, b"\xff\xff\xff\xff\x0f")
            + section(10, b"\xff\xff\xff\xff\x0f"),
        ),
        "holds fewer functions than it says",
    ),
    "very many values": (
        HEADER + section(9, b"\x00\x00\xff\xff\xff\xff\x0f"),
        "results size is out of bounds",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile(engine: Engine, tmp_path: Path, case: str) -> None:
    content, message = HOSTILE[case]
    (tmp_path / "bad.wasm").write_bytes(content)
    with pytest.raises(ArtifactError, match="cannot be read") as caught:
        engine.structure(tmp_path / "bad.wasm")
    assert message in " ".join(caught.value.findings[0].causes)


def nested(depth: int) -> bytes:
    component = HEADER
    for _ in range(depth):
        component = HEADER + section(COMPONENT, component)
    return component


def test_depth_is_bounded(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "deep.wasm").write_bytes(nested(100))
    assert len(engine.structure(tmp_path / "deep.wasm")["components"]) == 101
    (tmp_path / "deeper.wasm").write_bytes(nested(101))
    with pytest.raises(ArtifactError) as caught:
        engine.structure(tmp_path / "deeper.wasm")
    assert caught.value.findings[0].causes == ("components nest deeper than 100",)


def test_what_doubles_again_and_again_is_told_once(engine: Engine, tmp_path: Path) -> None:
    """Each component holds the one before it twice, by outer aliases: 2^60 if they were followed."""
    binary = HEADER + section(COMPONENT, HEADER)
    for index in range(60):
        alias = b"\x04\x02\x01" + leb(index)
        binary += section(COMPONENT, HEADER + section(ALIAS, b"\x02" + alias + alias))
        binary += section(INSTANCE, b"\x01\x00" + leb(index + 1) + b"\x00")
    (tmp_path / "doubling.wasm").write_bytes(binary)
    components = engine.structure(tmp_path / "doubling.wasm")["components"]
    assert len(components) == 62
    assert components[2]["contract"] is not None
    assert components[-1]["contract"] is None


def test_bundles_of_bundles_are_bounded(engine: Engine, tmp_path: Path) -> None:
    binary = HEADER + section(INSTANCE, b"\x01\x01\x00")
    for index in range(60):
        item = b"\x05" + leb(index)
        binary += section(INSTANCE, b"\x01\x01\x02\x00\x01a" + item + b"\x00\x01b" + item)
    binary += section(EXPORT, ONE_EXPORT + b"\x05\x3c\x00")
    (tmp_path / "bundles.wasm").write_bytes(binary)
    with pytest.raises(ArtifactError) as caught:
        engine.structure(tmp_path / "bundles.wasm")
    assert caught.value.findings[0].causes == ("it holds instances of more than 200000 exports",)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damage_is_said_or_survived(engine: Engine, wat: Wat, data: st.DataObject) -> None:
    path = wat("whole.wasm", COMPOSED)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(len(content) // 2, len(content)))
    path.write_bytes(content[:length])
    with contextlib.suppress(ArtifactError):
        engine.structure(path)
    with contextlib.suppress(ArtifactError):
        engine.strip(path, path.with_suffix(".out"))
