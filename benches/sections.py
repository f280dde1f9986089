"""The measurements of a run, each a table of named figures."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benches.clients import TIMEOUT, grpc_way, http_way, server
from benches.guests import FLAGSHIP, LIMITS, PAIRS, ROOT, Bench, Composed, Forwarded
from benches.measure import Effort, Figure, clock, figure, per_call
from wcompose.graph.compose import compose_graph
from wcompose.images import ImageCache
from wcompose.runtime import Component, Grants, Instance, find_function

SIZES: tuple[int | None, ...] = (None, 8, 1 << 10, 1 << 16, 1 << 20)
"""Bytes of the argument; none for two integers."""
BOUNDARY_FLOORS = {
    "two integers": 5.0,
    "record with strings": 4.0,
    "list of 1,000 records": 6.0,
    "1 MiB of list<u8>: parameter": 12.0,
    "1 MiB of list<u8>: result": 12.0,
    "1 MiB of list<f64>: parameter": 12.0,
    "1 MiB of list<f64>: result": 12.0,
    "carried: 1 MiB of list<u8>: parameter": 100.0,
    "carried: 1 MiB of list<u8>: result": 100.0,
}
"""How many times faster than wasmtime-py's own calls ours are at least."""
DENSITY_FLOORS = (
    ("dense: Rust cell, 2 pages", "live", "live instances", 1e5),
    ("dense: Rust cell, 2 pages", "resident each", "bytes of each, at most", 16384.0),
    ("dense: Rust node, 17 pages", "live", "live instances", 1e5),
    ("dense: Rust node, 17 pages", "resident each", "bytes of each, at most", 16384.0),
    ("fast: Rust node, to the limit", "live", "live instances", 15e3),
    ("fast: three-language graph", "live", "live instances", 2e3),
    ("fast: Rust node, on one core", "made and ended", "instances a second", 3e4),
)
"""Row, column, what it is, and what is promised of it."""
WAYS = ("composed", "host forwarding", "http", "grpc")


@dataclass
class Section:
    """One table.

    Attributes:
        title: what it shows.
        unit: of its figures: ``s``, ``B``, ``/s``, or empty for numbers.
        rows: name of each row, and its figures by column.
        units: of the columns that have another one.
    """

    title: str
    unit: str
    rows: dict[str, dict[str, Figure]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The table as JSON values."""
        rows = {
            name: {column: each.to_json() for column, each in row.items()}
            for name, row in self.rows.items()
        }
        told = {"title": self.title, "unit": self.unit, "rows": rows}
        return {**told, "units": self.units} if self.units else told


def calls(bench: Bench, effort: Effort) -> Section:
    """The same call composed, forwarded by the host, over HTTP and over gRPC."""
    section = Section("one call", "s")
    with server("http") as http_port, server("grpc") as grpc_port:
        remote = {
            size: {
                "http": per_call(http_way(http_port, size), effort),
                "grpc": per_call(grpc_way(grpc_port, size), effort),
            }
            for size in SIZES
        }
    for caller, callee in PAIRS:
        composed, forwarded = Composed(bench, caller, callee), Forwarded(bench, caller, callee)
        for size in SIZES:
            section.rows[f"{caller} → {callee}, {_size_text(size)}"] = {
                "composed": per_call(composed.way(size), effort),
                "host forwarding": per_call(forwarded.way(size), effort),
                **remote[size],
            }
    return section


def _size_text(size: int | None) -> str:
    if size is None:
        return "two integers"
    if size < 1 << 10:
        return f"{size} B"
    return f"{size >> 10} KiB" if size < 1 << 20 else f"{size >> 20} MiB"


def cold_start(bench: Bench, effort: Effort) -> Section:
    """To the first answer: the composition in this process, and a Python service as a new one.

    The two are not comparable: only the service's figure includes the start of a process.
    """
    bench.images.warm(FLAGSHIP)
    names = ("open", "instantiate", "first call", "total")
    samples = [_cold_sample(bench) for _ in range(effort.samples)]
    parts = {
        name: list(values) for name, values in zip(names, zip(*samples, strict=True), strict=True)
    }
    service = [clock(_start_service) for _ in range(effort.samples)]
    section = Section(
        "start: the graph in a running process, and a Python service as a process of its own", "s"
    )
    section.rows["composition"] = {name: figure(values) for name, values in parts.items()}
    section.rows["python process"] = {"total": figure(service)}
    return section


def _cold_sample(bench: Bench) -> tuple[float, float, float, float]:
    """Seconds of opening, instantiating and the first call, and their sum."""
    images = ImageCache(bench.cache / "images")
    _ = images.engine  # one for a process, made once
    gc.collect()  # what the sample before left is no part of this one
    start = time.perf_counter()
    opened = Component(FLAGSHIP, images)
    after_open = time.perf_counter()
    instance = opened.instantiate(Grants(), LIMITS)
    after_instantiate = time.perf_counter()
    _health(instance)
    end = time.perf_counter()
    return (
        after_open - start,
        after_instantiate - after_open,
        end - after_instantiate,
        end - start,
    )


def _health(instance: Instance) -> None:
    request = {"method": "get", "target": "/health", "headers": [], "body": b""}
    response = instance.exports["digits:vision/handler"].handle(request)
    if response.status != 200:
        raise AssertionError(f"the flagship answered {response.status}")


def _start_service() -> None:
    with (
        server("http") as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=TIMEOUT) as answer,
    ):
        answer.read()


def composing(bench: Bench, effort: Effort) -> Section:
    """Planning and composing the flagship, with the engine warm."""
    parts = bench.flagship_parts()
    output = bench.cache / "flagship.wasm"
    graph = bench.graph(parts)
    compose_graph(graph, bench.engine, output)
    section = Section(f"composing {output.stat().st_size / 1e6:.0f} MB, engine warm", "s")
    repeat = range(effort.samples)
    section.rows["flagship"] = {
        "read and plan": figure([clock(lambda: bench.graph(parts)) for _ in repeat]),
        "compose and validate": figure(
            [clock(lambda: compose_graph(graph, bench.engine, output)) for _ in repeat]
        ),
    }
    return section


def memory(bench: Bench, effort: Effort) -> Section:
    """Resident memory that each live instance adds, after its first call."""
    section = Section("memory of a live instance", "B")
    counts = (50, 5) if effort.samples < 5 else (500, 50)
    cases: dict[str, tuple[Path, int, Callable[[Component, Instance], None]]] = {
        "rust callee": (bench.part("rust", "callee"), counts[0], _add),
        "three-language graph": (FLAGSHIP, counts[1], _health),
    }
    for name, (path, count, use) in cases.items():
        opened = Component(path, bench.images)
        kept = [_used(opened, use)]
        before = _resident()
        kept += [_used(opened, use) for _ in range(count)]
        section.rows[name] = {"resident": figure([(_resident() - before) / count], count)}
        kept.clear()
    return section


def _add(opened: Component, instance: Instance) -> None:
    instance.call_plain(find_function(opened.functions, "add"), [1, 2])


def _used(opened: Component, use: Callable[[Component, Instance], None]) -> Instance:
    instance = opened.instantiate(Grants(), LIMITS)
    use(opened, instance)
    return instance


def _resident() -> int:
    """Resident bytes of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def build_flagship() -> None:
    """Make sure that the flagship's composition is there."""
    subprocess.run([sys.executable, "-m", "wcompose", "build", str(ROOT)], check=True)


def floors(sections: dict[str, Section]) -> list[tuple[str, float, float, bool]]:
    """What is promised of those sections: name, promised, measured, whether it holds.

    Ratios and times are of medians of this run.
    """
    found: list[tuple[str, float, float]] = []
    if calls := sections.get("calls"):
        for pair, promised in (("python → rust", 300.0), ("go → rust", 1e4)):
            row = calls.rows[f"{pair}, two integers"]
            ratio = row["grpc"].median / row["composed"].median
            found.append((f"{pair} on integers, times faster than gRPC", promised, ratio))
    if cold := sections.get("cold start"):
        seconds = cold.rows["composition"]["total"].median
        found.append(
            ("warm process, noted image: open to first answer, ms at most", 25.0, seconds * 1e3)
        )
    if composing := sections.get("composing"):
        seconds = composing.rows["flagship"]["compose and validate"].median
        found.append(("composing the flagship, s at most", 0.6, seconds))
    if graphs := sections.get("graphs"):
        for size, step, promised in ((1000, "plan", 1.0), (500, "compose and validate", 5.0)):
            seconds = graphs.rows[f"{size} nodes"][step].median
            found.append((f"{size:,} nodes: {step}, s at most", promised, seconds))
    if gates := sections.get("gates"):
        for job, row in gates.rows.items():
            for way in ("behind gates", "with one to read only"):
                ratio = row[way].least / row["ungated"].least
                found.append((f"{job}, {way}: times ungated, at most", 1.05, ratio))
    if boundary := sections.get("boundary"):
        for name, promised in BOUNDARY_FLOORS.items():
            row = boundary.rows[name]
            ratio = row["wasmtime-py"].median / row["wcompose"].median
            found.append((f"{name}, times faster than wasmtime-py", promised, ratio))
    if leaks := sections.get("leaks"):
        for name, row in leaks.rows.items():
            mebibytes = row["resident"].median / (1 << 20)
            found.append((f"{name}: MiB more resident, at most", 2.0, mebibytes))
    if parallel := sections.get("parallel"):
        guests, control = (
            row["one after the other"].median / row["at once"].median
            for row in parallel.rows.values()
        )
        found.append(
            ("two guests on two threads, of what SHA-256 gains by it", 0.9, guests / control)
        )
    if sizes := sections.get("gate sizes"):
        for node, row in sizes.rows.items():
            most = max(each.median for each in row.values()) / 1000
            found.append((f"{node}: kB added by gates, at most", 40.0, most))
    if density := sections.get("density"):
        for row_name, column, words, promised in DENSITY_FLOORS:
            row = density.rows[row_name]
            found.append((f"{row_name}: {words}", promised, row[column].median))
    return [
        (name, promised, measured, measured <= promised if "most" in name else measured >= promised)
        for name, promised, measured in found
    ]


def document(sections: dict[str, Section], machine: dict[str, Any]) -> str:
    """The whole run as JSON."""
    return json.dumps(
        {
            "machine": machine,
            "sections": {name: section.to_json() for name, section in sections.items()},
            "floors": [
                {"name": name, "promised": promised, "measured": measured, "holds": holds}
                for name, promised, measured, holds in floors(sections)
            ],
        },
        indent=2,
        ensure_ascii=False,
    )
