"""The interfaces of WASI 0.2: which grant opens each, and which prebuilt gate can stand before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wcompose.contract import parse_item_name
from wcompose.shipped import GATES_DIRECTORY

GATES_PACKAGE = "wcompose:gates"
POLICY_INTERFACE = f"{GATES_PACKAGE}/policy@0.1.0"
AUDIT_INTERFACE = f"{GATES_PACKAGE}/audit@0.1.0"


@dataclass(frozen=True)
class Gate:
    """A prebuilt gate.

    Attributes:
        name: what its nodes are called after, and its file.
        interfaces: what it exports to the node, without versions.
    """

    name: str
    interfaces: frozenset[str]

    @property
    def file(self) -> Path:
        """Its binary."""
        return GATES_DIRECTORY / f"{self.name}.wasm"


_STREAMS = ("wasi:cli/stdin", "wasi:cli/stdout", "wasi:cli/stderr")
_FILES = ("wasi:filesystem/types", "wasi:filesystem/preopens")

ENVIRONMENT = Gate("environment", frozenset({"wasi:cli/environment"}))
CLOCKS = Gate("clocks", frozenset({"wasi:clocks/wall-clock", "wasi:clocks/monotonic-clock"}))
RANDOM = Gate(
    "random",
    frozenset({"wasi:random/random", "wasi:random/insecure", "wasi:random/insecure-seed"}),
)
DIRECTORIES = Gate("directories", frozenset({"wasi:filesystem/preopens"}))
FILESYSTEM = Gate("filesystem", frozenset(_FILES))
STANDARD = Gate("standard", frozenset({"wasi:io/streams", *_STREAMS, *_FILES}))
REDIRECT = Gate("redirect", frozenset(_STREAMS))
HTTP = Gate("http", frozenset({"wasi:http/outgoing-handler"}))
SOCKETS = Gate(
    "sockets",
    frozenset(
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
    ),
)
GATES = (
    ENVIRONMENT,
    CLOCKS,
    RANDOM,
    DIRECTORIES,
    FILESYSTEM,
    STANDARD,
    REDIRECT,
    HTTP,
    SOCKETS,
)

_GRANTS: Mapping[str, str] = {
    "wasi:cli/environment": "environment",
    "wasi:cli/exit": "exit",
    "wasi:cli/stdin": "stdin",
    "wasi:cli/stdout": "stdout",
    "wasi:cli/stderr": "stderr",
    "wasi:cli/terminal-input": "stdin",
    "wasi:cli/terminal-output": "stdout",
    "wasi:cli/terminal-stdin": "stdin",
    "wasi:cli/terminal-stdout": "stdout",
    "wasi:cli/terminal-stderr": "stderr",
    "wasi:sockets/network": "tcp",
    "wasi:sockets/instance-network": "tcp",
    "wasi:sockets/ip-name-lookup": "lookup",
    "wasi:sockets/tcp": "tcp",
    "wasi:sockets/tcp-create-socket": "tcp",
    "wasi:sockets/udp": "udp",
    "wasi:sockets/udp-create-socket": "udp",
    "wasi:http/types": "http",
    "wasi:http/outgoing-handler": "http",
}
_PACKAGES: Mapping[str, str] = {
    "wasi:clocks": "clocks",
    "wasi:random": "random",
    "wasi:filesystem": "filesystem",
}
PLUMBING = frozenset({"wasi:io/error", "wasi:io/poll", "wasi:io/streams", "wasi:http/types"})
"""Interfaces that reach nothing by themselves: they act on what another one hands out."""


def base_name(name: str) -> str:
    """A name without its version."""
    return name.partition("@")[0]


def is_known(name: str) -> bool:
    """Whether an import is of the WASI that prebuilt gates are made for: 0.2."""
    item = parse_item_name(name)
    return item is not None and item.namespace == "wasi" and "@0.2" in name


def grant_of(name: str) -> str:
    """The key of a grants table that opens an interface."""
    base = base_name(name)
    known = _GRANTS.get(base) or _PACKAGES.get(base.partition("/")[0])
    return known if known is not None and is_known(name) else "imports"
