"""From what changed in grants and needs to judgements."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wcompose.check.grant_rules import BY_ID
from wcompose.check.model import Judgement
from wcompose.grants.coverage import GrantChange, GrantChangeKind, grant_changes
from wcompose.grants.table import GrantsTable, NodeGrants
from wcompose.project.grants import GrantsDeclaration
from wcompose.report import Place

Locate = Callable[[str, str], Place]
"""Finds the place of a grant, given the node and the key."""

_ADDED = {
    "filesystem": "grant-filesystem-added",
    "environment": "grant-environment-added",
    "arguments": "grant-environment-added",
    "http": "grant-network-added",
    "tcp": "grant-network-added",
    "udp": "grant-network-added",
    "lookup": "grant-network-added",
    "imports": "grant-import-added",
}
_RULES = {
    GrantChangeKind.WRITE_ADDED: "grant-write-added",
    GrantChangeKind.WIDENED: "grant-widened",
    GrantChangeKind.CHANGED: "grant-changed",
    GrantChangeKind.NARROWED: "grant-narrowed",
}
_VERBS = {
    GrantChangeKind.ADDED: "is granted `{key}`, which it was not: {words}",
    GrantChangeKind.WRITE_ADDED: "may write where it could only read: {words}",
    GrantChangeKind.WIDENED: "is granted more of `{key}` than it was: {words}",
    GrantChangeKind.CHANGED: "is granted another `{key}` than it was: {words}",
    GrantChangeKind.NARROWED: "is no longer granted `{key}` as it was: {words}",
}


def compare_grants(old: GrantsTable, new: GrantsTable, locate: Locate) -> Iterator[Judgement]:
    """Judge what nodes are granted and need, against what they were and did.

    Args:
        old: what was.
        new: what is.
        locate: finds places in the new project.
    """
    before = {node.name: node for node in old.nodes}
    after = {node.name: node for node in new.nodes}
    for name in sorted(before.keys() | after.keys()):
        was = before.get(name) or NodeGrants(name, GrantsDeclaration())
        now = after.get(name) or NodeGrants(name, GrantsDeclaration())
        for change in grant_changes(was.grants, now.grants):
            yield _judgement(name, change, locate, is_gone=name not in after)
        if name in before and name in after:
            yield from _needs(was, now, locate)


def _judgement(name: str, change: GrantChange, locate: Locate, *, is_gone: bool) -> Judgement:
    rule_id = _RULES.get(change.kind)
    if rule_id is None:
        known = _ADDED.get(change.capability) if change.is_of_host else None
        rule_id = known or "grant-added"
    rule = BY_ID[rule_id]
    words = _VERBS[change.kind].format(key=change.capability, words=change.words)
    is_more = change.kind not in {GrantChangeKind.NARROWED, GrantChangeKind.CHANGED}
    return Judgement(
        rule=rule,
        message=f"`{name}` {words}",
        item=f"{name}.{change.capability}",
        place=Place() if is_gone else locate(name, change.capability),
        level=rule.level,
        causes=("the node is gone",) if is_gone else (),
        hint="take it back, or accept it with a reason: `ignore` in `[check]`" if is_more else "",
        key=change.words,
    )


def _needs(was: NodeGrants, now: NodeGrants, locate: Locate) -> Iterator[Judgement]:
    if was.needs is None or now.needs is None:
        return
    for rule_id, one, other, verb in (
        ("need-added", now, was, "needs `{}`, which it did not"),
        ("need-removed", was, now, "no longer needs `{}`"),
    ):
        known = other.needs.by_capability if other.needs is not None else {}
        for capability, need in (one.needs.by_capability if one.needs is not None else {}).items():
            before = known.get(capability)
            if not need.is_real or (before is not None and before.is_real):
                continue
            rule = BY_ID[rule_id]
            uses = [use for use in need.uses if use.may_happen]
            yield Judgement(
                rule=rule,
                message=f"`{now.name}` {verb.format(capability)}",
                item=f"{now.name}.{capability}",
                place=locate(now.name, capability),
                level=rule.level,
                causes=tuple(f"`{use.interface}#{use.function}`" for use in uses[:3])
                + ((f"and {len(uses) - 3} more",) if len(uses) > 3 else ()),
            )
