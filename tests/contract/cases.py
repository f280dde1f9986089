"""Cases in files: sections that begin with ``=== name``, the last of which is the golden result."""

from __future__ import annotations

import os
import re
from pathlib import Path

BLESS = os.environ.get("BLESS") == "1"


def sections(file: Path) -> dict[str, str]:
    """The sections of a case by name; the text before the first one says what it is about."""
    parts = re.split(r"^=== (\w+)\n", file.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def check(file: Path, name: str, result: str) -> None:
    """Compare a result with the golden section ``name``, or write it there when blessing."""
    golden = sections(file)
    if BLESS:
        text = file.read_text("utf-8")
        head = text.partition(f"=== {name}\n")[0]
        file.write_text(f"{head}=== {name}\n{result}", "utf-8")
        return
    assert golden.get(name) == result, f"{file} differs: look, then run with BLESS=1"
