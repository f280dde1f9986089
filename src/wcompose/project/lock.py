"""``wcompose.lock``: what a build was made of, digest by digest.

The lock is for people and for CI: committed, it shows in review which binary of which node changed,
and ``wcompose build --locked`` refuses to make anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
import tomli_w

from wcompose.errors import ProjectError
from wcompose.files import write_atomically
from wcompose.report import Finding, Place

LOCK_VERSION = 1
SIZE_LIMIT = 16 << 20
"""Bytes of a lock file that are read at most."""

_HEADER = "# Written by `wcompose build`. Commit it; do not edit it.\n"


@dataclass(frozen=True)
class LockedNode:
    """One node as it was built.

    Attributes:
        name: the node.
        language: its source language, empty when not known.
        world: the world it was checked against, empty when it was taken as it is.
        digest: ``sha256:…`` of the component binary.
        size: its bytes.
        source: the prebuilt file or source directory, relative to the project.
        source_digest: digest of everything it was built from, empty for a prebuilt component.
        toolchain: tools that made it, each with its version.
    """

    name: str
    language: str
    world: str
    digest: str
    size: int
    source: str
    source_digest: str
    toolchain: tuple[str, ...]


@dataclass(frozen=True)
class Lock:
    """What a build was made of.

    Attributes:
        composition: name of the composition.
        version: its version.
        digest: ``sha256:…`` of the composition.
        size: its bytes.
        wit_digest: digest of the contracts.
        nodes: its nodes, by name.
    """

    composition: str
    version: str
    digest: str
    size: int
    wit_digest: str
    nodes: tuple[LockedNode, ...]

    def node(self, name: str) -> LockedNode | None:
        """The node of that name, if there is one."""
        return next((node for node in self.nodes if node.name == name), None)

    def to_text(self) -> str:
        """The lock file's text. The same lock gives the same text."""
        data: dict[str, Any] = {
            "lock-version": LOCK_VERSION,
            "composition": {
                "name": self.composition,
                "version": self.version,
                "digest": self.digest,
                "size": self.size,
                "wit": self.wit_digest,
            },
            "nodes": [_node_table(node) for node in self.nodes],
        }
        return _HEADER + tomli_w.dumps(data, multiline_strings=False)

    def write(self, file: Path) -> None:
        """Write the lock file, whole or not at all, and only if it would change."""
        data = self.to_text().encode("utf-8")
        if not file.is_file() or file.read_bytes() != data:
            write_atomically(file, data)


def read_lock(file: Path) -> Lock | None:
    """The lock in ``file``; none when there is no such file.

    Raises:
        ProjectError: it is not a lock that this version can read.
    """
    if file.exists() and not (file.is_file() or file.is_dir()):
        # Opening a pipe would wait for whoever writes to it.
        raise _unreadable(file, "it is a device, a pipe or a socket")
    try:
        with file.open("rb") as stream:
            data = stream.read(SIZE_LIMIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(file, (error.strerror or str(error)).lower()) from None
    try:
        table = tomli.loads(data.decode("utf-8"))
        if table["lock-version"] != LOCK_VERSION:
            raise _unreadable(file, f"its version is {table['lock-version']}, not {LOCK_VERSION}")
        whole = table["composition"]
        return Lock(
            composition=str(whole["name"]),
            version=str(whole["version"]),
            digest=str(whole["digest"]),
            size=int(whole["size"]),
            wit_digest=str(whole["wit"]),
            nodes=tuple(
                LockedNode(
                    name=str(node["name"]),
                    language=str(node.get("language", "")),
                    world=str(node.get("world", "")),
                    digest=str(node["digest"]),
                    size=int(node["size"]),
                    source=str(node["source"]),
                    source_digest=str(node.get("source-digest", "")),
                    toolchain=tuple(str(tool) for tool in node.get("toolchain", ())),
                )
                for node in table.get("nodes", ())
            ),
        )
    except tomli.TOMLDecodeError as error:
        raise _unreadable(
            file, f"malformed TOML: {error.msg}", line=error.lineno, column=error.colno
        ) from None
    except (
        UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError, RecursionError
    ):  # fmt: skip
        raise _unreadable(file, "it lacks what a lock must hold") from None


def differences(old: Lock | None, new: Lock, file: Path) -> tuple[Finding, ...]:
    """What of ``new`` the lock does not allow: a finding for each thing that changed."""
    place = Place(str(file))
    hint = "run `wcompose build` without `--locked` and commit the lock"
    if old is None:
        return (Finding("lock-missing", "there is no `wcompose.lock`", place, hint=hint),)
    findings = []
    if old.wit_digest != new.wit_digest:
        findings.append(Finding("lock-differs", "the contracts changed", place, hint=hint))
    for name in sorted({node.name for node in (*old.nodes, *new.nodes)}):
        before, after = old.node(name), new.node(name)
        if before is None or after is None:
            words = "is not in the lock" if before is None else "is only in the lock"
            findings.append(Finding("lock-differs", f"node `{name}` {words}", place, hint=hint))
        elif not _same_node(before, after):
            findings.append(
                Finding(
                    "lock-differs",
                    f"node `{name}` is not the one in the lock",
                    place,
                    causes=(f"locked: {before.digest}", f"built: {after.digest}"),
                    hint=hint,
                )
            )
    is_rebuilt = any(_is_rebuilt(old.node(node.name), node) for node in new.nodes)
    if not findings and not is_rebuilt and old != new:
        findings.append(Finding("lock-differs", "the composition changed", place, hint=hint))
    return tuple(findings)


def _same_node(before: LockedNode, after: LockedNode) -> bool:
    """Whether a node is the locked one: by its bytes, or by its source where it is built."""
    return before == after or _is_rebuilt(before, after)


def _is_rebuilt(before: LockedNode | None, after: LockedNode) -> bool:
    """Whether two nodes were built from the same source into other bytes.

    With the same tools the bytes are the same; componentize-py for another platform makes others.
    """
    return (
        before is not None
        and bool(after.source_digest)
        and before.source_digest == after.source_digest
        and before.digest != after.digest
    )


def _node_table(node: LockedNode) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": node.name,
        "language": node.language,
        "world": node.world,
        "digest": node.digest,
        "size": node.size,
        "source": node.source,
        "source-digest": node.source_digest,
        "toolchain": list(node.toolchain),
    }
    optional = {"language", "world", "source-digest", "toolchain"}
    return {key: value for key, value in table.items() if value or key not in optional}


def _unreadable(file: Path, cause: str, line: int = 0, column: int = 0) -> ProjectError:
    return ProjectError.of(
        "lock-unreadable",
        f"`{file}` cannot be read",
        place=Place(str(file), line, column),
        causes=[cause],
        hint="restore it from version control, or delete it and build again",
    )
