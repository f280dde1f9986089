"""What gates cost: the same work ungated, behind the gates that its grants ask for, and behind more."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benches.guests import COMPONENTS, Bench
from benches.measure import Effort, Figure, clock, figure
from benches.sections import Section
from wcompose.build.gating import compose_gated
from wcompose.graph import Graph
from wcompose.graph.compose import About, compose_graph
from wcompose.project import (
    ClockGrant,
    ClockKind,
    DirectoryGrant,
    GrantsDeclaration,
    StreamGrant,
    StreamKind,
)
from wcompose.runtime import Component, Grants, find_function
from wcompose.runtime import DirectoryGrant as HostDirectory

UNGATED = "ungated"
GATED = "behind gates"
READING = "with one to read only"
"""A directory that may only be read puts a gate before every descriptor of its node."""
WRAPPED = "streams wrapped too"
"""A stream that is prefixed or swallowed makes all streams of its node pass through a gate."""

WAYS = (UNGATED, GATED, READING, WRAPPED)

_JOBS: dict[str, tuple[str, list[int]]] = {
    "500 files made, looked at, removed": ("metadata", [500]),
    "200 files of 4 KiB written and read": ("contents", [200, 4 << 10]),
    "8 files of 1 MiB written and read": ("contents", [8, 1 << 20]),
    "10,000 looks at the clock, passed straight": ("clock", [10_000]),
}


def gates(bench: Bench, effort: Effort) -> Section:
    """Time of a file-heavy job with and without gates, interleaved."""
    section = Section("gates: the same work with and without", "s")
    with tempfile.TemporaryDirectory(dir=bench.cache) as name:
        directory = Path(name)
        work = directory / "work"
        work.mkdir()
        opened = {way: _opened(bench, way, directory, work) for way in WAYS}
        for job, (function, arguments) in _JOBS.items():
            samples: dict[str, list[float]] = {way: [] for way in opened}
            for number in range(4 * effort.samples + 1):
                for way, (component, instance) in opened.items():
                    called = find_function(component.functions, function)
                    seconds = clock(lambda i=instance, c=called, a=arguments: i.call_plain(c, a))
                    if number:  # the first one warms up
                        samples[way].append(seconds)
            section.rows[job] = {way: figure(each) for way, each in samples.items()}
    return section


def gate_sizes(bench: Bench, effort: Effort) -> Section:
    """Bytes that gates add to a composition of one node."""
    del effort
    section = Section("gates: bytes of a composition", "B")
    with tempfile.TemporaryDirectory(dir=bench.cache) as name:
        directory = Path(name)
        callee = bench.part("rust", "callee")
        for row, parts in (
            ("Rust, files", {"node": COMPONENTS / "rust-files.wasm"}),
            ("Go", {"node": bench.part("go", "callee")}),
            ("Python", {"node": bench.part("python", "caller"), "callee": callee}),
        ):
            graph = bench.graph(parts)
            sizes: dict[str, Figure] = {}
            plain = directory / "plain.wasm"
            compose_graph(graph, bench.engine, plain, About("bench"))
            for column, grants in (
                ("nothing granted", GrantsDeclaration()),
                ("a directory granted", _grants(directory, StreamKind.INHERIT)),
                ("and one to read only", _grants(directory, StreamKind.INHERIT, reading=True)),
            ):
                output = _gated(bench, graph, grants, directory)
                added = output.stat().st_size - plain.stat().st_size
                sizes[f"added: {column}"] = figure([float(added)])
            section.rows[row] = sizes
    return section


def _opened(bench: Bench, way: str, directory: Path, work: Path) -> tuple[Component, Any]:
    graph = bench.graph({"node": COMPONENTS / "rust-files.wasm"})
    if way == UNGATED:
        output = directory / "ungated.wasm"
        compose_graph(graph, bench.engine, output, About("bench"))
    else:
        kind = StreamKind.NULL if way == WRAPPED else StreamKind.INHERIT
        grants = _grants(work, kind, reading=way == READING)
        output = _gated(bench, graph, grants, directory)
    component = Component(output, bench.images)
    host = Grants(directories=(HostDirectory(work, "/work", True),))
    return component, component.instantiate(host)


def _gated(bench: Bench, graph: Graph, grants: GrantsDeclaration, directory: Path) -> Path:
    output = directory / f"gated-{len(list(directory.glob('gated-*.wasm')))}.wasm"
    compose_gated(
        graph,
        {"node": grants},
        bench.engine,
        output,
        about=About("bench"),
        directory=directory / "gates",
    )
    return output


def _grants(work: Path, stdout: StreamKind, *, reading: bool = False) -> GrantsDeclaration:
    inherit = StreamGrant(StreamKind.INHERIT)
    directories = [DirectoryGrant(work, "/work", True)]
    if reading:
        directories.append(DirectoryGrant(work.parent, "/read"))
    return GrantsDeclaration(
        filesystem=tuple(directories),
        clocks=ClockGrant(ClockKind.REAL),
        stdin=inherit,
        stdout=StreamGrant(stdout),
        stderr=inherit,
    )
