"""Which layer an item of a layered drawing stands in: the first steps of `layered`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Item:
    """What is placed.

    Attributes:
        name: unique in the level.
        width: in pixels.
        height: in pixels.
        side: -1 for a port at the left border of the level, 1 for one at the right, 0 for an item.
        entries: where lanes come in at the left, from the item's top, for an item with an inside.
        exits: where lanes go out at the right.
    """

    name: str
    width: float = 0.0
    height: float = 0.0
    side: int = 0
    entries: Mapping[str, float] = field(default_factory=dict)
    exits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """From an item to one that is to stand right of it; links of one lane share their bends.

    Attributes:
        source: name of an item.
        target: name of an item.
        lane: links of the same lane and target run together.
        label: width of the text to be set on the link, in pixels.
    """

    source: str
    target: str
    lane: str
    label: float = 0.0


@dataclass(frozen=True)
class Stop:
    """A point of a line, which passes it to the right (1) or to the left (-1)."""

    x: float
    y: float
    heading: int = 1


@dataclass(frozen=True)
class Level:
    """A finished drawing; its top left corner is at 0, 0."""

    width: float
    height: float
    places: Mapping[str, tuple[float, float]]
    lines: Mapping[Link, tuple[Stop, ...]]


def without_cycles(items: Sequence[Item], links: Sequence[Link]) -> tuple[list[Link], list[Link]]:
    """The links without a cycle, and those that would close one."""
    outgoing: dict[str, list[Link]] = {item.name: [] for item in items}
    for link in links:
        outgoing[link.source].append(link)
    closing: set[Link] = set()
    done: set[str] = set()
    for item in items:
        if item.name in done:
            continue
        path = {item.name}
        stack = [(item.name, iter(outgoing[item.name]))]
        while stack:
            name, rest = stack[-1]
            for link in rest:
                if link.target in path:
                    closing.add(link)
                elif link.target not in done:
                    path.add(link.target)
                    stack.append((link.target, iter(outgoing[link.target])))
                    break
            else:
                stack.pop()
                path.discard(name)
                done.add(name)
    return [link for link in links if link not in closing], [
        link for link in links if link in closing
    ]


def layers(items: Sequence[Item], links: Sequence[Link]) -> dict[str, int]:
    """The layer of every item; ports stand in the first and in the last."""
    members = [item.name for item in items if item.side == 0]
    inner = set(members)
    before: dict[str, list[str]] = {name: [] for name in members}
    after: dict[str, list[str]] = {name: [] for name in members}
    for link in links:
        if link.source in inner and link.target in inner:
            after[link.source].append(link.target)
            before[link.target].append(link.source)
    waiting = {name: len(before[name]) for name in members}
    ready = [name for name in members if not waiting[name]]
    sorted_names: list[str] = []
    for name in ready:
        sorted_names.append(name)
        for other in after[name]:
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    most = max(7, math.ceil(1.5 * math.sqrt(len(members))))
    filled: defaultdict[int, int] = defaultdict(int)
    layer: dict[str, int] = {}
    for name in sorted_names:
        at = max((layer[other] + 1 for other in before[name]), default=0)
        while filled[at] >= most:
            at += 1
        layer[name] = at
        filled[at] += 1
    # An item with more links to the right than from the left is drawn nearer to its targets.
    for name in reversed(sorted_names):
        if len(after[name]) > len(before[name]):
            for at in range(min(layer[other] for other in after[name]) - 1, layer[name], -1):
                if filled[at] < most:
                    filled[layer[name]] -= 1
                    filled[at] += 1
                    layer[name] = at
                    break
    used = sorted(set(layer.values()))
    rank = {at: index + 1 for index, at in enumerate(used)}
    result = {name: rank[at] for name, at in layer.items()}
    last = len(used) + 1
    for item in items:
        if item.side:
            result[item.name] = 0 if item.side < 0 else last
    return result
