"""From a graph whose nodes reach the host to one whose gates do.

Every import of WASI that the planner left to the host is decided (`wcompose.grants.decide`). What is
refused comes from a gate that is made for the node; what is partly granted comes from a prebuilt one.
The result is a graph like any other: gates are nodes, and composing knows nothing of grants.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wcompose.contract import InterfaceExtern, on_track, parse_item_name
from wcompose.errors import LinkError
from wcompose.files import digest_bytes
from wcompose.grants.answers import answers_of
from wcompose.grants.decide import Decision, Direct, Recording, decide
from wcompose.grants.directories import Directories
from wcompose.grants.interfaces import (
    AUDIT_INTERFACE,
    POLICY_INTERFACE,
    REDIRECT,
    STANDARD,
    Gate,
    base_name,
    grant_of,
)
from wcompose.grants.policy import policy_text
from wcompose.graph import Edge, Graph, Node, Outside
from wcompose.graph.compose import read_component
from wcompose.graph.outsides import merge_outsides
from wcompose.graph.plan import HOST_NAMESPACE, is_host_interface
from wcompose.graph.resources import Conflict, Origins
from wcompose.project.grants import GrantsDeclaration
from wcompose.report import Finding, Report

if TYPE_CHECKING:
    from wcompose.engine import Engine
    from wcompose.graph import Component

OLDEST_VERSION = "0.2.0"
"""Every prebuilt gate uses only what this version of WASI has."""

NO_GRANTS = GrantsDeclaration()


@dataclass(frozen=True)
class Gated:
    """A graph with gates.

    Attributes:
        graph: what is composed.
        decisions: what became of each node's imports of WASI, by node.
        gates: for each node the names of its gates.
    """

    graph: Graph
    decisions: Mapping[str, Decision]
    gates: Mapping[str, tuple[str, ...]]


def decide_all(
    graph: Graph, grants: Mapping[str, GrantsDeclaration], recording: Recording = Recording.NONE
) -> dict[str, Decision]:
    """What becomes of every import of WASI that a graph leaves to the host, by node."""
    imports: dict[str, list[str]] = {node.name: [] for node in graph.nodes}
    for outside in graph.outsides:
        if _is_gated(graph, outside):
            imports[outside.importer].append(outside.import_name)
    return {
        node.name: decide(node, imports[node.name], grants.get(node.name, NO_GRANTS), recording)
        for node in graph.nodes
    }


def add_gates(
    graph: Graph,
    grants: Mapping[str, GrantsDeclaration],
    directories: Directories,
    *,
    engine: Engine,
    directory: Path,
    recording: Recording = Recording.NONE,
) -> Gated:
    """Put gates between nodes and the host.

    Args:
        graph: as it was planned, without findings.
        grants: what each node is granted; nothing for a node that is not named.
        directories: what the whole calls the directories of its nodes.
        engine: makes gates.
        directory: where they are written.
        recording: what is recorded when the composition runs; anything but none leaves an import
            that only this tool's own runtime fills.

    Raises:
        LinkError: with all grants that cannot stand together, and all handles that would cross to a
            node that is not granted what they are for.
    """
    decisions = decide_all(graph, grants, recording)
    findings = [finding for each in decisions.values() for finding in each.findings]
    if recording is not Recording.NONE:
        findings += [_faking(each) for each in graph.outsides if _is_audit(each)]
    if findings:
        raise LinkError(Report.of(findings).findings)
    wiring = _Wiring(graph, engine, directory, recording)
    for node in graph.nodes:
        declared = grants.get(node.name, NO_GRANTS)
        policy = policy_text(node.name, declared, directories.outer.get(node.name, {}), recording)
        wiring.gate(node, decisions[node.name], policy)
    return Gated(wiring.finish(grants), decisions, wiring.gates)


class _Wiring:
    def __init__(self, graph: Graph, engine: Engine, directory: Path, recording: Recording) -> None:
        self._graph = graph
        self._engine = engine
        self._directory = directory
        self._recording = recording
        self._components: dict[Path, Component] = {}
        self._nodes: list[Node] = []
        self._filled: dict[tuple[str, str], Edge | Outside] = {}
        for edge in graph.edges:
            self._fill(edge)
        for outside in graph.outsides:
            self._fill(outside)
        self._names = {node.name for node in graph.nodes}
        self.gates: dict[str, tuple[str, ...]] = {}

    def gate(self, node: Node, decision: Decision, policy: str) -> None:
        """Put what is needed between one node and the host."""
        prebuilt = {gate: self._named(f"{node.name}-{gate.name}") for gate in decision.gates}
        refused = [name for name, fate in decision.fates.items() if fate is Direct.REFUSED]
        if not refused and not prebuilt:
            self.gates[node.name] = ()
            return
        # A gate that imports what another exports stands behind it: its streams go to files.
        own = self._made(
            node, self._named(f"{node.name}-gate"), refused, policy if prebuilt else None
        )
        policy_node = own
        if any(isinstance(decision.fates.get(name), Gate) for name in own.imports):
            # It takes types from gates that would take their policy from it: a circle.
            own = self._made(node, own.name, refused, None)
            policy_node = self._made(node, self._named(f"{node.name}-policy"), (), policy)
            self._nodes.append(policy_node)
        for gate, name in prebuilt.items():
            component = self._component(gate.file)
            self._nodes.append(Node(name, component, "Rust"))
            self._fill_gate(gate, name, component, policy_node.name, prebuilt)
        self._nodes.append(own)
        for name, fate in decision.fates.items():
            if isinstance(fate, Gate):
                export = _export(self._component(fate.file), name)
                self._fill(Edge(node.name, name, prebuilt[fate], export))
            elif fate is Direct.REFUSED:
                self._fill(Edge(node.name, name, own.name, name))
        for name, extern in own.imports.items():
            if name == AUDIT_INTERFACE:
                self._fill(Outside(own.name, name, name, is_host=True))
            elif (filled := self._filled.get((node.name, name))) is not None:
                self._fill(replace(filled, importer=own.name))
            elif isinstance(extern, InterfaceExtern):
                self._fill(Outside(own.name, name, name, is_host=True))
        self.gates[node.name] = tuple(sorted({own.name, policy_node.name, *prebuilt.values()}))

    def finish(self, grants: Mapping[str, GrantsDeclaration]) -> Graph:
        """The graph with all gates."""
        graph = self._graph
        nodes = (*self._nodes, *graph.nodes)
        by_name = {node.name: node for node in nodes}
        outsides, findings = merge_outsides(self._outsides(), by_name)
        for outside in outsides:
            self._fill(outside)
        origins = Origins(by_name, self._filled)
        findings += [
            _crossing(conflict, grants) for node in nodes for conflict in origins.conflicts(node)
        ]
        if findings:
            raise LinkError(Report.of(findings).findings)
        edges = sorted(each for each in self._filled.values() if isinstance(each, Edge))
        return replace(graph, nodes=nodes, edges=tuple(edges), outsides=outsides)

    def _outsides(self) -> Iterable[Outside]:
        """What is left to the host, gates' imports in the versions that nodes ask for."""
        gates = {node.name for node in self._nodes}
        left = [each for each in self._filled.values() if isinstance(each, Outside)]
        asked = {on_track(each.name) for each in left if each.importer not in gates}
        versions = {
            item.version_rank(): str(item.version)
            for each in left
            if each.importer not in gates and (item := parse_item_name(each.name)) is not None
            if item.namespace == HOST_NAMESPACE and item.version is not None
            if "@0.2" in each.name
        }
        usual = versions[max(versions)] if versions else OLDEST_VERSION
        for each in left:
            if each.importer not in gates or not is_host_interface(each.name):
                yield each
            elif on_track(each.name) in asked:
                yield replace(each, name=f"{base_name(each.name)}@{OLDEST_VERSION}")
            else:
                yield replace(each, name=f"{base_name(each.name)}@{usual}")

    def _fill_gate(
        self,
        gate: Gate,
        name: str,
        component: Component,
        own: str,
        prebuilt: Mapping[Gate, str],
    ) -> None:
        for import_name in component.world.imports:
            base = base_name(import_name)
            if import_name == POLICY_INTERFACE:
                self._fill(Edge(name, import_name, own, POLICY_INTERFACE))
            elif import_name == AUDIT_INTERFACE and self._recording is Recording.NONE:
                self._fill(Edge(name, import_name, own, AUDIT_INTERFACE))
            elif behind := _behind(gate, base, prebuilt):
                export = _export(self._component(behind.file), import_name)
                self._fill(Edge(name, import_name, prebuilt[behind], export))
            else:
                self._fill(Outside(name, import_name, import_name, is_host=True))

    def _made(self, node: Node, name: str, refused: Collection[str], policy: str | None) -> Node:
        """A gate that is made for a node."""
        audited = self._recording is not Recording.NONE
        interfaces: dict[str, Any] = {}
        for refusal in refused:
            extern = node.imports[refusal]
            if isinstance(extern, InterfaceExtern):
                interfaces[refusal] = answers_of(
                    node.name, refusal, extern.interface, refused, audited=audited
                )
        request = json.dumps(
            {"node": node.name, "policy": policy, "audited": audited, "interfaces": interfaces},
            sort_keys=True,
        )
        digest = digest_bytes(f"{node.component.digest} {request}".encode())
        self._directory.mkdir(parents=True, exist_ok=True)
        file = self._directory / f"{name}-{digest.removeprefix('sha256:')[:16]}.wasm"
        self._engine.make_gate(node.component.path, request, file)
        return Node(name, self._component(file))

    def _component(self, file: Path) -> Component:
        if file not in self._components:
            self._components[file] = read_component(self._engine, file)
        return self._components[file]

    def _fill(self, filled: Edge | Outside) -> None:
        self._filled[filled.importer, filled.import_name] = filled

    def _named(self, wanted: str) -> str:
        name, number = wanted, 2
        while name in self._names:
            name, number = f"{wanted}-{number}", number + 1
        self._names.add(name)
        return name


def _behind(gate: Gate, base: str, prebuilt: Mapping[Gate, str]) -> Gate | None:
    """The other gate of the same node that fills an import of one: streams that go to files."""
    is_stream = gate is STANDARD and base in REDIRECT.interfaces
    return REDIRECT if is_stream and REDIRECT in prebuilt else None


def _export(component: Component, name: str) -> str:
    """The export of a gate on the track of an import."""
    for export in component.world.exports:
        if on_track(export) == on_track(name):
            return export
    raise AssertionError(f"the gate `{component.path.name}` does not export `{name}`")


def _is_gated(graph: Graph, outside: Outside) -> bool:
    """Whether an import means the host: by its name, however it came to be left outside."""
    if not is_host_interface(outside.import_name):
        return False
    if on_track(outside.name) != on_track(outside.import_name):
        return False  # under another name it is no host's, but another component's
    return isinstance(graph.node(outside.importer).imports[outside.import_name], InterfaceExtern)


def _is_audit(outside: Outside) -> bool:
    return base_name(outside.name) == base_name(AUDIT_INTERFACE)


def _faking(outside: Outside) -> Finding:
    """A node could tell of uses that never were, in the name of any other."""
    return Finding(
        "audit-faked",
        f"`{outside.importer}` would write into the audit itself: its `{outside.import_name}` is left "
        f"to the outside as `{outside.name}`, by which gates tell what nodes use",
        hint="take that edge out of the project, or record nothing",
    )


def _crossing(conflict: Conflict, grants: Mapping[str, GrantsDeclaration]) -> Finding:
    """A handle would cross between nodes that do not have it from the same place."""
    grant = grant_of(conflict.home)
    declared = grants.get(conflict.importer, NO_GRANTS)
    return Finding(
        "handle-crosses",
        f"`{conflict.importer}:{conflict.import_name}` brings `{conflict.resource}` from another node, "
        f"and handles of `{base_name(conflict.home)}` belong to the grants of one node",
        declared.place,
        causes=(
            f"`{conflict.importer}` has {conflict.expected}",
            f"it would be given {conflict.given}",
        ),
        hint=f"pass what is in it instead of the handle, or grant `{grant}` where the work is done",
    )
