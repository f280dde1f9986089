"""From one table of grants to what it says, its texts read and its problems told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

from wcompose.project import grant_hosts as hosts
from wcompose.project import grant_texts as texts
from wcompose.project.grant_tables import (
    FileTable,
    FrozenTable,
    GrantsTable,
    HttpTable,
    SeedTable,
    TcpTable,
    UdpTable,
)
from wcompose.project.grant_texts import GrantTextError
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

KeyPath = tuple[str, ...]
A = TypeVar("A")
T = TypeVar("T")


class Tell(Protocol):
    """Takes problems."""

    def __call__(
        self, rule: str, path: KeyPath, message: str, /, *, of_value: bool = False, hint: str = ""
    ) -> None:
        """Take one: its rule, the key that it is about, and its words."""


class Entry(NamedTuple):
    """One grant, and where it stands."""

    value: Any
    path: KeyPath


@dataclass(frozen=True)
class Told:
    """What tables say, read: lists by key, and single values by key."""

    lists: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    singles: dict[str, Entry] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Entries of all lists."""
        return sum(map(len, self.lists.values()))

    def declaration(self, place: Place) -> GrantsDeclaration:
        """All of it as what a node is granted."""
        told: dict[str, Any] = {
            key: tuple(each.value for each in found) for key, found in self.lists.items()
        }
        told |= {key: each.value for key, each in self.singles.items()}
        return GrantsDeclaration(**told, place=place)

    def path(self, key: str, index: int) -> KeyPath:
        """Where a grant stands: that of a key, or the one of a list with that index."""
        return self.lists[key][index].path if key in self.lists else self.singles[key].path


def join(parts: Iterable[Told]) -> Told:
    """All of the parts: lists one behind the other, single values of the later first.

    Of two variables with one name the later counts too.
    """
    lists: dict[str, dict[Any, Entry]] = {}
    singles: dict[str, Entry] = {}
    for part in parts:
        for key, entries in part.lists.items():
            known = lists.setdefault(key, {})
            for each in entries:
                if key == "environment":
                    known.pop(each.value.name, None)
                    known[each.value.name] = each
                else:
                    known.setdefault(each.value, each)
        singles.update(part.singles)
    return Told({key: tuple(known.values()) for key, known in lists.items()}, singles)


def read_table(path: KeyPath, table: GrantsTable, tell: Tell) -> Told:
    """Read the texts of one table.

    Args:
        path: where it stands.
        table: what it says.
        tell: takes the problems; what is wrong is left out.
    """
    told = Told()
    reader = _Reader(path, tell)
    lists: dict[str, Iterator[Entry]] = {
        "filesystem": reader.directories(table),
        "environment": reader.variables(table),
        "http": reader.http(table),
        "tcp": reader.sockets("tcp", table.tcp),
        "udp": reader.sockets("udp", table.udp),
        "lookup": reader.names("lookup", table.lookup, hosts.read_lookup),
        "imports": reader.names("imports", table.imports, texts.read_import),
    }
    for key, entries in lists.items():
        unique: dict[Any, Entry] = {}
        for each in entries:
            unique.setdefault(each.value, each)
        if unique:
            told.lists[key] = tuple(unique.values())
    told.singles.update(reader.singles(table))
    return told


class _Reader:
    """Reads one table. What cannot be read is told, and yields nothing."""

    def __init__(self, path: KeyPath, tell: Tell) -> None:
        self._path = path
        self._tell = tell

    def _try(self, path: KeyPath, read: Callable[[A], T], told: A) -> T | None:
        try:
            return read(told)
        except GrantTextError as error:
            self._tell("bad-grant", path, error.message, of_value=True, hint=error.hint)
            return None

    def directories(self, table: GrantsTable) -> Iterator[Entry]:
        for index, each in enumerate(table.filesystem):
            path = (*self._path, "filesystem", str(index))
            host = self._try((*path, "host"), texts.read_directory, each.host)
            guest = self._try((*path, "guest"), texts.read_guest, each.guest)
            if host is not None and guest is not None:
                yield Entry(DirectoryGrant(host, guest, each.write), path)

    def variables(self, table: GrantsTable) -> Iterator[Entry]:
        seen: dict[str, VariableGrant] = {}
        for index, each in enumerate(table.environment):
            path: KeyPath = (*self._path, "environment", str(index))
            told, value = (each, None) if isinstance(each, str) else (each.name, each.value)
            at_name = path if isinstance(each, str) else (*path, "name")
            name = self._try(at_name, texts.read_variable, told)
            if value is not None:
                value = self._try((*path, "value"), texts.read_text, value)
            if name is None:
                continue
            grant = VariableGrant(name, value)
            if seen.setdefault(name, grant) != grant:
                self._tell(
                    "grant-twice", at_name, f"`{name}` is granted twice", of_value=True,
                    hint="keep one of the two",
                )  # fmt: skip
                continue
            yield Entry(grant, path)

    def http(self, table: GrantsTable) -> Iterator[Entry]:
        for index, each in enumerate(table.http):
            path = (*self._path, "http", str(index))
            grant = (
                self._try(path, hosts.read_url, each)
                if isinstance(each, str)
                else self._http_table(path, each)
            )
            if grant is not None:
                yield Entry(grant, path)

    def _http_table(self, path: KeyPath, table: HttpTable) -> HttpGrant | None:
        told_ports, told_methods = table.ports, table.methods
        host = self._try((*path, "host"), hosts.read_host, table.host)
        ports = (
            () if told_ports is None else self._try((*path, "ports"), hosts.read_ports, told_ports)
        )
        methods = (
            ()
            if told_methods is None
            else self._try((*path, "methods"), hosts.read_methods, told_methods)
        )
        if host is None or ports is None or methods is None:
            return None
        return HttpGrant(table.scheme, host, ports, methods)

    def sockets(self, key: str, tables: Iterable[TcpTable | UdpTable]) -> Iterator[Entry]:
        for index, each in enumerate(tables):
            path = (*self._path, key, str(index))
            ports = self._try((*path, "ports"), hosts.read_ports, each.ports)
            directions = [one for one in SocketDirection if hasattr(each, one.value)]
            told = [one for one in directions if getattr(each, one.value) is not None]
            first, second = (one.value for one in directions)
            if not told:
                self._tell(
                    "missing-key", path, f"it is not told whether to `{first}` or to `{second}`",
                    hint=f'add `{first} = "HOST"` or `{second} = "ADDRESS"`',
                )  # fmt: skip
            for one in told[1:]:
                self._tell(
                    "contradiction", (*path, one.value), f"both `{first}` and `{second}` are told",
                    hint="write an entry of its own for each",
                )  # fmt: skip
            for one in told[:1]:
                host = self._host((*path, one.value), one, getattr(each, one.value))
                if host is not None and ports is not None:
                    yield Entry(SocketGrant(one, host, ports), path)

    def _host(self, path: KeyPath, direction: SocketDirection, told: str) -> str | None:
        is_own = direction in (SocketDirection.LISTEN, SocketDirection.BIND)
        return self._try(path, hosts.read_own_host if is_own else hosts.read_host, told)

    def names(self, key: str, told: Iterable[str], read: Callable[[str], str]) -> Iterator[Entry]:
        for index, each in enumerate(told):
            path = (*self._path, key, str(index))
            if (name := self._try(path, read, each)) is not None:
                yield Entry(name, path)

    def singles(self, table: GrantsTable) -> Iterator[tuple[str, Entry]]:
        for key in ("stdin", "stdout", "stderr"):
            told = getattr(table, key)
            if told is not None and (stream := self._stream(key, told)) is not None:
                yield key, Entry(stream, (*self._path, key))
        found: dict[str, Any] = {
            "arguments": self._arguments(table),
            "clocks": self._clocks(table),
            "random": _random(table),
            "exit": table.exit,
        }
        for key, value in found.items():
            if value is not None:
                yield key, Entry(value, (*self._path, key))

    def _stream(self, key: str, told: str | FileTable) -> StreamGrant | None:
        if isinstance(told, str):
            return StreamGrant(StreamKind(told))
        path = (*self._path, key, "file")
        file = self._try(path, texts.read_file, told.file)
        return None if file is None else StreamGrant(StreamKind.FILE, file)

    def _arguments(self, table: GrantsTable) -> bool | tuple[str, ...] | None:
        if not isinstance(table.arguments, list):
            return table.arguments
        found = self.names("arguments", table.arguments, texts.read_text)
        return tuple(each.value for each in found)

    def _clocks(self, table: GrantsTable) -> ClockGrant | None:
        told = table.clocks
        if not isinstance(told, FrozenTable):
            return None if told is None else ClockGrant(ClockKind(told))
        path = (*self._path, "clocks", "frozen")
        at = self._try(path, texts.read_time, told.frozen)
        return None if at is None else ClockGrant(ClockKind.FROZEN, at)


def _random(table: GrantsTable) -> RandomGrant | None:
    told = table.random
    if isinstance(told, SeedTable):
        return RandomGrant(RandomKind.SEEDED, told.seed)
    return None if told is None else RandomGrant(RandomKind(told))
