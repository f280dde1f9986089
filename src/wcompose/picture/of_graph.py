"""The picture of a project's graph, as the planner decided it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from wcompose.contract import Extern
from wcompose.contract.carried import is_carrier
from wcompose.contract.wit import extern_wit
from wcompose.grants.decide import Direct
from wcompose.grants.needs import needs_of
from wcompose.grants.table import NodeGrants, Status
from wcompose.grants.wiring import NO_GRANTS, decide_all
from wcompose.graph import Graph, Node, Outside, Verdict, is_host_interface
from wcompose.picture.capabilities import capabilities_of
from wcompose.picture.granted import key_words, short_words
from wcompose.picture.languages import language_name
from wcompose.picture.model import (
    NodeKind,
    Picture,
    PictureEdge,
    PictureNode,
    PictureOffer,
    PictureOutside,
    PictureProblem,
    Port,
)
from wcompose.picture.ports import (
    GATED,
    NOBODY,
    REFUSED,
    STRUCTURE,
    is_types_only,
    is_value_type,
    outside_words,
)
from wcompose.project.grants import GrantsDeclaration
from wcompose.report import Finding, Level

_CACHED = re.compile(r"[0-9a-f]{32,}")
"""Stem of a file that is named by its content, which tells a person nothing."""


def picture_of_graph(
    title: str,
    graph: Graph,
    *,
    subject: str = "",
    size: int = 0,
    digest: str = "",
    findings: Iterable[Finding] = (),
    grants: Mapping[str, GrantsDeclaration] | None = None,
    details: Mapping[str, Mapping[str, str]] | None = None,
) -> Picture:
    """The picture of a graph.

    Args:
        title: name of the project.
        graph: nodes and choices; as far as they are known where there are findings.
        subject: the project file, as the user named it.
        size: bytes of the composition; 0 when there is none yet.
        digest: of the composition, likewise.
        findings: what keeps the graph from being composed.
        grants: what each node is granted, where gates will hold it to that.
        details: what is known of each node besides, such as its version.
    """
    imports = {node.name: node.component.world.imports for node in graph.nodes}
    every = [
        PictureOutside(each.importer, each.import_name, each.name, is_host=_is_host(each))
        for each in sorted(graph.outsides)
        if not is_value_type(imports[each.importer][each.import_name])
    ]
    asked: dict[str, list[str]] = {}
    for each in every:
        asked.setdefault(each.importer, []).append(each.import_name)
    fates = _fates(graph, grants)
    outsides = [each for each in every if fates.get((each.importer, each.import_name)) != REFUSED]
    reasons = {
        (choice.importer, choice.import_name): next(
            (each.reason for each in choice.candidates if each.verdict is Verdict.TAKEN), ""
        )
        for choice in graph.choices
    }
    filled = _filled(graph) | fates
    texts: dict[tuple[int, str], str] = {}
    return Picture(
        title=title,
        subject=subject,
        size=size,
        digest=digest,
        nodes=tuple(
            _node(
                graph,
                node,
                filled,
                texts,
                asked=asked.get(node.name, ()),
                grants=None
                if grants is None or is_carrier(node.exports)
                else grants.get(node.name, NO_GRANTS),
                details=(details or {}).get(node.name, {}),
            )
            for node in graph.nodes
        ),
        edges=tuple(
            PictureEdge(
                edge.importer,
                edge.import_name,
                edge.exporter,
                edge.export_name,
                reasons.get((edge.importer, edge.import_name), ""),
            )
            for edge in sorted(graph.edges)
        ),
        outsides=tuple(outsides),
        offers=tuple(
            PictureOffer(offer.exporter, offer.export_name, offer.name) for offer in graph.offers
        ),
        problems=tuple(
            _problem(graph, finding) for finding in findings if finding.level is Level.ERROR
        ),
    )


def _node(
    graph: Graph,
    node: Node,
    filled: Mapping[tuple[str, str], str],
    texts: dict[tuple[int, str], str],
    *,
    asked: Sequence[str],
    grants: GrantsDeclaration | None,
    details: Mapping[str, str],
) -> PictureNode:
    component = node.component
    world = component.world

    def port(name: str, extern: Extern, filled_by: str = "") -> Port:
        # Nodes of one component share its texts.
        key = (id(extern), name)
        if key not in texts:
            texts[key] = extern_wit(name, extern)
        return Port(name, texts[key], filled_by)

    is_types = bool(world.exports) and all(map(is_types_only, world.exports.values()))
    return PictureNode(
        name=node.name,
        kind=NodeKind.CARRIER
        if is_carrier(world.exports)
        else NodeKind.TYPES
        if is_types
        else NodeKind.COMPONENT,
        language=language_name(node.language),
        size=component.size,
        component=_component_name(graph, node),
        capabilities=capabilities_of(asked),
        is_gated=grants is not None,
        grants=() if grants is None else short_words(grants),
        denied=() if grants is None else _denied(node, asked, grants),
        imports=tuple(
            port(
                name,
                extern,
                filled.get((node.name, name), STRUCTURE if is_types_only(extern) else NOBODY),
            )
            for name, extern in world.imports.items()
        ),
        exports=tuple(port(name, extern) for name, extern in world.exports.items()),
        details={"digest": component.digest, **details} if component.digest else dict(details),
    )


def _fates(
    graph: Graph, grants: Mapping[str, GrantsDeclaration] | None
) -> dict[tuple[str, str], str]:
    """What gates make of imports that would be the host's, in words."""
    if grants is None:
        return {}
    return {
        (node, name): REFUSED if fate is Direct.REFUSED else GATED
        for node, decision in decide_all(graph, grants).items()
        if not is_carrier(graph.node(node).exports)
        for name, fate in decision.fates.items()
        if fate is not Direct.HOST
    }


def _denied(node: Node, asked: Sequence[str], grants: GrantsDeclaration) -> tuple[str, ...]:
    needs = needs_of(node.component.world, asked)
    told = NodeGrants(node.name, grants, needs)
    denied = [key for key in told.capabilities if told.status(key) is Status.DENIED]
    others = needs.of("imports")
    uses = () if others is None else others.uses
    return key_words(denied, needs.by_capability, [use.interface for use in uses])


def _filled(graph: Graph) -> dict[tuple[str, str], str]:
    filled = {
        (each.importer, each.import_name): outside_words(
            each.import_name, each.name, is_host=_is_host(each)
        )
        for each in graph.outsides
    }
    return filled | {(edge.importer, edge.import_name): edge.exporter for edge in graph.edges}


def _is_host(outside: Outside) -> bool:
    # The planner may know better than the name: a project can leave anything to its host.
    return outside.is_host or is_host_interface(outside.name)


def _component_name(graph: Graph, node: Node) -> str:
    stem = node.component.path.stem
    if _CACHED.fullmatch(stem):
        sharing = [
            each.name for each in graph.nodes if each.component.digest == node.component.digest
        ]
        stem = min(sharing) if len(sharing) > 1 else node.name
    return "" if stem == node.name else stem


def _problem(graph: Graph, finding: Finding) -> PictureProblem:
    name, _, path = finding.place.item.partition(":")
    hint = finding.hint
    for node in graph.nodes:
        if node.name == name:
            imports = [
                each
                for each in node.component.world.imports
                if path == each or path.startswith(f"{each}.")
            ]
            return PictureProblem(name, max(imports, key=len, default=""), finding.message, hint)
    return PictureProblem("", "", finding.message, hint)
