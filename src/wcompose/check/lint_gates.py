"""Rules about feature gates (WIT.md, "Feature Gates")."""

from __future__ import annotations

from collections.abc import Iterator

from wcompose.check.lint_items import Found, Item, LintedPackage, joined
from wcompose.check.lint_text import Mention
from wcompose.contract.model import Function, Interface, World
from wcompose.contract.names import parse_item_name, parse_version
from wcompose.contract.types import UNGATED, Stability, TypeDef
from wcompose.report import Level
from wcompose.suggest import nearest

_MOST_FEATURES = 100
"""Features whose spellings are compared; the largest known package has five."""


def gate_containment(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item in package.items:
        if item.container is None:
            continue
        outer = _effective(item.container)
        if _is_weaker(item.stability, outer):
            yield Found(
                f"{item.label} {_words(item.stability)}, but stands in "
                f"{item.container.label}, which {_words(outer)}",
                item.path,
                item.place,
                f"write `{_gate(outer)}` in front of it",
                key="container",
                level=_level(item.stability),
            )
    for world in package.worlds:
        yield from _weaker_externs(package, world)
    for user, gate, target, name in _references(package):
        if target.stability.feature or not _is_own_thing(package, target):
            continue
        # What the container says holds for what stands in it.
        if target.stability.since and _is_weaker(gate, target.stability):
            yield Found(
                f"{user.label} {_words(gate)}, but refers to `{name}`, which "
                f"{_words(target.stability)}",
                user.path,
                user.place,
                f"write `{_gate(target.stability)}` in front of it",
                related=((f"`{name}`", target.place),),
                key=f"reference {name}",
            )


def _weaker_externs(package: LintedPackage, world: World) -> Iterator[Found]:
    """Imports, exports and includes of a world that are gated weaker than it; one for each gate."""
    weaker: dict[Stability, list[Mention]] = {}
    for mention in package.mentions_in(world):
        if mention.keyword != "use" and _is_weaker(mention.gate, world.stability):
            weaker.setdefault(mention.gate, []).append(mention)
    for gate, mentions in weaker.items():
        first = mentions[0]
        others = len(mentions) - 1
        more = f" (and {others} other{'s' if others > 1 else ''})" if others else ""
        yield Found(
            f"{first.keyword} of `{first.name}`{more} {_words(gate)}, but stands in world "
            f"`{world.name}`, which "
            f"{_words(world.stability)}",
            package.path(world.external_name),
            first.place,
            f"write `{_gate(world.stability)}` in front of {'each' if others else 'it'}",
            (f"the others: {joined(each.name for each in mentions[1:])}",) if others else (),
            key=f"externs {gate.since} {gate.feature}",
            level=_level(gate),
        )


def _level(gate: Stability) -> Level | None:
    """Weight of a gate that is too weak: where there is none, what encloses it speaks for it."""
    return Level.WARNING if gate == UNGATED else None


def stable_no_use_unstable(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for user, gate, target, name in _references(package):
        feature = target.stability.feature
        if feature and gate.feature != feature:
            yield Found(
                f"{user.label} {_words(gate)}, but refers to `{name}`, which "
                f"{_words(target.stability)}",
                user.path,
                user.place,
                f"write `@unstable(feature = {feature})` in front of it, or use something stable",
                related=((f"`{name}`", target.place),),
                key=name,
            )
    for world in package.worlds:
        for mention in package.mentions_in(world):
            named = package.interface_of(mention)
            if named is None or mention.keyword == "use":
                continue
            feature = named.stability.feature
            gate = mention.gate if mention.gate != UNGATED else world.stability
            if feature and gate.feature != feature:
                yield Found(
                    f"world `{world.name}` {_verb(mention.keyword)} `{mention.plain}`, which "
                    f"{_words(named.stability)}",
                    f"{package.path(world.external_name)}.{mention.name.partition('@')[0]}",
                    mention.place,
                    f"write `@unstable(feature = {feature})` in front of it",
                    related=((f"`{mention.plain}`", named.place),),
                    key=mention.keyword,
                )


def gate_since_present(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    if not any(each.stability.since for each in package.items):
        return
    inside: dict[str, list[str]] = {}
    for item in package.items:
        outer = _outermost(item)
        if item.stability == UNGATED and item is not outer:
            inside.setdefault(outer.path, []).append(item.name)
    for item in package.items:
        if item.container is not None or item.stability != UNGATED:
            continue
        names = inside.get(item.path, [])
        causes = (f"{joined(names)} in it {'has' if len(names) == 1 else 'have'} none",)
        yield Found(
            f"{item.label} has no gate, while others of the package have",
            item.path,
            item.place,
            "write `@since(version = …)` with the version that brought it",
            causes if names else (),
        )


def gate_deprecated_order(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item in package.items:
        gate = item.stability
        deprecated = parse_version(gate.deprecated) if gate.deprecated else None
        if deprecated is None:
            continue
        since = parse_version(gate.since) if gate.since else None
        if since is not None and deprecated.rank < since.rank:
            yield Found(
                f"{item.label} is deprecated in {deprecated}, before {since} brought it",
                item.path,
                item.place,
                f"deprecate it in {since} or later",
                key="since",
            )
        if package.version is not None and deprecated.rank > package.version.rank:
            yield Found(
                f"{item.label} is deprecated in {deprecated}, and the package is at "
                f"{package.version}",
                item.path,
                item.place,
                f"write `@deprecated(version = {package.version})`",
                key="package",
            )


def gate_feature_name(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    plain = package.stem.rpartition(":")[2]
    features: dict[str, list[Item]] = {}
    for item in package.items:
        if item.stability.feature:
            features.setdefault(item.stability.feature, []).append(item)
    spelt = tuple(features) if len(features) <= _MOST_FEATURES else ()
    for feature, items in features.items():
        first = items[0]
        others = [each for each in spelt if len(features[each]) > len(items)]
        near = nearest(feature, others, 1, 0.85)
        if near:
            yield Found(
                f"feature `{feature}` is spelt almost as `{near[0]}`",
                first.path,
                first.place,
                f"write `{near[0]}`, if that is meant",
                key=f"near {feature}",
            )
        elif feature != plain and not feature.startswith(f"{plain}-"):
            yield Found(
                f"feature `{feature}` does not begin with the name of the package, `{plain}`",
                first.path,
                first.place,
                f"call it `{plain}-{feature}`: features of all packages share one set of names",
                key=feature,
            )


def deprecated_used(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for user, gate, target, name in _references(package):
        if target.stability.deprecated and not gate.deprecated:
            yield Found(
                f"{user.label} refers to `{name}`, which is deprecated since "
                f"{target.stability.deprecated}",
                user.path,
                user.place,
                "deprecate it too, or refer to what replaces it",
                related=((f"`{name}`", target.place),),
                key=name,
            )


def _references(
    package: LintedPackage,
) -> Iterator[tuple[Item, Stability, TypeDef | Interface | World, str]]:
    """Each item with its gate and each type that it refers to, and each interface that it uses."""
    for item in package.items:
        gate = _effective(item)
        for target in item.references:
            yield item, gate, target, target.name
        if item.is_use and isinstance(item.thing, TypeDef):
            source = item.thing.definition
            owner = source.owner.name if isinstance(source, TypeDef) else ""
            home = package.contract.interfaces.get(owner)
            if home is not None:
                yield item, gate, home, owner.rpartition("/")[2].partition("@")[0]


def _effective(item: Item) -> Stability:
    """The gate of an item, or that of what it stands in."""
    at: Item | None = item
    while at is not None:
        if at.stability != UNGATED:
            return at.stability
        at = at.container
    return UNGATED


def _outermost(item: Item) -> Item:
    while item.container is not None:
        item = item.container
    return item


def _is_weaker(inner: Stability, outer: Stability) -> bool:
    """Whether an item would be there where what it needs is not."""
    if outer.feature:
        return inner.feature != outer.feature
    if not outer.since or inner.feature:
        return False
    if not inner.since:
        return True
    ours, theirs = parse_version(inner.since), parse_version(outer.since)
    return ours is not None and theirs is not None and ours.rank < theirs.rank


def _is_own_thing(package: LintedPackage, thing: TypeDef | Interface | World | Function) -> bool:
    """Whether a thing's versions are those of this package."""
    if isinstance(thing, TypeDef):
        name = thing.owner.name
    elif isinstance(thing, World):
        name = thing.external_name
    else:
        name = thing.name
    return parse_item_name(name) is None or package.is_own(name)


def _words(gate: Stability) -> str:
    if gate.feature:
        return f"is unstable (`{gate.feature}`)"
    return f"is there since {gate.since}" if gate.since else "has no gate"


def _gate(gate: Stability) -> str:
    if gate.feature:
        return f"@unstable(feature = {gate.feature})"
    return f"@since(version = {gate.since})"


def _verb(keyword: str) -> str:
    return {"import": "imports", "export": "exports"}.get(keyword, "includes")
