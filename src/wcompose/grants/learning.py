"""What nodes used while nothing was held back, as the smallest grants that let them use the same.

A run shows what it showed: another one may use more. What no gate hears of is told as not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
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
from wcompose.graph.names import counted
from wcompose.project.grant_hosts import read_host, read_lookup
from wcompose.project.grant_rules import grant_conflicts
from wcompose.project.grant_texts import GrantTextError, read_directory
from wcompose.project.grants import (
    ClockGrant,
    ClockKind,
    DirectoryGrant,
    GrantsDeclaration,
    HttpGrant,
    RandomGrant,
    RandomKind,
    SocketDirection,
    SocketGrant,
    StreamGrant,
    StreamKind,
    VariableGrant,
)
from wcompose.report import Place

_STREAMS = ("stdin", "stdout", "stderr")
_PORTS = {"http": 80, "https": 443}
_SOCKETS: Mapping[str, tuple[str, SocketDirection]] = {
    "[method]tcp-socket.start-connect": ("tcp", SocketDirection.CONNECT),
    "[method]tcp-socket.start-bind": ("tcp", SocketDirection.LISTEN),
    "[method]tcp-socket.start-listen": ("tcp", SocketDirection.LISTEN),
    "[method]udp-socket.stream": ("udp", SocketDirection.SEND),
    "[method]outgoing-datagram-stream.send": ("udp", SocketDirection.SEND),
    "[method]udp-socket.start-bind": ("udp", SocketDirection.BIND),
}
_SHOWN = 30
"""Names that a remark lists at most."""
_UNUSED = {GrantChangeKind.ADDED, GrantChangeKind.WRITE_ADDED, GrantChangeKind.WIDENED}


@dataclass(frozen=True)
class SeenUse:
    """Something that a node was seen to use.

    Attributes:
        interface: of what, without its version.
        function: by what.
        allowed: whether it was; a gate refuses what no grant could allow.
        target: what it was about.
        count: how often.
    """

    interface: str
    function: str
    allowed: bool = True
    target: str = ""
    count: int = 1


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
        self._reasons: dict[str, list[str]] = {}
        self._remarks: list[str] = []

    def learned(self) -> Learned:
        observed, given = self._observed, self._observed.given
        allowed = [use for use in observed.uses if use.allowed]
        http = self._http(allowed)
        tcp, udp = self._sockets(allowed)
        lookup = self._lookup(allowed, [*tcp, *udp])
        grants = GrantsDeclaration(
            filesystem=self._directories(allowed),
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
        if times := _count(allowed, "wasi:cli/environment", "get-environment"):
            grants = replace(grants, environment=self._environment(allowed, times))
        if observed.may_exit:
            self._reasons["exit"] = [
                "the program ended with a status, and no gate heard who did it"
            ]
        if given.imports:
            grants = replace(grants, imports=given.imports)
            self._reasons["imports"] = ["no gate hears of these: kept" for _ in given.imports]
        for use in observed.uses:
            if not use.allowed:
                self._remarks.append(
                    f"refused, and no grant could allow it: {use.interface}#{use.function} {use.target}"
                )
        for conflict in grant_conflicts(grants, self._root):
            self._remarks.append(f"these do not go together: {conflict.message}")
        unused = [
            f"{each.capability}: {each.words}"
            for each in grant_changes(grants, observed.today)
            if each.kind in _UNUSED
        ]
        reasons = {key: tuple(told) for key, told in self._reasons.items()}
        return Learned(observed.node, grants, reasons, tuple(self._remarks), tuple(unused))

    def _directories(self, uses: Iterable[SeenUse]) -> tuple[DirectoryGrant, ...]:
        paths = []
        for use in uses:
            path, _, how = use.target.rpartition(" ")
            if use.interface == "wasi:filesystem/types" and how in {"read", "write"}:
                paths.append(PathUse(use.function, path, how == "write"))
        found = []
        for each in smallest_directories(self._observed.directories, paths, self._view):
            host = each.host
            if host.is_relative_to(self._root):
                host = host.relative_to(self._root)
            if not self._can_grant(host.as_posix(), read_directory):
                continue
            found.append(DirectoryGrant(host, each.guest, each.write))
            self._tell("filesystem", _directory_reason(each))
            if each.refused_paths:
                self._remarks.append(
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
            self._tell(
                "environment", "it asked for all variables, and may have used this one: kept"
            )
        if seen:
            self._remarks.append(
                "it asked for all variables of the environment at once, so which of them it used is "
                f"not known; name those that it needs: {_listed(seen)}"
            )
        elif not known:
            self._remarks.append(f"it asked for all variables {_times(times)}, and none were set")
        return known

    def _arguments(self, uses: Sequence[SeenUse]) -> bool | tuple[str, ...]:
        times = _count(uses, "wasi:cli/environment", "get-arguments")
        if not times:
            return False
        self._tell(
            "arguments", f"asked for {_times(times)}; most programs ask, and many go on with none"
        )
        return self._observed.given.arguments or True

    def _clocks(self, uses: Sequence[SeenUse]) -> ClockGrant:
        told = [
            f"{name} {_times(times)}"
            for name in ("wall-clock", "monotonic-clock")
            if (times := _count(uses, f"wasi:clocks/{name}"))
        ]
        if not told:
            return ClockGrant()
        self._tell("clocks", "asked the " + " and the ".join(told))
        given = self._observed.given.clocks
        return given if given.kind is not ClockKind.NONE else ClockGrant(ClockKind.REAL)

    def _random(self, uses: Sequence[SeenUse]) -> RandomGrant:
        times = sum(use.count for use in uses if use.interface.startswith("wasi:random/"))
        if not times:
            return RandomGrant()
        self._tell("random", f"asked for random numbers {_times(times)}")
        given = self._observed.given.random
        return given if given.kind is not RandomKind.NONE else RandomGrant(RandomKind.REAL)

    def _stream(self, name: str, uses: Sequence[SeenUse], grants: GrantsDeclaration) -> StreamGrant:
        times = _count(uses, f"wasi:cli/{name}", f"get-{name}")
        if not times:
            return StreamGrant()
        given: StreamGrant = getattr(self._observed.given, name)
        is_silent = name in self._observed.silent and given.kind is not StreamKind.FILE
        idle = "; nothing was written to it by any node" if is_silent else ""
        self._tell(name, f"asked for {_times(times)}{idle}")
        if given.kind is StreamKind.NONE:
            return StreamGrant(StreamKind.INHERIT)
        changed = _with_stream(grants, name, given)
        if any(each.rule == "grant-streams" for each in grant_conflicts(changed, self._root)):
            self._remarks.append(f'`{name} = "{given.kind.value}"` does not go with the network')
            return StreamGrant(StreamKind.INHERIT)
        return given

    def _http(self, uses: Iterable[SeenUse]) -> tuple[HttpGrant, ...]:
        asked: dict[tuple[str, str], dict[int, dict[str, int]]] = {}
        for use in uses:
            method, _, url = use.target.partition(" ")
            scheme, separator, rest = url.partition("://")
            host, _, port = rest.rpartition(":")
            if use.interface != "wasi:http/outgoing-handler" or not separator or not port.isdigit():
                continue
            methods = asked.setdefault((scheme, host.strip("[]")), {}).setdefault(int(port), {})
            methods[method] = methods.get(method, 0) + use.count
        found = []
        for (scheme, host), by_port in asked.items():
            if not self._can_grant(host, read_host):
                continue
            alike: dict[tuple[str, ...], list[int]] = {}
            for each, methods in sorted(by_port.items()):
                alike.setdefault(tuple(sorted(methods)), []).append(each)
            for names, ports in alike.items():
                is_usual = ports == [_PORTS.get(scheme)]
                ranges = () if is_usual else tuple((each, each) for each in ports)
                found.append(HttpGrant(scheme, host, ranges, names))
                times = sum(by_port[each][name] for each in ports for name in names)
                self._tell("http", f"sent {counted(times, 'request')}")
        return tuple(found)

    def _sockets(
        self, uses: Sequence[SeenUse]
    ) -> tuple[tuple[SocketGrant, ...], tuple[SocketGrant, ...]]:
        names: dict[str, str] = {}
        for use in uses:
            name, _, address = use.target.partition(" ")
            if use.interface == "wasi:sockets/ip-name-lookup" and address:
                names.setdefault(address, name)
        asked: dict[tuple[str, SocketDirection, str], dict[int, int]] = {}
        for use in uses:
            kind = _SOCKETS.get(use.function)
            host, _, port = use.target.rpartition(":")
            if kind is None or not port.isdigit() or not use.interface.startswith("wasi:sockets/"):
                continue
            address = host.strip("[]")
            key, direction = kind
            if direction in {SocketDirection.CONNECT, SocketDirection.SEND}:
                address = names.get(address, address)
            known = asked.setdefault((key, direction, address), {})
            known[int(port)] = known.get(int(port), 0) + use.count
        found: dict[str, list[SocketGrant]] = {"tcp": [], "udp": []}
        for (key, direction, host), counts in asked.items():
            if not self._can_grant(host, read_host):
                continue
            ports = tuple((each, each) for each in sorted(counts))
            found[key].append(SocketGrant(direction, host, ports))
            self._tell(
                key,
                f"asked for {_times(sum(counts.values()))}; whether the host let it is not known",
            )
        for key, grants in found.items():
            made = _count(uses, f"wasi:sockets/{key}-create-socket")
            if made and not grants:
                self._remarks.append(
                    f"it asked for a {key.upper()} socket {_times(made)} and got none, or did nothing "
                    f"with it: `wcompose run` cannot make sockets, so what it wanted to reach is not "
                    f"known; write its `{key}` by hand"
                )
        return tuple(found["tcp"]), tuple(found["udp"])

    def _lookup(self, uses: Iterable[SeenUse], sockets: Sequence[SocketGrant]) -> tuple[str, ...]:
        covered = {
            each.host
            for each in sockets
            if each.direction in {SocketDirection.CONNECT, SocketDirection.SEND}
        }
        found: dict[str, int] = {}
        for use in uses:
            if (use.interface, use.function) != (
                "wasi:sockets/ip-name-lookup",
                "resolve-addresses",
            ):
                continue
            try:
                name = read_lookup(use.target)
            except GrantTextError:
                if _address(use.target) not in covered:
                    self._remarks.append(
                        f"it looked up `{use.target}`, which is no name that can be granted"
                    )
                continue
            if name not in covered:
                found[name] = found.get(name, 0) + use.count
        for times in found.values():
            self._tell("lookup", f"looked up {_times(times)}")
        return tuple(found)

    def _can_grant(self, text: str, read: Callable[[str], object]) -> bool:
        """Whether a project file can say it; if not, a remark does."""
        try:
            text.encode()
            read(text)
        except (GrantTextError, UnicodeEncodeError):
            self._remarks.append(f"it used `{text}`, which no project file can name")
            return False
        return True

    def _tell(self, key: str, reason: str) -> None:
        self._reasons.setdefault(key, []).append(reason)


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


def _count(uses: Iterable[SeenUse], interface: str, function: str = "") -> int:
    return sum(
        use.count for use in uses if use.interface == interface and function in {"", use.function}
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _listed(names: Iterable[str]) -> str:
    whole = list(names)
    left = f" and {len(whole) - _SHOWN} more" if len(whole) > _SHOWN else ""
    return ", ".join(whole[:_SHOWN]) + left


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        return text
