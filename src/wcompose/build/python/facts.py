"""Facts that a component's interpreter left; they come from a node's own code and could be anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wcompose.build.python.mapping import Mapped
from wcompose.report import Place

FACTS_LIMIT = 4 << 20
"""Bytes of facts that are read."""


def read_facts(file: Path) -> list[dict[str, Any]]:
    """The facts that the interpreter left; none when there are none or they make no sense."""
    try:
        with file.open("rb") as stream:
            facts = json.loads(stream.read(FACTS_LIMIT + 1)[:FACTS_LIMIT])
    except (OSError, ValueError, RecursionError):
        return []
    if not isinstance(facts, list):
        return []
    return [fact for fact in facts if isinstance(fact, dict)]


class Fact:
    """A fact with its fields by kind; what is missing or of another kind is empty."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """A text."""
        value = self._fields.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """A number that may be a line or a column; else 0."""
        value = self._fields.get(name)
        return value if isinstance(value, int) and 0 <= value < 1 << 31 else 0

    def flag(self, name: str) -> bool:
        """Whether it is set."""
        return self._fields.get(name) is True

    def inner(self, name: str) -> Fact:
        """A fact in it."""
        value = self._fields.get(name)
        return Fact(value if isinstance(value, dict) else {})

    def list(self, name: str) -> list[Fact]:
        """Facts in it."""
        value = self._fields.get(name)
        items = value if isinstance(value, list) else []
        return [Fact(item) for item in items if isinstance(item, dict)]

    def place(self, mapped: Mapped) -> Place:
        """Where it is, as the user calls the file."""
        source = self.text("source") or mapped.line(self.text("file"), self.number("line"))
        column = self.number("column") if self.number("column") <= len(source) + 1 else 0
        return Place(
            mapped.file(self.text("file")) if self.text("file") else str(mapped.source),
            line=self.number("line"),
            column=column,
            end_column=self.number("end_column") if column else 0,
            item=mapped.node,
            source=source,
        )
