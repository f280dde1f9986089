"""Where things stand: columns, frames, lines and labels."""

from __future__ import annotations

import random
import sys

import pytest
from picture import samples

from wcompose.picture import Picture, PictureEdge, PictureNode, PictureOffer
from wcompose.picture.card import cards, cut, text_width, visible
from wcompose.picture.layered import draw_level
from wcompose.picture.layering import Item, Link
from wcompose.picture.layout import Box, Layout, RouteKind, lay_out
from wcompose.picture.model import NodeKind

PICTURES = {
    "flagship": samples.flagship,
    "nested": samples.nested,
    "hostile": samples.hostile,
    "single": samples.single,
    "cyclic": samples.cyclic,
    "large": lambda: samples.large(120),
}


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def holds(outer: Box, inner: Box) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def box_of(picture: Picture, layout: Layout, name: str) -> Box:
    return layout.boxes[f"n{[node.name for node in picture.nodes].index(name)}"]


@pytest.mark.parametrize("name", PICTURES)
def test_no_card_lies_on_another_or_outside_the_drawing(name: str) -> None:
    layout = lay_out(PICTURES[name]())
    leaves = [key for key in layout.boxes if key not in layout.depths]
    for index, key in enumerate(leaves):
        box = layout.boxes[key]
        assert holds(Box(0, 0, layout.width, layout.height), box)
        for other in leaves[index + 1 :]:
            assert not overlap(box, layout.boxes[other]), (key, other)


@pytest.mark.parametrize("name", PICTURES)
def test_every_line_runs_from_the_right_of_its_source_to_the_left_of_its_target(name: str) -> None:
    picture = PICTURES[name]()
    layout = lay_out(picture)
    assert len(layout.routes) >= len({(edge.importer, edge.exporter) for edge in picture.edges})
    for route in layout.routes:
        source, target = layout.boxes[route.source], layout.boxes[route.target]
        first, last = route.stops[0], route.stops[-1]
        assert first.x == pytest.approx(source.x + source.width)
        assert source.y < first.y < source.y + source.height
        assert last.x == pytest.approx(target.x)
        assert target.y < last.y < target.y + target.height


@pytest.mark.parametrize("name", ["flagship", "nested", "hostile", "large"])
def test_importers_stand_left_of_what_they_import_from(name: str) -> None:
    layout = lay_out(PICTURES[name]())
    for route in layout.routes:
        source, target = layout.boxes[route.source], layout.boxes[route.target]
        assert source.x + source.width < target.x
        assert all(stop.heading == 1 for stop in route.stops)


def test_lines_pass_beside_the_cards_between_their_ends() -> None:
    layout = lay_out(samples.flagship())
    for route in layout.routes:
        for before, after in zip(route.stops, route.stops[1:], strict=False):
            if before.y != after.y:
                continue
            for key, box in layout.boxes.items():
                if key in layout.depths or key in (route.source, route.target):
                    continue
                beside = after.x <= box.x or before.x >= box.x + box.width
                above_or_below = before.y <= box.y or before.y >= box.y + box.height
                assert beside or above_or_below, (route.source, route.target, key)


def test_groups_are_frames_around_their_members_and_nothing_else() -> None:
    picture = samples.nested()
    layout = lay_out(picture)
    inside = {
        "store": {"store", "store/cache", "store/tables", "store/disk"},
        "store/disk": {"store/disk"},
    }
    for group, own in inside.items():
        frame = box_of(picture, layout, group)
        for node in picture.nodes:
            box = box_of(picture, layout, node.name)
            if node.name in own or node.name.startswith("store/disk/"):
                assert holds(frame, box) or node.name == group
            elif not node.name.startswith(group):
                assert holds(box, frame) or not overlap(frame, box)
    assert layout.depths["r"] == 0
    assert sorted(layout.depths.values()) == [0, 1, 2]
    assert holds(layout.boxes["r"], box_of(picture, layout, "front"))


def test_offers_stand_at_the_left_and_the_host_and_the_outside_at_the_right() -> None:
    layout = lay_out(samples.nested())
    frame = layout.boxes["r"]
    assert layout.boxes["o0"].x + layout.boxes["o0"].width < frame.x
    for key in ("h", "x0"):
        assert layout.boxes[key].x > frame.x + frame.width
    assert layout.host_lines == ("wasi:filesystem@0.2.6", "wasi:http@0.2.6")
    assert layout.outside_names == ("vendor:pay/charge@2.1.0",)


def test_interfaces_between_the_same_two_nodes_share_a_line() -> None:
    layout = lay_out(samples.flagship())
    edges = [route for route in layout.routes if route.kind is RouteKind.EDGE]
    assert [(route.label, len(route.crossings)) for route in edges] == [
        ("inference", 1),
        ("inference +1", 2),
        ("statistics", 1),
    ]


def test_labels_lie_on_nothing() -> None:
    crowded = Picture(
        "crowded",
        nodes=tuple(PictureNode(f"node{index}") for index in range(12)),
        edges=tuple(
            PictureEdge(f"node{index}", f"x:y/interface-{other}", f"node{other}", "x:y/z")
            for index in range(12)
            for other in range(index + 1, min(12, index + 6))
        ),
    )
    for picture in (samples.flagship(), samples.nested(), crowded):
        layout = lay_out(picture)
        labels = [
            Box(x - text_width(route.label, 11.5) / 2, y - 6, text_width(route.label, 11.5), 12)
            for route in layout.routes
            if route.label_at
            for x, y in [route.label_at]
        ]
        assert len(labels) >= 3
        for index, label in enumerate(labels):
            assert not any(overlap(label, other) for other in labels[index + 1 :])
            for key, box in layout.boxes.items():
                assert key in layout.depths or not overlap(label, box)


def test_a_cycle_is_drawn_around_the_rest() -> None:
    picture = samples.cyclic()
    layout = lay_out(picture)
    closing = [route for route in layout.routes if any(stop.heading < 0 for stop in route.stops)]
    assert len(closing) == 2
    lowest = max(box.y + box.height for key, box in layout.boxes.items() if key != "r")
    frame = layout.boxes["r"]
    depths = [max(stop.y for stop in route.stops) for route in closing]
    assert min(depths) > lowest
    assert max(depths) < frame.y + frame.height
    assert len(set(depths)) == 2


def test_crossings_that_can_be_avoided_are_avoided() -> None:
    # Three rows of partners, given in orders that cross everywhere.
    items = [Item(f"{row}{index}", 50, 40) for row in "cab" for index in (4, 0, 3, 1, 2)]
    items.sort(key=lambda item: (item.name[0], hash_of(item.name)))
    links = [
        Link(f"{one}{index}", f"{other}{index}", f"{one}{index}")
        for one, other in ("ab", "bc")
        for index in range(5)
    ]
    places = draw_level(items, links).places
    orders = [sorted(range(5), key=lambda index: places[f"{row}{index}"][1]) for row in "abc"]
    assert orders[0] == orders[1] == orders[2]


def hash_of(name: str) -> int:
    return (int(name[1]) * 7 + ord(name[0]) * 3) % 5


def test_a_diamond_is_symmetric() -> None:
    items = [Item(name, 50, 40) for name in ("top", "left", "right", "foot")]
    links = [
        Link(one, other, f"{one}{other}")
        for one, other in (
            ("top", "left"),
            ("top", "right"),
            ("left", "foot"),
            ("right", "foot"),
        )
    ]
    places = draw_level(items, links).places
    middle = (places["left"][1] + places["right"][1]) / 2
    assert places["top"][1] == pytest.approx(middle, abs=0.5)
    assert places["foot"][1] == pytest.approx(middle, abs=0.5)


def test_a_star_is_not_a_tower() -> None:
    names = [f"leaf{index}" for index in range(200)]
    items = [Item("hub", 50, 40), *(Item(name, 50, 40) for name in names)]
    level = draw_level(items, [Link("hub", name, name) for name in names])
    assert level.height < 200 * (40 + 26) / 3


def test_the_order_of_edges_in_the_picture_changes_no_place() -> None:
    picture = samples.nested()
    assert lay_out(picture) == lay_out(samples.nested())


def test_random_graphs_keep_apart_what_is_apart() -> None:
    for seed in range(25):
        chance = random.Random(seed)  # noqa: S311
        count = chance.randint(2, 30)
        names = [f"n{index}" for index in range(count)]
        nodes = []
        for index, name in enumerate(names):
            group = chance.random() < 0.2
            parents = [node.name for node in nodes if node.kind is NodeKind.GROUP]
            parent = chance.choice(parents) if parents and chance.random() < 0.5 else ""
            kind = NodeKind.GROUP if group else NodeKind.COMPONENT
            nodes.append(PictureNode(name, kind, parent=parent, size=index))
        edges = tuple(
            PictureEdge(one, f"{one}-{other}", other, f"{one}-{other}")
            for one in names
            for other in names
            if chance.random() < 0.08
        )
        layout = lay_out(Picture("random", nodes=tuple(nodes), edges=edges))
        leaves = [box for key, box in layout.boxes.items() if key not in layout.depths]
        for index, box in enumerate(leaves):
            assert not any(overlap(box, other) for other in leaves[index + 1 :]), seed
        for index, node in enumerate(nodes):
            if node.parent:
                parent = layout.boxes[f"n{names.index(node.parent)}"]
                assert holds(parent, layout.boxes[f"n{index}"]), seed


def test_names_that_nothing_has_and_groups_in_themselves_do_no_harm() -> None:
    picture = Picture(
        "odd",
        nodes=(
            PictureNode("a", NodeKind.GROUP, parent="b"),
            PictureNode("b", NodeKind.GROUP, parent="a"),
            PictureNode("c", parent="nobody"),
            PictureNode("c"),
        ),
        edges=(PictureEdge("c", "x", "nobody", "x"), PictureEdge("a", "y", "c", "y")),
        offers=(PictureOffer("nobody", "z", "z"),),
    )
    layout = lay_out(picture)
    assert {"n0", "n1", "n2", "o0"} <= set(layout.boxes)


def test_deep_nesting_is_no_recursion() -> None:
    depth = sys.getrecursionlimit() + 50
    nodes = tuple(
        PictureNode(f"g{index}", NodeKind.GROUP, parent=f"g{index - 1}" if index else "")
        for index in range(depth)
    )
    assert max(lay_out(Picture("deep", nodes=nodes)).depths.values()) == depth


def test_what_cannot_be_seen_is_shown_and_texts_are_cut_to_their_room() -> None:
    assert visible("a\u202eb\x1b\x00\ud800\u2066") == "a\\u202eb\\x1b\\x00\\ud800\\u2066"
    assert visible("קלט 入力 é") == "קלט 入力 é"
    assert cut("a-very-long-name-of-a-node", 14, 80).endswith("…")
    assert text_width(cut("a-very-long-name-of-a-node", 14, 80), 14) <= 80
    assert cut("short", 14, 80) == "short"


def test_capabilities_that_do_not_fit_are_counted() -> None:
    words = tuple(f"capability-{index}" for index in range(12))
    card = cards(Picture("many", nodes=(PictureNode("node", capabilities=words),)))["node"]
    shown = [chip for chip in card.chips if not chip.text.startswith("+")]
    assert card.chips[-1].text == f"+{12 - len(shown)}"
    assert all(chip.x + chip.width <= card.width for chip in card.chips)
    assert all(chip.y + 18 <= card.height for chip in card.chips)
