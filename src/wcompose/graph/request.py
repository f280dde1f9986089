"""What is asked of the planner, beside the nodes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from wcompose.contract import World
from wcompose.graph.advice import PROJECT, Advice
from wcompose.graph.model import Node
from wcompose.project import EdgeDeclaration, OfferDeclaration

Placed: TypeAlias = Callable[[Node], World | None]
"""Gives a node's world with the places of its items, as far as it is written anywhere."""


@dataclass(frozen=True)
class Request:
    """What a graph shall be like.

    Attributes:
        edges: the choices that are stated.
        exports: what the whole exports; none for every export that no node uses.
        leave_open: whether imports that nothing exports are left to the outside.
        placed: gives a node's world with places, for types that differ.
        advice: words for hints.
        homes: nodes that only give interfaces of value types a home, and nobody wrote.
    """

    edges: Sequence[EdgeDeclaration] = ()
    exports: Sequence[OfferDeclaration] | None = None
    leave_open: bool = False
    placed: Placed | None = None
    advice: Advice = PROJECT
    homes: Collection[str] = ()
