"""Reading TOML that people write, bounded, and with the place of what is malformed."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import tomli

from wcompose.errors import ProjectError
from wcompose.project.syntax import nested_finding, syntax_finding
from wcompose.report import Place

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
        finding = syntax_finding(str(file), text, error.msg, error.lineno, error.colno)
        raise ProjectError(finding) from None
    except RecursionError:
        raise ProjectError(nested_finding(str(file))) from None


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
    # Editors of Windows put a mark there.
    marked = data.removeprefix(codecs.BOM_UTF8)
    try:
        return marked.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(file, marked, error.start) from None


def _not_utf8(file: Path, data: bytes, at: int) -> ProjectError:
    before = data[:at]
    begin = before.rfind(b"\n") + 1
    column = len(before[begin:].decode("utf-8")) + 1
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    # What cannot be read shows as one mark, so columns count as above.
    source = "" if is_wide else data[begin:].split(b"\n", 1)[0].decode("utf-8", "replace")
    return ProjectError.of(
        "project-encoding",
        f"`{file}` is not UTF-8" + (" but UTF-16" if is_wide else ""),
        place=Place(str(file), before.count(b"\n") + 1, column, column + 1, source=source),
        hint="save the file as UTF-8",
    )
