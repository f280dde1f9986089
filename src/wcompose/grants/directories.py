"""Which directories of the host a composition as a whole sees, and what it calls them.

A composition has one host, which knows no nodes. Where two nodes call different directories by one name,
the whole calls each by its node's name too, and the nodes' gates translate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wcompose.project.grants import GrantsDeclaration, StreamGrant, StreamKind


@dataclass(frozen=True, order=True)
class HostDirectory:
    """A directory that the host opens for the whole.

    Attributes:
        outer: what the whole calls it.
        host: the directory, as it is written.
        write: whether any node may change what is in it.
    """

    outer: str
    host: Path
    write: bool


@dataclass(frozen=True)
class Directories:
    """The directories of a composition.

    Attributes:
        host: those that the host opens, by what the whole calls them.
        outer: for each node what the whole calls what the node calls ``/data``, or ``stdin``.
    """

    host: tuple[HostDirectory, ...]
    outer: Mapping[str, Mapping[str, str]]


def name_directories(grants: Mapping[str, GrantsDeclaration]) -> Directories:
    """Name the directories that nodes are granted.

    Args:
        grants: by node.
    """
    meant: dict[str, set[Path]] = {}
    for declaration in grants.values():
        for directory in declaration.filesystem:
            meant.setdefault(directory.guest, set()).add(directory.host)
    outer: dict[str, dict[str, str]] = {}
    opened: dict[str, HostDirectory] = {}

    def add(name: str, host: Path, *, write: bool) -> None:
        known = opened.get(name)
        opened[name] = HostDirectory(name, host, write or (known is not None and known.write))

    for node, declaration in sorted(grants.items()):
        names = outer.setdefault(node, {})
        for directory in declaration.filesystem:
            alone = len(meant[directory.guest]) == 1
            name = directory.guest if alone else f"/{node}{directory.guest.rstrip('/')}"
            while not alone and name in meant:
                name = f"/{name}"
            names[directory.guest] = name
            add(name, directory.host, write=directory.write)
        for stream, grant in streams_of(declaration):
            if grant.kind is StreamKind.FILE and grant.file is not None:
                name = f"/.{node}-{stream}"
                names[stream] = name
                add(name, grant.file.parent, write=stream != "stdin")
    return Directories(tuple(opened[name] for name in sorted(opened)), outer)


def streams_of(grants: GrantsDeclaration) -> Iterator[tuple[str, StreamGrant]]:
    """The standard streams of a node, by name."""
    yield "stdin", grants.stdin
    yield "stdout", grants.stdout
    yield "stderr", grants.stderr
