"""Grants in words, one line each."""

from __future__ import annotations

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
    ports_text,
    time_text,
)

_DIRECTIONS = {
    SocketDirection.CONNECT: "connect to",
    SocketDirection.LISTEN: "listen on",
    SocketDirection.SEND: "send to",
    SocketDirection.BIND: "bind to",
}


def grant_words(grants: GrantsDeclaration, capability: str) -> tuple[str, ...]:
    """What is granted of one capability; nothing where it is not granted at all.

    Args:
        grants: what a node is granted.
        capability: the key of the grants table.
    """
    match capability:
        case "filesystem":
            return tuple(map(directory_words, grants.filesystem))
        case "environment":
            return tuple(map(variable_words, grants.environment))
        case "arguments":
            return _arguments(grants.arguments)
        case "stdin" | "stdout" | "stderr":
            stream: StreamGrant = getattr(grants, capability)
            is_open = stream.kind is not StreamKind.NONE
            return (stream_words(capability, stream),) if is_open else ()
        case "clocks":
            is_open = grants.clocks.kind is not ClockKind.NONE
            return (clock_words(grants.clocks),) if is_open else ()
        case "random":
            is_open = grants.random.kind is not RandomKind.NONE
            return (random_words(grants.random),) if is_open else ()
        case "http":
            return tuple(map(http_words, grants.http))
        case "tcp":
            return tuple(map(socket_words, grants.tcp))
        case "udp":
            return tuple(map(socket_words, grants.udp))
        case "lookup":
            return grants.lookup
        case "exit":
            return ("ending the whole program",) if grants.exit else ()
        case "imports":
            return grants.imports
        case _:
            raise ValueError(f"no grant is called {capability}")


def _arguments(arguments: bool | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(arguments, bool):
        return ("those of the run",) if arguments else ()
    return ("fixed: " + " ".join(arguments) if arguments else "none, and it may ask",)


def directory_words(grant: DirectoryGrant) -> str:
    """Such as ``data as /data, read``."""
    return (
        f"{grant.host.as_posix()} as {grant.guest}, {'read and write' if grant.write else 'read'}"
    )


def variable_words(grant: VariableGrant) -> str:
    """Such as ``TZ`` for one that is passed on, ``MODE=fast`` for one that is set."""
    return grant.name if grant.value is None else f"{grant.name}={grant.value}"


def stream_words(name: str, grant: StreamGrant) -> str:
    """What is behind a standard stream."""
    match grant.kind:
        case StreamKind.NONE:
            return "closed"
        case StreamKind.INHERIT:
            return "the host's"
        case StreamKind.NULL:
            return "empty" if name == "stdin" else "thrown away"
        case StreamKind.PREFIX:
            return "the host's, with the node's name before each line"
        case StreamKind.FILE:
            return f"file {'' if grant.file is None else grant.file.as_posix()}"


def clock_words(grant: ClockGrant) -> str:
    """What is seen of time."""
    return grant.kind.value if grant.at is None else f"frozen at {time_text(grant.at)}"


def random_words(grant: RandomGrant) -> str:
    """Where random numbers come from."""
    return grant.kind.value if grant.seed is None else f"seed {grant.seed}"


def http_words(grant: HttpGrant) -> str:
    """Such as ``GET https://api.example.com, ports 443,8443``."""
    scheme = "http or https" if grant.scheme == "*" else grant.scheme
    host = f"[{grant.host}]" if ":" in grant.host else grant.host
    methods = f"{','.join(grant.methods)} " if grant.methods else ""
    ports = f", ports {ports_text(grant.ports)}" if grant.ports else ""
    return f"{methods}{scheme}://{host}{ports}"


def socket_words(grant: SocketGrant) -> str:
    """Such as ``connect to 10.0.0.0/8, ports 5432``."""
    return f"{_DIRECTIONS[grant.direction]} {grant.host}, ports {ports_text(grant.ports)}"
