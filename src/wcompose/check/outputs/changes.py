"""Changes between two contracts, as text, JSON or Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wcompose.check.model import Bump, Change, ChangeKind, Judgement
from wcompose.check.outputs.data import VERSION, dumped, judgement_json, place_json
from wcompose.check.outputs.markdown import code, fenced, fill, plain, prose
from wcompose.check.outputs.places import Places
from wcompose.check.outputs.wording import (
    BUMPS,
    LEVELS,
    broken,
    counted,
    fingerprints,
    one_line,
)
from wcompose.report import Place
from wcompose.texts import printable

DIFF_MARK = "<!-- wcompose diff -->"
"""First line of a comment, by which a later run finds it."""


@dataclass(frozen=True)
class Verdict:
    """What a comparison came to.

    Attributes:
        old: what was compared, in words; empty when unknown.
        new: with what.
        required: how far the version has to move for all changes, shown or not.
        unmet: what to say where it did not move so far; none where it did.
    """

    old: str = ""
    new: str = ""
    required: Bump = Bump.NONE
    unmet: Judgement | None = None

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Verdict:
        """What changes come to by themselves."""
        return cls(required=max((change.bump for change in changes), default=Bump.NONE))


def changes_summary(changes: Iterable[Change], verdict: Verdict) -> str:
    """How much changed and what it needs, on one line."""
    listed = tuple(changes)
    needed = "" if verdict.required is Bump.NONE else f"; needs {BUMPS[verdict.required]}"
    if not listed:
        return f"no changes{needed}"
    counts = Counter(change.kind for change in listed)
    parts = [f"{counts[kind]:,} {kind.value}" for kind in ChangeKind if counts[kind]]
    breaking = sum(bool(change.judgements) for change in listed)
    if breaking:
        parts.append(counted(breaking, "break"))
    return f"{', '.join(parts)}{needed}"


def as_text(changes: Sequence[Change], verdict: Verdict) -> str:
    """Each change with its lines, whom it breaks and why; the last line says how many there are."""
    blocks = ["\n".join(_lines(change)) for change in changes]
    return "\n\n".join([*blocks, changes_summary(changes, verdict)]) + "\n"


def _lines(change: Change) -> Iterator[str]:
    yield f"{change.kind.value} {one_line(change.item)}: {one_line(change.message)}"
    place = _place(change)
    if place.file:
        yield f"  --> {one_line(str(place))}"
    for line in _diff(change):
        yield f"    {line}".rstrip()
    for line in _consequences(change):
        yield f"  = {one_line(line)}"


def _consequences(change: Change) -> Iterator[str]:
    """Whom a change breaks and why, which version it needs, and what to do; each line once."""
    lines: list[str] = []
    for judgement in change.judgements:
        whom = tuple(broken(judgement.side, judgement.effects, Bump.NONE))
        lines += [f"{judgement.rule.id}: {each}" for each in whom or (judgement.message,)]
        lines += judgement.causes
    if change.bump is not Bump.NONE:
        lines.append(f"needs {BUMPS[change.bump]}")
    lines += [f"hint: {judgement.hint}" for judgement in change.judgements if judgement.hint]
    yield from dict.fromkeys(lines)


def _diff(change: Change) -> Iterator[str]:
    """The item before and after."""
    for sign, text in (("-", change.old), ("+", change.new)):
        for line in printable(text, keep_tabs=True).strip("\n").splitlines():
            yield f"{sign} {line}"


def _place(change: Change) -> Place:
    return change.new_place if change.new_place.file else change.old_place


def as_json(changes: Sequence[Change], verdict: Verdict) -> str:
    """A JSON document as ``diff.schema.json`` has it."""
    counts = Counter(change.kind for change in changes)
    every = [judgement for change in changes for judgement in change.judgements]
    names = iter(fingerprints(every))
    return dumped(
        {
            "version": VERSION,
            "old": verdict.old,
            "new": verdict.new,
            "bump": verdict.required.name.lower(),
            "is_carried": verdict.unmet is None,
            "unmet": verdict.unmet
            and judgement_json(verdict.unmet, Places(), verdict.unmet.fingerprint),
            "counts": {kind.value: counts[kind] for kind in ChangeKind},
            "changes": [_change_json(change, names) for change in changes],
        }
    )


def _change_json(change: Change, names: Iterator[str]) -> dict[str, Any]:
    places = Places()
    return {
        "kind": change.kind.value,
        "item": change.item,
        "message": change.message,
        "old": change.old,
        "new": change.new,
        "old_place": place_json(change.old_place),
        "new_place": place_json(change.new_place),
        "bump": change.bump.name.lower(),
        "breaks": [judgement_json(each, places, next(names)) for each in change.judgements],
    }


def as_markdown(changes: Sequence[Change], verdict: Verdict) -> str:
    """A heading, a table with a row for each change, and the details folded away."""
    head = f"{DIFF_MARK}\n### wcompose diff: {plain(changes_summary(changes, verdict))}\n"
    if verdict.unmet is not None:
        head += f"\n**{LEVELS[verdict.unmet.level]}** {prose(verdict.unmet.message)}\n"
    if not changes:
        return head
    ordered = sorted(changes, key=lambda change: (not change.judgements, -change.bump))
    table = "\n| | item | what | breaks | needs |\n|---|---|---|---|---|\n"
    rows, length = fill(ordered, _row, len((head + table).encode()))
    text = head + table + "".join(rows)
    if len(rows) < len(ordered):
        return text + f"\n… {len(ordered) - len(rows):,} more\n"
    opening, closing = "\n<details><summary>Details</summary>\n", "\n</details>\n"
    details, _ = fill(ordered, _detail, length + len(opening + closing))
    left = len(ordered) - len(details)
    more = f"\n… {left:,} more\n" if left else ""
    return f"{text}{opening}{''.join(details)}{more}{closing}"


def _row(change: Change) -> str:
    rules = dict.fromkeys(judgement.rule.id for judgement in change.judgements)
    cells = (
        change.kind.value,
        code(change.item) if change.item else "",
        prose(change.message),
        "<br>".join(map(code, rules)),
        "" if change.bump is Bump.NONE else BUMPS[change.bump],
    )
    return f"| {' | '.join(cells)} |\n"


def _detail(change: Change) -> str:
    parts = [f"\n**{change.kind.value}** {code(change.item)}: {prose(change.message)}\n"]
    if told := list(_consequences(change)):
        parts += ["\n", *(f"- {prose(line)}\n" for line in told)]
    if body := "\n".join(_diff(change)):
        parts.append("\n" + fenced(body, "diff"))
    return "".join(parts)
