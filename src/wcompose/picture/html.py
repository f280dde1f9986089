"""A picture as one HTML file that a person can explore, from a disk and without a network.

The drawing is the SVG of `svg`, so it is seen even where scripts are off. A content security policy
allows exactly the one script and the one stylesheet in the file, by their digests, and nothing from
outside. The data are JSON in a script element that no browser runs; the script sets text as text only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import Any

from wcompose.picture.card import one_line, own_name, size_words, visible
from wcompose.picture.layout import Layout, lay_out
from wcompose.picture.model import NodeKind, Picture, Port
from wcompose.picture.palette import DARK, LIGHT, language_class, language_styles, variables
from wcompose.picture.svg import description, drawing, number, picture_style, strokes

_PLACE = re.compile(r"\{\{([a-z-]+)\}\}")


def to_html(picture: Picture) -> str:
    r"""A picture as one HTML file: the same bytes for the same picture.

    What cannot be seen in names is shown as ``\x..``.
    """
    layout = lay_out(picture)
    style = _style()
    script = _page("page.js")
    parts = {
        "title": escape(one_line(picture.title)),
        "facts": escape(_facts(picture)),
        "description": escape(
            f"{one_line(picture.title)}: {description(picture)}"[:4000], quote=True
        ),
        "width": number(layout.width),
        "height": number(layout.height),
        "drawing": "\n".join(drawing(picture, layout, live=True)),
        "style": style,
        "style-hash": _digest(style),
        "script": script,
        "script-hash": _digest(script),
        "data": _embedded(_data(picture, layout)),
    }
    return _filled(_page("page.html"), parts)


def _page(name: str) -> str:
    return (files("wcompose.picture") / "page" / name).read_text("utf-8")


def _filled(template: str, parts: dict[str, str]) -> str:
    """The template with its places filled; what is put in is not looked at again."""
    return _PLACE.sub(lambda match: parts[match[1]], template)


def _style() -> str:
    parts = {
        "light": variables(LIGHT),
        "dark": variables(DARK),
        "picture": picture_style(),
        "languages": "\n".join(
            (
                language_styles(dark=False),
                "@media (prefers-color-scheme: dark) {",
                language_styles(dark=True),
                "}",
                language_styles(dark=False, before=':root[data-theme="light"] '),
                language_styles(dark=True, before=':root[data-theme="dark"] '),
            )
        ),
    }
    return _filled(_page("page.css"), parts)


def _digest(text: str) -> str:
    """The source expression of an inline element (Content Security Policy Level 3, 2.3.1)."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _facts(picture: Picture) -> str:
    nodes = sum(node.kind is not NodeKind.GROUP for node in picture.nodes)
    words = [f"{nodes} component{'s' * (nodes != 1)}"]
    if picture.size:
        words.append(size_words(picture.size))
    if picture.digest:
        words.append(one_line(picture.digest, 19).rstrip("…") + "…")
    return " · ".join(words)


def _embedded(data: Any) -> str:
    """JSON that ends no element, begins no comment, and is the same text in HTML and in a script."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _data(picture: Picture, layout: Layout) -> dict[str, Any]:
    texts: dict[str, int] = {}
    index = {node.name: at for at, node in reversed([*enumerate(picture.nodes)])}

    def ports(items: Iterable[Port]) -> list[dict[str, Any]]:
        return [
            {
                "name": visible(port.name),
                "wit": texts.setdefault(visible(port.wit), len(texts)) if port.wit else -1,
                "filled": visible(port.filled_by),
            }
            for port in items
        ]

    nodes = [
        {
            "name": visible(node.name),
            "label": visible(own_name(node)),
            "kind": node.kind.value,
            "language": visible(node.language),
            "style": language_class(node.language),
            "size": node.size,
            "component": visible(node.component),
            "parent": index.get(node.parent, -1) if node.parent else -1,
            "capabilities": [visible(word) for word in node.capabilities],
            "gated": node.is_gated,
            "grants": [visible(word) for word in node.grants],
            "denied": [visible(word) for word in node.denied],
            "says": [visible(word) for word in node.says],
            "gates": [[visible(each.name), each.kind, each.size] for each in node.gates],
            "imports": ports(node.imports),
            "exports": ports(node.exports),
            "details": [[visible(name), visible(text)] for name, text in node.details.items()],
        }
        for node in picture.nodes
    ]
    return {
        "title": visible(picture.title),
        "subject": visible(picture.subject),
        "size": picture.size,
        "digest": visible(picture.digest),
        "nodes": nodes,
        "offers": [visible(offer.name) for offer in picture.offers],
        "outsides": [visible(name) for name in layout.outside_names],
        "host": [visible(line) for line in layout.host_lines],
        "routes": [
            [
                route.kind.value,
                route.source,
                route.target,
                [
                    [visible(item.import_name), visible(item.export_name), visible(item.reason)]
                    for item in route.crossings
                ],
                list(stroke.joins or ()),
            ]
            for route, stroke in zip(layout.routes, strokes(layout.routes), strict=True)
        ],
        "problems": [
            {
                "node": index.get(problem.node, -1) if problem.node else -1,
                "wanted": visible(problem.import_name),
                "message": visible(problem.message),
                "hint": visible(problem.hint),
            }
            for problem in picture.problems
        ],
        "texts": list(texts),
    }
