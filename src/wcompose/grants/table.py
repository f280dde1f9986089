"""What every node of a project or a composition needs and is granted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wcompose.grants.needed import NeededImport
from wcompose.grants.needs import CAPABILITIES, Need, Needs
from wcompose.grants.words import grant_words
from wcompose.project.grants import GrantsDeclaration

VERSION = 1
"""Moves when a reader of the old JSON could stumble."""


class Status(StrEnum):
    """How what a node needs and what it is granted agree."""

    GRANTED = "granted"
    """It imports it, and is granted some of it."""
    DENIED = "denied"
    """It imports it, and is granted nothing of it."""
    UNUSED = "unused"
    """It is granted, and cannot use it."""
    IDLE = "idle"
    """It imports it, its code cannot reach it, and it is granted nothing of it."""
    NEEDED = "needed"
    """It imports it, and whoever runs it decides: no gate stands before it."""
    NONE = "-"
    """It neither imports it nor is granted it."""


@dataclass(frozen=True)
class NodeGrants:
    """One node.

    Attributes:
        name: its name.
        grants: what it is granted.
        needs: what it needs; none where that is not known.
        is_gated: whether gates stand between it and the world.
    """

    name: str
    grants: GrantsDeclaration
    needs: Needs | None = None
    is_gated: bool = True

    def status(self, capability: str) -> Status:
        """Of one key of the grants table."""
        is_granted = bool(grant_words(self.grants, capability))
        if self.needs is None:
            return Status.GRANTED if is_granted else Status.NONE
        need = self.needs.of(capability)
        is_needed = need is not None and need.is_real
        if is_granted:
            return Status.GRANTED if is_needed else Status.UNUSED
        if not is_needed:
            return Status.NONE if need is None else Status.IDLE
        return Status.DENIED if self.is_gated else Status.NEEDED

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Those that there is something to tell of."""
        return tuple(each for each in CAPABILITIES if self.status(each) is not Status.NONE)


@dataclass(frozen=True)
class GrantsTable:
    """All nodes.

    Attributes:
        subject: what they are of, as the user named it.
        nodes: in the order of their names.
        is_analysed: whether their code was looked at, and not only what they import.
    """

    subject: str
    nodes: tuple[NodeGrants, ...]
    is_analysed: bool = False

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Those that there is something to tell of for any node."""
        told = {each for node in self.nodes for each in node.capabilities}
        return tuple(each for each in CAPABILITIES if each in told)

    def to_json(self) -> dict[str, Any]:
        """The table as JSON values."""
        return {
            "version": VERSION,
            "subject": self.subject,
            "analysed": self.is_analysed,
            "nodes": [_node(node) for node in self.nodes],
        }


def _node(node: NodeGrants) -> dict[str, Any]:
    granted = node.grants.to_json()
    found: dict[str, Any] = {
        "name": node.name,
        "gated": node.is_gated,
        "grants": granted,
        "capabilities": {
            capability: _capability(node, capability)
            for capability in CAPABILITIES
            if node.status(capability) is not Status.NONE
        },
    }
    if node.needs is not None and (analysis := node.needs.analysis) is not None:
        found["interpreter"] = analysis.interpreter or None
        found["unknown"] = list(analysis.unknown)
        found["entries"] = [
            {"name": each.name, "kind": each.kind.value} for each in analysis.entries
        ]
    return found


def _capability(node: NodeGrants, capability: str) -> dict[str, Any]:
    need = None if node.needs is None else node.needs.of(capability)
    return {
        "status": node.status(capability).value,
        "functions": [] if need is None else list(_functions(need)),
    }


def _functions(need: Need) -> Iterator[dict[str, Any]]:
    for use in need.uses:
        told: dict[str, Any] = {"interface": use.interface, "function": use.function}
        if use.reach is not None:
            told |= _reach(use.reach)
        yield told


def _reach(reach: NeededImport) -> dict[str, Any]:
    return {
        "reached": reach.is_reached,
        "from": [each.name for each in reach.entries],
        "guesses": reach.guesses,
        "why": [
            {"module": each.module, "function": each.function, "by": each.by} for each in reach.why
        ],
        "left_out": reach.left_out,
    }
