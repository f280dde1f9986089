"""Findings as a code quality report of GitLab."""

from __future__ import annotations

import json

from wcompose.check.model import Checked, Rule
from wcompose.check.outputs.data import sound
from wcompose.check.outputs.places import Places
from wcompose.check.outputs.wording import fingerprints, story
from wcompose.report import Level

_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


def render(checked: Checked, rules: tuple[Rule, ...], places: Places) -> str:  # noqa: ARG001
    """A JSON array with an object for each finding; GitLab asks for a path and a line of each."""
    found = []
    for judgement, fingerprint in zip(
        checked.judgements, fingerprints(checked.judgements), strict=True
    ):
        spot = places.spot_of(judgement)
        found.append(
            {
                "description": "; ".join(story(judgement, places)),
                "check_name": judgement.rule.id,
                "fingerprint": fingerprint,
                "severity": _SEVERITIES[judgement.level],
                "location": {"path": spot.file or ".", "lines": {"begin": spot.line or 1}},
            }
        )
    return json.dumps(sound(found), indent=2) + "\n"
