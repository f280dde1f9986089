"""What checks and comparisons are written as: goldens, published schemas, hostile texts, bounds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
from check.samples import (
    CHANGES,
    CHECKED,
    DELETED,
    HOSTILE,
    HOSTILE_CHANGES,
    MANY,
    MANY_CHANGES,
    NOTHING,
    RENAMED,
    RULES,
    UNMET,
)
from golden import assert_golden
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from support import REPOSITORY

from wcompose import __version__
from wcompose.check.model import Bump, Change, ChangeKind, Checked, Judgement
from wcompose.check.outputs import (
    CHANGE_FORMATS,
    FORMATS,
    Verdict,
    output_schema,
    render,
    render_changes,
)
from wcompose.check.outputs.markdown import LIMIT
from wcompose.engine import Engine
from wcompose.report import Level, Place

GOLDEN = Path(__file__).parent / "golden" / "outputs"
SARIF = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text("utf-8"))
EVERY = {"checked": CHECKED, "nothing": NOTHING, "hostile": HOSTILE, "many": MANY}
ENDINGS = {"text": "txt", "junit": "xml", "github": "txt", "markdown": "md"}

texts = st.text(st.characters(codec=None), max_size=60)


@pytest.mark.parametrize("format_", FORMATS)
def test_findings(format_: str) -> None:
    text = render(CHECKED, format_, rules=RULES)
    text = text.replace(f'"semanticVersion": "{__version__}"', '"semanticVersion": "VERSION"')
    assert_golden(GOLDEN / f"check-{format_}.{ENDINGS.get(format_, 'json')}", text)


@pytest.mark.parametrize("format_", CHANGE_FORMATS)
def test_changes(format_: str) -> None:
    file = GOLDEN / f"diff-{format_}.{ENDINGS.get(format_, 'json')}"
    verdict = Verdict("main:wit", "wit", Bump.TRACK, UNMET)
    assert_golden(file, render_changes(CHANGES, format_, verdict=verdict))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", EVERY)
def test_the_same_findings_give_the_same_text(name: str, format_: str) -> None:
    checked = EVERY[name]
    again = Checked.of(reversed(checked.judgements), checked.subjects, checked.suppressed)
    text = render(checked, format_)
    assert text == render(again, format_)
    assert text.endswith("\n")
    text.encode("utf-8")


def test_no_format_but_text_needs_the_terminal_library() -> None:
    program = (
        "import sys; from wcompose.check.model import Checked; from wcompose.check.outputs import *;"
        "c = Checked.of([], ['wit']); [render(c, f) for f in FORMATS if f != 'text'];"
        "[render_changes([], f) for f in CHANGE_FORMATS]; sys.exit('rich' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_unknown_formats_are_refused() -> None:
    with pytest.raises(ValueError, match="xml"):
        render(NOTHING, "xml")
    with pytest.raises(ValueError, match="sarif"):
        render_changes((), "sarif")


# JSON


@pytest.mark.parametrize("name", ["check", "diff"])
def test_the_published_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(output_schema(name))


@pytest.mark.parametrize("name", EVERY)
def test_json_is_as_its_schema_says(name: str) -> None:
    data = json.loads(render(EVERY[name], "json"))
    jsonschema.Draft202012Validator(output_schema("check")).validate(data)
    assert len(data["findings"]) == len(EVERY[name].judgements)
    assert sum(data["counts"][level] for level in ("error", "warning", "note")) == len(
        data["findings"]
    )


@pytest.mark.parametrize("changes", [(), CHANGES, HOSTILE_CHANGES, MANY_CHANGES])
def test_json_of_changes_is_as_its_schema_says(changes: tuple[Change, ...]) -> None:
    for verdict in (None, Verdict("a", "b", Bump.MINOR, HOSTILE.judgements[0])):
        data = json.loads(render_changes(changes, "json", verdict=verdict))
        jsonschema.Draft202012Validator(output_schema("diff")).validate(data)
        assert len(data["changes"]) == len(changes)
        assert data["is_carried"] == (verdict is None)


def test_every_key_of_the_schemas_is_described() -> None:
    def properties(schema: Any) -> Any:
        if isinstance(schema, dict):
            for name, inner in schema.get("properties", {}).items():
                yield name, inner
            for inner in schema.values():
                yield from properties(inner)

    for name in ("check", "diff"):
        schema = output_schema(name)
        for key, inner in properties(schema):
            described = "description" in inner or "$ref" in inner or inner.get("type") == "integer"
            assert described, (name, key)


def test_findings_of_a_real_run_are_as_the_schemas_say(engine: Engine, tmp_path: Path) -> None:
    from wcompose.check.run import Conditions, run_checks

    paths = [REPOSITORY / "tests/engine/wit" / name for name in ("good", "bad/syntax-in-two-files")]
    old = tmp_path / "old"
    shutil.copytree(paths[0], old)
    (old / "worlds.wit").write_text(
        "package demo:good@1.2.0;\nworld gone { export lost: func(); }\n"
    )
    for chosen, against in ((paths, None), (paths[:1], str(old))):
        run = run_checks(chosen, Conditions(date(2026, 11, 21), tmp_path, against), engine)
        assert run.checked.judgements
        data = json.loads(render(run.checked, "json", rules=run.rules, base=REPOSITORY))
        jsonschema.Draft202012Validator(output_schema("check")).validate(data)
        log = json.loads(render(run.checked, "sarif", rules=run.rules, base=REPOSITORY))
        jsonschema.Draft4Validator(SARIF).validate(log)
        held(render(run.checked, "markdown", rules=run.rules, base=REPOSITORY))
        assert len({each["fingerprint"] for each in data["findings"]}) == len(data["findings"])
    kinds = {each["kind"] for each in data["findings"]}
    assert kinds >= {"breaking", "lint"}


# Fingerprints


def fingerprints(checked: Checked) -> list[str]:
    return [each["fingerprint"] for each in json.loads(render(checked, "json"))["findings"]]


def test_fingerprints_stay_when_lines_move() -> None:
    moved = replace(RENAMED, place=Place("wit/other.wit", 90, 1), message="in other words")
    assert fingerprints(Checked.of([moved])) == fingerprints(Checked.of([RENAMED]))


def test_repeated_fingerprints_are_told_apart_and_the_first_stays() -> None:
    twice = Checked.of([RENAMED, replace(RENAMED, place=Place("wit/shop.wit", 20, 1))])
    first, second = fingerprints(twice)
    assert [first] == fingerprints(Checked.of([RENAMED]))
    assert first != second
    assert fingerprints(twice) == [
        each["fingerprint"] for each in json.loads(render(twice, "gitlab"))
    ]
    results = json.loads(render(twice, "sarif"))["runs"][0]["results"]
    assert [each["partialFingerprints"]["wcompose/v1"] for each in results] == [first, second]


# SARIF


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("rules", [(), RULES])
def test_sarif_is_as_its_schema_says(name: str, rules: tuple[Any, ...]) -> None:
    log = json.loads(render(EVERY[name], "sarif", rules=rules))
    jsonschema.Draft4Validator(SARIF).validate(log)
    (run,) = log["runs"]
    names = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert names == sorted(set(names))
    for result in run["results"]:
        assert names[result["ruleIndex"]] == result["ruleId"]
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert region.get("endColumn", 9999) > region.get("startColumn", 0)


def test_sarif_has_relative_references_that_lead_to_files_of_now() -> None:
    log = json.loads(render(Checked.of([DELETED], ["wit"]), "sarif"))
    (result,) = log["runs"][0]["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "wit/shop.wit", "uriBaseId": "%SRCROOT%"}
    assert physical["region"] == {"startLine": 1}, "lines of another revision mean nothing now"
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 5


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("wit/a b#c?.wit", "wit/a%20b%23c%3F.wit"),
        ("wit/ä.wit", "wit/%C3%A4.wit"),
        ("./wit/a.wit", "wit/a.wit"),
        ("wit/a:b.wit", "wit/a%3Ab.wit"),
        ("wit/\udcff.wit", "wit/%FF.wit"),
        ("../wit/a.wit", "../wit/a.wit"),
    ],
)
def test_sarif_spells_files_as_references(file: str, uri: str) -> None:
    checked = Checked.of([replace(RENAMED, place=Place(file, 1, 1))], ["wit", "../wit"])
    (result,) = json.loads(render(checked, "sarif"))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_absolute_files_are_told_relative_to_where_the_check_was_started(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "wit" / "shop.wit"), 4, 1)
    checked = Checked.of([replace(RENAMED, place=place)], [str(tmp_path / "wit")])
    for format_ in ("sarif", "gitlab", "github", "markdown", "junit"):
        assert str(tmp_path) in render(checked, format_)
    assert json.loads(render(checked, "gitlab", base=tmp_path))[0]["location"]["path"] == (
        "wit/shop.wit"
    )
    assert "file=wit/shop.wit,line=4" in render(checked, "github", base=tmp_path)
    absolute = json.loads(render(checked, "sarif"))["runs"][0]["results"][0]["locations"][0]
    artifact = absolute["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": f"file://{tmp_path}/wit/shop.wit"}


def test_sarif_has_no_links_that_contracts_made() -> None:
    for result in json.loads(render(HOSTILE, "sarif"))["runs"][0]["results"]:
        assert "](" not in result["message"]["text"]


# GitLab


@pytest.mark.parametrize("name", EVERY)
def test_gitlab_has_what_it_asks_for(name: str) -> None:
    report = json.loads(render(EVERY[name], "gitlab"))
    assert len(report) == len(EVERY[name].judgements)
    for entry in report:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert entry["location"]["path"]
        assert not entry["location"]["path"].startswith("./")
        assert entry["location"]["lines"]["begin"] >= 1
    assert len({entry["fingerprint"] for entry in report}) == len(report)


# GitHub

COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:\r\n]*,?)+)::(.*)")


@pytest.mark.parametrize("name", EVERY)
def test_github_gets_one_line_for_each_finding_and_no_other_command(name: str) -> None:
    lines = render(EVERY[name], "github").splitlines()
    *commands, last = lines
    assert len(commands) == len(EVERY[name].judgements)
    assert all(COMMAND.fullmatch(line) for line in commands)
    assert not last.startswith("::")
    words = [COMMAND.fullmatch(line).group(1) for line in commands]  # type: ignore[union-attr]
    assert words == sorted(words, key=["error", "warning", "notice"].index)


@given(texts, texts)
def test_github_reads_back_what_was_meant(message: str, file: str) -> None:
    judgement = Judgement(RENAMED.rule, message, place=Place("x" + file, 1))
    text = render(Checked.of([judgement]), "github")
    assert text.count("\n") == 2
    match = COMMAND.fullmatch(text.splitlines()[0])
    assert match is not None
    assert unquote(match[3]).isprintable() or "\n" in unquote(match[3])


# JUnit


def read_xml(data: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(data)  # noqa: S314 - our own output


@pytest.mark.parametrize("name", EVERY)
def test_junit_counts_what_it_lists(name: str) -> None:
    root = read_xml(render(EVERY[name], "junit", rules=RULES).encode())
    suites = root.findall("testsuite")
    assert [suite.get("name") is not None for suite in suites]
    assert len(suites) == len(EVERY[name].subjects)
    for suite in suites:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases) >= len(RULES)
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
    assert root.get("tests") == str(len(root.findall("testsuite/testcase")))
    assert root.get("failures") == str(len(root.findall("testsuite/testcase/failure")))
    assert bool(root.findall(".//failure")) == EVERY[name].has_errors


def test_junit_lists_rules_that_pass_and_puts_findings_in_their_suite() -> None:
    root = read_xml(render(CHECKED, "junit", rules=RULES).encode())
    failed = {
        (suite.get("name"), case.get("name"))
        for suite in root
        for case in suite
        if case.find("failure") is not None
    }
    assert failed == {
        ("wit", "func-no-delete"),
        ("wit", "wit-syntax"),
        ("tills/wcompose.toml", "wit-syntax"),
    }
    (empty,) = (suite for suite in root if suite.get("name") == "empty")
    assert [case.get("name") for case in empty] == [rule.id for rule in RULES]


def test_junit_has_a_case_even_when_no_rule_is_known() -> None:
    root = read_xml(render(NOTHING, "junit").encode())
    assert [case.get("name") for case in root.iter("testcase")] == ["contracts"]


@given(texts)
def test_junit_is_xml_whatever_is_in_it(text: str) -> None:
    judgement = Judgement(RENAMED.rule, text, text, Place(text, 1, 1, source=text), hint=text)
    root = read_xml(render(Checked.of([judgement], [text]), "junit").encode())
    assert len(list(root.iter("failure"))) == 1


# Markdown


def tokens(text: str) -> list[Any]:
    found = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        found += [token, *(token.children or ())]
    return found


OWN_HTML = {
    "<!-- wcompose check -->\n",
    "<!-- wcompose diff -->\n",
    "<details><summary>Details</summary>\n",
    "</details>\n",
    "<br>",
    "<code>",
    "</code>",
}


@pytest.mark.parametrize("name", EVERY)
def test_a_comment_has_no_markup_but_ours(name: str) -> None:
    held(render(EVERY[name], "markdown"))


@pytest.mark.parametrize("changes", [(), CHANGES, HOSTILE_CHANGES, MANY_CHANGES])
def test_a_comment_on_changes_has_no_markup_but_ours(changes: tuple[Change, ...]) -> None:
    held(render_changes(changes, "markdown"))
    verdict = Verdict("a", "b", Bump.MINOR, HOSTILE.judgements[0])
    held(render_changes(changes, "markdown", verdict=verdict))


def held(text: str) -> None:
    """Whether a comment is bounded, and has rows of one width, our HTML, no links and no mentions."""
    assert len(text) <= LIMIT
    found = tokens(text)
    html = {token.content for token in found if token.type in {"html_inline", "html_block"}}
    assert html <= OWN_HTML
    assert not {"link_open", "image", "blockquote_open", "hr"} & {token.type for token in found}
    shown, is_code = "", False
    for token in found:
        if token.type == "html_inline" and "code>" in token.content:
            is_code = token.content == "<code>"
        elif token.type in {"text", "text_special"}:
            # Code has no mentions and no references.
            shown += "" if is_code else token.content
    assert not re.search(r"[@#]\w", shown)
    assert not re.search(r"https?://|\bwww\.", shown)
    kinds = [token.type for token in found]
    columns = kinds.count("th_open")
    assert kinds.count("td_open") == columns * (kinds.count("tr_open") - 1 if columns else 0)


def rows(text: str) -> int:
    return [token.type for token in tokens(text)].count("tr_open") - 1


def test_a_comment_says_how_much_it_left_out() -> None:
    text = render(MANY, "markdown")
    left = re.search(r"… ([\d,]+) more", text)
    assert left is not None
    assert int(left[1].replace(",", "")) + rows(text) == len(MANY.judgements)
    assert len(text.encode()) > LIMIT * 0.9
    assert "warning" not in re.findall(r"^\| (\w+) \|", text, re.MULTILINE), (
        "the heaviest come first"
    )


def test_details_say_how_much_they_left_out() -> None:
    some = Checked.of(MANY.judgements[:250], MANY.subjects)
    text = render(some, "markdown")
    assert rows(text) == 250
    left = re.search(r"… ([\d,]+) more\n\n</details>", text)
    assert left is not None
    assert int(left[1]) + text.count("```wit") == 250


def test_a_comment_on_many_changes_begins_with_what_breaks() -> None:
    text = render_changes(MANY_CHANGES, "markdown")
    assert re.search(r"… [\d,]+ more", text)
    breaking = sum(bool(change.judgements) for change in MANY_CHANGES)
    assert text.count("| `func-no-delete` |") == breaking


@given(texts)
def test_a_comment_stays_whole_whatever_is_in_it(text: str) -> None:
    judgement = Judgement(
        RENAMED.rule, text, text, Place(text, 1, 1, source=text), causes=(text,), hint=text
    )
    held(render(Checked.of([judgement], [text]), "markdown"))
    held(render_changes([Change(ChangeKind.ADDED, text, text, text, text)], "markdown"))


# Text


@given(texts, st.sampled_from(Level))
def test_text_cannot_steer_the_terminal(text: str, level: Level) -> None:
    judgement = Judgement(
        RENAMED.rule, text, text, Place(text, 1, 1, 3, source=text), level, hint=text
    )
    for shown in (
        render(Checked.of([judgement], [text]), "text"),
        render_changes([Change(ChangeKind.ADDED, text, text, text, text)], "text"),
    ):
        assert all(each.isprintable() or each in "\n\t" for each in shown)


def test_a_caret_stands_under_what_is_meant() -> None:
    *_, source, mark, _hint, _blank, _end = render(Checked.of([RENAMED]), "text").splitlines()
    start = mark.index("^")
    assert source[start : start + mark.count("^")] == "class"


def test_drives_are_no_revisions() -> None:
    place = Place(str(PureWindowsPath("C:/wit/shop.wit")), 3, 1)
    (entry,) = json.loads(render(Checked.of([replace(RENAMED, place=place)]), "gitlab"))
    assert entry["location"]["lines"]["begin"] == 3
