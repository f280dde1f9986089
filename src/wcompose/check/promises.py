"""What WIT promises besides types: gates and documentation."""

from __future__ import annotations

from collections.abc import Iterator

from wcompose.check.model import Bump, Change, ChangeKind, Side
from wcompose.check.verdicts import judged, noted, plain_path
from wcompose.contract import Function, Interface, TypeDef, World
from wcompose.contract.types import MembersType

Promised = Function | TypeDef | Interface | World


def item_changes(item: str, old: Interface, new: Interface) -> Iterator[Change]:
    """Changes of gates and documentation of what two interfaces both have."""
    for name, type_ in old.types.items():
        if name in new.types:
            yield from gate_changes(f"{item}.{name}", "type", type_, new.types[name])
    for name, function in old.functions.items():
        if name in new.functions:
            path = f"{item}.{plain_path(name)}"
            yield from gate_changes(path, "function", function, new.functions[name])


def gate_changes(item: str, word: str, old: Promised, new: Promised) -> Iterator[Change]:
    """Changes of the gate and the documentation of one item."""
    name = item.rpartition("/")[2]
    before, after = old.stability, new.stability

    def change(message: str, texts: tuple[str, str]) -> Change:
        return Change(ChangeKind.CHANGED, item, message, *texts, old.place, new.place)

    if after.feature and not before.feature:
        message = f"{word} `{name}` is unstable now, behind `{after.feature}`"
        made = change(message, ("", f"@unstable(feature = {after.feature})"))
        why = "components that import it find it only where the feature is switched on"
        yield judged(made, "stable-to-unstable", Side.IMPORT, "", why=why)
    elif before.feature and not after.feature:
        message = f"{word} `{name}` is stable now"
        made = change(message, (f"@unstable(feature = {before.feature})", ""))
        yield noted(made, "unstable-to-stable", message, Bump.MINOR)
    elif before.since != after.since:
        message = f"`@since` of {word} `{name}` went from {before.since or 'none'} to "
        message += after.since or "none"
        made = change(message, (before.since, after.since))
        yield noted(made, "since-no-change", message, Bump.NONE)
    if after.deprecated and not before.deprecated:
        message = f"{word} `{name}` is deprecated since {after.deprecated}"
        made = change(message, ("", f"@deprecated(version = {after.deprecated})"))
        yield noted(made, "deprecated-added", message, Bump.MINOR)
    docs = _docs(old), _docs(new)
    if docs[0] != docs[1]:
        message = f"documentation of {word} `{name}` changed"
        yield noted(change(message, docs), "doc-changed", message, Bump.NONE)


def _docs(of: Promised) -> str:
    parts = [of.docs]
    if isinstance(of, TypeDef) and isinstance(of.definition, MembersType):
        parts += [f"{each.name}: {each.docs}" for each in of.definition.members if each.docs]
    return "\n".join(each for each in parts if each)
