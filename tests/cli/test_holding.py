"""A guest's last words are shown once: by the error that tells of its end, or as they were written."""

from __future__ import annotations

import pytest

from wcompose.cli.holding import HeldWords
from wcompose.report import Finding

TRACEBACK = b"""Traceback (most recent call last):
  File "/0/app.py", line 3, in fail
ValueError: no
"""
RUNTIME = b"""
thread '<unnamed>' (1) panicked at runtime/src/lib.rs:1293:29:
Python function threw an unexpected exception
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"""
TOLD = Finding("trap", "it trapped", causes=(TRACEBACK.decode().rstrip(),))


def held() -> tuple[HeldWords, list[bytes]]:
    parts: list[bytes] = []
    return HeldWords(parts.append), parts


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_what_the_error_tells_is_not_shown_before(size: int) -> None:
    words, parts = held()
    data = b"starting\nthinking" + b"\n" + TRACEBACK + RUNTIME
    for start in range(0, len(data), size):
        words(data[start : start + size])
    assert b"".join(parts) == b"starting\nthinking\n"
    words.settle([TOLD])
    assert b"".join(parts) == b"starting\nthinking\n"


def test_what_the_error_does_not_tell_is_shown() -> None:
    words, parts = held()
    words(TRACEBACK + b"and what it said then\n")
    assert not parts
    words.settle([TOLD])
    assert b"".join(parts) == TRACEBACK + b"and what it said then\n"


def test_what_only_looks_like_last_words_is_passed_on() -> None:
    words, parts = held()
    words(b"no Traceback (most recent call last)\nTraces\nthreads\npan")
    words(b"cake\n")
    assert b"".join(parts) == b"no Traceback (most recent call last)\nTraces\nthreads\npancake\n"


def test_what_is_logged_is_shown_when_the_guest_goes_on() -> None:
    words, parts = held()
    words(TRACEBACK)
    words.flush()
    words(b"going on\n")
    assert b"".join(parts) == TRACEBACK + b"going on\n"


def test_much_is_not_held_back() -> None:
    words, parts = held()
    words(b"panic: " + b"x" * (1 << 17))
    assert len(b"".join(parts)) == 7 + (1 << 17)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_lines_with_their_nodes_name_are_held_too(size: int) -> None:
    words, parts = held()
    named = b"".join(b"[back] " + line + b"\n" for line in (TRACEBACK + RUNTIME).splitlines())
    data = b"[front] working\n[note\n" + named
    for start in range(0, len(data), size):
        words(data[start : start + size])
    words.settle([TOLD])
    assert b"".join(parts) == b"[front] working\n[note\n"
