"""Arguments of a function, from WAVE texts, JSON texts and files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wcompose.cli.json_texts import from_json

if TYPE_CHECKING:
    from wcompose.cli.session import Session
    from wcompose.report import Finding
    from wcompose.runtime import ExportedFunction, ValueType

FILE_LIMIT = 1 << 28
"""Bytes of a file given as an argument (`@file`) that are read at most."""
STANDARD_INPUT = "-"
"""What `@-` reads."""


def read_arguments(
    session: Session, function: ExportedFunction, texts: Sequence[str], *, as_json: bool
) -> list[Any]:
    """Values in the form of JSON for a function's parameters.

    Options at the end may be left out. A text that begins with ``@`` names a file: no value of WAVE
    or JSON begins so.

    Args:
        session: the command line's.
        function: what is called.
        texts: one for each parameter.
        as_json: whether they are JSON, not WAVE.

    Raises:
        ValueFault: with everything that does not parse or does not fit.
    """
    from wcompose.errors import ValueFault
    from wcompose.runtime.crossing.plan import check_arguments

    left_out = function.parameters[len(texts) :]
    missing = [name for name, kind in left_out if kind.kind != "option"]
    if missing or len(texts) > len(function.parameters):
        raise _wrong_count(function, len(texts), missing)
    values: list[Any] = [None] * len(function.parameters)
    findings: list[Finding] = []
    asked: list[int] = []
    for index, text in enumerate(texts):
        name, kind = function.parameters[index]
        try:
            if not kind.has_text:
                raise _without_text(index, name, kind)
            if text.startswith("@"):
                values[index] = _from_file(text[1:], kind)
            elif as_json:
                values[index] = from_json(text, f"argument {index + 1}", is_argument=True)
            else:
                asked.append(index)
        except ValueFault as error:
            findings += error.findings
    findings += _parse(session, function, texts, asked, values)
    if findings:
        raise ValueFault(findings)
    check_arguments(function, values)
    return values


def _parse(
    session: Session,
    function: ExportedFunction,
    texts: Sequence[str],
    asked: Sequence[int],
    values: list[Any],
) -> list[Finding]:
    """Put values in the places of WAVE texts; gives what does not parse."""
    from dataclasses import replace

    from wcompose.report import Finding

    if not asked:
        return []
    findings: list[Finding] = []
    parsed = session.engine.parse_values(
        [function.parameters[index][1].expression() for index in asked],
        [texts[index] for index in asked],
    )
    for index, value in zip(asked, parsed, strict=True):
        if not isinstance(value, Finding):
            values[index] = value
            continue
        name, kind = function.parameters[index]
        verb = "does not fit" if value.rule == "value-type" else "does not parse"
        message = f"argument {index + 1} `{name}` {verb}: {value.message}"
        place = replace(value.place, file=f"argument {index + 1}")
        hint = value.hint or f"its type is `{kind.brief()}`"
        findings.append(replace(value, message=message, place=place, hint=hint))
    return findings


def _wrong_count(function: ExportedFunction, count: int, missing: Sequence[str]) -> Exception:
    from wcompose.errors import ValueFault

    expected = len(function.parameters)
    takes = f"{expected} argument{'s' if expected != 1 else ''}" if expected else "no arguments"
    return ValueFault.of(
        "argument-count",
        f"`{function.full_name}` takes {takes}, got {count}",
        causes=[f"`{name}` is missing" for name in missing],
        hint=f"it is `{function.signature()}`",
    )


def _without_text(index: int, name: str, kind: ValueType) -> Exception:
    from wcompose.errors import ValueFault

    what = kind.spelt()
    is_handle = kind.holds({"own", "borrow"})
    return ValueFault.of(
        "argument-type",
        f"argument {index + 1} `{name}` is a `{what}`, which cannot be written as text",
        causes=["a resource lives in one instance, and no longer than it"] if is_handle else [],
        hint="call it from Python, where one instance takes many calls: `wcompose.open(…)`"
        if is_handle
        else "call a function that takes values only",
    )


def _is_bytes(kind: ValueType) -> bool:
    return kind.kind == "list" and kind.only.kind == "u8"


def _from_file(name: str, kind: ValueType) -> Any:
    """An argument out of a file: bytes, a string, or JSON, as its type wants it."""
    from wcompose.errors import ValueFault

    shown = "standard input" if name == STANDARD_INPUT else f"`{name}`"
    wanted = kind
    if kind.kind == "option" and (kind.only.kind == "string" or _is_bytes(kind.only)):
        wanted = kind.only
    try:
        data = _read(name)
    except OSError as error:
        raise ValueFault.of(
            "argument-file",
            f"cannot read {shown}",
            causes=[(error.strerror or str(error)).lower()],
            hint="`@FILE` reads an argument from a file, `@-` from standard input; check the path",
        ) from None
    if len(data) > FILE_LIMIT:
        raise ValueFault.of(
            "argument-file",
            f"{shown} is larger than {FILE_LIMIT:,} bytes",
            hint="give the guest its directory, and the path as an argument: `--dir HOST::GUEST`",
        )
    if _is_bytes(wanted):
        return data
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueFault.of(
            "argument-file",
            f"{shown} is not UTF-8 (at byte {error.start})",
            hint=f"a `{kind.spelt()}` is text; bytes fit a `list<u8>`",
        ) from None
    if wanted.kind == "string":
        return text
    return from_json(text, name if name != STANDARD_INPUT else "standard input", is_argument=False)


def _read(name: str) -> bytes:
    import sys

    if not name:
        raise FileNotFoundError(0, "no file is named behind the `@`")
    if name == STANDARD_INPUT:
        return sys.stdin.buffer.read(FILE_LIMIT + 1)
    with Path(name).open("rb") as stream:
        return stream.read(FILE_LIMIT + 1)
