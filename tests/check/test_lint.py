"""Lint: every rule on every fixture, real packages, large ones and odd ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from golden import assert_golden
from support import REPOSITORY

from wcompose.check.lint import finder, lint
from wcompose.check.lint_rules import LINT_RULES
from wcompose.check.model import Judgement, Rule
from wcompose.contract import Contract
from wcompose.engine import Engine
from wcompose.report import Level

FIXTURES = Path(__file__).parent / "lint"
RULES = {rule.id: rule for rule in LINT_RULES}


def linted(engine: Engine, path: Path) -> list[Judgement]:
    """What is found in a path, with files named relative to it."""
    data = engine.resolve(path)
    texts = {name: Path(name).read_text("utf-8") for name in data["files"]}
    found = list(lint(Contract.from_json(data, texts), texts))
    return sorted(found, key=Judgement.sort_key)


def fixture(rule: str, word: str) -> Path:
    file = FIXTURES / rule / f"{word}.wit"
    return file if file.is_file() else FIXTURES / rule / word


def fired(judgements: list[Judgement]) -> set[str]:
    return {each.rule.id for each in judgements}


@pytest.mark.parametrize("rule", LINT_RULES, ids=lambda rule: rule.id)
def test_a_rule_fires_on_its_bad_fixture_and_not_on_its_good_one(
    engine: Engine, rule: Rule
) -> None:
    bad = [each for each in linted(engine, fixture(rule.id, "bad")) if each.rule is rule]
    assert bad
    assert rule.id not in fired(linted(engine, fixture(rule.id, "good")))
    for each in bad:
        assert each.item.startswith("shop:") or each.item == "bank:payments"
        assert each.place.file
        assert each.place.line
        assert each.place.column
        assert each.place.source
        assert each.hint
        assert not each.message.endswith(".")
    prints = [each.fingerprint for each in bad]
    assert len(prints) == len(set(prints))


@pytest.mark.parametrize("word", ["bad", "good"])
@pytest.mark.parametrize("rule", LINT_RULES, ids=lambda rule: rule.id)
def test_the_examples_of_the_table_are_those_of_the_fixtures(rule: Rule, word: str) -> None:
    path = fixture(rule.id, word)
    files = [path] if path.is_file() else sorted(path.rglob("*.wit"))
    told = [line.strip() for line in getattr(rule, word).splitlines()]
    text = [line.strip() for each in files for line in each.read_text("utf-8").splitlines()]
    rest = iter(text)
    for line in told:
        if line and not line.startswith("// "):
            assert line in rest, line


def test_what_every_rule_finds_in_every_fixture_is_known(engine: Engine) -> None:
    lines = list(_matrix(engine))
    assert_golden(FIXTURES / "matrix.txt", "".join(f"{line}\n" for line in lines))
    assert {each.name for each in FIXTURES.iterdir() if each.is_dir()} == set(RULES)


def _matrix(engine: Engine) -> Iterator[str]:
    for rule in sorted(RULES):
        for word in ("bad", "good"):
            path = fixture(rule, word)
            yield f"{rule}/{word}"
            undocumented = 0
            for each in linted(engine, path):
                if each.rule.group == "comments" and not rule.startswith("comment-"):
                    undocumented += 1
                    continue
                file = Path(each.place.file).name if path.is_dir() else ""
                where = f"{file}:{each.place.line}:{each.place.column}".removeprefix(":")
                level = each.level.name.lower()
                yield f"  {where} {level} {each.rule.id} [{each.item}] {each.message}"
            if undocumented:
                yield f"  without comments: {undocumented}"


def test_every_rule_has_a_function_of_its_name() -> None:
    for rule in LINT_RULES:
        assert finder(rule).__name__ == rule.id.replace("-", "_")
    unknown = Rule("no-such-rule", RULES["use-used"].kind, "basic", Level.ERROR, "", "")
    with pytest.raises(KeyError):
        finder(unknown)


def test_levels_and_groups_are_as_agreed() -> None:
    errors = {each.id for each in LINT_RULES if each.level is Level.ERROR}
    assert errors == {"gate-containment", "stable-no-use-unstable", "gate-deprecated-order"}
    on = {each.group for each in LINT_RULES if each.is_default}
    off = {each.group for each in LINT_RULES if not each.is_default}
    assert on == {"minimal", "basic", "standard"}
    assert off == {"style", "comments", "optional"}


def test_our_own_contracts_are_almost_clean(engine: Engine) -> None:
    found = [each for each in linted(engine, REPOSITORY / "wit") if each.rule.is_default]
    assert {(each.rule.id, each.item) for each in found} <= {
        ("error-type-extensible", "digits:vision/analysis.analysis-error")
    }


def test_only_the_main_package_is_linted(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "deps").mkdir()
    (tmp_path / "a.wit").write_text("package a:b@1.0.0;\nworld w { import c:d/e@1.0.0; }\n")
    bad = "package c:d@1.0.0;\ninterface e { record %unused { yield: u8 } new: func(); }\n"
    (tmp_path / "deps/d.wit").write_text(bad)
    found = linted(engine, tmp_path)
    assert {each.place.file for each in found} == {str(tmp_path / "a.wit")}
    assert not {each.rule.id for each in found if each.rule.is_default}


def generated(interfaces: int) -> str:
    """A package of 11 lines an interface."""
    parts = ["package shop:big@1.0.0;"]
    for number in range(interfaces):
        use = f"use i{number - 1}.{{row{number - 1}}};" if number else "// the first"
        inner = f"inner: row{number - 1}," if number % 50 else "inner: u8,"
        parts.append(
            f"interface i{number} {{\n  {use}\n  record row{number} {{\n    {inner}\n  }}\n"
            f"  enum error{number} {{\n    other,\n  }}\n"
            f"  get: func(key: string) -> result<row{number}, error{number}>;\n}}\n"
        )
    parts.append("world all {")
    parts += [f"  import i{number};" for number in range(interfaces)]
    return "\n".join([*parts, "}", ""])


def counted(engine: Engine, path: Path, text: str) -> int:
    """How much Python does to lint a text: calls, which do not depend on the machine."""
    path.write_text(text)
    data = engine.resolve(path)
    contract = Contract.from_json(data, {str(path): text})
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        for _ in lint(contract, {str(path): text}):
            pass
    finally:
        sys.setprofile(None)
    return calls


def aliases(number: int) -> str:
    rows = "".join(f"  type t{each} = t{each - 1};\n" for each in range(1, number))
    last = f"  record pair {{\n    a: t{number - 1},\n    b: t0,\n  }}\n"
    return (
        f"package shop:deep;\ninterface i {{\n  type t0 = u8;\n{rows}{last}"
        f"  go: func(a: pair) -> result<pair, t{number - 1}>;\n}}\n"
    )


def same_types(number: int) -> str:
    return "package shop:same;\n" + "".join(
        f"@unstable(feature = same-f{each})\ninterface i{each} {{\n  record r{each} {{ a: u8, b: u8 }}\n"
        "  record s { a: u8, b: u8, c: u8 }\n}\n"
        for each in range(number)
    )


def one_line(number: int) -> str:
    return generated(number).replace("// the first", "").replace("\n", " ")


@pytest.mark.parametrize("make", [generated, aliases, same_types, one_line])
def test_the_work_grows_no_faster_than_the_text(
    engine: Engine, tmp_path: Path, make: Callable[[int], str]
) -> None:
    small, large = (counted(engine, tmp_path / "a.wit", make(number)) for number in (100, 400))
    assert large < 6 * small


def test_ten_thousand_lines_are_not_too_many(engine: Engine, tmp_path: Path) -> None:
    text = generated(900)
    assert text.count("\n") > 10_000
    (tmp_path / "a.wit").write_text(text)
    found = [each for each in linted(engine, tmp_path / "a.wit") if each.rule.is_default]
    assert fired(found) == {"use-used"}
    # Every fiftieth interface does not need what it uses.
    assert len(found) == 17


def text_of(engine: Engine, path: Path, text: str) -> set[tuple[str, str]]:
    """Rules that are on by default and find something in a text, with the names of the items."""
    path.write_text(f"package shop:orders@1.1.0;\n{text}\n")
    found = [each for each in linted(engine, path) if each.rule.is_default]
    return {(each.rule.id, each.item.partition("/")[2]) for each in found}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # Members of a `types` interface are reached through `use`.
        ("interface types { record r { a: u8 } } interface i { use types.{r}; f: func(a: r); }", set()),
        # A package of types only is there for others.
        ("interface types { record r { a: u8 } enum e { a } }", set()),
        # A type may be re-exported along a chain.
        (
            ("interface a { record r { a: u8 } } interface b { use a.{r}; } "
            "interface c { use b.{r}; f: func() -> r; }"),
            set(),
        ),
        # The other side may have made what it passes.
        ("interface i { resource r { m: func(); } take: func(it: r); }", set()),
        ("interface i { resource r { m: func(); } borrow-it: func(it: borrow<r>); }",
         {("resource-reachable", "i.r")}),
        # Two fields may be alike by chance; three may not.
        (("interface a { record p { x: u8, y: u8 } f: func(a: p); } "
         "interface b { record q { x: u8, y: u8 } f: func(a: q); }"), set()),
        (("interface a { record p { x: u8, y: u8, z: u8 } f: func(a: p); } "
         "interface b { record q { x: u8, y: u8, z: u8 } f: func(a: q); }"),
         {("no-cross-file-dup-type", "b.q")}),
        # Resources are equal to themselves only.
        (("interface a { resource r { constructor(); } record p { x: r, y: u8 } f: func(a: p); } "
         "interface b { resource r { constructor(); } record p { x: r, y: u8 } f: func(a: p); }"),
         set()),
        # What a world includes is told where it is written.
        ("world a { import %from: func(); } world b { include a; import c: func(); }",
         {("name-keyword", "a.from")}),
        # What is unstable only needs no versions elsewhere.
        ("interface i { @unstable(feature = orders-x) f: func(); g: func(); }", set()),
        ("interface i { @since(version = 1.0.0) f: func(); g: func(); }", {("gate-since-present", "i")}),
        ("@unstable(feature = orders-x) interface i { @since(version = 1.0.0) f: func(); }",
         {("gate-containment", "i.f")}),
        # JavaScript takes any word as the name of a method.
        ("interface i { resource r { constructor(); debugger: func(); } }", set()),
        ("interface i { debugger: func(); }", {("name-keyword", "i.debugger")}),
        # Errors of other packages are theirs to change; what carries a text takes everything.
        ("interface i { variant e { failed(string), gone } f: func() -> result<_, e>; }", set()),
    ],
)  # fmt: skip
def test_what_is_found_and_what_is_not(
    engine: Engine, tmp_path: Path, text: str, found: set[tuple[str, str]]
) -> None:
    assert text_of(engine, tmp_path / "orders.wit", text) == found
