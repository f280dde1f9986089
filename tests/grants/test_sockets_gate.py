"""The gate for sockets, in front of real sockets. Everything stays on loopback."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest
from network_support import GATES, PATIENCE, Probed, compose_behind, echo_server, peer
from socket_host import SocketHost, runtime
from wasmtime.component import Component

from wcompose.engine import Engine
from wcompose.graph import Node
from wcompose.graph.compose import read_component

DENIED = "error: access-denied"
ANY = "0.0.0.0"  # noqa: S104
INTERFACES = [
    f"wasi:sockets/{name}"
    for name in (
        "network",
        "instance-network",
        "ip-name-lookup",
        "tcp",
        "tcp-create-socket",
        "udp",
        "udp-create-socket",
    )
]
Open = Callable[..., Probed]
RUNTIME = runtime()


@pytest.fixture(scope="module")
def component(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Component:
    file = tmp_path_factory.mktemp("sockets") / "whole.wasm"
    compose_behind("sockets", engine, file)
    return Component.from_file(RUNTIME, str(file))


@pytest.fixture
def probed(component: Component) -> Open:
    def make(*lines: str) -> Probed:
        return Probed(component, RUNTIME, "\n".join(["node prober", *lines]), SocketHost())

    return make


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with echo_server() as port:
        yield port


# Connecting


def test_what_is_granted_is_reached(probed: Open, port: int) -> None:
    probe = probed(f"tcp-connect 127.0.0.1 {port}")
    assert probe("tcp", "create", 4) == "done"
    assert probe("tcp", "connect", "127.0.0.1", port) == "done"
    assert probe("tcp", "remote") == f"127.0.0.1 {port}"
    assert probe("tcp", "write", "hello") == "done"
    assert probe("tcp", "read") == "echo hello"
    assert probe("tcp", "shutdown") == "done"
    assert probe("tcp", "close") == "done"
    assert probe.events == []


@pytest.mark.parametrize(
    "line",
    [
        "http http 127.0.0.1 {port} *",
        "tcp-listen 127.0.0.1 {port}",
        "udp-send 127.0.0.1 {port}",
        "lookup *",
        "tcp-connect 127.0.0.2 {port}",
        "tcp-connect 127.0.0.1 {other}",
        "tcp-connect 127.0.0.1 default",
        "tcp-connect 127.0.0.1",
        "tcp-connect 10.0.0.0/8 *",
        "tcp-connect 127.0.0.2/31 *",
        "tcp-connect ::/0 *",
        "tcp-connect localhost *",
        "tcp-connect 127.1 *",
        "tcp-connect 127.0.0.0/-8 *",
        "tcp-connect 127.0.0.1 {other}-{port}x",
    ],
)
def test_a_line_grants_no_more_than_it_says(probed: Open, port: int, line: str) -> None:
    probe = probed(line.format(port=port, other=port % 60000 + 1), "audit denied")
    assert probe("tcp", "create", 4) == "done"
    assert probe("tcp", "connect", "127.0.0.1", port) == DENIED
    assert probe.decisions == [
        f"wasi:sockets/tcp [method]tcp-socket.start-connect denied 127.0.0.1:{port}"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "tcp-connect * *",
        "tcp-connect 127.0.0.0/8 {port}",
        "tcp-connect 0.0.0.0/0 1-65535",
        "tcp-connect ::ffff:127.0.0.1 {port}",
    ],
)
def test_wider_lines_grant_as_well(probed: Open, port: int, line: str) -> None:
    probe = probed("tcp-connect 10.0.0.1 1", line.format(port=port))
    probe("tcp", "create", 4)
    assert probe("tcp", "connect", "127.0.0.1", port) == "done"


def test_names_grant_what_they_were_resolved_to(probed: Open, port: int) -> None:
    probe = probed(f"tcp-connect LocalHost. {port}", f"tcp-connect 127.0.0.0/8 {port % 60000 + 1}")
    probe("tcp", "create", 4)
    assert probe("tcp", "connect", "127.0.0.1", port) == DENIED
    addresses = probe("lookup", "localhost").split()
    assert "127.0.0.1" in addresses
    assert probe("tcp", "connect", "127.0.0.1", port) == "done"
    probe("tcp", "create", 4)
    assert probe("tcp", "connect", "127.0.0.2", port) == DENIED
    assert probe("tcp", "connect", "127.0.0.1", port % 60000 + 2) == DENIED


def test_a_name_that_may_only_be_looked_up_grants_no_address(probed: Open, port: int) -> None:
    probe = probed("lookup localhost", "tcp-connect *.localhost *", "udp-send localhost *")
    assert "127.0.0.1" in probe("lookup", "localhost").split()
    probe("tcp", "create", 4)
    assert probe("tcp", "connect", "127.0.0.1", port) == DENIED


def test_instances_remember_for_themselves(probed: Open, port: int) -> None:
    line = f"tcp-connect localhost {port}"
    first, second = probed(line), probed(line)
    first("lookup", "localhost")
    for probe, expected in [(first, "done"), (second, DENIED)]:
        probe("tcp", "create", 4)
        assert probe("tcp", "connect", "127.0.0.1", port) == expected


def test_ipv6(probed: Open) -> None:
    with echo_server("::1") as port:
        probe = probed("tcp-connect fd00::/8 *", f"tcp-connect [::1] {port}", "audit all")
        probe("tcp", "create", 6)
        assert probe("tcp", "connect", "::1", port) == "done"
        assert probe("tcp", "remote") == f"::1 {port}"
        probe("tcp", "create", 6)
        assert probe("tcp", "connect", "::2", port) == DENIED
        assert probe("tcp", "connect", "fe80::1%7", port) == DENIED
        assert [each.split(" ")[-2:] for each in probe.decisions] == [
            ["allowed", f"[::1]:{port}"],
            ["denied", f"[::2]:{port}"],
            ["denied", f"[fe80::1]:{port}"],
        ]


def test_ipv4_in_ipv6_clothes_is_ipv4(probed: Open, port: int) -> None:
    probe = probed("tcp-connect ::/0 *", "tcp-connect 10.0.0.0/8 *", "audit denied")
    probe("tcp", "create", 6)
    assert probe("tcp", "connect", "::ffff:127.0.0.1", port) == DENIED
    assert probe.decisions[0].endswith(f"denied 127.0.0.1:{port}")
    # Judged as 10.0.0.1, and then refused by the host, which takes no such address.
    assert probe("tcp", "connect", "::ffff:10.0.0.1", port) == "error: invalid-argument"


def test_errors_of_the_host_are_handed_on(probed: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    probe = probed("tcp-connect 127.0.0.1 *")
    probe("tcp", "create", 4)
    assert probe("tcp", "connect", "127.0.0.1", closed) == "error: connection-refused"
    assert probe("tcp", "connect", "127.0.0.1", 0) == "error: invalid-argument"
    assert probe("tcp", "accept") == "error: invalid-state"
    assert probe("tcp", "local") == "error: invalid-state"


# Listening


def test_a_node_may_listen_where_it_was_granted(probed: Open) -> None:
    probe = probed("tcp-listen 127.0.0.1 *", "audit all")
    probe("tcp", "create", 4)
    assert probe("tcp", "bind", "127.0.0.1", 0) == "done"
    assert probe("tcp", "listen") == "done"
    assert probe("tcp", "is-listening") == "true"
    address, port = probe("tcp", "local").split()
    with socket.create_connection((address, int(port)), PATIENCE) as connection:
        own = connection.getsockname()[1]
        connection.sendall(b"hello")
        assert probe("tcp", "accept") == f"127.0.0.1 {own}"
        assert probe("tcp", "read") == "hello"
        assert probe("tcp", "write", "welcome") == "done"
        assert connection.recv(4096) == b"welcome"
    assert probe("tcp", "close") == "done"
    assert probe.decisions == [
        "wasi:sockets/tcp [method]tcp-socket.start-bind allowed 127.0.0.1:0",
        "wasi:sockets/tcp [method]tcp-socket.start-listen allowed 127.0.0.1:0",
    ]


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("tcp-listen 127.0.0.1 *", ANY),
        ("tcp-listen 127.0.0.1 *", "127.0.0.2"),
        ("tcp-listen 127.0.0.1 1-65535", "127.0.0.1"),
        ("tcp-listen localhost *", "127.0.0.1"),
        ("tcp-connect 127.0.0.1 *", "127.0.0.1"),
        ("udp-bind 127.0.0.1 *", "127.0.0.1"),
        ("udp-send 127.0.0.1 *", ANY),
    ],
)
def test_a_node_binds_nowhere_else(probed: Open, line: str, address: str) -> None:
    probe = probed(line, "audit denied")
    probe("tcp", "create", 4)
    assert probe("tcp", "bind", address, 0) == DENIED
    assert probe.decisions == [f"wasi:sockets/tcp [method]tcp-socket.start-bind denied {address}:0"]
    assert probe("tcp", "listen") == "error: invalid-state"


def test_names_never_grant_listening(probed: Open) -> None:
    probe = probed("tcp-listen localhost *", "lookup localhost")
    assert "127.0.0.1" in probe("lookup", "localhost")
    probe("tcp", "create", 4)
    assert probe("tcp", "bind", "127.0.0.1", 0) == DENIED


def test_what_is_bound_for_connecting_may_not_listen(probed: Open, port: int) -> None:
    probe = probed(f"tcp-connect 127.0.0.1 {port}", "audit all")
    probe("tcp", "create", 4)
    assert probe("tcp", "bind", ANY, 0) == "done"
    assert probe("tcp", "listen") == DENIED
    assert probe.decisions == ["wasi:sockets/tcp [method]tcp-socket.start-listen denied 0.0.0.0:0"]
    assert probe("tcp", "connect", "127.0.0.1", port) == "done"
    probe("tcp", "create", 4)
    assert probe("tcp", "bind", ANY, port) == DENIED


def test_a_bind_that_was_not_finished_counts_for_nothing(probed: Open) -> None:
    probe = probed("tcp-listen 127.0.0.1 *")
    probe("tcp", "create", 4)
    assert probe("tcp", "listen") == "error: invalid-state"
    assert probe("tcp", "start-bind", "127.0.0.1", 0) == "done"
    assert probe("tcp", "listen") == "error: invalid-state"


def test_options_are_the_hosts(probed: Open) -> None:
    probe = probed()
    probe("tcp", "create", 4)
    assert probe("tcp", "options") == (
        "IpAddressFamily::Ipv4 true 7000000000 3000000000 4 9 true true"
    )
    probe("tcp", "create", 6)
    assert probe("tcp", "options").startswith("IpAddressFamily::Ipv6 true ")
    probe("udp", "create", 4)
    assert probe("udp", "options") == "IpAddressFamily::Ipv4 9 true true"


def test_many_sockets_come_and_go(probed: Open, port: int) -> None:
    probe = probed(f"tcp-connect 127.0.0.1 {port}")
    for _ in range(50):
        assert probe("tcp", "create", 4) == "done"
        assert probe("tcp", "connect", "127.0.0.1", port) == "done"
        assert probe("udp", "create", 4) == "done"
    assert probe("tcp", "write", "x") == "done"
    assert probe("tcp", "read") == "echo x"


# Names


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("lookup localhost", "localhost"),
        ("lookup localhost", "LOCALHOST"),
        ("lookup *", "localhost"),
        ("udp-send localhost 53", "localhost"),
        ("tcp-connect * *", "localhost"),
        ("tcp-connect 127.0.0.0/8 *", "127.0.0.1"),
        ("lookup ::1", "::1"),
    ],
)
def test_names_that_are_granted_are_looked_up(probed: Open, line: str, name: str) -> None:
    assert set(probed(line)("lookup", name).split()) & {"127.0.0.1", "::1"}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("tcp-connect 127.0.0.1 *", "localhost"),
        ("lookup *.localhost", "localhost"),
        ("lookup localhost", "localhost.example.com"),
        ("lookup *.example.com", "notexample.com"),
        ("tcp-listen * *", "localhost"),
        ("udp-bind * *", "localhost"),
        ("http * * * *", "localhost"),
        ("lookup localhost", "127.0.0.1"),
        # Never, whatever is granted: resolvers read these in ways of their own.
        ("lookup *", "127.1"),
        ("lookup *", "0x7f000001"),
        ("lookup *", "2130706433"),
        ("lookup *", "127.0.0.01"),
        ("lookup *", "loc%61lhost"),
        ("lookup *", "localhost\u3002example"),
        ("lookup *", "\uff4cocalhost"),
        ("lookup *", "local host"),
        ("lookup *", "localhost\x00.example.com"),
        ("lookup *", "[::1%lo]"),
        ("lookup *", ""),
        ("learn", "127.1"),
    ],
)
def test_other_names_are_not(probed: Open, line: str, name: str) -> None:
    probe = probed(line, "audit denied")
    assert probe("lookup", name) == DENIED
    expected = "wasi:sockets/ip-name-lookup resolve-addresses denied"
    assert probe.decisions == [f"{expected} {name}" if name else expected]


def test_names_that_do_not_exist(probed: Open) -> None:
    probe = probed("lookup *")
    assert probe("lookup", "nowhere.invalid") in {
        "error: name-unresolvable",
        "error: temporary-resolver-failure",
    }


# Datagrams


def test_datagrams_go_where_it_was_granted(probed: Open) -> None:
    with peer() as (friend, port), peer() as (stranger, other):
        probe = probed(f"udp-send 127.0.0.1 {port}", "audit all")
        probe("udp", "create", 4)
        assert probe("udp", "bind", ANY, 0) == "done"
        assert probe("udp", "stream") == "done"
        assert probe("udp", "send", "one", "127.0.0.1", port) == "1"
        data, node = friend.recvfrom(4096)
        assert data == b"one"
        assert probe("udp", "send", "two", "127.0.0.1", other) == DENIED
        # Those before one that is not allowed are sent, none after it.
        assert (
            probe(
                *["udp", "send", "three", "127.0.0.1", port],
                *["four", "127.0.0.1", other, "five", "127.0.0.1", port],
            )
            == "1"
        )
        assert friend.recv(4096) == b"three"
        stranger.sendto(b"nobody asked", ("127.0.0.1", node[1]))
        friend.sendto(b"answer", ("127.0.0.1", node[1]))
        assert probe("udp", "receive") == f"answer from 127.0.0.1 {port}"
        assert probe("udp", "send", "six", "127.0.0.1", other) == DENIED
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.recv(4096)
        allowed = f"[method]outgoing-datagram-stream.send allowed 127.0.0.1:{port}"
        denied = f"[method]outgoing-datagram-stream.send denied 127.0.0.1:{other}"
        assert probe.decisions == [
            f"wasi:sockets/udp {each}" for each in (allowed, denied, allowed, denied, denied)
        ]


def test_a_socket_may_have_one_peer(probed: Open) -> None:
    with peer() as (friend, port), peer() as (_, other):
        probe = probed(f"udp-send 127.0.0.1 {port}", "audit denied")
        probe("udp", "create", 4)
        probe("udp", "bind", ANY, 0)
        assert probe("udp", "stream", "127.0.0.1", other) == DENIED
        assert probe("udp", "stream", "127.0.0.1", port) == "done"
        assert probe("udp", "remote") == f"127.0.0.1 {port}"
        assert probe("udp", "send", "one", "-", "-") == "1"
        assert friend.recv(4096) == b"one"
        assert probe.decisions == [
            f"wasi:sockets/udp [method]udp-socket.stream denied 127.0.0.1:{other}"
        ]


def test_a_socket_that_was_bound_by_a_line_answers(probed: Open) -> None:
    with peer() as (guest, port), peer() as (_, other):
        probe = probed("udp-bind 127.0.0.1 *", "audit denied")
        probe("udp", "create", 4)
        assert probe("udp", "bind", ANY, 0) == DENIED
        assert probe("udp", "bind", "127.0.0.1", 0) == "done"
        address, own = probe("udp", "local").split()
        assert probe("udp", "stream") == "done"
        assert probe("udp", "send", "early", "127.0.0.1", port) == DENIED
        guest.sendto(b"question", (address, int(own)))
        assert probe("udp", "receive") == f"question from 127.0.0.1 {port}"
        assert probe("udp", "send", "answer", "127.0.0.1", port) == "1"
        assert guest.recv(4096) == b"answer"
        assert probe("udp", "send", "spam", "127.0.0.1", other) == DENIED
        # Another socket of the node has heard nobody.
        probe("udp", "create", 4)
        probe("udp", "bind", "127.0.0.1", 0)
        probe("udp", "stream")
        assert probe("udp", "send", "spam", "127.0.0.1", port) == DENIED


def test_only_some_of_many_datagrams_are_heard(probed: Open) -> None:
    """What is dropped goes from the middle of what the host gives; again and again."""
    with peer() as (friend, port), peer() as (stranger, _):
        probe = probed(f"udp-send 127.0.0.1 {port}")
        probe("udp", "create", 4)
        probe("udp", "bind", ANY, 0)
        probe("udp", "stream")
        probe("udp", "send", "hello", "127.0.0.1", port)
        _, (_, own) = friend.recvfrom(4096)
        for turn in range(20):
            for index in range(3):
                stranger.sendto(b"x" * (500 * index), ("127.0.0.1", own))
                friend.sendto(f"{turn}.{index}".encode(), ("127.0.0.1", own))
            heard: list[str] = []
            while len(heard) < 3:
                heard += probe("udp", "receive").split(", ")
            assert heard == [f"{turn}.{index} from 127.0.0.1 {port}" for index in range(3)]


def test_datagrams_over_ipv6(probed: Open) -> None:
    with peer("::1") as (friend, port):
        probe = probed("udp-send ::1/128 *")
        probe("udp", "create", 6)
        assert probe("udp", "bind", "::", 0) == "done"
        assert probe("udp", "stream") == "done"
        assert probe("udp", "send", "one", "::1", port) == "1"
        data, node = friend.recvfrom(4096)
        assert data == b"one"
        friend.sendto(b"two", ("::1", node[1]))
        assert probe("udp", "receive") == f"two from ::1 {port}"
        assert probe("udp", "send", "three", "::2", port) == DENIED


def test_names_grant_datagrams(probed: Open) -> None:
    with peer() as (friend, port):
        probe = probed(f"udp-send localhost {port}")
        probe("udp", "create", 4)
        probe("udp", "bind", ANY, 0)
        probe("udp", "stream")
        assert probe("udp", "send", "early", "127.0.0.1", port) == DENIED
        assert "127.0.0.1" in probe("lookup", "localhost")
        assert probe("udp", "send", "one", "127.0.0.1", port) == "1"
        assert friend.recv(4096) == b"one"


# Learning


def test_learning_allows_and_records(probed: Open, port: int) -> None:
    with peer() as (friend, other):
        probe = probed("learn")
        assert "127.0.0.1" in probe("lookup", "localhost")
        probe("tcp", "create", 4)
        assert probe("tcp", "bind", ANY, 0) == "done"
        assert probe("tcp", "connect", "127.0.0.1", port) == "done"
        probe("tcp", "create", 4)
        assert probe("tcp", "bind", "127.0.0.1", 0) == "done"
        assert probe("tcp", "listen") == "done"
        probe("udp", "create", 4)
        assert probe("udp", "bind", ANY, 0) == "done"
        assert probe("udp", "stream") == "done"
        assert probe("udp", "send", "one", "127.0.0.1", other) == "1"
        _, node = friend.recvfrom(4096)
        friend.sendto(b"two", ("127.0.0.1", node[1]))
        assert probe("udp", "receive") == f"two from 127.0.0.1 {other}"
        lookups = [each for each in probe.decisions if "ip-name-lookup" in each]
        assert lookups[0] == "wasi:sockets/ip-name-lookup resolve-addresses allowed localhost"
        assert (
            "wasi:sockets/ip-name-lookup [method]resolve-address-stream.resolve-next-address "
            "allowed localhost 127.0.0.1" in lookups[1:]
        )
        assert probe.decisions[len(lookups) :] == [
            "wasi:sockets/tcp-create-socket create-tcp-socket allowed",
            f"wasi:sockets/tcp [method]tcp-socket.start-connect allowed 127.0.0.1:{port}",
            "wasi:sockets/tcp-create-socket create-tcp-socket allowed",
            "wasi:sockets/tcp [method]tcp-socket.start-bind allowed 127.0.0.1:0",
            "wasi:sockets/tcp [method]tcp-socket.start-listen allowed 127.0.0.1:0",
            "wasi:sockets/udp-create-socket create-udp-socket allowed",
            f"wasi:sockets/udp [method]outgoing-datagram-stream.send allowed 127.0.0.1:{other}",
        ]


def test_what_the_gate_needs_of_the_host(engine: Engine) -> None:
    gate = read_component(engine, GATES / "sockets.wasm")
    assert {str(name).partition("@")[0] for name in Node("gate", gate).imports} == {
        "wcompose:gates/policy",
        "wcompose:gates/audit",
        "wasi:io/poll",
        "wasi:io/streams",
        "wasi:clocks/monotonic-clock",
        *INTERFACES,
    }
