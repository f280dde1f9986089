"""What the attack suite shares: a world on the host to attack, servers that notice, outcomes."""

from __future__ import annotations

import os
import re
import secrets
import selectors
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cases import Case

from wcompose.errors import GuestFault

TREASURE = "the keeper's secret"
"""In a file, a variable and an argument that only the keeper is granted."""

GRANTED_PORTS = range(20000, 25000)
OTHER_PORTS = range(25000, 30000)

TOOLCHAINS = ("rust", "python", "go")


@dataclass(frozen=True)
class Surroundings:
    """What there is on the host in one run.

    Attributes:
        host: a directory with `data`, `scratch` and `keep` in it.
        servers: what listens.
    """

    host: Path
    servers: Servers

    def arguments(self, case: Case) -> list[str]:
        """The arguments of a case with its placeholders filled in."""
        return [
            each.replace("{host}", str(self.host))
            .replace("{allowed}", str(self.servers.allowed))
            .replace("{forbidden}", str(self.servers.forbidden))
            .replace("{udp}", str(self.servers.datagrams))
            for each in case.arguments
        ]

    def steady(self, text: str) -> str:
        """A text without what differs from run to run."""
        text = text.replace(str(self.host), "{host}")
        text = re.sub(rf"\b{self.servers.allowed}\b", "{allowed}", text)
        text = re.sub(rf"\b{self.servers.forbidden}\b", "{forbidden}", text)
        return re.sub(rf"\b{self.servers.datagrams}\b", "{udp}", text)


def lay_out(host: Path) -> None:
    """Make the directories that are attacked, with links that point out of them."""
    for name in ("data/sub", "data/empty", "scratch", "keep", "streams"):
        (host / name).mkdir(parents=True)
    (host / "data/open.txt").write_text("open to the attacker")
    (host / "scratch/mine.txt").write_text("the attacker's own")
    (host / "keep/secret.txt").write_text(TREASURE)
    (host / "keep/caf\u00e9.txt").write_text(TREASURE)
    (host / "streams/in.txt").write_text("the attacker's own input")
    (host / "data/inner").symlink_to("open.txt")
    (host / "data/out.txt").symlink_to("../keep/secret.txt")
    (host / "data/chain.txt").symlink_to("sub/../out.txt")
    (host / "data/out").symlink_to("../keep")
    (host / "data/absolute.txt").symlink_to(host / "keep/secret.txt")
    (host / "data/absolute").symlink_to(host / "keep")
    (host / "scratch/to-data").symlink_to("../data")
    (host / "scratch/to-keep").symlink_to("../keep")
    (host / "shared.txt").write_text("linked by the host")
    os.link(host / "shared.txt", host / "data/hard.txt")
    (host / "shared.txt").unlink()


def outer_directories(host: Path) -> dict[str, str]:
    """The directories that the whole needs for its nodes' grants, by its names for them."""
    return {
        **{f"/{name}": str(host / name) for name in ("data", "scratch", "keep")},
        **{f"/.attacker-{name}": str(host / "streams") for name in ("stdin", "stdout", "stderr")},
    }


def contents(host: Path) -> dict[str, tuple[str, str, int]]:
    """Everything in a directory: kind, text, and time of its last change if it is a file."""
    found = {}
    for path in sorted(host.rglob("*")):
        name = str(path.relative_to(host))
        if path.is_symlink():
            found[name] = ("link", str(path.readlink()), 0)
        elif path.is_file():
            found[name] = ("file", path.read_text(), path.stat().st_mtime_ns)
        else:
            found[name] = ("directory", "", 0)
    return found


@dataclass
class Servers:
    """Local servers that write down who came.

    Attributes:
        allowed: port on 127.0.0.1 that grants name; on 127.0.0.2 nobody may come to it.
        forbidden: port that no grant names.
        datagrams: port where datagrams are heard.
    """

    allowed: int
    forbidden: int
    datagrams: int
    _seen: list[str] = field(default_factory=list)
    _settled: threading.Event = field(default_factory=threading.Event)

    def seen(self) -> list[str]:
        """What came since the last time this was asked."""
        # Connections are taken in order: when ours was taken, all before it were.
        for host, port in (
            ("127.0.0.1", self.allowed),
            ("127.0.0.2", self.allowed),
            ("127.0.0.1", self.forbidden),
        ):
            with socket.create_connection((host, port)) as probe:
                probe.sendall(b"probe\n")
                probe.recv(16)
        for port in (self.datagrams, self.allowed):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.settimeout(30)
                probe.bind(("127.0.0.1", 0))
                probe.sendto(b"probe", ("127.0.0.1", port))
                probe.recv(16)
        taken, self._seen[:] = list(self._seen), []
        return taken


def _answer(name: str, connection: socket.socket, servers: Servers) -> None:
    connection.settimeout(2)
    try:
        first = connection.recv(4096)
    except OSError:
        first = b""
    if first == b"probe\n":
        connection.sendall(b"probe")
        return
    if first.startswith(b"\x16\x03"):
        servers._seen.append(f"{name} TLS")
        return
    line = first.split(b"\r\n")[0].decode("utf-8", "replace").strip()
    servers._seen.append(f"{name} {line}".strip())
    if first == b"attack\n":
        connection.sendall(b"hello")
    elif "HTTP/1" in line:
        head = "HTTP/1.1 200 OK\r\n"
        if "/redirect " in line:
            there = f"http://localhost:{servers.forbidden}/redirected"
            head = f"HTTP/1.1 302 Found\r\nlocation: {there}\r\n"
        body = f"hello from {name}"
        connection.sendall(
            f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}".encode()
        )


def _listener(host: str, ports: range) -> socket.socket:
    """A server on a free port of a range: grants name the range, so compositions stay the same."""
    for _ in range(100):
        with suppress(OSError):
            return socket.create_server((host, secrets.choice(ports)))
    raise AssertionError(f"no port of {ports} is free")


@contextmanager
def serving() -> Iterator[Servers]:
    """Servers on two addresses of this machine, until the end of the block."""
    with (
        _listener("127.0.0.1", GRANTED_PORTS) as allowed,
        _listener("127.0.0.1", OTHER_PORTS) as forbidden,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        socket.create_server(("127.0.0.2", allowed.getsockname()[1])) as other,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as granted,
        selectors.DefaultSelector() as selector,
    ):
        datagrams.bind(("127.0.0.1", 0))
        granted.bind(("127.0.0.1", allowed.getsockname()[1]))
        servers = Servers(*(each.getsockname()[1] for each in (allowed, forbidden, datagrams)))
        ending, end = socket.socketpair()
        heard = {datagrams: "datagram", granted: "allowed datagram"}
        names = {allowed: "allowed", forbidden: "forbidden", other: "other address"}
        for listener in (*names, datagrams, granted, ending):
            selector.register(listener, selectors.EVENT_READ)

        def serve() -> None:
            while True:
                for key, _ in selector.select():
                    if key.fileobj is ending:
                        return
                    if key.fileobj in heard:
                        receiver = datagrams if key.fileobj is datagrams else granted
                        text, sender = receiver.recvfrom(64)
                        if text == b"probe":
                            receiver.sendto(b"probe", sender)
                        else:
                            servers._seen.append(f"{heard[receiver]} {text.decode()}")
                        continue
                    listener = key.fileobj
                    assert isinstance(listener, socket.socket)
                    connection, _ = listener.accept()
                    with connection:
                        _answer(names[listener], connection, servers)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield servers
        finally:
            end.close()
            thread.join()
            ending.close()


_TIME = re.compile(r"\d{6,}|\d{4}-\d\d-\d\d")
_RANDOM = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")


@dataclass(frozen=True)
class Outcome:
    """What became of an attack.

    Attributes:
        got: whether it got something.
        text: what it got, or why it got nothing.
    """

    got: bool
    text: str

    @classmethod
    def of(cls, answer: Mapping[str, str] | None, exit_code: int | None = None) -> Outcome:
        """From what `attack` returned, or from the status with which it ended everything."""
        if answer is None:
            return cls(True, f"the end, with status {exit_code}")
        return cls("ok" in answer, answer["ok"] if "ok" in answer else answer["err"])


def gone_through(fault: GuestFault) -> Outcome:
    """An attack that ended in a trap."""
    finding = fault.findings[0]
    if finding.rule == "not-granted":
        return Outcome(False, f"trap: {finding.message}")
    return Outcome(False, f"trap: {finding.message.partition('`: ')[2]}")


def row(case: Case, outcome: Outcome, surroundings: Surroundings, *, real: bool = False) -> str:
    """A line of a golden file: what the attacker says, and what servers saw.

    Args:
        case: what was tried.
        outcome: what came of it.
        surroundings: where.
        real: clocks and randomness are the host's own.
    """
    text = surroundings.steady(outcome.text)
    if outcome.got and real:
        if "clock" in case.name and _TIME.fullmatch(text):
            text = "<time>"
        elif "random" in case.name and _RANDOM.fullmatch(text):
            text = "<random>"
        elif case.attack == "lookup" and "127.0.0.1" in text:
            text = "<addresses>"
        elif case.machine and TREASURE not in text:
            text = "<something of this machine>"
    seen = surroundings.servers.seen()
    came = f"   <- {surroundings.steady(', '.join(seen))}" if seen else ""
    return f"{'GOT ' if outcome.got else 'held'} {case.name}: {text!a}{came}\n"


def expressible(known: Sequence[str], cases: Iterable[Case]) -> list[Case]:
    """The cases that a toolchain can express."""
    return [case for case in cases if case.attack in known]
