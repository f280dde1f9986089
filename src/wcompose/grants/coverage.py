"""Whether grants let through what other grants did, and what changed between two tables of them."""

from __future__ import annotations

import ipaddress
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from wcompose.grants.words import (
    clock_words,
    directory_words,
    http_words,
    random_words,
    socket_words,
    stream_words,
    variable_words,
)
from wcompose.project.grants import (
    ANY_HOST,
    ClockKind,
    DirectoryGrant,
    GrantsDeclaration,
    HttpGrant,
    Ports,
    RandomKind,
    SocketGrant,
    StreamKind,
)

_SCHEMES = {"http": 80, "https": 443}
_STREAM_RANKS = {StreamKind.NONE: 0, StreamKind.NULL: 1}
_CLOCK_RANKS = {ClockKind.NONE: 0, ClockKind.FROZEN: 1, ClockKind.REAL: 2}
_RANDOM_RANKS = {RandomKind.NONE: 0, RandomKind.SEEDED: 1, RandomKind.REAL: 2}
_T = TypeVar("_T")


class GrantChangeKind(StrEnum):
    """What happened to a grant."""

    ADDED = "added"
    WRITE_ADDED = "write-added"
    WIDENED = "widened"
    CHANGED = "changed"
    """It is another, and neither more nor less."""
    NARROWED = "narrowed"


@dataclass(frozen=True)
class GrantChange:
    """One difference between what a node is granted and what it was.

    Attributes:
        capability: the key of the grants table.
        kind: what happened.
        words: what is granted now; what was granted, for one that was taken away.
        is_of_host: whether it lets the node learn or do something of the host's.
    """

    capability: str
    kind: GrantChangeKind
    words: str
    is_of_host: bool = True


def grant_changes(old: GrantsDeclaration, new: GrantsDeclaration) -> tuple[GrantChange, ...]:
    """What a node is granted now that it was not, and the other way round."""
    found: list[GrantChange] = []
    found += _directories(old, new)
    found += _variables(old, new)
    found += _arguments(old, new)
    for key in ("stdin", "stdout", "stderr"):
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            ranks = (_STREAM_RANKS.get(was.kind, 2), _STREAM_RANKS.get(now.kind, 2))
            words = stream_words(key, was if ranks[1] < ranks[0] else now)
            found.append(GrantChange(key, _by_rank(*ranks, between=0), words))
    if old.clocks != new.clocks:
        ranks = (_CLOCK_RANKS[old.clocks.kind], _CLOCK_RANKS[new.clocks.kind])
        words = clock_words(old.clocks if ranks[1] < ranks[0] else new.clocks)
        found.append(GrantChange("clocks", _by_rank(*ranks), words))
    if old.random != new.random:
        ranks = (_RANDOM_RANKS[old.random.kind], _RANDOM_RANKS[new.random.kind])
        words = random_words(old.random if ranks[1] < ranks[0] else new.random)
        found.append(GrantChange("random", _by_rank(*ranks), words))
    found += _listed("http", old.http, new.http, http_covers, _same_http, http_words)
    found += _listed("tcp", old.tcp, new.tcp, socket_covers, _same_socket, socket_words)
    found += _listed("udp", old.udp, new.udp, socket_covers, _same_socket, socket_words)
    found += _listed("lookup", old.lookup, new.lookup, _name_covered, _related_hosts, str)
    if old.exit != new.exit:
        kind = GrantChangeKind.ADDED if new.exit else GrantChangeKind.NARROWED
        found.append(GrantChange("exit", kind, "ending the whole program"))
    found += _listed(
        "imports", old.imports, new.imports, lambda names, name: name in names, _never, str
    )
    return tuple(found)


def _by_rank(was: int, now: int, between: int = 1) -> GrantChangeKind:
    """From less to more; ``between`` is the highest rank that more of is something new."""
    if now < was:
        return GrantChangeKind.NARROWED
    if now == was:
        return GrantChangeKind.CHANGED
    return GrantChangeKind.WIDENED if was and between else GrantChangeKind.ADDED


def _listed(
    capability: str,
    old: Sequence[_T],
    new: Sequence[_T],
    covers: Callable[[Sequence[_T], _T], bool],
    related: Callable[[_T, _T], bool],
    words: Callable[[_T], str],
) -> Iterator[GrantChange]:
    for each in new:
        if not covers(old, each):
            is_wider = any(related(known, each) for known in old)
            kind = GrantChangeKind.WIDENED if is_wider else GrantChangeKind.ADDED
            yield GrantChange(capability, kind, words(each))
    for each in old:
        if not covers(new, each):
            yield GrantChange(capability, GrantChangeKind.NARROWED, words(each))


def _directories(old: GrantsDeclaration, new: GrantsDeclaration) -> Iterator[GrantChange]:
    def covers(known: Iterable[DirectoryGrant], each: DirectoryGrant, *, write: bool) -> bool:
        return any(_is_below(each.host, one.host) and (one.write or not write) for one in known)

    was = {(each.host, each.guest) for each in old.filesystem}
    for each in new.filesystem:
        if not covers(old.filesystem, each, write=False):
            kind = GrantChangeKind.ADDED
        elif not covers(old.filesystem, each, write=each.write):
            kind = GrantChangeKind.WRITE_ADDED
        elif (each.host, each.guest) not in was:
            kind = GrantChangeKind.CHANGED
        else:
            continue
        yield GrantChange("filesystem", kind, directory_words(each))
    for each in old.filesystem:
        if not covers(new.filesystem, each, write=each.write):
            yield GrantChange("filesystem", GrantChangeKind.NARROWED, directory_words(each))


def _is_below(inner: Path, outer: Path) -> bool:
    """Whether a directory is another, or in it, as they are written."""
    one, other = (posixpath.normpath(each.as_posix()) for each in (inner, outer))
    if other == "." and not one.startswith(("/", "..")):
        return True
    return one == other or one.startswith(other.rstrip("/") + "/")


def _variables(old: GrantsDeclaration, new: GrantsDeclaration) -> Iterator[GrantChange]:
    was = {each.name: each for each in old.environment}
    now = {each.name: each for each in new.environment}
    for name, each in now.items():
        before = was.get(name)
        is_of_host = each.value is None
        if before is None:
            kind = GrantChangeKind.ADDED
        elif before == each:
            continue
        elif is_of_host:
            kind = GrantChangeKind.WIDENED
        elif before.value is None:
            kind = GrantChangeKind.NARROWED
        else:
            kind = GrantChangeKind.CHANGED
        yield GrantChange("environment", kind, variable_words(each), is_of_host)
    for name, each in was.items():
        if name not in now:
            words = variable_words(each)
            yield GrantChange("environment", GrantChangeKind.NARROWED, words, each.value is None)


def _arguments(old: GrantsDeclaration, new: GrantsDeclaration) -> Iterator[GrantChange]:
    was, now = old.arguments, new.arguments
    if was == now:
        return
    if now is False:
        yield GrantChange("arguments", GrantChangeKind.NARROWED, "arguments")
    elif now is True:
        kind = GrantChangeKind.ADDED if was is False else GrantChangeKind.WIDENED
        yield GrantChange("arguments", kind, "those of the run")
    else:
        kinds = {False: GrantChangeKind.ADDED, True: GrantChangeKind.NARROWED}
        kind = kinds[was] if isinstance(was, bool) else GrantChangeKind.CHANGED
        yield GrantChange("arguments", kind, "fixed ones", is_of_host=False)


def http_covers(known: Sequence[HttpGrant], each: HttpGrant) -> bool:
    """Whether everything that one grant lets through is let through by others together."""
    schemes = tuple(_SCHEMES) if each.scheme == ANY_HOST else (each.scheme,)
    for scheme in schemes:
        for method in each.methods or (None,):
            open_ports: list[tuple[int, int]] = []
            for one in known:
                if (
                    one.scheme in {scheme, ANY_HOST}
                    and host_covers(one.host, each.host)
                    and (not one.methods or method in one.methods)
                ):
                    open_ports += _http_ports(one, scheme)
            if not ports_cover(open_ports, _http_ports(each, scheme)):
                return False
    return True


def _http_ports(grant: HttpGrant, scheme: str) -> Ports:
    port = _SCHEMES.get(scheme, 0)
    return grant.ports or ((port, port),)


def socket_covers(known: Sequence[SocketGrant], each: SocketGrant) -> bool:
    """Whether everything that one grant lets through is let through by others together."""
    open_ports = [
        ports
        for one in known
        if one.direction is each.direction and host_covers(one.host, each.host)
        for ports in one.ports
    ]
    return ports_cover(open_ports, each.ports)


def ports_cover(known: Iterable[tuple[int, int]], wanted: Ports) -> bool:
    """Whether ranges of ports lie within others."""
    merged: list[list[int]] = []
    for first, last in sorted(known):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return all(any(low <= first and last <= high for low, high in merged) for first, last in wanted)


def host_covers(known: str, wanted: str) -> bool:
    """Whether a host, a pattern or a network lets everything through that another does.

    A pattern stands for names with one label or more in front, and never for the bare name. No name
    stands for an address, nor an address for a name.
    """
    if known in {ANY_HOST, wanted}:
        return True
    if known.startswith("*."):
        return wanted.endswith(known[1:]) and wanted != known[1:]
    try:
        outer = ipaddress.ip_network(known)
        inner = ipaddress.ip_network(wanted)
    except ValueError:
        return False
    if isinstance(outer, ipaddress.IPv4Network):
        return isinstance(inner, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, ipaddress.IPv6Network) and inner.subnet_of(outer)


def _name_covered(known: Sequence[str], each: str) -> bool:
    return any(host_covers(one, each) for one in known)


def _related_hosts(one: str, other: str) -> bool:
    return host_covers(one, other) or host_covers(other, one)


def _same_http(one: HttpGrant, other: HttpGrant) -> bool:
    return _related_hosts(one.host, other.host)


def _same_socket(one: SocketGrant, other: SocketGrant) -> bool:
    return one.direction is other.direction and _related_hosts(one.host, other.host)


def _never(_one: str, _other: str) -> bool:
    return False
