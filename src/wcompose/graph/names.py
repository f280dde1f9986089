"""Names of imports and exports as people write them."""

from __future__ import annotations

from collections.abc import Iterable

from wcompose.contract import parse_item_name


def matching_names(wanted: str, names: Iterable[str]) -> list[str]:
    """The names that ``wanted`` means: itself, or the same interface when it states no version."""
    known = list(names)
    if wanted in known:
        return [wanted]
    item = parse_item_name(wanted)
    if item is None:
        return []
    return [
        name
        for name in known
        if (other := parse_item_name(name)) is not None
        and (item.same_interface(other) if item.version is None else item.matches(other))
    ]


def comparable(name: str) -> str:
    """What two names of imports, or of exports, must not share.

    Plain names that only hyphens or letter case tell apart are one (Explainer.md of the Component
    Model, "Name Uniqueness"; ``wasmparser::names::KebabStr``).
    """
    return name if ":" in name else name.replace("-", "").lower()


def counted(number: int, noun: str) -> str:
    """``1 edge``, ``2 edges``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: Iterable[str]) -> str:
    """Names in backticks, joined as in a sentence."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) < 2:
        return "".join(quoted)
    return ", ".join(quoted[:-1]) + f" and {quoted[-1]}"
