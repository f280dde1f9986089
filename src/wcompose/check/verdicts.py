"""From differences to rules: what a difference between two items breaks, and how that is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from wcompose.check.breaking_rules import BREAKING_RULES
from wcompose.check.model import Bump, Change, ChangeKind, Effect, Judgement, Rule, Side
from wcompose.contract import Mismatch, MismatchKind
from wcompose.report import Level, Place

RULES: Mapping[str, Rule] = {each.id: each for each in BREAKING_RULES}
"""The rules by their names."""

ALL = (Effect.LINK, Effect.HOST, Effect.SOURCE)
_NO_HOST = (Effect.LINK, Effect.SOURCE)
_ONLY_LINK = (Effect.LINK,)
EFFECTS: Mapping[str, tuple[Effect, ...]] = {
    # Wasmtime compares neither the names of parameters nor those of values' types.
    "func-param-name": _NO_HOST,
    "type-no-delete": _NO_HOST,
    "type-no-rename": _NO_HOST,
    "alias-no-delete": _NO_HOST,
    "type-no-delete-unused": (Effect.SOURCE,),
    "type-no-add": _ONLY_LINK,
    "alias-no-add": _ONLY_LINK,
    "world-no-delete": (Effect.SOURCE,),
}
"""What stops working, of rules where that is not everything."""

_RULE_OF: Mapping[MismatchKind, str] = {
    MismatchKind.EXTERN_KIND: "world-item-name",
    MismatchKind.FUNCTION_KIND: "method-kind-same",
    MismatchKind.FUNCTION_ASYNC: "func-async-same",
    MismatchKind.PARAMETER_COUNT: "func-param-count",
    MismatchKind.PARAMETER_NAME: "func-param-name",
    MismatchKind.PARAMETER_ORDER: "func-param-name",
    MismatchKind.PARAMETER_TYPE: "func-param-type",
    MismatchKind.RESULT_TYPE: "func-result-type",
    MismatchKind.TYPE_KIND: "type-kind-same",
    MismatchKind.ALIAS_TARGET: "alias-target-same",
    MismatchKind.RESOURCE_IDENTITY: "resource-identity",
}
_MEMBERS = (
    MismatchKind.MEMBER_MISSING,
    MismatchKind.MEMBER_EXTRA,
    MismatchKind.MEMBER_RENAMED,
    MismatchKind.MEMBER_ORDER,
    MismatchKind.MEMBER_TYPE,
)
_SITES = (MismatchKind.PARAMETER_TYPE, MismatchKind.RESULT_TYPE)
MEMBER_RULES = {
    "record": "record-fields-same",
    "variant": "variant-cases-same",
    "enum": "enum-cases-same",
    "flags": "flags-same",
}
"""The rule for the members of each kind of type that has some."""

_CONSTRUCTED = re.compile(r"(tuple|option|result|list|map|stream|future)\b")
_PREFIX = re.compile(r"\[[a-z -]*\]")


@dataclass(frozen=True)
class Scope:
    """Whose breaks count in a comparison of two items.

    Attributes:
        importers: whether those of components that import it do.
        exporters: whether those of components that export it do.
        is_old_partial: whether the old item is what a binary uses of it only.
        is_new_partial: whether the new one is.
        is_exported: whether components are known to export it. What adds to an interface breaks only
            these, so where none are known another minor version carries it.
    """

    importers: bool = True
    exporters: bool = True
    is_old_partial: bool = False
    is_new_partial: bool = False
    is_exported: bool = True

    def side(self, *, importers: bool, exporters: bool) -> Side | None:
        """Whose break counts, of those that there are."""
        return {
            (True, True): Side.BOTH,
            (True, False): Side.IMPORT,
            (False, True): Side.EXPORT,
        }.get((importers and self.importers, exporters and self.exporters))


def rule_of(mismatch: Mismatch, type_word: str) -> str:
    """The rule that a difference breaks.

    Args:
        mismatch: the difference; what is expected is the old item.
        type_word: ``record``, ``variant``, ``enum`` or ``flags``, where it is one of members.
    """
    if mismatch.kind in _MEMBERS:
        return MEMBER_RULES.get(type_word, "type-kind-same")
    if mismatch.kind in _SITES:
        if mismatch.path.startswith("[constructor]"):
            return "method-kind-same"
        texts = (mismatch.expected, mismatch.actual)
        if texts[0] != texts[1] and _owned(texts[0]) == _owned(texts[1]):
            return "handle-same"
        words = [_CONSTRUCTED.match(each) for each in (mismatch.expected, mismatch.actual)]
        if words[0] and words[1]:
            return "type-same" if words[0][1] == words[1][1] else "type-kind-same"
    return _RULE_OF[mismatch.kind]


def _owned(text: str) -> str:
    """A type with owned handles for borrowed ones."""
    return re.sub(r"borrow<([^<>]*)>", r"\1", text)


def plain_path(path: str) -> str:
    """A path without the marks of methods: ``cart.pay`` for ``[method]cart.pay``."""
    return _PREFIX.sub("", path)


def told(message: str) -> str:
    """The message of a mismatch, as of what was and what is."""
    text = message.partition("; did you mean")[0]
    for words, others in (("not expected", "new"), ("missing", "gone")):
        text = re.sub(rf"\b(is|are) {words}", rf"\1 {others}", text)
    return text


_LINKS = {
    Side.IMPORT: "components that import {home} no longer link",
    Side.EXPORT: "components that export {home} no longer link where the new one is wanted",
    Side.BOTH: "components that import or export {home} no longer link",
}


def judged(
    change: Change,
    rule_id: str,
    side: Side | None,
    home: str,
    *,
    key: str = "",
    why: str = "",
    is_minor: bool = False,
) -> Change:
    """A change with what it breaks; as it is, where it breaks nobody.

    Args:
        change: the change.
        rule_id: the rule that it breaks.
        side: whose components break; none for nobody's.
        home: what they import or export, in words, such as `` `acme:shop/cart` ``.
        key: what tells it from others on the same item.
        why: what breaks, where it is to be told in other words.
        is_minor: whether another minor version carries it all the same.
    """
    if side is None:
        return replace(change, bump=max(change.bump, Bump.MINOR))
    rule = RULES[rule_id]
    effects = EFFECTS.get(rule_id, ALL)
    words = why or _LINKS[side].format(home=home)
    if Effect.LINK not in effects:
        words = why or "source code that names it no longer compiles"
    is_broken = Effect.LINK in effects or rule.level is Level.ERROR
    bump = Bump.TRACK if is_broken and not is_minor else Bump.MINOR
    judgement = Judgement(
        rule,
        f"{change.message}: {words}",
        change.item,
        place_of(change),
        rule.level,
        side,
        effects,
        bump,
        key=key,
        related=_related(change),
    )
    return replace(change, judgements=(*change.judgements, judgement), bump=max(change.bump, bump))


def noted(change: Change, rule_id: str, words: str, bump: Bump, side: Side | None = None) -> Change:
    """A change with a judgement that breaks nothing built."""
    rule = RULES[rule_id]
    judgement = Judgement(rule, words, change.item, place_of(change), rule.level, side, (), bump)
    return replace(change, judgements=(*change.judgements, judgement), bump=max(change.bump, bump))


def unstable(change: Change) -> Change:
    """A change of an item that may change at any time."""
    rule = RULES["unstable-any"]
    return replace(
        change,
        bump=Bump.NONE,
        judgements=tuple(
            replace(each, rule=rule, level=Level.NOTE, bump=Bump.NONE, key=each.rule.id)
            for each in change.judgements
        ),
    )


def place_of(change: Change) -> Place:
    """Where a change is shown: in the new contract, or the old where the item is gone."""
    if change.kind is ChangeKind.REMOVED or not change.new_place.file:
        return change.old_place if change.old_place.file else change.new_place
    return change.new_place


def _related(change: Change) -> tuple[tuple[str, Place], ...]:
    if change.kind is ChangeKind.CHANGED and change.old_place.file and change.new_place.file:
        return (("it was here", change.old_place),)
    return ()
