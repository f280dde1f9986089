"""Every rule of breaking changes on every pair of contracts that was written for one of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden import assert_golden

from wcompose.check.breaking_rules import BREAKING_RULES
from wcompose.check.bump import version_carries
from wcompose.check.model import Bump, ChangeKind, Effect, Side
from wcompose.check.run import Difference, diff
from wcompose.engine import Engine

PAIRS = Path(__file__).parent / "breaking"
NAMES = [each.id for each in BREAKING_RULES]


def compare(name: str, engine: Engine, side: Side = Side.BOTH) -> Difference:
    old, new = (str(PAIRS / name / f"{each}.wit") for each in ("old", "new"))
    return diff(old, new, engine, directory=PAIRS, side=side)


def fired(difference: Difference) -> list[str]:
    """What fired, a line for each: rule, side, what stops working, bump, message."""
    judgements = [each for change in difference.changes for each in change.judgements]
    if difference.unmet is not None:
        judgements.append(difference.unmet)
    return [
        f"{each.rule.id} {each.side or '-'} {'+'.join(each.effects) or '-'} {each.bump.name} "
        f"[{each.item}] {each.message}"
        for each in judgements
    ]


def test_there_is_a_pair_for_each_rule_and_no_other() -> None:
    assert {each.name for each in PAIRS.iterdir() if each.is_dir()} == set(NAMES)


def test_what_fires_on_every_pair(engine: Engine) -> None:
    text = ""
    for name in NAMES:
        lines = fired(compare(name, engine))
        assert name in [each.partition(" ")[0] for each in lines], name
        text += f"# {name}\n" + "".join(f"{each}\n" for each in lines) + "\n"
    assert_golden(PAIRS / "matrix.txt", text)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_changes_between_a_contract_and_itself(name: str, engine: Engine) -> None:
    for each in ("old", "new"):
        file = str(PAIRS / name / f"{each}.wit")
        difference = diff(file, file, engine, directory=PAIRS)
        assert difference.changes == ()
        assert difference.required is Bump.NONE
        assert difference.is_carried


@pytest.mark.parametrize("name", NAMES)
def test_every_change_says_what_it_is_and_where(name: str, engine: Engine) -> None:
    for change in compare(name, engine).changes:
        assert change.message
        assert not change.message.endswith(".")
        assert "@" not in change.item
        assert change.old or change.new
        if "/" in change.item:  # packages have no place
            assert bool(change.old_place.file) or change.kind is ChangeKind.ADDED
            assert bool(change.new_place.file) or change.kind is ChangeKind.REMOVED
        for judgement in change.judgements:
            assert judgement.rule in BREAKING_RULES
            assert bool(judgement.effects) is (judgement.side is not None)
            assert judgement.bump <= change.bump


@pytest.mark.parametrize("name", NAMES)
def test_a_side_sees_its_own_breaks_and_no_others(name: str, engine: Engine) -> None:
    def broken(side: Side) -> set[tuple[str, Side]]:
        return {
            (judgement.item, each)
            for change in compare(name, engine, side).changes
            for judgement in change.judgements
            if Effect.LINK in judgement.effects
            for each in (Side.IMPORT, Side.EXPORT)
            if judgement.side in (each, Side.BOTH)
        }

    if name in {"package-name-same", "stable-to-unstable"}:
        return
    whole = broken(Side.BOTH)
    for side in (Side.IMPORT, Side.EXPORT):
        assert broken(side) == {each for each in whole if each[1] is side}


@pytest.mark.parametrize(
    ("old", "new", "bump"),
    [
        ("1.0.0", "1.0.0", Bump.NONE),
        ("1.0.0", "1.0.1", Bump.PATCH),
        ("1.0.0", "1.1.0", Bump.MINOR),
        ("1.9.0", "2.0.0", Bump.TRACK),
        ("0.2.0", "0.2.1", Bump.MINOR),
        ("0.2.9", "0.3.0", Bump.TRACK),
        ("0.0.1", "0.0.2", Bump.TRACK),
        ("1.0.0-rc.1", "1.0.0-rc.2", Bump.TRACK),
        ("1.0.0-rc.1", "1.0.0", Bump.TRACK),
        ("1.0.0", "1.0.0+build", Bump.NONE),
        ("", "1.0.0", Bump.TRACK),
        ("1.0.0", "", Bump.TRACK),
    ],
)
def test_a_version_carries_as_much_as_it_moved(old: str, new: str, bump: Bump) -> None:
    assert [version_carries(old, new, each) for each in Bump] == [each <= bump for each in Bump]


def test_a_version_that_went_down_carries_nothing() -> None:
    assert not any(version_carries("1.2.0", "1.1.9", each) for each in Bump)
    assert not any(version_carries("2.0.0", "1.0.0", each) for each in Bump)
