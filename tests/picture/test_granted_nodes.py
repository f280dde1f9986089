"""Grants in few words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wcompose.grants.needs import CAPABILITIES
from wcompose.picture.granted import key_words, short_words
from wcompose.project.grants import (
    ANY_PORT,
    ClockGrant,
    ClockKind,
    DirectoryGrant,
    GrantsDeclaration,
    HttpGrant,
    RandomGrant,
    RandomKind,
    SocketDirection,
    SocketGrant,
    StreamGrant,
    StreamKind,
    VariableGrant,
)

INHERIT = StreamGrant(StreamKind.INHERIT)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("grants", "words"),
    [
        ({}, ()),
        (
            {
                "filesystem": (
                    DirectoryGrant(Path("data"), "/data"),
                    DirectoryGrant(Path("out"), "/out", write=True),
                )
            },
            ("filesystem /data (read)", "filesystem /out (read and write)"),
        ),
        (
            {"environment": (VariableGrant("TZ"), VariableGrant("MODE", "fast"))},
            ("environment (TZ; MODE=fast)",),
        ),
        ({"arguments": True}, ("arguments",)),
        ({"arguments": ("a", "b")}, ("arguments (fixed)",)),
        ({"arguments": ()}, ("arguments (fixed)",)),
        ({"stdin": INHERIT, "stdout": INHERIT, "stderr": INHERIT}, ("stdio",)),
        (
            {"stdin": StreamGrant(StreamKind.NULL), "stdout": StreamGrant(StreamKind.NULL)},
            ("stdin (empty)", "stdout (thrown away)"),
        ),
        (
            {
                "stdout": StreamGrant(StreamKind.FILE, Path("out/log.txt")),
                "stderr": StreamGrant(StreamKind.PREFIX),
            },
            ("stdout (file out/log.txt)", "stderr (prefixed)"),
        ),
        ({"clocks": ClockGrant(ClockKind.REAL)}, ("clocks",)),
        (
            {"clocks": ClockGrant(ClockKind.FROZEN, NOON)},
            ("clocks (frozen at 2026-01-01T12:00:00Z)",),
        ),
        ({"random": RandomGrant(RandomKind.REAL)}, ("random",)),
        ({"random": RandomGrant(RandomKind.SEEDED, 0)}, ("random (seed 0)",)),
        (
            {"http": tuple(HttpGrant("https", f"h{each}") for each in range(6))},
            ("http out (https://h0; https://h1; https://h2; https://h3; 2 more)",),
        ),
        (
            {"tcp": (SocketGrant(SocketDirection.LISTEN, "*", ANY_PORT),)},
            ("tcp (listen on *, ports *)",),
        ),
        ({"lookup": ("*.example.com",), "exit": True}, ("lookup (*.example.com)", "exit")),
        ({"imports": ("wasi:keyvalue/store",)}, ("wasi:keyvalue/store",)),
    ],
)
def test_grants(grants: dict[str, Any], words: tuple[str, ...]) -> None:
    assert short_words(GrantsDeclaration(**grants)) == words


def test_much_is_cut() -> None:
    many = tuple(DirectoryGrant(Path("x"), f"/{'x' * 500}{each}") for each in range(2_000))
    words = short_words(GrantsDeclaration(filesystem=many, imports=("y" * 500,)))
    assert "1996 more directories" in words
    assert max(map(len, words)) < 100
    assert len(words) < 10


@pytest.mark.parametrize(
    ("keys", "asked", "words"),
    [
        ({"stdin", "stdout"}, {"stdin", "stdout"}, ("stdio",)),
        ({"stdin", "stdout"}, {"stdin", "stdout", "stderr"}, ("stdin", "stdout")),
        ({"tcp", "lookup"}, {"tcp", "lookup", "random"}, ("network",)),
        ({"udp"}, {"udp", "tcp"}, ("udp",)),
        ({"http", "exit", "filesystem"}, set(CAPABILITIES), ("filesystem", "http out", "exit")),
        ({"imports"}, {"imports"}, ("key-value store",)),
    ],
)
def test_keys(keys: set[str], asked: set[str], words: tuple[str, ...]) -> None:
    assert key_words(keys, asked, ["wasi:keyvalue/store@0.2.0"]) == words
