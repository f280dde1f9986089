"""Findings as text for people, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from wcompose.lines import finding_lines
from wcompose.report import Finding
from wcompose.texts import printable

__all__ = ["finding_lines", "print_findings", "printable"]


def print_findings(console: Console, findings: Iterable[Finding]) -> None:
    """Print findings, an empty line between them.

    Lines are wrapped at the terminal's width, and never where the output is not a terminal, so that
    other programs find each message whole.
    """
    for index, finding in enumerate(findings):
        if index:
            console.print()
        for line in finding_lines(finding, console.width if console.is_terminal else None):
            console.print(line, soft_wrap=not console.is_terminal, highlight=False)
