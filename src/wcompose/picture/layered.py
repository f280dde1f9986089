"""Layered drawing of one level of a graph: columns, order and heights.

The method is the one of Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical
System Structures" (IEEE Transactions on Systems, Man and Cybernetics, 1981), in its usual steps:

1. links that close a cycle are set aside (depth-first search) and drawn around the rest;
2. every item gets a layer by the longest path from the items nobody links to, with a bound on how
   many share a layer, as Coffman and Graham do, so that a star does not become a tower;
3. a link across several layers passes through one bend in each, and links of one lane share them;
4. the order in the layers is improved by barycentre sweeps and by swapping neighbours; the order
   with the fewest crossings, counted by a Fenwick tree, is kept;
5. the heights are the least squares distance to the neighbours' heights under the order found:
   isotonic regression by pooling adjacent violators, swept over the layers to and fro.

Every step is linear in items, bends and links, or linear but for a logarithm; the number of sweeps
falls as the level grows. Nothing depends on chance: ties keep the order in which items were given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from wcompose.picture.layering import Item, Level, Link, Stop, layers, without_cycles

_ITEM_GAP = 26.0
_BEND_GAP = 15.0
_COLUMN_GAP = 58.0
_PORT_GAP = 34.0
_DETOUR = 20.0
_SWEEP_BUDGET = 300_000
_MOST_SWEEPS = 24
_SWAP_LIMIT = 400
_LOOSEST = 1.5
_PACKING = 12.0


def draw_level(items: Sequence[Item], links: Sequence[Link]) -> Level:
    """Place the items and lead the links; cost: see the module.

    Args:
        items: with distinct names.
        links: between items of these; without repetitions.
    """
    onward, closing = without_cycles(items, links)
    drawing = _Drawing(items, onward, layers(items, onward))
    drawing.order()
    drawing.attach()
    drawing.settle()
    return drawing.finish(closing)


class _Drawing:
    """The steps after layering, on numbered vertices: first the items, then the bends."""

    def __init__(
        self, items: Sequence[Item], links: Sequence[Link], layer: Mapping[str, int]
    ) -> None:
        self.items = list(items)
        self.links = list(links)
        number = {item.name: index for index, item in enumerate(items)}
        self.layer = [layer[item.name] for item in items]
        self.height = [item.height for item in items]
        self.columns: list[list[int]] = [[] for _ in range(max(self.layer, default=0) + 1)]
        for vertex, at in enumerate(self.layer):
            self.columns[at].append(vertex)
        self.before: list[list[tuple[int, str]]] = [[] for _ in items]
        self.after: list[list[tuple[int, str]]] = [[] for _ in items]
        self.chains: dict[Link, list[int]] = {}
        bends: dict[tuple[str, str, int], int] = {}
        known: set[tuple[int, int, str]] = set()
        for link in links:
            target = number[link.target]
            chain = [number[link.source]]
            for at in range(self.layer[chain[0]] + 1, self.layer[target]):
                key = (link.lane, link.target, at)
                if key not in bends:
                    bends[key] = self._bend(at)
                chain.append(bends[key])
            chain.append(target)
            self.chains[link] = chain
            for left, right in pairwise(chain):
                if (left, right, link.lane) not in known:
                    known.add((left, right, link.lane))
                    self.after[left].append((right, link.lane))
                    self.before[right].append((left, link.lane))
        self.place = [0] * len(self.layer)
        self.y = [0.0] * len(self.layer)
        self.packed = [0.0] * len(self.layer)
        self.entry: dict[tuple[int, int, str], float] = {}
        self.exit: dict[tuple[int, int, str], float] = {}
        self._number_places()

    def _bend(self, layer: int) -> int:
        self.layer.append(layer)
        self.height.append(0.0)
        self.before.append([])
        self.after.append([])
        self.columns[layer].append(len(self.layer) - 1)
        return len(self.layer) - 1

    # Step 4: the order.

    def order(self) -> None:
        """Sort the columns for few crossings."""
        size = len(self.layer) + sum(map(len, self.after))
        sweeps = max(3, min(_MOST_SWEEPS, _SWEEP_BUDGET // (size + 1)))
        best = [list(column) for column in self.columns]
        fewest = self._crossings()
        for sweep in range(sweeps):
            if not fewest:
                break
            forward = sweep % 2 == 0
            indices = range(1, len(self.columns))
            for index in indices if forward else reversed(range(len(self.columns) - 1)):
                self._sort_column(index, self.before if forward else self.after)
            if size <= _SWAP_LIMIT:
                self._swap_neighbours()
            crossings = self._crossings()
            if crossings < fewest:
                fewest = crossings
                best = [list(column) for column in self.columns]
        self.columns = best
        self._number_places()

    def _number_places(self) -> None:
        for column in self.columns:
            for position, vertex in enumerate(column):
                self.place[vertex] = position

    def _fraction(self, vertex: int, lane: str, *, leaving: bool) -> float:
        """How far down in an item with an inside a lane passes its border; 0 at others."""
        if vertex >= len(self.items):
            return 0.0
        item = self.items[vertex]
        heights = item.exits if leaving else item.entries
        return heights[lane] / item.height if lane in heights and item.height else 0.0

    def _sort_column(self, index: int, neighbours: list[list[tuple[int, str]]]) -> None:
        leaving = neighbours is self.before
        column = self.columns[index]
        key: dict[int, tuple[float, int]] = {}
        for position, vertex in enumerate(column):
            beside = neighbours[vertex]
            middle = float(position)
            if beside:
                middle = sum(
                    self.place[other] + self._fraction(other, lane, leaving=leaving)
                    for other, lane in beside
                ) / len(beside)
            key[vertex] = (middle, position)
        column.sort(key=key.__getitem__)
        for position, vertex in enumerate(column):
            self.place[vertex] = position

    def _ends(self, vertex: int) -> list[tuple[float, float]]:
        """Left and right end of the links that leave a vertex, as places."""
        return [
            (
                self.place[vertex] + self._fraction(vertex, lane, leaving=True),
                self.place[other] + self._fraction(other, lane, leaving=False),
            )
            for other, lane in self.after[vertex]
        ]

    def _crossings(self) -> int:
        total = 0
        for column in self.columns:
            ends = sorted(end for vertex in column for end in self._ends(vertex))
            ranks = {right: rank for rank, right in enumerate(sorted({end[1] for end in ends}))}
            tree = [0] * (len(ranks) + 1)
            for count, (_, right) in enumerate(ends):
                at = ranks[right] + 1
                upto = 0
                while at:
                    upto += tree[at]
                    at &= at - 1
                total += count - upto
                at = ranks[right] + 1
                while at < len(tree):
                    tree[at] += 1
                    at += at & -at
        return total

    def _swap_neighbours(self) -> None:
        for column in self.columns:
            for position in range(len(column) - 1):
                upper, lower = column[position], column[position + 1]
                if self._pair_crossings(upper, lower) > self._pair_crossings(lower, upper):
                    column[position], column[position + 1] = lower, upper
                    self.place[lower], self.place[upper] = position, position + 1

    def _pair_crossings(self, upper: int, lower: int) -> int:
        total = 0
        for neighbours, leaving in ((self.before, True), (self.after, False)):
            above, below = (
                [
                    self.place[other] + self._fraction(other, lane, leaving=leaving)
                    for other, lane in neighbours[vertex]
                ]
                for vertex in (upper, lower)
            )
            total += sum(1 for one in above for other in below if one > other)
        return total

    # Where links meet their items.

    def attach(self) -> None:
        """Spread the ends of links over the sides of the items."""
        for vertex, height in enumerate(self.height):
            for neighbours, leaving in ((self.after[vertex], True), (self.before[vertex], False)):
                ends = sorted(
                    neighbours,
                    key=lambda end: (
                        self.place[end[0]] + self._fraction(*end, leaving=not leaving),
                        end[1],
                    ),
                )
                step = min(14.0, max(0.0, height - 22.0) / max(1, len(ends) - 1))
                for index, (other, lane) in enumerate(ends):
                    at = height / 2 + (index - (len(ends) - 1) / 2) * step
                    if vertex < len(self.items):
                        item = self.items[vertex]
                        at = (item.exits if leaving else item.entries).get(lane, at)
                    if leaving:
                        self.exit[vertex, other, lane] = at
                    else:
                        self.entry[other, vertex, lane] = at

    # Step 5: the heights.

    def settle(self) -> None:
        """Find the heights; where straight lines would draw the level apart, mind the room more."""
        for column in self.columns:
            for position, vertex in enumerate(column):
                above = column[position - 1] if position else vertex
                room = self._distance(above, vertex) if position else 0.0
                self.packed[vertex] = self.packed[above] * (position > 0) + room
        lowest = [
            self.packed[column[-1]] + self.height[column[-1]] for column in self.columns if column
        ]
        tallest = max(lowest, default=0.0)
        for column in self.columns:
            if column:
                lower = (tallest - self.packed[column[-1]] - self.height[column[-1]]) / 2
                for vertex in column:
                    self.packed[vertex] += lower
        self.y = list(self.packed)
        self._sweep(0.0)
        span = max(self.y, default=0.0) - min(self.y, default=0.0)
        if span > _LOOSEST * tallest:
            self.y = list(self.packed)
            self._sweep(_PACKING)

    def _sweep(self, packing: float) -> None:
        size = len(self.layer)
        rounds = max(3, min(12, _SWEEP_BUDGET // (4 * size + 1)))
        for index in range(rounds):
            both = index == rounds - 1 or index % 3 == 2
            for column in self.columns:
                self._settle_column(column, packing, left=True, right=both)
            for column in reversed(self.columns):
                self._settle_column(column, packing, left=both, right=True)

    def _distance(self, upper: int, lower: int) -> float:
        count = len(self.items)
        plain = upper < count and lower < count
        ports = (plain and bool(self.items[upper].side)) or (plain and bool(self.items[lower].side))
        return self.height[upper] + (_ITEM_GAP if plain and not ports else _BEND_GAP)

    def _weight(self, one: int, other: int) -> float:
        bends = (one >= len(self.items)) + (other >= len(self.items))
        return (1.0, 2.0, 8.0)[bends]

    def _settle_column(self, column: list[int], packing: float, *, left: bool, right: bool) -> None:
        blocks: list[tuple[float, float, int]] = []
        shift = 0.0
        shifts: list[float] = []
        for position, vertex in enumerate(column):
            if position:
                shift += self._distance(column[position - 1], vertex)
            shifts.append(shift)
            total, weight = packing * self.packed[vertex], packing
            if left:
                for other, lane in self.before[vertex]:
                    each = self._weight(vertex, other)
                    key = (other, vertex, lane)
                    total += each * (self.y[other] + self.exit[key] - self.entry[key])
                    weight += each
            if right:
                for other, lane in self.after[vertex]:
                    each = self._weight(vertex, other)
                    key = (vertex, other, lane)
                    total += each * (self.y[other] + self.entry[key] - self.exit[key])
                    weight += each
            if not weight:
                total, weight = 0.01 * self.y[vertex], 0.01
            block = (total - weight * shift, weight, 1)
            while blocks and blocks[-1][0] / blocks[-1][1] > block[0] / block[1]:
                upper = blocks.pop()
                block = (upper[0] + block[0], upper[1] + block[1], upper[2] + block[2])
            blocks.append(block)
        position = 0
        for total, weight, count in blocks:
            for _ in range(count):
                self.y[column[position]] = total / weight + shifts[position]
                position += 1

    # The result.

    def finish(self, closing: Sequence[Link]) -> Level:
        """Coordinates, and the lines along them."""
        aside = _DETOUR + 8.0 if closing else 0.0
        edge, widths = self._columns_x(aside)
        top = min(self.y, default=0.0)
        self.y = [height - top for height in self.y]
        bottom = max((y + self.height[v] for v, y in enumerate(self.y)), default=0.0)
        places: dict[str, tuple[float, float]] = {}
        for vertex, item in enumerate(self.items):
            at = self.layer[vertex]
            x = edge[at] + (widths[at] - item.width) / 2
            places[item.name] = (x, self.y[vertex])
        lines: dict[Link, tuple[Stop, ...]] = {}
        for link, chain in self.chains.items():
            stops: list[Stop] = []
            for left, right in pairwise(chain):
                key = (left, right, link.lane)
                start = self.y[left] + self.exit[key]
                if left < len(self.items):
                    stops.append(Stop(places[link.source][0] + self.items[left].width, start))
                stops.append(Stop(edge[self.layer[left]] + widths[self.layer[left]], start))
                end = self.y[right] + self.entry[key]
                stops.append(Stop(edge[self.layer[right]], end))
            stops.append(Stop(places[link.target][0], stops[-1].y))
            lines[link] = tuple(stops)
        sizes = {item.name: item for item in self.items}
        for index, link in enumerate(closing):
            # Around below everything, as no column has room for it.
            bottom += _DETOUR
            begin, goal = places[link.source], places[link.target]
            source, target = sizes[link.source], sizes[link.target]
            away = begin[0] + source.width
            out = begin[1] + source.exits.get(link.lane, source.height * 0.75)
            into = goal[1] + target.entries.get(link.lane, target.height * 0.75)
            lines[link] = (
                Stop(away, out),
                Stop(away, bottom, -1),
                Stop(goal[0], bottom, -1),
                Stop(goal[0], into),
            )
            bottom += 2.0 if index + 1 < len(closing) else 6.0
        width = edge[-1] + widths[-1] + aside if edge else 0.0
        return Level(width, bottom, places, lines)

    def _columns_x(self, start: float) -> tuple[list[float], list[float]]:
        """Left edge and width of every column; a gap is as wide as the widest text set in it."""
        count = len(self.columns)
        widths = [0.0] * count
        for vertex, item in enumerate(self.items):
            at = self.layer[vertex]
            widths[at] = max(widths[at], item.width)
        gaps = [_COLUMN_GAP] * count
        for link, chain in self.chains.items():
            if link.label:
                at = self.layer[chain[0]]
                gaps[at] = max(gaps[at], link.label + 46.0)
        edges: list[float] = []
        x = start
        for at in range(count):
            edges.append(x)
            ports = not widths[at] or (at + 1 < count and not widths[at + 1])
            x += widths[at]
            if self.columns[at] and at + 1 < count and self.columns[at + 1]:
                x += _PORT_GAP if ports else gaps[at]
        return edges, widths
