"""What pip says when it cannot install a node's requirements, as findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wcompose.build.python.requirements import RequirementLine, canonical
from wcompose.build.python.wording import listed
from wcompose.report import Finding, Place

_OFFLINE = re.compile(
    r"Failed to establish a new connection|Temporary failure in name resolution|"
    r"NameResolutionError|ConnectTimeoutError|Network is unreachable|Could not fetch URL|"
    r"getaddrinfo failed|Connection refused"
)
_NO_VERSION = re.compile(
    r"Could not find a version that satisfies the requirement (?P<requirement>.+?)"
    r"(?: \(from (?!versions:|-r )(?P<parent>[^)]*)\))?(?: \(from -r .*?\))?"
    r" \(from versions: (?P<versions>[^)]*)\)"
)
_WRONG_HASH = re.compile(
    r"^\s+(?P<requirement>\S+) from .*\n\s+Expected (?P<kind>\w+) (?P<expected>\w+)\n"
    r"(?:\s+Expected or .*\n)*\s+Got\s+(?P<got>\w+)",
    re.MULTILINE,
)
_NO_HASH = re.compile(r"^\s+(?P<line>\S+ --hash=\S+)\s*$", re.MULTILINE)
_NEWEST = 5
"""Versions that are named to choose from."""


def refusal(
    output: str,
    file: Path,
    node: str,
    lines: Sequence[RequirementLine],
    is_known: Callable[[str], bool],
) -> Finding:
    """The finding that pip's words come to.

    Args:
        output: what pip printed.
        file: the requirements file.
        node: name of the node.
        lines: what the file asks for.
        is_known: tells whether the package index knows a package at all.
    """
    place = Place(str(file), item=node)
    if _OFFLINE.search(output):
        return _offline(output, node, place)
    if found := _NO_VERSION.search(output):
        return _no_version(found, node, place, lines, is_known)
    if found := _WRONG_HASH.search(output):
        line = _line_of(found["requirement"], lines)
        return Finding(
            "requirement-hash",
            f"`{found['requirement']}` is not the file that its hash is of",
            line.place if line else place,
            causes=(
                f"the requirement says {found['kind']}:{found['expected']}",
                f"the package index has {found['kind']}:{found['got']}",
            ),
            hint="find out why before you correct the hash: someone may have tampered with the file",
        )
    if "in --require-hashes mode" in output.lower():
        return _without_hash(output, node, place)
    causes = _errors(output)
    return Finding(
        "requirements-failed",
        f"pip could not install the requirements of `{node}`",
        place,
        causes=causes or (output,),
    )


def _errors(output: str) -> tuple[str, ...]:
    """The errors among pip's words, each with the lines that belong to it."""
    parts = re.split(r"^ERROR: ", output, flags=re.MULTILINE)[1:]
    return tuple(dict.fromkeys(part.strip() for part in parts))


def _offline(output: str, node: str, place: Place) -> Finding:
    return Finding(
        "package-index-unreachable",
        f"the requirements of `{node}` are not installed yet and the package index cannot be reached",
        place,
        causes=_errors(output)[-1:],
        hint="build once with a network, or copy the packages into the node's directory",
    )


def _no_version(
    found: re.Match[str],
    node: str,
    place: Place,
    lines: Sequence[RequirementLine],
    is_known: Callable[[str], bool],
) -> Finding:
    wanted, parent = found["requirement"].strip(), (found["parent"] or "").strip()
    name = re.split(r"[^A-Za-z0-9._-]", wanted, maxsplit=1)[0]
    line = _line_of(parent or wanted, lines)
    finding = Finding(
        "requirement-not-found",
        f"there is no pure Python wheel for `{wanted}`",
        line.place if line else place,
        causes=(f"`{parent}` needs it",) if parent else (),
    )
    if found["versions"] != "none":
        versions = [each.strip() for each in found["versions"].split(",")]
        return replace(
            finding,
            message=f"`{name}` has no version with a pure Python wheel that fits `{wanted}`",
            hint=f"its newest ones are {listed(versions[-_NEWEST:])}",
        )
    if not is_known(name):
        return replace(
            finding,
            message=f"the package index has no package `{name}`, which `{node}` requires",
            hint="check how its name is spelt",
        )
    hint = "native code for this machine cannot run in a component"
    if parent:
        return replace(finding, hint=f"{hint}; look for a package that needs Python only")
    return replace(
        finding,
        hint=f"{hint}, and source is not built here; look for another version or package, or copy "
        "its Python files into the source directory of the node",
    )


def _without_hash(output: str, node: str, place: Place) -> Finding:
    missing = [found["line"] for found in _NO_HASH.finditer(output)]
    if missing:
        return Finding(
            "requirement-hash",
            f"some requirements of `{node}` have a hash, and some have none",
            place,
            hint="add these after you made sure of them\n\n" + "\n".join(missing) + "\n",
        )
    return Finding(
        "requirement-hash",
        f"requirements of `{node}` have hashes, so each must be pinned to a version",
        place,
        causes=_errors(output)[-1:],
        hint="pin them with `==`",
    )


def _line_of(requirement: str, lines: Sequence[RequirementLine]) -> RequirementLine | None:
    name = canonical(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])
    return next((line for line in lines if line.name == name), None)
