"""Arguments of a function, from WAVE texts, JSON texts and files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wcompose.cli.session import Session
    from wcompose.runtime import ExportedFunction, ValueType

FILE_LIMIT = 1 << 28
"""Bytes of a file given as an argument (`@file`) that are read at most."""


def from_wave(session: Session, function: ExportedFunction, texts: Sequence[str]) -> list[Any]:
    """JSON values from WAVE texts; every text that does not parse is told."""
    from dataclasses import replace

    from wcompose.errors import ValueFault
    from wcompose.report import Finding
    from wcompose.runtime.crossing.plan import check_arguments

    if len(texts) != len(function.parameters):
        check_arguments(function, list(texts))
    values: list[Any] = [None] * len(texts)
    findings: list[Finding] = []
    asked: list[int] = []
    for index, ((name, kind), text) in enumerate(zip(function.parameters, texts, strict=True)):
        if text.startswith("@"):
            try:
                values[index] = _from_file(Path(text[1:]), kind.kind, _is_bytes(kind))
            except ValueFault as error:
                findings += error.findings
        elif not kind.has_text:
            findings.append(
                Finding(
                    "argument-type",
                    f"argument {index + 1} `{name}` is a {kind}, which cannot be written as text",
                    hint="call a function that takes values only",
                )
            )
        else:
            asked.append(index)
    parsed = session.engine.parse_values(
        [function.parameters[index][1].expression() for index in asked],
        [texts[index] for index in asked],
    )
    for index, value in zip(asked, parsed, strict=True):
        if isinstance(value, Finding):
            name, kind = function.parameters[index]
            hint = value.hint or f"it is a `{kind}`"
            message = f"argument {index + 1} `{name}` does not parse: {value.message}"
            place = replace(value.place, file=f"argument {index + 1}")
            findings.append(replace(value, message=message, place=place, hint=hint))
        else:
            values[index] = value
    if findings:
        raise ValueFault(findings)
    return values


def _is_bytes(kind: ValueType) -> bool:
    return kind.kind == "list" and kind.only.kind == "u8"


def _from_file(path: Path, kind: str, is_bytes: bool) -> Any:
    """An argument out of a file: bytes, a string, or JSON, as its type wants it."""
    from wcompose.errors import ValueFault

    try:
        with path.open("rb") as stream:
            data = stream.read(FILE_LIMIT + 1)
    except OSError as error:
        raise ValueFault.of(
            "argument-file",
            f"cannot read `{path}`",
            causes=[(error.strerror or str(error)).lower()],
            hint="`@FILE` reads an argument from a file; check the path",
        ) from None
    if len(data) > FILE_LIMIT:
        raise ValueFault.of("argument-file", f"`{path}` is larger than {FILE_LIMIT:,} bytes")
    if is_bytes:
        return data
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueFault.of(
            "argument-file", f"`{path}` is not UTF-8 (at byte {error.start})"
        ) from None
    return text if kind == "string" else from_json(text, str(path))


def from_json(text: str, what: int | str) -> Any:
    """A JSON value from a text; ``what`` is the argument's number or its file.

    Raises:
        ValueFault: it is not JSON; with its place.
    """
    import json

    from wcompose.errors import ValueFault
    from wcompose.report import Place

    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        lines = text.splitlines()
        subject = f"argument {what}" if isinstance(what, int) else f"`{what}`"
        message = getattr(error, "msg", str(error))
        raise ValueFault.of(
            "argument-json",
            f"{subject} is not JSON: {message[:1].lower()}{message[1:]}",
            place=Place(
                subject if isinstance(what, int) else what,
                line,
                column,
                column + 1,
                source=lines[line - 1] if 0 < line <= len(lines) else "",
            ),
            hint="texts need double quotes, and the shell eats one pair: write '\"text\"'"
            if isinstance(what, int)
            else "",
        ) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f'`{name}` is not JSON; write "nan", "inf" or "-inf"')
