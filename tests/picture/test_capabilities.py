"""What imports amount to, in words."""

from __future__ import annotations

import pytest

from wcompose.graph import is_host_interface
from wcompose.picture.capabilities import capabilities_of


@pytest.mark.parametrize(
    ("interface", "words"),
    [
        ("wasi:cli/environment@0.2.6", ("arguments", "environment")),
        ("wasi:cli/environment@0.3.0", ("arguments", "environment")),
        ("wasi:cli/environment", ("arguments", "environment")),
        ("wasi:cli/exit@0.2.6", ("exit",)),
        ("wasi:cli/stdin@0.2.6", ("stdio",)),
        ("wasi:cli/terminal-stdout@0.2.6", ("stdio",)),
        ("wasi:filesystem/preopens@0.2.6", ("filesystem",)),
        ("wasi:filesystem/types@0.2.6", ()),
        ("wasi:sockets/tcp-create-socket@0.2.6", ("network",)),
        ("wasi:sockets/ip-name-lookup@0.2.6", ("network",)),
        ("wasi:sockets/network@0.2.6", ()),
        ("wasi:http/outgoing-handler@0.2.6", ("http out",)),
        ("wasi:http/client@0.3.0", ("http out",)),
        ("wasi:http/types@0.2.6", ()),
        ("wasi:clocks/wall-clock@0.2.6", ("clocks",)),
        ("wasi:random/insecure@0.2.6", ("random",)),
        ("wasi:io/poll@0.2.6", ()),
        ("wasi:io/error@0.2.6", ()),
        ("wasi:io/streams@0.2.6", ()),
        ("wasi:keyvalue/store@0.2.0-draft", ("key-value store",)),
        ("wasi:unheard-of/thing@0.1.0", ("unheard-of",)),
        ("demo:filesystem/preopens@0.2.6", ()),
        ("environment", ()),
        ("", ()),
    ],
)
def test_an_interface_amounts_to(interface: str, words: tuple[str, ...]) -> None:
    assert capabilities_of([interface]) == words


def test_capabilities_are_sorted_and_told_once() -> None:
    imports = ["wasi:random/random", "wasi:cli/stdout", "wasi:cli/stdin", "wasi:clocks/wall-clock"]
    assert capabilities_of(imports) == ("clocks", "random", "stdio")
    assert capabilities_of(reversed(imports)) == ("clocks", "random", "stdio")


def test_the_host_fills_wasi() -> None:
    assert is_host_interface("wasi:io/poll@0.2.6")
    assert not is_host_interface("wasip:io/poll@0.2.6")
    assert not is_host_interface("wasi")
