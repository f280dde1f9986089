"""What nodes used while nothing was held back, as the smallest grants that let them use the same.

A run shows what it showed: another one may use more. What no gate hears of is told as not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wcompose.grants.coverage import GrantChangeKind, grant_changes
from wcompose.grants.learned_directories import (
    GivenDirectory,
    HostView,
    LearnedDirectory,
    PathUse,
    smallest_directories,
)
from wcompose.grants.learned_network import learned_lookups, learned_requests, learned_sockets
from wcompose.grants.learned_uses import Notes, SeenUse, count_of, times_words
from wcompose.graph.names import counted
from wcompose.project.grant_rules import grant_conflicts
from wcompose.project.grant_texts import read_directory
from wcompose.project.grants import (
    ClockGrant,
    ClockKind,
    DirectoryGrant,
    GrantsDeclaration,
    RandomGrant,
    RandomKind,
    StreamGrant,
    StreamKind,
    VariableGrant,
)
from wcompose.report import Place

_STREAMS = ("stdin", "stdout", "stderr")
_SHOWN = 30
"""Names that a remark lists at most."""
_UNUSED = {GrantChangeKind.ADDED, GrantChangeKind.WRITE_ADDED, GrantChangeKind.WIDENED}


@dataclass(frozen=True)
class Observed:
    """What is known of one node after a run.

    Attributes:
        node: its name.
        today: what it is granted.
        given: what it was granted in the run: that, and what the command line added.
        uses: what its gates heard.
        directories: the directories that it saw.
        may_exit: whether it imports what ends the program, and the program was ended so.
        silent: standard streams to which nothing was written in the whole run.
    """

    node: str
    today: GrantsDeclaration
    given: GrantsDeclaration
    uses: Sequence[SeenUse]
    directories: Sequence[GivenDirectory] = ()
    may_exit: bool = False
    silent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Learned:
    """The smallest grants of one node.

    Attributes:
        node: its name.
        grants: what it used.
        reasons: by key of the grants table what each of its entries rests on.
        remarks: what else there is to say, such as what was asked for and is not among the grants.
        unused: what it is granted today and did not use, or not in full.
    """

    node: str
    grants: GrantsDeclaration
    reasons: Mapping[str, tuple[str, ...]]
    remarks: tuple[str, ...]
    unused: tuple[str, ...]


def learning_grants(grants: GrantsDeclaration) -> GrantsDeclaration:
    """What a node is granted while it is learned from, beside everything.

    The network's streams are the host's, so no stream may have a gate of its own.
    """
    for name in _STREAMS:
        if getattr(grants, name).kind in {StreamKind.NULL, StreamKind.PREFIX}:
            grants = _with_stream(grants, name, StreamGrant(StreamKind.INHERIT))
    return grants


def learn(observed: Observed, *, root: Path, view: HostView) -> Learned:
    """The smallest grants with which a node could use what it used.

    Args:
        observed: what is known of it.
        root: directory of the project, from which directories in it are written.
        view: the host's files.
    """
    learner = _Learner(observed, root, view)
    return learner.learned()


class _Learner:
    def __init__(self, observed: Observed, root: Path, view: HostView) -> None:
        self._observed = observed
        self._root = root
        self._view = view
        self._notes = Notes()

    def learned(self) -> Learned:
        observed, given = self._observed, self._observed.given
        allowed = [use for use in observed.uses if use.allowed]
        http = learned_requests(allowed, self._notes)
        tcp, udp = learned_sockets(allowed, self._notes)
        lookup = learned_lookups(allowed, [*tcp, *udp], self._notes)
        grants = GrantsDeclaration(
            filesystem=self._directories(observed.uses),
            arguments=self._arguments(allowed),
            clocks=self._clocks(allowed),
            random=self._random(allowed),
            http=http,
            tcp=tcp,
            udp=udp,
            lookup=lookup,
            exit=observed.may_exit,
            place=Place(),
        )
        for name in _STREAMS:
            grants = _with_stream(grants, name, self._stream(name, allowed, grants))
        if times := count_of(allowed, "wasi:cli/environment", "get-environment"):
            grants = replace(grants, environment=self._environment(allowed, times))
        if observed.may_exit:
            self._notes.reasons["exit"] = [
                "the program ended with a status, and no gate heard who did it"
            ]
        if given.imports:
            grants = replace(grants, imports=given.imports)
            self._notes.reasons["imports"] = ["no gate hears of these: kept" for _ in given.imports]
        refused = [
            f"{each.function} {each.target}"
            for each in observed.uses
            if not (each.allowed or each.interface == "wasi:filesystem/types")
        ]
        if refused:
            self._notes.remarks.append(f"refused, and no grant could allow it: {_listed(refused)}")
        for conflict in grant_conflicts(grants, self._root):
            self._notes.remarks.append(f"these do not go together: {conflict.message}")
        unused = [
            f"{each.capability}: {each.words}"
            for each in grant_changes(grants, observed.today)
            if each.kind in _UNUSED
        ]
        reasons = {key: tuple(told) for key, told in self._notes.reasons.items()}
        return Learned(observed.node, grants, reasons, tuple(self._notes.remarks), tuple(unused))

    def _directories(self, uses: Iterable[SeenUse]) -> tuple[DirectoryGrant, ...]:
        paths = []
        for use in uses:
            path, _, how = use.target.rpartition(" ")
            if use.interface == "wasi:filesystem/types" and how in {"read", "write"}:
                paths.append(PathUse(use.function, path, how == "write", use.allowed))
        found = []
        for each in smallest_directories(self._observed.directories, paths, self._view):
            host = each.host
            if host.is_relative_to(self._root):
                host = host.relative_to(self._root)
            if not self._notes.can_grant(host.as_posix(), read_directory):
                continue
            found.append(DirectoryGrant(host, each.guest, each.write))
            self._notes.tell("filesystem", _directory_reason(each))
            if each.refused_paths:
                self._notes.remarks.append(
                    f"{each.guest} was opened for reading only, and changes were asked for and "
                    f"refused: {_listed(each.refused_paths)}"
                )
        return tuple(found)

    def _environment(self, uses: Sequence[SeenUse], times: int) -> tuple[VariableGrant, ...]:
        known = self._observed.given.environment
        kept = {each.name for each in known}
        seen = dict.fromkeys(
            use.target
            for use in uses
            if use.function == "get-environment" and use.target and use.target not in kept
        )
        for _ in known:
            self._notes.tell(
                "environment", "it asked for all variables, and may have used this one: kept"
            )
        if seen:
            self._notes.remarks.append(
                "it asked for all variables of the environment at once, so which of them it used is "
                f"not known; name those that it needs: {_listed(seen)}"
            )
        elif not known:
            self._notes.remarks.append(
                f"it asked for all variables {times_words(times)}, and none were set"
            )
        return known

    def _arguments(self, uses: Sequence[SeenUse]) -> bool | tuple[str, ...]:
        times = count_of(uses, "wasi:cli/environment", "get-arguments")
        if not times:
            return False
        self._notes.tell(
            "arguments",
            f"asked for {times_words(times)}; most programs ask, and many go on with none",
        )
        return self._observed.given.arguments or True

    def _clocks(self, uses: Sequence[SeenUse]) -> ClockGrant:
        told = [
            f"{name} {times_words(times)}"
            for name in ("wall-clock", "monotonic-clock")
            if (times := count_of(uses, f"wasi:clocks/{name}"))
        ]
        if not told:
            return ClockGrant()
        self._notes.tell("clocks", "asked the " + " and the ".join(told))
        given = self._observed.given.clocks
        return given if given.kind is not ClockKind.NONE else ClockGrant(ClockKind.REAL)

    def _random(self, uses: Sequence[SeenUse]) -> RandomGrant:
        times = sum(use.count for use in uses if use.interface.startswith("wasi:random/"))
        if not times:
            return RandomGrant()
        self._notes.tell("random", f"asked for random numbers {times_words(times)}")
        given = self._observed.given.random
        return given if given.kind is not RandomKind.NONE else RandomGrant(RandomKind.REAL)

    def _stream(self, name: str, uses: Sequence[SeenUse], grants: GrantsDeclaration) -> StreamGrant:
        times = count_of(uses, f"wasi:cli/{name}", f"get-{name}")
        if not times:
            return StreamGrant()
        given: StreamGrant = getattr(self._observed.given, name)
        is_silent = name in self._observed.silent and given.kind is not StreamKind.FILE
        idle = "; nothing was written to it by any node" if is_silent else ""
        self._notes.tell(name, f"asked for {times_words(times)}{idle}")
        if given.kind is StreamKind.NONE:
            return StreamGrant(StreamKind.INHERIT)
        changed = _with_stream(grants, name, given)
        if any(each.rule == "grant-streams" for each in grant_conflicts(changed, self._root)):
            self._notes.remarks.append(
                f'`{name} = "{given.kind.value}"` does not go with the network'
            )
            return StreamGrant(StreamKind.INHERIT)
        return given


def _with_stream(grants: GrantsDeclaration, name: str, stream: StreamGrant) -> GrantsDeclaration:
    changed: dict[str, Any] = {name: stream}
    return replace(grants, **changed)


def _directory_reason(learned: LearnedDirectory) -> str:
    told = []
    if learned.read_paths:
        told.append(f"read {counted(len(learned.read_paths), 'path')}")
    if learned.written_paths:
        told.append(f"changed {counted(len(learned.written_paths), 'path')}")
    one = (learned.written_paths or learned.read_paths)[0]
    return f"{' and '.join(told)} below {learned.guest}, such as {one}"


def _listed(names: Iterable[str]) -> str:
    whole = list(names)
    left = f" and {len(whole) - _SHOWN} more" if len(whole) > _SHOWN else ""
    return ", ".join(whole[:_SHOWN]) + left
