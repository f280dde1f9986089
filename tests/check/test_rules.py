"""The table of rules as a whole, and the page that is made from it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wcompose.check.model import RuleKind
from wcompose.check.rules import RULES
from wcompose.check.settings import normal

SCRIPTS = Path(__file__).parents[2] / "scripts"
GROUPS = {
    RuleKind.BREAKING: {"breaking"},
    RuleKind.LINT: {"minimal", "basic", "standard", "style", "comments", "optional"},
    RuleKind.GRANTS: {"grants"},
    RuleKind.PROJECT: {"project"},
}


def test_every_rule_is_there_once_and_in_a_group_of_its_kind() -> None:
    names = [rule.id for rule in RULES]
    assert len(names) == len(set(names))
    assert {rule.kind for rule in RULES} == set(RuleKind)
    for rule in RULES:
        assert rule.group in GROUPS[rule.kind], rule.id
        assert normal(rule.id) == rule.id
    assert not {rule.id for rule in RULES} & {rule.group for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_says_what_and_why(rule) -> None:
    assert rule.summary
    assert "\n" not in rule.summary
    assert not rule.summary.endswith(".")
    assert rule.reason.endswith((".", ")"))
    if rule.kind not in {RuleKind.GRANTS, RuleKind.PROJECT}:
        assert rule.bad or rule.good


def test_the_page_of_the_rules_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import make_reference

    assert make_reference.RULES_PAGE.read_text("utf-8") == make_reference.rules_page()
    sys.modules.pop("make_reference")
