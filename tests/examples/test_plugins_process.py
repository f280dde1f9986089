"""The example's host as a process of its own, started as its README says."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest
from plugins_support import EXAMPLE, GUESTS, INVOICE, bearing
from support import CACHE


@contextmanager
def started(root: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    (root / "sealed").symlink_to(CACHE / "paperflow")
    process = subprocess.Popen(
        [sys.executable, "-m", "paperflow", "--root", str(root), "--port", str(port)],
        cwd=EXAMPLE,
        env={**os.environ, "PYTHONUTF8": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        told = []
        for line in process.stderr:
            told.append(line)
            if "running on" in line:
                break
        else:
            pytest.fail("".join(told))
        threading.Thread(target=process.stderr.read, daemon=True).start()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield process, client
    finally:
        process.kill()
        process.wait()


def test_it_ends_when_it_is_told_to_and_loses_no_request(tmp_path: Path) -> None:
    (CACHE / "paperflow").mkdir(parents=True, exist_ok=True)
    with started(tmp_path) as (process, client):
        assert client.get("/health").json()["status"] == "ok"
        client.headers.update(bearing("acme"))
        uploaded = client.put(
            "/tenants/acme/plugins/hostile/1.0.0", content=(GUESTS / "hostile.wasm").read_bytes()
        )
        assert uploaded.status_code == 201, uploaded.text
        answers = []

        def send() -> None:
            answers.append(
                client.post("/tenants/acme/documents", json={**INVOICE, "title": "loop"})
            )

        sender = threading.Thread(target=send)
        sender.start()
        # The loop has two seconds to live, and the process waits for its end.
        with httpx.Client(base_url=client.base_url, headers=bearing("acme")) as other:
            while sender.is_alive() and not other.get("/tenants/acme/usage").json()["under_way"]:
                pass
        process.send_signal(signal.SIGTERM)
        sender.join()
        assert answers[0].status_code == 502
        assert answers[0].json()["fault"] == "DeadlineExceeded"
        assert process.wait() in {0, -signal.SIGTERM}


def test_a_token_is_made_of_its_digest() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "paperflow", "token"],
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    words = told.split()
    from paperflow.settings import matches

    assert matches(words[1], words[3])
    assert not matches(words[1] + "x", words[3])
