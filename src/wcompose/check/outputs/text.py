"""Findings as text for people, each with its line and a caret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wcompose.check.model import Checked, Judgement, Rule
from wcompose.check.outputs.places import Places
from wcompose.check.outputs.wording import consequences, summary
from wcompose.lines import finding_lines
from wcompose.report import Finding


def render(checked: Checked, rules: tuple[Rule, ...], places: Places) -> str:  # noqa: ARG001
    """The findings and, on the last line, how many they are."""
    blocks = ["\n".join(_lines(each)) for each in checked.judgements]
    return "\n\n".join([*blocks, summary(checked)]) + "\n"


def to_finding(judgement: Judgement) -> Finding:
    """A judgement as a finding that says whom it breaks."""
    return replace(judgement.to_finding(), causes=consequences(judgement))


def _lines(judgement: Judgement) -> Iterator[str]:
    for line in finding_lines(to_finding(judgement)):
        yield line.plain.rstrip()
