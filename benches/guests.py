"""The components, and the two ways of joining them in one process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benches.measure import Timed, clock
from wcompose.build.python import PythonNode, build_python, fingerprint
from wcompose.engine import Engine
from wcompose.files import atomic_output
from wcompose.graph import Graph, Node
from wcompose.graph.compose import compose_graph, link, read_component
from wcompose.images import ImageCache
from wcompose.progress import SilentReporter
from wcompose.runtime import Component, ExportedFunction, Grants, Limits, find_function

ROOT = Path(__file__).parent.parent
COMPONENTS = Path(__file__).parent / "components"
FLAGSHIP = ROOT / "build" / "digits.wasm"
LIMITS = Limits(seconds=None)
PAIRS = (("python", "rust"), ("go", "rust"), ("python", "go"))
_TARGET = "wcompose:bench/target@0.1.0"
_DRIVER = "wcompose:bench/driver@0.1.0"


@dataclass(frozen=True)
class Bench:
    """What every part of a run works with.

    Attributes:
        cache: directory of what is built once.
        images: machine code.
        engine: links and composes.
    """

    cache: Path
    images: ImageCache
    engine: Engine

    @classmethod
    def at(cls, cache: Path) -> Bench:
        """Work in a directory."""
        cache.mkdir(parents=True, exist_ok=True)
        images = ImageCache(cache / "images")
        return cls(cache, images, Engine(images))

    def python(self, name: str, directory: Path, world: str, wit: Path) -> Path:
        """The component of Python source, built once for each content."""
        node = PythonNode(name, directory, "app", None, world, wit)
        file = self.cache / f"{fingerprint(node).removeprefix('sha256:')}.wasm"
        if not file.is_file():
            with atomic_output(file) as temporary:
                build_python(node, temporary, SilentReporter())
        return file

    def part(self, language: str, role: str) -> Path:
        """The component of a language as ``caller`` or ``callee``."""
        if language == "python":
            return self.python(role, COMPONENTS / "python", role, COMPONENTS / "wit")
        return COMPONENTS / f"{language}-{role}.wasm"

    def graph(self, parts: dict[str, Path]) -> Graph:
        """The linked graph of components, by node name."""
        nodes = [Node(name, read_component(self.engine, path)) for name, path in parts.items()]
        return link(nodes, (), None, engine=self.engine, directory=self.cache / "types")

    def composed(self, caller: str, callee: str) -> Path:
        """A pair composed by the planner and the engine, as `wcompose build` does."""
        parts = {"caller": self.part(caller, "caller"), "callee": self.part(callee, "callee")}
        output = self.cache / f"{caller}-{callee}.wasm"
        compose_graph(self.graph(parts), self.engine, output)
        return output

    def flagship_parts(self) -> dict[str, Path]:
        """The three components of the flagship."""
        sources = ROOT / "components"
        analysis = sources / "python" / "analysis"
        return {
            "gateway": sources / "go" / "gateway" / "gateway.wasm",
            "analysis": self.python("analysis", analysis, "data", ROOT / "wit"),
            "inference": sources / "rust" / "inference" / "inference.wasm",
        }


class Composed:
    """One component of both sides: calls cross from guest to guest without the host."""

    def __init__(self, bench: Bench, caller: str, callee: str) -> None:
        opened = Component(bench.composed(caller, callee), bench.images)
        self._instance = opened.instantiate(Grants(), LIMITS)
        self._add = find_function(opened.functions, "driver.add")
        self._take = find_function(opened.functions, "driver.take")

    def way(self, size: int | None) -> Timed:
        """Calls in a loop inside the guest; ``size`` none for `add`."""
        function: ExportedFunction = self._add if size is None else self._take
        head = [] if size is None else [size]

        def once(calls: int) -> float:
            return clock(lambda: self._instance.call_plain(function, [*head, calls]))

        # The call that makes no call is what entering the guest and making the argument costs.
        return lambda calls: max(once(calls) - once(0), 1e-9)


class Forwarded:
    """Two instances in two stores; the Python host hands every call and its bytes over.

    It is written with wasmtime-py alone, as somebody without wcompose would.
    """

    def __init__(self, bench: Bench, caller: str, callee: str) -> None:
        from wasmtime.component import Linker

        engine = bench.images.engine
        callee_instance, self._callee_store = self._start(bench, bench.part(callee, "callee"))
        add = self._function(callee_instance, self._callee_store, _TARGET, "add")
        take = self._function(callee_instance, self._callee_store, _TARGET, "take")
        linker = Linker(engine)
        linker.add_wasip2()

        def forward_add(_: Any, left: int, right: int) -> int:
            return int(add(self._callee_store, left, right))

        def forward_take(_: Any, data: bytes) -> int:
            return int(take(self._callee_store, data))

        with linker.root() as root, root.add_instance(_TARGET) as target:
            target.add_func("add", forward_add)
            target.add_func("take", forward_take)
        instance, self._store = self._start(bench, bench.part(caller, "caller"), linker)
        self._add = self._function(instance, self._store, _DRIVER, "add")
        self._take = self._function(instance, self._store, _DRIVER, "take")

    @staticmethod
    def _start(bench: Bench, path: Path, linker: Any = None) -> tuple[Any, Any]:
        from wasmtime import Store, WasiConfig
        from wasmtime.component import Linker

        component = bench.images.open(path)
        if linker is None:
            linker = Linker(bench.images.engine)
            linker.add_wasip2()
        store = Store(bench.images.engine)
        store.set_wasi(WasiConfig())
        store.set_epoch_deadline(1 << 60)
        return linker.instantiate(store, component), store

    @staticmethod
    def _function(instance: Any, store: Any, interface: str, name: str) -> Any:
        index = instance.get_export_index(store, interface)
        return instance.get_func(store, instance.get_export_index(store, name, index))

    def way(self, size: int | None) -> Timed:
        """Calls in a loop inside the guest; ``size`` none for `add`."""

        def once(calls: int) -> float:
            if size is None:
                return clock(lambda: self._add(self._store, calls))
            return clock(lambda: self._take(self._store, size, calls))

        return lambda calls: max(once(calls) - once(0), 1e-9)
