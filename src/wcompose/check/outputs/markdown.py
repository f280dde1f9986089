"""Findings as Markdown for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from wcompose.check.model import Checked, Judgement, Rule
from wcompose.check.outputs.places import Places
from wcompose.check.outputs.wording import LEVELS, consequences, one_line, summary
from wcompose.texts import printable

_Each = TypeVar("_Each")

LIMIT = 65_536
"""Length of a comment on GitHub; we count bytes, of which there are never fewer than characters."""
MARK = "<!-- wcompose check -->"
"""First line of a comment, by which a later run finds it."""

_RESERVED = 400
"""Bytes kept for what says how much was left out."""
_WORDS = 600
"""Characters of one message that are shown."""
_CODE_WORDS = 200
"""Characters of one name that are shown."""
_LINES = 60
"""Lines of one block of code that are shown."""
_STRUCTURAL = re.compile(r"[^\w\s.,;:()'/\-…–—]|_")
_LINKED = re.compile(r"(?<=:)//|(?<=\bwww)\.", re.IGNORECASE)


def render(checked: Checked, rules: tuple[Rule, ...], places: Places) -> str:  # noqa: ARG001
    """A heading, a table with a row for each finding, and the details folded away."""
    head = f"{MARK}\n### wcompose check: {plain(summary(checked))}\n"
    ordered = sorted(checked.judgements, key=lambda each: -each.level)
    if not ordered:
        return head
    table = "\n| | rule | where | what |\n|---|---|---|---|\n"
    rows, length = fill(ordered, lambda each: _row(each, places), len((head + table).encode()))
    text = head + table + "".join(rows)
    if len(rows) < len(ordered):
        return text + f"\n… {len(ordered) - len(rows):,} more\n"
    opening, closing = "\n<details><summary>Details</summary>\n", "\n</details>\n"
    details, _ = fill(ordered, lambda each: _detail(each, places), length + len(opening + closing))
    if not details:
        return text
    left = len(ordered) - len(details)
    more = f"\n… {left:,} more\n" if left else ""
    return f"{text}{opening}{''.join(details)}{more}{closing}"


def fill(
    each: Iterable[_Each], write: Callable[[_Each], str], length: int
) -> tuple[list[str], int]:
    """As many parts as a comment has room for, and the length that it has then.

    Args:
        each: what is to be written.
        write: writes one.
        length: bytes that are written already.
    """
    parts = []
    for one in each:
        part = write(one)
        size = len(part.encode())
        if length + size > LIMIT - _RESERVED:
            break
        parts.append(part)
        length += size
    return parts, length


def _row(judgement: Judgement, places: Places) -> str:
    where = [code(judgement.item)] if judgement.item else []
    if spot := places.spot_of(judgement).shown:
        where.append(code(spot))
    cells = (
        LEVELS[judgement.level],
        code(judgement.rule.id),
        "<br>".join(where),
        prose(judgement.message),
    )
    return f"| {' | '.join(cells)} |\n"


def _detail(judgement: Judgement, places: Places) -> str:
    # A line of another revision is told here only: the table leads to files of now.
    spot = places.shown(judgement.place) or places.spot_of(judgement).shown
    head = f"**{LEVELS[judgement.level]}** {code(judgement.rule.id)}: {prose(judgement.message)}"
    lines = [f"\n{head}\n"]
    if spot:
        lines.append(f"\n{code(spot)}\n")
    told = [prose(line) for cause in consequences(judgement) for line in cause.splitlines()]
    for label, place in judgement.related:
        at = places.shown(place)
        told.append(f"{prose(label)}{': ' + code(at) if at else ''}")
    if judgement.hint:
        told.append(f"hint: {prose(judgement.hint)}")
    lines += ["\n", *(f"- {line}\n" for line in told)] if told else []
    if judgement.place.source:
        lines.append("\n" + fenced(judgement.place.source, "wit"))
    return "".join(lines)


def prose(text: str) -> str:
    """One line of text with names between backticks, as Markdown that is nothing but that."""
    return "".join(_spans(shortened(one_line(text), _WORDS)))


def _spans(text: str) -> Iterator[str]:
    parts = text.split("`")
    for index, part in enumerate(parts):
        is_name = index % 2 == 1 and index < len(parts) - 1
        if is_name:
            yield code(part) if part else "&#96;&#96;"
        else:
            yield ("&#96;" if index % 2 == 1 else "") + plain(part)


def plain(text: str) -> str:
    """Text in which nothing is Markdown, HTML, a mention, a reference or a link."""
    text = _LINKED.sub(lambda match: "\u200b" + match.group(), text)
    return _STRUCTURAL.sub(_entity, text)


def _entity(match: re.Match[str]) -> str:
    character = match.group()
    # References are looked for in the page that is made, where an entity is a character again.
    return f"&#{ord(character)};" + ("&#8203;" if character in "@#" else "")


def code(text: str) -> str:
    """A name as code, in a cell of a table too."""
    text = shortened(one_line(text), _CODE_WORDS)
    if text and not set(text) & set("`|\\") and text == text.strip():
        return f"`{text}`"
    # A bar ends a cell even in code, unless it is an entity, which code spans do not have.
    return f"<code>{''.join(map(_escaped, text))}</code>"


def _escaped(character: str) -> str:
    return character if character.isalnum() else f"&#{ord(character)};"


def fenced(text: str, language: str) -> str:
    """Lines as a block of code that nothing in them ends."""
    text = printable(text, keep_tabs=True).strip("\n")
    lines = [shortened(line, _WORDS) for line in text.split("\n")]
    if len(lines) > _LINES:
        lines[_LINES:] = [f"… {len(lines) - _LINES:,} more lines"]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence]) + "\n"


def shortened(text: str, length: int) -> str:
    """Text of at most so many characters."""
    return text if len(text) <= length else text[: length - 1] + "…"
