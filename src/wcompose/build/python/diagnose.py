"""What went wrong while a Python component was made, as findings.

Most failures arrive as facts that `wcompose.build.python.preinit` gathered inside the component's
own interpreter; the others as the text of componentize-py (`wcompose.build.python.refusals`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from wcompose.build.python import misfits
from wcompose.build.python.facts import Fact, read_facts
from wcompose.build.python.mapping import GENERATED, Mapped
from wcompose.build.python.refusals import findings_of_text
from wcompose.build.python.wording import (
    REMOVED_MODULES,
    STANDARD_MODULES,
    called_early,
    listed,
    sentence,
)
from wcompose.report import Finding, Place
from wcompose.suggest import did_you_mean, nearest

__all__ = ["findings_of_facts", "findings_of_text", "read_facts"]

_GUEST_PATH = re.compile(r" \(/(?:python|world|bundled|[0-9]+)/[^)]*\)")
_FRAMES = 12
"""Frames of a traceback that are shown at most."""
_LINES, _COLUMNS = 20, 500
"""Lines of an exception's text that are shown at most, and characters of each."""
_PRINT_LIMIT = 10_000
"""Bytes that componentize-py takes of each output while modules are imported."""
_WORLD = "wit_world"


def findings_of_facts(facts: list[dict[str, Any]], mapped: Mapped) -> list[Finding]:
    """A finding for every fact."""
    return [_finding(Fact(fact), mapped) for fact in facts]


def _finding(fact: Fact, mapped: Mapped) -> Finding:
    kinds = {
        "class": misfits.missing_class,
        "object": misfits.not_a_class,
        "constructor": misfits.unconstructible,
        "method": misfits.missing_method,
        "attribute": misfits.not_a_method,
        "signature": misfits.wrong_signature,
        "generator": misfits.generator,
        "async": misfits.needless_async,
        "hidden": misfits.hidden_module,
        "syntax": _syntax,
        "unreadable": _unreadable,
    }
    return kinds.get(fact.text("kind"), _exception)(fact, mapped)


def _syntax(fact: Fact, mapped: Mapped) -> Finding:
    text = sentence(fact.text("text"))
    hint = "save the file as UTF-8" if text.startswith("non-UTF-8 code") else ""
    return Finding("python-syntax", text.partition("; see ")[0], fact.place(mapped), hint=hint)


def _unreadable(fact: Fact, mapped: Mapped) -> Finding:
    return Finding(
        "python-syntax",
        _short(sentence(fact.text("text")))[0],
        fact.place(mapped),
        hint="save the file as UTF-8 text",
    )


def _exception(fact: Fact, mapped: Mapped) -> Finding:
    frames = _worth_showing(fact, mapped)
    own = [frame for frame in frames if mapped.is_own(frame.text("file"))]
    last = own[-1] if own else None
    place = last.place(mapped) if last else Place(str(mapped.source), item=mapped.node)
    related = tuple(
        (f"in `{frame.text('function')}`", frame.place(mapped))
        for frame in frames
        if frame is not last
    )
    text = _plain(fact.text("text"))
    if fact.text("type") == "ImportCalledEarlyError":
        return replace(called_early(text.rpartition(": ")[2], mapped), place=place, related=related)
    rule, hint = _advice(fact, mapped)
    first, *others = _short(text) or ["it fails"]
    causes = ["\n".join(_short(_plain(each.text("text")))) for each in fact.list("causes")]
    return Finding(
        rule,
        f"module `{mapped.module}` does not import: {first}",
        place,
        causes=(*(["\n".join(others)] if others else []), *causes),
        related=related,
        hint=hint,
    )


def _plain(text: str) -> str:
    """A text without the paths that only the component's interpreter knows."""
    return _GUEST_PATH.sub("", text)


def _short(text: str) -> list[str]:
    """The lines of a text, and not more of it than a person reads."""
    lines = text.splitlines()
    left = len(lines) - _LINES
    if left > 0:
        lines = [*lines[:_LINES], f"… and {left:,} lines more"]
    return [line if len(line) <= _COLUMNS else f"{line[:_COLUMNS]}…" for line in lines]


def _worth_showing(fact: Fact, mapped: Mapped) -> list[Fact]:
    """The frames that tell something.

    No machinery, of the standard library only what failed in the end, and a recursion's not a
    thousand times.
    """
    frames = [
        frame
        for frame in fact.list("frames")
        if not frame.text("file").startswith(("<frozen ", *GENERATED))
    ]
    own = [index for index, frame in enumerate(frames) if mapped.is_own(frame.text("file"))]
    if not own:
        return []
    below = frames[own[-1] + 1 :]
    frames = frames[own[0] : own[-1] + 1] + below[-1:]
    if len(frames) > _FRAMES:
        return frames[: _FRAMES // 2] + frames[-_FRAMES // 2 :]
    return frames


def _advice(fact: Fact, mapped: Mapped) -> tuple[str, str]:
    """Rule and hint for an exception."""
    kind, name, text = fact.text("type"), fact.text("name"), fact.text("text")
    looked_in = fact.text("source_module")
    if looked_in.partition(".")[0] == _WORLD or name == _WORLD:
        return "python-import", _world_hint(fact, mapped)
    if kind == "ModuleNotFoundError" and name:
        return "python-import", _missing_module_hint(name, fact, mapped)
    if _hides(looked_in, mapped):
        return "python-import", _hidden_hint(looked_in, mapped)
    if kind == "ImportError" and "relative import" in text:
        hint = "modules at the top of `source` are in no package: leave the leading dot out"
        return "python-import", hint
    if kind in {"ImportError", "AttributeError"} and "Did you mean" not in text:
        return "python-import", did_you_mean(fact.text("wanted"), _known(fact))
    if kind == "SystemExit":
        return "python-exit", 'put the exit under `if __name__ == "__main__":`'
    if kind == "BrokenPipeError":
        hint = f"modules may print {_PRINT_LIMIT:,} bytes at most while they are imported"
        return "python-output", hint
    if kind == "MemoryError":
        return "python-memory", "make large data inside a function, when it is first needed"
    if kind == "RuntimeError" and "start new thread" in text:
        return "python-access", "a component has no threads; do the work where it is asked for"
    if fact.flag("is_os_error"):
        return "python-access", _access_hint(fact.text("filename"), mapped)
    return "python-import", ""


def _known(fact: Fact) -> list[str]:
    return [each.text("name") for each in fact.list("known")]


def _world_hint(fact: Fact, mapped: Mapped) -> str:
    """For a name that the generated bindings have not."""
    looked_in, wanted, known = fact.text("source_module"), fact.text("wanted"), _known(fact)
    here = f"{_WORLD}.{wanted}"
    if looked_in == _WORLD and wanted in {"imports", "exports"}:
        if wanted in known or fact.text("type") == "AttributeError":
            return f"write `from {_WORLD} import {wanted}`: it is a package of its own"
        return f"{mapped.world_words} {wanted.removesuffix('s')}s no interface"
    if near := nearest(wanted, known):
        return did_you_mean(wanted, near)
    place = looked_in if looked_in != _WORLD else here
    if known:
        return f"`{place}` has {listed(known)}"
    return f"look up what {mapped.world_words} imports and exports in `{mapped.wit}`"


def _hides(module: str, mapped: Mapped) -> bool:
    """Whether a module of the node is not seen because the standard library has one of that name."""
    head = module.partition(".")[0]
    own = mapped.source / head
    return head in STANDARD_MODULES and (own.is_dir() or own.with_suffix(".py").is_file())


def _hidden_hint(module: str, mapped: Mapped) -> str:
    head = module.partition(".")[0]
    return (
        f"`{head}` is the standard library's, which comes before `{head}` in `{mapped.source}`: "
        "rename that"
    )


def _missing_module_hint(name: str, fact: Fact, mapped: Mapped) -> str:
    head = name.partition(".")[0]
    if head in REMOVED_MODULES:
        return f"Python 3.14, which runs in components, has no `{head}` any more"
    if _hides(head, mapped):
        return _hidden_hint(name, mapped)
    if fact.flag("is_standard") or head in STANDARD_MODULES:
        return f"this part of the standard library, `{name}`, does not exist in WebAssembly"
    files = {path.stem for path in mapped.source.glob("*.py")} - {mapped.module}
    if known := _known(fact):
        return did_you_mean(fact.text("wanted"), known)
    where = mapped.requirements or mapped.source / "requirements.txt"
    how = "" if mapped.requirements else " and that file in `requirements` of the node"
    place = f"name its package in `{where}`{how}, or put the module into `{mapped.source}`"
    near = did_you_mean(name, files)
    return f"{near} otherwise {place}" if near else place


def _access_hint(filename: str, mapped: Mapped) -> str:
    """For a file or a connection that cannot be had while modules are imported."""
    if filename and not Path(filename).is_absolute() and (mapped.source / filename).is_file():
        return (
            f"there is no working directory: open it as `Path(__file__).parent / {filename!r}`, "
            "from the place of the module"
        )
    return (
        "modules are imported once, while the component is built, with no access to this machine; "
        "open files and connections inside a function"
    )
