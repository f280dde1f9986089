"""Suppressing one finding, beside the item and by its path."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from wcompose.check.model import Judgement, Rule, RuleKind
from wcompose.check.project_rules import PROJECT_RULES
from wcompose.check.settings import Ignore, Settings
from wcompose.check.suppress import Suppressions
from wcompose.report import Level, Place

TODAY = date(2026, 11, 21)
NAMED, BROKEN = (
    Rule("name-keyword", RuleKind.LINT, "standard", Level.WARNING, "", ""),
    Rule("func-no-delete", RuleKind.BREAKING, "breaking", Level.ERROR, "", ""),
)
RULES = (NAMED, BROKEN, *PROJECT_RULES)
MARK = "// wcompose:ignore"


def run(
    text: str, *judgements: Judgement, settings: Settings | None = None, is_compared: bool = False
) -> tuple[list[Judgement], list[Judgement], int]:
    """What is kept, what is wrong with the suppressions, and how many suppressed something."""
    work = Suppressions({"a.wit": text}, settings or Settings(), RULES, TODAY)
    kept = work.keep(judgements)
    return kept, work.left(is_compared=is_compared), work.count


def at(line: int, rule: Rule = NAMED, file: str = "a.wit", item: str = "a:b/c.new") -> Judgement:
    return Judgement(rule, "found", item, Place(file, line, 3))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"new: func(); {MARK} name-keyword why not\n", 1),
        (f"{MARK} name-keyword why not\nnew: func();\n", 2),
        (f"{MARK} NAME_KEYWORD why not\r\nnew: func();\r\n", 2),
        (f"{MARK} name-keyword why not\n\n/// Docs.\n/** more */ // plain\n  new: func();\n", 5),
        (f"{MARK} name-keyword why\n@since(version = 1.0.0)\n@unstable(feature = a)\nnew: func();", 4),
        (f"{MARK} name-keyword why not\n@since(version = 1.0.0) new: func();\n", 2),
        (f"{MARK} func-no-delete one reason\n{MARK} name-keyword another\nnew: func();\n", 3),
        (f"/* one /* two */\nstill */ new: func(); {MARK} name-keyword why\n", 2),
        (f"{MARK} name-keyword until=2026-11-21 why not\nnew: func();\n", 2),
        (f"{MARK} name-keyword why not until=2026-12-01\nnew: func();\n", 2),
    ],
)  # fmt: skip
def test_a_comment_counts_for_the_item_beside_it(text: str, line: int) -> None:
    kept, wrong, count = run(text, at(line))
    assert (kept, wrong, count) == ([], [], 1)


@pytest.mark.parametrize(
    "text",
    [
        f"/// {MARK[3:]} name-keyword why\nnew: func();\n",
        f"//// {MARK[3:]} name-keyword why\nnew: func();\n",
        f"/* {MARK} name-keyword why */\nnew: func();\n",
        f"/*\n{MARK} name-keyword why\n*/ new: func();\n",
        "// wcompose:ignored name-keyword why\nnew: func();\n",
        "// see wcompose:ignore name-keyword why\nnew: func();\n",
    ],
)
def test_what_is_no_plain_comment_suppresses_nothing(text: str) -> None:
    judgement = at(2)
    assert run(text, judgement) == ([judgement], [], 0)


def test_a_comment_counts_for_its_rule_its_item_and_its_file_only() -> None:
    text = f"{MARK} name-keyword why\nnew: func();\nclass: func();\n"
    others = [at(3), at(2, BROKEN), at(2, file="b.wit")]
    kept, wrong, count = run(text, *others)
    assert (kept, count) == (others, 0)
    (unused,) = wrong
    assert unused.rule.id == "unused-suppression"
    assert unused.level is Level.WARNING
    assert (unused.place.line, unused.place.column) == (1, 1)
    assert unused.place.source == f"{MARK} name-keyword why"


def test_one_comment_may_cover_several_findings_of_an_item() -> None:
    kept, wrong, count = run(f"{MARK} name-keyword why\nnew: func();", at(2), at(2, item="a:b/c.d"))
    assert (kept, wrong, count) == ([], [], 2)


@pytest.mark.parametrize(
    ("comment", "rule", "hint"),
    [
        (MARK, "suppression-malformed", "write `// wcompose:ignore RULE reason`"),
        (f"{MARK} name-keyword", "suppression-without-reason",
         "write the reason behind the rule: `// wcompose:ignore name-keyword …`"),
        (f"{MARK} name-keyword until=2027-01-01 --", "suppression-without-reason",
         "write the reason behind the rule: `// wcompose:ignore name-keyword …`"),
        (f"{MARK} name-keywrd why", "suppression-malformed", "did you mean `name-keyword`?"),
        (f"{MARK} wit-syntax why", "suppression-malformed",
         "mend what it finds, and remove the comment"),
        (f"{MARK} name-keyword until=soon why", "suppression-malformed",
         "write the last day on which it counts: `until=2027-01-31`"),
    ],
)  # fmt: skip
def test_a_comment_that_is_wrong_is_told_and_suppresses_nothing(
    comment: str, rule: str, hint: str
) -> None:
    judgement = at(2)
    kept, (wrong,), count = run(f"{comment}\nnew: func();\n", judgement)
    assert (kept, count) == ([judgement], 0)
    assert (wrong.rule.id, wrong.hint, wrong.level) == (rule, hint, Level.ERROR)
    assert wrong.place.line == 1


def test_what_expired_suppresses_nothing_and_is_told() -> None:
    judgement = at(2)
    text = f"{MARK} name-keyword until=2026-11-20 until spring\nnew: func();\n"
    kept, (wrong,), count = run(text, judgement)
    assert (kept, count) == ([judgement], 0)
    assert wrong.rule.id == "suppression-expired"
    assert "2026-11-20" in wrong.message
    assert wrong.causes == ("reason: until spring",)


def test_suppressions_of_breaks_are_unused_only_where_breaks_were_looked_for() -> None:
    text = f"{MARK} func-no-delete why\nnew: func();\n"
    assert run(text) == ([], [], 0)
    _, (wrong,), _ = run(text, is_compared=True)
    assert wrong.rule.id == "unused-suppression"


def test_an_entry_of_the_settings_covers_what_is_gone() -> None:
    ignore = Ignore("func-no-delete", "a:b/c.old", "why", None, Place("wcompose.toml", 7))
    settings = Settings(ignores=(ignore,))
    gone = Judgement(BROKEN, "gone", "a:b/c.old", Place("main:a.wit", 3))
    assert run("", gone, settings=settings, is_compared=True) == ([], [], 1)
    kept, (wrong,), _ = run("", at(2, BROKEN), settings=settings, is_compared=True)
    assert len(kept) == 1
    assert wrong.rule.id == "unused-suppression"
    assert wrong.place == ignore.place
    assert "a:b/c.old" in wrong.message


def test_a_suppression_of_a_rule_that_is_off_says_so() -> None:
    text = f"{MARK} name-keyword why\nnew: func();\n"
    _, (wrong,), _ = run(text, at(2), settings=Settings(off=frozenset({"name-keyword"})))
    assert wrong.causes == ("`name-keyword` is switched off",)


def test_project_rules_cannot_be_suppressed(tmp_path: Path) -> None:
    ignore = Ignore("lock-differs", "*", "why", None, Place())
    judgement = Judgement(PROJECT_RULES[0], "found", "x", Place("a.wit", 2))
    work = Suppressions({}, Settings(ignores=(ignore,)), RULES, TODAY)
    assert work.keep([judgement]) == [judgement]
