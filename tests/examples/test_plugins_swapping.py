"""Versions swap under load, over real connections, and no request is lost."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import uvicorn
from paperflow.app import make_app
from paperflow.host import Host
from plugins_support import GUESTS, INVOICE, bearing, host, plan

REQUESTS = 2000
SWAPS = 20
SENDERS = 8


@contextmanager
def serving(served: Host) -> Iterator[str]:
    """A server on a port of its own; connections that come before it is ready wait."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        server = uvicorn.Server(uvicorn.Config(make_app(served), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def version(number: int) -> bytes:
    """A version of its own: the same plugin with another note in it."""
    note = f"\x04noteversion {number:04}".encode()
    return (GUESTS / "redact.wasm").read_bytes() + bytes([0, len(note)]) + note


async def swap_under_load(url: str) -> list[list[tuple[int, str]]]:
    """Send documents while versions swap; gives what each sender got, in its order."""
    done = asyncio.Event()
    sent = 0
    got: list[list[tuple[int, str]]] = [[] for _ in range(SENDERS)]

    async def send(client: httpx.AsyncClient, mine: list[tuple[int, str]]) -> None:
        nonlocal sent
        while not (done.is_set() and sent >= REQUESTS):
            sent += 1
            answer = await client.post("/tenants/acme/documents", json=INVOICE)
            mine.append((answer.status_code, answer.json().get("passed", ["-"])[-1]))

    async with httpx.AsyncClient(base_url=url, headers=bearing("acme"), timeout=60) as client:
        answer = await client.put("/tenants/acme/plugins/redact/1.0.0", content=version(0))
        assert answer.status_code == 201, answer.text
        # One in front, that stays: documents are in it while the one behind it swaps.
        numbering = (GUESTS / "numbering.wasm").read_bytes()
        await client.put("/tenants/acme/plugins/numbering/1.0.0?order=1", content=numbering)
        async with asyncio.TaskGroup() as senders:
            for mine in got:
                senders.create_task(send(client, mine))
            for number in range(1, SWAPS + 1):
                answer = await client.put(
                    f"/tenants/acme/plugins/redact/1.0.{number}", content=version(number)
                )
                assert answer.json()["state"] == "active", answer.text
                # Whoever asks after the answer gets the new version.
                answer = await client.post("/tenants/acme/documents", json=INVOICE)
                assert answer.json()["passed"] == ["numbering-1.0.0", f"redact-1.0.{number}"]
            done.set()
        usage = (await client.get("/tenants/acme/usage")).json()
        assert usage["documents"] == sent + SWAPS
        # Each version is asked what it does.
        assert usage["plugins"]["redact"]["calls"] > usage["documents"] + SWAPS
        assert usage["store"]["bytes"] > 0
        assert usage["faults"] == 0
    return got


def test_no_request_fails_while_versions_swap(tmp_path: Path) -> None:
    with serving(host(tmp_path, plan("business", versions=SWAPS + 1))) as url:
        got = asyncio.run(swap_under_load(url))
    answers = [each for mine in got for each in mine]
    assert len(answers) >= REQUESTS
    assert {status for status, _ in answers} == {200}
    assert len({passed for _, passed in answers}) > SWAPS // 2
    for mine in got:
        numbers = [int(passed.rpartition(".")[2]) for _, passed in mine]
        assert numbers == sorted(numbers)
