"""The planner: from nodes with contracts to a `Graph`, or to every reason why there is none.

The rules, in the order in which they are asked for each import of each node:

1. An edge that is stated is taken, if the types fit; an import stated ``outside`` stays one.
2. Otherwise the exports of the other nodes are looked at whose name matches: the same name, or the
   same package and interface on the same version track (Component Model, Explainer.md, "Canonical
   Interface Name"). Those whose type does not fit are refused with every mismatch.
3. Of those that fit, the import's own version wins, or else the highest. Where two nodes offer that
   same version, the one is taken whose resources are those that the node gets from elsewhere too; if
   that does not tell, it is a choice that the planner does not make: the edge has to be stated.
4. An interface of value types only needs no provider, nor does a value type that a world itself
   defines: types are structural. A type that a world takes from an interface comes with that.
5. An import of WASI that no node exports belongs to the host.
6. Anything else is an unmet import.

Two nodes that import the same interface get the same instance, because a node is instantiated once.
When all is decided, every resource must have one origin (`wcompose.graph.resources`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from wcompose.contract import (
    Extern,
    FunctionExtern,
    InterfaceExtern,
    TypeDef,
    TypeExtern,
    parse_item_name,
)
from wcompose.errors import LinkError
from wcompose.graph import refusals
from wcompose.graph.candidates import Catalogue, Rank
from wcompose.graph.cycles import provider_order
from wcompose.graph.model import (
    Candidate,
    Choice,
    Draft,
    Edge,
    Graph,
    Node,
    Outside,
    Verdict,
)
from wcompose.graph.offers import choose_offers
from wcompose.graph.outsides import merge_outsides
from wcompose.graph.request import Request
from wcompose.graph.resources import Origins
from wcompose.graph.stated import match_stated, stated_export
from wcompose.project import EdgeDeclaration, OfferDeclaration
from wcompose.report import Finding, Report

HOST_NAMESPACE = "wasi"
"""Imports of this namespace are the host's when no node exports them."""

MOST_OTHERS = 50
"""Exports that are looked at beside a stated one, to tell why they were not taken."""

_Key = tuple[str, str]


def plan_graph(
    nodes: Iterable[Node],
    edges: Sequence[EdgeDeclaration] = (),
    exports: Sequence[OfferDeclaration] | None = None,
) -> Graph:
    """Decide every import of every node, and what the whole exports.

    Args:
        nodes: the nodes; their order does not matter.
        edges: the choices that are stated.
        exports: what the whole exports; none for every export that no node uses.

    Raises:
        LinkError: with every import that cannot be filled, every stated edge or export that names
            nothing, every resource with two origins, and every cycle.
    """
    draft = draft_graph(nodes, Request(edges, exports))
    if draft.findings:
        raise LinkError(draft.findings)
    return draft.graph


def draft_graph(nodes: Iterable[Node], request: Request) -> Draft:
    """Like `plan_graph`, but give what was decided even where not all could be."""
    ordered = sorted(nodes, key=lambda node: node.name)
    return _Planner(ordered, request).plan()


class _Planner:
    def __init__(self, nodes: Sequence[Node], request: Request) -> None:
        self._request = request
        self._advice = request.advice
        self._nodes = nodes
        self._by_name = {node.name: node for node in nodes}
        self._catalogue = Catalogue(nodes, request.placed)
        self._findings: list[Finding] = []
        self._filled: dict[_Key, Edge | Outside] = {}
        self._choices: dict[_Key, Choice] = {}
        self._type_imports: set[str] = set()
        self._postponed: dict[_Key, tuple[list[Candidate], list[Candidate]]] = {}
        self._open: set[_Key] = set()
        self._origins = Origins(self._by_name, self._filled)

    def plan(self) -> Draft:
        stated, findings = match_stated(self._request.edges, self._by_name)
        self._findings += findings
        types: list[tuple[Node, str, TypeExtern]] = []
        for node in self._nodes:
            for name, extern in node.imports.items():
                declaration = stated.get((node.name, name))
                if declaration is not None:
                    self._take_stated(node, name, declaration)
                elif isinstance(extern, TypeExtern):
                    types.append((node, name, extern))
                else:
                    self._decide(node, name, extern)
        self._settle_postponed()
        for node, name, extern in types:
            self._decide_type(node, name, extern)
        return self._draft()

    def _draft(self) -> Draft:
        for node in self._nodes:
            self._findings += [
                refusals.two_providers(conflict, self._advice)
                for conflict in self._origins.conflicts(node)
            ]
        edges = tuple(sorted(each for each in self._filled.values() if isinstance(each, Edge)))
        outsides, findings = merge_outsides(
            (each for each in self._filled.values() if isinstance(each, Outside)), self._by_name
        )
        self._findings += findings
        order, cycles = provider_order(self._by_name, edges, self._advice)
        self._findings += cycles
        offers, findings = choose_offers(
            self._nodes,
            edges,
            self._request.exports,
            spoken_for=self._spoken_for(),
            advice=self._advice,
        )
        self._findings += findings
        graph = Graph(
            nodes=tuple(self._by_name[name] for name in order),
            edges=edges,
            outsides=outsides,
            type_imports=tuple(sorted(self._type_imports)),
            offers=offers,
            choices=tuple(self._choices[key] for key in sorted(self._choices)),
        )
        return Draft(graph, Report.of(self._findings).findings)

    def _spoken_for(self) -> set[_Key]:
        """Exports that an import without an answer could mean: nobody knows whether they are used."""
        return {
            (candidate.exporter, candidate.export_name)
            for choice in self._choices.values()
            if choice.is_open
            for candidate in choice.candidates
        }

    def _take_stated(self, node: Node, name: str, stated: EdgeDeclaration) -> None:
        if stated.source is None:
            whom = "host" if stated.is_host else "outside"
            outside = Outside(node.name, name, stated.outside or name, stated.is_host)
            self._leave_outside(outside, f"left to the {whom}: it is stated")
            return
        provider = self._by_name.get(stated.source.node)
        if provider is None:
            return  # who read the edge has said so
        export_name, finding = stated_export(provider, stated.source, name)
        if finding is not None:
            self._findings.append(finding)
            self._choose(node, name, "the stated edge names no export", is_open=True)
            return
        mismatches = self._catalogue.mismatches(node, name, provider, export_name)
        if mismatches:
            candidate = Candidate(
                provider.name, export_name, Verdict.REFUSED, "its type differs", mismatches
            )
            self._refuse(node, name, [candidate])
            return
        self._filled[node.name, name] = Edge(node.name, name, provider.name, export_name)
        taken = Candidate(provider.name, export_name, Verdict.TAKEN, "it is stated")
        others = [
            candidate
            for candidate, _ in islice(self._catalogue.candidates(node, name), MOST_OTHERS)
            if (candidate.exporter, candidate.export_name) != (provider.name, export_name)
        ]
        looked_at = _judged([taken, *others], taken, "another one is stated")
        self._choose(node, name, f"filled by `{provider.name}`", looked_at)

    def _decide(self, node: Node, name: str, extern: Extern) -> None:
        is_types = is_type_only(extern)
        ranked = [
            each
            for each in self._catalogue.candidates(node, name)
            # A home of types is no answer for one who wants functions, not even a wrong one.
            if is_types or each[0].exporter not in self._request.homes
        ]
        candidates = [candidate for candidate, _ in ranked]
        fitting = [each for each in ranked if each[0].verdict is not Verdict.REFUSED]
        if fitting:
            finalists = _best(fitting)
            if len(finalists) > 1 and not is_types:
                self._postponed[node.name, name] = (finalists, candidates)
                return
            why = "value types are structural: any of them would do" if is_types else ""
            self._take(node, name, finalists[0], candidates, why)
        elif is_types:
            self._type_imports.add(name)
            self._choose(node, name, "value types only: structural, so no node is needed")
        elif is_host_interface(name) and not any(each.mismatches for each in candidates):
            outside = Outside(node.name, name, name, is_host=True)
            why = "left to the host: it is WASI, and no node exports it"
            if candidates:
                why += " on this version track"
            self._leave_outside(outside, why, candidates)
        elif candidates:
            self._refuse(node, name, candidates)
        else:
            self._unmet(node, name, extern)

    def _decide_type(self, node: Node, name: str, extern: TypeExtern) -> None:
        """A type that a world imports: it comes with the interface that it is taken from."""
        source = extern.type.definition
        home = _home(node, source) if isinstance(source, TypeDef) else None
        filled = None if home is None else self._filled.get((node.name, home))
        # The type of a function that the whole exports needs a name outside, which an import gives.
        needs_name = not extern.type.is_resource and any(
            isinstance(each, FunctionExtern) for each in node.exports.values()
        )
        if isinstance(filled, Edge) and isinstance(source, TypeDef) and not needs_name:
            self._filled[node.name, name] = Edge(
                node.name, name, filled.exporter, filled.export_name, source.name
            )
            why = f"filled by `{filled.exporter}`: it comes with `{home}`"
            self._choose(node, name, why)
        elif isinstance(filled, Outside):
            outside = Outside(node.name, name, name, filled.is_host)
            self._leave_outside(outside, f"left to the outside: it comes with `{home}`")
        elif not extern.type.is_resource:
            outside = Outside(node.name, name, name)
            self._leave_outside(outside, "a value type is structural, so no node is needed")
        elif home is None:
            self._decide(node, name, extern)

    def _settle_postponed(self) -> None:
        """Choose among equals by their resources, as long as that tells one from the others."""
        progress = True
        while progress:
            progress = False
            for key, (finalists, candidates) in sorted(self._postponed.items()):
                node = self._by_name[key[0]]
                fitting = [each for each in finalists if self._has_one_origin(node, key[1], each)]
                if len(fitting) == 1:
                    why = "its resources are not those that the node gets from elsewhere"
                    self._take(node, key[1], fitting[0], candidates, why)
                    del self._postponed[key]
                    progress = True
        for (importer, name), (finalists, candidates) in sorted(self._postponed.items()):
            node = self._by_name[importer]
            self._findings.append(
                refusals.ambiguous(node, name, finalists, self._nodes, self._advice)
            )
            self._choose(node, name, "more than one export fits", candidates, is_open=True)

    def _has_one_origin(self, node: Node, name: str, candidate: Candidate) -> bool:
        edge = Edge(node.name, name, candidate.exporter, candidate.export_name)
        self._filled[node.name, name] = edge
        try:
            return not any(self._origins.conflicts(node))
        finally:
            del self._filled[node.name, name]

    def _take(
        self, node: Node, name: str, taken: Candidate, candidates: Sequence[Candidate], why: str
    ) -> None:
        self._filled[node.name, name] = Edge(node.name, name, taken.exporter, taken.export_name)
        others = why or f"`{taken.export_name}` is nearer"
        looked_at = _judged(candidates, taken, others)
        self._choose(node, name, f"filled by `{taken.exporter}`", looked_at)

    def _leave_outside(
        self, outside: Outside, why: str, candidates: Sequence[Candidate] = ()
    ) -> None:
        self._filled[outside.importer, outside.import_name] = outside
        self._choose(self._by_name[outside.importer], outside.import_name, why, candidates)

    def _refuse(self, node: Node, name: str, candidates: Sequence[Candidate]) -> None:
        self._findings += refusals.refused(node, name, candidates, self._advice)
        self._choose(node, name, "no export fits", candidates, is_open=True)

    def _unmet(self, node: Node, name: str, extern: Extern) -> None:
        if self._request.leave_open:
            outside = Outside(node.name, name, name)
            self._leave_outside(outside, "left to the outside: nothing exports it")
            return
        interface = extern.interface.name if isinstance(extern, InterfaceExtern) else ""
        own_name = isinstance(extern, InterfaceExtern) and parse_item_name(name) is None
        near = self._catalogue.near(name)
        self._findings.append(
            refusals.unmet(
                node,
                name,
                extern,
                [each for each in near if each.exporter != node.name],
                self._catalogue.exporters_of(interface) if own_name else (),
                list(refusals.users_of(node, name, self._nodes)),
                self._advice,
            )
        )
        self._choose(
            node,
            name,
            "nothing exports it",
            [
                Candidate(each.exporter, each.export_name, Verdict.REFUSED, each.reason)
                for each in near
            ],
            is_open=True,
        )

    def _choose(
        self,
        node: Node,
        name: str,
        outcome: str,
        candidates: Sequence[Candidate] = (),
        *,
        is_open: bool = False,
    ) -> None:
        self._choices[node.name, name] = Choice(
            node.name, name, outcome, tuple(candidates), is_open
        )


def is_type_only(extern: Extern) -> bool:
    """Whether an import is an interface of value types, which needs no provider."""
    return (
        isinstance(extern, InterfaceExtern)
        and not extern.interface.functions
        and not any(each.is_resource for each in extern.interface.types.values())
    )


def is_host_interface(name: str) -> bool:
    """Whether an import is one that hosts provide: WASI."""
    item = parse_item_name(name)
    return item is not None and item.namespace == HOST_NAMESPACE


def _best(fitting: Sequence[tuple[Candidate, Rank]]) -> list[Candidate]:
    best = max(rank for _, rank in fitting)
    return [candidate for candidate, rank in fitting if rank == best]


def _judged(
    candidates: Sequence[Candidate], taken: Candidate, others: str
) -> tuple[Candidate, ...]:
    """The candidates with what became of each, the one that was taken first."""
    judged = [Candidate(taken.exporter, taken.export_name, Verdict.TAKEN, taken.reason)]
    for each in candidates:
        if each is taken:
            continue
        if each.verdict is Verdict.REFUSED:
            judged.append(each)
        else:
            judged.append(Candidate(each.exporter, each.export_name, Verdict.PASSED_OVER, others))
    return tuple(judged)


def _home(node: Node, source: TypeDef) -> str | None:
    """The import of a node that has a type."""
    for name, extern in node.imports.items():
        if isinstance(extern, InterfaceExtern) and any(
            each is source for each in extern.interface.types.values()
        ):
            return name
    return None
