"""The table of all rules, and the page that is made from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from wcompose.check.breaking_rules import BREAKING_RULES
from wcompose.check.grant_rules import GRANT_RULES
from wcompose.check.lint_rules import LINT_RULES
from wcompose.check.model import Rule, RuleKind
from wcompose.check.project_rules import PROJECT_RULES

RULES: tuple[Rule, ...] = (*BREAKING_RULES, *LINT_RULES, *GRANT_RULES, *PROJECT_RULES)
"""Every rule; each name once."""

_TITLES = {
    RuleKind.BREAKING: (
        "What breaks",
        "Two versions of a contract, with `wcompose check --against` and `wcompose diff`.",
    ),
    RuleKind.LINT: ("How a contract is written", "One contract."),
    RuleKind.GRANTS: (
        "What nodes are granted",
        "Two versions of a project or a composition, with `wcompose grants --against`.",
    ),
    RuleKind.PROJECT: (
        "Whether a project holds together",
        "These can be neither switched off nor suppressed. Other stages have more of them.",
    ),
}

_WITHOUT_EXAMPLES = {RuleKind.GRANTS, RuleKind.PROJECT}

_HEAD = """\
# Rules

<!-- Written by scripts/make_reference.py. -->

What `wcompose check`, `wcompose diff` and `wcompose grants --against` hold projects to. `wcompose rules`
prints the table, `wcompose rules NAME` one rule. [`[check]`](project-file.md#check) switches groups and
rules; a rule may be written in capitals too: `FUNC_NO_DELETE`.
"""


def rule_json(rule: Rule) -> dict[str, Any]:
    """A rule as JSON values."""
    return {
        "id": rule.id,
        "kind": rule.kind.value,
        "group": rule.group,
        "level": rule.level.name.lower(),
        "default": rule.is_default,
        "summary": rule.summary,
        "reason": rule.reason,
        "bad": rule.bad,
        "good": rule.good,
    }


def rules_json(rules: Iterable[Rule] = RULES) -> str:
    """The table as JSON."""
    return json.dumps({"rules": [rule_json(rule) for rule in rules]}, indent=2) + "\n"


def rules_text(rules: Iterable[Rule] = RULES) -> str:
    """The table as text, a line for each rule."""
    rows = [(each.id, each.group, _level(each), each.summary) for each in rules]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        + "\n"
        for row in rows
    )


def rule_text(rule: Rule) -> str:
    """Everything about one rule, as text."""
    parts = [f"{rule.id} ({rule.group}, {_level(rule)})\n{rule.summary}\n\n{rule.reason}\n"]
    words = ("before", "after") if rule.kind is RuleKind.BREAKING else ("good", "bad")
    for word, example in zip(words, (rule.good, rule.bad), strict=True):
        if example:
            body = "".join(f"  {line}\n" for line in example.strip("\n").splitlines())
            parts.append(f"\n{word}:\n{body}")
    return "".join(parts)


def rules_page(rules: Iterable[Rule] = RULES) -> str:
    """The table as a page in Markdown, for the docs."""
    rows = tuple(rules)
    parts = [_HEAD]
    for kind, (title, words) in _TITLES.items():
        chosen = [rule for rule in rows if rule.kind is kind]
        if not chosen:
            continue
        parts.append(f"\n## {title}\n\n{words}\n\n")
        parts.append("| rule | group | level | asks for |\n|---|---|---|---|\n")
        parts += [
            f"| {_linked(rule)} | {rule.group} | {_level(rule)} | {_cell(rule.summary)} |\n"
            for rule in chosen
        ]
        if kind not in _WITHOUT_EXAMPLES:
            parts += [part for rule in chosen for part in _section(rule)]
        else:
            parts.append("\n| rule | reason |\n|---|---|\n")
            parts += [f"| `{rule.id}` | {_cell(rule.reason)} |\n" for rule in chosen]
    return "".join(parts)


def _linked(rule: Rule) -> str:
    return f"`{rule.id}`" if rule.kind in _WITHOUT_EXAMPLES else f"[`{rule.id}`](#{rule.id})"


def _section(rule: Rule) -> Iterator[str]:
    yield f"\n### {rule.id}\n\n{rule.summary[:1].upper()}{rule.summary[1:]}. {rule.reason}\n"
    words = ("Before", "After") if rule.kind is RuleKind.BREAKING else ("Good", "Bad")
    for word, example in zip(words, (rule.good, rule.bad), strict=True):
        if example:
            # Text, since parts of WIT do not parse by themselves.
            yield f"\n{word}:\n\n```wit\n{example.strip(chr(10))}\n```\n"


def _level(rule: Rule) -> str:
    return rule.level.name.lower() if rule.is_default else f"off ({rule.level.name.lower()})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
