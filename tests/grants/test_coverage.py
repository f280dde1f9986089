"""What grants let through that others did not: tables of cases, and laws."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wcompose.grants.coverage import (
    GrantChangeKind,
    grant_changes,
    host_covers,
    http_covers,
    ports_cover,
    socket_covers,
)
from wcompose.project.grants import (
    ANY_PORT,
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

ADDED, WRITE, WIDENED, CHANGED, NARROWED = GrantChangeKind
CONNECT = SocketDirection.CONNECT
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def directories(*told: tuple[str, str, bool]) -> GrantsDeclaration:
    return GrantsDeclaration(
        filesystem=tuple(DirectoryGrant(Path(host), guest, write) for host, guest, write in told)
    )


def http(*told: HttpGrant) -> GrantsDeclaration:
    return GrantsDeclaration(http=told)


def tcp(host: str, *ports: tuple[int, int]) -> GrantsDeclaration:
    return GrantsDeclaration(tcp=(SocketGrant(CONNECT, host, ports),))


def streams(kind: StreamKind, file: str | None = None) -> GrantsDeclaration:
    return GrantsDeclaration(stdout=StreamGrant(kind, None if file is None else Path(file)))


def clocks(kind: ClockKind, at: datetime | None = None) -> GrantsDeclaration:
    return GrantsDeclaration(clocks=ClockGrant(kind, at))


def random(kind: RandomKind, seed: int | None = None) -> GrantsDeclaration:
    return GrantsDeclaration(random=RandomGrant(kind, seed))


def variables(**told: str | None) -> GrantsDeclaration:
    return GrantsDeclaration(environment=tuple(VariableGrant(*each) for each in told.items()))


NOTHING = GrantsDeclaration()
CASES = {
    "directory": (NOTHING, directories(("data", "/data", False)), [ADDED]),
    "directory-gone": (directories(("data", "/data", False)), NOTHING, [NARROWED]),
    "write": (
        directories(("data", "/data", False)),
        directories(("data", "/data", True)),
        [WRITE],
    ),
    "no-write": (
        directories(("data", "/data", True)),
        directories(("data", "/data", False)),
        [NARROWED],
    ),
    "directory-above": (
        directories(("data/in", "/data", False)),
        directories(("data", "/data", False)),
        [ADDED],
    ),
    "directory-below": (
        directories(("data", "/data", False)),
        directories(("data/in", "/data", False)),
        [CHANGED, NARROWED],
    ),
    "directory-beside": (
        directories(("data", "/data", False)),
        directories(("database", "/data", False)),
        [ADDED, NARROWED],
    ),
    "directory-out-of-the-project": (
        directories((".", "/data", False)),
        directories(("../other", "/data", False)),
        [ADDED, NARROWED],
    ),
    "directory-by-another-name": (
        directories(("data", "/data", False)),
        directories(("data", "/input", False)),
        [CHANGED],
    ),
    "variable": (NOTHING, variables(TZ=None), [ADDED]),
    "variable-fixed": (variables(TZ=None), variables(TZ="UTC"), [NARROWED]),
    "variable-passed-on": (variables(TZ="UTC"), variables(TZ=None), [WIDENED]),
    "variable-set-anew": (variables(TZ="UTC"), variables(TZ="CET"), [CHANGED]),
    "variable-gone": (variables(TZ=None, A=None), variables(TZ=None), [NARROWED]),
    "arguments": (NOTHING, GrantsDeclaration(arguments=True), [ADDED]),
    "arguments-fixed": (
        GrantsDeclaration(arguments=True),
        GrantsDeclaration(arguments=("a",)),
        [NARROWED],
    ),
    "arguments-passed-on": (
        GrantsDeclaration(arguments=()),
        GrantsDeclaration(arguments=True),
        [WIDENED],
    ),
    "stream": (NOTHING, streams(StreamKind.INHERIT), [ADDED]),
    "stream-that-was-thrown-away": (
        streams(StreamKind.NULL),
        streams(StreamKind.INHERIT),
        [ADDED],
    ),
    "stream-elsewhere": (
        streams(StreamKind.INHERIT),
        streams(StreamKind.FILE, "log.txt"),
        [CHANGED],
    ),
    "stream-thrown-away": (streams(StreamKind.PREFIX), streams(StreamKind.NULL), [NARROWED]),
    "clocks": (NOTHING, clocks(ClockKind.REAL), [ADDED]),
    "clocks-frozen": (clocks(ClockKind.REAL), clocks(ClockKind.FROZEN, NOON), [NARROWED]),
    "clocks-let-go": (clocks(ClockKind.FROZEN, NOON), clocks(ClockKind.REAL), [WIDENED]),
    "clocks-set": (
        clocks(ClockKind.FROZEN, NOON),
        clocks(ClockKind.FROZEN, NOON.replace(hour=13)),
        [CHANGED],
    ),
    "random": (NOTHING, random(RandomKind.SEEDED, 7), [ADDED]),
    "random-real": (random(RandomKind.SEEDED, 7), random(RandomKind.REAL), [WIDENED]),
    "random-seed": (random(RandomKind.SEEDED, 7), random(RandomKind.SEEDED, 8), [CHANGED]),
    "http": (NOTHING, http(HttpGrant("https", "api.test")), [ADDED]),
    "http-pattern": (
        http(HttpGrant("https", "api.test")),
        http(HttpGrant("https", "*.test")),
        [WIDENED],
    ),
    "http-port": (
        http(HttpGrant("https", "api.test")),
        http(HttpGrant("https", "api.test", ((443, 444),))),
        [WIDENED],
    ),
    "http-same-port": (
        http(HttpGrant("https", "api.test")),
        http(HttpGrant("https", "api.test", ((443, 443),))),
        [],
    ),
    "http-plain": (
        http(HttpGrant("https", "api.test")),
        http(HttpGrant("*", "api.test")),
        [WIDENED],
    ),
    "http-methods": (
        http(HttpGrant("https", "api.test", (), ("GET",))),
        http(HttpGrant("https", "api.test")),
        [WIDENED],
    ),
    "http-methods-together": (
        http(
            HttpGrant("https", "api.test", (), ("GET",)),
            HttpGrant("https", "api.test", (), ("PUT",)),
        ),
        http(HttpGrant("https", "api.test", (), ("GET", "PUT"))),
        [],
    ),
    "http-elsewhere": (
        http(HttpGrant("https", "api.test")),
        http(HttpGrant("https", "other.test")),
        [ADDED, NARROWED],
    ),
    "tcp": (NOTHING, tcp("10.0.0.0/8", (5432, 5432)), [ADDED]),
    "tcp-ports": (tcp("db.test", (5432, 5432)), tcp("db.test", ANY_PORT[0]), [WIDENED]),
    "tcp-inner-network": (
        tcp("10.0.0.0/8", (1, 9), (10, 20)),
        tcp("10.1.0.0/16", (5, 15)),
        [NARROWED],
    ),
    "tcp-listen-for-connect": (
        tcp("10.0.0.1", (80, 80)),
        GrantsDeclaration(tcp=(SocketGrant(SocketDirection.LISTEN, "10.0.0.1", ((80, 80),)),)),
        [ADDED, NARROWED],
    ),
    "lookup": (
        GrantsDeclaration(lookup=("a.test",)),
        GrantsDeclaration(lookup=("*.test",)),
        [WIDENED],
    ),
    "exit": (NOTHING, GrantsDeclaration(exit=True), [ADDED]),
    "imports": (
        GrantsDeclaration(imports=("wasi:keyvalue/store",)),
        GrantsDeclaration(imports=("wasi:keyvalue/batch",)),
        [ADDED, NARROWED],
    ),
}


@pytest.mark.parametrize(("old", "new", "kinds"), CASES.values(), ids=CASES.keys())
def test_each_change_has_its_kind(
    old: GrantsDeclaration, new: GrantsDeclaration, kinds: list[GrantChangeKind]
) -> None:
    assert [each.kind for each in grant_changes(old, new)] == kinds


@pytest.mark.parametrize(("old", "new"), [case[:2] for case in CASES.values()], ids=CASES.keys())
def test_what_did_not_change_has_no_changes(old: GrantsDeclaration, new: GrantsDeclaration) -> None:
    assert grant_changes(old, old) == ()
    assert grant_changes(new, new) == ()


@pytest.mark.parametrize(
    ("known", "wanted", "covered"),
    [
        ("*", "anything.test", True),
        ("*", "10.0.0.1", True),
        ("a.test", "a.test", True),
        ("a.test", "b.test", False),
        ("*.test", "a.test", True),
        ("*.test", "a.b.test", True),
        ("*.test", "test", False),
        ("*.test", "*.a.test", True),
        ("*.a.test", "*.test", False),
        ("*.test", "attest", False),
        ("a.test", "*", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "10.1.0.0/16", True),
        ("10.1.0.0/16", "10.0.0.0/8", False),
        ("10.0.0.1", "10.0.0.1/32", True),
        ("fd00::/8", "fd12::1", True),
        ("fd00::/8", "10.0.0.1", False),
        ("0.0.0.0/0", "::1", False),
        ("10.0.0.0/8", "a.test", False),
    ],
)
def test_hosts(known: str, wanted: str, covered: bool) -> None:
    assert host_covers(known, wanted) is covered


RANGES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 6)).map(lambda each: (each[0], sum(each))),
    max_size=5,
)


@given(RANGES, RANGES)
def test_ports_are_covered_when_each_is(
    known: list[tuple[int, int]], wanted: list[tuple[int, int]]
) -> None:
    def each(ranges: list[tuple[int, int]]) -> set[int]:
        return {port for first, last in ranges for port in range(first, last + 1)}

    assert ports_cover(known, tuple(wanted)) == (each(wanted) <= each(known))


def test_ports_of_several_grants_count_together() -> None:
    known = [SocketGrant(CONNECT, "*.test", ((1, 5),)), SocketGrant(CONNECT, "a.test", ((6, 9),))]
    assert socket_covers(known, SocketGrant(CONNECT, "a.test", ((1, 9),)))
    assert not socket_covers(known, SocketGrant(CONNECT, "b.test", ((1, 9),)))


def test_both_schemes_need_both() -> None:
    plain, secure = HttpGrant("http", "a.test"), HttpGrant("https", "a.test")
    both = HttpGrant("*", "a.test")
    assert http_covers([plain, secure], both)
    assert not http_covers([secure], both)
    assert http_covers([both], plain)
