"""The smallest directories of the host that hold what a run used below those it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_OF_ITSELF = frozenset(
    f"[method]descriptor.{name}" for name in ("open-at", "stat-at", "metadata-hash-at")
)
"""Functions that a directory can be asked by its own name; all others act on an entry of one."""

_Parts = tuple[str, ...]


@dataclass(frozen=True)
class GivenDirectory:
    """A directory of the host that a node saw.

    Attributes:
        guest: what the node called it.
        host: where it is, absolute.
        write: whether the host let anything in it be changed.
    """

    guest: str
    host: Path
    write: bool


@dataclass(frozen=True)
class PathUse:
    """One use of a path.

    Attributes:
        function: by what.
        path: what the node called it; it may have ``..`` in it.
        write: whether it was a change.
        allowed: whether a gate let it through to the host.
    """

    function: str
    path: str
    write: bool
    allowed: bool = True


@dataclass(frozen=True)
class HostView:
    """What can be asked of the host's files.

    Attributes:
        is_directory: whether there is a directory at a path.
        real: a path without symbolic links.
    """

    is_directory: Callable[[Path], bool]
    real: Callable[[Path], Path]


@dataclass(frozen=True)
class LearnedDirectory:
    """A directory that would have been enough.

    Attributes:
        guest: what the node would call it.
        host: where it is, absolute.
        write: whether something in it was changed.
        read_paths: paths that were read.
        written_paths: paths that were changed.
        refused_paths: paths that were to be changed, where the host let nothing be changed.
    """

    guest: str
    host: Path
    write: bool
    read_paths: tuple[str, ...]
    written_paths: tuple[str, ...]
    refused_paths: tuple[str, ...]


def smallest_directories(
    given: Sequence[GivenDirectory], uses: Iterable[PathUse], view: HostView
) -> tuple[LearnedDirectory, ...]:
    """For each directory that a run was given, the smallest one in it that would have been enough.

    Where what was changed lies apart from what was only read, or in a part of it, that part is a
    directory of its own. A path through symbolic links needs the places where it leads, too.

    Args:
        given: what the node saw.
        uses: what it did.
        view: the host's files, after the run.
    """
    found: list[LearnedDirectory] = []
    by_directory: dict[str, list[tuple[PathUse, _Parts]]] = {}
    for use in uses:
        whole = PurePosixPath(use.path).parts
        holding = [each for each in given if _is_prefix(_parts(each.guest), whole[1:])]
        if not holding or not use.path.startswith("/"):
            continue
        best = max(holding, key=lambda each: len(_parts(each.guest)))
        rest = whole[1:][len(_parts(best.guest)) :]
        by_directory.setdefault(best.guest, []).append((use, rest))
    for each in given:
        if each.guest in by_directory:
            found += _narrowed(each, by_directory[each.guest], view)
    return tuple(found)


def _narrowed(
    given: GivenDirectory, uses: Sequence[tuple[PathUse, _Parts]], view: HostView
) -> list[LearnedDirectory]:
    reads: list[tuple[str, _Parts]] = []
    writes: list[tuple[str, _Parts]] = []
    refused: list[str] = []
    for use, rest in uses:
        is_written = use.write and given.write and use.allowed
        if use.write and not is_written:
            refused.append(use.path)
        for needed in _places(given, use, rest, view):
            (writes if is_written else reads).append((use.path, needed))
    write = _common(needed for _, needed in writes)
    # What lies in the directory that may be changed can be read there.
    apart = [each for each in reads if write is None or not _is_prefix(write, each[1])]
    beside = [each for each in reads if each not in apart]
    learned = []
    read = _common(needed for _, needed in apart)
    for place, is_write, held in ((read, False, apart), (write, True, beside)):
        if place is None:
            continue
        learned.append(
            LearnedDirectory(
                "/" + "/".join((*_parts(given.guest), *place)),
                given.host.joinpath(*place),
                is_write,
                _paths(held),
                _paths(writes) if is_write else (),
                tuple(dict.fromkeys(refused)),
            )
        )
    return learned


def _paths(uses: Iterable[tuple[str, _Parts]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for path, _ in uses))


def _places(given: GivenDirectory, use: PathUse, rest: _Parts, view: HostView) -> Iterable[_Parts]:
    """Directories below the one that was given, each of which a use needs to have in sight."""
    place: list[str] = []
    for part in rest:
        if part != "..":
            place.append(part)
            continue
        if not place:
            yield ()
            return  # out of the directory, which the host refuses
        place.pop()
        yield tuple(place)
    path = given.host.joinpath(*place)
    leads = [path]
    if use.write or use.function not in _OF_ITSELF or not view.is_directory(path):
        place = place[:-1]
        # It, or the link that it is, is an entry of a directory, and so is where it leads.
        leads = [path.parent if place else given.host, view.real(path).parent]
    while place and not view.is_directory(given.host.joinpath(*place)):
        place.pop()
    yield tuple(place)
    root = view.real(given.host)
    for led in map(view.real, leads):
        if led.is_relative_to(root):
            parts = led.relative_to(root).parts
            while parts and not view.is_directory(root.joinpath(*parts)):
                parts = parts[:-1]
            yield parts


def _common(places: Iterable[_Parts]) -> _Parts | None:
    common: _Parts | None = None
    for place in places:
        if common is None:
            common = place
            continue
        size = 0
        while size < min(len(common), len(place)) and common[size] == place[size]:
            size += 1
        common = common[:size]
    return common


def _is_prefix(short: _Parts, long: _Parts) -> bool:
    return long[: len(short)] == short


def _parts(guest: str) -> _Parts:
    return PurePosixPath(guest).parts[1:]
