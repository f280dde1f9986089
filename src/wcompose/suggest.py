"""Near misses: which known names a mistaken one may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(
    name: str, known: Iterable[str], count: int = 3, cutoff: float = 0.6
) -> tuple[str, ...]:
    """The known names that are spelt most like ``name``, the nearest first.

    Args:
        name: what was written.
        known: what could have been meant.
        count: how many at most.
        cutoff: how alike they must be, from 0 to 1.
    """
    candidates = sorted(set(known))
    return tuple(difflib.get_close_matches(name, candidates, n=count, cutoff=cutoff))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint such as ``did you mean `language`?``; empty when nothing is near."""
    near = [f"`{candidate}`" for candidate in nearest(name, known)]
    if not near:
        return ""
    *firsts, last = near
    return f"did you mean {', '.join(firsts) + ' or ' + last if firsts else last}?"
