"""What is checked of a project beside its contracts: nodes, graph and lock. Nothing is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.build import draft_project
from wcompose.build.inputs import Inputs, gather_inputs
from wcompose.check.model import Judgement
from wcompose.check.project_rules import judge
from wcompose.contract import Contract, fits_world
from wcompose.errors import UserError
from wcompose.graph import is_host_interface
from wcompose.graph.compose import read_component
from wcompose.progress import SilentReporter
from wcompose.project import NodeDeclaration, Project, PythonSource
from wcompose.project.lock import Lock, LockedNode, read_lock
from wcompose.report import Finding, Level, Place

if TYPE_CHECKING:
    from wcompose.engine import Engine


def check_project(
    project: Project, contract: Contract | None, *, engine: Engine, cache: Path
) -> Iterator[Judgement]:
    """Whether every node fits its world, the graph links, and the lock agrees.

    Args:
        project: the project.
        contract: its contracts; none where it has none, or they cannot be read.
        engine: reads components.
        cache: directory of components built earlier; a Python node that is not there was never built
            from what it is made of now, and is not checked.
    """
    try:
        inputs = gather_inputs(project)
    except UserError as error:
        yield from map(judge, error.findings)
        return
    yield from map(judge, _lock_findings(project, inputs))
    if project.wit is not None and contract is None:
        return
    missing = {
        node.name
        for node in project.nodes
        if isinstance(node.origin, PythonSource) and not _is_built(project, node, inputs, cache)
    }
    if missing:
        yield from map(judge, _of_nodes(project, contract, missing, engine))
        return
    try:
        draft = draft_project(project, engine=engine, cache=cache, reporter=SilentReporter())
    except UserError as error:
        yield from map(judge, error.findings)
    else:
        yield from map(judge, draft.findings)


def _is_built(project: Project, node: NodeDeclaration, inputs: Inputs, cache: Path) -> bool:
    name = f"{inputs.nodes[node.name].removeprefix('sha256:')}.wasm"
    return any((place / name).is_file() for place in (cache, project.state / "components"))


def _of_nodes(
    project: Project, contract: Contract | None, missing: Iterable[str], engine: Engine
) -> Iterator[Finding]:
    """Whether the nodes that are there fit; a note for each that is not."""
    for node in project.nodes:
        if isinstance(node.origin, PythonSource):
            if node.name in missing and not node.twin:
                yield Finding(
                    "node-not-built",
                    f"`{node.name}` was not checked: it was never built from what it is made of now",
                    node.place,
                    Level.NOTE,
                    causes=("without it, whether the graph links is not checked either",),
                    hint="run `wcompose build` first",
                )
            continue
        if node.twin:
            continue
        try:
            component = read_component(engine, node.origin)
            if node.world is not None and contract is not None:
                yield from fits_world(
                    component.world,
                    contract.find_world(node.world),
                    subject=node.name,
                    ambient=is_host_interface,
                )
        except UserError as error:
            yield from error.findings


def _lock_findings(project: Project, inputs: Inputs) -> Iterator[Finding]:
    """In what the lock and the project differ, as far as that shows without a build."""
    place = Place(str(project.lock))
    hint = "run `wcompose build` and commit the lock"
    try:
        lock = read_lock(project.lock)
    except UserError as error:
        yield from error.findings
        return
    if lock is None:
        yield Finding(
            "lock-missing", "the project has no `wcompose.lock`", place, Level.NOTE, hint=hint
        )
        return
    if (lock.composition, lock.version) != (project.name, project.version):
        yield Finding(
            "lock-differs",
            f"the lock is of `{lock.composition}` {lock.version}, and the project is "
            f"`{project.name}` {project.version}",
            place,
            hint=hint,
        )
    if lock.wit_digest != inputs.wit:
        yield Finding(
            "lock-differs", "the contracts changed since the lock was written", place, hint=hint
        )
    yield from _locked_nodes(project, inputs, lock, place, hint)


def _locked_nodes(
    project: Project, inputs: Inputs, lock: Lock, place: Place, hint: str
) -> Iterator[Finding]:
    nodes = {node.name: node for node in project.nodes}
    for name in sorted({*nodes, *(each.name for each in lock.nodes)}):
        node, locked = nodes.get(name), lock.node(name)
        if node is None or locked is None:
            words = "is not in the lock" if locked is None else "is only in the lock"
            yield Finding("lock-differs", f"node `{name}` {words}", place, hint=hint)
        elif isinstance(node.origin, PythonSource):
            if locked.source_digest != inputs.nodes[name]:
                # Tools count as source too, and another machine may have others.
                yield Finding(
                    "lock-differs",
                    f"the source of node `{name}`, or what it is built with, is not that of the lock",
                    place,
                    Level.WARNING,
                    hint=hint,
                )
        elif locked.digest != inputs.nodes[name]:
            yield _differs(node, locked, inputs.nodes[name], place, hint)


def _differs(
    node: NodeDeclaration, locked: LockedNode, found: str, place: Place, hint: str
) -> Finding:
    return Finding(
        "lock-differs",
        f"`{node.origin}` of node `{node.name}` is not the component in the lock",
        place,
        causes=(f"locked: {locked.digest}", f"found: {found}"),
        hint=hint,
    )
