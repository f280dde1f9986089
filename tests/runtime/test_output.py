"""What guests write: heard, counted, and told apart by the node that wrote it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import CACHE

import wcompose
from wcompose.runtime.hosting.output import LINE_LIMIT

PROJECT = """
[project]
name = "two-writers"
version = "0.1.0"

[components.left]
language = "rust"
path = "flooder.wasm"
[components.left.grants]
stdout = "inherit"
stderr = "inherit"

[components.right]
from = "left"
[components.right.grants]
stdout = "inherit"

[graph]
exports = [
    "left:wcompose:echo/flood",
    "right:wcompose:echo/flood as second",
]
"""


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "left", "right-2"]), st.binary(max_size=20)), max_size=8
    ),
    st.data(),
)
def test_lines_come_whole_however_they_are_cut(
    written: list[tuple[str, bytes]], data: st.DataObject
) -> None:
    lines = [
        (node, line.replace(b"\n", b" ").replace(b"[", b"(") + b"\n") for node, line in written
    ]
    whole = b"".join(f"[{node}] ".encode() * bool(node) + line for node, line in lines)
    heard: list[tuple[str, bytes]] = []
    output = wcompose.OutputByNode(lambda node, line: heard.append((node, line)))
    while whole:
        cut = data.draw(st.integers(1, len(whole)))
        output(whole[:cut])
        whole = whole[cut:]
    output.close()
    assert heard == lines


def test_a_line_without_an_end_is_bounded() -> None:
    heard: list[bytes] = []
    output = wcompose.OutputByNode(lambda _, line: heard.append(line))
    output(b"[left] " + b"x" * LINE_LIMIT)
    assert len(heard) == 1
    output(b"rest")
    output.close()
    assert heard[1:] == [b"rest"]


def test_what_a_listener_raises_ends_the_call(guest_file: Callable[[str], Path]) -> None:
    def refuse(_: bytes) -> None:
        raise KeyError("no")

    component = wcompose.Runtime(cache=CACHE).open(guest_file("flooder"))
    with component.instantiate(wcompose.Grants(stdout=refuse)) as instance:
        with pytest.raises(wcompose.ImportRaised) as caught:
            instance.call("flood", 10, "standard-output")
        assert isinstance(caught.value.__cause__, KeyError)
        assert not instance.is_usable


def test_what_the_nodes_of_a_project_write_is_told_apart(
    guest_file: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "wcompose.toml").write_text(PROJECT, "utf-8")
    (tmp_path / "flooder.wasm").write_bytes(guest_file("flooder").read_bytes())
    heard: list[tuple[str, str, bytes]] = []
    runtime = wcompose.Runtime(cache=CACHE)
    component = runtime.open(tmp_path, by_node=True)
    offered = wcompose.Grants(
        stdout=wcompose.OutputByNode(lambda node, line: heard.append(("out", node, line))),
        stderr=wcompose.OutputByNode(lambda node, line: heard.append(("err", node, line))),
    )
    grants = runtime.project_grants(tmp_path, offered, {})
    with component.instantiate(grants) as instance:
        instance.call("wcompose:echo/flood.say", "one\ntwo\n", "standard-output")
        instance.call("second.say", "three\n", "standard-output")
        instance.call("wcompose:echo/flood.say", "four\n", "standard-error")
        with pytest.raises(wcompose.ResultError):
            instance.call("second.say", "five\n", "standard-error")
    assert sorted(heard) == [
        ("err", "left", b"four\n"),
        ("out", "left", b"one\n"),
        ("out", "left", b"two\n"),
        ("out", "right", b"three\n"),
    ]
