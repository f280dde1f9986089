"""Composing a project's graph with the gates that its grants ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.build.carrying import add_carriers
from wcompose.grants.decide import Recording
from wcompose.grants.directories import name_directories
from wcompose.grants.section import section_text
from wcompose.grants.wiring import Gated, add_gates
from wcompose.graph.compose import About, compose_graph
from wcompose.project import NOT_CARRIED, CarryDeclaration

if TYPE_CHECKING:
    from wcompose.engine import Engine
    from wcompose.graph import Graph
    from wcompose.project import GrantsDeclaration, Project


def declared_grants(project: Project) -> dict[str, GrantsDeclaration]:
    """What each node of a project is granted."""
    return {node.name: node.grants for node in project.nodes}


def compose_gated(
    graph: Graph,
    grants: Mapping[str, GrantsDeclaration],
    engine: Engine,
    output: Path,
    *,
    about: About,
    directory: Path,
    recording: Recording = Recording.NONE,
    carry: CarryDeclaration = NOT_CARRIED,
) -> Gated:
    """Write the composition of a graph, with gates between its nodes and the host.

    Args:
        graph: what to compose, without gates.
        grants: what each node is granted; nothing for a node that is not named.
        engine: makes gates and composes.
        output: the composition; written by the engine, so name a temporary file.
        about: what it tells of itself; what it tells of its grants is added.
        directory: where gates are written.
        recording: what is recorded when it runs.
        carry: which of its interfaces have a carrier.

    Raises:
        LinkError: grants that cannot stand together, handles that would cross between nodes, and
            interfaces that cannot be carried.
    """
    from dataclasses import replace

    directories = name_directories(grants)
    gated = add_gates(
        graph, grants, directories, engine=engine, directory=directory, recording=recording
    )
    told = replace(about, grants=section_text(gated, grants, directories))
    gated = replace(
        gated, graph=add_carriers(gated.graph, carry, engine=engine, directory=directory)
    )
    compose_graph(gated.graph, engine, output, told)
    return gated
