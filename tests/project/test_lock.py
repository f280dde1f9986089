"""`wcompose.lock`: what it says is read back, and what differs is told."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wcompose.errors import ProjectError
from wcompose.project.lock import Lock, LockedNode, differences, read_lock

TEXT = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=0, max_size=20
)
NODE = st.builds(
    LockedNode,
    name=TEXT,
    language=TEXT,
    world=TEXT,
    digest=TEXT,
    size=st.integers(0, 1 << 40),
    source=TEXT,
    source_digest=TEXT,
    toolchain=st.lists(TEXT, max_size=3).map(tuple),
)
LOCK = st.builds(
    Lock,
    composition=TEXT,
    version=TEXT,
    digest=TEXT,
    size=st.integers(0, 1 << 40),
    wit_digest=TEXT,
    nodes=st.lists(NODE, max_size=3).map(tuple),
)
BUILT = LockedNode("a", "python", "w", "sha256:1", 1, "a", "sha256:source", ())
PREBUILT = LockedNode("b", "go", "w", "sha256:2", 1, "b.wasm", "", ())
SAMPLE = Lock("x", "1.0.0", "sha256:0", 1, "sha256:wit", (BUILT, PREBUILT))


@given(LOCK)
def test_what_is_written_is_read_back(lock: Lock) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "wcompose.lock"
        lock.write(file)
        assert read_lock(file) == lock


def test_no_file_is_no_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "wcompose.lock") is None


@pytest.mark.parametrize(
    "text", ["[[[", "x = 1", "lock-version = 2\n[composition]", "lock-version = 1\nnodes = 3"]
)
def test_what_is_no_lock_is_an_error_with_a_hint(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wcompose.lock"
    file.write_text(text)
    with pytest.raises(ProjectError) as caught:
        read_lock(file)
    assert "version control" in caught.value.findings[0].hint


def test_a_pipe_in_the_place_of_a_lock_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "wcompose.lock")
    with pytest.raises(ProjectError) as caught:
        read_lock(tmp_path / "wcompose.lock")
    assert caught.value.findings[0].causes == ("it is a device, a pipe or a socket",)


def test_a_lock_that_is_nested_too_deeply_is_no_bug(tmp_path: Path) -> None:
    (tmp_path / "wcompose.lock").write_text("x = " + "[" * 5000 + "]" * 5000 + "\n")
    with pytest.raises(ProjectError) as caught:
        read_lock(tmp_path / "wcompose.lock")
    assert caught.value.findings[0].rule == "lock-unreadable"


def test_the_same_lock_differs_in_nothing() -> None:
    assert differences(SAMPLE, SAMPLE, Path("l")) == ()


def test_other_bytes_of_a_prebuilt_node_differ() -> None:
    changed = replace(SAMPLE, nodes=(BUILT, replace(PREBUILT, digest="sha256:3")))
    (finding,) = differences(SAMPLE, changed, Path("l"))
    assert "`b`" in finding.message


def test_other_bytes_from_the_same_source_do_not() -> None:
    changed = replace(
        SAMPLE, digest="sha256:9", nodes=(replace(BUILT, digest="sha256:4"), PREBUILT)
    )
    assert differences(SAMPLE, changed, Path("l")) == ()


def test_another_source_a_lost_node_and_other_contracts_are_told_together() -> None:
    changed = replace(
        SAMPLE,
        wit_digest="sha256:other",
        nodes=(replace(BUILT, source_digest="sha256:else", digest="sha256:4"),),
    )
    messages = [finding.message for finding in differences(SAMPLE, changed, Path("l"))]
    assert messages == [
        "the contracts changed",
        "node `a` is not the one in the lock",
        "node `b` is only in the lock",
    ]


def test_a_missing_lock_is_told() -> None:
    (finding,) = differences(None, SAMPLE, Path("l"))
    assert finding.rule == "lock-missing"
