"""Arrows for pictures as text: one from node to node, whatever number of interfaces cross it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wcompose.contract import parse_item_name
from wcompose.picture.card import badge_words, one_line, own_name, short_name, size_words
from wcompose.picture.model import NodeKind, Picture, PictureNode

HOST = "the host"
OUTSIDE = "the outside"
OFFERED = "offered"
MOST_LABELS = 6
"""Names on one arrow; what is more is counted."""


@dataclass(frozen=True)
class Arrow:
    """An arrow from what uses to what is used.

    Attributes:
        start: index of a node; none for what the whole offers.
        end: index of a node; none for the host or the outside.
        to_host: whether it ends at the host, where ``end`` is none.
        label: names of the interfaces, short.
    """

    start: int | None
    end: int | None
    to_host: bool
    label: str


def arrows(picture: Picture) -> Iterator[Arrow]:
    """All arrows: what is offered first, then edges, then what goes to the outside."""
    index = {node.name: number for number, node in enumerate(picture.nodes)}
    yield from _grouped(
        ((None, index[offer.exporter], False), short_name(offer.name)) for offer in picture.offers
    )
    yield from _grouped(
        ((index[edge.importer], index[edge.exporter], False), short_name(edge.import_name))
        for edge in picture.edges
    )
    yield from _grouped(
        (
            (index[each.importer], None, each.is_host),
            _package(each.name) if each.is_host else short_name(each.name),
        )
        for each in picture.outsides
    )


def _grouped(
    pairs: Iterable[tuple[tuple[int | None, int | None, bool], str]],
) -> Iterator[Arrow]:
    found: dict[tuple[int | None, int | None, bool], dict[str, None]] = {}
    for ends, label in pairs:
        found.setdefault(ends, {})[label] = None
    for ends, labels in found.items():
        names = list(labels)
        if len(names) > MOST_LABELS:
            names = [*names[: MOST_LABELS - 1], f"{len(names) - MOST_LABELS + 1} more"]
        yield Arrow(*ends, ", ".join(names))


def _package(name: str) -> str:
    # WASI comes in many interfaces: its packages tell enough.
    item = parse_item_name(name)
    return short_name(name) if item is None else f"{item.namespace}:{item.package}"


def node_lines(node: PictureNode) -> tuple[str, ...]:
    """What is written on a node: its name; language and size; what it may ask of its host."""
    facts = [badge_words(node)] if badge_words(node) else []
    if node.size and node.kind is not NodeKind.GROUP:
        facts.append(size_words(node.size))
    lines = [one_line(own_name(node))]
    if facts and node.kind is not NodeKind.GROUP:
        lines.append(", ".join(facts))
    lines += (
        f"{word} " + ", ".join(one_line(each, 80) for each in names)
        for word, names in grant_lines(node)
    )
    return tuple(lines)


def grant_lines(node: PictureNode) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a node may ask of its host, by how far it is granted; each with the word before it."""
    told = (
        ("granted", node.grants),
        ("gates let through, it says:", node.says),
        ("denied", node.denied),
    )
    for word, names in told if node.is_gated else (("needs", node.capabilities),):
        if names:
            yield word, names


def members(picture: Picture, group: str) -> Iterator[tuple[int, PictureNode]]:
    """The nodes that stand directly in a group, or at the top; each with its index."""
    for number, node in enumerate(picture.nodes):
        if node.parent == group:
            yield number, node
