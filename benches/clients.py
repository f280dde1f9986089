"""The calling side over loopback: HTTP and gRPC clients, in Python."""

from __future__ import annotations

import contextlib
import http.client
import selectors
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benches.measure import Timed, clock
from benches.servers import SERVICE

SERVER = Path(__file__).parent / "servers.py"
TIMEOUT = 30.0
"""Seconds that any answer may take."""


@contextlib.contextmanager
def server(kind: str) -> Iterator[int]:
    """Run a server; gives its port.

    Args:
        kind: ``http`` or ``grpc``.
    """
    process = subprocess.Popen(
        [sys.executable, str(SERVER), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        if process.stdout is None:
            raise AssertionError("it was piped")
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(TIMEOUT):
                raise TimeoutError(f"the {kind} server did not start")
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait(TIMEOUT)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def http_way(port: int, size: int | None) -> Timed:
    """Calls over one kept-alive connection; ``size`` none for `add`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    path, body = _request(size)

    def timed(calls: int) -> float:
        def run() -> None:
            for _ in range(calls):
                connection.request("POST", f"/{path}", body)
                struct.unpack("<q", connection.getresponse().read())

        return clock(run)

    return timed


def grpc_way(port: int, size: int | None) -> Timed:
    """Synchronous unary calls over one channel; ``size`` none for `add`."""
    import grpc

    path, body = _request(size)
    call = grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary(f"/{SERVICE}/{path}")

    def timed(calls: int) -> float:
        def run() -> None:
            for _ in range(calls):
                struct.unpack("<q", call(body, timeout=TIMEOUT))

        return clock(run)

    return timed


def _request(size: int | None) -> tuple[str, bytes]:
    return ("add", struct.pack("<qq", 1, 2)) if size is None else ("take", bytes(size))
