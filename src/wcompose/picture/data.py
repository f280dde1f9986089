"""A picture as JSON, for other programs; ``docs/reference/graph.md`` describes the form."""

from __future__ import annotations

import json
from typing import Any

from wcompose.picture.model import Picture, PictureNode, Port

FORM = 1
"""Grows when a member goes away or changes its meaning; new members may come without."""


def to_json(picture: Picture) -> str:
    """The picture as indented JSON text."""
    return json.dumps(to_values(picture), indent=2) + "\n"


def to_values(picture: Picture) -> dict[str, Any]:
    """The picture as JSON values.

    WIT texts stand once in ``wit``, however many nodes share them; ports refer to them by index.
    """
    texts: dict[str, int] = {}
    nodes = [_node(node, texts) for node in picture.nodes]
    return {
        "form": FORM,
        "title": picture.title,
        "subject": picture.subject,
        "size": picture.size or None,
        "digest": picture.digest or None,
        "nodes": nodes,
        "edges": [
            {
                "importer": edge.importer,
                "import": edge.import_name,
                "exporter": edge.exporter,
                "export": edge.export_name,
                "reason": edge.reason or None,
            }
            for edge in picture.edges
        ],
        "outsides": [
            {
                "importer": each.importer,
                "import": each.import_name,
                "name": each.name,
                "host": each.is_host,
            }
            for each in picture.outsides
        ],
        "offers": [
            {"exporter": offer.exporter, "export": offer.export_name, "name": offer.name}
            for offer in picture.offers
        ],
        "problems": [
            {
                "node": problem.node or None,
                "import": problem.import_name or None,
                "message": problem.message,
                "hint": problem.hint or None,
            }
            for problem in picture.problems
        ],
        "wit": list(texts),
    }


def _node(node: PictureNode, texts: dict[str, int]) -> dict[str, Any]:
    return {
        "name": node.name,
        "kind": node.kind.value,
        "language": node.language or None,
        "size": node.size or None,
        "component": node.component or None,
        "parent": node.parent or None,
        "capabilities": list(node.capabilities),
        "gated": node.is_gated,
        "grants": list(node.grants),
        "denied": list(node.denied),
        "says": list(node.says),
        "gates": [{"name": each.name, "is": each.kind, "size": each.size} for each in node.gates],
        "imports": [
            _port(port, texts) | {"filled_by": port.filled_by or None} for port in node.imports
        ],
        "exports": [_port(port, texts) for port in node.exports],
        "details": dict(sorted(node.details.items())),
    }


def _port(port: Port, texts: dict[str, int]) -> dict[str, Any]:
    return {
        "name": port.name,
        "wit": texts.setdefault(port.wit, len(texts)) if port.wit else None,
    }
