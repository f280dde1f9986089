"""What the grants of one node may not say together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wcompose.project.grants import DirectoryGrant, GrantsDeclaration, StreamGrant, StreamKind

_Identity = tuple[int, int]


@dataclass(frozen=True)
class GrantConflict:
    """Two grants that do not go together.

    Attributes:
        rule: rule of the finding.
        key: the key that the later of the two stands under.
        index: which entry of that key, if it is a list.
        message: what is wrong.
        hint: what to do.
    """

    rule: str
    key: str
    index: int
    message: str
    hint: str


def grant_conflicts(grants: GrantsDeclaration, root: Path) -> tuple[GrantConflict, ...]:
    """All that is contradictory in what one node is granted.

    Args:
        grants: all that it is granted.
        root: what directories of the host are relative to.
    """
    return (
        *_same_guests(grants.filesystem),
        *_writable_otherwise(grants.filesystem, root),
        *_streams_beside_network(grants),
    )


def _same_guests(directories: Iterable[DirectoryGrant]) -> Iterator[GrantConflict]:
    seen: dict[str, DirectoryGrant] = {}
    for index, each in enumerate(directories):
        other = seen.setdefault(each.guest, each)
        if other is each:
            continue
        message = f"`{each.guest}` is granted both to read and to write"
        hint = "keep one of the two"
        if other.host != each.host:
            one, two = other.host.as_posix(), each.host.as_posix()
            message = f"`{each.guest}` is two directories: `{one}` and `{two}`"
            hint = "give one of them another `guest`"
        yield GrantConflict("grant-twice", "filesystem", index, message, hint)


def _writable_otherwise(
    directories: Sequence[DirectoryGrant], root: Path
) -> Iterator[GrantConflict]:
    """Read-only grants that a writable one of the same node makes worthless.

    Each grant is a handle of its own, and below a writable one everything can be written. Places
    are compared by their names without links, and by what the file system says they are, which
    sees through capitals and mounts.
    """
    writable = [each for each in directories if each.write]
    if not writable:
        return
    by_name = {_real(root, each): each for each in reversed(writable)}
    by_identity = {
        identity: each
        for name, each in by_name.items()
        if (identity := _identity(name)) is not None
    }
    for index, each in enumerate(directories):
        if each.write:
            continue
        name = _real(root, each)
        for place in (name, *name.parents):
            found = by_name.get(place)
            if found is None and (identity := _identity(place)) is not None:
                found = by_identity.get(identity)
            if found is None:
                continue
            relation = "is the same directory as" if place == name else "lies inside of"
            yield GrantConflict(
                "grant-overlap",
                "filesystem",
                index,
                f"`{each.host.as_posix()}` is granted to read only, and {relation} "
                f"`{found.host.as_posix()}`, which is granted to write",
                f"it could be written as a part of `{found.guest}`: set `write = true` here, or "
                "grant another directory to write",
            )
            break


def _real(root: Path, grant: DirectoryGrant) -> Path:
    return Path(os.path.realpath(root / grant.host))


def _identity(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _streams_beside_network(grants: GrantsDeclaration) -> Iterator[GrantConflict]:
    """Standard streams that need streams of our own, where those of the network are the host's.

    A node has one type of streams. Prefixed and silent ones are made by a gate, and connections
    hand out the host's.
    """
    if not (grants.http or grants.tcp or grants.udp):
        return
    needing = {
        "stdin": {StreamKind.NULL},
        "stdout": {StreamKind.NULL, StreamKind.PREFIX},
        "stderr": {StreamKind.NULL, StreamKind.PREFIX},
    }
    for key, kinds in needing.items():
        stream: StreamGrant = getattr(grants, key)
        if stream.kind in kinds:
            network = next(each for each in ("http", "tcp", "udp") if getattr(grants, each))
            yield GrantConflict(
                "grant-streams",
                key,
                0,
                f'`{key} = "{stream.kind.value}"` does not go with `{network}`: the streams of '
                "that node are the network's",
                f'grant `{key} = "inherit"`, or a file: `{{ file = "…" }}`',
            )
