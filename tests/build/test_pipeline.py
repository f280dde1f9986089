"""Builds that are cut off or changed between, and nodes that are built from source."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from golden import assert_golden
from support import BENCH, CACHE, only_one

from wcompose.build import BuildResult, build_project
from wcompose.cli.render import finding_lines
from wcompose.engine import Engine
from wcompose.errors import UserError
from wcompose.images import ImageCache
from wcompose.progress import SilentReporter
from wcompose.project import load_project

GOLDEN = Path(__file__).parent / "golden"
OUTPUTS = ("build/sum.wasm", "wcompose.lock")
PREBUILT = """\
[project]
name = "sum"
wit = "wit"

[components.caller]
path = "caller.wasm"
world = "caller"

[components.callee]
path = "callee.wasm"
world = "callee"
"""
WIT = """\
package wcompose:bench@0.1.0;

interface target {
  add: func(left: s64, right: s64) -> s64;
  take: func(data: list<u8>) -> u64;
}

interface driver {
  add: func(calls: u32) -> s64;
  take: func(size: u32, calls: u32) -> u64;
}

world callee { export target; }
world caller { import target; export driver; }
"""

Build = Callable[..., BuildResult]


class Steps(SilentReporter):
    """Keeps what is begun."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, str]] = []

    def started(self, subject: str, activity: str) -> None:
        self.begun.append((subject, activity))

    @property
    def built(self) -> list[str]:
        return sorted(subject for subject, doing in self.begun if doing.startswith("building"))


class Unwarmed:
    """No machine code."""

    def warm(self, path: Path, reporter: SilentReporter) -> None:
        pass


@pytest.fixture
def build(engine: Engine, images: ImageCache, tmp_path: Path) -> Build:
    def run(
        root: Path,
        reporter: SilentReporter | None = None,
        images: Callable[[], Any] = lambda: images,
    ) -> BuildResult:
        return build_project(
            load_project(root / "wcompose.toml", engine.locate_toml),
            engine=lambda: engine,
            images=images,
            cache=tmp_path / "components",
            reporter=reporter or SilentReporter(),
        )

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "wit").mkdir(parents=True)
    (root / "wit" / "bench.wit").write_text(WIT)
    (root / "wcompose.toml").write_text(PREBUILT)
    shutil.copyfile(BENCH / "go-caller.wasm", root / "caller.wasm")
    shutil.copyfile(BENCH / "rust-callee.wasm", root / "callee.wasm")
    return root


def outputs(root: Path) -> list[bytes]:
    return [(root / name).read_bytes() for name in OUTPUTS]


@pytest.mark.parametrize("name", ["wcompose.toml", "wit/bench.wit"])
def test_an_edit_makes_a_build_stale(project: Path, build: Build, name: str) -> None:
    build(project)
    before = outputs(project)[0]
    with (project / name).open("a") as stream:
        stream.write(
            "# one more line\n" if name.endswith("toml") else "/// A world more.\nworld w {}\n"
        )
    assert not build(project).is_fresh
    assert outputs(project)[0] == before
    assert build(project).is_fresh


def test_contracts_that_do_not_parse_leave_the_last_good_build(project: Path, build: Build) -> None:
    build(project)
    before = outputs(project)
    (project / "wit" / "bench.wit").write_text(WIT.replace("world callee {", "world callee"))
    with pytest.raises(UserError):
        build(project)
    assert outputs(project) == before
    assert not list(project.rglob(".tmp-*"))


KILLED = """
import os, signal, sys
from pathlib import Path
from wcompose.build import build_project, gating, pipeline
from wcompose.engine import Engine
from wcompose.images import ImageCache
from wcompose.progress import SilentReporter
from wcompose.project import load_project

root, cache, moment = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
compose = gating.compose_graph

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def compose_half(graph, engine, output, about):
    compose(graph, engine, output)
    os.truncate(output, output.stat().st_size // 2)
    die()

if moment == "composing":
    gating.compose_graph = compose_half
elif moment == "locking":
    pipeline.Lock.write = die
else:
    pipeline.write_state = die
images = ImageCache(cache)
engine = Engine(images)
build_project(
    load_project(root / "wcompose.toml", engine.locate_toml),
    engine=lambda: engine,
    images=lambda: images,
    cache=root / "unused",
    reporter=SilentReporter(),
)
"""


@pytest.mark.parametrize("moment", ["composing", "locking", "noting"])
def test_a_build_may_be_killed_at_any_moment(
    project: Path, build: Build, engine: Engine, moment: str
) -> None:
    build(project)
    old = outputs(project)
    shutil.copyfile(BENCH / "go-callee.wasm", project / "callee.wasm")
    child = subprocess.run(
        [sys.executable, "-c", KILLED, str(project), str(CACHE / "images"), moment],
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    engine.validate(project / "build" / "sum.wasm")
    assert [new == was for new, was in zip(outputs(project), old, strict=True)] == {
        "composing": [True, True],
        "locking": [False, True],
        "noting": [False, False],
    }[moment]
    result = build(project)
    assert not result.is_fresh
    new = outputs(project)
    assert new[0] != old[0]
    assert new[1] != old[1]
    assert build(project).is_fresh


# Nodes built from source ----------------------------------------------------------------------

GREETING = """\
package demo:greeting;

world greeter { export greet: func(name: string) -> string; }
"""
GREETERS = """\
[project]
name = "sum"
wit = "wit"

[components.greeter]
language = "python"
source = "greeter"
module = "app"
world = "greeter"
"""
APP = """\
import wit_world


class WitWorld(wit_world.WitWorld):
    def greet(self, name: str) -> str:
        return f"{WORD}, {name}"


WORD = "good evening"
"""


@pytest.fixture
def greeting(tmp_path: Path) -> Path:
    root = tmp_path / "greeting"
    for name, text in {
        "wit/greeting.wit": GREETING,
        "wcompose.toml": GREETERS,
        "greeter/app.py": APP,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_python_node_is_built_once_for_each_content(greeting: Path, build: Build) -> None:
    app = greeting / "greeter" / "app.py"

    def built() -> tuple[list[str], list[bytes]]:
        steps = Steps()
        # Nothing runs here, so a quarter of a minute is not spent on machine code.
        assert not build(greeting, steps, images=Unwarmed).is_fresh
        return steps.built, outputs(greeting)

    with only_one("componentize"):
        steps, first = built()
        assert steps == ["greeter"]
        assert b"good evening" in first[0]

        # The project's state is gone and what was built from the same source is not.
        shutil.rmtree(greeting / "build")
        assert built() == ([], first)

        app.write_text(APP.replace("good evening", "good morning"))
        steps, second = built()
        assert steps == ["greeter"]
        assert b"good morning" in second[0]
        assert second[1] != first[1]

        app.write_text(APP)
        assert built() == ([], first)


def test_every_bad_node_is_told_in_one_run(greeting: Path, build: Build) -> None:
    second = '\n[components.second]\npath = "second.wasm"\n'
    (greeting / "wcompose.toml").write_text(GREETERS + second)
    (greeting / "greeter" / "app.py").write_text("def greet(:\n    pass\n")
    (greeting / "second.wasm").write_bytes(b"<html></html>")
    with only_one("componentize"), pytest.raises(UserError) as caught:
        build(greeting)
    lines = [line.plain for each in caught.value.findings for line in finding_lines(each)]
    shown = "\n".join(lines).replace(str(greeting), "ROOT") + "\n"
    assert_golden(GOLDEN / "pipeline" / "bad-nodes.txt", shown)
    assert not (greeting / "build" / "sum.wasm").exists()
    assert not list(greeting.rglob(".tmp-*"))
