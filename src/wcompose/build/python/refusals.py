"""What componentize-py says when it refuses, as findings: text of Rust's, taken apart."""

from __future__ import annotations

import re
from pathlib import Path

from wcompose.build.python.mapping import Mapped
from wcompose.build.python.wording import called_early, sentence
from wcompose.report import Finding, Place
from wcompose.suggest import did_you_mean

_NO_WORLD = re.compile(r"Unable to resolve `(?:Some\(\"(?P<name>.*)\"\)|None)`")
_WORLDS = re.compile(r"Available worlds: \[(?P<worlds>.*?)\]", re.DOTALL)
_WIT_PLACE = re.compile(r"^\s*--> (?P<file>.+):(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE)
_MEMORY_LIMIT = 128 << 20
"""Bytes that componentize-py can take out of the interpreter: what wasmtime lets a host call copy."""
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
        return [called_early(found["name"], mapped)]
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
    if "too much data is being copied" in text:
        return [
            Finding(
                "python-memory",
                f"module `{mapped.module}` holds too much memory when it is imported to be frozen "
                "into a component",
                place,
                causes=(
                    f"all that the interpreter holds then has to fit in {_MEMORY_LIMIT >> 20} MiB",
                ),
                hint="make large data inside a function, when it is first needed, or put it into a "
                "file and grant the node to read it",
            )
        ]
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    message = sentence(lines[0]) if lines else "it gave no reason"
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
        sentence(message),
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
