"""The flagship as a person meets it: one command, three languages, real images."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from support import REPOSITORY

from wcompose.engine import Engine
from wcompose.project.lock import read_lock


def test_run_classifies_the_held_out_images(flagship: Path, command: Any) -> None:
    result = command("run", REPOSITORY)
    assert result.returncode == 0, result.stderr
    match = re.search(r"(\d+) of (\d+) digits recognised: accuracy ([\d.]+)", result.stdout)
    assert match is not None
    correct, samples, accuracy = int(match[1]), int(match[2]), float(match[3])
    assert samples >= 300
    assert accuracy >= 0.95
    assert abs(correct / samples - accuracy) < 1e-3
    # Go made the classifier and Python used it: the Rust instance that both reached counts them all.
    assert result.stdout.endswith(
        f"\nthe network served {samples} images\n"
        f"{samples} of them came from analysis, with the classifier that the gateway made\n"
    )
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_the_report_is_the_same_every_time(flagship: Path, command: Any) -> None:
    first, second = command("run", REPOSITORY), command("run", REPOSITORY)
    assert first.stdout == second.stdout


def test_one_function_is_called_with_json(flagship: Path, command: Any) -> None:
    request = {
        "method": "post",
        "target": "/classify?detail=runner-up",
        "headers": [{"name": "content-type", "value": "application/json"}],
        "body": list((REPOSITORY / "data/digits-sample.json").read_bytes()),
    }
    result = command("run", flagship, "--json", "--invoke", "handler.handle", json.dumps(request))
    assert result.returncode == 0, result.stderr
    response = json.loads(result.stdout)
    assert response["status"] == 200
    answer = json.loads(bytes(response["body"]))
    assert "5" in json.dumps(answer)


def test_the_same_call_in_wave(flagship: Path, command: Any) -> None:
    result = command(
        "run", flagship, "-i", "handle",
        '{method: get, target: "/nowhere", headers: [], body: []}',
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "{status: 404" in result.stdout


def test_the_composition_holds_each_node_once(flagship: Path, engine: Engine) -> None:
    children = [
        child for child in engine.describe(flagship)["children"] if child["kind"] == "component"
    ]
    names = [child.get("name", "") for child in children]
    for node in ("analysis", "gateway", "inference"):
        assert names.count(node) == 1
    gates = {"analysis-gate", "analysis-random", "gateway-gate", "gateway-environment"}
    assert gates <= {name for name in names if name.endswith(("-gate", "-random", "-environment"))}


def test_no_import_is_left_but_those_of_wasi(flagship: Path, engine: Engine) -> None:
    engine.validate(flagship)
    contract = engine.decode(flagship)
    world = contract["resolve"]["worlds"][contract["world"]]
    interfaces, packages = contract["resolve"]["interfaces"], contract["resolve"]["packages"]
    names = {
        packages[interfaces[item["interface"]["id"]]["package"]]["name"]
        for item in world["imports"].values()
    }
    assert names
    assert all(name.startswith("wasi:") for name in names)


def test_the_lock_tells_every_node(flagship: Path) -> None:
    lock = read_lock(REPOSITORY / "wcompose.lock")
    assert lock is not None
    assert [node.name for node in lock.nodes] == ["analysis", "gateway", "inference"]
    assert all(node.toolchain and node.digest.startswith("sha256:") for node in lock.nodes)


def test_help_of_the_program_is_passed_through(flagship: Path, command: Any) -> None:
    result = command("run", flagship, "--", "--help")
    assert result.returncode == 0
    assert "evaluate" in result.stdout + result.stderr


def test_what_the_program_refuses_is_its_exit_code(flagship: Path, command: Any) -> None:
    result = command("run", flagship, "evaluate", stdin="not,a,digit\n")
    assert result.returncode == 1
    assert result.stderr
