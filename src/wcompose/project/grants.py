"""Grants: what a node may reach of the world outside of its composition.

Nothing is granted unless it is told. The objects here hold what ``[components.NAME.grants]`` says
when its profiles are joined and every text is checked; `wcompose.project.granting` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from wcompose.report import Place

Ports = tuple[tuple[int, int], ...]
"""Ranges of ports, each with its first and its last."""

ANY_PORT: Ports = ((0, 65535),)
"""Every port; also 0, by which a node lets the host choose one."""

ANY_HOST = "*"
"""Every host, by whatever name or address."""


@dataclass(frozen=True)
class DirectoryGrant:
    """A directory of the host that a node sees.

    Attributes:
        host: the directory, as it is written: relative to the project, or absolute.
        guest: the absolute path by which the node sees it, such as ``/data``.
        write: whether the node may change what is in it.
    """

    host: Path
    guest: str
    write: bool = False


@dataclass(frozen=True)
class VariableGrant:
    """An environment variable that a node sees.

    Attributes:
        name: its name.
        value: its value; none to pass on what the host has, if it is set there.
    """

    name: str
    value: str | None = None


class StreamKind(Enum):
    """What is behind a standard stream."""

    NONE = "none"
    INHERIT = "inherit"
    NULL = "null"
    PREFIX = "prefix"
    FILE = "file"


@dataclass(frozen=True)
class StreamGrant:
    """A standard stream.

    Attributes:
        kind: what is behind it; ``NONE`` is a closed stream, ``NULL`` one that is empty or
            swallows everything, ``PREFIX`` the host's with the node's name before each line.
        file: for ``FILE`` the file, as it is written: relative to the project, or absolute.
    """

    kind: StreamKind = StreamKind.NONE
    file: Path | None = None


class ClockKind(Enum):
    """What a node sees of time."""

    NONE = "none"
    REAL = "real"
    FROZEN = "frozen"


@dataclass(frozen=True)
class ClockGrant:
    """The clocks.

    Attributes:
        kind: what the node sees of them.
        at: for ``FROZEN`` the time that it always is, with its offset from UTC.
    """

    kind: ClockKind = ClockKind.NONE
    at: datetime | None = None


class RandomKind(Enum):
    """Where a node's random numbers come from."""

    NONE = "none"
    REAL = "real"
    SEEDED = "seed"


@dataclass(frozen=True)
class RandomGrant:
    """Random numbers.

    Attributes:
        kind: where they come from.
        seed: for ``SEEDED`` the number, below 2 to the power of 64, from which all of them follow.
    """

    kind: RandomKind = RandomKind.NONE
    seed: int | None = None


@dataclass(frozen=True)
class HttpGrant:
    """Outgoing requests.

    Attributes:
        scheme: ``http``, ``https``, or ``*`` for both.
        host: a name in lower case, a pattern such as ``*.example.com``, an address, a network in
            CIDR notation, or ``*``; addresses are written without brackets.
        ports: the ports; empty for the scheme's own.
        methods: the methods in capitals; empty for all.
    """

    scheme: str
    host: str
    ports: Ports = ()
    methods: tuple[str, ...] = ()


class SocketDirection(Enum):
    """What a node does with a socket; the value is the key in the project file."""

    CONNECT = "connect"
    LISTEN = "listen"
    SEND = "send"
    BIND = "bind"


@dataclass(frozen=True)
class SocketGrant:
    """Sockets.

    Attributes:
        direction: ``CONNECT`` or ``LISTEN`` for TCP, ``SEND`` or ``BIND`` for UDP.
        host: as in `HttpGrant`; to listen or to bind, an address, a network or ``*``.
        ports: the ports, never empty.
    """

    direction: SocketDirection
    host: str
    ports: Ports


@dataclass(frozen=True)
class GrantsDeclaration:
    """All that one node is granted.

    Attributes:
        filesystem: the directories that it sees.
        environment: the variables that it sees.
        arguments: whether it sees the arguments of the run, or its own fixed ones.
        stdin: its standard input.
        stdout: its standard output.
        stderr: its standard error.
        clocks: what it sees of time.
        random: where its random numbers come from.
        http: where it may send requests.
        tcp: where it may connect to, or listen.
        udp: where it may send datagrams to, or receive them.
        lookup: names, or patterns of names, that it may look up; ``*`` for all.
        exit: whether it may end the whole program.
        imports: other imports that the host fills.
        place: where the table stands; without a file when there is none.
    """

    filesystem: tuple[DirectoryGrant, ...] = ()
    environment: tuple[VariableGrant, ...] = ()
    arguments: bool | tuple[str, ...] = False
    stdin: StreamGrant = StreamGrant()
    stdout: StreamGrant = StreamGrant()
    stderr: StreamGrant = StreamGrant()
    clocks: ClockGrant = ClockGrant()
    random: RandomGrant = RandomGrant()
    http: tuple[HttpGrant, ...] = ()
    tcp: tuple[SocketGrant, ...] = ()
    udp: tuple[SocketGrant, ...] = ()
    lookup: tuple[str, ...] = ()
    exit: bool = False
    imports: tuple[str, ...] = ()
    place: Place = field(default_factory=Place)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is granted."""
        return replace(self, place=Place()) == GrantsDeclaration()

    def to_json(self) -> dict[str, Any]:
        """What is granted, in the words of the project file; what is not granted is left out."""
        found: dict[str, Any] = {}
        if self.filesystem:
            found["filesystem"] = [
                {"host": each.host.as_posix(), "guest": each.guest, "write": each.write}
                for each in self.filesystem
            ]
        if self.environment:
            found["environment"] = [
                {"name": each.name} | ({} if each.value is None else {"value": each.value})
                for each in self.environment
            ]
        if self.arguments is not False:
            found["arguments"] = True if self.arguments is True else list(self.arguments)
        for key in ("stdin", "stdout", "stderr"):
            stream: StreamGrant = getattr(self, key)
            if stream.file is not None:
                found[key] = {"file": stream.file.as_posix()}
            elif stream.kind is not StreamKind.NONE:
                found[key] = stream.kind.value
        if self.clocks.at is not None:
            found["clocks"] = {"frozen": time_text(self.clocks.at)}
        elif self.clocks.kind is not ClockKind.NONE:
            found["clocks"] = self.clocks.kind.value
        if self.random.seed is not None:
            found["random"] = {"seed": self.random.seed}
        elif self.random.kind is not RandomKind.NONE:
            found["random"] = self.random.kind.value
        if self.http:
            found["http"] = [
                {"scheme": each.scheme, "host": each.host}
                | ({"ports": ports_text(each.ports)} if each.ports else {})
                | ({"methods": list(each.methods)} if each.methods else {})
                for each in self.http
            ]
        for key in ("tcp", "udp"):
            sockets: tuple[SocketGrant, ...] = getattr(self, key)
            if sockets:
                found[key] = [
                    {each.direction.value: each.host, "ports": ports_text(each.ports)}
                    for each in sockets
                ]
        for key in ("lookup", "imports"):
            if names := getattr(self, key):
                found[key] = list(names)
        if self.exit:
            found["exit"] = True
        return found


def ports_text(ports: Ports) -> str:
    """Ports as a policy spells them: ``443,8000-8080``, or ``*`` for all."""
    if ports == ANY_PORT:
        return "*"
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ports)


def time_text(time: datetime) -> str:
    """A time in UTC as RFC 3339 writes it."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
