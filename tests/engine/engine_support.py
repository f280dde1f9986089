"""Golden files for what the engine says."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import golden

from wcompose.report import Finding, Place

HERE = Path(__file__).parent


def rendered(findings: Iterable[Finding], root: Path) -> str:
    """Findings as text that is the same on every machine."""

    def clean(text: str) -> str:
        return text.replace(f"{root}{os.sep}", "").replace(str(root), "ROOT")

    def where(place: Place) -> list[str]:
        lines = [f"  --> {clean(str(place))}"]
        if place.source:
            marks = "^" * max(1, place.end_column - place.column)
            lines += [f"    | {place.source}", f"    | {' ' * (place.column - 1)}{marks}"]
        return lines

    lines = []
    for finding in findings:
        lines.append(f"{finding.level.name.lower()} [{finding.rule}]: {clean(finding.message)}")
        if str(finding.place):
            lines += where(finding.place)
        lines += [f"  cause: {clean(cause)}" for cause in finding.causes]
        for label, place in finding.related:
            lines += [f"  {label}:", *where(place)]
        if finding.hint:
            lines.append(f"  hint: {clean(finding.hint)}")
    return "\n".join(lines) + "\n"


def assert_golden(name: str, text: str) -> None:
    """Compare with a golden file of the engine's."""
    golden.assert_golden(HERE / "golden" / f"{name}.txt", text)
