"""`wcompose compose`: what it takes, what it writes, and what it refuses without writing anything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from golden import assert_golden
from support import CACHE, REPOSITORY

if TYPE_CHECKING:
    from support import Command

GOLDEN = Path(__file__).parent / "golden"
COMPONENTS = REPOSITORY / "tests" / "composing" / "components"
NAMES = ("auditor", "relay", "runner", "vault")
DESK = "runner:wcompose:tokens/desk=relay"
CHAIN = ("runner.wasm", "relay.wasm", "vault.wasm", "--edge", DESK)
TRIP = '{label: "pear", amount: 6, down: ["runner", "relay"], up: ["vault", "relay"]}\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with four components, and nothing else."""
    for name in NAMES:
        shutil.copyfile(COMPONENTS / f"{name}.wasm", tmp_path / f"{name}.wasm")
    return tmp_path


def files_of(place: Path) -> dict[str, bytes]:
    """Every file of a directory, hidden ones too, with its content."""
    return {
        str(file.relative_to(place)): file.read_bytes()
        for file in place.rglob("*")
        if file.is_file()
    }


# What it writes


def test_a_composition_runs(command: Command, place: Path) -> None:
    result = command("compose", *CHAIN, "-o", "out.wasm", cwd=place)
    assert (result.returncode, result.stdout) == (0, "")
    size = (place / "out.wasm").stat().st_size
    assert result.stderr == f"out.wasm: 3 components with 4 edges, {size:,} bytes\n"
    called = command("run", "out.wasm", "-i", "trial.round-trip", '"pear"', "5", cwd=place)
    assert (called.returncode, called.stdout) == (0, TRIP)


def test_only_the_output_is_written(command: Command, place: Path) -> None:
    before = files_of(place)
    assert command("compose", *CHAIN, "-o", "new/out.wasm", cwd=place).returncode == 0
    after = files_of(place)
    assert after.pop("new/out.wasm").startswith(b"\0asm")
    assert after == before


def test_the_order_of_arguments_changes_no_byte(command: Command, place: Path) -> None:
    edges = ["--edge", DESK, "--edge", "relay:wcompose:tokens/desk=vault", "--name", "chain"]
    shuffled = [*edges[2:], *edges[:2], "vault.wasm", "relay.wasm", "runner.wasm"]
    first = command("compose", *CHAIN[:3], *edges, "-o", "0.wasm", cwd=place)
    second = command("compose", *shuffled, "-o", "1.wasm", cwd=place)
    assert (first.returncode, second.returncode) == (0, 0)
    assert (place / "0.wasm").read_bytes() == (place / "1.wasm").read_bytes()


def test_the_directory_that_one_is_in_changes_no_byte(command: Command, place: Path) -> None:
    (place / "below").mkdir()
    command("compose", "auditor.wasm", "vault.wasm", "-o", "out.wasm", cwd=place)
    below = command(
        "compose", "../auditor.wasm", "../vault.wasm", "-o", "out.wasm", cwd=place / "below"
    )
    assert below.returncode == 0
    assert (place / "out.wasm").read_bytes() == (place / "below" / "out.wasm").read_bytes()


def test_standard_output_gets_the_same_bytes(command: Command, place: Path) -> None:
    arguments = ["compose", "auditor.wasm", "vault.wasm", "--name", "one"]
    assert command(*arguments, "-o", "out.wasm", cwd=place).returncode == 0
    piped = subprocess.run(
        [sys.executable, "-m", "wcompose", "--quiet", *arguments, "-o", "-"],
        cwd=place,
        env={**os.environ, "WCOMPOSE_CACHE": str(CACHE)},
        capture_output=True,
        check=True,
    )
    assert piped.stdout == (place / "out.wasm").read_bytes()
    assert piped.stderr == b""


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in directories")
def test_a_pipe_is_written_to_and_stays(command: Command, place: Path) -> None:
    pipe = place / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    result = command("compose", "auditor.wasm", "vault.wasm", "-o", "pipe", cwd=place)
    reader.join()
    assert result.returncode == 0
    assert pipe.is_fifo()
    assert read[0].startswith(b"\0asm")


def test_what_was_written_as_json(command: Command, place: Path) -> None:
    result = command("--quiet", "compose", *CHAIN, "-o", "out.wasm", "--json", cwd=place)
    assert (result.returncode, result.stderr) == (0, "")
    told = json.loads(result.stdout)
    assert told["composition"] == "out.wasm"
    assert told["size"] == (place / "out.wasm").stat().st_size
    assert [node["name"] for node in told["nodes"]] == ["vault", "relay", "runner"]
    again = command("inspect", "out.wasm", "--json", cwd=place)
    assert json.loads(again.stdout)["digest"] == told["digest"]


def test_name_and_version_stand_in_the_composition(command: Command, place: Path) -> None:
    told = ["--name", "tokens", "--version", "1.2.3"]
    command("compose", "auditor.wasm", "vault.wasm", *told, "-o", "out.wasm", cwd=place)
    metadata = json.loads(command("inspect", "out.wasm", "--json", cwd=place).stdout)["metadata"]
    assert (metadata["name"], metadata["version"]) == ("tokens", "1.2.3")


def test_a_stripped_composition_runs_and_says_what_was_saved(command: Command, place: Path) -> None:
    command("compose", *CHAIN, "-o", "whole.wasm", cwd=place)
    result = command("compose", *CHAIN, "-o", "out.wasm", "--strip", "--json", cwd=place)
    told = json.loads(result.stdout)
    assert f"stripping saved {told['saved']:,} bytes" in result.stderr
    assert told["saved"] > 0
    assert told["size"] < (place / "whole.wasm").stat().st_size
    called = command("run", "out.wasm", "-i", "trial.round-trip", '"pear"', "5", cwd=place)
    assert called.stdout == TRIP
    assert "relay" in command("graph", "out.wasm", cwd=place).stdout


def test_a_stripped_composition_names_its_nodes_in_traps(command: Command, place: Path) -> None:
    """A node whose only function is the instruction `unreachable`."""
    module = "0061736d01000000 010401600000 03020100 0708 01 04 626f6f6d 00 00 0a05010300000b"
    (place / "core.wasm").write_bytes(bytes.fromhex(module))
    (place / "bomb.wit").write_text("package t:t;\nworld w { export boom: func(); }\n")
    command("encode", "core.wasm", "--wit", "bomb.wit", "-o", "bomb.wasm", cwd=place)
    arguments = ["fuse=bomb.wasm", "vault.wasm", "--strip", "-o", "out.wasm"]
    assert command("compose", *arguments, cwd=place).returncode == 0
    result = command("run", "out.wasm", "-i", "boom", cwd=place)
    assert result.returncode == 1
    assert "error[trap]: `fuse` trapped in `boom`" in result.stderr


# What is linked with what


def test_a_plan_writes_nothing(command: Command, place: Path) -> None:
    before = files_of(place)
    result = command(
        "compose", *CHAIN, "--plan", "-o", "out.wasm", cwd=place, env={"COLUMNS": "80"}
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert_golden(GOLDEN / "compose-plan.txt", result.stdout)
    assert files_of(place) == before


def test_a_plan_as_json(command: Command, place: Path) -> None:
    told = json.loads(command("compose", *CHAIN, "--plan", "--json", cwd=place).stdout)
    edges = {(each["importer"], each["import"]): each["exporter"] for each in told["edges"]}
    assert edges["runner", "wcompose:tokens/desk@0.1.0"] == "relay"
    assert told["problems"] == []


def test_a_plan_that_does_not_link_is_shown_and_fails(command: Command, place: Path) -> None:
    result = command(
        "compose", *CHAIN[:3], "--plan", cwd=place, env={"COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    )
    assert result.returncode == 1
    assert_golden(GOLDEN / "compose-plan-ambiguous.txt", result.stdout + result.stderr)


def test_the_hint_of_an_ambiguous_import_can_be_typed(command: Command, place: Path) -> None:
    refused = command("compose", *CHAIN[:3], "-o", "out.wasm", cwd=place)
    hint = refused.stderr.partition("`--edge '")[2].partition("'`")[0]
    again = command("compose", *CHAIN[:3], "--edge", hint, "-o", "out.wasm", cwd=place)
    assert again.returncode == 0


def test_one_file_may_stand_for_two_nodes(command: Command, place: Path) -> None:
    result = command(
        *("compose", "runner.wasm", "first=relay.wasm", "second=relay.wasm", "vault.wasm"),
        *("--edge", "runner:wcompose:tokens/desk=first"),
        *("--edge", "first:wcompose:tokens/desk=second"),
        *("--edge", "second:wcompose:tokens/desk=vault"),
        *("--export", "runner", "-o", "out.wasm"),
        cwd=place,
    )
    assert result.returncode == 0, result.stderr
    called = command("run", "out.wasm", "-i", "trial.round-trip", '"pear"', "5", cwd=place)
    assert 'down: ["runner", "relay", "relay"]' in called.stdout


def test_exports_are_chosen_and_named(command: Command, place: Path) -> None:
    exports = ["--export", "runner", "-x", "vault:wcompose:tokens/ledger as count"]
    command("compose", *CHAIN, *exports, "-o", "out.wasm", cwd=place)
    told = json.loads(command("inspect", "out.wasm", "--json", cwd=place).stdout)
    assert [each["name"] for each in told["exports"]] == ["wcompose:tokens/trial@0.1.0", "count"]


def test_imports_are_left_outside_on_purpose_or_all_of_them(command: Command, place: Path) -> None:
    closed = command("compose", "auditor.wasm", "-o", "out.wasm", cwd=place)
    assert closed.returncode == 1
    assert "--outside 'auditor:wcompose:tokens/vault@0.1.0'" in closed.stderr
    for options, name in (
        (["--outside", "auditor:wcompose:tokens/vault"], "wcompose:tokens/vault@0.1.0"),
        (["--outside", "auditor:wcompose:tokens/vault as acme:a/b@1.0.0"], "acme:a/b@1.0.0"),
        (["--open"], "wcompose:tokens/vault@0.1.0"),
    ):
        result = command("compose", "auditor.wasm", *options, "-o", "out.wasm", cwd=place)
        assert result.returncode == 0, result.stderr
        told = json.loads(command("inspect", "out.wasm", "--json", cwd=place).stdout)
        assert [each["name"] for each in told["imports"]] == [name]


def test_closed_refuses_what_is_left_outside(command: Command, place: Path) -> None:
    result = command("compose", "auditor.wasm", "--open", "--closed", "-o", "out.wasm", cwd=place)
    assert result.returncode == 1
    assert "error[import-left]" in result.stderr
    assert not (place / "out.wasm").exists()
    whole = command(
        "compose", "auditor.wasm", "vault.wasm", "--closed", "-o", "out.wasm", cwd=place
    )
    assert whole.returncode == 0


# Components that are looked for


@pytest.fixture
def library(place: Path) -> Path:
    """A directory with components to find, and much that is none."""
    library = place / "library"
    library.mkdir()
    for name in ("auditor", "vault"):
        (place / f"{name}.wasm").rename(library / f"{name}.wasm")
    (library / "text.wasm").write_text("no component")
    (library / "empty.wasm").touch()
    (library / "core.wasm").write_bytes(b"\0asm\1\0\0\0")
    (library / "cut.wasm").write_bytes((library / "vault.wasm").read_bytes()[:3000])
    (library / "123.wasm").write_text("nothing")
    (library / "directory.wasm").mkdir()
    (library / "broken.wasm").symlink_to("nowhere")
    return library


def test_what_is_needed_is_found_and_nothing_else(
    command: Command, place: Path, library: Path
) -> None:
    result = command(
        "compose", "runner.wasm", "--search", library.name, "--plan", "--json", cwd=place
    )
    assert result.returncode == 0, result.stderr
    assert [node["name"] for node in json.loads(result.stdout)["nodes"]] == ["vault", "runner"]


def test_a_stated_edge_decides_between_two_that_were_found(
    command: Command, place: Path, library: Path
) -> None:
    shutil.copyfile(library / "vault.wasm", library / "safe.wasm")
    arguments = ["compose", "runner.wasm", "--search", "library"]
    refused = command(*arguments, "-o", "out.wasm", cwd=place)
    assert "is exported by `safe` and `vault`" in refused.stderr
    stated = command(
        *arguments, "--edge", "runner:wcompose:tokens/desk=safe", "--plan", "--json", cwd=place
    )
    assert stated.returncode == 0, stated.stderr
    assert [node["name"] for node in json.loads(stated.stdout)["nodes"]] == ["safe", "runner"]


def test_an_earlier_output_is_not_found(command: Command, place: Path, library: Path) -> None:
    arguments = ["compose", "runner.wasm", "--search", "library", "-o", "library/out.wasm"]
    assert command(*arguments, cwd=place).returncode == 0
    first = (library / "out.wasm").read_bytes()
    again = command(*arguments, cwd=place)
    assert again.returncode == 0, again.stderr
    assert (library / "out.wasm").read_bytes() == first


# What is refused


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["auditor.wasm", "vault.wasm"], "no-output"),
        (["auditor.wasm", "vault.wasm", "-o", "vault.wasm"], "output-is-input"),
        (["auditor.wasm", "v=vault.wasm", "-o", "./vault.wasm"], "output-is-input"),
        (["auditor.wasm", "vault.wasm", "-o", "."], "output-is-directory"),
        (["auditor.wasm", "vault.wasm", "-o", "vault.wasm/out.wasm"], "output-unwritable"),
        (["auditor.wasm", "vault.wasm", "-o", "a.wasm", "-o", "b.wasm"], "two-outputs"),
        (["auditor.wasm", "vault.wasm", "--plan", "--why", "auditor"], "options-conflict"),
        (["auditor.wasm", "vault.wasm", "--json", "--why", "auditor"], "options-conflict"),
        (["vault.wasm", "vault.wasm", "--plan"], "node-twice"),
        (["", "--plan"], "no-file"),
        (["-", "--plan"], "no-file"),
        (["123.wasm", "--plan"], "node-unnamed"),
        (["Vault=vault.wasm", "--plan"], "node-unnamed"),
        (["vault.wasm", "--search", "nowhere", "--plan"], "directory-unreadable"),
        (["vault.wasm", "--edge", "nobody:x=vault", "--plan"], "unknown-node"),
        (["vault.wasm", "--edge", "vault", "--plan"], "bad-value"),
        (["vault.wasm", "--edge", "vault=vault", "--plan"], "bad-value"),
        (["vault.wasm", "--outside", "vault", "--plan"], "bad-value"),
        (["vault.wasm", "--outside", "vault:x as ", "--plan"], "bad-value"),
        (["vault.wasm", "--outside", "vault:x as Not A Name", "--plan"], "bad-name"),
        (["vault.wasm", "--export", "vault as v", "--plan"], "bad-value"),
        (["vault.wasm", "--export", "", "--plan"], "bad-value"),
    ],
)
def test_wrong_usage(command: Command, place: Path, arguments: list[str], rule: str) -> None:
    before = files_of(place)
    result = command("compose", *arguments, cwd=place)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"error[{rule}]" in result.stderr
    assert "hint: " in result.stderr
    assert files_of(place) == before


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["missing.wasm"], "file-unreadable"),
        (["here=."], "not-a-component"),
        (["text.wasm"], "not-a-component"),
        (["runner.wasm"], "unmet-import"),
        (["runner.wasm", "vault.wasm", "relay.wasm"], "ambiguous-import"),
        (["vault.wasm", "--export", "vault:nothing"], "export"),
        (["vault.wasm", "auditor.wasm", "--edge", "auditor:x=vault"], "edge-without-import"),
        (["vault.wasm", "auditor.wasm", "--outside", "auditor:x"], "edge-without-import"),
    ],
)
def test_what_does_not_link_writes_nothing(
    command: Command, place: Path, arguments: list[str], rule: str
) -> None:
    (place / "text.wasm").write_text("no component")
    (place / "out.wasm").write_text("what was there")
    before = files_of(place)
    result = command("compose", *arguments, "-o", "out.wasm", cwd=place)
    assert (result.returncode, result.stdout) == (1, "")
    assert f"error[{rule}" in result.stderr
    assert "hint: " in result.stderr
    assert files_of(place) == before


def test_every_wrong_file_is_told_in_one_run(command: Command, place: Path) -> None:
    (place / "text.wasm").write_text("no component")
    (place / "core.wasm").write_bytes(b"\0asm\1\0\0\0")
    (place / "empty.wasm").touch()
    result = command(
        *("compose", "text.wasm", "core.wasm", "empty.wasm", "missing.wasm", "vault.wasm"),
        *("-o", "out.wasm"),
        cwd=place,
    )
    assert result.returncode == 1
    assert_golden(GOLDEN / "compose-wrong-files.txt", result.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="no terminals to open")
def test_a_terminal_gets_no_binary(place: Path) -> None:
    import pty

    terminal, end = pty.openpty()
    result = subprocess.run(
        [sys.executable, "-m", "wcompose", "compose", "vault.wasm", "-o", "-"],
        cwd=place,
        env={**os.environ, "WCOMPOSE_CACHE": str(CACHE)},
        stdout=end,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(end)
    os.close(terminal)
    assert result.returncode == 2
    assert "error[binary-to-terminal]" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not sent so")
def test_an_interrupted_run_leaves_nothing(place: Path) -> None:
    """The command waits for a reader of its output when it is interrupted."""
    os.mkfifo(place / "pipe")
    before = sorted(place.iterdir())
    process = subprocess.Popen(
        [sys.executable, "-m", "wcompose", "compose", *CHAIN, "-o", "pipe"],
        cwd=place,
        env={**os.environ, "WCOMPOSE_CACHE": str(CACHE), "TMPDIR": str(place)},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(place.glob("tmp*/composition.wasm")):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert sorted(place.iterdir()) == before


def test_a_narrow_terminal(command: Command, place: Path) -> None:
    result = command("compose", *CHAIN, "--plan", cwd=place, env={"COLUMNS": "40"})
    assert max(map(len, result.stdout.splitlines())) <= 40
    assert_golden(GOLDEN / "compose-narrow-40.txt", result.stdout)


def test_names_with_control_characters_are_shown_harmless(command: Command, place: Path) -> None:
    result = command("compose", "a\x1b[31mb.wasm", "-o", "out.wasm", cwd=place)
    assert result.returncode == 1
    assert "\x1b" not in result.stderr


def test_every_golden_file_belongs_to_a_case() -> None:
    text = Path(__file__).read_text("utf-8")
    assert all(f'"{file.name}"' in text for file in GOLDEN.glob("compose-*.txt"))


def test_a_node_may_import_types_alone_of_what_another_calls(
    command: Command, tmp_path: Path
) -> None:
    """The Rust one imports the clock for the type of a time, the Go one to ask for it."""
    benches = REPOSITORY / "benches/components"
    files = [benches / "rust-files.wasm", benches / "go-callee.wasm"]
    result = command("compose", *files, "-o", "out.wasm", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out.wasm").is_file()
