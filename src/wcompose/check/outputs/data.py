"""Findings as JSON: everything that is known, as ``check.schema.json`` has it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from wcompose.check.model import Checked, Judgement, Rule
from wcompose.check.outputs.places import Places
from wcompose.check.outputs.wording import LEVELS, fingerprints
from wcompose.report import Place

VERSION = 1
"""Moves when a reader of the old schema could stumble."""


def render(checked: Checked, rules: tuple[Rule, ...], places: Places) -> str:  # noqa: ARG001
    """The findings as a JSON document."""
    counts = Counter(each.level for each in checked.judgements)
    return dumped(
        {
            "version": VERSION,
            "subjects": list(checked.subjects),
            "bump": checked.bump.name.lower(),
            "counts": {
                **{word: counts[level] for level, word in LEVELS.items()},
                "suppressed": checked.suppressed,
            },
            "findings": [
                judgement_json(judgement, places, fingerprint)
                for judgement, fingerprint in zip(
                    checked.judgements, fingerprints(checked.judgements), strict=True
                )
            ],
        }
    )


def judgement_json(judgement: Judgement, places: Places, fingerprint: str) -> dict[str, Any]:
    """A judgement as JSON values."""
    return {
        "rule": judgement.rule.id,
        "kind": judgement.rule.kind.value,
        "group": judgement.rule.group,
        "level": LEVELS[judgement.level],
        "message": judgement.message,
        "item": judgement.item,
        "place": place_json(judgement.place),
        "path": places.spot_of(judgement).file,
        "side": None if judgement.side is None else judgement.side.value,
        "effects": [effect.value for effect in judgement.effects],
        "bump": judgement.bump.name.lower(),
        "causes": list(judgement.causes),
        "hint": judgement.hint,
        "related": [
            {"label": label, "place": place_json(place)} for label, place in judgement.related
        ],
        "fingerprint": fingerprint,
    }


def place_json(place: Place) -> dict[str, Any]:
    """A place as JSON values."""
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_column": place.end_column,
    }


def dumped(value: dict[str, Any]) -> str:
    """A document in ASCII, with what is no character replaced."""
    return json.dumps(sound(value), indent=2) + "\n"


def sound(value: Any) -> Any:
    """JSON values without lone surrogates, which come from names of files and are no text."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {key: sound(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [sound(inner) for inner in value]
    return value
