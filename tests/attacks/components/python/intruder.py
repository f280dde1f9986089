"""Tries to reach what it was not given, by Python's own library."""
# These are the calls that attackers make, and no error may end one.
# ruff: noqa: BLE001, PTH109, PTH116, PTH123, PTH208, PTH211

import encodings.idna  # noqa: F401 -- names are looked up with it, and nothing is loaded later
import errno
import os
import random
import socket
import sys
import time
import uuid

from componentize_py_types import Err
from wit_world import exports


def read(path: str) -> str:
    with open(path, "rb") as stream:
        return stream.read(4096).decode("utf-8", "replace")


def write(path: str, mode: str) -> str:
    with open(path, mode) as stream:
        stream.write(b"attacked")
    return "written"


def overwrite(path: str) -> str:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, b"attacked")
    os.close(descriptor)
    return "written"


def write_through_reading(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY)
    os.write(descriptor, b"attacked")
    return "written"


def empty(path: str) -> str:
    os.close(os.open(path, os.O_WRONLY | os.O_TRUNC))
    return "truncated"


def find(path: str) -> str:
    os.stat(path)
    return "found"


def done(call, *arguments) -> str:
    call(*arguments)
    return "done"


def through_symlink(target: str, link: str, path: str) -> str:
    os.symlink(target, link)
    return read(path)


def through_link(old: str, new: str) -> str:
    os.link(old, new)
    return read(new)


def through_directory(directory: str, path: str) -> str:
    """By a descriptor of the directory, as `os.open(…, dir_fd=…)` has it."""
    opened = os.open(directory, os.O_RDONLY)
    return os.read(os.open(path, os.O_RDONLY, dir_fd=opened), 4096).decode()


def filled(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def say(stream, text: str) -> str:
    stream.write(text)
    stream.flush()
    return "said"


def lookup(name: str) -> str:
    return " ".join(sorted({entry[4][0] for entry in socket.getaddrinfo(name, 80)}))


def address(text: str) -> tuple[socket.AddressFamily, tuple[str, int]]:
    host, _, port = text.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    return family, (host.strip("[]"), int(port))


def connect(text: str) -> str:
    family, remote = address(text)
    with socket.socket(family, socket.SOCK_STREAM) as stream:
        stream.connect(remote)
        stream.sendall(b"attack\n")
        return stream.recv(64).decode().strip()


def listen(text: str) -> str:
    family, local = address(text)
    with socket.socket(family, socket.SOCK_STREAM) as stream:
        stream.bind(local)
        stream.listen()
    return "listening"


def send(text: str) -> str:
    family, remote = address(text)
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"attack", remote)
    return "sent"


def bind(text: str) -> str:
    family, local = address(text)
    with socket.socket(family, socket.SOCK_DGRAM) as receiver:
        receiver.bind(local)
    return "bound"


def request(url: str) -> str:
    """As `urllib` does it; by hand, because its modules triple the size of the component."""
    authority, _, path = url.partition("://")[2].partition("/")
    host, _, port = authority.rpartition("@")[2].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5) as stream:
        stream.sendall(f"GET /{path} HTTP/1.0\r\nHost: {authority}\r\n\r\n".encode())
        answer = b""
        while piece := stream.recv(4096):
            answer += piece
    head, _, body = answer.decode().partition("\r\n\r\n")
    return f"{head.split()[1]} {body.strip()}"


ATTACKS = {
    "read": read,
    "read-below": through_directory,
    "list": lambda path: " ".join(sorted(os.listdir(path))),
    "stat": find,
    "write": overwrite,
    "append": lambda path: write(path, "ab"),
    "truncate": empty,
    "resize": lambda path: done(os.truncate, path, 0),
    "delete": lambda path: done(os.unlink, path),
    "make-directory": lambda path: done(os.mkdir, path),
    "remove-directory": lambda path: done(os.rmdir, path),
    "set-times": lambda path: done(os.utime, path, (1, 1)),
    "symlink": lambda target, link: done(os.symlink, target, link),
    "through-symlink": through_symlink,
    "read-link": os.readlink,
    "link": lambda old, new: done(os.link, old, new),
    "through-link": through_link,
    "rename": lambda old, new: done(os.rename, old, new),
    "write-through-reading": write_through_reading,
    "working-directory": lambda _: os.getcwd(),
    "environment": lambda _: filled(
        " ".join(sorted(f"{name}={value}" for name, value in os.environ.items()))
    ),
    "arguments": lambda _: filled(" ".join(sys.argv)),
    "stdin": lambda _: filled(sys.stdin.read(4096)),
    "stdout": lambda text: say(sys.stdout, text),
    "stderr": lambda text: say(sys.stderr, text),
    "wall-clock": lambda _: str(int(time.time())),
    "monotonic-clock": lambda _: str(time.monotonic_ns()),
    "sleep": lambda _: done(time.sleep, 0.001),
    "random": lambda _: os.urandom(16).hex(),
    "random-number": lambda _: f"{random.SystemRandom().getrandbits(64):016x}",
    "random-seed": lambda _: uuid.uuid4().hex,
    "exit": lambda _: done(os._exit, 1),
    "abort": lambda _: done(os.abort),
    "lookup": lookup,
    "tcp-connect": connect,
    "tcp-listen": listen,
    "udp-send": send,
    "udp-bind": bind,
    "http": request,
}


class Attacks(exports.Attacks):
    def known(self) -> list[str]:
        return sorted(ATTACKS)

    def attack(self, name: str, argument: str) -> str:
        try:
            return ATTACKS[name](*argument.split("\n"))
        except OSError as error:
            code = errno.errorcode.get(error.errno or 0, str(error.errno))
            raise Err(f"{type(error).__name__} {code}") from None
        except Exception as error:
            raise Err(f"{type(error).__name__}: {error}") from None
