"""The cache of built components: what is taken from it, and what leaves it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import BENCH

from wcompose.build import components
from wcompose.build.components import IN_USE, KEPT, ComponentMaker, MadeComponent
from wcompose.engine import Engine
from wcompose.progress import SilentReporter
from wcompose.project import Project, load_project

PROJECT = """\
[project]
name = "sum"
wit = "wit"
"""
NODE = """
[components.{name}]
language = "python"
source = "source"
module = "app"
world = "callee"
"""
DIGEST = "sha256:" + "0" * 64


class Builder:
    """In place of componentize-py: it copies a component, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, node: object, output: Path, *_: object, **__: object) -> str:
        self.count += 1
        shutil.copyfile(BENCH / "rust-callee.wasm", output)
        return DIGEST


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Builder:
    builder = Builder()
    monkeypatch.setattr(components, "build_python", builder)
    return builder


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> Project:
    root = tmp_path / "project"
    for name in ("wit", "source"):
        (root / name).mkdir(parents=True)
    (root / "wit" / "w.wit").write_text("package a:b;\nworld callee {}\n")
    (root / "source" / "app.py").write_text("")
    nodes = "".join(NODE.format(name=name) for name in ("one", "two"))
    (root / "wcompose.toml").write_text(PROJECT + nodes)
    return load_project(root / "wcompose.toml", engine.locate_toml)


Make = Callable[..., MadeComponent]


@pytest.fixture
def make(project: Project, engine: Engine, tmp_path: Path) -> Make:
    """Makes a component as a build of its own does."""

    def run(cache: Path = tmp_path / "cache", *, force: bool = False) -> MadeComponent:
        maker = ComponentMaker(project, engine, cache, SilentReporter())
        return maker.make(project.nodes[0], DIGEST, force=force)

    return run


def test_a_content_is_built_once_and_when_forced(make: Make, builder: Builder) -> None:
    first = make()
    assert make().component.path == first.component.path
    assert builder.count == 1
    make(force=True)
    assert builder.count == 2


def test_nodes_of_one_content_are_built_once(
    project: Project, engine: Engine, builder: Builder, tmp_path: Path
) -> None:
    maker = ComponentMaker(project, engine, tmp_path / "cache", SilentReporter())
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda node: maker.make(node, DIGEST, force=True), project.nodes))
    assert [each.name for each in made] == ["one", "two"]
    assert builder.count == 1


@pytest.mark.parametrize("data", [b"", b"\0asm\x0d\0\1\0\xff", b"not WebAssembly"])
def test_a_damaged_component_is_built_anew(make: Make, builder: Builder, data: bytes) -> None:
    file = make().component.path
    file.write_bytes(data)
    assert make().component.path == file
    assert builder.count == 2
    assert file.read_bytes() == (BENCH / "rust-callee.wasm").read_bytes()


def test_a_cache_that_cannot_be_written_to_is_still_read(
    make: Make, builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    file = make(cache).component.path
    touch = Path.touch

    def refuse(path: Path, *arguments: int) -> None:
        if path.is_relative_to(cache):
            raise PermissionError(13, "Permission denied", str(path))
        touch(path, *arguments)

    monkeypatch.setattr(Path, "touch", refuse)
    assert make(cache).component.path == file
    other = make(cache, force=True).component.path
    assert other.is_relative_to(tmp_path / "project" / "build")
    assert builder.count == 2


def test_what_was_used_long_ago_goes_and_what_a_build_may_need_stays(
    make: Make, builder: Builder, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    now = time.time()
    old = [cache / f"old{number}.wasm" for number in range(5)]
    new = [cache / f"new{number}.wasm" for number in range(KEPT + 5)]
    for file in (*old, *new):
        file.touch()
        os.utime(file, (now, now - 2 * IN_USE if file in old else now))
    made = make(cache).component.path
    assert set(cache.glob("*.wasm")) == {*new, made}
