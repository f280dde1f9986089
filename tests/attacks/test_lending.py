"""A handle passed to another node.

Handles are capabilities: between nodes without gates one that is passed works. Behind gates a directory
or a socket belongs to the grants of one node, so a composition in which one would cross is refused when
it is built, whatever the other node is granted itself.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from attacks_support import TREASURE, lay_out
from support import Command

from wcompose.engine import Engine
from wcompose.graph import Node
from wcompose.graph.compose import compose_graph, link, read_component
from wcompose.images import ImageCache
from wcompose.runtime import Component, DirectoryGrant, Grants, Limits, find_function

COMPONENTS = Path(__file__).parent / "components"

PROJECT = """\
[project]
name = "lending"
version = "0.1.0"

[components.lender]
language = "rust"
path = "lender.wasm"

[components.lender.grants]
filesystem = [{ host = "keep", guest = "/keep" }]

[components.borrower]
language = "rust"
path = "borrower.wasm"

[components.borrower.grants]
"""


def test_a_handle_that_is_passed_works_without_gates(
    engine: Engine, images: ImageCache, tmp_path: Path
) -> None:
    """So what is refused below is refused for a reason."""
    lay_out(tmp_path / "host")
    names = ("lender", "borrower")
    graph = link(
        [Node(each, read_component(engine, COMPONENTS / f"{each}.wasm")) for each in names],
        [],
        None,
        engine=engine,
        directory=tmp_path / "types",
    )
    compose_graph(graph, engine, tmp_path / "whole.wasm")
    opened = Component(tmp_path / "whole.wasm", images)
    grants = Grants(directories=(DirectoryGrant(tmp_path / "host/keep", "/keep"),))
    instance = opened.instantiate(grants, Limits(seconds=60))
    read = find_function(opened.functions, "read")
    assert instance.call_plain(read, ["secret.txt"]) == {"ok": TREASURE}
    show = find_function(opened.functions, "show")
    assert instance.call_plain(show, []) == {"ok": "DescriptorType::Directory"}


@pytest.mark.parametrize(
    "granted",
    ["", 'filesystem = [{ host = "data", guest = "/data" }]\n'],
    ids=["nothing", "another-directory"],
)
def test_a_handle_of_one_node_never_reaches_another(
    granted: str, command: Command, tmp_path: Path
) -> None:
    for name in ("lender", "borrower"):
        shutil.copy(COMPONENTS / f"{name}.wasm", tmp_path)
    lay_out(tmp_path)
    (tmp_path / "wcompose.toml").write_text(PROJECT + granted)
    result = command("build", tmp_path)
    assert result.returncode != 0
    assert "error[handle-crosses]" in result.stderr
    assert "`borrower:wcompose:lending/lending@0.1.0` brings `descriptor`" in result.stderr
    assert not (tmp_path / "build/lending.wasm").exists()
