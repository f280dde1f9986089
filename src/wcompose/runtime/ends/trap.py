"""A guest's end in words: what ended it, in which node, and what the guest itself said.

The runtime tells of an end in text: a backtrace, with names that the guest chose, and what caused it.
The cause alone decides which exception is made of it; it stands last, where no name of a guest's can be.

Of memory that a guest asks for while it runs and does not get, nobody is told: the C API has no ear for
that, and the guest may go on without. `MemoryExceeded` is made where the runtime itself refuses (what is
too large from its start, a full heap of collected objects), and where a guest's last words tell of it:
Rust with standard error or with debug names, Go, Python. One without such words has merely trapped.
"""

from __future__ import annotations

import re
from itertools import groupby

from wcompose.errors import (
    Cancelled,
    DeadlineExceeded,
    FuelExhausted,
    GuestExited,
    GuestFault,
    ImportRaised,
    MemoryExceeded,
    OutputExceeded,
    StackExhausted,
    Trapped,
)
from wcompose.report import Finding, Place
from wcompose.runtime.ends.last_words import (
    is_traceback,
    last_words,
    tells_of_misfit,
    tells_of_no_memory,
    tells_of_no_stack,
    tells_of_script,
    words_of,
)

_FRAME = re.compile(r"^\s*\d+:\s+(?:0x[0-9a-f]+ - )?(?P<module>[^!]*)!(?P<function>.*)$")
_CAUSE = "\nCaused by:\n"
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

START = "its start"
"""What is called while an instance is made, in the place of a function."""
_NAMED = re.compile(r"`(?!<unknown>|<wasm function |wasm-function\[)[^`]+`$")
"""A frame that tells its function's name."""
_GAVE_UP = "it gave up (the instruction `unreachable`: a panic or a failed assertion)"
_TOO_MUCH = (
    "it gave more to the host than can cross at once: 128 MiB, "
    "of which each element of a list takes 32 bytes or more"
)
_ALLOCATOR_FAILED = re.compile(r"handle_alloc_error|rust_oom|rust_alloc_error_handler|rg_oom")
"""Names of functions by which a Rust guest ends when it gets no memory."""

_Kind = tuple[str, type[GuestFault], str]
_KINDS: tuple[_Kind, ...] = (
    ("`unreachable` instruction", Trapped, _GAVE_UP),
    ("call stack exhausted", StackExhausted, "its calls nested too deeply"),
    ("all fuel consumed", FuelExhausted, "its fuel was used up"),
    (
        "GC heap out of memory",
        MemoryExceeded,
        "its collected objects took all memory that it may have",
    ),
    (
        "exceeds memory limits",
        MemoryExceeded,
        "it wants more memory than it may have from its start",
    ),
    ("exceeds table limits", MemoryExceeded, "it wants a larger table than it may have"),
    ("memory count too high", MemoryExceeded, "it wants more memories than it may have"),
    ("table count too high", MemoryExceeded, "it wants more tables than it may have"),
    (
        "handle limit exceeded",
        MemoryExceeded,
        "it was given more resources than it may hold",
    ),
    (
        "instance count too high",
        MemoryExceeded,
        "it is made of more core instances than it may have",
    ),
    (
        "fuel allocated for hostcalls",
        OutputExceeded,
        _TOO_MUCH,
    ),
    ("out of bounds memory access", Trapped, "it read or wrote outside its memory"),
    ("uninitialized element", Trapped, "it called through an empty table entry"),
    ("undefined element", Trapped, "it called through an empty or missing table entry"),
    (
        "indirect call type mismatch",
        Trapped,
        "it called a function of another type through a table",
    ),
    ("integer divide by zero", Trapped, "it divided by zero"),
    ("integer overflow", Trapped, "an integer overflowed"),
    (
        "invalid conversion to integer",
        Trapped,
        "a float does not fit the integer it was converted to",
    ),
    ("null reference", Trapped, "it followed a null reference"),
    ("out of bounds array access", Trapped, "it read or wrote outside an array"),
    ("allocation size too large", Trapped, "it asked for an object that is too large"),
    ("cast failure", Trapped, "it took an object for one of another type"),
    ("thrown Wasm exception", Trapped, "it threw an exception that nothing in it caught"),
    ("unaligned atomic", Trapped, "it used an atomic number at an odd address"),
    (
        "cannot enter component instance",
        Trapped,
        "it was called while a call of it had not ended well",
    ),
    ("cannot leave component instance", Trapped, "it called out where that is not allowed"),
    ("unknown handle index", Trapped, "it used a resource that it does not have"),
    ("out of range for `char`", Trapped, "it passed a number that is no character"),
    ("utf-8", Trapped, "it passed a string that is not well formed"),
    ("utf-16", Trapped, "it passed a string that is not well formed"),
    (
        "string pointer/length out of bounds",
        Trapped,
        "it passed a string that is not in its memory",
    ),
    ("list pointer/length out of bounds", Trapped, "it passed a list that is not in its memory"),
    ("pointer out of bounds", Trapped, "it passed a value that is not in its memory"),
    ("pointer not aligned", Trapped, "it passed a value at an odd address"),
    ("discriminant", Trapped, "it passed a case that its type does not have"),
)
"""What the runtime says of a cause, the exception that it becomes, and our words. The first one counts.
From ``wasmtime-environ/src/trap_encoding.rs`` and ``wasmtime/src/runtime/component``."""

_RULES: dict[type[GuestFault], str] = {
    StackExhausted: "stack",
    FuelExhausted: "fuel",
    MemoryExceeded: "memory",
    OutputExceeded: "output",
}
_VERBS: dict[type[GuestFault], str] = {Trapped: "trapped", StackExhausted: "trapped"}
_HINTS: dict[type[GuestFault], str] = {
    StackExhausted: "allow more: `Runtime(stack=…)`, or `--stack KIB`",
    FuelExhausted: "allow more: `Limits(fuel=…)`, or `--fuel UNITS`",
    MemoryExceeded: "allow more: `Limits(memory=…)`, or `--memory MIB`",
    OutputExceeded: "pass it in several parts",
}


def guest_fault(
    error: object,
    said: str,
    *,
    function: str,
    seconds: float | None = None,
    output: int | None = None,
    cancelled: str | None = None,
    raised: BaseException | None = None,
    imported: str = "",
    exit_code: int | None = None,
) -> GuestFault:
    """What the end of a guest becomes.

    What the host knows goes before what the runtime tells; of that, what stands first here.

    Args:
        error: the runtime's error; its text is read.
        said: the end of what the guest wrote to its standard error.
        function: what was called.
        raised: what a function of the host's raised; it becomes the cause of the exception.
        imported: that function's name.
        output: how many bytes it might write, if it was stopped because it wrote more.
        cancelled: the reason, which may be empty, if its caller wanted it to stop.
        seconds: the deadline, if it was stopped because of it.
        exit_code: the status with which it ended itself, if it did.
    """
    text = str(error)
    nodes = _nodes(text)
    who = " or ".join(f"`{node}`" for node in nodes) or "the component"
    place = Place(item=nodes[0] if len(nodes) == 1 else "")
    said = words_of(said, nodes)
    words = last_words(said)
    causes = (words,) if words else ()
    where = function if function == START else f"`{function}`"
    if raised is not None:
        fault = ImportRaised(
            Finding(
                "import-raised",
                f"`{imported}`, which the host gave to {who}, raised "
                f"`{type(raised).__name__}` in `{function}`",
                place,
                causes=tuple(filter(None, [_one_line(raised)])),
            )
        )
        fault.__cause__ = raised
        return fault
    if output is not None:
        told = f"{where} wrote more than {output:,} bytes to its standard streams"
        hint = "allow more: `Limits(output=…)`, or `--max-output BYTES`"
        return OutputExceeded.of("output", f"{who} was stopped: {told}", place=place, hint=hint)
    if cancelled is not None:
        reason = [cancelled] if cancelled else []
        return Cancelled.of("cancelled", f"{where} was cancelled", place=place, causes=reason)
    if seconds is not None:
        told = f"{where} took longer than {seconds:g} s"
        hint = "allow more: `Limits(seconds=…)`, or `--timeout SECONDS`"
        return DeadlineExceeded.of(
            "deadline", f"{who} was stopped: {told}", place=place, causes=causes, hint=hint
        )
    if exit_code is not None:
        return _exited(words, causes, function, exit_code)
    if refusal := _refusal(text, words, where):
        return Trapped(refusal)
    kind, told = _kind(text, words)
    if told is _GAVE_UP and tells_of_misfit(said):
        told = "it gave a value that does not fit its type in WIT"
    elif told is _GAVE_UP and tells_of_script(said):
        told = "it threw an exception that nothing in it caught"
    frames = () if causes else _frames(text)
    is_nameless = not causes and not any(_NAMED.search(frame) for frame in frames)
    return kind(
        Finding(
            _RULES.get(kind, "trap"),
            f"{who} {_VERBS.get(kind, 'was stopped')} in {where}: {told}",
            place,
            causes=causes or frames,
            hint=_HINTS.get(kind, "build it with debug names to see more" if is_nameless else ""),
        )
    )


def _exited(words: str, causes: tuple[str, ...], function: str, code: int) -> GuestFault:
    """What the end of a guest by its own will becomes: Go ends so, whatever went wrong in it."""
    message = f"the component ended itself in `{function}` with status {code}"
    if code and tells_of_no_memory(words):
        return MemoryExceeded.of(
            "memory", f"{message}: it ran out of memory", causes=causes, hint=_HINTS[MemoryExceeded]
        )
    if code and tells_of_no_stack(words):
        return StackExhausted.of("stack", f"{message}: its calls nested too deeply", causes=causes)
    return GuestExited(Finding("exit", message, causes=causes), code)


def _refusal(text: str, words: str, where: str) -> Finding | None:
    """What a gate refused, if that is why the guest trapped: its function is the innermost frame.

    A guest that wanted to end itself had a reason for that, which is more than the refusal.
    """
    frames = (match for line in text.splitlines() if (match := _FRAME.match(line)))
    innermost = next(frames, None)
    refused = None if innermost is None else _REFUSAL.match(innermost["function"].strip())
    if refused is None:
        return None
    node, grant, interface, item = refused.group("node", "grant", "interface", "item")
    example = _GRANT_EXAMPLES.get(grant)
    if grant == "imports":
        example = f'imports = ["{interface}"]'
    message = f"`{node}` is not granted `{grant}`, and called `{item}` of `{interface}`"
    if grant == "exit":
        message = f"`{node}` is not granted `exit`, and wanted to end the program in {where}"
    return Finding(
        "not-granted",
        message,
        Place(item=node),
        causes=(words,)
        if grant == "exit" and words
        else ("that function has no error to answer with, so the call ended here",),
        hint=f"add `{example}` to `[components.{node}.grants]`"
        if example
        else f"grant it in `[components.{node}.grants]`",
    )


def _kind(text: str, words: str) -> tuple[type[GuestFault], str]:
    """The exception that the runtime's text becomes, and what happened in words."""
    cause = text.rpartition(_CAUSE)[2]
    told = next(((kind, what) for sign, kind, what in _KINDS if sign in cause), None)
    if told is None:
        lines = [line.strip() for line in cause.splitlines() if line.strip()]
        return Trapped, re.sub(r"^\d+: ", "", lines[-1]) if lines else "unknown trap"
    if told[1] is not _GAVE_UP:
        return told
    if tells_of_no_memory(words) or _ALLOCATOR_FAILED.search(text):
        return MemoryExceeded, "it ran out of memory"
    return (Trapped, "it raised an exception") if is_traceback(words) else told


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
    """The innermost frames in words; a function that called itself is told once."""
    frames = (
        f"at `{match['module']}`, `{match['function'].strip()}`"
        for line in text.splitlines()
        if (match := _FRAME.match(line))
    )
    counted = ((frame, len(list(same))) for frame, same in groupby(frames))
    return tuple(frame if count == 1 else f"{frame}, {count} times" for frame, count in counted)[:8]


def _one_line(error: BaseException) -> str:
    """What an exception says of itself; one that cannot even do that says nothing."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - it is anybody's class
        return ""
    return text if len(text) <= 200 else text[:199] + "…"
