"""Attackers composed beside a keeper, by a project's build: each is held to what it was granted.

The host gives the composition all that it has, so that only the gates inside can hold anything back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attacks_support import (
    TREASURE,
    Outcome,
    Surroundings,
    contents,
    expressible,
    gone_through,
    outer_directories,
    row,
)
from cases import CASES
from golden import assert_golden
from scenarios import NOTHING, PAIRS, PARTLY, Scenario
from support import Command

from wcompose.engine import Engine
from wcompose.errors import GuestFault
from wcompose.graph.compose import read_component
from wcompose.images import ImageCache
from wcompose.runtime import Component, DirectoryGrant, Grants, Limits, find_function

GOLDEN = Path(__file__).parent / "golden"
LIMITS = Limits(seconds=60)


def everything(surroundings: Surroundings) -> Grants:
    """A host that trusts the composition: all files, all variables, the network, writable."""
    host = surroundings.host
    (host / "stdin").write_text(TREASURE)
    outer = outer_directories(host).items()
    own = (DirectoryGrant(Path(place), name, True) for name, place in outer)
    return Grants(
        arguments=("program", TREASURE),
        environment=(("TREASURE", TREASURE), ("GRANTED", "passed on"), ("HOME", TREASURE)),
        directories=(*own, DirectoryGrant(Path("/"), "/", True)),
        network=True,
        stdin=host / "stdin",
        stdout=lambda _: None,
        stderr=lambda _: None,
    )


@pytest.mark.parametrize(
    ("scenario", "toolchain"),
    [pytest.param(*pair, id=f"{pair[0].name}-{pair[1]}") for pair in PAIRS],
)
def test_attacks_are_held(
    scenario: Scenario,
    toolchain: str,
    composition: Callable[[Scenario, str], Path],
    images: ImageCache,
    fresh: Callable[[], Surroundings],
    known: Callable[[str], list[str]],
) -> None:
    opened = Component(composition(scenario, toolchain), images)
    attack = find_function(opened.functions, "attack")

    rows, got, harm = [], set(), []
    for case in expressible(known(toolchain), CASES):
        surroundings = fresh()
        before = {name: contents(surroundings.host / name) for name in ("data", "keep")}
        try:
            instance = opened.instantiate(everything(surroundings), LIMITS)
            answer = instance.call_plain(
                attack, [case.attack, "\n".join(surroundings.arguments(case))]
            )
        except GuestFault as fault:
            outcome = gone_through(fault)
        else:
            outcome = Outcome.of(answer, instance.exit_code)
        if outcome.got:
            got.add(case.name)
        after = {name: contents(surroundings.host / name) for name in ("data", "keep")}
        if before != after or TREASURE in outcome.text:
            harm.append(case.name)
        rows.append(row(case, outcome, surroundings, real=toolchain == "go"))

    assert not harm
    assert got <= scenario.granted
    assert_golden(GOLDEN / f"held-{scenario.name}-{toolchain}.txt", "".join(rows))


@pytest.mark.parametrize("scenario", [NOTHING, PARTLY], ids=lambda each: str(each.name))
def test_the_keeper_has_what_it_was_granted(
    scenario: Scenario,
    composition: Callable[[Scenario, str], Path],
    images: ImageCache,
    fresh: Callable[[], Surroundings],
) -> None:
    opened = Component(composition(scenario, "rust"), images)
    instance = opened.instantiate(everything(fresh()), LIMITS)

    def ask(name: str, *arguments: str) -> object:
        return instance.call_plain(find_function(opened.functions, f"secrets.{name}"), arguments)

    assert ask("file", "/keep/secret.txt") == {"ok": TREASURE}
    assert ask("variable", "TREASURE") == TREASURE
    assert ask("variable", "HOME") is None
    assert ask("all-arguments") == ["program", TREASURE]


def test_the_binary_alone_shows_what_the_attacker_cannot_reach(
    composition: Callable[[Scenario, str], Path], engine: Engine
) -> None:
    """What only the attacker would import is not even imported by the whole."""
    imports = read_component(engine, composition(NOTHING, "rust")).world.imports
    assert not {
        name for name in imports if name.startswith(("wasi:sockets/", "wasi:http/", "wasi:random/"))
    }


def test_the_command_line_holds_them_too(
    composition: Callable[[Scenario, str], Path], command: Command
) -> None:
    """`wcompose run` opens for the whole what its nodes were granted, and each has only its own."""
    project = composition(PARTLY, "rust").parent.parent
    (project / "keep/secret.txt").write_text(TREASURE)
    (project / "data/open.txt").write_text("open to the attacker")

    def say(*arguments: str) -> str:
        result = command("run", project, *arguments, env={"TREASURE": TREASURE})
        return result.stdout if result.returncode == 0 else result.stderr

    assert say("secret", "/keep/secret.txt") == f"got: {TREASURE}\n"
    assert say("read", "/data/open.txt") == "got: open to the attacker\n"
    assert say("read", "/keep/secret.txt") == "held: not-permitted\n"
    assert say("environment") == "got: MODE=fast\n"
    ended = say("exit")
    assert "error[not-granted]: `attacker` is not granted `exit`" in ended
    assert "hint: " in ended
