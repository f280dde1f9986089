"""How planning and composing grow with the number of nodes."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import wasmtime

from benches.guests import Bench
from benches.measure import Effort, Figure, clock, figure
from benches.sections import Section
from wcompose.graph import Node, plan_graph
from wcompose.graph.compose import compose_graph, read_component

PLANNED = (10, 30, 100, 300, 500, 1000)
"""Numbers of nodes."""
MOST_COMPOSED = 500
"""Nodes in the largest graph that is composed too."""
PROVIDERS = 3
"""Nodes that each node imports from, as far as there are so many before it."""
_SEED = 1


def graphs(bench: Bench, effort: Effort, sizes: tuple[int, ...] = PLANNED) -> Section:
    """Read, plan and compose graphs of small components, each of which imports from three others."""
    section = Section("graphs: each node is a component of its own, and imports from 3 others", "s")
    with tempfile.TemporaryDirectory(dir=bench.cache) as name:
        directory = Path(name)
        files = _write(directory, max(sizes))
        for size in sizes:
            section.rows[f"{size} nodes"] = _measured(bench, effort, files[:size], directory)
    return section


def _measured(
    bench: Bench, effort: Effort, files: list[Path], directory: Path
) -> dict[str, Figure]:
    repeat = range(effort.samples)
    nodes: list[Node] = []

    def read() -> None:
        nodes[:] = [Node(file.stem, read_component(bench.engine, file)) for file in files]

    found = {
        "read": figure([clock(read) for _ in repeat]),
        "plan": figure([clock(lambda: plan_graph(nodes)) for _ in repeat]),
    }
    if len(files) <= MOST_COMPOSED:
        graph, output = plan_graph(nodes), directory / "out.wasm"
        found["compose and validate"] = figure(
            [clock(lambda: compose_graph(graph, bench.engine, output)) for _ in repeat]
        )
    return found


def growth(section: Section) -> list[tuple[str, str, float, float | None]]:
    """How a step grows: nodes, step, seconds for a node, and that against the size before."""
    found: list[tuple[str, str, float, float | None]] = []
    before: dict[str, float] = {}
    for row, figures in section.rows.items():
        for step, value in figures.items():
            each = value.median / int(row.split()[0])
            found.append((row, step, each, each / before[step] if step in before else None))
            before[step] = each
    return found


def _write(directory: Path, count: int) -> list[Path]:
    chance = random.Random(_SEED)
    files = []
    for number in range(count):
        used = sorted(chance.sample(range(number), min(number, PROVIDERS)))
        file = directory / f"n{number}.wasm"
        file.write_bytes(bytes(wasmtime.wat2wasm(_text(number, used))))
        files.append(file)
    return files


def _text(number: int, used: list[int]) -> str:
    """A component that exports the sum of what those that it uses export, and one more."""
    imports = "\n".join(
        f'(import "bench:sums/i{each}" (instance $i{each} (export "sum" (func (result u64)))))\n'
        f'(core func $c{each} (canon lower (func $i{each} "sum")))'
        for each in used
    )
    core = "\n".join(f'(import "" "{each}" (func $f{each} (result i64)))' for each in used)
    body = "(i64.const 1)" + "".join(f" (i64.add (call $f{each}))" for each in used)
    given = " ".join(f'(export "{each}" (func $c{each}))' for each in used)
    return f"""(component
{imports}
(core module $m
{core}
(func (export "sum") (result i64) {body}))
(core instance $k (instantiate $m (with "" (instance {given}))))
(func $sum (result u64) (canon lift (core func $k "sum")))
(instance $out (export "sum" (func $sum)))
(export "bench:sums/i{number}" (instance $out)))"""
