"""Which rules are on: the table `[check]`, in a project and beside bare WIT."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from wcompose.check.model import Judgement, Rule, RuleKind
from wcompose.check.settings import Settings, normal, read_settings
from wcompose.engine import Engine
from wcompose.errors import ProjectError
from wcompose.project import CheckDeclaration, IgnoreDeclaration, load_check_file, load_project
from wcompose.report import Level, Place

RULES = tuple(
    Rule(name, kind, group, Level.WARNING, "", "", is_default=is_default)
    for name, kind, group, is_default in (
        ("small", RuleKind.LINT, "minimal", True),
        ("plain", RuleKind.LINT, "basic", True),
        ("usual", RuleKind.LINT, "standard", True),
        ("comment-func", RuleKind.LINT, "comments", False),
        ("comment-type", RuleKind.LINT, "comments", False),
        ("func-no-delete", RuleKind.BREAKING, "breaking", True),
        ("type-no-add", RuleKind.BREAKING, "breaking", True),
        ("wit-syntax", RuleKind.PROJECT, "project", True),
    )
)
BREAKING = {"func-no-delete", "type-no-add"}


def on(settings: Settings) -> set[str]:
    return {rule.id for rule in RULES if settings.is_on(rule)} - {"wit-syntax"}


def read(**told: object) -> Settings:
    return read_settings(CheckDeclaration(**told), RULES)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("use", "without", "expected"),
    [
        (None, (), {"small", "plain", "usual"} | BREAKING),
        ((), (), BREAKING),
        (("minimal",), (), {"small"} | BREAKING),
        (("basic",), (), {"small", "plain"} | BREAKING),
        (("standard", "COMMENT_FUNC"), (), {"small", "plain", "usual", "comment-func"} | BREAKING),
        (("default", "comments"), ("comment-type",),
         {"small", "plain", "usual", "comment-func"} | BREAKING),
        (("func-no-delete",), (), {"small", "plain", "usual", "func-no-delete"}),
        (None, ("breaking", "minimal"), {"plain", "usual"}),
        (None, ("standard",), BREAKING),
        (None, ("TYPE_NO_ADD",), {"small", "plain", "usual", "func-no-delete"}),
    ],
)  # fmt: skip
def test_groups_and_rules_switch_what_they_name(
    use: tuple[str, ...] | None, without: tuple[str, ...], expected: set[str]
) -> None:
    assert on(read(use=use, without=without)) == expected


def test_project_rules_are_always_on() -> None:
    assert read(use=(), without=("breaking",)).is_on(RULES[-1])


def test_a_rules_level_wins_over_its_groups() -> None:
    settings = read(levels={"func-no-delete": "note", "breaking": "warning", "STANDARD": "error"})
    levels = {rule.id: settings.apply(Judgement(rule, "")) for rule in RULES}
    found = {name: each.level for name, each in levels.items() if each is not None}
    assert found["func-no-delete"] is Level.NOTE
    assert found["type-no-add"] is Level.WARNING
    assert found["usual"] is Level.ERROR
    assert "comment-func" not in found


@pytest.mark.parametrize(
    ("told", "rule", "hint"),
    [
        ({"use": ("standrd",)}, "unknown-rule", "did you mean `standard`?"),
        ({"without": ("FUNC_NO_DELET",)}, "unknown-rule", "did you mean `func-no-delete`?"),
        ({"levels": {"nothing": "note"}}, "unknown-rule", "`wcompose rules` lists them"),
        ({"without": ("wit-syntax",)}, "rule-fixed", "mend what it finds"),
        ({"ignores": (IgnoreDeclaration("standard", "*", "no"),)}, "unknown-rule",
         "`wcompose rules` lists them"),
    ],
)  # fmt: skip
def test_names_that_are_no_rules_are_refused(told: dict[str, object], rule: str, hint: str) -> None:
    with pytest.raises(ProjectError) as caught:
        read(**told)
    (finding,) = caught.value.findings
    assert (finding.rule, finding.hint) == (rule, hint)


@pytest.mark.parametrize(
    ("pattern", "item", "is_covered"),
    [
        ("a:b/c.d", "a:b/c.d", True),
        ("a:b/c.d", "a:b/c.d.e", False),
        ("a:b/c.*", "a:b/c.d.e", True),
        ("*", "a:b/c", True),
        ("a:b/c.[method]r.m", "a:b/c.[method]r.m", True),
        ("a.b", "a:b", False),
    ],
)
def test_an_ignore_covers_its_item(pattern: str, item: str, *, is_covered: bool) -> None:
    (ignore,) = read(ignores=(IgnoreDeclaration("FUNC_NO_DELETE", pattern, "why"),)).ignores
    assert ignore.covers(Judgement(RULES[5], "", item)) is is_covered
    assert not ignore.covers(Judgement(RULES[6], "", item))


TABLE = """\
use = ["standard", "COMMENT_FUNC"]
except = ["usual"]
level = { breaking = "warning" }

[[ignore]]
rule = "func-no-delete"
item = "acme:shop/cart.add"
reason = "nobody uses it"
until = 2027-01-01
"""
DECLARATION = CheckDeclaration(
    use=("standard", "COMMENT_FUNC"),
    without=("usual",),
    levels={"breaking": "warning"},
    ignores=(
        IgnoreDeclaration(
            "func-no-delete", "acme:shop/cart.add", "nobody uses it", date(2027, 1, 1)
        ),
    ),
)


def nowhere(_file: str, _text: str) -> dict[tuple[str, ...], tuple[Place, Place]]:
    return {}


def test_the_same_table_is_read_in_a_project_and_in_a_file_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "wcompose-check.toml"
    own.write_text(TABLE)
    assert load_check_file(own, nowhere) == DECLARATION
    project = tmp_path / "wcompose.toml"
    (tmp_path / "a.wasm").touch()
    inner = TABLE.replace("[[ignore]]", "[[check.ignore]]")
    project.write_text(f'[project]\nname = "a"\n[components.a]\npath = "a.wasm"\n[check]\n{inner}')
    assert load_project(project, nowhere).check == DECLARATION


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("\nuze = []\n", "unknown key `uze` in `[check]`", 2),
        ('use = "standard"\n', "`check.use` must be an array, not a string", 1),
        (
            '[[ignore]]\nrule = "a"\nitem = "b"\nreason = "c"\nuntil = "2027-01-01"\n',
            "`check.ignore.0.until` must be a date such as 2027-01-01, without quotes, not a string",
            5,
        ),
        ('[[ignore]]\nrule = "a"\nitem = "b"\n', "`[check.ignore.0]` lacks `reason`", 1),
        ('[level]\n"what is it" = "note"\n', "`what is it` is no rule", 2),
        ('[level]\nplain = "off"\n',
         "`check.level.plain`: input should be 'error', 'warning' or 'note'", 2),
        ("use = [", "malformed TOML", 1),
    ],
)  # fmt: skip
def test_a_malformed_table_is_refused_at_its_line(
    tmp_path: Path, engine: Engine, text: str, message: str, line: int
) -> None:
    file = tmp_path / "wcompose-check.toml"
    file.write_text(text)
    with pytest.raises(ProjectError) as caught:
        load_check_file(file, engine.locate_toml)
    (finding,) = caught.value.findings
    assert finding.message.startswith(message)
    assert finding.place.line == line
    assert finding.place.file == str(file)


def test_a_rule_may_be_spelt_as_a_constant() -> None:
    assert normal("FUNC_NO_DELETE") == "func-no-delete"
