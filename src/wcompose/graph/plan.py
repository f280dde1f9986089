"""The planner: from nodes with contracts to a `Graph`, or to every reason why there is none.

The rules, in the order in which they are asked for each import of each node:

1. An edge that the project states is taken, if the types fit; an import stated ``outside`` stays one.
2. Otherwise the exports of the other nodes are looked at whose name matches: the same name, or the
   same package and interface on the same version track (Component Model, Explainer.md, "Canonical
   Interface Name"). Those whose type does not fit are refused with every mismatch.
3. Of those that fit, the import's own version wins, or else the highest. Two nodes that offer that
   same version are a choice that the planner does not make: the project has to state the edge.
4. An interface of value types only needs no provider, nor does a value type that a world itself uses:
   types are structural.
5. An import of WASI that no node exports belongs to the host.
6. Anything else is an unmet import.

Two nodes that import the same interface get the same instance, because a node is instantiated once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wcompose.contract import (
    Extern,
    InterfaceExtern,
    ItemName,
    Mismatch,
    TypeExtern,
    compare_extern,
    parse_item_name,
)
from wcompose.errors import LinkError
from wcompose.graph.cycles import provider_order
from wcompose.graph.model import (
    Candidate,
    Choice,
    Edge,
    Graph,
    Node,
    Outside,
    Verdict,
)
from wcompose.graph.names import listed, matching_names
from wcompose.graph.offers import choose_offers
from wcompose.project import EdgeDeclaration, Endpoint
from wcompose.report import Finding, Place, Report
from wcompose.suggest import nearest

HOST_NAMESPACE = "wasi"
"""Imports of this namespace are the host's when no node exports them."""


def plan_graph(
    nodes: Iterable[Node],
    edges: Sequence[EdgeDeclaration] = (),
    exports: Sequence[Endpoint] | None = None,
) -> Graph:
    """Decide every import of every node, and what the whole exports.

    Args:
        nodes: the nodes; their order does not matter.
        edges: the choices that are stated.
        exports: what the whole exports; none for every export that no node uses.

    Raises:
        LinkError: with every import that cannot be filled, every stated edge or export that names
            nothing, and every cycle.
    """
    planner = _Planner(sorted(nodes, key=lambda node: node.name), edges)
    return planner.plan(exports)


class _Planner:
    def __init__(self, nodes: Sequence[Node], stated: Sequence[EdgeDeclaration]) -> None:
        self._nodes = nodes
        self._by_name = {node.name: node for node in nodes}
        self._exports = [
            (node, name, parse_item_name(name), extern)
            for node in nodes
            for name, extern in node.component.world.exports.items()
        ]
        self._by_interface: dict[tuple[str, ...], list[int]] = {}
        for index, (_, name, item, _) in enumerate(self._exports):
            self._by_interface.setdefault(_interface_key(name, item), []).append(index)
        self._stated = stated
        self._findings: list[Finding] = []
        self._edges: list[Edge] = []
        self._outsides: list[Outside] = []
        self._type_imports: set[str] = set()
        self._choices: list[Choice] = []

    def plan(self, exports: Sequence[Endpoint] | None) -> Graph:
        stated = self._match_stated()
        for node in self._nodes:
            for name, extern in node.component.world.imports.items():
                self._decide(node, name, extern, stated.get((node.name, name)))
        order, cycles = provider_order([node.name for node in self._nodes], self._edges)
        self._findings += cycles
        offers, findings = choose_offers(self._nodes, self._edges, exports)
        self._findings += findings
        if self._findings:
            raise LinkError(Report.of(self._findings).findings)
        return Graph(
            nodes=tuple(self._by_name[name] for name in order),
            edges=tuple(sorted(self._edges)),
            outsides=tuple(sorted(self._outsides)),
            type_imports=tuple(sorted(self._type_imports)),
            offers=offers,
            choices=tuple(self._choices),
        )

    def _match_stated(self) -> dict[tuple[str, str], EdgeDeclaration]:
        """The stated edges by the exact import they mean; a finding for those that mean none."""
        matched: dict[tuple[str, str], EdgeDeclaration] = {}
        for edge in self._stated:
            node = self._by_name.get(edge.importing.node)
            if node is None:
                continue  # the project's loader has said so
            imports = node.component.world.imports
            names = matching_names(edge.importing.name, imports)
            if len(names) != 1:
                near = nearest(edge.importing.name, imports)
                self._findings.append(
                    Finding(
                        "edge-without-import",
                        f"`{node.name}` imports nothing called `{edge.importing.name}`"
                        if not names
                        else f"`{edge.importing}` means more than one import: {listed(names)}",
                        edge.importing.place,
                        hint=f"`{node.name}` imports {listed(near or list(imports))}"
                        if imports
                        else f"`{node.name}` imports nothing: remove the edge",
                    )
                )
                continue
            key = (node.name, names[0])
            if key in matched:
                self._findings.append(
                    Finding(
                        "edge-stated-twice",
                        f"`{node.name}:{names[0]}` has two edges",
                        edge.importing.place,
                        hint="keep one of them",
                    )
                )
            matched[key] = edge
        return matched

    def _decide(
        self, node: Node, name: str, extern: Extern, stated: EdgeDeclaration | None
    ) -> None:
        if stated is not None and stated.source is None:
            self._leave_outside(node, name, "stated in the project")
            return
        if stated is not None and stated.source is not None:
            self._take_stated(node, name, extern, stated.source)
            return
        if isinstance(extern, TypeExtern) and not extern.type.is_resource:
            self._leave_outside(node, name, "a value type is structural, so no node is needed")
            return
        candidates = self._candidates(node, name, extern)
        fitting = [
            (candidate, version)
            for candidate, version in candidates
            if candidate.verdict is not Verdict.REFUSED
        ]
        is_types = is_type_only(extern)
        if fitting:
            best = max(version for _, version in fitting)
            finalists = [candidate for candidate, version in fitting if version == best]
            if len(finalists) > 1 and not is_types:
                self._ambiguous(node, name, finalists)
                return
            taken = finalists[0]
            self._edges.append(Edge(node.name, name, taken.exporter, taken.export_name))
            looked_at = tuple(
                _with_verdict(candidate, taken, is_types=is_types) for candidate, _ in candidates
            )
            self._choices.append(
                Choice(node.name, name, f"filled by `{taken.exporter}`", looked_at)
            )
        elif is_types:
            self._type_imports.add(name)
            self._choices.append(
                Choice(node.name, name, "value types only: structural, so no node is needed")
            )
        elif candidates:
            self._refused(node, name, [candidate for candidate, _ in candidates])
        elif is_host_interface(name):
            self._leave_outside(node, name, "WASI that no node exports is the host's")
        else:
            self._unmet(node, name)

    def _leave_outside(self, node: Node, name: str, reason: str) -> None:
        self._outsides.append(Outside(node.name, name, name))
        self._choices.append(Choice(node.name, name, f"left to the outside: {reason}"))

    def _take_stated(self, node: Node, name: str, extern: Extern, source: Endpoint) -> None:
        provider = self._by_name.get(source.node)
        if provider is None:
            return  # the project's loader has said so
        exports = provider.component.world.exports
        wanted = source.name or name
        names = matching_names(wanted, exports)
        if len(names) != 1:
            self._findings.append(
                Finding(
                    "edge-without-export",
                    f"`{provider.name}` exports nothing called `{wanted}`"
                    if not names
                    else f"`{wanted}` means more than one export of `{provider.name}`",
                    source.place,
                    hint=f"`{provider.name}` exports {listed(names or list(exports))}",
                )
            )
            return
        mismatches = compare_extern(extern, exports[names[0]])
        if mismatches:
            candidate = Candidate(
                provider.name, names[0], Verdict.REFUSED, "its type differs", mismatches
            )
            self._refused(node, name, [candidate])
            return
        self._edges.append(Edge(node.name, name, provider.name, names[0]))
        taken = Candidate(provider.name, names[0], Verdict.TAKEN, "stated in the project")
        self._choices.append(Choice(node.name, name, f"filled by `{provider.name}`", (taken,)))

    def _candidates(
        self, node: Node, name: str, extern: Extern
    ) -> list[tuple[Candidate, tuple[object, ...]]]:
        """Exports of other nodes whose name matches, each with its rank among versions."""
        item = parse_item_name(name)
        found: list[tuple[Candidate, tuple[object, ...]]] = []
        for index in self._by_interface.get(_interface_key(name, item), ()):
            exporter, export_name, export_item, export = self._exports[index]
            if exporter.name == node.name:
                continue
            if not _names_match(name, item, export_name, export_item):
                found.append(
                    (
                        Candidate(
                            exporter.name,
                            export_name,
                            Verdict.REFUSED,
                            "it is on another version track",
                        ),
                        (),
                    )
                )
                continue
            mismatches = compare_extern(extern, export)
            verdict = Verdict.REFUSED if mismatches else Verdict.PASSED_OVER
            reason = "its type differs" if mismatches else "name and type fit"
            rank: tuple[object, ...] = (
                (export_name == name, *export_item.version_rank())
                if export_item is not None
                else (True,)
            )
            found.append((Candidate(exporter.name, export_name, verdict, reason, mismatches), rank))
        return found

    def _ambiguous(self, node: Node, name: str, finalists: Sequence[Candidate]) -> None:
        exporters = listed([candidate.exporter for candidate in finalists])
        self._findings.append(
            Finding(
                "ambiguous-import",
                f"`{node.name}:{name}` is exported by {exporters}",
                Place(item=f"{node.name}:{name}"),
                hint="state the one that is meant: "
                f'`[[graph.edges]]` with `import = "{node.name}:{name}"` and '
                f'`from = "{finalists[0].exporter}"`',
            )
        )

    def _refused(self, node: Node, name: str, candidates: Sequence[Candidate]) -> None:
        for candidate in candidates:
            if not candidate.mismatches:
                self._findings.append(
                    Finding(
                        "version-track",
                        f"`{node.name}` imports `{name}`, and `{candidate.exporter}` exports "
                        f"`{candidate.export_name}`: versions of different tracks never link",
                        Place(item=f"{node.name}:{name}"),
                        hint="bring both to one version track (the same major version, or the "
                        "same minor version below 1.0)",
                    )
                )
                continue
            self._findings += [
                Finding(
                    "type-mismatch",
                    f"`{node.name}:{name}` does not fit the export of `{candidate.exporter}`: "
                    f"{mismatch.message}",
                    Place(item=_item(node.name, name, mismatch.path)),
                    causes=_sides(node.name, candidate.exporter, mismatch),
                    hint=f"rebuild `{node.name}` or `{candidate.exporter}` from the same contract",
                )
                for mismatch in candidate.mismatches
            ]

    def _unmet(self, node: Node, name: str) -> None:
        exported = sorted({export_name for _, export_name, _, _ in self._exports})
        near = nearest(name, exported, cutoff=0.85)
        self._findings.append(
            Finding(
                "unmet-import",
                f"nothing exports `{name}`, which `{node.name}` imports",
                Place(item=f"{node.name}:{name}"),
                hint=(
                    f"{listed(near)} {'is' if len(near) == 1 else 'are'} near: mend the name, or "
                    if near
                    else "add a component that exports it, or "
                )
                + f'leave it to the host with `[[graph.edges]]`, `import = "{node.name}:{name}"`, '
                "`outside = true`",
            )
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


def _interface_key(name: str, item: ItemName | None) -> tuple[str, ...]:
    return (name,) if item is None else (item.namespace, item.package, item.interface)


def _names_match(
    name: str, item: ItemName | None, export_name: str, export_item: ItemName | None
) -> bool:
    if item is None or export_item is None:
        return name == export_name
    return item.matches(export_item)


def _with_verdict(candidate: Candidate, taken: Candidate, *, is_types: bool) -> Candidate:
    if candidate is taken:
        return Candidate(candidate.exporter, candidate.export_name, Verdict.TAKEN, candidate.reason)
    if candidate.verdict is Verdict.REFUSED:
        return candidate
    reason = (
        "value types are structural: any of them would do"
        if is_types
        else f"`{taken.export_name}` is nearer"
    )
    return Candidate(candidate.exporter, candidate.export_name, Verdict.PASSED_OVER, reason)


def _item(node: str, name: str, path: str) -> str:
    """Path of a mismatch; that of a bare function begins with the function's own name."""
    inner = path.removeprefix(name).lstrip(".")
    return f"{node}:{name}.{inner}" if inner else f"{node}:{name}"


def _sides(importer: str, exporter: str, mismatch: Mismatch) -> tuple[str, ...]:
    return tuple(
        f"{verb} by `{node}`: `{text}`" + (f" ({place})" if str(place) else "")
        for verb, node, text, place in (
            ("expected", importer, mismatch.expected, mismatch.expected_place),
            ("offered", exporter, mismatch.actual, mismatch.actual_place),
        )
        if text
    )
