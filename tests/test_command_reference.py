"""The reference names what the commands take, all of it and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from support import REPOSITORY

from wcompose.cli.app import app

REFERENCE = REPOSITORY / "docs" / "reference"
EVERYWHERE = {"--help", "-h"}
ELSEWHERE = {"rules": "command-line"}
"""Commands that are told on another page than that of their name."""

OF_OTHERS = {
    "build": {"--quiet"},
    "compose": {"--format", "--quiet"},
    "diff": {"--against", "--against-baseline"},
    "encode": {"--invoke"},
    "grants": {"--quiet"},
    "run": {"--allow-"},
}
"""Options of other commands, and parts of links, that a page speaks of."""

_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][a-z0-9-]*")


def commands(group: Any, names: tuple[str, ...] = ()) -> Iterator[Any]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*names, name))
        else:
            yield pytest.param((*names, name), command, id="-".join((*names, name)))


ROOT: Any = typer.main.get_command(app)
COMMANDS = list(commands(ROOT))


def options(command: Any) -> set[str]:
    return {
        name
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("-")
    } - EVERYWHERE


def page(name: str) -> str:
    """What a page says, without the blocks that are run by a shell of the reader's."""
    text = (REFERENCE / f"{ELSEWHERE.get(name, name)}.md").read_text("utf-8")
    return re.sub(r"^```sh\n.*?^```|^    GOOS=.*$", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("names", "command"), COMMANDS)
def test_every_option_is_described(names: tuple[str, ...], command: Any) -> None:
    described = set(_OPTION.findall(page(names[0])))
    assert not options(command) - described


@pytest.mark.parametrize(
    ("names", "command"), [each for each in COMMANDS if each.values[0][0] not in ELSEWHERE]
)
def test_every_option_described_is_one(names: tuple[str, ...], command: Any) -> None:
    described = {name for name in _OPTION.findall(page(names[0])) if name.startswith("--")}
    assert not described - options(command) - OF_OTHERS.get(names[0], set())


@pytest.mark.parametrize(("names", "command"), COMMANDS)
def test_a_page_begins_with_its_command(names: tuple[str, ...], command: Any) -> None:
    usage = re.findall(r"^    wcompose ([\w-]+(?: [\w-]+)*)", page(names[0]), re.MULTILINE)
    assert any(line.split()[: len(names)] == list(names) for line in usage)


def test_common_options_and_commands_are_described() -> None:
    text = page("command-line")
    assert options(ROOT) <= set(_OPTION.findall(text))
    assert set(re.findall(r"^\| \[`(\w+)`\]", text, re.MULTILINE)) == set(ROOT.commands)


@pytest.mark.parametrize("file", sorted(REFERENCE.glob("*.md")), ids=lambda file: file.stem)
def test_exit_codes_are_told_alike(file: Any) -> None:
    """0, then 1, then 2: no page says that wrong usage is anything but 2."""
    text = " ".join(file.read_text("utf-8").split())
    for told in re.findall(r"Exit codes: (.*?)(?:\.(?: |$))", text):
        assert told.startswith("0")
        assert re.search(r"; 2 (?:for )?wrong usage|; 2 for a rule", told), told
