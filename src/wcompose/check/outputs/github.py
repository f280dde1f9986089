"""Findings as workflow commands of GitHub Actions, which become annotations."""

from __future__ import annotations

from wcompose.check.model import Checked, Judgement, Rule
from wcompose.check.outputs.places import Places
from wcompose.check.outputs.wording import story, summary
from wcompose.report import Level
from wcompose.texts import printable

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def render(checked: Checked, rules: tuple[Rule, ...], places: Places) -> str:  # noqa: ARG001
    """A line for each finding, the heaviest first, as GitHub shows ten of each weight for a step."""
    ordered = sorted(checked.judgements, key=lambda each: -each.level)
    return "".join([*(_command(each, places) for each in ordered), f"{summary(checked)}\n"])


def _command(judgement: Judgement, places: Places) -> str:
    spot = places.spot_of(judgement)
    properties = {
        "file": printable(spot.file),
        "line": spot.line,
        "col": spot.column,
        "title": printable(judgement.rule.id),
    }
    told = ",".join(
        f"{name}={_property(str(value))}" for name, value in properties.items() if value
    )
    return (
        f"::{_COMMANDS[judgement.level]} {told}::{_data(chr(10).join(story(judgement, places)))}\n"
    )


def _data(text: str) -> str:
    """What stands behind the second pair of colons."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The value of a property, in which colons and commas have a meaning too."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
