"""What a guest said before it ended, found in its standard error: a Python traceback, a panic.

Guests choose what they write, so nothing here is proof of anything: it words a fault, and tells apart
faults that end alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

NAMED = re.compile(r"^\[([a-z0-9-]+)\](?: |$)")
"""What the gate of standard streams puts before each line; see `wcompose.grants.policy`."""
_TRACEBACK = "Traceback (most recent call last)"
_PYTHON_END = "Python function threw an unexpected exception"
_CHAINS = ("During handling of the above exception", "was the direct cause of the following")
_SCRIPT_STACK = "Stack:"
_SCRIPT_END = "Redirecting call to abort()"
"""What SpiderMonkey says last of a JavaScript guest; its message stands right before its stack."""
_BACKTRACE_NOTE = "note: run with `RUST_BACKTRACE=1`"
"""What Rust adds; no guest gets that variable by chance."""
_SAID_LIMIT = 40
"""Lines of the guest's own message that are shown."""

_NO_MEMORY = re.compile(
    r"^memory allocation of \d+ bytes failed"  # Rust
    r"|^fatal error: .*(?:out of memory|cannot allocate memory)"  # Go
    r"|^panic: runtime error: out of memory",  # TinyGo
    re.MULTILINE,
)
_UNTOLD = "object type name: MemoryError"
"""What CPython says where it has no memory left to tell of that."""
_NO_STACK = re.compile(r"^fatal error: stack overflow", re.MULTILINE)  # Go


_PYTHON_MISFIT = re.compile(
    r"PyErr \{ type: <class '[^']*'>, value: (?P<error>.*), traceback: .*\}$"
)
"""What componentize-py's runtime says where a value of Python's does not fit its type in WIT."""
_OF_RUNTIME = re.compile(
    r"thread '.*' (\(\d+\) )?panicked at runtime/src/|note: run with `RUST_BACKTRACE=1`"
    rf"|{_PYTHON_END}|called `Result::unwrap\(\)` on an `Err` value: PyErr \{{"
)


def last_words(said: str) -> str:
    """The message that a guest left, without what it said before; empty when there is none.

    Args:
        said: the end of what it wrote to its standard error.
    """
    lines = said.rstrip().splitlines()
    start = _start(lines)
    told = [line for line in lines[start:] if not line.startswith((_BACKTRACE_NOTE, _SCRIPT_END))]
    misfit = _misfit(told)
    return misfit or "\n".join(_once(told)[:_SAID_LIMIT]).strip("\n").rstrip()


def tells_of_script(said: str) -> bool:
    """Whether a guest of componentize-js ended because of an exception that nothing caught."""
    lines = said.rstrip().splitlines()
    return bool(lines) and lines[-1].startswith(_SCRIPT_END) and _SCRIPT_STACK in lines


def _once(lines: list[str]) -> list[str]:
    """Lines of which those that follow on themselves are told once, as Python does."""
    told: list[str] = []
    for line, same in groupby(lines):
        count = len(list(same))
        few = count <= 3 or not line.strip()
        told += (
            [line] * count if few else [line, f"[the line above repeated {count - 1} more times]"]
        )
    return told


def tells_of_misfit(said: str) -> bool:
    """Whether a Python guest ended because of a value that does not fit its type in WIT."""
    lines = said.rstrip().splitlines()
    return bool(_misfit(lines[_start(lines) :]))


def _misfit(lines: list[str]) -> str:
    panicked = any("panicked at runtime/src/" in line for line in lines)
    found = (_PYTHON_MISFIT.search(line) for line in lines) if panicked else ()
    return next((match["error"] for match in found if match), "")


def is_of_runtime(line: str) -> bool:
    """Whether a line is one of componentize-py's runtime, or of Rust's, that tells the user nothing."""
    return _OF_RUNTIME.search(line) is not None


def words_of(said: str, nodes: Sequence[str]) -> str:
    """What a node said, where each line has its node's name before it; else all that was said.

    Args:
        said: the end of what a composition wrote to its standard error.
        nodes: those that it may be. Where none is known, the one that spoke last is meant.
    """
    lines = said.rstrip().splitlines()
    names = list(nodes)
    if not names and lines and (match := NAMED.match(lines[-1])):
        names = [match[1]]
    for name in names:
        own = [NAMED.sub("", line) for line in lines if line.startswith(f"[{name}]")]
        if own:
            return "\n".join(own)
    return said


def is_traceback(words: str) -> bool:
    """Whether last words are those of an exception that nobody caught."""
    return words.startswith(_TRACEBACK)


def tells_of_no_memory(words: str) -> bool:
    """Whether last words say that memory ran out."""
    if is_traceback(words):
        last = words.rpartition("\n")[2]
        return last.startswith("MemoryError") or _UNTOLD in words.splitlines()
    return _NO_MEMORY.search(words) is not None


def tells_of_no_stack(words: str) -> bool:
    """Whether last words say that calls nested too deeply on a stack of the language's own."""
    return _NO_STACK.search(words) is not None


def _start(lines: list[str]) -> int:
    """Where the last words begin; what componentize-py's runtime adds behind a traceback is cut off."""
    end = next((index for index, line in enumerate(lines) if _PYTHON_END in line), None)
    if end is not None:
        # The line before tells the place in the runtime's own source.
        del lines[max(0, end - 1) :]
        while lines and not lines[-1].strip():
            lines.pop()
    tracebacks = [index for index, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    if tracebacks:
        # Of a chain of exceptions, each with a traceback of its own, all are told.
        chained = any(sign in line for line in lines for sign in _CHAINS)
        return tracebacks[0] if chained else tracebacks[-1]
    if lines and lines[-1].startswith(_SCRIPT_END) and _SCRIPT_STACK in lines:
        return max(0, len(lines) - 2 - lines[::-1].index(_SCRIPT_STACK))
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].startswith(("panic: ", "fatal error: ")) or " panicked at " in lines[index]:
            return index
    return max(0, len(lines) - _SAID_LIMIT)
