"""A host of ``wasi:sockets`` on Python's own sockets, for tests.

wasmtime-py can switch on looking names up, but neither TCP nor UDP: the C API of its release lacks
the functions for that. Operations here wait, at most `PATIENCE` seconds, so that everything is ready
whenever it is polled.

Handles that a function borrows stay Wasmtime's: it takes them back itself.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

from wasmtime import Config
from wasmtime import Engine as Runtime
from wasmtime import _bindings as bindings
from wasmtime.component import Linker, Record, ResourceHost, ResourceType, Variant

PATIENCE = 20
VERSION = "0.2.12"
ERRORS: dict[type[OSError], str] = {
    ConnectionRefusedError: "connection-refused",
    TimeoutError: "timeout",
    socket.gaierror: "name-unresolvable",
}
OPTIONS = {
    "keep-alive-enabled": (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    "keep-alive-idle-time": (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
    "keep-alive-interval": (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
    "keep-alive-count": (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
    "hop-limit": (socket.IPPROTO_IP, socket.IP_TTL),
    "unicast-hop-limit": (socket.IPPROTO_IP, socket.IP_TTL),
    "receive-buffer-size": (socket.SOL_SOCKET, socket.SO_RCVBUF),
    "send-buffer-size": (socket.SOL_SOCKET, socket.SO_SNDBUF),
}
SECOND = 1_000_000_000
KINDS = {
    name: number
    for number, name in enumerate(
        [
            *["pollable", "error", "input-stream", "output-stream", "network", "tcp-socket"],
            *["udp-socket", "incoming-datagram-stream", "outgoing-datagram-stream"],
            "resolve-address-stream",
        ],
        start=1000,
    )
}


def runtime() -> Runtime:
    """One that can call this host.

    Wasmtime 50.0.1 traps where a function of the C API borrows two handles ("deferred host scope has no
    call context"), unless it is told that nothing is concurrent; wasmtime-py does not wrap that.
    """
    config = Config()
    config.epoch_interruption = True
    config.cranelift_opt_level = "none"
    bindings.wasmtime_config_concurrency_support_set(config.ptr(), False)  # type: ignore[attr-defined]
    return Runtime(config)


class Refusal(Exception):
    """An error of WASI, by its name."""


class Own:
    """What a socket of a node is here."""

    def __init__(self, own: socket.socket) -> None:
        self.socket = own
        own.settimeout(PATIENCE)
        self.pending: str | None = None
        self.state = ""
        self.peer: Any = None

    def started(self, operation: str) -> None:
        if self.pending is not None:
            raise Refusal("concurrency-conflict")
        self.pending = operation

    def finished(self, operation: str) -> None:
        if self.pending != operation:
            raise Refusal("not-in-progress")
        self.pending = None


def native(address: Variant) -> tuple[Any, ...]:
    """An ``ip-socket-address`` as Python's sockets take it."""
    record: Any = address.payload
    if address.tag == "ipv4":
        return (".".join(map(str, record.address)), record.port)
    groups = ":".join(f"{group:x}" for group in record.address)
    plain = ipaddress.IPv6Address(groups)
    if plain.ipv4_mapped is not None:
        raise Refusal("invalid-argument")
    return (str(plain), record.port, 0, getattr(record, "scope-id"))


def wasi(address: tuple[Any, ...]) -> Variant:
    """The other way."""
    record = Record()
    own = ipaddress.ip_address(address[0].partition("%")[0])
    record.port = address[1]  # type: ignore[attr-defined]
    record.address = plain(own)  # type: ignore[attr-defined]
    if own.version == 4:
        return Variant("ipv4", record)
    setattr(record, "flow-info", 0)
    setattr(record, "scope-id", address[3])
    return Variant("ipv6", record)


def plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> tuple[int, ...]:
    data = address.packed
    if address.version == 4:
        return tuple(data)
    return tuple(int.from_bytes(data[at : at + 2]) for at in range(0, 16, 2))


class SocketHost:
    """Everything that the prober and the gate for sockets ask of a host, HTTP excepted."""

    def __init__(self) -> None:
        self._things: dict[int, Any] = {}
        self._next = 0

    @property
    def count(self) -> int:
        """How many things a guest still holds."""
        return len(self._things)

    def define(self, linker: Linker) -> None:
        """Give a linker the interfaces."""
        interfaces: dict[str, tuple[list[str], dict[str, Callable[..., Any]]]] = {
            "wasi:io/poll": (["pollable"], {"poll": lambda pollables: [*range(len(pollables))]}),
            "wasi:io/error": (["error"], {}),
            "wasi:io/streams": (
                ["input-stream", "output-stream"],
                {
                    "[method]input-stream.read": self._read,
                    "[method]input-stream.subscribe": self._subscribe,
                    "[method]output-stream.blocking-write-and-flush": self._write,
                },
            ),
            "wasi:clocks/monotonic-clock": ([], {"subscribe-duration": self._subscribe}),
            "wasi:sockets/network": (["network"], {}),
            "wasi:sockets/instance-network": (
                [],
                {"instance-network": lambda: self._keep("network", None)},
            ),
            "wasi:sockets/ip-name-lookup": (
                ["resolve-address-stream"],
                {
                    "resolve-addresses": self._resolve,
                    "[method]resolve-address-stream.resolve-next-address": self._next_address,
                    "[method]resolve-address-stream.subscribe": self._subscribe,
                },
            ),
            "wasi:sockets/tcp": (["tcp-socket"], self._tcp()),
            "wasi:sockets/tcp-create-socket": (
                [],
                {"create-tcp-socket": lambda family: self._create("tcp-socket", family)},
            ),
            "wasi:sockets/udp": (
                ["udp-socket", "incoming-datagram-stream", "outgoing-datagram-stream"],
                self._udp(),
            ),
            "wasi:sockets/udp-create-socket": (
                [],
                {"create-udp-socket": lambda family: self._create("udp-socket", family)},
            ),
        }
        with linker.root() as root:
            for name, (resources, functions) in interfaces.items():
                with root.add_instance(f"{name}@{VERSION}") as instance:
                    for resource in resources:
                        kind = ResourceType.host(KINDS[resource])
                        instance.add_resource(resource, kind, self._dropped)
                    for function, body in functions.items():
                        instance.add_func(function, self._called(body))

    def _called(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """With handles turned to what they stand for, and errors to their names."""

        def value(store: Any, argument: Any) -> Any:
            if isinstance(argument, list) and argument and hasattr(argument[0], "to_host"):
                return [value(store, each) for each in argument]
            if not hasattr(argument, "to_host"):
                return argument
            return self._things[argument.to_host(store).rep]

        def call(store: Any, *arguments: Any) -> Any:
            try:
                return body(*(value(store, each) for each in arguments))
            except Refusal as refusal:
                return str(refusal)
            except OSError as error:
                return ERRORS.get(type(error), "unknown")

        return call

    def _keep(self, kind: str, thing: Any) -> ResourceHost:
        self._next += 1
        self._things[self._next] = thing
        return ResourceHost.own(self._next, KINDS[kind])

    def _dropped(self, _store: Any, number: int) -> None:
        thing = self._things.pop(number)
        if isinstance(thing, Own):
            thing.socket.close()

    def _subscribe(self, *_: Any) -> ResourceHost:
        return self._keep("pollable", None)

    def _create(self, kind: str, family: str) -> ResourceHost:
        return self._keep(
            kind,
            Own(
                socket.socket(
                    socket.AF_INET if family == "ipv4" else socket.AF_INET6,
                    socket.SOCK_STREAM if kind == "tcp-socket" else socket.SOCK_DGRAM,
                )
            ),
        )

    # Names

    def _resolve(self, _network: Any, name: str) -> ResourceHost:
        found = socket.getaddrinfo(name.strip("[]"), 0, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(each[4][0]) for each in found]
        return self._keep("resolve-address-stream", list(dict.fromkeys(addresses)))

    def _next_address(self, addresses: list[Any]) -> Variant | None:
        if not addresses:
            return None
        address = addresses.pop(0)
        return Variant(f"ipv{address.version}", plain(address))

    # What both kinds of sockets have

    def _common(self, kind: str) -> dict[str, Callable[..., Any]]:
        functions: dict[str, Callable[..., Any]] = {
            "start-bind": self._start_bind,
            "finish-bind": lambda own: own.finished("bind"),
            "local-address": self._local,
            "remote-address": self._remote,
            "address-family": (
                lambda own: "ipv4" if own.socket.family == socket.AF_INET else "ipv6"
            ),
            "subscribe": self._subscribe,
        }
        for name, option in OPTIONS.items():
            functions[name] = self._getter(name, *option)
            functions[f"set-{name}"] = self._setter(name, *option)
        return {f"[method]{kind}.{name}": function for name, function in functions.items()}

    def _start_bind(self, own: Own, _network: Any, address: Variant) -> None:
        target = native(address)
        own.started("bind")
        own.socket.bind(target)
        own.state = "bound"

    def _local(self, own: Own) -> Variant:
        if not own.state:
            raise Refusal("invalid-state")
        return wasi(own.socket.getsockname())

    def _remote(self, own: Own) -> Variant:
        if own.peer is None:
            raise Refusal("invalid-state")
        return wasi(own.peer)

    def _getter(self, name: str, level: int, option: int) -> Callable[[Own], Any]:
        def get(own: Own) -> Any:
            value = own.socket.getsockopt(level, option)
            if name == "keep-alive-enabled":
                return bool(value)
            return value * SECOND if level == socket.IPPROTO_TCP and "count" not in name else value

        return get

    def _setter(self, name: str, level: int, option: int) -> Callable[[Own, Any], None]:
        def put(own: Own, value: Any) -> None:
            if level == socket.IPPROTO_TCP and "count" not in name:
                value //= SECOND
            own.socket.setsockopt(level, option, int(value))

        return put

    # Connections

    def _tcp(self) -> dict[str, Callable[..., Any]]:
        own = {
            "start-connect": self._start_connect,
            "finish-connect": self._finish_connect,
            "start-listen": self._start_listen,
            "finish-listen": lambda own: own.finished("listen"),
            "accept": self._accept,
            "is-listening": lambda own: own.state == "listening",
            "shutdown": lambda own, _kind: own.socket.shutdown(socket.SHUT_RDWR),
        }
        return self._common("tcp-socket") | {
            f"[method]tcp-socket.{name}": function for name, function in own.items()
        }

    def _start_connect(self, own: Own, _network: Any, address: Variant) -> None:
        target = native(address)
        if target[1] == 0:
            raise Refusal("invalid-argument")
        own.started("connect")
        own.peer = target

    def _finish_connect(self, own: Own) -> tuple[ResourceHost, ResourceHost]:
        own.finished("connect")
        own.socket.connect(own.peer)
        own.state = "connected"
        return self._streams(own.socket)

    def _start_listen(self, own: Own) -> None:
        # Unlike what WASI says: bound to whatever the system likes if it is not bound yet. A gate must
        # not rely on the host here.
        own.started("listen")
        own.socket.listen()
        own.state = "listening"

    def _accept(self, own: Own) -> tuple[ResourceHost, ResourceHost, ResourceHost]:
        if own.state != "listening":
            raise Refusal("invalid-state")
        connection, peer = own.socket.accept()
        accepted = Own(connection)
        accepted.state, accepted.peer = "connected", peer
        return (self._keep("tcp-socket", accepted), *self._streams(connection))

    def _streams(self, connection: socket.socket) -> tuple[ResourceHost, ResourceHost]:
        return self._keep("input-stream", connection), self._keep("output-stream", connection)

    def _read(self, connection: socket.socket, length: int) -> bytes | None:
        return connection.recv(length) or None

    def _write(self, connection: socket.socket, data: bytes) -> Variant:
        connection.sendall(data)
        return Variant("ok")

    # Datagrams

    def _udp(self) -> dict[str, Callable[..., Any]]:
        incoming, outgoing = (
            "[method]incoming-datagram-stream.",
            "[method]outgoing-datagram-stream.",
        )
        return self._common("udp-socket") | {
            "[method]udp-socket.stream": self._stream,
            f"{incoming}receive": self._receive,
            f"{incoming}subscribe": self._subscribe,
            f"{outgoing}check-send": lambda own: 16,
            f"{outgoing}send": self._send,
            f"{outgoing}subscribe": self._subscribe,
        }

    def _stream(self, own: Own, remote: Variant | None) -> tuple[ResourceHost, ResourceHost]:
        if own.state != "bound":
            raise Refusal("invalid-state")
        if remote is not None:
            own.peer = native(remote)
            own.socket.connect(own.peer)
        twin = lambda: Own(own.socket.dup())  # noqa: E731
        return (
            self._keep("incoming-datagram-stream", twin()),
            self._keep("outgoing-datagram-stream", twin()),
        )

    def _receive(self, own: Own, most: int) -> list[Record]:
        """All that is there, and at least one."""
        received = []
        own.socket.settimeout(PATIENCE)
        while len(received) < most:
            try:
                data, peer = own.socket.recvfrom(65536)
            except BlockingIOError:
                break
            own.socket.setblocking(False)
            datagram = Record()
            datagram.data = data  # type: ignore[attr-defined]
            setattr(datagram, "remote-address", wasi(peer))
            received.append(datagram)
        return received

    def _send(self, own: Own, datagrams: list[Any]) -> int:
        own.socket.settimeout(PATIENCE)
        for each in datagrams:
            remote = getattr(each, "remote-address")
            if remote is None:
                own.socket.send(each.data)
            else:
                own.socket.sendto(each.data, native(remote))
        return len(datagrams)
