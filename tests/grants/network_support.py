"""A prober behind a gate, with a policy, run on the real host; and what it talks to on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from socket_host import SocketHost
from support import REPOSITORY
from wasmtime import Engine as Runtime
from wasmtime import Store
from wasmtime.component import Component, Linker

from wcompose.bounds import Limits, Watch
from wcompose.engine import Engine
from wcompose.graph import Node
from wcompose.graph.compose import compose_graph, read_component
from wcompose.graph.plan import draft_graph
from wcompose.graph.request import Request
from wcompose.project import EdgeDeclaration, Endpoint
from wcompose.report import Place
from wcompose.runtime import Grants

PROBER = Path(__file__).parent / "components" / "netprober.wasm"
GATES = REPOSITORY / "src" / "wcompose" / "grants" / "gates"
PATIENCE = 20
"""Seconds after which a server or a client of a test gives up."""

Probe = Callable[..., str]
"""Takes the words of a step, and gives what came of it."""


def compose_behind(gate: str, engine: Engine, output: Path, policy: Path | None = None) -> None:
    """The prober behind a gate.

    Args:
        gate: its name.
        engine: composes.
        output: the composition.
        policy: exports policy and audit; none to leave them to the host, which is the test.
    """
    components = {"prober": PROBER, "gate": GATES / f"{gate}.wasm"}
    if policy is not None:
        components["policy"] = policy
    nodes = [Node(name, read_component(engine, file)) for name, file in components.items()]
    edges = [
        EdgeDeclaration(
            Endpoint("prober", interface, Place(item=interface)),
            Endpoint("gate", interface, Place(item=interface)),
        )
        for interface in (name.partition("@")[0] for name in nodes[1].component.world.exports)
    ]
    draft = draft_graph(nodes, Request(edges, leave_open=True))
    assert not draft.findings, draft.findings
    compose_graph(draft.graph, engine, output)
    engine.validate(output)


class Probed:
    """One instance of the prober behind a gate, under a policy."""

    def __init__(
        self,
        component: Component,
        runtime: Runtime,
        policy: str,
        sockets: SocketHost | None = None,
    ) -> None:
        self.events: list[str] = []
        linker = Linker(runtime)
        if sockets is None:
            linker.add_wasip2()
            linker.add_wasi_http()
        else:
            sockets.define(linker)
        with linker.root() as root:
            with root.add_instance("wcompose:gates/policy@0.1.0") as instance:
                instance.add_func("text", lambda _store: policy)
            with root.add_instance("wcompose:gates/audit@0.1.0") as instance:
                instance.add_func("record", lambda _store, event: self.events.append(event))
        linker.define_unknown_imports_as_traps(component)
        self._store = Store(runtime)
        self._watch = Watch(self._store, runtime, Limits(seconds=PATIENCE))
        self._store.set_wasi(Grants(network=True).configuration())
        self._store.set_wasi_http()
        with self._watch.calling():
            self._instance = linker.instantiate(self._store, component)
        probe = self._instance.get_export_index(self._store, "wcompose:netprober/probe@0.1.0")
        index = self._instance.get_export_index(self._store, "step", probe)
        function = self._instance.get_func(self._store, index)
        assert function is not None
        self._step = function

    def __call__(self, *words: object) -> str:
        with self._watch.calling():
            result: str = self._step(self._store, [str(word) for word in words])
        if hasattr(self._step, "post_return"):
            self._step.post_return(self._store)
        return result

    @property
    def decisions(self) -> list[str]:
        """What was recorded, without the node and with the target's escapes undone."""
        return [" ".join(unquote(field) for field in event.split(" ")[1:]) for event in self.events]


@contextmanager
def web_server(family: socket.AddressFamily = socket.AF_INET) -> Iterator[int]:
    """A server on loopback that answers with what it was asked; its port."""

    class Echo(BaseHTTPRequestHandler):
        timeout = PATIENCE

        def answer(self) -> None:
            body = f"{self.command} {self.path} {self.headers['Host']}".encode()
            self.send_response(200 if not self.path.startswith("/moved") else 302)
            if self.path.startswith("/moved"):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self.answer
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        address_family = family
        daemon_threads = True

    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with Server((host, 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(PATIENCE)


@contextmanager
def echo_server(address: str = "127.0.0.1") -> Iterator[int]:
    """Takes connections and gives back, once, what it is sent; its port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as server:

        def answer(connection: socket.socket) -> None:
            connection.settimeout(PATIENCE)
            with connection, suppress(OSError):
                data = connection.recv(4096)
                if data:
                    connection.sendall(b"echo " + data)

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


@contextmanager
def peer(address: str = "127.0.0.1") -> Iterator[tuple[socket.socket, int]]:
    """A socket for datagrams, and its port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as own:
        own.bind((address, 0))
        own.settimeout(PATIENCE)
        yield own, own.getsockname()[1]
