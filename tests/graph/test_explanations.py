"""Explanations as the command gives them, for real files: places that hold, hints that work."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import wasmtime
from generated import Need, Part

Command = Callable[..., "subprocess.CompletedProcess[str]"]

OPTION = re.compile(r"`(--(?:edge|outside|export) '[^']*')`")
"""What a hint says to type."""


def write(directory: Path, parts: dict[str, Part]) -> list[str]:
    """The parts as files; gives their names."""
    for name, part in parts.items():
        (directory / f"{name}.wasm").write_bytes(bytes(wasmtime.wat2wasm(part.text())))
    return [f"{name}.wasm" for name in parts]


def composed(
    command: Command, directory: Path, arguments: list[str]
) -> subprocess.CompletedProcess[str]:
    return command(
        "compose",
        *arguments,
        "-o",
        "out.wasm",
        cwd=directory,
        env={"COLUMNS": "1000"},
    )


# Hints ------------------------------------------------------------------------------------------

SUM, OTHER = "demo:app/sum", "demo:app/other"
BLOBS, STORE = "demo:app/blobs", "demo:app/store"
FRONT = Part(1, (Need("sum", SUM),), ("demo:app/front",))
TAKER = Part(1, (Need("things", BLOBS), Need("next", STORE)), ("demo:app/front",))
MAKER = Part(2, things=BLOBS)
SHOP = Part(3, things=BLOBS, passes=STORE)

CASES: dict[str, tuple[dict[str, Part], list[str], str]] = {
    "two fit": (
        {"front": FRONT, "one": Part(2, (), (SUM,)), "two": Part(3, (), (SUM,))},
        ["--export", "front"],
        "ambiguous-import",
    ),
    "middleware": (
        {"front": FRONT, "app": Part(2, (), (SUM,)), "log": Part(3, (Need("sum", SUM),), (SUM,))},
        [],
        "ambiguous-import",
    ),
    "near name": ({"front": FRONT, "one": Part(2, (), ("demo:app/sums",))}, [], "unmet-import"),
    "other package": ({"front": FRONT, "one": Part(2, (), ("demo:up/sum",))}, [], "unmet-import"),
    "nobody": ({"front": FRONT}, [], "unmet-import"),
    "other track": (
        {
            "front": Part(1, (Need("sum", f"{SUM}@0.2.0"),), ("demo:app/front",)),
            "one": Part(2, (), (f"{SUM}@0.3.0",)),
        },
        [],
        "version-track",
    ),
    "two providers": (
        {"front": TAKER, "maker": MAKER, "shop": SHOP},
        ["--edge", f"front:{BLOBS}=maker"],
        "resource-two-providers",
    ),
    "two providers, one outside": (
        {"front": TAKER, "shop": SHOP},
        ["--outside", f"front:{BLOBS}"],
        "resource-two-providers",
    ),
    "the other one outside": (
        {"front": TAKER, "maker": MAKER},
        ["--outside", f"front:{STORE}"],
        "resource-two-providers",
    ),
    "home missing": (
        {"front": TAKER, "shop": Part(2, (Need("things", BLOBS),), (), "", "", STORE, 0)},
        [],
        "unmet-import",
    ),
    "exported twice": (
        {"one": Part(2, (), (SUM,)), "two": Part(3, (), (SUM,))},
        [],
        "export-twice",
    ),
    "circles": (
        {
            "hub": Part(
                1, (Need("sum", SUM), Need("sum", OTHER)), ("demo:app/hub", "demo:app/front")
            ),
            "left": Part(2, (Need("sum", "demo:app/hub"),), (SUM,)),
            "right": Part(3, (Need("sum", "demo:app/hub"),), (OTHER,)),
        },
        [],
        "cycle",
    ),
    "several at once": (
        {
            "front": Part(
                1,
                (Need("sum", SUM), Need("sum", OTHER), Need("sum", "demo:far/away")),
                ("demo:app/front",),
            ),
            "one": Part(2, (), (SUM,)),
            "two": Part(2, (), (SUM, "demo:app/others")),
        },
        [],
        "unmet-import",
    ),
}


def followed(
    command: Command, directory: Path, arguments: list[str]
) -> tuple[list[str], subprocess.CompletedProcess[str]]:
    """Do what the hints say until it composes; a new choice for an import replaces the old one."""
    stated: dict[str, list[str]] = {}
    for _ in range(4):
        options = [word for option in stated.values() for word in option]
        result = composed(command, directory, [*arguments, *options])
        if result.returncode == 0:
            return options, result
        hints = [line for line in result.stderr.splitlines() if line.startswith("  hint: ")]
        for hint in hints:
            if told := OPTION.search(hint):
                option = shlex.split(told.group(1))
                importing = option[1].partition("=")[0]
                stated[importing if option[0] != "--export" else option[1]] = option
                if any(importing == each.partition("=")[0] for each in arguments):
                    place = next(
                        at
                        for at, each in enumerate(arguments)
                        if each.partition("=")[0] == importing
                    )
                    arguments = arguments[: place - 1] + arguments[place + 1 :]
    return options, result


@pytest.mark.parametrize("case", CASES)
def test_what_a_hint_says_to_type_works(command: Command, tmp_path: Path, case: str) -> None:
    parts, options, rule = CASES[case]
    files = write(tmp_path, parts)
    first = composed(command, tmp_path, [*files, *options])
    assert first.returncode == 1, first.stderr
    assert f"error[{rule}]" in first.stderr
    assert not (tmp_path / "out.wasm").exists()
    typed, last = followed(command, tmp_path, [*files, *options])
    assert last.returncode == 0, f"{typed}\n{last.stderr}"
    assert typed
    assert (tmp_path / "out.wasm").exists()


def test_what_breaks_every_circle_is_told_in_one_run(command: Command, tmp_path: Path) -> None:
    parts, _, _ = CASES["circles"]
    files = write(tmp_path, parts)
    hints = re.findall(r"^  hint: .*", composed(command, tmp_path, files).stderr, re.MULTILINE)
    options = [
        word for hint in hints for told in OPTION.findall(hint) for word in shlex.split(told)
    ]
    assert len(options) == 4
    assert composed(command, tmp_path, [*files, *options]).returncode == 0


def test_all_problems_are_told_at_once(command: Command, tmp_path: Path) -> None:
    parts, _, _ = CASES["several at once"]
    result = composed(command, tmp_path, write(tmp_path, parts))
    rules = re.findall(r"^error\[([a-z-]+)\]", result.stderr, flags=re.MULTILINE)
    assert rules == ["unmet-import", "ambiguous-import", "unmet-import"]


# Places -----------------------------------------------------------------------------------------

MISFITS = {
    "result": (Need("sum", SUM, wrong="result"), Part(2, (), (SUM,)), "func() -> u32"),
    "missing": (Need("sum", SUM, wrong="missing"), Part(2, (), (SUM,)), "absent: func()"),
    "parameter": (Need("sum", SUM, wrong="parameter"), Part(2, (), (SUM,)), "sum: func(of: u64)"),
    "async": (Need("sum", SUM, wrong="async"), Part(2, (), (SUM,)), "sum: async func()"),
    "field": (Need("weigh", SUM, wrong="field"), Part(2, weigh=SUM), "z: u64"),
    "handle": (Need("things", SUM, wrong="handle"), Part(2, things=SUM), "func(of: thing)"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_a_misfit_names_lines_that_can_be_opened(
    command: Command, tmp_path: Path, case: str
) -> None:
    need, provider, expected = MISFITS[case]
    # Contracts are printed into the one cache, each under its node's name.
    front, back = f"front-{case}", f"back-{case}"
    files = write(tmp_path, {front: Part(1, (need,), ("demo:app/front",)), back: provider})
    result = composed(command, tmp_path, files)
    assert result.returncode == 1
    places = re.findall(
        r"(expected|offered) by `([\w-]+)`: `.*` \((.*\.wit):(\d+):(\d+)\)", result.stderr
    )
    told = {verb: (node, Path(file), int(line)) for verb, node, file, line, _ in places}
    node, file, number = told["expected"]
    assert (node, file.name) == (front, f"{front}.wit")
    assert expected in (tmp_path / file).read_text("utf-8").splitlines()[number - 1]
    if case != "missing":
        node, file, number = told["offered"]
        assert (node, file.name) == (back, f"{back}.wit")
        line = (tmp_path / file).read_text("utf-8").splitlines()[number - 1]
        assert line.strip()
        assert expected not in line


def test_a_project_s_own_wit_is_named(command: Command, tmp_path: Path) -> None:
    (tmp_path / "wit").mkdir()
    (tmp_path / "wit" / "app.wit").write_text(
        "package demo:app;\n\n"
        "interface sum {\n  sum: func() -> u32;\n}\n\n"
        "interface answer {\n  sum: func() -> u64;\n}\n\n"
        "world front {\n  import sum;\n  export answer;\n}\n"
    )
    wrong = Need("sum", SUM, wrong="result")
    write(tmp_path, {"front": Part(1, (wrong,), ("demo:app/answer",)), "back": Part(2, (), (SUM,))})
    (tmp_path / "wcompose.toml").write_text(
        '[project]\nname = "misfit"\n\n'
        '[components.front]\nlanguage = "wat"\npath = "front.wasm"\nworld = "front"\n\n'
        '[components.back]\nlanguage = "wat"\npath = "back.wasm"\n'
    )
    result = command("build", cwd=tmp_path, env={"COLUMNS": "1000"})
    assert result.returncode == 1
    assert "error[type-mismatch]" in result.stderr
    assert re.search(r"expected by `front`: `u32` \(wit/app\.wit:4:\d+\)", result.stderr)


# What is no component ---------------------------------------------------------------------------


def test_files_that_are_no_components_are_all_told(command: Command, tmp_path: Path) -> None:
    core = bytes(wasmtime.wat2wasm('(module (func (export "run")))'))
    whole = bytes(wasmtime.wat2wasm(FRONT.text()))
    # A WIT package in binary form: a component that exports one type, named like the package.
    package = wasmtime.wat2wasm(
        '(component (type $p (component (type $i (instance (type u32) (export "t" (type (eq 0))))) '
        '(export "demo:app/types" (instance (type $i))))) (export "types" (type $p)))'
    )
    files = {
        "core.wasm": (core, "core module", "wcompose encode"),
        "package.wasm": (bytes(package), "WIT package", "name a component that implements it"),
        "contract.wasm": (b"package demo:app;\ninterface i {}\n", "WIT text", "name a component"),
        "text.wasm": (b"(component)\n", "text", "wasm-tools parse"),
        "empty.wasm": (b"", "empty", "build it again"),
        "damaged.wasm": (whole[:-7], "damaged", "build it again"),
        "other.wasm": (b"\x89PNG\r\n\x1a\n", "", "name a component binary"),
    }
    for name, (data, _, _) in files.items():
        (tmp_path / name).write_bytes(data)
    result = composed(command, tmp_path, list(files))
    assert result.returncode == 1
    parts = re.split(r"^(?=error\[)", result.stderr, flags=re.MULTILINE)[1:]
    assert len(parts) == len(files)
    for name, (_, what, hint) in files.items():
        (part,) = [each for each in parts if f"{name}`" in each.splitlines()[0]]
        assert what in part
        assert hint in part
