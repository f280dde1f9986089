"""`wcompose.toml`: every problem in one run, each with its place, its words and its hint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from golden import assert_golden
from rich.text import Text

from wcompose.cli.render import finding_lines
from wcompose.engine import Engine
from wcompose.errors import ProjectError
from wcompose.project import PythonSource, find_project, load_project

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").glob("*.toml"))


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """A project directory with the given file, a component, a source directory and contracts."""

    def write(text: str) -> Path:
        (tmp_path / "wit").mkdir()
        (tmp_path / "a.wasm").write_bytes(b"\0asm")
        (tmp_path / "source").mkdir()
        file = tmp_path / "wcompose.toml"
        file.write_text(text, "utf-8")
        return file

    return write


def rendered(error: ProjectError, root: Path) -> str:
    lines: list[Text] = []
    for index, finding in enumerate(error.findings):
        if index:
            lines.append(Text())
        lines += finding_lines(finding)
    return "\n".join(line.plain for line in lines).replace(f"{root}/", "") + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_problems_are_told_as_in_the_golden_file(
    case: Path, project: Callable[[str], Path], engine: Engine
) -> None:
    file = project(case.read_text("utf-8"))
    with pytest.raises(ProjectError) as caught:
        load_project(file, engine.locate_toml)
    assert_golden(case.with_suffix(".txt"), rendered(caught.value, file.parent))


def test_every_golden_file_has_a_case() -> None:
    stems = {case.stem for case in CASES}
    assert {file.stem for file in (HERE / "cases").glob("*.txt")} == stems


def test_a_whole_project_is_read(project: Callable[[str], Path]) -> None:
    file = project(
        """
        [project]
        name = "x"
        version = "1.2.3-rc.1"
        [components.b]
        path = "a.wasm"
        world = "w"
        [components.a]
        language = "python"
        source = "source"
        world = "v"
        [graph]
        exports = ["b:ns:pkg/i"]
        [[graph.edges]]
        import = "b:ns:pkg/j"
        from = "a"
        [[graph.edges]]
        import = "b:ns:pkg/k"
        outside = true
        [run]
        arguments = ["-x"]
        """
    )

    def unasked(*_: str) -> dict[tuple[str, ...], object]:
        raise AssertionError("places are only looked up for problems")

    loaded = load_project(file, unasked)  # type: ignore[arg-type]
    assert [node.name for node in loaded.nodes] == ["a", "b"]
    assert isinstance(loaded.nodes[0].origin, PythonSource)
    assert loaded.nodes[0].origin.module == "app"
    assert loaded.exports is not None
    assert [str(each.exporting) for each in loaded.exports] == ["b:ns:pkg/i"]
    assert [edge.source and edge.source.node for edge in loaded.edges] == ["a", None]
    assert loaded.run.arguments == ("-x",)
    assert loaded.output == file.parent / "build" / "x.wasm"


def test_a_project_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / "wcompose.toml").write_text("")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_project(below) == tmp_path / "wcompose.toml"
    assert find_project(tmp_path / "wcompose.toml") == tmp_path / "wcompose.toml"


def test_what_is_not_utf_8_is_told_with_its_place(tmp_path: Path, engine: Engine) -> None:
    file = tmp_path / "wcompose.toml"
    file.write_bytes(b'[project]\nname = "\xc3\xa9\xff"\n')
    with pytest.raises(ProjectError) as caught:
        load_project(file, engine.locate_toml)
    assert caught.value.findings[0].rule == "project-encoding"
    assert (caught.value.findings[0].place.line, caught.value.findings[0].place.column) == (2, 10)


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path, engine: Engine) -> None:
    file = tmp_path / "wcompose.toml"
    file.write_bytes(b"#" * (2 << 20))
    with pytest.raises(ProjectError, match="larger than"):
        load_project(file, engine.locate_toml)


def test_a_link_that_leads_out_of_the_project_is_refused(
    project: Callable[[str], Path], engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "x.wasm"
    outside.write_bytes(b"\0asm")
    file = project('[project]\nname = "x"\n[components.a]\npath = "link.wasm"\n')
    (file.parent / "link.wasm").symlink_to(outside)
    with pytest.raises(ProjectError) as caught:
        load_project(file, engine.locate_toml)
    assert caught.value.findings[0].rule == "path-outside"
