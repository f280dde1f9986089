"""Real components that share tokens: linked, composed and run as a project's build would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from composing_support import LIMITS, Compose, Running, endpoint
from support import CACHE, only_one

from wcompose.build.python import PythonNode, build_python, fingerprint
from wcompose.engine import Engine
from wcompose.graph import Node
from wcompose.graph.compose import compose_graph, link, read_component
from wcompose.images import ImageCache
from wcompose.progress import SilentReporter
from wcompose.project import EdgeDeclaration, OfferDeclaration
from wcompose.runtime import Component, Grants

HERE = Path(__file__).parent
WORLDS = {"visitor": "visitor", "porter": "front-desk", "witness": "witness"}
"""The worlds of the nodes in Python."""


@pytest.fixture(scope="session")
def component_file() -> Callable[[str], Path]:
    """The binary of a component; those in Python are built, once for each content of their source."""

    def find(name: str) -> Path:
        if name not in WORLDS:
            return HERE / "components" / f"{name}.wasm"
        directory = HERE / "python" / name
        node = PythonNode(name, directory, name, None, WORLDS[name], HERE / "wit")
        built = CACHE / "python" / f"{fingerprint(node).removeprefix('sha256:')}.wasm"
        with only_one(f"python-{name}"):
            if not built.exists():
                built.parent.mkdir(parents=True, exist_ok=True)
                build_python(node, built, SilentReporter())
        return built

    return find


@pytest.fixture
def compose(
    engine: Engine,
    images: ImageCache,
    component_file: Callable[[str], Path],
    tmp_path: Path,
) -> Compose:
    """Composes nodes, which are components by name, and makes an instance of the whole."""

    def make(
        nodes: Mapping[str, str],
        edges: Sequence[tuple[str, str]] = (),
        exports: Mapping[str, str] | None = None,
    ) -> Running:
        graph = link(
            [
                Node(name, read_component(engine, component_file(each)))
                for name, each in nodes.items()
            ],
            [EdgeDeclaration(endpoint(importer), endpoint(source)) for importer, source in edges],
            None
            if exports is None
            else [OfferDeclaration(endpoint(source), name) for source, name in exports.items()],
            engine=engine,
            directory=tmp_path / "types",
        )
        file = tmp_path / "whole.wasm"
        compose_graph(graph, engine, file)
        engine.validate(file)
        opened = Component(file, images)
        return Running(graph, file, opened, opened.instantiate(Grants(), LIMITS))

    return make
