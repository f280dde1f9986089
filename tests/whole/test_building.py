"""Building as a person does it: nothing twice, nothing by halves, the same bytes everywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import BENCH

from wcompose.build import BuildResult, build_project
from wcompose.engine import Engine
from wcompose.errors import UserError
from wcompose.images import ImageCache
from wcompose.progress import SilentReporter
from wcompose.project import load_project

PROJECT = """\
[project]
name = "sum"

[components.caller]
path = "caller.wasm"

[components.callee]
path = "callee.wasm"
"""
Build = Callable[..., BuildResult]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


def make_project(root: Path) -> Path:
    root.mkdir()
    shutil.copyfile(BENCH / "go-caller.wasm", root / "caller.wasm")
    shutil.copyfile(BENCH / "rust-callee.wasm", root / "callee.wasm")
    (root / "wcompose.toml").write_text(PROJECT)
    return root


@pytest.fixture
def build(engine: Engine, images: ImageCache, tmp_path: Path) -> Build:
    def run(root: Path, **options: Any) -> BuildResult:
        return build_project(
            load_project(root / "wcompose.toml", engine.locate_toml),
            engine=lambda: engine,
            images=lambda: images,
            cache=tmp_path / "components",
            reporter=SilentReporter(),
            **options,
        )

    return run


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_second_build_does_nothing(project: Path, build: Build, engine: Engine) -> None:
    assert not build(project).is_fresh
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}

    def unasked() -> Engine:
        raise AssertionError("nothing changed")

    again = build_project(
        load_project(project / "wcompose.toml", engine.locate_toml),
        engine=unasked,
        images=unasked,  # type: ignore[arg-type]
        cache=project / "unused",
        reporter=SilentReporter(),
    )
    assert again.is_fresh
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_time_stamps_do_not_matter_and_content_does(project: Path, build: Build) -> None:
    build(project)
    for path in project.glob("*.wasm"):
        os.utime(path, (1, 1))
    assert build(project).is_fresh
    shutil.copyfile(BENCH / "go-callee.wasm", project / "callee.wasm")
    assert not build(project).is_fresh


@pytest.mark.parametrize("damage", ["delete", "alter", "delete lock", "alter lock"])
def test_what_a_build_made_is_made_again_when_it_is_gone_or_altered(
    project: Path, build: Build, damage: str
) -> None:
    build(project)
    before = contents(project)
    file = project / ("wcompose.lock" if "lock" in damage else "build/sum.wasm")
    if damage.startswith("delete"):
        file.unlink()
    elif "lock" in damage:
        file.write_text(file.read_text().replace("sum", "sun"))
    else:
        file.write_bytes(file.read_bytes() + b"\0")
    assert not build(project).is_fresh
    assert contents(project) == before


def test_two_builds_in_two_places_are_the_same_bytes(tmp_path: Path, build: Build) -> None:
    first, second = make_project(tmp_path / "a"), make_project(tmp_path / "b")
    build(first)
    build(second, force=True)
    assert contents(first) == contents(second)


def break_world(root: Path) -> None:
    (root / "wit").mkdir()
    (root / "wit" / "w.wit").write_text("package a:b;\nworld w { export f: func(); }\n")
    text = (root / "wcompose.toml").read_text()
    (root / "wcompose.toml").write_text(text + 'world = "w"\n')


def break_binary(root: Path) -> None:
    data = (root / "callee.wasm").read_bytes()
    (root / "callee.wasm").write_bytes(data[:5000])


def break_link(root: Path) -> None:
    text = (root / "wcompose.toml").read_text()
    (root / "wcompose.toml").write_text(text.split("[components.callee]")[0])


@pytest.mark.parametrize(
    ("breaking", "rule"),
    [
        (break_world, "world-export-missing"),
        (break_binary, "not-a-component"),
        (break_link, "unmet-import"),
    ],
)
def test_a_build_that_fails_leaves_the_last_good_one(
    project: Path, build: Build, breaking: Callable[[Path], None], rule: str
) -> None:
    build(project)
    outputs = ["build/sum.wasm", "wcompose.lock"]
    before = [(project / name).read_bytes() for name in outputs]
    breaking(project)
    with pytest.raises(UserError) as caught:
        build(project)
    assert rule in {finding.rule for finding in caught.value.findings}
    assert [(project / name).read_bytes() for name in outputs] == before
    assert not list(project.rglob(".tmp-*"))


def test_locked_refuses_what_the_lock_does_not_say(project: Path, build: Build) -> None:
    build(project)
    assert build(project, locked=True).is_fresh
    shutil.copyfile(BENCH / "go-callee.wasm", project / "callee.wasm")
    before = (project / "build/sum.wasm").read_bytes()
    with pytest.raises(UserError) as caught:
        build(project, locked=True)
    assert "node `callee` is not the one in the lock" in str(caught.value)
    assert (project / "build/sum.wasm").read_bytes() == before


def test_a_killed_build_leaves_the_last_good_one(
    project: Path, build: Build, command: Any, tmp_path: Path
) -> None:
    build(project)
    before = (project / "build/sum.wasm").read_bytes()
    shutil.copyfile(BENCH / "go-callee.wasm", project / "callee.wasm")
    with pytest.raises(subprocess.TimeoutExpired):
        # Killed, not asked: an empty cache makes the first seconds go into compiling the engine.
        command("build", project, env={"WCOMPOSE_CACHE": str(tmp_path / "cold")}, timeout=1.0)
    assert (project / "build/sum.wasm").read_bytes() == before
    assert not build(project).is_fresh
    assert (project / "build/sum.wasm").read_bytes() != before
