"""What went wrong while a Python component was made, as findings.

Most failures arrive as facts that `wcompose.build.python.preinit` gathered inside the component's
own interpreter; the others as the text of componentize-py, which is Rust's and is taken apart here.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wcompose.build.python.mapping import GENERATED, Mapped
from wcompose.report import Finding, Place
from wcompose.suggest import did_you_mean

FACTS_LIMIT = 4 << 20
"""Bytes of facts that are read; they come from the node's own code and could be anything."""

_GUEST_PATH = re.compile(r" \(/(?:python|world|bundled|[0-9]+)/[^)]*\)")
_FRAMES = 12
"""Frames of a traceback that are shown at most."""
_PRINT_LIMIT = 10_000
"""Bytes that componentize-py takes of each output while modules are imported."""


def read_facts(file: Path) -> list[dict[str, Any]]:
    """The facts that the interpreter left; none when there are none or they make no sense."""
    try:
        with file.open("rb") as stream:
            facts = json.loads(stream.read(FACTS_LIMIT + 1)[:FACTS_LIMIT])
    except (OSError, ValueError, RecursionError):
        return []
    if not isinstance(facts, list):
        return []
    return [fact for fact in facts if isinstance(fact, dict)]


def findings_of_facts(facts: list[dict[str, Any]], mapped: Mapped) -> list[Finding]:
    """A finding for every fact."""
    return [_finding(_Fact(fact), mapped) for fact in facts]


class _Fact:
    """A fact with its fields by kind; what is missing or of another kind is empty."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        value = self._fields.get(name)
        return value if isinstance(value, int) and 0 <= value < 1 << 31 else 0

    def flag(self, name: str) -> bool:
        return self._fields.get(name) is True

    def inner(self, name: str) -> _Fact:
        value = self._fields.get(name)
        return _Fact(value if isinstance(value, dict) else {})

    def list(self, name: str) -> list[_Fact]:
        value = self._fields.get(name)
        items = value if isinstance(value, list) else []
        return [_Fact(item) for item in items if isinstance(item, dict)]

    def place(self, mapped: Mapped) -> Place:
        source = self.text("source") or mapped.line(self.text("file"), self.number("line"))
        column = self.number("column") if self.number("column") <= len(source) + 1 else 0
        return Place(
            mapped.file(self.text("file")) if self.text("file") else str(mapped.source),
            line=self.number("line"),
            column=column,
            end_column=self.number("end_column") if column else 0,
            item=mapped.node,
            source=source,
        )


def _finding(fact: _Fact, mapped: Mapped) -> Finding:
    kinds = {
        "class": _missing_class,
        "method": _missing_method,
        "signature": _wrong_signature,
        "async": _needless_async,
        "hidden": _hidden_module,
        "syntax": _syntax,
    }
    return kinds.get(fact.text("kind"), _exception)(fact, mapped)


def _missing_class(fact: _Fact, mapped: Mapped) -> Finding:
    module, name, protocol = fact.text("module"), fact.text("class"), fact.text("protocol")
    package, _, last = protocol.rpartition(".")
    if package == "wit_world.exports":
        asked = f"resource `{_kebab(name)}` of its exported interface `{_kebab(last)}`"
        header, base = f"from {package} import {last}", f"{last}.{name}"
    elif protocol == "wit_world.exports":
        asked = f"its exported interface `{_kebab(name)}`"
        header, base = "from wit_world import exports", f"exports.{name}"
    else:
        asked = "the functions that it exports itself"
        header, base = "import wit_world", f"wit_world.{name}"
    methods = "\n\n".join(_skeleton(method) for method in fact.list("methods")) or "    pass"
    return Finding(
        "missing-class",
        f"module `{module}` lacks class `{name}`, which {mapped.world_words} needs for {asked}",
        Place(str(mapped.source / (module.replace(".", "/") + ".py")), item=mapped.node),
        hint=f"start from this in `{module}`\n\n{header}\n\nclass {name}({base}):\n{methods}\n",
    )


def _missing_method(fact: _Fact, mapped: Mapped) -> Finding:
    method = fact.inner("method")
    return Finding(
        "missing-method",
        f"class `{fact.text('class')}` of module `{fact.text('module')}` lacks "
        f"`{method.text('name')}`, which {mapped.world_words} exports",
        fact.place(mapped),
        hint=f"add to the class\n\n{_skeleton(method)}\n",
    )


def _wrong_signature(fact: _Fact, mapped: Mapped) -> Finding:
    method = fact.inner("method")
    called = f"{fact.text('class')}.{method.text('name')}"
    return Finding(
        "wrong-signature",
        f"`{called}` cannot be called the way {mapped.world_words} calls it",
        fact.place(mapped),
        causes=(f"it is `{method.text('name')}{fact.text('found')}`",),
        hint=f"declare it as\n\n{_skeleton(method, body='')}\n",
    )


def _needless_async(fact: _Fact, mapped: Mapped) -> Finding:
    method = fact.inner("method")
    return Finding(
        "needless-async",
        f"`{fact.text('class')}.{method.text('name')}` is `async`, but {mapped.world_words} "
        "exports a plain function",
        fact.place(mapped),
        hint="write `def` in place of `async def`, or declare the function `async` in the contract",
    )


def _hidden_module(fact: _Fact, mapped: Mapped) -> Finding:
    name = fact.text("module")
    return Finding(
        "hidden-module",
        f"class `{fact.text('class')}` has no place: componentize-py looks for resources of "
        f"interface `{_kebab(name)}` in module `{name}`, which is the standard library's",
        Place(str(mapped.wit), item=mapped.node),
        hint=f"give interface `{_kebab(name)}` another name in the contract",
    )


def _syntax(fact: _Fact, mapped: Mapped) -> Finding:
    return Finding("python-syntax", _sentence(fact.text("text")), fact.place(mapped))


def _exception(fact: _Fact, mapped: Mapped) -> Finding:
    frames = _worth_showing(fact, mapped)
    own = [frame for frame in frames if mapped.is_own(frame.text("file"))]
    last = own[-1] if own else None
    place = last.place(mapped) if last else Place(str(mapped.source), item=mapped.node)
    related = tuple(
        (f"in `{frame.text('function')}`", frame.place(mapped))
        for frame in frames
        if frame is not last
    )
    text = _GUEST_PATH.sub("", fact.text("text"))
    if fact.text("type") == "ImportCalledEarlyError":
        return replace(
            _called_early(text.rpartition(": ")[2], mapped), place=place, related=related
        )
    rule, hint = _advice(fact, mapped)
    return Finding(
        rule,
        f"module `{mapped.module}` does not import: {text or 'it fails'}",
        place,
        causes=(f"caused by {fact.text('cause')}",) if fact.text("cause") else (),
        related=related,
        hint=hint,
    )


def _worth_showing(fact: _Fact, mapped: Mapped) -> list[_Fact]:
    """The frames that tell something: no machinery, and a recursion's not a thousand times."""
    frames = [
        frame
        for frame in fact.list("frames")
        if not frame.text("file").startswith(("<frozen ", *GENERATED))
    ]
    while frames and not mapped.is_own(frames[0].text("file")):
        frames.pop(0)
    if len(frames) > _FRAMES:
        return frames[: _FRAMES // 2] + frames[-_FRAMES // 2 :]
    return frames


def _called_early(name: str, mapped: Mapped) -> Finding:
    return Finding(
        "import-called-early",
        f"the import `{name}` is called while `{mapped.module}` is imported, "
        "when no other component is there yet",
        Place(str(mapped.source), item=mapped.node),
        hint="call it inside a function or method that runs later",
    )


def _advice(fact: _Fact, mapped: Mapped) -> tuple[str, str]:
    """Rule and hint for an exception."""
    kind, name = fact.text("type"), fact.text("name")
    if kind == "ModuleNotFoundError" and name:
        return "python-import", _missing_module_hint(name, mapped)
    if kind == "SystemExit":
        return "python-exit", 'put the exit under `if __name__ == "__main__":`'
    if kind == "BrokenPipeError":
        hint = f"modules may print {_PRINT_LIMIT:,} bytes at most while they are imported"
        return "python-output", hint
    if fact.flag("is_os_error"):
        hint = (
            "modules are imported once, while the component is built, with no access to this "
            "machine; open files and connections inside a function"
        )
        return "python-access", hint
    return "python-import", ""


def _missing_module_hint(name: str, mapped: Mapped) -> str:
    head = name.partition(".")[0]
    if head == "wit_world":
        return f"look up what {mapped.world_words} imports and exports in `{mapped.wit}`"
    if head in sys.stdlib_module_names:
        return f"this part of the standard library, `{name}`, does not exist in WebAssembly"
    files = (path.stem for path in mapped.source.glob("*.py"))
    where = mapped.requirements or mapped.source / "requirements.txt"
    place = f"name its package in `{where}`, or put the module into `{mapped.source}`"
    near = did_you_mean(name, files)
    return f"{near} otherwise {place}" if near else place


def _skeleton(method: _Fact, body: str = "raise NotImplementedError") -> str:
    text = "    @classmethod\n" if method.flag("class") else ""
    text += "    async def " if method.flag("async") else "    def "
    text += f"{method.text('name')}{method.text('signature')}:"
    return f"{text}\n        {body}" if body else text + " ..."


def _kebab(name: str) -> str:
    """The name in a contract of something that is called ``name`` in Python."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower().strip("-")


def _sentence(text: str) -> str:
    """Text of another tool the way our messages are written."""
    text = text.strip().rstrip(".")
    is_word = len(text) > 1 and text[0].isupper() and text[1].islower()
    return text[0].lower() + text[1:] if is_word and ":" not in text.split(" ")[0] else text


_NO_WORLD = re.compile(r"Unable to resolve `(?:Some\(\"(?P<name>.*)\"\)|None)`")
_WORLDS = re.compile(r"Available worlds: \[(?P<worlds>.*?)\]", re.DOTALL)
_WIT_PLACE = re.compile(r"^\s*--> (?P<file>.+):(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE)
_TRAP = re.compile(r"wasm trap: (?P<reason>[^\n]+)")
_CALLED_STUB = re.compile(r"called trapping stub: (?P<name>\S+)")


def findings_of_text(text: str, mapped: Mapped, *, is_panic: bool) -> list[Finding]:
    """Findings from what componentize-py said, for all that the facts do not cover."""
    text = text.partition("\nStack backtrace:")[0].strip()
    place = Place(str(mapped.source), item=mapped.node)
    if is_panic:
        return [
            Finding(
                "componentize-py-broke-down",
                f"componentize-py broke down while it built `{mapped.node}`",
                place,
                causes=(text,) if text else (),
                hint="please report it to componentize-py with the contract and the module",
            )
        ]
    if found := _NO_WORLD.search(text):
        return [_no_world(found["name"] or "", text, mapped)]
    if found := _WIT_PLACE.search(text):
        return [_wit_error(found, text, mapped)]
    if found := _CALLED_STUB.search(text):
        return [_called_early(found["name"], mapped)]
    if found := _TRAP.search(text):
        return [
            Finding(
                "python-trap",
                f"module `{mapped.module}` makes the interpreter trap while it is imported: "
                f"{found['reason']}",
                place,
                hint="look for very deep recursion or very large data at the top of its modules",
            )
        ]
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    message = _sentence(lines[0]) if lines else "it gave no reason"
    return [
        Finding(
            "componentize-py-failed",
            f"componentize-py could not build `{mapped.node}`: {message}",
            place,
            causes=("\n".join(lines[1:]),) if lines[1:] else (),
        )
    ]


def _no_world(name: str, text: str, mapped: Mapped) -> Finding:
    found = _WORLDS.search(text)
    worlds = re.findall(r'"([^"]+)"', found["worlds"]) if found else []
    short = {world.partition("/")[2].partition("@")[0] or world for world in worlds}
    listed = ", ".join(f"`{world}`" for world in sorted(worlds))
    return Finding(
        "unknown-world",
        f"there is no world `{name}` in `{mapped.wit}`"
        if name
        else f"`{mapped.wit}` does not say by itself which world `{mapped.node}` stands in",
        Place(str(mapped.wit), item=mapped.node),
        causes=(f"its worlds are {listed}",) if listed else ("it has no world at all",),
        hint=did_you_mean(name, short) or "set `world` in `wcompose.toml` to one of them",
    )


def _wit_error(found: re.Match[str], text: str, mapped: Mapped) -> Finding:
    before = [line.strip() for line in text[: found.start()].splitlines() if line.strip()]
    line = int(found["line"])
    shown = re.search(rf"^\s*{line} \| ?(?P<source>.*)$", text[found.end() :], re.MULTILINE)
    message = re.sub(r"^\d+: ", "", before[-1]) if before else "the contract does not parse"
    return Finding(
        "wit-error",
        _sentence(message),
        Place(
            _user_path(found["file"], mapped.wit),
            line,
            int(found["column"]),
            item=mapped.node,
            source=shown["source"] if shown else "",
        ),
    )


def _user_path(file: str, wit: Path) -> str:
    """The path of a contract's file as the user would write it."""
    path, root = Path(file), wit.resolve()
    return str(wit / path.relative_to(root)) if path.is_relative_to(root) else file
