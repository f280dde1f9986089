"""`wcompose.toml`: every problem in one run, each with its place, its words and its hint."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from golden import assert_golden
from rich.text import Text

from wcompose.cli.render import finding_lines
from wcompose.engine import Engine
from wcompose.errors import ProjectError
from wcompose.project import PythonSource, find_project, load_project, locate_findings
from wcompose.report import Finding, Place

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").glob("*.toml"))


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """A project directory with the given file, a component, a source directory and contracts."""

    def write(text: str) -> Path:
        (tmp_path / "wit").mkdir()
        (tmp_path / "a.wasm").write_bytes(b"\0asm")
        (tmp_path / "source").mkdir()
        (tmp_path / "source" / "part.wasm").write_bytes(b"\0asm")
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


@pytest.mark.parametrize("name", ["wcompose.tml", "Wcompose.toml", "wcompose.toml.txt"])
def test_a_project_file_with_nearly_the_right_name_is_pointed_out(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ProjectError) as caught:
        find_project(tmp_path)
    assert caught.value.findings[0].hint == f"there is `{name}`: rename it to `wcompose.toml`"


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Path.mkdir, "is a directory"),
        (make_pipe, "is a device, a pipe or a socket"),
        (lambda path: path.symlink_to("nowhere.toml"), "is a link to `nowhere.toml`"),
        (lambda path: path.symlink_to(path), "which cannot be followed"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, a pipe or a socket"),
    ],
)
def test_what_stands_in_the_place_of_a_project_file_is_told(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    (tmp_path / "wcompose.toml").touch()
    (tmp_path / "below").mkdir()
    make(tmp_path / "below" / "wcompose.toml")
    for start in (tmp_path / "below", tmp_path / "below" / "wcompose.toml"):
        if start.is_dir() and start.name == "wcompose.toml":
            continue  # a directory is looked into
        with pytest.raises(ProjectError) as caught:
            find_project(start)
        assert words in caught.value.findings[0].message + str(caught.value.findings[0].causes)


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_a_name_that_no_file_can_have_is_no_bug(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProjectError):
        find_project(tmp_path / name)


def test_a_component_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "a.wasm").write_bytes(b"\0asm\x0d\0\x01\0")
    with pytest.raises(ProjectError, match="is a WebAssembly binary, not a project"):
        find_project(tmp_path / "a.wasm")


def test_a_byte_order_mark_is_no_mistake(project: Callable[[str], Path]) -> None:
    text = '\ufeff[project]\nname = "x"\n[components.a]\npath = "a.wasm"\n'
    assert load_project(project(text), lambda *_: {}).name == "x"


def test_a_line_behind_a_byte_order_mark_has_its_column(
    project: Callable[[str], Path], engine: Engine
) -> None:
    with pytest.raises(ProjectError) as caught:
        load_project(project("\ufeff[project\n"), engine.locate_toml)
    place = caught.value.findings[0].place
    assert (place.line, place.column, place.source) == (1, 9, "[project")


def test_utf_16_is_told_by_its_name(tmp_path: Path, engine: Engine) -> None:
    file = tmp_path / "wcompose.toml"
    file.write_bytes('[project]\nname = "x"\n'.encode("utf-16"))
    with pytest.raises(ProjectError, match="is not UTF-8 but UTF-16"):
        load_project(file, engine.locate_toml)


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


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (make_pipe, "which is not a file"),
        (lambda path: path.symlink_to("nowhere.wasm"), "a link to `nowhere.wasm`, which does not"),
        (lambda path: path.symlink_to(path), "a link that leads to itself"),
        (lambda path: path.symlink_to("/dev/zero"), "is a link that leaves the project"),
    ],
)
def test_odd_files_in_the_place_of_a_component(
    project: Callable[[str], Path], engine: Engine, make: Callable[[Path], None], words: str
) -> None:
    file = project('[project]\nname = "x"\n[components.a]\npath = "odd.wasm"\n')
    make(file.parent / "odd.wasm")
    with pytest.raises(ProjectError) as caught:
        load_project(file, engine.locate_toml)
    (finding,) = caught.value.findings
    assert words in finding.message
    assert finding.hint
    assert (finding.place.line, finding.place.column) == (4, 8)


def test_lines_are_looked_up_once_there_is_something_to_say(
    project: Callable[[str], Path], engine: Engine
) -> None:
    file = project('[project]\nname = "x"\n[components.a]\npath = "a.wasm"\nworld = "w"\n')
    at_key = Finding("r", "m", Place(str(file), item="components.a.world"))
    elsewhere = (Finding("r", "m", Place(item="a:b")), Finding("r", "m", Place("x.wit", 3)))

    def unasked(*_: str) -> dict[tuple[str, ...], tuple[Place, Place]]:
        raise AssertionError("nothing needs a line")

    assert locate_findings(elsewhere, file, unasked) == elsewhere
    located = locate_findings((at_key, *elsewhere), file, engine.locate_toml)
    assert located[1:] == elsewhere
    place = located[0].place
    assert (place.line, place.column, place.source) == (5, 9, 'world = "w"')


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
