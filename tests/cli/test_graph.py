"""`wcompose graph`: every format, for projects that link and that do not, and for any binary."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from golden import assert_golden
from support import BENCH, REPOSITORY, Command

GOLDEN = Path(__file__).parent / "golden"
PEERS = REPOSITORY / "tests" / "composing" / "peers"
PROJECT = """\
[project]
name = "sum"

[components.caller]
path = "caller.wasm"

[components.callee]
path = "callee.wasm"
"""
TARGET = "wcompose:bench/target@0.1.0"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    shutil.copyfile(BENCH / "go-caller.wasm", root / "caller.wasm")
    shutil.copyfile(BENCH / "rust-callee.wasm", root / "callee.wasm")
    (root / "wcompose.toml").write_text(PROJECT)
    return root


@pytest.fixture
def unlinked(project: Path) -> Path:
    """A project that lacks a component."""
    text = (project / "wcompose.toml").read_text()
    (project / "wcompose.toml").write_text(text.partition("[components.callee]")[0])
    return project


# Formats


@pytest.mark.parametrize("format_", ["tree", "mermaid", "dot", "json"])
def test_a_project_in_every_text_format(command: Command, project: Path, format_: str) -> None:
    result = command("graph", "--format", format_, cwd=project, env={"COLUMNS": "80"})
    assert (result.returncode, result.stderr) == (0, "")
    assert_golden(GOLDEN / f"graph-project.{format_}.txt", result.stdout)


@pytest.mark.parametrize("format_", ["tree", "mermaid", "dot"])
def test_a_project_that_does_not_link_is_drawn_as_far_as_it_goes(
    command: Command, unlinked: Path, format_: str
) -> None:
    result = command("graph", "--format", format_, cwd=unlinked, env={"COLUMNS": "80"})
    assert result.returncode == 1
    assert "error[unmet-import]" in result.stderr
    assert_golden(GOLDEN / f"graph-unlinked.{format_}.txt", result.stdout)


def test_the_formats_tell_of_the_same_problems(command: Command, unlinked: Path) -> None:
    result = command("graph", "--format", "json", cwd=unlinked)
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["node"], problem["import"]) == ("caller", TARGET)
    for format_ in ("svg", "html"):
        shown = command("graph", "--format", format_, cwd=unlinked)
        assert shown.returncode == 1
        assert TARGET in shown.stdout


@pytest.mark.parametrize("name", ["plugged", "composed", "linked", "chain", "nested"])
def test_a_binary_from_another_composer(command: Command, name: str) -> None:
    result = command("graph", PEERS / f"{name}.wasm", env={"COLUMNS": "60"})
    assert (result.returncode, result.stderr) == (0, "")
    assert_golden(GOLDEN / f"graph-{name}.tree.txt", result.stdout)


def test_svg_is_one_image(command: Command) -> None:
    result = command("graph", PEERS / "nested.wasm", "--format", "svg")
    assert result.returncode == 0
    root = ET.fromstring(result.stdout)  # noqa: S314 - it is our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_the_tree_is_what_is_shown_without_a_format(command: Command, project: Path) -> None:
    bare = command("graph", cwd=project)
    assert bare.stdout == command("graph", "--format", "tree", cwd=project).stdout
    assert bare.stdout.startswith("sum\n└── caller  Go, ")


def test_an_ascii_terminal_gets_ascii(command: Command) -> None:
    result = command("graph", PEERS / "chain.wasm", env={"PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0
    assert result.stdout.isascii()
    assert "+-- runner" in result.stdout


# Grants


GRANTS = """
[components.caller.grants]
filesystem = [{ host = "data", guest = "/data" }]
environment = ["TZ"]
clocks = "real"
random = { seed = 7 }
stdout = { file = "out/log.txt" }
"""


@pytest.fixture
def granted(project: Path) -> Path:
    with (project / "wcompose.toml").open("a") as file:
        file.write(GRANTS)
    for name in ("data", "out"):
        (project / name).mkdir()
    return project


def test_a_project_tells_what_is_granted_and_denied(command: Command, granted: Path) -> None:
    result = command("graph", cwd=granted, env={"COLUMNS": "80"})
    assert (result.returncode, result.stderr) == (0, "")
    assert_golden(GOLDEN / "graph-granted.tree.txt", result.stdout)


def test_a_binary_tells_its_gates(command: Command, granted: Path) -> None:
    assert command("build", cwd=granted).returncode == 0
    binary = granted / "build" / "sum.wasm"
    result = command("graph", binary, env={"COLUMNS": "80"})
    assert (result.returncode, result.stderr) == (0, "")
    assert_golden(GOLDEN / "graph-gated.tree.txt", re.sub("  .* kB$", "", result.stdout, count=1))
    shown = command("graph", "--gates", "-f", "json", binary)
    kinds = {node["name"]: node["kind"] for node in json.loads(shown.stdout)["nodes"]}
    assert kinds["caller-gate"] == kinds["caller-random"] == "gate"
    folded = json.loads(command("graph", "-f", "json", binary).stdout)["nodes"]
    assert {node["name"] for node in folded} == {"caller", "callee"}
    (caller,) = (node for node in folded if node["name"] == "caller")
    assert caller["gated"] is True
    assert [gate["is"] for gate in caller["gates"]] == [
        "environment",
        "refusals",
        "random",
        "redirect",
        "standard",
    ]


def test_a_project_has_no_gates_to_draw(command: Command, project: Path) -> None:
    result = command("graph", "--gates", cwd=project)
    assert result.returncode == 2
    assert "error[gates-need-a-binary]" in result.stderr


# Where it goes


@pytest.mark.parametrize(
    ("file", "beginning"),
    [
        ("graph.html", "<!doctype html>"),
        ("graph.HTM", "<!doctype html>"),
        ("graph.svg", "<svg"),
        ("graph.json", "{"),
        ("graph.mmd", "---\ntitle:"),
        ("graph.mermaid", "---\ntitle:"),
        ("graph.dot", "digraph"),
        ("graph.gv", "digraph"),
        ("graph.txt", "chain"),
    ],
)
def test_the_suffix_of_the_output_says_the_format(
    command: Command, tmp_path: Path, file: str, beginning: str
) -> None:
    output = tmp_path / "new" / file
    result = command("graph", PEERS / "chain.wasm", "-o", output)
    assert (result.returncode, result.stdout) == (0, "")
    text = output.read_text("utf-8")
    # XML may begin with its declaration.
    assert re.match(rf"(<\?xml[^>]*>\s*)?{re.escape(beginning)}", text, re.IGNORECASE)
    assert result.stderr == f"{file}: written, {output.stat().st_size:,} bytes\n"
    assert list(output.parent.iterdir()) == [output]


def test_a_format_that_is_named_counts_more_than_the_suffix(
    command: Command, tmp_path: Path
) -> None:
    output = tmp_path / "graph.html"
    command("-q", "graph", PEERS / "chain.wasm", "-o", output, "-f", "dot")
    assert output.read_text().startswith("digraph")


def test_what_is_written_is_what_would_be_printed(command: Command, tmp_path: Path) -> None:
    output = tmp_path / "page"
    printed = command("graph", PEERS / "chain.wasm", "-f", "html").stdout
    command("graph", PEERS / "chain.wasm", "-f", "html", "-o", output)
    assert output.read_text("utf-8") == printed


@pytest.mark.parametrize("format_", ["tree", "mermaid"])
def test_an_output_called_dash_is_standard_output(
    command: Command, project: Path, format_: str
) -> None:
    printed = command("graph", "--format", format_, cwd=project)
    result = command("graph", "--format", format_, "--output", "-", cwd=project)
    assert (result.returncode, result.stdout) == (0, printed.stdout)
    assert not (project / "-").exists()


def test_an_output_that_cannot_be_written_is_said_so(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = command("graph", PEERS / "chain.wasm", "-o", tmp_path / "file" / "graph.svg")
    assert result.returncode == 2
    assert "error[output-unwritable]: cannot write" in result.stderr
    assert "  hint: " in result.stderr


def test_the_same_input_gives_the_same_bytes(command: Command, project: Path) -> None:
    for format_ in ("json", "svg", "html"):
        first, second = (
            command("graph", project, "-f", format_, env={"PYTHONHASHSEED": seed}).stdout
            for seed in ("1", "2")
        )
        assert first == second


# What it refuses


def test_a_file_that_is_no_component_is_told_for_what_it_is(
    command: Command, tmp_path: Path
) -> None:
    wit = REPOSITORY / "benches" / "components" / "wit" / "bench.wit"
    module = tmp_path / "module.wasm"
    module.write_bytes(b"\0asm\1\0\0\0")
    for file, words in [(wit, "WIT"), (module, "core module")]:
        result = command("graph", file)
        assert result.returncode == 1
        assert result.stdout == ""
        assert "error[not-a-component]" in result.stderr
        assert words in result.stderr


def test_a_damaged_component_is_refused(command: Command, tmp_path: Path) -> None:
    short = tmp_path / "short.wasm"
    short.write_bytes((PEERS / "chain.wasm").read_bytes()[:40_000])
    result = command("graph", short)
    assert result.returncode == 1
    assert result.stderr.startswith("error[")
    assert "bug" not in result.stderr


def test_a_target_that_is_not_there(command: Command) -> None:
    result = command("graph", "nowhere.wasm")
    assert result.returncode == 1
    assert "cannot read `nowhere.wasm`" in result.stderr


def test_a_directory_without_a_project(command: Command, tmp_path: Path) -> None:
    result = command("graph", tmp_path)
    assert result.returncode == 1
    assert "error[project-missing]" in result.stderr


# Projects


def test_why_answers_instead_of_drawing(command: Command, project: Path) -> None:
    result = command("graph", "--why", f"caller:{TARGET}", cwd=project)
    assert result.returncode == 0
    assert "callee" in result.stdout
    assert "──" not in result.stdout


def test_why_is_for_projects(command: Command) -> None:
    result = command("graph", PEERS / "chain.wasm", "--why", "runner:x")
    assert result.returncode == 2
    assert "error[why-needs-a-project]" in result.stderr


def test_drawing_a_project_builds_what_was_never_built_and_writes_nothing_else(
    command: Command, tmp_path: Path
) -> None:
    root = tmp_path / "greeting"
    (root / "greeter").mkdir(parents=True)
    (root / "greeter" / "app.py").write_text(
        "import wit_world\n\n\nclass WitWorld(wit_world.WitWorld):\n"
        "    def greet(self, name):\n        return name\n"
    )
    (root / "wit").mkdir()
    (root / "wit" / "greeting.wit").write_text(
        "package demo:greeting;\nworld greeter { export greet: func(name: string) -> string; }\n"
    )
    (root / "wcompose.toml").write_text(
        '[project]\nname = "greeting"\nwit = "wit"\n\n[components.greeter]\n'
        'language = "python"\nsource = "greeter"\nmodule = "app"\nworld = "greeter"\n'
    )
    result = command("graph", root)
    assert result.returncode == 0, result.stderr
    assert "greeter  Python, " in result.stdout
    assert "offers greet" in result.stdout
    assert not (root / "wcompose.lock").exists()
    assert not list(root.rglob("greeting.wasm"))
