"""The policy of a node, as its prebuilt gates read it, and the events that gates record.

Lines of words; what is not printable ASCII in a word is percent-encoded byte by byte. What no line
grants is denied. `components/rust/gates/policy` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from wcompose.grants.decide import Recording
from wcompose.project.grants import (
    ClockKind,
    GrantsDeclaration,
    RandomKind,
    SocketDirection,
    StreamGrant,
    StreamKind,
    ports_text,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_START = 1_000_000_000
"""What a frozen monotonic clock says at first: Go's runtime takes zero for a broken clock."""
_SOCKETS = {
    SocketDirection.CONNECT: "tcp-connect",
    SocketDirection.LISTEN: "tcp-listen",
    SocketDirection.SEND: "udp-send",
    SocketDirection.BIND: "udp-bind",
}


def policy_text(
    node: str, grants: GrantsDeclaration, outer: Mapping[str, str], recording: Recording
) -> str:
    """What a node is granted, for its gates.

    Args:
        node: its name.
        grants: what it is granted.
        outer: what the whole calls the directories that it sees, by what the node calls them, and
            the directories of its streams' files, by ``stdin``, ``stdout`` and ``stderr``.
        recording: what its gates record.
    """
    return "\n".join(
        " ".join(map(_encoded, line)) for line in _lines(node, grants, outer, recording)
    )


def event(node: str, interface: str, function: str, *, allowed: bool, target: str = "") -> str:
    """An event, as gates record it; interface without its version."""
    words = [node, interface, function, "allowed" if allowed else "denied"]
    return " ".join(_encoded(word) for word in [*words, *([target] if target else [])])


def _lines(
    node: str, grants: GrantsDeclaration, outer: Mapping[str, str], recording: Recording
) -> Iterator[tuple[str, ...]]:
    yield "node", node
    if recording is Recording.LEARN:
        yield ("learn",)
    elif recording is not Recording.NONE:
        yield "audit", recording.value
    if isinstance(grants.arguments, tuple):
        for argument in grants.arguments:
            yield "argument", argument
    elif grants.arguments or recording is Recording.LEARN:
        yield "arguments", "host"
    for variable in grants.environment:
        if variable.value is None:
            yield "variable-host", variable.name
        else:
            yield "variable", variable.name, variable.value
    for directory in grants.filesystem:
        access = "write" if directory.write else "read"
        yield "directory", outer[directory.guest], directory.guest, access
    yield from _clocks(grants)
    match grants.random.kind:
        case RandomKind.REAL:
            yield "random", "real"
        case RandomKind.SEEDED:
            yield "random", "seed", str(grants.random.seed or 0)
    yield from _stream("stdin", grants.stdin, node, outer)
    yield from _stream("stdout", grants.stdout, node, outer)
    yield from _stream("stderr", grants.stderr, node, outer)
    for request in grants.http:
        ports = ports_text(request.ports) if request.ports else "default"
        yield "http", request.scheme, request.host, ports, ",".join(request.methods) or "*"
    for socket in [*grants.tcp, *grants.udp]:
        yield _SOCKETS[socket.direction], socket.host, ports_text(socket.ports)
    for name in grants.lookup:
        yield "lookup", name


def _clocks(grants: GrantsDeclaration) -> Iterator[tuple[str, ...]]:
    match grants.clocks.kind:
        case ClockKind.REAL:
            yield "wall-clock", "real"
            yield "monotonic-clock", "real"
        case ClockKind.FROZEN:
            since = (grants.clocks.at or _EPOCH) - _EPOCH
            seconds = max(0, since // timedelta(seconds=1))
            nanoseconds = (since % timedelta(seconds=1)) // timedelta(microseconds=1) * 1000
            yield "wall-clock", "frozen", str(seconds), str(nanoseconds)
            yield "monotonic-clock", "frozen", str(_START)


def _stream(
    name: str, grant: StreamGrant, node: str, outer: Mapping[str, str]
) -> Iterator[tuple[str, ...]]:
    match grant.kind:
        case StreamKind.INHERIT:
            yield name, "inherit"
        case StreamKind.NULL:
            yield name, "empty" if name == "stdin" else "discard"
        case StreamKind.PREFIX:
            yield name, "prefix", f"[{node}] "
        case StreamKind.FILE if grant.file is not None:
            yield name, "file", outer[name], grant.file.name


def _encoded(word: str) -> str:
    return "".join(
        chr(byte) if 0x21 <= byte <= 0x7E and byte != 0x25 else f"%{byte:02X}"
        for byte in word.encode("utf-8", "surrogateescape")
    )
