"""What is generated from the schema is what the repository holds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def test_the_schema_and_its_page_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import make_reference

    assert make_reference.SCHEMA.read_text("utf-8") == make_reference.schema_text()
    assert make_reference.PAGE.read_text("utf-8") == make_reference.page_text()
    sys.modules.pop("make_reference")
