"""Texts that are compared with files; `BLESS=1` writes the files anew."""

from __future__ import annotations

import os
from pathlib import Path


def assert_golden(file: Path, text: str) -> None:
    """Compare a text with a file."""
    if os.environ.get("BLESS"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    assert file.is_file(), f"{file} is missing: run with BLESS=1 and read it"
    assert text == file.read_text("utf-8")
