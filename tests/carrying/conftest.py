"""One composition with carriers, opened once."""

from __future__ import annotations

from pathlib import Path

import pytest
from carrying_support import ECHO_FILE, Start, Whole
from wasmtime.component import Component as Opened

from wcompose.build.gating import compose_gated
from wcompose.engine import Engine
from wcompose.graph import Graph, Node
from wcompose.graph.compose import About, link, read_component
from wcompose.images import ImageCache
from wcompose.project import CarryDeclaration


@pytest.fixture(scope="session")
def echo_graph(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    node = Node("echo", read_component(engine, ECHO_FILE), "Rust")
    return link([node], [], None, engine=engine, directory=tmp_path_factory.mktemp("types"))


@pytest.fixture(scope="session")
def carried_file(
    echo_graph: Graph, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    directory = tmp_path_factory.mktemp("carried")
    output = directory / "whole.wasm"
    carry = CarryDeclaration(is_all=True)
    compose_gated(echo_graph, {}, engine, output, about=About(), directory=directory, carry=carry)
    return output


@pytest.fixture(scope="session")
def opened(carried_file: Path, images: ImageCache) -> Opened:
    return images.open(carried_file)


@pytest.fixture(scope="session")
def start(opened: Opened, images: ImageCache) -> Start:
    def make(memory: int = -1) -> Whole:
        return Whole(images.engine, opened, memory)

    return make
