"""The tutorial on plugins is one program, and shows what that prints. `BLESS=1` rewrites it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from plugins_support import EXAMPLE
from support import CACHE, REPOSITORY

PAGE = REPOSITORY / "docs" / "tutorial" / "plugins.md"
PAGES = (PAGE, EXAMPLE / "README.md", EXAMPLE / "ATTACKS.md")
_BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<shown>.*?)```\n)?", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)[^)]*\)")
_END = "\x1e"


def test_the_tutorial_prints_what_it_shows() -> None:
    text = PAGE.read_text("utf-8")
    blocks = list(_BLOCK.finditer(text))
    program = "".join(f"{each['code']}\nprint({_END!r})\n" for each in blocks)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=EXAMPLE,
        env={**os.environ, "XDG_CACHE_HOME": str(CACHE / "user"), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.replace(f"{_END}\n", _END).split(_END)[:-1]
    assert len(printed) == len(blocks) > 5
    for block, now in zip(blocks, printed, strict=True):
        if os.environ.get("BLESS") and block["shown"] is not None:
            text = text.replace(block[0], f"```python\n{block['code']}```\n\n```text\n{now}```\n")
        else:
            assert (block["shown"] or "") == now
    if os.environ.get("BLESS"):
        PAGE.write_text(text, "utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text("utf-8")):
        assert (page.parent / link).exists(), link
