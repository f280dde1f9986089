"""Findings: what a check, a build or a link has to say, as data.

A finding is made where the fact is known and becomes text only at the edge, in the command line's
renderers. This module imports nothing of ours, so every stage may make findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum


class Level(IntEnum):
    """How much a finding weighs; only ``ERROR`` decides an exit code."""

    NOTE = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: in a file, in a contract or in a graph, as far as it is known.

    Attributes:
        file: path as the user gave it or relative to the project; empty when there is no file.
        line: 1-based line, 0 when unknown.
        column: 1-based column counted in Unicode code points, 0 when unknown.
        end_column: column behind the last marked character on the same line, 0 when unknown.
        item: path of the item (``ns:pkg/interface.function.parameter`` or ``node:import``).
        source: the text of the line, for the caret under it; empty when there is none.
    """

    file: str = ""
    line: int = 0
    column: int = 0
    end_column: int = 0
    item: str = ""
    source: str = field(default="", compare=False)

    def __str__(self) -> str:
        text = self.file
        if self.line:
            text += f":{self.line}"
            if self.column:
                text += f":{self.column}"
        return text or self.item


@dataclass(frozen=True)
class Finding:
    """One result of one judgement.

    Attributes:
        rule: identifier of the rule in lower-case words joined by hyphens (``unknown-key``).
        message: what is wrong, lower case, names in backticks, no full stop at the end.
        place: where it is wrong.
        level: how much it weighs.
        causes: what led to it, outermost first, each worded like ``message``.
        hint: what to type or change next, worded like ``message``; empty when there is no advice.
        related: other places that belong to the story, each with a short label.
    """

    rule: str
    message: str
    place: Place = field(default_factory=Place)
    level: Level = Level.ERROR
    causes: tuple[str, ...] = ()
    hint: str = ""
    related: tuple[tuple[str, Place], ...] = ()

    def sort_key(self) -> tuple[Place, str, str]:
        """Order of findings in a report: by place, then rule, then words."""
        return (self.place, self.rule, self.message)


@dataclass(frozen=True)
class Report:
    """A sorted set of findings without repetition."""

    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Report:
        """Make a report: sorted, each finding once."""
        return cls(tuple(sorted(dict.fromkeys(findings), key=Finding.sort_key)))

    @property
    def has_errors(self) -> bool:
        """Whether any finding is at error level."""
        return any(finding.level is Level.ERROR for finding in self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)
