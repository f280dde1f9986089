"""Words and figures that every format shares."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from wcompose.check.model import Bump, Checked, Effect, Judgement, Side
from wcompose.check.outputs.places import Places
from wcompose.report import Level
from wcompose.texts import printable

LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}
BUMPS = {
    Bump.NONE: "no other version",
    Bump.PATCH: "another patch version",
    Bump.MINOR: "another minor version",
    Bump.TRACK: "another version track",
}
_SIDES = {
    Side.IMPORT: "importers",
    Side.EXPORT: "exporters",
    Side.BOTH: "importers and exporters",
}


def broken(side: Side | None, effects: Iterable[Effect], bump: Bump) -> Iterator[str]:
    """Whom something breaks and which version it needs, worded like a cause."""
    names = ", ".join(effect.value for effect in effects)
    if side is not None:
        yield f"breaks {_SIDES[side]}" + (f" ({names})" if names else "")
    elif names:
        yield f"breaks {names}"
    if bump is not Bump.NONE:
        yield f"needs {BUMPS[bump]}"


def consequences(judgement: Judgement) -> tuple[str, ...]:
    """Whom a judgement breaks and why, worded like causes."""
    # The rule about versions says in its message what the version needs.
    bump = Bump.NONE if BUMPS[judgement.bump] in judgement.message else judgement.bump
    return (*broken(judgement.side, judgement.effects, bump), *judgement.causes)


def summary(checked: Checked) -> str:
    """How much was found, on one line."""
    counts = Counter(each.level for each in checked.judgements)
    parts = [counted(counts[level], word) for level, word in LEVELS.items() if counts[level]]
    if checked.suppressed:
        parts.append(f"{checked.suppressed:,} suppressed")
    text = ", ".join(parts) or "nothing found"
    if checked.bump is not Bump.NONE:
        text += f"; needs {BUMPS[checked.bump]}"
    return text


def counted(number: int, word: str) -> str:
    """A number with its word, in the plural where it is not one."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def fingerprints(judgements: Iterable[Judgement]) -> list[str]:
    """The fingerprint of each judgement; a repeated one is told apart by its number."""
    seen: Counter[str] = Counter()
    found = []
    for judgement in judgements:
        own = judgement.fingerprint
        number = seen[own]
        seen[own] += 1
        repeated = hashlib.sha256(f"{own}\0{number}".encode()).hexdigest()[:32]
        found.append(repeated if number else own)
    return found


def story(judgement: Judgement, places: Places | None = None) -> list[str]:
    """What a judgement says, line by line and printable: message, consequences, hint.

    Args:
        judgement: the judgement.
        places: finds its other places; none where a format tells those by itself.
    """
    lines = [judgement.message, *consequences(judgement)]
    if places is not None:
        for label, place in judgement.related:
            shown = places.shown(place)
            lines.append(f"{label}: {shown}" if shown else label)
    if judgement.hint:
        lines.append(f"hint: {judgement.hint}")
    return [part for line in lines for part in printable(line).splitlines() or [""]]


def one_line(text: str) -> str:
    """Text without line breaks and without the power to steer anything."""
    return printable(" ".join(text.splitlines()))
