"""Findings as SARIF 2.1.0."""

from __future__ import annotations

from typing import Any

from wcompose import __version__
from wcompose.check.model import Checked, Judgement, Rule, RuleKind
from wcompose.check.outputs.data import dumped
from wcompose.check.outputs.places import Places, Spot
from wcompose.check.outputs.wording import LEVELS, fingerprints, story
from wcompose.texts import printable

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "%SRCROOT%"
"""What relative paths are relative to; the reader of the log knows where that is."""


def render(checked: Checked, rules: tuple[Rule, ...], places: Places) -> str:
    """A log with one run."""
    table = {rule.id: rule for rule in rules}
    for judgement in checked.judgements:
        table.setdefault(judgement.rule.id, judgement.rule)
    index = {name: number for number, name in enumerate(sorted(table))}
    results = [
        _result(judgement, index[judgement.rule.id], fingerprint, places)
        for judgement, fingerprint in zip(
            checked.judgements, fingerprints(checked.judgements), strict=True
        )
    ]
    driver = {
        "name": "wcompose",
        "semanticVersion": __version__,
        "rules": [_rule(table[name]) for name in index],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The directory in which wcompose was started."}}
        },
        "results": results,
        "properties": {
            "subjects": [printable(subject) for subject in checked.subjects],
            "suppressed": checked.suppressed,
            "bump": checked.bump.name.lower(),
        },
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> dict[str, Any]:
    summary = _sentence(rule.summary)
    reason = _sentence(rule.reason) or summary
    return {
        "id": rule.id,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": reason},
        "help": {"text": "\n\n".join(_help(rule, "")), "markdown": "\n\n".join(_help(rule, "wit"))},
        "defaultConfiguration": {"enabled": rule.is_default, "level": LEVELS[rule.level]},
        "properties": {"tags": list(dict.fromkeys([rule.kind.value, rule.group]))},
    }


def _help(rule: Rule, language: str) -> list[str]:
    parts = [_sentence(rule.summary), _sentence(rule.reason)]
    words = ("Before", "After") if rule.kind is RuleKind.BREAKING else ("Good", "Bad")
    for word, example in zip(words, (rule.good, rule.bad), strict=True):
        if example:
            body = example.strip("\n")
            parts += [f"{word}:", f"```{language}\n{body}\n```" if language else body]
    return [part for part in parts if part]


def _sentence(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _result(judgement: Judgement, index: int, fingerprint: str, places: Places) -> dict[str, Any]:
    location = _location(places.spot_of(judgement), judgement.place.source)
    if judgement.item:
        location["logicalLocations"] = [{"fullyQualifiedName": printable(judgement.item)}]
    result: dict[str, Any] = {
        "ruleId": judgement.rule.id,
        "ruleIndex": index,
        "level": LEVELS[judgement.level],
        "message": {"text": _message("\n".join(story(judgement)))},
        "locations": [location] if location else [],
        "partialFingerprints": {"wcompose/v1": fingerprint},
        "properties": {
            "bump": judgement.bump.name.lower(),
            "effects": [effect.value for effect in judgement.effects],
            "side": None if judgement.side is None else judgement.side.value,
        },
    }
    related = [
        {
            "id": number,
            "message": {"text": _message(printable(label))},
            **_location(places.spot(place), place.source),
        }
        for number, (label, place) in enumerate(judgement.related, 1)
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _message(text: str) -> str:
    """Text in which nothing is a link; square brackets before a round one would be."""
    return text.replace("](", "] (")


def _location(spot: Spot, source: str) -> dict[str, Any]:
    if not spot.file:
        return {}
    artifact = {"uri": spot.uri}
    if not spot.is_absolute:
        artifact["uriBaseId"] = ROOT
    # Readers that show results in files want a line of each.
    region: dict[str, Any] = {"startLine": spot.line or 1}
    if spot.line and spot.column:
        region["startColumn"] = spot.column
        if spot.end_column:
            region["endColumn"] = spot.end_column
    physical: dict[str, Any] = {"artifactLocation": artifact, "region": region}
    if spot.line and source:
        physical["contextRegion"] = {"startLine": spot.line, "snippet": {"text": printable(source)}}
    return {"physicalLocation": physical}
