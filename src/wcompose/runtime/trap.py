"""A guest's end in words: what kind of trap, in which node, and what the guest itself said."""

from __future__ import annotations

import re

from wcompose.errors import GuestFault
from wcompose.report import Finding, Place

_FRAME = re.compile(r"^\s*\d+:\s+0x[0-9a-f]+ - (?P<module>[^!]*)!(?P<function>.*)$")
_REFUSAL = re.compile(
    r"^node `(?P<node>[^`]+)` is not granted `(?P<grant>[^`]+)`: `(?P<interface>[^`#]+)#(?P<item>[^`]+)`"
)
"""The name of a gate's function that traps; `wcompose.grants.answers` makes it."""
_GRANT_EXAMPLES = {
    "clocks": 'clocks = "real"',
    "random": 'random = "real"',
    "stdin": 'stdin = "inherit"',
    "stdout": 'stdout = "inherit"',
    "stderr": 'stderr = "inherit"',
    "exit": "exit = true",
}
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
_TRACEBACK = "Traceback (most recent call last)"
_PYTHON_END = "Python function threw an unexpected exception"
_CHAINS = ("During handling of the above exception", "was the direct cause of the following")
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
    nodes = _nodes(text)
    who = " or ".join(f"`{node}`" for node in nodes) or "the component"
    node = nodes[0] if len(nodes) == 1 else ""
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
    if refusal := _refusal(text):
        return GuestFault(refusal)
    causes = _message(said)
    kind = "it raised an exception" if causes and causes[0].startswith(_TRACEBACK) else _kind(text)
    return GuestFault(
        Finding(
            "trap",
            f"{who} trapped in `{function}`: {kind}",
            Place(item=node),
            causes=causes or _frames(text),
            hint="" if causes else "build it with debug names to see more",
        )
    )


def _refusal(text: str) -> Finding | None:
    """What a gate refused, if that is why the guest trapped: its function is the innermost frame."""
    frames = (match for line in text.splitlines() if (match := _FRAME.match(line)))
    innermost = next(frames, None)
    refused = None if innermost is None else _REFUSAL.match(innermost["function"].strip())
    if refused is None:
        return None
    node, grant, interface, item = refused.group("node", "grant", "interface", "item")
    example = _GRANT_EXAMPLES.get(grant)
    if grant == "imports":
        example = f'imports = ["{interface}"]'
    return Finding(
        "not-granted",
        f"`{node}` is not granted `{grant}`, and called `{item}` of `{interface}`",
        Place(item=node),
        causes=("that function has no error to answer with, so the call ended here",),
        hint=f"add `{example}` to `[components.{node}.grants]`"
        if example
        else f"grant it in `[components.{node}.grants]`",
    )


def _kind(text: str) -> str:
    lowered = text.lower()
    for sign, words in _KINDS:
        if f"trap: {sign}" in lowered or sign in lowered.splitlines()[-1]:
            return words
    last = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"^\d+: ", "", last[-1]) if last else "unknown trap"


def _nodes(text: str) -> list[str]:
    """The innermost frame's node, or those that it may be.

    Our composer names core modules ``node/module``, and one that several nodes share after all of
    them: ``left+right/libc.so``. Which of them it was, the frames around it tell: those of the
    node's own modules.
    """
    meant: list[str] = []
    for line in text.splitlines():
        match = _FRAME.match(line)
        if match is None or "/" not in match["module"]:
            continue
        nodes = match["module"].partition("/")[0].split("+")
        still = [node for node in meant if node in nodes] if meant else nodes
        if not still:
            break  # the frame of another node, which called this one
        meant = still
        if len(meant) == 1:
            break
    return sorted(meant)


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
    start = _start(lines)
    told = lines[start : start + _SAID_LIMIT]
    return ("\n".join(told).rstrip(),) if told else ()


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
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].startswith(("panic: ", "fatal error: ")) or " panicked at " in lines[index]:
            return index
    return max(0, len(lines) - _SAID_LIMIT)
