"""What a node may ask of its host, in words, from the names of the interfaces that it imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wcompose.contract import parse_item_name

WASI = "wasi"
"""The namespace of the interfaces that hosts provide."""

_ANY = "*"

_CAPABILITIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cli": {
        "environment": ("arguments", "environment"),  # `get-arguments` and `get-environment`
        "exit": ("exit",),  # ends the whole instance
        "stdin": ("stdio",),
        "stdout": ("stdio",),
        "stderr": ("stdio",),
        "types": (),  # an error code
        _ANY: ("stdio",),  # `terminal-*`: whether a stream is a terminal
    },
    "filesystem": {
        "types": (),  # acts on descriptors only, which `preopens` alone hands out
        _ANY: ("filesystem",),
    },
    "sockets": {
        "network": (),  # a handle without functions, which `instance-network` alone hands out
        _ANY: ("network",),  # makes sockets and looks names up
    },
    "http": {
        "types": (),  # makes requests and responses; sending one is `outgoing-handler`'s
        _ANY: ("http out",),  # `outgoing-handler`; `handler` and `client` since 0.3
    },
    "clocks": {
        "types": (),  # durations
        _ANY: ("clocks",),
    },
    "random": {_ANY: ("random",)},
    # Streams, pollables and errors act on what another interface handed out.
    "io": {_ANY: ()},
    "config": {_ANY: ("configuration",)},
    "keyvalue": {_ANY: ("key-value store",)},
    "blobstore": {_ANY: ("blob store",)},
    "messaging": {_ANY: ("messaging",)},
    "logging": {_ANY: ("logging",)},
    "nn": {_ANY: ("neural networks",)},
    "tls": {_ANY: ("network",)},  # opens connections over streams, with the host's certificates
}


def capabilities_of(imports: Iterable[str]) -> tuple[str, ...]:
    """The capabilities that imports left to the host amount to, sorted.

    An interface that only acts on what another one hands out grants nothing by itself. WASI that is not
    in the table counts under its package's name, since what is not known is not harmless.

    Args:
        imports: names of interfaces; those that are no WASI are passed over.
    """
    found: set[str] = set()
    for name in imports:
        item = parse_item_name(name)
        if item is None or item.namespace != WASI:
            continue
        package = _CAPABILITIES.get(item.package, {_ANY: (item.package,)})
        found.update(package.get(item.interface, package[_ANY]))
    return tuple(sorted(found))
