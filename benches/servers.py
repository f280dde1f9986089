"""The called side as a process: HTTP or gRPC on loopback, in Python.

Run as a program it says its port on standard output and ends when its standard input does, so it never
outlives the run that started it.
"""

from __future__ import annotations

import socket
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SERVICE = "wcompose.bench.Target"


def take(data: bytes) -> bytes:
    """What `target.take` answers."""
    return struct.pack("<Q", len(data) + data[0] + data[-1] if data else 0)


def add(data: bytes) -> bytes:
    """What `target.add` answers."""
    left, right = struct.unpack("<qq", data)
    return struct.pack("<q", left + right)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body of an answer leave together
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(add(data) if self.path == "/add" else take(data))

    def do_GET(self) -> None:
        self._answer(b"ok")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        return


def _serve_http() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(server.server_address[1], flush=True)
    import threading

    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


def _serve_grpc() -> None:
    from concurrent.futures import ThreadPoolExecutor

    import grpc

    # Raw bytes both ways: no message is encoded or decoded, which favours gRPC.
    handlers = {
        "add": grpc.unary_unary_rpc_method_handler(lambda data, _: add(data)),
        "take": grpc.unary_unary_rpc_method_handler(lambda data, _: take(data)),
    }
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(0)


if __name__ == "__main__":
    {"http": _serve_http, "grpc": _serve_grpc}[sys.argv[1]]()
