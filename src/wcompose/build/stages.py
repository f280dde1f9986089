"""The stages of one build: make, check, plan, compose, validate, lock."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from wcompose.build.assembly import strip_file
from wcompose.build.components import ComponentMaker, MadeComponent
from wcompose.build.gating import compose_gated, declared_grants
from wcompose.build.inputs import Inputs
from wcompose.contract import Contract, World, fits_world
from wcompose.contract.carried import is_carrier
from wcompose.engine import Engine
from wcompose.errors import LinkError, ProjectError, UserError, WcomposeError
from wcompose.files import atomic_output, digest_file
from wcompose.grants.decide import Recording
from wcompose.grants.wiring import Gated
from wcompose.graph import Draft, Graph, Node
from wcompose.graph.compose import About, link_draft
from wcompose.graph.names import counted
from wcompose.graph.places import WrittenWorlds
from wcompose.graph.plan import is_host_interface
from wcompose.graph.request import Request
from wcompose.picture.card import size_words
from wcompose.progress import WAITING, Reporter
from wcompose.project import (
    GrantsDeclaration,
    NodeDeclaration,
    Project,
    PythonSource,
    locate_findings,
)
from wcompose.project.lock import Lock, LockedNode, differences
from wcompose.report import Finding, Place, Report


class ProjectBuild:
    """One build of a project, of inputs that were digested before.

    Args:
        project: what is built.
        inputs: what goes in.
        engine: reads components, links types, makes gates, composes.
        reporter: hears about progress.
    """

    def __init__(
        self, project: Project, inputs: Inputs, engine: Engine, reporter: Reporter
    ) -> None:
        self._project = project
        self._inputs = inputs
        self._engine = engine
        self._reporter = reporter

    def run(self, cache: Path, old: Lock | None, *, locked: bool, force: bool) -> Lock:
        """Compose, and write the lock.

        Args:
            cache: directory of components built earlier.
            old: the lock that the result is held to.
            locked: fail when the result differs from it.
            force: build every node anew.

        Raises:
            UserError: with every finding of the stage that could not be passed.
        """
        project = self._project
        made, draft = self.draft(cache, force=force)
        if draft.findings:
            raise LinkError(draft.findings)
        graph = draft.graph
        self._reporter.started(project.name, "composing")
        project.output.parent.mkdir(parents=True, exist_ok=True)
        about = About(project.name, project.version, project.description)
        with atomic_output(project.output) as temporary:
            gated = compose_gated(
                graph,
                declared_grants(project),
                self._engine,
                temporary,
                about=about,
                directory=project.state / "gates",
                carry=project.carry,
            )
            saved = strip_file(temporary, self._engine) if project.strip else 0
            lock = self._lock(made, digest_file(temporary), temporary.stat().st_size)
            if locked:
                found = differences(old, lock, project.lock)
                if found:
                    raise ProjectError(found)
        lock.write(project.lock)
        self._reporter.finished(project.name, _summary(graph, gated, lock.size, saved))
        return lock

    def variant(
        self,
        grants: Mapping[str, GrantsDeclaration],
        recording: Recording,
        cache: Path,
        output: Path,
    ) -> None:
        """The composition as other grants make it; neither the lock nor the build's own is touched."""
        project = self._project
        _, draft = self.draft(cache, force=False)
        if draft.findings:
            raise LinkError(draft.findings)
        output.parent.mkdir(parents=True, exist_ok=True)
        with atomic_output(output) as temporary:
            compose_gated(
                draft.graph,
                grants,
                self._engine,
                temporary,
                about=About(project.name, project.version, project.description),
                directory=project.state / "gates",
                recording=recording,
                carry=project.carry,
            )

    def draft(self, cache: Path, *, force: bool) -> tuple[dict[str, MadeComponent], Draft]:
        """Every node's component, and how far they link."""
        project = self._project
        contract = None if project.wit is None else _contract(self._engine.resolve(project.wit))
        worlds = self._worlds(contract, cache)
        made = self._make(project.nodes, cache, force=force)
        self._check_worlds(worlds, made)
        draft = link_draft(
            [Node(each.name, each.component, each.language) for each in made.values()],
            Request(
                project.edges,
                project.exports,
                placed=WrittenWorlds(self._engine, project.state / "wit", worlds),
            ),
            engine=self._engine,
            directory=project.state / "types",
        )
        return made, replace(draft, findings=self._located(draft.findings))

    def _worlds(self, contract: Contract | None, cache: Path) -> dict[str, World]:
        """The worlds that the nodes stand in.

        Raises:
            LinkError: some are not there; with what is wrong with components that need no building.
        """
        worlds: dict[str, World] = {}
        findings: list[Finding] = []
        for node in self._project.nodes:
            if node.world is None or contract is None or node.twin:
                continue
            try:
                worlds[node.name] = contract.find_world(node.world)
            except UserError as error:
                place = Place(str(self._project.file), item=f"components.{node.name}.world")
                findings += [replace(finding, place=place) for finding in error.findings]
        if not findings:
            return worlds | {
                node.name: worlds[node.twin]
                for node in self._project.nodes
                if node.twin and node.twin in worlds
            }
        prebuilt = [
            node for node in self._project.nodes if not isinstance(node.origin, PythonSource)
        ]
        try:
            self._make(prebuilt, cache, force=False)
        except UserError as error:
            findings += error.findings
        raise LinkError(self._located(Report.of(findings).findings))

    def _located(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        return locate_findings(findings, self._project.file, self._engine.locate_toml)

    def _make(
        self, nodes: Sequence[NodeDeclaration], cache: Path, *, force: bool
    ) -> dict[str, MadeComponent]:
        """Nodes' components, made in parallel; every node's findings in one error."""
        maker = ComponentMaker(self._project, self._engine, cache, self._reporter)
        workers = max(1, min(len(self._project.nodes), os.cpu_count() or 1))
        for node in nodes:
            if isinstance(node.origin, PythonSource) and not node.twin:
                self._reporter.started(node.name, WAITING)
        with ThreadPoolExecutor(workers, thread_name_prefix="wcompose-build") as pool:
            futures = {
                node.name: pool.submit(maker.make, node, self._inputs.nodes[node.name], force=force)
                for node in nodes
                if not node.twin
            }
            try:
                made = _gather({name: future.result for name, future in futures.items()})
            except BaseException:
                maker.cancel()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        twins = {node.name: replace(made[node.twin], name=node.name) for node in nodes if node.twin}
        return made | twins

    def _check_worlds(self, worlds: Mapping[str, World], made: Mapping[str, MadeComponent]) -> None:
        """Hold every node to its world."""
        findings: list[Finding] = []
        for name, wanted in worlds.items():
            findings += fits_world(
                made[name].component.world, wanted, subject=name, ambient=is_host_interface
            )
        if findings:
            raise LinkError(Report.of(findings).findings)

    def _lock(self, made: Mapping[str, MadeComponent], digest: str, size: int) -> Lock:
        return Lock(
            composition=self._project.name,
            version=self._project.version,
            digest=digest,
            size=size,
            wit_digest=self._inputs.wit,
            nodes=tuple(self._locked_node(node, made[node.name]) for node in self._project.nodes),
        )

    def _locked_node(self, node: NodeDeclaration, made: MadeComponent) -> LockedNode:
        is_built = isinstance(node.origin, PythonSource)
        origin = node.origin.directory if isinstance(node.origin, PythonSource) else node.origin
        return LockedNode(
            name=node.name,
            language=made.language.lower(),
            world=node.world or "",
            digest=made.component.digest,
            size=made.component.size,
            source=origin.resolve().relative_to(self._project.root.resolve()).as_posix(),
            source_digest=self._inputs.nodes[node.name] if is_built else "",
            toolchain=made.toolchain,
        )


def _contract(data: dict[str, Any]) -> Contract:
    """The contract with its sources, so that findings can show the line."""
    texts = {}
    for name in data["files"]:
        with contextlib.suppress(OSError):
            texts[name] = Path(name).read_text("utf-8")
    return Contract.from_json(data, texts)


def _gather(results: Mapping[str, Callable[[], MadeComponent]]) -> dict[str, MadeComponent]:
    made: dict[str, MadeComponent] = {}
    errors: list[WcomposeError] = []
    for name, result in results.items():
        try:
            made[name] = result()
        except UserError as error:
            errors.append(error)
    if errors:
        findings = [finding for error in errors for finding in error.findings]
        raise type(errors[0])(Report.of(findings).findings)
    return made


def _summary(graph: Graph, gated: Gated, size: int, saved: int) -> str:
    nodes, edges = counted(len(graph.nodes), "component"), counted(len(graph.edges), "edge")
    count = sum(len(gates) for gates in gated.gates.values())
    gates = f" and {counted(count, 'gate')}" if count else ""
    count = sum(is_carrier(node.exports) for node in gated.graph.nodes)
    carriers = f" and {counted(count, 'carrier')}" if count else ""
    stripped = f", {size_words(saved)} stripped" if saved else ""
    return f"composed {nodes} with {edges}{gates}{carriers} into {size_words(size)}{stripped}"
