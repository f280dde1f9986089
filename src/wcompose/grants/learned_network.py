"""The smallest grants for what a node asked of the network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address

from wcompose.grants.learned_uses import Notes, SeenUse, count_of, times_words
from wcompose.graph.names import counted
from wcompose.project.grant_hosts import read_host, read_lookup
from wcompose.project.grant_texts import GrantTextError
from wcompose.project.grants import ANY_PORT, HttpGrant, SocketDirection, SocketGrant

_PORTS = {"http": 80, "https": 443}
_SOCKETS: Mapping[str, tuple[str, SocketDirection]] = {
    "[method]tcp-socket.start-connect": ("tcp", SocketDirection.CONNECT),
    "[method]tcp-socket.start-bind": ("tcp", SocketDirection.LISTEN),
    "[method]tcp-socket.start-listen": ("tcp", SocketDirection.LISTEN),
    "[method]udp-socket.stream": ("udp", SocketDirection.SEND),
    "[method]outgoing-datagram-stream.send": ("udp", SocketDirection.SEND),
    "[method]udp-socket.start-bind": ("udp", SocketDirection.BIND),
}


def learned_requests(uses: Iterable[SeenUse], notes: Notes) -> tuple[HttpGrant, ...]:
    """Scheme, host, ports and methods of each request, and no more."""
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
        if not notes.can_grant(host, read_host):
            continue
        alike: dict[tuple[str, ...], list[int]] = {}
        for each, methods in sorted(by_port.items()):
            alike.setdefault(tuple(sorted(methods)), []).append(each)
        for names, ports in alike.items():
            is_usual = ports == [_PORTS.get(scheme)]
            ranges = () if is_usual else tuple((each, each) for each in ports)
            found.append(HttpGrant(scheme, host, ranges, names))
            times = sum(by_port[each][name] for each in ports for name in names)
            notes.tell("http", f"sent {counted(times, 'request')}")
    return tuple(found)


def learned_sockets(
    uses: Sequence[SeenUse], notes: Notes
) -> tuple[tuple[SocketGrant, ...], tuple[SocketGrant, ...]]:
    """Grants for TCP and for UDP, by names where addresses came from looking them up."""
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
        if not notes.can_grant(host, read_host):
            continue
        ports = tuple((each, each) for each in sorted(counts) if each)
        if 0 in counts:
            # The host chooses, and nobody can name a port that it has not chosen yet.
            ports = ANY_PORT
        found[key].append(SocketGrant(direction, host, ports))
        notes.tell(
            key,
            f"asked for {times_words(sum(counts.values()))}; whether the host let it is not known",
        )
    for key, grants in found.items():
        made = count_of(uses, f"wasi:sockets/{key}-create-socket")
        if made and not grants:
            notes.remarks.append(
                f"it asked for a {key.upper()} socket {times_words(made)} and got none, or did nothing "
                f"with it: `wcompose run` cannot make sockets, so what it wanted to reach is not "
                f"known; write its `{key}` by hand"
            )
    return tuple(found["tcp"]), tuple(found["udp"])


def learned_lookups(
    uses: Iterable[SeenUse], sockets: Sequence[SocketGrant], notes: Notes
) -> tuple[str, ...]:
    """Names that were looked up, without those that grants for sockets let be looked up anyway."""
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
                notes.remarks.append(
                    f"it looked up `{use.target}`, which is no name that can be granted"
                )
            continue
        if name not in covered:
            found[name] = found.get(name, 0) + use.count
    for times in found.values():
        notes.tell("lookup", f"looked up {times_words(times)}")
    return tuple(found)


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        return text
