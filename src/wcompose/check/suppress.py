"""Findings that are known and accepted: ``// wcompose:ignore RULE reason``, and entries of the settings.

A comment counts for the line that it stands on or, on a line of its own, for the item below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from wcompose.check.model import Judgement, Rule, RuleKind
from wcompose.check.project_rules import project_rule
from wcompose.check.settings import Ignore, Settings, normal
from wcompose.report import Place
from wcompose.suggest import did_you_mean

MARK = "wcompose:ignore"

_TOKEN = re.compile(r"//|/\*|\*/")
_ANNOTATIONS = re.compile(r"(@[a-z]+\s*(\([^)]*\))?\s*)*")
_COMMENT = re.compile(rf"\s*{MARK}\b(?P<rest>.*)", re.DOTALL)
_UNTIL = re.compile(r"until=(?P<date>\S*)")


@dataclass(frozen=True)
class Comment:
    """A comment that suppresses a finding.

    Attributes:
        rule: rule of the finding, as the table spells it.
        reason: why it is accepted.
        until: the last day on which it is; none for ever.
        lines: numbers of the lines that it counts for.
        place: where it stands.
    """

    rule: str
    reason: str
    until: date | None
    lines: range
    place: Place

    def covers(self, judgement: Judgement) -> bool:
        """Whether a judgement is the one that is meant."""
        place = judgement.place
        is_there = place.file == self.place.file and place.line in self.lines
        return is_there and judgement.rule.id == self.rule


class Suppressions:
    """Leaves out what comments and settings accept, and knows what they were good for.

    Args:
        texts: WIT files by the name that places have; those of dependencies left out.
        settings: the settings that hold for them.
        rules: the whole table.
        today: the date that decides what has expired.
    """

    def __init__(
        self, texts: Mapping[str, str], settings: Settings, rules: Iterable[Rule], today: date
    ) -> None:
        self._settings = settings
        self._table = {rule.id: rule for rule in rules}
        self._today = today
        self._wrong: list[Judgement] = []
        self._accepted: list[Comment | Ignore] = list(settings.ignores)
        self._by_rule: dict[str, list[int]] | None = None
        self._used: set[int] = set()
        self._expired: set[int] = set()
        self.count = 0
        """How many judgements were left out."""
        for file, text in texts.items():
            if MARK in text:
                for each in _comments(file, text, self._table):
                    if isinstance(each, Judgement):
                        self._wrong.append(each)
                    else:
                        self._accepted.append(each)

    def keep(self, judgements: Iterable[Judgement]) -> list[Judgement]:
        """Those that nothing accepts, with the weight that was told; none of rules that are off."""
        kept: list[Judgement] = []
        for each in judgements:
            judgement = self._settings.apply(each)
            if judgement is None:
                continue
            if self._is_accepted(judgement):
                self.count += 1
            else:
                kept.append(judgement)
        return kept

    def _is_accepted(self, judgement: Judgement) -> bool:
        if judgement.rule.kind is RuleKind.PROJECT:
            return False
        if self._by_rule is None:
            self._by_rule = {}
            for index, each in enumerate(self._accepted):
                self._by_rule.setdefault(each.rule, []).append(index)
        candidates = self._by_rule.get(judgement.rule.id, ())
        found = {index for index in candidates if self._accepted[index].covers(judgement)}
        over = {index for index in found if _is_over(self._accepted[index].until, self._today)}
        self._used |= found - over
        self._expired |= over
        return bool(found - over)

    def left(self, *, is_compared: bool) -> list[Judgement]:
        """What is wrong with the suppressions themselves; ask when all judgements have passed.

        Args:
            is_compared: whether breaking rules were applied; otherwise nothing shows whether their
                suppressions are of use.
        """
        wrong = list(self._wrong)
        for index, each in enumerate(self._accepted):
            rule = self._table[each.rule]
            if index in self._used:
                continue
            if index in self._expired:
                wrong.append(_expired(each))
            elif rule.kind is not RuleKind.GRANTS and (
                is_compared or rule.kind is not RuleKind.BREAKING
            ):
                wrong.append(_unused(each, is_on=self._settings.is_on(rule)))
        return wrong


def _is_over(until: date | None, today: date) -> bool:
    return until is not None and until < today


def _comments(file: str, text: str, table: Mapping[str, Rule]) -> Iterator[Comment | Judgement]:
    """Each suppression in a file, or what is wrong with it."""
    lines = text.split("\n")
    codes: list[str] = []
    remarks: list[tuple[int, int]] = []
    depth = 0
    for number, line in enumerate(lines, 1):
        code, column, depth = _split(line.rstrip("\r"), depth)
        codes.append(code)
        if column and MARK in line:
            remarks.append((number, column))
    for number, column in remarks:
        line = lines[number - 1].rstrip("\r")
        match = _COMMENT.fullmatch(line[column + 1 :])
        if match is None:
            continue
        place = Place(file, number, column, len(line) + 1, source=line)
        if codes[number - 1].strip():
            covered = range(number, number + 1)
        else:
            covered = range(number + 1, _item_line(codes, number + 1) + 1)
        yield _comment(match["rest"], place, covered, table)


def _split(line: str, depth: int) -> tuple[str, int, int]:
    """Code of a line, column of its plain ``//`` comment (0 where there is none), open block comments.

    Block comments nest, and nothing in WIT quotes (WIT.md, "Comments").
    """
    code: list[str] = []
    position = 0
    for token in _TOKEN.finditer(line):
        if token.start() < position:
            continue
        if not depth:
            code.append(line[position : token.start()])
        position = token.end()
        if token[0] == "/*":
            depth += 1
        elif token[0] == "*/":
            depth = max(0, depth - 1)
        elif not depth:
            is_plain = not line.startswith("///", token.start())
            return "".join(code), token.start() + 1 if is_plain else 0, 0
    if not depth:
        code.append(line[position:])
    return "".join(code), 0, depth


def _item_line(codes: list[str], start: int) -> int:
    """Number of the first line from ``start`` on with more than comments and gates."""
    for number in range(start, len(codes) + 1):
        code = codes[number - 1].strip()
        if code and not _ANNOTATIONS.fullmatch(code):
            return number
    return len(codes)


def _comment(
    rest: str, place: Place, lines: range, table: Mapping[str, Rule]
) -> Comment | Judgement:
    words = rest.split()
    if not words:
        return _wrong(
            "suppression-malformed",
            "the comment names no rule to ignore",
            place,
            f"write `// {MARK} RULE reason`",
        )
    name, *others = words
    rule = table.get(normal(name))
    if rule is None:
        known = [each.id for each in table.values() if each.kind is not RuleKind.PROJECT]
        return _wrong(
            "suppression-malformed",
            f"no rule is called `{name}`",
            place,
            did_you_mean(normal(name), known) or "`wcompose rules` lists them",
        )
    if rule.kind is RuleKind.PROJECT:
        return _wrong(
            "suppression-malformed",
            f"findings of `{rule.id}` cannot be suppressed",
            place,
            "mend what it finds, and remove the comment",
        )
    until = None
    for word in others[:]:
        if match := _UNTIL.fullmatch(word):
            others.remove(word)
            try:
                until = date.fromisoformat(match["date"])
            except ValueError:
                return _wrong(
                    "suppression-malformed",
                    f"`{match['date']}` is no date",
                    place,
                    "write the last day on which it counts: `until=2027-01-31`",
                )
    reason = " ".join(others).strip(" :-")
    if not reason:
        return _wrong(
            "suppression-without-reason",
            f"nothing says why `{rule.id}` is ignored here, so it is not",
            place,
            f"write the reason behind the rule: `// {MARK} {rule.id} …`",
        )
    return Comment(rule.id, reason, until, lines, place)


def _wrong(
    rule: str, message: str, place: Place, hint: str, causes: tuple[str, ...] = ()
) -> Judgement:
    row = project_rule(rule)
    return Judgement(row, message, "", place, row.level, causes=causes, hint=hint, key=message)


def _expired(each: Comment | Ignore) -> Judgement:
    return _wrong(
        "suppression-expired",
        f"`{each.rule}` was to be ignored until {each.until}{_of(each)}",
        each.place,
        "mend what it finds, or set another day",
        (f"reason: {each.reason}",),
    )


def _unused(each: Comment | Ignore, *, is_on: bool) -> Judgement:
    return _wrong(
        "unused-suppression",
        f"nothing is found by `{each.rule}`{_of(each) or ' here'} that could be ignored",
        each.place,
        "remove the comment" if isinstance(each, Comment) else "remove the entry",
        () if is_on else (f"`{each.rule}` is switched off",),
    )


def _of(each: Comment | Ignore) -> str:
    return f" in `{each.item}`" if isinstance(each, Ignore) else ""
