"""The gates for the network under another host, which opens sockets: jco on Node.

Both come from npm (`npm install --prefix tests/peers`). Without them the tests are skipped, but not in
CI.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from network_support import PATIENCE, PROBER, compose_behind, echo_server, peer, web_server
from support import REPOSITORY

from wcompose.engine import Engine

PEERS = REPOSITORY / "tests" / "peers" / "node_modules"
SHIM = "@bytecodealliance/preview2-shim"
DENIED = "error: access-denied"


class Session:
    """A prober behind a gate, in a process of Node's."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, *words: object) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(word) for word in words]) + "\n")
        self._process.stdin.flush()
        said: str = json.loads(self._process.stdout.readline())
        return said


@contextmanager
def opened(directory: Path, engine: Engine, gate: str, lines: list[str]) -> Iterator[Session]:
    if not (PEERS / ".bin" / "jco").exists():
        assert not os.environ.get("WCOMPOSE_REQUIRE_PEERS"), "npm install --prefix tests/peers"
        pytest.skip("jco is not installed: npm install --prefix tests/peers")
    policy = directory / "policy.wasm"
    text = "\n".join(["node prober", *lines])
    request = {"node": "prober", "policy": text, "audited": False, "interfaces": {}}
    engine.make_gate(PROBER, json.dumps(request), policy)
    whole = directory / "whole.wasm"
    compose_behind(gate, engine, whole, policy)
    shim = next(each for each in PEERS.rglob(SHIM) if each.is_dir())
    link = directory / "node_modules" / SHIM
    link.parent.mkdir(parents=True)
    link.symlink_to(shim, target_is_directory=True)
    environment = {
        **os.environ,
        "PATH": f"{PEERS / '.bin'}{os.pathsep}{os.environ['PATH']}",
    }
    made = subprocess.run(
        [str(PEERS / ".bin" / "jco"), "transpile", str(whole), "-o", str(directory / "out")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    script = Path(__file__).with_name("network_in_jco.mjs")
    with subprocess.Popen(
        [str(PEERS / ".bin" / "node"), str(script), str(directory / "out" / "whole.js")],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        watchdog = threading.Timer(6 * PATIENCE, process.kill)
        watchdog.start()
        try:
            yield Session(process)
        finally:
            watchdog.cancel()
            process.kill()


def test_connections(tmp_path: Path, engine: Engine) -> None:
    with (
        echo_server() as port,
        opened(
            tmp_path,
            engine,
            "sockets",
            [f"tcp-connect localhost {port}", "tcp-listen 127.0.0.1 *"],
        ) as probe,
    ):
        assert probe("tcp", "create", 4) == "done"
        assert probe("tcp", "connect", "127.0.0.1", port) == DENIED
        assert probe("lookup", "127.1") == DENIED
        assert "127.0.0.1" in probe("lookup", "localhost").split()
        assert probe("tcp", "connect", "127.0.0.1", port) == "done"
        assert probe("tcp", "write", "hello") == "done"
        assert probe("tcp", "read") == "echo hello"
        assert probe("tcp", "create", 4) == "done"
        assert probe("tcp", "listen") == "error: invalid-state"
        assert probe("tcp", "bind", "0.0.0.0", 0) == "done"  # noqa: S104
        assert probe("tcp", "listen") == DENIED
        assert probe("tcp", "create", 4) == "done"
        assert probe("tcp", "bind", "127.0.0.1", 0) == "done"
        assert probe("tcp", "listen") == "done"


def test_datagrams(tmp_path: Path, engine: Engine) -> None:
    with (
        peer() as (friend, port),
        peer() as (stranger, other),
        opened(tmp_path, engine, "sockets", [f"udp-send 127.0.0.1 {port}"]) as probe,
    ):
        assert probe("udp", "create", 4) == "done"
        assert probe("udp", "bind", "0.0.0.0", 0) == "done"  # noqa: S104
        assert probe("udp", "stream") == "done"
        said = probe("udp", "send", "one", "127.0.0.1", port, "two", "127.0.0.1", other)
        assert said == "1"
        data, (_, own) = friend.recvfrom(4096)
        assert data == b"one"
        stranger.sendto(b"nobody asked", ("127.0.0.1", own))
        friend.sendto(b"answer", ("127.0.0.1", own))
        assert probe("udp", "receive") == f"answer from 127.0.0.1 {port}"
        assert probe("udp", "send", "three", "127.0.0.1", other) == DENIED


def test_requests(tmp_path: Path, engine: Engine) -> None:
    denied = "error: ErrorCode::HttpRequestDenied"
    with (
        web_server() as port,
        opened(
            tmp_path,
            engine,
            "http",
            [f"http http 127.0.0.1 {port} GET", f"http http localhost {port} *"],
        ) as probe,
    ):
        server = f"127.0.0.1:{port}"
        assert probe("http", "GET", "http", server, "/x") == f"200 GET /x {server}"
        assert probe("http", "PUT", "http", f"localhost:{port}", "/").startswith("200 PUT / ")
        # jco sends the first as GET, the next two to where they say, and the last two as they are.
        assert probe("http", "other:get", "http", server, "/") == denied
        assert probe("http", "GET", "other:http", server, "/") == denied
        assert probe("http", "GET", "http", f"127.1:{port}", "/") == denied
        assert probe("http", "GET", "http", server, "x") == denied
        said = probe("http", "GET", "http", server, "/", "Transfer-Encoding", "chunked")
        assert said == denied
        assert probe("http", "POST", "http", server, "/") == denied
