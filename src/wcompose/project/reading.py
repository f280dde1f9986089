"""Reading TOML that people write, bounded, and with the place of what is malformed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli

from wcompose.errors import ProjectError
from wcompose.report import Finding, Place

SIZE_LIMIT = 1 << 20
"""Bytes of a file that are read at most."""


def parse_toml(file: Path) -> tuple[str, dict[str, Any]]:
    """Text and content of a TOML file.

    Raises:
        ProjectError: it cannot be read, or is too large, not UTF-8 or malformed.
    """
    text = _read(file)
    try:
        return text, tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ProjectError(_syntax_finding(file, text, error)) from None


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ProjectError.of(
            "project-unreadable",
            f"cannot read `{file}`",
            causes=[(error.strerror or str(error)).lower()],
            hint="check the path and its permissions",
        ) from None
    if len(data) > SIZE_LIMIT:
        raise ProjectError.of(
            "project-too-large",
            f"`{file}` is larger than {SIZE_LIMIT:,} bytes",
            hint="a project file names components; data belongs into files of its own",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        raise ProjectError.of(
            "project-encoding",
            f"`{file}` is not UTF-8",
            place=Place(str(file), line, column),
            hint="save the file as UTF-8",
        ) from None


def _syntax_finding(file: Path, text: str, error: tomli.TOMLDecodeError) -> Finding:
    lines = text.splitlines()
    source = lines[error.lineno - 1] if error.lineno <= len(lines) else ""
    message = error.msg[:1].lower() + error.msg[1:]
    return Finding(
        "project-syntax",
        f"malformed TOML: {message}",
        Place(str(file), error.lineno, error.colno, error.colno + 1, source=source),
        hint="mend the line; values need quotes unless they are numbers, booleans, arrays or tables",
    )
