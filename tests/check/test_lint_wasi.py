"""Lint of WASI 0.2 as the `wasip2` crate ships it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from check.test_lint import linted

from wcompose.engine import Engine

WASI = Path(__file__).parent / "wasi"
PACKAGES = sorted((each.parent.parent.name, each.stem) for each in WASI.glob("*/deps/*"))
NEWEST = "0.2.12"
KNOWN = {
    "cli": {
        # Worlds that were flattened before they were shipped, and handles that are good for nothing yet.
        ("gate-containment", "imports"),
        ("gate-containment", "command"),
        ("resource-reachable", "terminal-input.terminal-input"),
        ("resource-reachable", "terminal-output.terminal-output"),
    },
    "clocks": set(),
    "filesystem": {
        ("name-keyword", "types.descriptor-stat.type"),
        ("name-keyword", "types.directory-entry.type"),
        ("error-type-extensible", "types.error-code"),
    },
    "http": {
        ("error-type-extensible", "types.header-error"),
        # An alias that is younger than the functions that it was put into, of one that is deprecated.
        ("deprecated-used", "types.field-name"),
        *(
            ("gate-containment", f"types.fields.{name}")
            for name in ("from-list", "get", "has", "set", "delete", "append", "entries")
        ),
        ("name-keyword", "types.fields.delete"),
        ("name-keyword", "types.incoming-body.finish.this"),
        ("name-keyword", "types.outgoing-body.finish.this"),
        ("gate-feature-name", "types.response-outparam.send-informational"),
    },
    "io": {("name-keyword", "poll.poll.in")},
    "random": set(),
    "sockets": {
        ("gate-feature-name", "network.error"),
        ("gate-containment", "udp.outgoing-datagram-stream.check-send"),
        ("use-used", "tcp-create-socket.network"),
        ("use-used", "udp-create-socket.network"),
    },
}
"""What is to be found in the newest version; each of it was read and is so."""
MENDED = {
    ("gate-containment", "types.directory-entry"),
    ("gate-containment", "types.error-code"),
    ("gate-containment", "streams.output-stream.subscribe"),
}
"""What earlier versions had: items without a gate in an interface with one."""


def test_all_of_wasi_is_there() -> None:
    assert {name for version, name in PACKAGES if version == NEWEST} == set(KNOWN)


@pytest.mark.parametrize(("version", "name"), PACKAGES)
def test_what_lint_finds_in_wasi_is_so(
    engine: Engine, tmp_path: Path, version: str, name: str
) -> None:
    for each in (WASI / version / "deps").iterdir():
        place = tmp_path if each.stem == name else tmp_path / "deps" / each.stem
        if each.is_dir():
            shutil.copytree(each, place, dirs_exist_ok=True)
        else:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(each, place)
    found = {
        (each.rule.id, each.item.partition("/")[2])
        for each in linted(engine, tmp_path)
        if each.rule.is_default
    }
    if version == NEWEST:
        assert found == KNOWN[name]
    else:
        assert found <= KNOWN[name] | MENDED
