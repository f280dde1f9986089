"""Findings as a test report in the XML of JUnit: a suite for each subject, a case for each rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from wcompose.check.model import Checked, Judgement, Rule
from wcompose.check.outputs.places import Places
from wcompose.check.outputs.wording import LEVELS, one_line, story
from wcompose.report import Level
from wcompose.texts import printable


def render(checked: Checked, rules: tuple[Rule, ...], places: Places) -> str:
    """A report in which errors fail; what weighs less is told in the output of a case that passes."""
    subjects = checked.subjects or ("contracts",)
    found: dict[str, list[Judgement]] = {subject: [] for subject in subjects}
    for judgement in checked.judgements:
        found[places.subject_of(judgement) or subjects[0]].append(judgement)
    suites = [_Suite(subject, rules, judgements, places) for subject, judgements in found.items()]
    tests = sum(len(suite.cases) for suite in suites)
    failures = sum(suite.failures for suite in suites)
    return "".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            f'<testsuites name="wcompose check" tests="{tests}" failures="{failures}" errors="0">\n',
            *(line for suite in suites for line in suite.lines()),
            "</testsuites>\n",
        ]
    )


class _Suite:
    def __init__(
        self,
        subject: str,
        rules: Iterable[Rule],
        judgements: Iterable[Judgement],
        places: Places,
    ) -> None:
        self._subject = one_line(subject)
        self._places = places
        self.cases: dict[str, list[Judgement]] = {rule.id: [] for rule in rules}
        for judgement in judgements:
            self.cases.setdefault(judgement.rule.id, []).append(judgement)
        if not self.cases:
            # A report without any case counts as missing in some places.
            self.cases["contracts"] = []
        self.failures = sum(bool(_errors(each)) for each in self.cases.values())

    def lines(self) -> Iterator[str]:
        """The XML of the suite."""
        yield (
            f"  <testsuite name={_quoted(self._subject)} tests={_quoted(str(len(self.cases)))} "
            f'failures="{self.failures}" errors="0" skipped="0" time="0">\n'
        )
        for rule, judgements in self.cases.items():
            yield from self._case(rule, judgements)
        yield "  </testsuite>\n"

    def _case(self, rule: str, judgements: list[Judgement]) -> Iterator[str]:
        head = f"    <testcase classname={_quoted(self._subject)} name={_quoted(one_line(rule))}"
        errors = _errors(judgements)
        rest = [each for each in judgements if each.level is not Level.ERROR]
        if not judgements:
            yield f'{head} time="0"/>\n'
            return
        file = self._places.spot_of((errors or rest)[0]).file
        yield f'{head} file={_quoted(one_line(file))} time="0">\n'
        if errors:
            more = f" (and {len(errors) - 1:,} more)" if len(errors) > 1 else ""
            message = _quoted(one_line(errors[0].message) + more)
            yield f'      <failure type="error" message={message}>{self._text(errors)}</failure>\n'
        if rest:
            yield f"      <system-out>{self._text(rest)}</system-out>\n"
        yield "    </testcase>\n"

    def _text(self, judgements: Iterable[Judgement]) -> str:
        blocks = []
        for judgement in judgements:
            head = f"{LEVELS[judgement.level]}: {self._places.spot_of(judgement).shown}"
            item = f" ({printable(judgement.item)})" if judgement.item else ""
            blocks.append(
                "\n".join([head + item, *(f"  {line}" for line in story(judgement, self._places))])
            )
        return escape("\n\n".join(blocks))


def _errors(judgements: Iterable[Judgement]) -> list[Judgement]:
    return [each for each in judgements if each.level is Level.ERROR]


def _quoted(text: str) -> str:
    return quoteattr(text, {'"': "&quot;"})
