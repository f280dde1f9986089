"""Where everything of a picture stands: nodes in columns, groups around their members.

Importers stand left of what they import from; what the composition exports stands at the left, its
host and what else it imports at the right. A group is laid out on its own by `layered`, and is then
an item as large as its inside in the level around it. An edge that crosses the border of a group
passes a port there; so every level is a plain layered drawing, and an edge is the joined lines of the
levels that it passes. Cost: that of `layered` for each level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from wcompose.picture.card import (
    CHIP_SIZE,
    NAME_SIZE,
    SMALL_SIZE,
    Card,
    cards,
    cut,
    one_line,
    own_name,
    short_name,
    text_width,
)
from wcompose.picture.layered import draw_level
from wcompose.picture.layering import Item, Level, Link, Stop
from wcompose.picture.model import NodeKind, Picture

MARGIN = 24.0
FRAME_INSET = 24.0
FRAME_HEAD = 44.0
PILL_HEIGHT = 32.0
_PILL_MOST = 190.0
_HOST_LINES = 9
_SEPARATE = 160
"""Up to so many routes every one has a lane of its own; beyond, those to one target share one."""
_LABELLED = 200


class RouteKind(StrEnum):
    """What a line means."""

    EDGE = "edge"
    HOST = "host"
    OUTSIDE = "outside"
    OFFER = "offer"


@dataclass(frozen=True)
class Crossing:
    """One import and what fills it, on a route."""

    import_name: str
    export_name: str
    reason: str = ""


@dataclass(frozen=True)
class Route:
    """All that runs from one end to another, as one line.

    Attributes:
        kind: what it means.
        source: id of the end that asks.
        target: id of the end that is asked.
        crossings: in the picture's order.
        label: short; empty for none.
        stops: the line.
        label_at: middle of the label; none where there is no room.
    """

    kind: RouteKind
    source: str
    target: str
    crossings: tuple[Crossing, ...]
    label: str = ""
    stops: tuple[Stop, ...] = ()
    label_at: tuple[float, float] | None = None


@dataclass(frozen=True)
class Box:
    """A rectangle, in pixels from the top left corner of the drawing."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """A picture with a place for everything.

    Ids are ``n`` with the index of a node, ``o`` with that of an offer, ``x`` with that of a name in
    ``outside_names``, ``h`` for the host and ``r`` for the whole.

    Attributes:
        width: in pixels.
        height: in pixels.
        boxes: by id.
        depths: how many groups stand around a group, by id.
        cards: what is written on nodes, by node name.
        routes: in the order of the picture.
        outside_names: what the whole imports besides its host's, in order.
        host_lines: what it imports of its host, by package.
    """

    width: float
    height: float
    boxes: Mapping[str, Box]
    depths: Mapping[str, int]
    cards: Mapping[str, Card] = field(repr=False)
    routes: tuple[Route, ...]
    outside_names: tuple[str, ...]
    host_lines: tuple[str, ...]


def lay_out(picture: Picture) -> Layout:
    """Place everything of a picture; see the module."""
    plan = _Plan(picture)
    plan.draw()
    return plan.finish()


def host_packages(picture: Picture) -> tuple[str, ...]:
    """What is imported of the host, as packages with their versions, in order."""
    packages: set[str] = set()
    for outside in picture.outsides:
        if outside.is_host:
            path, _, version = outside.name.partition("@")
            package = path.split("/", 1)[0]
            packages.add(f"{package}@{version}" if version else package)
    return tuple(sorted(packages))


class _Plan:
    """The tree of levels, the routes between its leaves, and the drawings of the levels."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.cards = cards(picture)
        self.ids: dict[str, str] = {}
        for index, node in enumerate(picture.nodes):
            self.ids.setdefault(node.name, f"n{index}")
        self.outside_names = tuple(
            sorted({outside.name for outside in picture.outsides if not outside.is_host})
        )
        self.host_lines = host_packages(picture)
        self.parent: dict[str, str] = {}
        self.sizes: dict[str, tuple[float, float]] = {}
        self.members: defaultdict[str, list[str]] = defaultdict(list)
        self._plant()
        self.routes = self._routes()
        self.levels: dict[str, Level] = {}
        self.entries: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self.exits: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self.links: defaultdict[str, dict[Link, None]] = defaultdict(dict)
        self.paths: list[list[tuple[str, Link]]] = []
        self.crowns: list[tuple[str, Link] | None] = []
        self._lead()

    def _plant(self) -> None:
        """The tree: what stands in what, and the sizes of its leaves."""
        groups = {node.name for node in self.picture.nodes if node.kind is NodeKind.GROUP}
        parents = {
            node.name: node.parent if node.parent in groups else "" for node in self.picture.nodes
        }
        for index, offer in enumerate(self.picture.offers):
            self._leaf(f"o{index}", _pill_width(offer.name), PILL_HEIGHT)
        self.parent["r"] = ""
        self.members[""].append("r")
        self.members["r"] = []
        for name, key in self.ids.items():
            parent = parents[name]
            above, seen = parent, {name}
            while above and above not in seen:
                seen.add(above)
                above = parents[above]
            # A group in itself stands at the top.
            home = self.ids[parent] if parent and not above else "r"
            self.parent[key] = home
            self.members[home].append(key)
            if name in groups:
                self.members[key] = self.members.get(key, [])
            else:
                self.sizes[key] = (self.cards[name].width, self.cards[name].height)
        for index, name in enumerate(self.outside_names):
            self._leaf(f"x{index}", _pill_width(name), PILL_HEIGHT)
        if self.host_lines:
            lines = self.host_lines[:_HOST_LINES]
            width = max(text_width(line, CHIP_SIZE) for line in lines)
            self._leaf("h", max(96.0, min(_PILL_MOST, width + 28)), 50.0 + 16 * self._host_rows())

    def _host_rows(self) -> int:
        return min(len(self.host_lines), _HOST_LINES + 1)

    def _leaf(self, key: str, width: float, height: float) -> None:
        self.parent[key] = ""
        self.members[""].append(key)
        self.sizes[key] = (round(width, 1), height)

    def _routes(self) -> list[Route]:
        """Everything that runs, by its ends."""
        bundles: dict[tuple[RouteKind, str, str], list[Crossing]] = {}

        def add(kind: RouteKind, source: str | None, target: str | None, item: Crossing) -> None:
            if source and target:
                bundles.setdefault((kind, source, target), []).append(item)

        for index, offer in enumerate(self.picture.offers):
            crossing = Crossing(offer.name, offer.export_name)
            add(RouteKind.OFFER, f"o{index}", self.ids.get(offer.exporter), crossing)
        for edge in self.picture.edges:
            ends = self.ids.get(edge.importer), self.ids.get(edge.exporter)
            add(RouteKind.EDGE, *ends, Crossing(edge.import_name, edge.export_name, edge.reason))
        for outside in self.picture.outsides:
            source = self.ids.get(outside.importer)
            crossing = Crossing(outside.import_name, outside.name)
            if outside.is_host:
                add(RouteKind.HOST, source, "h", crossing)
            else:
                target = f"x{self.outside_names.index(outside.name)}"
                add(RouteKind.OUTSIDE, source, target, crossing)
        return [
            Route(kind, source, target, tuple(items), _label(kind, items))
            for (kind, source, target), items in bundles.items()
        ]

    def _above(self, key: str) -> list[str]:
        """The levels that an end stands in, from inside; the last one is the level of all."""
        result: list[str] = []
        while key:
            key = self.parent[key]
            result.append(key)
        return result

    def _lead(self) -> None:
        """The links of every level, and which of them make up each route."""
        separate = len(self.routes) <= _SEPARATE
        labelled = len(self.routes) <= _LABELLED
        for index, route in enumerate(self.routes):
            host = route.kind is RouteKind.HOST
            lane = route.target if host or not separate else f"{index}"
            out, into = self._above(route.source), self._above(route.target)
            if route.source in into or route.target in out:
                # From a group to what is in it: nothing that a line would show.
                self.paths.append([])
                self.crowns.append(None)
                continue
            shared = next(level for level in out if level in into)
            path: list[tuple[str, Link]] = []
            at = route.source
            for level in out[: out.index(shared)]:
                path.append((level, Link(at, f">{lane}", lane)))
                at = level
            down: list[tuple[str, Link]] = []
            last = route.target
            for level in into[: into.index(shared)]:
                down.append((level, Link(f"<{lane}", last, lane)))
                last = level
            width = text_width(route.label, SMALL_SIZE) + 4 if route.label and labelled else 0.0
            crown = (shared, Link(at, last, lane, round(width, 1)))
            path = [*path, crown, *reversed(down)]
            for level, link in path:
                self.links[level][link] = None
            self.paths.append(path)
            self.crowns.append(crown)

    def draw(self) -> None:
        """Draw the levels, the innermost first."""
        depth: dict[str, int] = {"": 0}
        order = [""]
        for level in order:
            for key in self.members[level]:
                if key in self.members:
                    depth[key] = depth[level] + 1
                    order.append(key)
        self.depths = {key: at - 1 for key, at in depth.items() if key}
        for level in reversed(order):
            self._draw_level(level)

    def _draw_level(self, level: str) -> None:
        links = list(self.links[level])
        items = [
            Item(key, *self.sizes[key], entries=self.entries[key], exits=self.exits[key])
            for key in self.members[level]
        ]
        ports: dict[str, int] = {}
        for link in links:
            if link.source.startswith("<"):
                ports[link.source] = -1
            if link.target.startswith(">"):
                ports[link.target] = 1
        items += [Item(name, side=side) for name, side in ports.items()]
        drawn = draw_level(items, links)
        self.levels[level] = drawn
        if not level:
            return
        heading = FRAME_HEAD
        for name, side in ports.items():
            lanes = self.entries if side < 0 else self.exits
            lanes[level][name[1:]] = drawn.places[name][1] + heading
        name = self._frame_name(level)
        width = max(drawn.width, text_width(name, NAME_SIZE) + 10, 120.0)
        # An empty frame says so in words.
        height = max(drawn.height, 24.0)
        self.sizes[level] = (width + 2 * FRAME_INSET, height + heading + FRAME_INSET)

    def _frame_name(self, level: str) -> str:
        if level == "r":
            return one_line(self.picture.title, 60)
        return one_line(own_name(self.picture.nodes[int(level[1:])]), 60)

    def finish(self) -> Layout:
        """Absolute places and lines."""
        origin: dict[str, tuple[float, float]] = {"": (MARGIN, MARGIN)}
        boxes: dict[str, Box] = {}
        for level in sorted(self.levels, key=lambda key: self.depths.get(key, -1)):
            left, top = origin[level]
            for key in self.members[level]:
                x, y = self.levels[level].places[key]
                boxes[key] = Box(left + x, top + y, *self.sizes[key])
                if key in self.levels:
                    spare = self.sizes[key][0] - 2 * FRAME_INSET - self.levels[key].width
                    inset = FRAME_INSET + (spare / 2 if not self.levels[key].lines else 0.0)
                    origin[key] = (left + x + inset, top + y + FRAME_HEAD)
        routes: list[Route] = []
        taken = _Taken()
        for route, path, crown in zip(self.routes, self.paths, self.crowns, strict=True):
            stops: list[Stop] = []
            for level, link in path:
                left, top = origin[level]
                stops += _moved(self.levels[level].lines[link], left, top)
            label_at = None
            if crown and crown[1].label:
                left, top = origin[crown[0]]
                line = _moved(self.levels[crown[0]].lines[crown[1]], left, top)
                label_at = taken.place(line, crown[1].label)
            routes.append(
                Route(
                    route.kind,
                    route.source,
                    route.target,
                    route.crossings,
                    route.label,
                    tuple(stops),
                    label_at,
                )
            )
        whole = self.levels[""]
        return Layout(
            whole.width + 2 * MARGIN,
            whole.height + 2 * MARGIN,
            boxes,
            self.depths,
            self.cards,
            tuple(routes),
            self.outside_names,
            self.host_lines,
        )


def _moved(line: Sequence[Stop], left: float, top: float) -> list[Stop]:
    return [Stop(left + stop.x, top + stop.y, stop.heading) for stop in line]


def _pill_width(name: str) -> float:
    return min(_PILL_MOST, text_width(cut(short_name(name), SMALL_SIZE, 150), SMALL_SIZE) + 34)


def _label(kind: RouteKind, items: list[Crossing]) -> str:
    if kind is not RouteKind.EDGE:
        return ""
    first = cut(short_name(items[0].import_name), SMALL_SIZE, 120)
    return first if len(items) == 1 else f"{first} +{len(items) - 1}"


class _Taken:
    """The places of the labels so far, so that no two lie on each other."""

    def __init__(self) -> None:
        self._rows: defaultdict[int, list[tuple[float, float, float]]] = defaultdict(list)

    def place(self, line: list[Stop], width: float) -> tuple[float, float] | None:
        """The first free place for a label on the bends of a line, from its middle outwards."""
        bends = [(start, end) for start, end in pairwise(line) if end.x - start.x > width + 12]
        for start, end in bends:
            for share in (0.5, 0.4, 0.6, 0.32, 0.68, 0.25, 0.75):
                x, y = _on_curve(start, end, share)
                inside = start.x + width / 2 + 3 <= x <= end.x - width / 2 - 9
                if inside and self._is_free(x, y, width):
                    self._rows[int(y // 16)].append((x - width / 2, x + width / 2, y))
                    return (x, y)
        return None

    def _is_free(self, x: float, y: float, width: float) -> bool:
        row = int(y // 16)
        return not any(
            left < x + width / 2 + 2 and x - width / 2 - 2 < right and abs(y - other) < 15
            for near in (row - 1, row, row + 1)
            for left, right, other in self._rows.get(near, ())
        )


def _on_curve(start: Stop, end: Stop, share: float) -> tuple[float, float]:
    """A point of the curve that `svg` draws from one stop to the next."""
    middle = (start.x + end.x) / 2
    rest = 1 - share
    weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
    x = sum(a * b for a, b in zip(weights, (start.x, middle, middle, end.x), strict=True))
    y = sum(a * b for a, b in zip(weights, (start.y, start.y, end.y, end.y), strict=True))
    return x, y
