"""A prober of files and standard streams behind a gate, with a policy, run on the real host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from support import REPOSITORY, wasi_of
from wasmtime import Engine as Runtime
from wasmtime import Store
from wasmtime.component import Component, Linker

from wcompose.bounds import Limits, Watch
from wcompose.engine import Engine
from wcompose.graph import Node
from wcompose.graph.compose import compose_graph, link_draft, read_component
from wcompose.graph.request import Request
from wcompose.project import EdgeDeclaration, Endpoint
from wcompose.report import Place
from wcompose.runtime import DirectoryGrant, Grants

PROBER = Path(__file__).parent / "components" / "prober.wasm"
GATES = REPOSITORY / "src" / "wcompose" / "grants" / "gates"
FILES = ("wasi:filesystem/types", "wasi:filesystem/preopens")
STREAMS = ("wasi:io/streams", "wasi:cli/stdin", "wasi:cli/stdout", "wasi:cli/stderr")
PATIENCE = 60
"""Seconds after which a step of a test gives up."""


def compose_behind(gate: str, interfaces: Sequence[str], engine: Engine, output: Path) -> None:
    """The prober behind a gate; policy and audit are left to the host, which is the test."""
    nodes = [
        Node("prober", read_component(engine, PROBER)),
        Node("gate", read_component(engine, GATES / f"{gate}.wasm")),
    ]
    edges = [
        EdgeDeclaration(
            Endpoint("prober", interface, Place(item=interface)),
            Endpoint("gate", interface, Place(item=interface)),
        )
        for interface in interfaces
    ]
    draft = link_draft(
        nodes,
        Request(edges, leave_open=True),
        engine=engine,
        directory=output.parent / "types",
    )
    assert not draft.findings, draft.findings
    compose_graph(draft.graph, engine, output)
    engine.validate(output)


class Probed:
    """One instance of the prober, behind a gate if it was composed with one.

    Args:
        component: the prober, or the prober behind a gate.
        runtime: engine of the component.
        policy: text that the gate is told.
        directories: those of the host, with the names that the host gives them.
        stdin: file that is the host's standard input.
        stdout: file that is the host's standard output and has all at once. Without it the host takes
            what is written a little later, is not always ready, and `stdout` has it after a flush.
    """

    def __init__(
        self,
        component: Component,
        runtime: Runtime,
        policy: str,
        directories: Sequence[DirectoryGrant] = (),
        stdin: Path | None = None,
        stdout: Path | None = None,
    ) -> None:
        self.events: list[str] = []
        self.shown = ""
        """Names of the directories that were seen, once a test has asked."""
        self.stdout = bytearray()
        self.stderr = bytearray()
        linker = Linker(runtime)
        linker.add_wasip2()
        with linker.root() as root:
            with root.add_instance("wcompose:gates/policy@0.1.0") as instance:
                instance.add_func("text", lambda _store: policy)
            with root.add_instance("wcompose:gates/audit@0.1.0") as instance:
                instance.add_func("record", lambda _store, event: self.events.append(event))
        self._store = Store(runtime)
        self._watch = Watch(self._store, runtime, Limits(seconds=PATIENCE))
        grants = Grants(
            directories=tuple(directories),
            stdin=stdin,
            stdout=self.stdout.extend,
            stderr=self.stderr.extend,
        )
        configuration = wasi_of(grants)
        if stdout is not None:
            configuration.stdout_file = str(stdout)
        self._store.set_wasi(configuration)
        with self._watch.calling():
            self._instance = linker.instantiate(self._store, component)
        probe = self._instance.get_export_index(self._store, "wcompose:prober/probe@0.1.0")
        index = self._instance.get_export_index(self._store, "step", probe)
        assert index is not None
        function = self._instance.get_func(self._store, index)
        assert function is not None
        self._step = function

    def __call__(self, *words: object) -> str:
        with self._watch.calling():
            result: str = self._step(self._store, [str(word) for word in words])
        if hasattr(self._step, "post_return"):
            self._step.post_return(self._store)
        return result

    def file(self, *words: object) -> str:
        """A step with files."""
        return self("file", *words)

    def stream(self, *words: object) -> str:
        """A step with streams."""
        return self("stream", *words)

    @property
    def decisions(self) -> list[str]:
        """What was recorded, without the node and with the target's escapes undone."""
        return [" ".join(unquote(field) for field in event.split(" ")[1:]) for event in self.events]
