"""From tables of grants to `GrantsDeclaration`, with every problem found in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import ValidationError

from wcompose.errors import ArtifactError
from wcompose.project import grant_hosts as hosts
from wcompose.project import grant_texts as texts
from wcompose.project.grant_rules import grant_conflicts
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
from wcompose.suggest import did_you_mean

KeyPath = tuple[str, ...]
A = TypeVar("A")
T = TypeVar("T")


class Tell(Protocol):
    """Takes problems."""

    def __call__(
        self, rule: str, path: KeyPath, message: str, /, *, of_value: bool = False, hint: str = ""
    ) -> None:
        """Take one: its rule, the key that it is about, and its words."""


class _Entry(NamedTuple):
    """One grant, and where it stands."""

    value: Any
    path: KeyPath


@dataclass(frozen=True)
class _Told:
    """What tables say, read: lists by key, and single values by key."""

    lists: dict[str, tuple[_Entry, ...]] = field(default_factory=dict)
    singles: dict[str, _Entry] = field(default_factory=dict)

    def joined(self, later: _Told) -> _Told:
        """This and what is told later: lists joined, single values of the later first."""
        lists = dict(self.lists)
        for key, entries in later.lists.items():
            known = lists.get(key, ())
            if key == "environment":
                names = {each.value.name for each in entries}
                known = tuple(each for each in known if each.value.name not in names)
            present = {each.value for each in known}
            lists[key] = (*known, *(each for each in entries if each.value not in present))
        return _Told(lists, {**self.singles, **later.singles})

    def declaration(self, place: Place) -> GrantsDeclaration:
        told: dict[str, Any] = {
            key: tuple(each.value for each in found) for key, found in self.lists.items()
        }
        told |= {key: each.value for key, each in self.singles.items()}
        return GrantsDeclaration(**told, place=place)

    def path(self, key: str, index: int) -> KeyPath:
        return self.lists[key][index].path if key in self.lists else self.singles[key].path


def load_grants(
    profiles: Mapping[str, GrantsTable],
    nodes: Mapping[str, GrantsTable],
    *,
    root: Path,
    file: str,
    tell: Tell,
) -> dict[str, GrantsDeclaration]:
    """What each node is granted, profiles joined.

    Args:
        profiles: tables of ``[profiles]``.
        nodes: for each node with grants its table.
        root: directory of the project.
        file: name of the project file, for places.
        tell: takes the problems; what is wrong is granted to nobody.
    """
    read = {name: _read(("profiles", name), table, tell) for name, table in profiles.items()}
    whole: dict[str, _Told] = {}
    for name, used in _in_order(profiles, tell):
        whole[name] = _join([*(whole[each] for each in used), read[name]])
    found: dict[str, GrantsDeclaration] = {}
    for name, table in nodes.items():
        path: KeyPath = ("components", name, "grants")
        used = [each for _, each in _known_profiles(path, table, profiles, tell)]
        told = _join([*(whole[each] for each in used), _read(path, table, tell)])
        found[name] = told.declaration(Place(file, item=".".join(path)))
        for conflict in grant_conflicts(found[name], root):
            tell(
                conflict.rule, told.path(conflict.key, conflict.index), conflict.message,
                hint=conflict.hint,
            )  # fmt: skip
    return found


def salvage_grants(
    data: Mapping[str, Any], faulty: Iterable[KeyPath]
) -> tuple[dict[str, GrantsTable], dict[str, GrantsTable]]:
    """The tables of a file with faults: of profiles and of nodes, without the keys at fault.

    Args:
        data: content of the file.
        faulty: paths of what the schema complains about.
    """
    bad = set(faulty)

    def tables(key: str, inner: str) -> Iterator[tuple[str, GrantsTable]]:
        named = data.get(key)
        for name, raw in named.items() if isinstance(named, dict) else ():
            path: KeyPath = (key, name, inner) if inner else (key, name)
            table = raw.get(inner) if inner and isinstance(raw, dict) else raw
            if path in bad or not isinstance(table, dict):
                table = {}
            kept = {
                each: value
                for each, value in table.items()
                if not any(one[: len(path) + 1] == (*path, each) for one in bad)
            }
            try:
                yield name, GrantsTable.model_validate(kept)
            except ValidationError:
                yield name, GrantsTable()

    return dict(tables("profiles", "")), dict(tables("components", "grants"))


def grants_from_json(data: Any) -> GrantsDeclaration:
    """What `GrantsDeclaration.to_json` wrote.

    Args:
        data: the parsed JSON.

    Raises:
        ArtifactError: it is nothing that was written so.
    """
    problems: list[str] = []

    def tell(_rule: str, _path: KeyPath, message: str, **_: object) -> None:
        problems.append(message)

    try:
        found = _read((), GrantsTable.model_validate(data), tell).declaration(Place())
    except ValidationError as error:
        problems += [str(each["msg"]).lower() for each in error.errors(include_url=False)]
    if problems:
        raise ArtifactError.of(
            "grants-damaged", "what is recorded as granted cannot be read", causes=problems[:20]
        )
    return found


def _join(parts: Iterable[_Told]) -> _Told:
    whole = _Told()
    for part in parts:
        whole = whole.joined(part)
    return whole


def _known_profiles(
    path: KeyPath, table: GrantsTable, profiles: Mapping[str, GrantsTable], tell: Tell
) -> list[tuple[int, str]]:
    known = []
    for index, name in enumerate(table.profiles):
        if name in profiles:
            known.append((index, name))
            continue
        tell(
            "unknown-profile", (*path, "profiles", str(index)), f"no profile is called `{name}`",
            of_value=True,
            hint=did_you_mean(name, profiles) or f"add a table `[profiles.{name}]`",
        )  # fmt: skip
    return known


def _in_order(profiles: Mapping[str, GrantsTable], tell: Tell) -> list[tuple[str, list[str]]]:
    """Each profile with those that it has, behind all of those; what closes a circle is left out."""
    used = {
        name: _known_profiles(("profiles", name), table, profiles, tell)
        for name, table in profiles.items()
    }
    kept: dict[str, list[str]] = {name: [] for name in profiles}
    order: list[str] = []
    done: set[str] = set()
    for start in sorted(profiles):
        trail = [] if start in done else [start]
        waiting = [iter(used[start])]
        while trail:
            name = trail[-1]
            index, child = next(waiting[-1], (0, None))
            if child is None:
                order.append(name)
                done.add(name)
                trail.pop()
                waiting.pop()
            elif child in trail:
                circle = [*trail[trail.index(child) :], child]
                tell(
                    "cyclic-profiles", ("profiles", name, "profiles", str(index)),
                    f"`{child}` contains itself: " + " → ".join(f"`{each}`" for each in circle),
                    of_value=True,
                    hint="take one of them out",
                )  # fmt: skip
            else:
                kept[name].append(child)
                if child not in done:
                    trail.append(child)
                    waiting.append(iter(used[child]))
    return [(name, kept[name]) for name in order]


def _read(path: KeyPath, table: GrantsTable, tell: Tell) -> _Told:
    """Read the texts of one table."""
    told = _Told()
    reader = _Reader(path, tell)
    lists: dict[str, Iterator[_Entry]] = {
        "filesystem": reader.directories(table),
        "environment": reader.variables(table),
        "http": reader.http(table),
        "tcp": reader.sockets("tcp", table.tcp),
        "udp": reader.sockets("udp", table.udp),
        "lookup": reader.names("lookup", table.lookup, hosts.read_lookup),
        "imports": reader.names("imports", table.imports, texts.read_import),
    }
    for key, entries in lists.items():
        unique: dict[Any, _Entry] = {}
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

    def directories(self, table: GrantsTable) -> Iterator[_Entry]:
        for index, each in enumerate(table.filesystem):
            path = (*self._path, "filesystem", str(index))
            host = self._try((*path, "host"), texts.read_directory, each.host)
            guest = self._try((*path, "guest"), texts.read_guest, each.guest)
            if host is not None and guest is not None:
                yield _Entry(DirectoryGrant(host, guest, each.write), path)

    def variables(self, table: GrantsTable) -> Iterator[_Entry]:
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
            yield _Entry(grant, path)

    def http(self, table: GrantsTable) -> Iterator[_Entry]:
        for index, each in enumerate(table.http):
            path = (*self._path, "http", str(index))
            grant = (
                self._try(path, hosts.read_url, each)
                if isinstance(each, str)
                else self._http_table(path, each)
            )
            if grant is not None:
                yield _Entry(grant, path)

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

    def sockets(self, key: str, tables: Iterable[TcpTable | UdpTable]) -> Iterator[_Entry]:
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
                    yield _Entry(SocketGrant(one, host, ports), path)

    def _host(self, path: KeyPath, direction: SocketDirection, told: str) -> str | None:
        is_own = direction in (SocketDirection.LISTEN, SocketDirection.BIND)
        return self._try(path, hosts.read_own_host if is_own else hosts.read_host, told)

    def names(self, key: str, told: Iterable[str], read: Callable[[str], str]) -> Iterator[_Entry]:
        for index, each in enumerate(told):
            path = (*self._path, key, str(index))
            if (name := self._try(path, read, each)) is not None:
                yield _Entry(name, path)

    def singles(self, table: GrantsTable) -> Iterator[tuple[str, _Entry]]:
        for key in ("stdin", "stdout", "stderr"):
            told = getattr(table, key)
            if told is not None and (stream := self._stream(key, told)) is not None:
                yield key, _Entry(stream, (*self._path, key))
        found: dict[str, Any] = {
            "arguments": self._arguments(table),
            "clocks": self._clocks(table),
            "random": _random(table),
            "exit": table.exit,
        }
        for key, value in found.items():
            if value is not None:
                yield key, _Entry(value, (*self._path, key))

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
