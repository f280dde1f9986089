"""A project with a second instance of a component, names of its own outside, and stripping."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import tomli
from support import REPOSITORY

COMPONENTS = REPOSITORY / "tests" / "composing" / "components"
PROJECT = """
[project]
name = "twins"
version = "1.2.3"

[components.vault]
path = "vault.wasm"

[components.first]
path = "relay.wasm"

[components.second]
from = "first"

[components.runner]
path = "runner.wasm"

[graph]
exports = ["runner:wcompose:tokens/trial", "vault:wcompose:tokens/ledger as counts"]

[[graph.edges]]
import = "runner:wcompose:tokens/desk"
from = "first"

[[graph.edges]]
import = "first:wcompose:tokens/desk"
from = "second"

[[graph.edges]]
import = "second:wcompose:tokens/desk"
from = "vault"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("vault", "relay", "runner"):
        shutil.copy(COMPONENTS / f"{name}.wasm", tmp_path)
    (tmp_path / "wcompose.toml").write_text(PROJECT)
    return tmp_path


def test_twins_are_built_listed_and_run(
    command: Callable[..., CompletedProcess[str]], project: Path
) -> None:
    assert command("build", project).returncode == 0
    lock = tomli.loads((project / "wcompose.lock").read_text())
    sources = {node["name"]: node["source"] for node in lock["nodes"]}
    assert sources["first"] == sources["second"] == "relay.wasm"
    listed = command("run", project, "--list").stdout
    assert "\n  counts: func()" in listed
    answer = command("run", project, "-i", "trial.round-trip", '"a"', "5")
    assert answer.returncode == 0, answer.stderr
    # Both twins were passed on the way down.
    assert '"runner", "relay", "relay"]' in answer.stdout
    assert command("build", project, "--locked").stderr.endswith("twins.wasm: up to date\n")


def test_a_stripped_build_is_another_composition(
    command: Callable[..., CompletedProcess[str]], project: Path
) -> None:
    output = project / "build" / "twins.wasm"
    sizes = {}
    for arguments in ([], ["--strip"], []):
        result = command("build", project, *arguments)
        assert result.returncode == 0, result.stderr
        assert ("stripped" in result.stderr) == bool(arguments)
        sizes[tuple(arguments)] = output.stat().st_size
        assert command("run", project, "-i", "counts.counts").returncode == 0
    assert sizes["--strip",] < sizes[()]
    (project / "wcompose.toml").write_text(PROJECT.replace('"1.2.3"', '"1.2.3"\nstrip = true'))
    assert "stripped" in command("build", project).stderr
    assert output.stat().st_size == sizes["--strip",]
    assert "up to date" in command("build", project, "--strip").stderr
