"""Run every benchmark: `python -m benches [--quick] [--only SECTION] [--json FILE] [--check]`.

Needs the extra `bench`. All sides run in one go, because machines differ and drift; read ratios, not
single times.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benches import sections
from benches.boundary import boundary, bounds, ratios
from benches.density import density
from benches.gates import gate_sizes, gates
from benches.graphs import graphs, growth
from benches.guests import ROOT, Bench
from benches.leaks import leaks
from benches.measure import QUICK, Effort, Figure
from benches.pools import parallel, pools, speed_ups
from benches.sections import WAYS, Section

MEASURED = {
    "boundary": boundary,
    "bounds": bounds,
    "calls": sections.calls,
    "cold start": sections.cold_start,
    "composing": sections.composing,
    "density": density,
    "gate sizes": gate_sizes,
    "gates": gates,
    "graphs": graphs,
    "leaks": leaks,
    "memory": sections.memory,
    "parallel": parallel,
    "pools": pools,
}
"""What each section is measured by."""
WITHOUT_FLAGSHIP = {
    "boundary",
    "bounds",
    "gate sizes",
    "gates",
    "graphs",
    "leaks",
    "parallel",
    "pools",
}


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few and short samples")
    parser.add_argument("--only", choices=MEASURED, help="measure this alone")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--check", action="store_true", help="fail when a promise does not hold")
    options = parser.parse_args()
    effort = QUICK if options.quick else Effort()
    console = Console(width=None if sys.stdout.isatty() else 120)
    if options.only not in WITHOUT_FLAGSHIP:
        sections.build_flagship()
    bench = Bench.at(ROOT / "build" / "bench-cache")
    found = {
        name: measure(bench, effort)
        for name, measure in MEASURED.items()
        if options.only in {None, name}
    }
    for name, section in found.items():
        console.print(TABLES.get(name, _table)(section))
        if name == "graphs":
            console.print(_growth_table(section))
    console.print(_floors_table(found))
    if options.json is not None:
        machine = {
            "processors": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "wasmtime": version("wasmtime"),
        }
        options.json.write_text(sections.document(found, machine) + "\n")
    holds = all(row[-1] for row in sections.floors(found))
    return 1 if options.check and not holds else 0


def _calls_table(section: Section) -> Table:
    table = Table(title=f"{section.title}: median (least to most), and times the composed median")
    table.add_column("")
    for way in WAYS:
        table.add_column(way, justify="right")
    for name, row in section.rows.items():
        base = row["composed"].median
        cells = [_text(row["composed"], section.unit)]
        cells += [
            f"{_text(row[way], section.unit)}\n{row[way].median / base:,.1f} ×" for way in WAYS[1:]
        ]
        table.add_row(name, *cells)
    return table


def _boundary_table(section: Section) -> Table:
    title = f"{section.title}: median (least to most), and how many times faster"
    return _table(
        section, title, {name: f"{each:,.1f} ×" for name, each in ratios(section).items()}
    )


def _parallel_table(section: Section) -> Table:
    title = f"{section.title}: median (least to most), and how many times faster at once"
    return _table(
        section, title, {name: f"{each:.2f} ×" for name, each in speed_ups(section).items()}
    )


def _table(section: Section, title: str = "", last: Mapping[str, str] | None = None) -> Table:
    table = Table(title=title or section.title)
    table.add_column("")
    columns = list(dict.fromkeys(column for row in section.rows.values() for column in row))
    for column in [*columns, *([""] if last else [])]:
        table.add_column(column, justify="right")
    for name, row in section.rows.items():
        units = {each: section.units.get(each, section.unit) for each in columns}
        cells = [_text(row[each], units[each]) if each in row else "" for each in columns]
        table.add_row(name, *cells, *([last.get(name, "")] if last else []))
    return table


def _growth_table(section: Section) -> Table:
    table = Table(title="growth: time for a node, and times that of the size before")
    steps = list(dict.fromkeys(step for _, step, _, _ in growth(section)))
    for column in ("", *steps):
        table.add_column(column, justify="right" if column else "left")
    cells: dict[str, dict[str, str]] = {}
    for row, step, seconds, ratio in growth(section):
        text = _scaled(seconds, "s")
        cells.setdefault(row, {})[step] = text if ratio is None else f"{text} ({ratio:.2f} ×)"
    for row, columns in cells.items():
        table.add_row(row, *(columns.get(step, "") for step in steps))
    return table


def _floors_table(found: dict[str, Section]) -> Table:
    table = Table(title="what is promised")
    for column in ("", "promised", "measured", ""):
        table.add_column(column, justify="left" if not column else "right")
    for name, promised, measured, holds in sections.floors(found):
        table.add_row(
            name, f"{promised:,.4g}", f"{measured:,.4g}", "holds" if holds else "DOES NOT"
        )
    return table


def _text(value: Figure, unit: str) -> str:
    scaled = [_scaled(each, unit) for each in (value.median, value.least, value.most)]
    return scaled[0] if value.samples == 1 else f"{scaled[0]} ({scaled[1]} to {scaled[2]})"


def _scaled(value: float, unit: str) -> str:
    if unit == "B":
        return f"{value / 1024:,.1f} KiB"
    if unit != "s":
        return f"{value:,.0f}{unit}"
    for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {name}"
    return f"{value * 1e9:.3g} ns"


TABLES = {"boundary": _boundary_table, "calls": _calls_table, "parallel": _parallel_table}
"""Tables of their own."""

if __name__ == "__main__":
    sys.exit(main())
