"""Rules about what nodes are granted, now and before."""

from __future__ import annotations

from collections.abc import Mapping

from wcompose.check.model import Rule, RuleKind
from wcompose.report import Level

_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE

_ROWS: tuple[tuple[str, Level, str, str], ...] = (
    (
        "grant-network-added",
        _ERROR,
        "no node reaches a new part of the network",
        "What is on the network can be told everything that the node knows.",
    ),
    (
        "grant-filesystem-added",
        _ERROR,
        "no node sees another directory",
        "What is in it can be read from then on.",
    ),
    (
        "grant-write-added",
        _ERROR,
        "no node may change a directory that it could only read",
        "What others read there can come from the node from then on.",
    ),
    (
        "grant-environment-added",
        _ERROR,
        "no node sees more of the host's environment or arguments",
        "Secrets are passed by both.",
    ),
    (
        "grant-import-added",
        _ERROR,
        "no node gets another interface from the host",
        "Nothing stands between the node and what the host does behind it.",
    ),
    (
        "grant-added",
        _WARNING,
        "no node is granted what it was not: streams, clocks, random numbers, exit, fixed values",
        "Each is one more thing that a node can do.",
    ),
    (
        "grant-widened",
        _ERROR,
        "no grant lets through more than it did",
        "A pattern or a range of ports lets through what nobody named.",
    ),
    (
        "grant-changed",
        _WARNING,
        "no grant gives something else than it did",
        "The node goes on with another value, or finds it elsewhere.",
    ),
    (
        "grant-narrowed",
        _NOTE,
        "no grant was taken away, or lets through less",
        "What the node did with it fails now.",
    ),
    (
        "need-added",
        _WARNING,
        "no node needs what it did not",
        "Code that suddenly asks for more than it was written for deserves a look.",
    ),
    (
        "need-removed",
        _NOTE,
        "no node stops to need something",
        "What it is granted of it can go.",
    ),
    (
        "need-unknown",
        _NOTE,
        "what nodes needed before is known",
        "A revision holds no nodes that were built, and the code of a composition is not told by node.",
    ),
)

GRANT_RULES: tuple[Rule, ...] = tuple(
    Rule(name, RuleKind.GRANTS, "grants", level, summary, reason)
    for name, level, summary, reason in _ROWS
)
BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in GRANT_RULES}
"""The rules by their names."""
