"""Checking what no person would write: a finding or a clear error, and never a crash or a hang."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import REPOSITORY

from wcompose.check.outputs import render
from wcompose.check.run import Conditions, run_checks
from wcompose.engine import Engine
from wcompose.errors import UserError
from wcompose.report import Level

TODAY = date(2026, 1, 1)
SOURCES = [file.read_bytes() for file in sorted((REPOSITORY / "wit").glob("*.wit"))]
BITS = [
    b"{",
    b"}",
    b"<",
    b">",
    b"list<",
    b"/*",
    b"//",
    b"\0",
    b"\xff",
    b"%",
    b"@since(",
    b"use ",
    b";",
    b"\r",
]


def damaged(seed: int) -> bytes:
    """A contract with a few things cut out, put in, doubled and moved."""
    chance = random.Random(seed)  # noqa: S311
    text = bytearray(chance.choice(SOURCES))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.randint(0, 80))
        match chance.randrange(5):
            case 0:
                del text[at:end]
            case 1:
                text[at:at] = chance.choice(BITS) * chance.choice([1, 1, 40])
            case 2:
                text[at:at] = text[at:end]
            case 3:
                del text[at:]
            case _:
                piece = text[at:end]
                del text[at:end]
                where = chance.randrange(len(text) + 1)
                text[where:where] = piece
    return bytes(text)


def checked(engine: Engine, directory: Path, against: Path | None = None) -> None:
    conditions = Conditions(TODAY, directory / "cache", None if against is None else str(against))
    try:
        run = run_checks([directory / "wit"], conditions, engine)
    except UserError:
        return  # told, and with what: an error is never without a finding
    for judgement in run.checked.judgements:
        assert judgement.message
        assert judgement.level in Level
    for format_ in ("text", "json", "sarif", "markdown"):
        assert render(run.checked, format_, rules=run.rules)


@given(seed=st.integers(0, 2**32 - 1))
@settings(
    max_examples=150,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_damaged_contracts_are_told_or_read(engine: Engine, tmp_path: Path, seed: int) -> None:
    directory = tmp_path / str(seed)
    (directory / "wit").mkdir(parents=True, exist_ok=True)
    (directory / "wit" / "damaged.wit").write_bytes(damaged(seed))
    checked(engine, directory, REPOSITORY / "wit")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0" * 4096, id="zeros"),
        pytest.param(bytes(range(256)) * 16, id="bytes"),
        pytest.param(b"\0asm\x0d\0\x01\0", id="a component that is empty"),
        pytest.param(b"<!DOCTYPE html><html></html>", id="a page"),
        pytest.param(b"package a:b;\ninterface i { type t = " + b"list<" * 5000, id="deep"),
        pytest.param(b"/*" * 100_000, id="comments in comments"),
        pytest.param(
            b"package a:b;\ninterface i {\n"
            + b"".join(b"fun%d: func();\n" % n for n in range(20_000))
            + b"}\n",
            id="20,000 functions",
        ),
        pytest.param(
            b"package a:b;\ninterface i {\n record r0 { a: u8 }\n"
            + b"".join(
                b" record r%d { a: r%d, b: r%d }\n" % (n, n - 1, n - 1) for n in range(1, 60)
            )
            + b" f: func() -> r59;\n}\n",
            id="doubling",
        ),
    ],
)
def test_what_is_no_contract_is_said(engine: Engine, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "wit").mkdir()
    (tmp_path / "wit" / "odd.wit").write_bytes(text)
    checked(engine, tmp_path, REPOSITORY / "wit")
    checked(engine, tmp_path, tmp_path / "wit")
