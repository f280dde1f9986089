"""What is written on a node of a drawing, and how much room it takes."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from wcompose.picture.model import NodeKind, Picture, PictureNode

CARD_LEAST, CARD_MOST = 172.0, 250.0
CHIP_HEIGHT = 18.0
CHIP_GAP = 5.0
INSET = 16.0
NAME_SIZE = 14.5
SMALL_SIZE = 11.5
CHIP_SIZE = 10.5
_CHIP_ROWS, _GATED_ROWS = 2, 3
"""What is granted is told apart from what is not, which takes more room."""
_NARROW = frozenset("iIjlt.,:;'|!()[]`f ")
_WIDE = frozenset("mwMW@%—…")


@dataclass(frozen=True)
class Chip:
    """A word in a pill; from the left and the top of its card."""

    text: str
    x: float
    y: float
    width: float
    is_denied: bool = False


@dataclass(frozen=True)
class Card:
    """A node as it is written.

    Attributes:
        name: cut to the width.
        badge: its language, or what else it is.
        badge_width: in pixels.
        note: beside the badge: its size, and how many gates stand before it.
        chips: its capabilities, those that it is denied behind the others.
        width: in pixels.
        height: in pixels.
    """

    name: str
    badge: str
    badge_width: float
    note: str
    chips: tuple[Chip, ...]
    width: float
    height: float


def visible(text: str) -> str:
    r"""Text from anywhere, with characters that show nothing or turn the writing as ``\x..``.

    Line breaks and tabs stay. What is left may stand in XML and in UTF-8.
    """
    return "".join(
        character
        if character.isprintable() or character in "\n\t"
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )


def one_line(text: str, limit: int = 300) -> str:
    """Text as `visible`, without line breaks, at most so many characters."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return " ".join(visible(cut).split())


def text_width(text: str, size: float) -> float:
    """About how wide a text is in a usual sans serif, in pixels; rather more than less."""
    total = 0.0
    for character in text:
        if character in _NARROW:
            total += 0.36
        elif character in _WIDE:
            total += 0.95
        elif unicodedata.east_asian_width(character) in "WF":
            total += 1.05
        elif unicodedata.combining(character):
            continue
        elif character.isupper():
            total += 0.7
        else:
            total += 0.6
    return total * size


def cut(text: str, size: float, room: float) -> str:
    """The text, or as much of it as fits with an ellipsis."""
    text = one_line(text)
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def size_words(size: int) -> str:
    """A size as people read it: in decimal units, as file managers show it."""
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    raise AssertionError


def short_name(name: str) -> str:
    """The last part of an interface's name: ``handler`` of ``digits:vision/handler@0.1.0``."""
    return one_line(name.rsplit("@", 1)[0].rsplit("/", 1)[-1]) or one_line(name)


def own_name(node: PictureNode) -> str:
    """The name of a node without that of the group that it stands in."""
    return node.name.removeprefix(f"{node.parent}/") if node.parent else node.name


def badge_words(node: PictureNode) -> str:
    """The word in the badge of a node."""
    if node.kind is NodeKind.TYPES:
        return "types only"
    if node.kind is NodeKind.MISSING:
        return "not included"
    if node.kind is NodeKind.GATE:
        return "gate"
    if node.kind is NodeKind.CARRIER:
        return "carrier"
    return one_line(node.language, 24)


def cards(picture: Picture) -> dict[str, Card]:
    """The cards of all nodes but groups, by the nodes' names; all of one width."""
    nodes = [node for node in picture.nodes if node.kind is not NodeKind.GROUP]
    wish = max((_wish(node) for node in nodes), default=CARD_LEAST)
    width = round(min(CARD_MOST, max(CARD_LEAST, wish)))
    return {node.name: _card(node, float(width)) for node in nodes}


def _wish(node: PictureNode) -> float:
    name = text_width(one_line(own_name(node), 80), NAME_SIZE) * 1.06
    note = text_width(f"{badge_words(node)}   {_note(node)}", SMALL_SIZE) + 22
    return 2 * INSET + max(name, note)


def _card(node: PictureNode, width: float) -> Card:
    badge = badge_words(node)
    note = _note(node)
    top = 61.0 if badge or note else 40.0
    chips = _chips(node, width, top)
    height = chips[-1].y + CHIP_HEIGHT + 12.0 if chips else top + 3.0
    return Card(
        name=cut(own_name(node), NAME_SIZE * 1.06, width - 2 * INSET),
        badge=badge,
        badge_width=round(text_width(badge, SMALL_SIZE * 1.1) + 16, 1) if badge else 0.0,
        note=note,
        chips=chips,
        width=width,
        height=height,
    )


def _note(node: PictureNode) -> str:
    if not node.size or node.kind not in {NodeKind.COMPONENT, NodeKind.GATE, NodeKind.CARRIER}:
        return ""
    count = len(node.gates)
    gates = f" · {count} gate{'s' * (count != 1)}" if count else ""
    return size_words(node.size) + gates


def _chips(node: PictureNode, width: float, top: float) -> tuple[Chip, ...]:
    """As many pills as fit in the rows, the last one counting those left out."""
    denied = [word for word in node.capabilities if word in node.denied]
    words = [*(word for word in node.capabilities if word not in denied), *denied]
    last = (_GATED_ROWS if node.denied else _CHIP_ROWS) - 1
    chips: list[Chip] = []
    x, row = INSET, 0
    end = width - INSET + 4
    for index, word in enumerate(words):
        text = cut(one_line(word, 40), CHIP_SIZE, width - 2 * INSET - 14)
        wide = round(text_width(text, CHIP_SIZE) + 14, 1)
        left = len(words) - index - 1
        room = 36.0 if left and row == last else 0.0
        if x > INSET and x + wide + room > end:
            if row == last:
                more = f"+{left + 1}"
                y = top + row * (CHIP_HEIGHT + CHIP_GAP)
                chips.append(Chip(more, x, y, round(text_width(more, CHIP_SIZE) + 14, 1)))
                break
            x, row = INSET, row + 1
        y = top + row * (CHIP_HEIGHT + CHIP_GAP)
        chips.append(Chip(text, x, y, wide, word in denied))
        x += wide + CHIP_GAP
    return tuple(chips)
