"""Where a command writes a text that is its result: a file, or standard output."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TypeGuard

from wcompose.cli.session import Session, write_result


def is_file(output: Path | None) -> TypeGuard[Path]:
    """Whether it goes to a file: standard output is no path, or `-`."""
    return output is not None and str(output) != "-"


def save_or_print(session: Session, text: str, output: Path | None) -> None:
    """Write a text into a file, or to standard output without one.

    Args:
        session: of the command, which tells of the file.
        text: the text; nothing is printed of an empty one.
        output: the file; none or `-` for standard output.

    Raises:
        UsageError: the file cannot be written.
    """
    if not is_file(output):
        if isinstance(sys.stdout, io.TextIOWrapper):
            # These formats are UTF-8, whatever the locale is.
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        if text:
            write_result(text)
        return
    from wcompose.build.assembly import telling_unwritable
    from wcompose.files import write_atomically

    data = text.encode("utf-8", "backslashreplace")
    with telling_unwritable(output):
        write_atomically(output, data)
    session.reporter.note(output.name, f"written, {len(data):,} bytes")
