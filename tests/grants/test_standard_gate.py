"""The gate for standard streams, in front of the real host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from files_support import FILES, STREAMS, Probed, compose_behind
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wasmtime.component import Component

from wcompose.engine import Engine
from wcompose.images import ImageCache
from wcompose.runtime import DirectoryGrant

CLOSED = "error: closed"
Open = Callable[..., Probed]
ANY_BYTES = bytes(range(256)).decode("latin-1")


@pytest.fixture(scope="module")
def component(
    engine: Engine, images: ImageCache, tmp_path_factory: pytest.TempPathFactory
) -> Component:
    file = tmp_path_factory.mktemp("standard") / "whole.wasm"
    compose_behind("standard", (*FILES, *STREAMS), engine, file)
    return images.open(file)


@pytest.fixture
def probed(component: Component, images: ImageCache, tmp_path: Path) -> Open:
    """Open a prober whose host has a line of standard input and two directories."""
    (tmp_path / "stdin").write_text("what the host reads\n")
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "a.txt").write_text("one\ntwo\nthree")

    def make(*lines: str, stdout: Path | None = None) -> Probed:
        return Probed(
            component,
            images.engine,
            "\n".join(["node prober", *lines]),
            [DirectoryGrant(tmp_path / name, name, writable=True) for name in ("in", "out")],
            stdin=tmp_path / "stdin",
            stdout=stdout,
        )

    return make


def _prefixed(probed: Open, text: str = "[analysis]%20", stdout: Path | None = None) -> Probed:
    probe = probed(f"stdout prefix {text}", stdout=stdout)
    probe.stream("stdout", "out")
    return probe


def test_without_a_line_nothing_goes_in_or_out(probed: Open) -> None:
    probe = probed("stdins inherit", "stdout", "stderr prefixed x", "audit denied")
    probe.stream("stdin", "in")
    for word in ("read", "blocking-read", "skip", "blocking-skip"):
        assert probe.stream(word, "in", 10) == CLOSED
    for name in ("stdout", "stderr"):
        probe.stream(name, name)
        assert probe.stream("check-write", name) == CLOSED
        for word in ("write", "write-flush"):
            assert probe.stream(word, name, "text") == CLOSED
        for word in ("flush", "blocking-flush"):
            assert probe.stream(word, name) == CLOSED
        for word in ("zeroes", "zeroes-flush"):
            assert probe.stream(word, name, 1) == CLOSED
        probe.stream("subscribe", "wait", name)
        assert probe.stream("ready", "wait") == "true"
        probe("drop", "wait")
    assert bytes(probe.stdout + probe.stderr) == b""
    assert probe.decisions == [
        "wasi:cli/stdin get-stdin denied",
        "wasi:cli/stdout get-stdout denied",
        "wasi:cli/stderr get-stderr denied",
    ]


@pytest.mark.parametrize("word", ["inherit", "file x y"])
def test_what_is_inherited_is_the_hosts(probed: Open, word: str) -> None:
    probe = probed(*(f"{name} {word}" for name in ("stdin", "stdout", "stderr")), "audit denied")
    probe.stream("stdin", "in")
    assert probe.stream("blocking-read", "in", 4) == "what"
    assert probe.stream("blocking-skip", "in", 1) == "1"
    assert probe.stream("blocking-read", "in", 100) == "the host reads\n"
    for name, heard in (("stdout", probe.stdout), ("stderr", probe.stderr)):
        probe.stream(name, name)
        assert probe.stream("write-flush", name, ANY_BYTES) == "done"
        assert heard == bytes(range(256))
        assert probe.stream("write-all", name, "no end") == "done"
        assert probe.stream("blocking-flush", name) == "done"
        assert probe.stream("zeroes-flush", name, 2) == "done"
        assert heard.endswith(b"no end\0\0")
    assert probe.events == []


def test_empty_input_has_ended(probed: Open) -> None:
    probe = probed("stdin empty", "audit all")
    probe.stream("stdin", "in")
    assert probe.stream("read", "in", 10) == CLOSED
    assert probe.stream("blocking-read", "in", 10) == CLOSED
    probe.stream("subscribe", "wait", "in")
    assert probe.stream("ready", "wait") == "true"
    assert probe.decisions == ["wasi:cli/stdin get-stdin allowed"]


def test_what_is_discarded_goes_nowhere(probed: Open) -> None:
    probe = probed("stdout discard", "stderr inherit", "stdin inherit")
    probe.stream("stdout", "out")
    assert int(probe.stream("check-write", "out")) >= 4096
    for step in (
        ("write", "out", "text\n"),
        ("write-flush", "out", "text\n"),
        ("write-all", "out", "text" * 100_000),
        ("zeroes", "out", 10),
        ("zeroes-flush", "out", 10),
        ("flush", "out"),
        ("blocking-flush", "out"),
    ):
        assert probe.stream(*step) == "done"
    probe.stream("stdin", "in")
    assert probe.stream("blocking-splice", "out", "in", 5) == "5"
    assert probe.stream("blocking-read", "in", 100) == "the host reads\n"
    assert probe.stdout == b""


def test_every_line_gets_the_text_in_front(probed: Open) -> None:
    probe = _prefixed(probed)
    assert probe.stream("write-flush", "out", "one\ntwo\r\n\nthree\n") == "done"
    assert probe.stdout == b"[analysis] one\n[analysis] two\r\n[analysis] \n[analysis] three\n"
    assert probe.stderr == b""


def test_stdout_and_stderr_have_lines_of_their_own(probed: Open) -> None:
    probe = probed("stdout prefix O:", "stderr prefix E%25:")
    probe.stream("stdout", "out")
    probe.stream("stderr", "err")
    probe.stream("write-flush", "out", "a")
    probe.stream("write-flush", "err", "b")
    probe.stream("write-flush", "out", "c\n")
    probe.stream("write-flush", "err", "d\n")
    assert probe.stdout == b"O:ac\n"
    assert probe.stderr == b"E%:bd\n"


def test_a_line_is_sent_when_it_is_whole(probed: Open, tmp_path: Path) -> None:
    heard = tmp_path / "stdout"
    probe = _prefixed(probed, stdout=heard)
    probe.stream("write-all", "out", "one\ntw")
    assert heard.read_bytes() == b"[analysis] one\n"
    probe.stream("write-all", "out", "o")
    assert heard.read_bytes() == b"[analysis] one\n"
    probe.stream("write-all", "out", "\n")
    assert heard.read_bytes() == b"[analysis] one\n[analysis] two\n"


@pytest.mark.parametrize(
    "ending",
    [
        ("stream", "flush", "out"),
        ("stream", "blocking-flush", "out"),
        ("stream", "write-flush", "out", ""),
        ("drop", "out"),
    ],
)
def test_what_has_no_end_is_not_lost(probed: Open, tmp_path: Path, ending: tuple[str, ...]) -> None:
    heard = tmp_path / "stdout"
    probe = _prefixed(probed, stdout=heard)
    probe.stream("write-all", "out", "one\ntw")
    probe(*ending)
    assert heard.read_bytes() == b"[analysis] one\n[analysis] tw"
    probe.stream("stdout", "again")
    assert probe.stream("write-flush", "again", "o\nthree\n") == "done"
    assert heard.read_bytes() == b"[analysis] one\n[analysis] two\n[analysis] three\n"


def test_the_same_stream_may_be_had_many_times(probed: Open) -> None:
    probe = _prefixed(probed)
    probe.stream("stdout", "other")
    probe.stream("write-all", "out", "a")
    probe.stream("write-all", "other", "b")
    probe.stream("write-all", "out", "c\n")
    probe.stream("blocking-flush", "other")
    assert probe.stdout == b"[analysis] abc\n"


def test_bytes_are_not_looked_into(probed: Open) -> None:
    probe = _prefixed(probed, text="%C3%A9%25>")
    data = "\x1b[31mred\x1b[0m\r 50%\r" + ANY_BYTES + "\xff\xfe"
    assert probe.stream("write-flush", "out", data) == "done"
    text = "é%>".encode()
    raw = data.encode("latin-1")
    assert probe.stdout == text + raw.replace(b"\n", b"\n" + text)


def test_a_long_line_is_sent_in_parts(probed: Open, tmp_path: Path) -> None:
    heard = tmp_path / "stdout"
    probe = _prefixed(probed, stdout=heard)
    line = "x" * 300_000
    assert probe.stream("write-all", "out", line) == "done"
    # Something is held back, but not more than is said.
    assert len(line) - 65536 <= heard.stat().st_size <= len(line) + 11
    assert probe.stream("write-all", "out", "y\nz\n") == "done"
    assert heard.read_text() == f"[analysis] {line}y\n[analysis] z\n"


def test_what_is_permitted_may_be_written(probed: Open) -> None:
    probe = _prefixed(probed)
    written = 0
    for _ in range(1000):
        permitted = int(probe.stream("check-write", "out"))
        assert probe.stream("write", "out", "\n" * permitted) == "done"
        written += permitted
        if not permitted:
            probe.stream("subscribe", "wait", "out")
            assert probe.stream("block", "wait") == "done"
            probe("drop", "wait")
        if written >= 100_000:
            break
    assert written >= 100_000
    assert probe.stream("blocking-flush", "out") == "done"
    assert probe.stdout == b"[analysis] \n" * written


@pytest.mark.parametrize("written", ["write", "zeroes"])
def test_what_is_not_permitted_ends_the_node(probed: Open, written: str) -> None:
    probe = _prefixed(probed)
    permitted = int(probe.stream("check-write", "out"))
    with pytest.raises(Exception, match="wrote more to a stream than `check-write` permitted"):
        probe.stream(written, "out", "x" * (permitted + 1) if written == "write" else permitted + 1)


def test_a_permit_is_used_up(probed: Open) -> None:
    probe = _prefixed(probed)
    assert int(probe.stream("check-write", "out")) >= 4096
    probe.stream("flush", "out")
    with pytest.raises(Exception, match="wrote more to a stream than `check-write` permitted"):
        probe.stream("write", "out", "x")


def test_a_call_that_flushes_is_bounded_as_the_hosts(probed: Open) -> None:
    probe = _prefixed(probed)
    assert probe.stream("write-flush", "out", "x" * 4096) == "done"
    with pytest.raises(Exception, match="wrote more than 4096 bytes to a stream in a call that"):
        probe.stream("write-flush", "out", "x" * 4097)


@pytest.mark.parametrize("kind", ["splice", "blocking-splice"])
@pytest.mark.parametrize(
    ("line", "heard"),
    [
        ("prefix >", b">one\n>two\n>three"),
        ("inherit", b"one\ntwo\nthree"),
        ("discard", b""),
        ("file o f", b"one\ntwo\nthree"),
    ],
)
def test_files_are_spliced(probed: Open, kind: str, line: str, heard: bytes) -> None:
    probe = probed(f"stdout {line}", "directory in /in read", "stdin empty")
    probe.stream("stdout", "out")
    probe.stream("stdin", "none")
    assert probe.stream(kind, "out", "none", 100) == CLOSED
    probe.file("preopens")
    probe.file("open", "/in", "a.txt", "r", "a")
    probe.file("reading", "a", 0, "from")
    copied = 0
    while copied < 13:
        # The host reads a file while it is waited for, not before.
        probe.stream("subscribe", "wait", "from")
        assert probe.stream("block", "wait") == "done"
        probe("drop", "wait")
        count = int(probe.stream(kind, "out", "from", 5))
        assert 0 < count <= 5
        copied += count
    assert probe.stream("blocking-splice", "out", "from", 5) == CLOSED
    probe("drop", "out")
    assert probe.stdout == heard


def test_streams_of_files_are_the_nodes_too(probed: Open, tmp_path: Path) -> None:
    probe = probed("directory out /out write", "stdin inherit", "stdout prefix >")
    probe.file("preopens")
    probe.file("open", "/out", "new", "cxrw", "new")
    probe.file("writing", "new", 0, "to")
    probe.stream("stdin", "from")
    assert probe.stream("blocking-splice", "to", "from", 4) == "4"
    assert probe.stream("blocking-flush", "to") == "done"
    assert probe.stream("write-all", "to", "!" * 200_000) == "done"
    assert probe.stream("zeroes-flush", "to", 3) == "done"
    assert (tmp_path / "out" / "new").read_text() == "what" + "!" * 200_000 + "\0\0\0"
    probe.file("appending", "new", "end")
    assert probe.stream("write-flush", "end", "end\n") == "done"
    assert (tmp_path / "out" / "new").read_text().endswith("!\0\0\0end\n")
    probe.file("open", "/out", "new", "r", "again")
    probe.file("reading", "again", 2, "read")
    assert probe.stream("blocking-skip", "read", 1) == "1"
    assert probe.stream("blocking-read", "read", 3) == "t!!"


def test_the_grants_of_directories_hold(probed: Open) -> None:
    probe = probed("directory in /in read", "directory out /out write", "stdout inherit")
    assert probe.file("preopens") == "/in /out"
    assert probe.file("open", "/in", "a.txt", "w", "x") == "error: read-only"
    probe.file("open", "/in", "a.txt", "r", "a")
    assert probe.file("writing", "a", 0, "x") == "error: read-only"
    assert probe.file("appending", "a", "x") == "error: read-only"
    assert probe.file("link", "/in", "", "a.txt", "/out", "x") == "error: read-only"


def test_errors_of_streams_are_known(probed: Open) -> None:
    probe = probed("directory out /out write")
    probe.file("preopens")
    probe.file("open", "/out", "new", "cxrw", "new")
    probe.file("writing", "new", 2**63, "far")
    assert probe.stream("write-flush", "far", "x") == "error: failed: invalid"


def test_waiting_works_for_all_kinds_at_once(probed: Open) -> None:
    probe = probed("stdin empty", "stdout prefix >", "stderr discard", "directory in /in read")
    probe.stream("after", "later", 3_600_000_000_000)
    for name in ("stdin", "stdout", "stderr"):
        probe.stream(name, name)
        probe.stream("subscribe", f"{name}-ready", name)
        assert probe.stream("poll", "later", f"{name}-ready") == f"{name}-ready"
        assert probe.stream("block", f"{name}-ready") == "done"
        assert probe.stream("ready", f"{name}-ready") == "true"
    names = ["stdin-ready", "stdout-ready", "stderr-ready"]
    # What is ready stays so until it is used.
    for _ in range(3):
        assert probe.stream("poll", *names[:2], "later", names[2]) == " ".join(names)
    probe.stream("after", "soon", 1)
    assert probe.stream("poll", "later", "soon") == "soon"
    probe.file("preopens")
    probe.file("open", "/in", "a.txt", "r", "a")
    probe.file("reading", "a", 0, "from")
    probe.stream("subscribe", "file-ready", "from")
    assert "file-ready" in probe.stream("poll", "later", "file-ready").split()


def test_learning_lets_all_through(probed: Open) -> None:
    probe = probed("learn")
    probe.stream("stdin", "in")
    assert probe.stream("blocking-read", "in", 4) == "what"
    probe.stream("stdout", "out")
    assert probe.stream("write-flush", "out", "a\n") == "done"
    assert probe.file("preopens") == "in out"
    assert probe.stdout == b"a\n"
    assert probe.decisions == [
        "wasi:cli/stdin get-stdin allowed",
        "wasi:cli/stdout get-stdout allowed",
    ]


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["write-all", "write-flush", "flush", "drop"]),
            st.text(st.sampled_from("ab\r\n\xff\0"), max_size=40),
        ),
        max_size=12,
    )
)
def test_however_it_is_written_the_text_is_the_same(
    probed: Open, steps: list[tuple[str, str]]
) -> None:
    probe = _prefixed(probed, text=">")
    written = ""
    for word, text in steps:
        if word == "flush":
            probe.stream("flush", "out")
        elif word == "drop":
            probe("drop", "out")
            probe.stream("stdout", "out")
        else:
            assert probe.stream(word, "out", text) == "done"
            written += text
    probe("drop", "out")
    ends = written.split("\n")
    lines = [f"{line}\n" for line in ends[:-1]] + ends[-1:] * bool(ends[-1])
    assert probe.stdout == "".join(f">{line}" for line in lines).encode("latin-1")
