"""What stands in the way of a build's outputs, and what a killed one leaves."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import BENCH

from wcompose.build import build_project
from wcompose.build.outputs import telling_what_is_in_the_way
from wcompose.engine import Engine
from wcompose.errors import ArtifactError, BuildError, ProjectError
from wcompose.files import atomic_output, scratch_directory, sweep_leftovers
from wcompose.progress import SilentReporter
from wcompose.project import load_project
from wcompose.report import Finding

PROJECT = """\
[project]
name = "sum"

[components.callee]
path = "callee.wasm"
"""


class Notes(SilentReporter):
    """Keeps what is noted."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, subject: str, message: str) -> None:
        self.lines.append(f"{subject}: {message}")


class Unwarmed:
    """No machine code."""

    def warm(self, path: Path, reporter: SilentReporter) -> None:
        pass


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "wcompose.toml").write_text(PROJECT)
    (root / "callee.wasm").write_bytes((BENCH / "rust-callee.wasm").read_bytes())
    return root


@pytest.fixture
def build(engine: Engine, tmp_path: Path) -> Callable[..., list[str]]:
    """Builds a project and gives the notes."""

    def run(root: Path, **options: bool) -> list[str]:
        notes = Notes()
        build_project(
            load_project(root / "wcompose.toml", engine.locate_toml),
            engine=lambda: engine,
            images=Unwarmed,  # type: ignore[arg-type]
            cache=tmp_path / "components",
            reporter=notes,
            **options,
        )
        return notes.lines

    return run


def test_a_file_where_a_directory_is_needed_is_named(
    project: Path, build: Callable[..., list[str]]
) -> None:
    (project / "build").write_text("mine")
    with pytest.raises(BuildError) as caught:
        build(project)
    (found,) = caught.value.findings
    assert (found.rule, found.place.file) == ("output-unwritable", str(project / "build"))
    assert "where a directory is needed" in found.causes[0]
    assert (project / "build").read_text() == "mine"


@pytest.mark.parametrize("name", ["build/sum.wasm", "build/.wcompose/state.json"])
def test_a_directory_where_a_file_is_needed_is_named(
    name: str, project: Path, build: Callable[..., list[str]]
) -> None:
    (project / name).mkdir(parents=True)
    with pytest.raises(BuildError) as caught:
        build(project)
    (found,) = caught.value.findings
    assert (found.place.file, found.hint) == (str(project / name), "move it away")
    (project / name).rmdir()
    build(project)


@pytest.mark.parametrize(
    ("raised", "hint"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "make room"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "a/.tmp-0a-1-2b-sum.wasm"), "into `a`"),
        (OSError(errno.EIO, os.strerror(errno.EIO), "from", None, "a/sum.wasm"), "look at"),
        (
            ArtifactError(
                [
                    Finding(
                        "file-not-written",
                        "cannot write `a/.tmp-0a-1-2b-sum.wasm`: No space left on device, similar to "
                        "`ENOSPC` in POSIX.",
                    )
                ]
            ),
            "make room",
        ),
    ],
)
def test_whoever_could_not_write_the_output_is_named_by_its_own_name(
    raised: Exception, hint: str
) -> None:
    with pytest.raises(BuildError) as caught, telling_what_is_in_the_way(Path("a/sum.wasm")):
        raise raised
    (found,) = caught.value.findings
    assert found.message == "cannot write `a/sum.wasm`"
    assert hint in found.hint
    assert found.causes[0] == found.causes[0].lower().rstrip(".")


def test_other_errors_pass(project: Path) -> None:
    other = ArtifactError([Finding("core-module", "it is a core module")])
    with pytest.raises(ArtifactError) as caught, telling_what_is_in_the_way(project):
        raise other
    assert caught.value is other


MERGED = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> other\n"


def test_a_lock_with_both_sides_of_a_merge_is_written_anew(
    project: Path, build: Callable[..., list[str]]
) -> None:
    build(project)
    lock = project / "wcompose.lock"
    good = lock.read_text()
    merged = MERGED.format(good, good.replace("size", "length"))
    lock.write_text(merged)
    with pytest.raises(ProjectError) as caught:
        build(project, locked=True)
    assert "without `--locked`" in caught.value.findings[0].hint
    assert lock.read_text() == merged
    assert "merge" in build(project)[0]
    assert lock.read_text() == good
    assert build(project) == []


@pytest.mark.parametrize("text", ["lock-version = 2\n", "lock-version =", "<<<<<<< half"])
def test_any_other_lock_that_cannot_be_read_stays(
    text: str, project: Path, build: Callable[..., list[str]]
) -> None:
    (project / "wcompose.lock").write_text(text)
    with pytest.raises(ProjectError):
        build(project)
    assert (project / "wcompose.lock").read_text() == text


KILLED = """\
import os, signal, sys
from pathlib import Path
from wcompose.files import atomic_output, scratch_directory

root = Path(sys.argv[1])
with atomic_output(root / "whole.wasm") as temporary, scratch_directory(root) as scratch:
    temporary.write_text("half")
    (scratch / "part").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_goes_and_what_a_living_one_works_on_stays(
    tmp_path: Path,
) -> None:
    (tmp_path / "whole.wasm").write_text("whole")
    (tmp_path / ".tmp-notes").write_text("of somebody else")
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 4
    with atomic_output(tmp_path / "other.wasm") as temporary:
        temporary.write_text("being written")
        foreign = tmp_path / temporary.name.replace(".tmp-", ".tmp-0", 1)
        foreign.write_text("of another machine")
        sweep_leftovers(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
            [".tmp-notes", temporary.name, foreign.name, "whole.wasm"]
        )
    assert (tmp_path / "whole.wasm").read_text() == "whole"
    assert (tmp_path / "other.wasm").read_text() == "being written"


def test_a_build_sweeps_what_a_killed_one_left(
    project: Path, build: Callable[..., list[str]], tmp_path: Path
) -> None:
    places = (project, project / "build", project / "build" / ".wcompose", tmp_path / "components")
    for place in places:
        place.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-c", KILLED, str(place)], check=False)
        assert list(place.glob(".tmp-*"))
    build(project)
    assert [list(place.glob(".tmp-*")) for place in places] == [[], [], [], []]


HOLDING = """\
import sys
from pathlib import Path
from wcompose.build.outputs import one_at_a_time

with one_at_a_time(Path(sys.argv[1]), lambda: None):
    print("in", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no such locks")
def test_a_build_waits_for_another_one_of_the_same_project(
    project: Path, build: Callable[..., list[str]], engine: Engine, tmp_path: Path
) -> None:
    build(project)
    state = project / "build" / ".wcompose" / "state.json"
    finished = state.read_bytes()
    state.unlink()
    command = [sys.executable, "-c", HOLDING, str(state.parent)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
        end = other.stdin
        steps = []

        class Waiting(SilentReporter):
            def started(self, subject: str, work: str) -> None:
                steps.append(work)
                if work.startswith("waiting"):  # what the other one does at its end
                    state.write_bytes(finished)
                    end.close()

        result = build_project(
            load_project(project / "wcompose.toml", engine.locate_toml),
            engine=lambda: engine,
            images=Unwarmed,  # type: ignore[arg-type]
            cache=tmp_path / "components",
            reporter=Waiting(),
        )
    assert steps == ["waiting for another build of this project"]
    assert result.is_fresh


def test_a_scratch_directory_is_gone_afterwards(tmp_path: Path) -> None:
    with scratch_directory(tmp_path) as scratch:
        (scratch / "file").write_text("")
        assert scratch.parent == tmp_path
    assert list(tmp_path.iterdir()) == []
