"""A build, from project to composition, or to the word that nothing is to be done.

The stages of a build are in a module of their own, imported when there is something to build: a build
that changes nothing is what people wait for most often.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wcompose.build.inputs import gather_inputs
from wcompose.build.state import BuildState, is_current, read_state, write_state
from wcompose.errors import ProjectError
from wcompose.files import digest_bytes, digest_file, sweep_leftovers
from wcompose.progress import Reporter
from wcompose.project.lock import Lock, read_lock

if TYPE_CHECKING:
    from wcompose.engine import Engine
    from wcompose.grants.decide import Recording
    from wcompose.graph import Draft
    from wcompose.images import ImageCache
    from wcompose.project import GrantsDeclaration, Project

MOST_VARIANTS = 8
"""Compositions for single runs that are kept."""


@dataclass(frozen=True)
class BuildResult:
    """What a build made.

    Attributes:
        composition: the composition's file.
        lock: what it was made of.
        is_fresh: whether it was already there, made of the same inputs.
    """

    composition: Path
    lock: Lock
    is_fresh: bool

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values."""
        return {
            "composition": str(self.composition),
            "digest": self.lock.digest,
            "size": self.lock.size,
            "fresh": self.is_fresh,
            "nodes": [
                {"name": node.name, "digest": node.digest, "size": node.size}
                for node in self.lock.nodes
            ],
        }


def build_project(
    project: Project,
    *,
    engine: Callable[[], Engine],
    images: Callable[[], ImageCache],
    cache: Path,
    reporter: Reporter,
    locked: bool = False,
    force: bool = False,
    strip: bool = False,
) -> BuildResult:
    """Build a project.

    Nothing that stands is touched before its successor is whole: a build that fails or is killed
    leaves the last composition and the last lock as they were.

    Args:
        project: what to build.
        engine: gives the engine; not asked when there is nothing to do.
        images: gives the cache for the composition's machine-code image.
        cache: directory of components built earlier, by the digest of what they were built from.
        reporter: hears about progress.
        locked: fail when the result would differ from the lock.
        force: build every node anew.
        strip: leave debug information and names out, even if the project does not say so.

    Raises:
        UserError: with every finding of the stage that could not be passed.
        ToolFailure: the engine or the machine failed.
    """
    inputs = gather_inputs(project)
    lock = _read_lock(project.lock, reporter, locked=locked)
    state = read_state(project.state)
    # What stripping leaves is another composition, and only the flag is no part of the project file.
    digest = f"{inputs.digest} stripped" if strip and not project.strip else inputs.digest
    project = replace(project, strip=project.strip or strip)
    if not force and lock is not None and is_current(state, digest, project.output, project.lock):
        return BuildResult(project.output, lock, is_fresh=True)
    from wcompose.build.outputs import one_at_a_time, telling_what_is_in_the_way
    from wcompose.build.stages import ProjectBuild

    def wait() -> None:
        reporter.started(project.name, "waiting for another build of this project")

    for directory in (project.output.parent, project.state, project.lock.parent, cache):
        sweep_leftovers(directory)
    with telling_what_is_in_the_way(project.output), one_at_a_time(project.state, wait) as has_waited:
        if has_waited:
            reporter.finished(project.name, "waited for another build of this project")
            state, lock = read_state(project.state), read_lock(project.lock)
            outputs = (project.output, project.lock)
            if not force and lock is not None and is_current(state, digest, *outputs):
                return BuildResult(project.output, lock, is_fresh=True)
        work = ProjectBuild(project, inputs, engine(), reporter)
        new_lock = work.run(cache, lock if locked else None, locked=locked, force=force)
        images().warm(project.output, reporter=reporter)
        write_state(
            project.state,
            BuildState(digest, new_lock.digest, digest_file(project.lock)),
        )
    return BuildResult(project.output, new_lock, is_fresh=False)


def _read_lock(file: Path, reporter: Reporter, *, locked: bool) -> Lock | None:
    """The lock; none when a merge left both sides in it, unless the build is held to it."""
    try:
        return read_lock(file)
    except ProjectError as error:
        if not _has_conflict(file):
            raise
        if locked:
            found = replace(
                error.findings[0],
                causes=("it has the marks of a merge that is not finished",),
                hint="run `wcompose build` without `--locked`, which writes it anew, and commit it",
            )
            raise ProjectError([found]) from None
    reporter.note(file.name, "has the marks of a merge that is not finished; it is written anew")
    return None


def _has_conflict(file: Path) -> bool:
    if not file.is_file():
        return False
    lines = file.read_bytes()[: 16 << 20].splitlines()
    return all(any(line.startswith(mark) for line in lines) for mark in (b"<<<<<<<", b">>>>>>>"))


def draft_project(project: Project, *, engine: Engine, cache: Path, reporter: Reporter) -> Draft:
    """Make a project's components, or take them as they were made before, and plan its graph.

    Nothing is composed, and neither the composition nor the lock is touched.

    Args:
        project: what to plan.
        engine: reads components and links types.
        cache: directory of components built earlier.
        reporter: hears about progress.

    Raises:
        UserError: with every finding of the stage that could not be passed. What keeps the graph
            from being composed is no error here: it is in the draft.
        ToolFailure: the engine or the machine failed.
    """
    from wcompose.build.outputs import telling_what_is_in_the_way
    from wcompose.build.stages import ProjectBuild

    with telling_what_is_in_the_way(project.state):
        work = ProjectBuild(project, gather_inputs(project), engine, reporter)
        return work.draft(cache, force=False)[1]


def build_variant(
    project: Project,
    grants: Mapping[str, GrantsDeclaration],
    recording: Recording,
    *,
    engine: Engine,
    cache: Path,
    reporter: Reporter,
) -> Path:
    """Compose a project with other grants than it declares, for one run.

    Args:
        project: the project, as it was built.
        grants: what each node is granted.
        recording: what is recorded when it runs.
        engine: makes gates and composes.
        cache: directory of components built earlier.
        reporter: hears about progress.

    Returns:
        The composition, beside what the build keeps for itself.

    Raises:
        UserError: with every finding of the stage that could not be passed.
    """
    inputs = gather_inputs(project)
    told = json.dumps({name: each.to_json() for name, each in grants.items()}, sort_keys=True)
    digest = digest_bytes(f"{inputs.digest} {recording.value} {told}".encode())
    output = project.state / "variants" / f"{digest.removeprefix('sha256:')[:32]}.wasm"
    if not output.exists():
        for old in sorted(output.parent.glob("*.wasm"), key=lambda file: file.stat().st_mtime):
            if len(list(output.parent.glob("*.wasm"))) < MOST_VARIANTS:
                break
            old.unlink(missing_ok=True)
        from wcompose.build.outputs import telling_what_is_in_the_way
        from wcompose.build.stages import ProjectBuild

        with telling_what_is_in_the_way(output):
            work = ProjectBuild(project, inputs, engine, reporter)
            work.variant(grants, recording, cache, output)
    return output
