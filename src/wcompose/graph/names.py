"""Names of imports and exports as people write them."""

from __future__ import annotations

from collections.abc import Iterable

from wcompose.contract import parse_item_name


def matching_names(wanted: str, names: Iterable[str]) -> list[str]:
    """The names that ``wanted`` means.

    It may leave out the version, or everything but the interface: ``acme:db/store`` and ``store`` mean
    ``acme:db/store@1.2.0`` where there is nothing else that they could mean.
    """
    known = list(names)
    if wanted in known:
        return [wanted]
    items = [(name, item) for name in known if (item := parse_item_name(name)) is not None]
    asked = parse_item_name(wanted)
    if asked is None:
        return [name for name, item in items if item.interface == wanted]
    if asked.version is None:
        return [name for name, item in items if asked.same_interface(item)]
    return [name for name, item in items if asked.matches(item)]


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
