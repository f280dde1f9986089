"""A picture as SVG: a drawing that stands alone, and the same drawing for the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from itertools import pairwise

from wcompose.picture.arrows import grant_lines
from wcompose.picture.card import (
    CHIP_HEIGHT,
    CHIP_SIZE,
    INSET,
    SMALL_SIZE,
    Card,
    badge_words,
    cut,
    one_line,
    own_name,
    short_name,
    size_words,
    text_width,
)
from wcompose.picture.layering import Stop
from wcompose.picture.layout import FRAME_INSET, Box, Layout, Route, RouteKind, lay_out
from wcompose.picture.model import NodeKind, Picture, PictureNode
from wcompose.picture.palette import DARK, LIGHT, fixed, language_class, language_styles

_HOST_SHOWN = 9
_TIP = 8.0
_TABBED = 80
"""On the page, so many lines at most are stops of the Tab key; more would be in its way."""


def to_svg(picture: Picture) -> str:
    r"""A picture as one SVG file.

    It is light or dark as its viewer is, needs nothing from outside, and is the same bytes for the
    same picture. What cannot be seen in names is shown as ``\x..``.
    """
    layout = lay_out(picture)
    width, height = number(layout.width), number(layout.height)
    rows = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="img" aria-labelledby="title desc">'
        ),
        f'<title id="title">{_text(picture.title, 300)}</title>',
        f'<desc id="desc">{_text(description(picture), 4000)}</desc>',
        f"<style>\n{_standalone_style()}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
        *drawing(picture, layout, live=False),
        "</svg>",
    ]
    return "\n".join(rows) + "\n"


def picture_style() -> str:
    """The stylesheet of drawings, with variables for the colours."""
    return (files("wcompose.picture") / "page" / "picture.css").read_text("utf-8")


def description(picture: Picture) -> str:
    """What a drawing shows, in a few sentences, for those who do not see it."""
    nodes = [node for node in picture.nodes if node.kind is not NodeKind.GROUP]
    parts = [f"{len(nodes)} component{'s' * (len(nodes) != 1)}"]
    parts += [
        f"{edge.importer} imports {edge.import_name} from {edge.exporter}"
        for edge in picture.edges[:20]
    ]
    if len(picture.edges) > 20:
        parts.append(f"and {len(picture.edges) - 20} imports more")
    parts += [f"{offer.name} is exported from {offer.exporter}" for offer in picture.offers[:20]]
    parts += [f"problem: {problem.message}" for problem in picture.problems[:20]]
    return "; ".join(one_line(part) for part in parts)


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


@dataclass(frozen=True)
class Stroke:
    """A line as it is drawn.

    Attributes:
        commands: of path data; the first moves to the start.
        joins: the route that draws the rest, or its next part, and the number of its commands before
            that; none where the line is drawn to its end.
    """

    commands: tuple[str, ...]
    joins: tuple[int, int] | None = None


def strokes(routes: Sequence[Route]) -> list[Stroke]:
    """The lines of all routes; what several to one end have in common is drawn by the first of them.

    A thousand lines along the same way would only make a drawing slow and its dashes run together.
    """
    result: list[Stroke] = []
    seen: dict[tuple[str, str, str], tuple[int, int]] = {}
    for index, route in enumerate(routes):
        commands: list[str] = []
        joins = None
        for command, stop in _commands(route.stops):
            commands.append(command)
            key = (route.target, number(stop.x), number(stop.y))
            if stop.heading > 0 and key in seen and len(commands) > 1:
                joins = seen[key]
                break
            seen[key] = (index, len(commands))
        result.append(Stroke(tuple(commands), joins))
    return result


def _commands(stops: Sequence[Stop]) -> Iterator[tuple[str, Stop]]:
    """Path data through the stops that leave and reach each of them level, and where each ends."""
    if not stops:
        return
    yield f"M{number(stops[0].x)} {number(stops[0].y)}", stops[0]
    before_tip = Stop(stops[-1].x - _TIP + 2.0, stops[-1].y, stops[-1].heading)
    for start, end in pairwise((*stops[:-1], before_tip)):
        if abs(start.y - end.y) < 0.05:
            if abs(start.x - end.x) >= 0.05:
                yield f"H{number(end.x)}", end
            continue
        reach = max(abs(end.x - start.x) / 2, 30.0 if start.heading != end.heading else 0.0)
        first = f"{number(start.x + start.heading * reach)} {number(start.y)}"
        second = f"{number(end.x - end.heading * reach)} {number(end.y)}"
        yield f"C{first} {second} {number(end.x)} {number(end.y)}", end


def drawing(picture: Picture, layout: Layout, *, live: bool) -> list[str]:
    """The elements of a drawing, one a row.

    Args:
        picture: what is drawn.
        layout: of that picture.
        live: with what the page needs to answer a pointer and a keyboard.
    """
    return _Painter(picture, layout, live).rows()


@dataclass(frozen=True)
class _Painter:
    picture: Picture
    layout: Layout
    live: bool

    def rows(self) -> list[str]:
        boxes = self.layout.boxes
        order = sorted(boxes, key=lambda key: (round(boxes[key].x), round(boxes[key].y), key))
        frames = sorted(
            (key for key in order if key in self.layout.depths),
            key=lambda key: self.layout.depths[key],
        )
        rows = ['<g class="frames">']
        rows += [self._frame(key) for key in frames]
        rows += ["</g>", '<g class="edges">']
        lines = zip(self.layout.routes, strokes(self.layout.routes), strict=True)
        rows += [self._edge(index, *line) for index, line in enumerate(lines)]
        rows += ["</g>", '<g class="items">']
        rows += [self._item(key) for key in order if key not in self.layout.depths]
        rows += ["</g>", '<g class="labels">']
        rows += [
            f'<text class="label" data-of="e{index}" x="{number(route.label_at[0])}"'
            f' y="{number(route.label_at[1] + 4)}">{_text(route.label)}</text>'
            for index, route in enumerate(self.layout.routes)
            if route.label_at
        ]
        rows += ["</g>", '<g class="marks">', *self._marks(), "</g>"]
        return rows

    def _frame(self, key: str) -> str:
        box = self.layout.boxes[key]
        left, top = box.x + FRAME_INSET - 4, box.y + 27
        room = box.width - 2 * FRAME_INSET
        if key == "r":
            heading, size = one_line(self.picture.title, 60), self.picture.size
            start = '<g class="frame" data-id="r">'
        else:
            node = self._node(key)
            heading, size = one_line(own_name(node), 60), node.size
            start = (
                f'<g class="frame inner" data-id="{key}"{self._button(self._node_words(node))}>'
                f"<title>{_text(node.name)}</title>"
            )
        heading = cut(heading, 15.5, max(room, 80))
        parts = [start, _rect(box, 16), _words("heading", left, top, heading)]
        used = text_width(heading, 15.5) + 12
        if size and used + text_width(size_words(size), SMALL_SIZE) < room:
            parts.append(_words("note", left + used, top, size_words(size)))
        if key == "r" and not self.picture.nodes:
            parts.append(_words("nothing", left, top + 26, "no components"))
        return "".join([*parts, "</g>"])

    def _edge(self, index: int, route: Route, stroke: Stroke) -> str:
        if not route.stops:
            return ""
        words = ["edge", route.kind.value]
        if route.kind is RouteKind.EDGE and self._is_quiet(route):
            words.append("quiet")
        if any(stop.heading < 0 for stop in route.stops):
            words.append("closing")
        title = self._edge_words(route)
        parts = [f'<g class="{" ".join(words)}" data-id="e{index}"']
        if self.live and len(self.layout.routes) <= _TABBED:
            parts.append(self._button(title))
        parts.append(f"><title>{_text(title, 1000)}</title>")
        parts.append(f'<path class="line" d="{"".join(stroke.commands)}"/>')
        if stroke.joins is None:
            end = route.stops[-1]
            x, y = number(end.x - _TIP), number(end.y)
            parts.append(f'<path class="tip" d="M{number(end.x)} {y}L{x} {number(end.y - 4)}')
            parts.append(f'V{number(end.y + 4)}Z"/>')
        return "".join([*parts, "</g>"])

    def _is_quiet(self, route: Route) -> bool:
        return self._node(route.target).kind is NodeKind.TYPES

    def _edge_words(self, route: Route) -> str:
        ends = f"{self.end_words(route.source)} → {self.end_words(route.target)}"
        names = [one_line(crossing.import_name) for crossing in route.crossings[:12]]
        if len(route.crossings) > 12:
            names.append(f"and {len(route.crossings) - 12} more")
        return "\n".join([ends, *names])

    def end_words(self, key: str) -> str:
        """The name of an end, by its id."""
        if key == "h":
            return "the host"
        if key[0] == "o":
            return one_line(self.picture.offers[int(key[1:])].name)
        if key[0] == "x":
            return one_line(self.layout.outside_names[int(key[1:])])
        return one_line(self._node(key).name)

    def _item(self, key: str) -> str:
        if key == "h":
            return self._host(self.layout.boxes[key])
        if key[0] == "o":
            return self._pill(key, self.picture.offers[int(key[1:])].name, "exported")
        if key[0] == "x":
            return self._pill(key, self.layout.outside_names[int(key[1:])], "imported")
        return self._card(key)

    def _pill(self, key: str, name: str, word: str) -> str:
        box = self.layout.boxes[key]
        short = cut(short_name(name), SMALL_SIZE, 150)
        kind = "pill in" if word == "exported" else "pill out"
        y = box.y + box.height / 2
        return (
            f'<g class="{kind}" data-id="{key}"{self._button(f"{one_line(name)}, {word}")}>'
            f"<title>{_text(name)} ({word})</title>{_rect(box, box.height / 2)}"
            f'<circle class="dot" cx="{number(box.x + 14)}" cy="{number(y)}" r="3.5"/>'
            f"{_words('', box.x + 24, y + 4, short)}</g>"
        )

    def _host(self, box: Box) -> str:
        lines = list(self.layout.host_lines)
        if len(lines) > _HOST_SHOWN:
            lines[_HOST_SHOWN:] = [f"and {len(lines) - _HOST_SHOWN} more"]
        parts = [
            f'<g class="host" data-id="h"{self._button("the host")}>',
            f"<title>{_text(chr(10).join(self.layout.host_lines), 1000)}</title>",
            _rect(box, 12),
            _words("title", box.x + 14, box.y + 26, "host"),
        ]
        for row, line in enumerate(lines):
            text = cut(line, CHIP_SIZE, box.width - 26)
            parts.append(_words("note", box.x + 14, box.y + 46 + 16 * row, text))
        return "".join([*parts, "</g>"])

    def _card(self, key: str) -> str:
        node, box = self._node(key), self.layout.boxes[key]
        card = self.layout.cards[node.name]
        known = "" if node.kind is NodeKind.COMPONENT else node.kind.value
        words = f"node {known}".strip() + f" {language_class(node.language)}"
        x, y = box.x, box.y
        shadow = Box(x + 0.5, y + 2.5, box.width - 1, box.height)
        parts = [
            f'<g class="{words}" data-id="{key}"{self._button(self._node_words(node))}>',
            f"<title>{_text(self._node_words(node), 600)}</title>",
            f'<g class="shadow">{_rect(shadow, 12)}</g>',
            _rect(box, 12, "card"),
            (
                f'<rect class="strip" x="{number(x)}" y="{number(y + 13)}" width="3.5"'
                f' height="{number(max(8.0, box.height - 26))}" rx="1.7"/>'
            ),
            _words("title", x + INSET, y + 26, card.name),
        ]
        parts += self._badge(card, x + INSET, y + 36)
        return "".join([*parts, "</g>"])

    def _badge(self, card: Card, x: float, y: float) -> list[str]:
        parts: list[str] = []
        after = x
        if card.badge:
            parts.append(_rect(Box(x, y, card.badge_width, 18.0), 9, "badge"))
            parts.append(_words("badge-text", x + 8, y + 13, card.badge))
            after += card.badge_width + 9
        if card.note:
            parts.append(_words("note", after, y + 13, card.note))
        for chip in card.chips:
            left, top = x - INSET + chip.x, y - 36 + chip.y
            no = " no" if chip.is_denied else ""
            parts.append(_rect(Box(left, top, chip.width, CHIP_HEIGHT), 9, f"chip{no}"))
            middle = left + chip.width / 2
            parts.append(_words(f"chip-text{no}", middle, top + 12.8, chip.text))
        return parts

    def _marks(self) -> list[str]:
        """A sign with the count of problems on every node that has any."""
        counts = Counter(problem.node for problem in self.picture.problems)
        rows: list[str] = []
        for index, node in enumerate(self.picture.nodes):
            box = self.layout.boxes.get(f"n{index}")
            if box and counts[node.name]:
                x, y = number(box.x + box.width - 6), number(box.y + 4)
                rows.append(
                    f'<g class="mark" data-of="n{index}"><circle cx="{x}" cy="{y}" r="10"/>'
                    f'<text x="{x}" y="{number(box.y + 8.2)}">{_sign(counts[node.name])}</text></g>'
                )
        return rows

    def _node(self, key: str) -> PictureNode:
        return self.picture.nodes[int(key[1:])]

    def _node_words(self, node: PictureNode) -> str:
        size = size_words(node.size) if node.size else ""
        kind = "a composition" if node.kind is NodeKind.GROUP else badge_words(node)
        gates = f"behind {len(node.gates)} gate{'s' * (len(node.gates) != 1)}" if node.gates else ""
        asks = (
            one_line(f"{'asks for' if word == 'needs' else word} {', '.join(names)}")
            for word, names in grant_lines(node)
        )
        return ", ".join(part for part in (one_line(node.name), kind, size, gates, *asks) if part)

    def _button(self, label: str) -> str:
        if not self.live:
            return ""
        return f' tabindex="0" role="button" aria-label="{_text(label, 600)}"'


def _sign(count: int) -> str:
    return "!" if count == 1 else str(min(count, 99))


def _rect(box: Box, radius: float, name: str = "") -> str:
    style = f' class="{name}"' if name else ""
    return (
        f'<rect{style} x="{number(box.x)}" y="{number(box.y)}" width="{number(box.width)}"'
        f' height="{number(box.height)}" rx="{number(radius)}"/>'
    )


def _words(name: str, x: float, y: float, text: str) -> str:
    style = f' class="{name}"' if name else ""
    return f'<text{style} x="{number(x)}" y="{number(y)}">{_text(text, 4000)}</text>'


def _text(text: str, limit: int = 300) -> str:
    """Text for an element or an attribute."""
    lines = text.split("\n") if limit > 300 else [text]
    return "&#10;".join(escape(one_line(line, limit), quote=True) for line in lines[:40])


def _standalone_style() -> str:
    plain = f".paper {{ fill: var(--paper); }}\n{picture_style()}"
    light = f"{fixed(plain, LIGHT)}{language_styles(dark=False)}\n"
    dark = f"{fixed(plain, DARK)}{language_styles(dark=True)}\n"
    # The font's name is between quotes and no name comes in here: nothing to escape.
    return f"{light}@media (prefers-color-scheme: dark) {{\n{_colours_only(dark)}}}\n"


def _colours_only(style: str) -> str:
    """The rules that set a colour, with nothing but the colours."""
    rows: list[str] = []
    for rule in style.split("}"):
        selector, _, body = rule.partition("{")
        parts = [part.strip() for part in body.split(";") if "#" in part]
        if parts:
            rows.append(f"{' '.join(selector.split())} {{ {'; '.join(parts)}; }}")
    return "\n".join(rows) + "\n"
