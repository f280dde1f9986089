"""The language that a component is written in, from what its tools left in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_SPELLINGS: Mapping[str, str] = {
    name.lower(): name
    for name in (
        "AssemblyScript",
        "C",
        "C#",
        "C++",
        "Dart",
        "Go",
        "Haskell",
        "Java",
        "JavaScript",
        "Kotlin",
        "MoonBit",
        "Python",
        "Ruby",
        "Rust",
        "Scala",
        "Swift",
        "TypeScript",
        "Zig",
    )
} | {
    # As producers sections name them.
    "c11": "C",
    "c99": "C",
    "c_plus_plus_14": "C++",
    "c_plus_plus_17": "C++",
    "cpp": "C++",
    "csharp": "C#",
    "ecmascript": "JavaScript",
    "golang": "Go",
    "js": "JavaScript",
    "tinygo": "Go",
}

_INTERPRETERS = (
    # An interpreter outweighs the guest's own code, and is written in another language.
    (re.compile(r"libpython|componentize[-_]py|cpython", re.IGNORECASE), "Python"),
    (
        re.compile(r"componentize-?js|starlingmonkey|spidermonkey|quickjs", re.IGNORECASE),
        "JavaScript",
    ),
    (re.compile(r"libruby|ruby\.wasm", re.IGNORECASE), "Ruby"),
)

_TOOLS = (
    (re.compile(r"rustc|cargo-component|wit-bindgen-rust"), "Rust"),
    (re.compile(r"tinygo|^go\b|wit-bindgen-go", re.IGNORECASE), "Go"),
    (re.compile(r"moonc|moonbit", re.IGNORECASE), "MoonBit"),
    (re.compile(r"wit-bindgen-csharp|\.net", re.IGNORECASE), "C#"),
    (re.compile(r"assemblyscript", re.IGNORECASE), "AssemblyScript"),
    (re.compile(r"kotlin", re.IGNORECASE), "Kotlin"),
    (re.compile(r"dart2wasm", re.IGNORECASE), "Dart"),
    (re.compile(r"\bzig\b", re.IGNORECASE), "Zig"),
    (re.compile(r"swift", re.IGNORECASE), "Swift"),
    # Other languages go through these as well, so they come last.
    (re.compile(r"wit-bindgen-c\b|clang", re.IGNORECASE), "C"),
)


def language_name(text: str) -> str:
    """A language as people write it: ``Rust`` for ``rust``; several of them joined by commas."""
    names = [part.strip() for part in text.split(",")]
    return ", ".join(_SPELLINGS.get(name.lower(), name) for name in names if name)


def is_composition(description: Mapping[str, Any]) -> bool:
    """Whether a binary, as `wcompose.engine.Engine.describe` tells it, holds components with code."""
    waiting = [child for child in _children(description) if child.get("kind") == "component"]
    while waiting:
        component = waiting.pop()
        if any(child.get("kind") == "module" for child in _children(component)):
            return True
        waiting += _children(component)
    return False


def language_of(binary: Mapping[str, Any]) -> str:
    """The language of a component or a module; empty when nothing tells, and for a composition.

    Its own producers say it best. Else an interpreter in it does, since its code is but a library of the
    guest. Else the heaviest of its modules that says anything: the small adapter under a
    Go module is written in Rust.

    Args:
        binary: as `wcompose.engine.Engine.describe` tells it, with ``children``; or a component as
            `wcompose.engine.Engine.structure` tells it, with ``modules``.
    """
    if own := _told(binary.get("producers") or {}):
        return own
    if is_composition(binary):
        return ""
    modules = binary.get("modules") or [
        child for child in _children(binary) if child.get("kind") == "module"
    ]
    marks = [*_marks(binary), *(mark for module in modules for mark in _marks(module))]
    for pattern, language in _INTERPRETERS:
        if any(pattern.search(mark) for mark in marks):
            return language
    for module in sorted(modules, key=lambda each: (-each.get("size", 0), each.get("name") or "")):
        if found := _told(module.get("producers") or {}) or _by_tools(module):
            return found
    if found := _by_tools(binary):
        return found
    languages = list(binary.get("languages") or ())
    return language_name(languages[0]) if len(languages) == 1 else ""


def _children(description: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    children: Sequence[Mapping[str, Any]] = description.get("children") or ()
    return children


def _told(producers: Mapping[str, Iterable[str]]) -> str:
    return language_name(",".join(sorted(producers.get("language") or ())))


def _tools(part: Mapping[str, Any]) -> list[str]:
    producers = part.get("producers") or {}
    return sorted({tool for kind in ("processed-by", "sdk") for tool in producers.get(kind) or ()})


def _marks(part: Mapping[str, Any]) -> list[str]:
    return [part.get("name") or "", *_tools(part)]


def _by_tools(part: Mapping[str, Any]) -> str:
    tools = _tools(part)
    for pattern, language in _TOOLS:
        if any(pattern.search(tool) for tool in tools):
            return language
    return ""
