"""A guest's end in words: what kind of trap, in which node, and what the guest itself said."""

from __future__ import annotations

import re

from wcompose.errors import GuestFault
from wcompose.report import Finding, Place

_FRAME = re.compile(r"^\s*\d+:\s+0x[0-9a-f]+ - (?P<module>[^!]*)!(?P<function>.*)$")
_KINDS = (
    ("unreachable", "it gave up (the instruction `unreachable`: a panic or a failed assertion)"),
    ("out of bounds memory access", "it read or wrote outside its memory"),
    ("undefined element", "it called through an empty or missing table entry"),
    ("uninitialized element", "it called through an empty table entry"),
    ("indirect call type mismatch", "it called a function of another type through a table"),
    ("integer divide by zero", "it divided by zero"),
    ("integer overflow", "an integer overflowed"),
    ("invalid conversion to integer", "a float does not fit the integer it was converted to"),
    ("call stack exhausted", "its calls nested too deeply"),
    ("cannot enter component instance", "it was called while a call of it had not ended well"),
    ("cannot leave component instance", "it called out where that is not allowed"),
    ("string", "it passed a string that is not well formed"),
)
_SAID_LIMIT = 40
"""Lines of the guest's own message that are shown."""


def guest_fault(
    error: Exception, said: str, *, function: str, seconds: float | None = None
) -> GuestFault:
    """What a trap becomes.

    Args:
        error: the runtime's error.
        said: the end of what the guest wrote to its standard error.
        function: what was called.
        seconds: the deadline, if the call was stopped because of it.
    """
    text = str(error)
    node = _node(text)
    who = f"`{node}`" if node else "the component"
    if seconds is not None:
        return GuestFault(
            Finding(
                "deadline",
                f"{who} was stopped: `{function}` took longer than {seconds:g} s",
                Place(item=node),
                causes=_message(said),
                hint="allow more with `--timeout SECONDS`",
            )
        )
    kind = _kind(text)
    causes = _message(said)
    return GuestFault(
        Finding(
            "trap",
            f"{who} trapped in `{function}`: {kind}",
            Place(item=node),
            causes=causes or _frames(text),
            hint="" if causes else "build it with debug names to see more",
        )
    )


def _kind(text: str) -> str:
    lowered = text.lower()
    for sign, words in _KINDS:
        if f"trap: {sign}" in lowered or sign in lowered.splitlines()[-1]:
            return words
    last = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"^\d+: ", "", last[-1]) if last else "unknown trap"


def _node(text: str) -> str:
    """The innermost frame's node: our composer names core modules ``node/module``."""
    for line in text.splitlines():
        match = _FRAME.match(line)
        if match and "/" in match["module"]:
            return match["module"].partition("/")[0]
    return ""


def _frames(text: str) -> tuple[str, ...]:
    frames = [
        f"at `{match['module']}`, `{match['function'].strip()}`"
        for line in text.splitlines()
        if (match := _FRAME.match(line))
    ]
    return tuple(frames[:8])


def _message(said: str) -> tuple[str, ...]:
    """The guest's own last words, as one cause: a Python traceback, a Go or Rust panic."""
    lines = said.rstrip().splitlines()
    start = next(
        (
            index
            for index in range(len(lines) - 1, -1, -1)
            if lines[index].startswith(("Traceback (most recent", "panic: ", "fatal error: "))
            or " panicked at " in lines[index]
        ),
        max(0, len(lines) - _SAID_LIMIT),
    )
    # componentize-py prints the exception of a chained traceback after its causes.
    while start > 0 and any("Traceback (most recent" in line for line in lines[:start]):
        earlier = max(i for i in range(start) if "Traceback (most recent" in lines[i])
        if "During handling" in "\n".join(lines[earlier:start]) or "direct cause" in "\n".join(
            lines[earlier:start]
        ):
            start = earlier
            continue
        break
    told = lines[start : start + _SAID_LIMIT]
    return ("\n".join(told),) if told else ()
