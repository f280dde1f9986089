"""WASI 0.2: versions of one track stay compatible for importers, and nothing differs from itself."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from check.oracle_wat import fitting
from check.test_oracle import links
from support import REPOSITORY

from wcompose.check.baseline import load_path
from wcompose.check.changes import compare_contracts
from wcompose.check.model import Bump, Effect, Side
from wcompose.contract import Contract, on_track
from wcompose.engine import Engine

VERSIONS = ("0.2.0", "0.2.1", "0.2.2", "0.2.3", "0.2.4", "0.2.9", "0.2.12")
PACKAGES = tuple(
    f"wasi:{name}" for name in ("cli", "clocks", "filesystem", "http", "io", "random", "sockets")
)
WASI = Path(__file__).parent / "wasi"
OWN = sorted(
    {
        file.parent.relative_to(REPOSITORY)
        for root in ("wit", "examples", "tests/build", "tests/graph", "components")
        for file in (REPOSITORY / root).rglob("*.wit")
        if not {"node_modules", "target", "deps"} & set(file.parts)
    }
)


def load(version: str, engine: Engine) -> Contract:
    return Contract.from_json(engine.resolve(WASI / version))


@pytest.mark.parametrize(("old", "new"), list(pairwise(VERSIONS)))
def test_later_versions_are_compatible_for_importers(old: str, new: str, engine: Engine) -> None:
    contracts = load(old, engine), load(new, engine)
    changes = compare_contracts(*contracts, side=Side.IMPORT, packages=PACKAGES)
    assert changes
    broken = [
        judgement.message
        for change in changes
        for judgement in change.judgements
        if Effect.LINK in judgement.effects and judgement.bump is Bump.TRACK
    ]
    assert broken == []


def test_the_way_back_breaks_importers(engine: Engine) -> None:
    contracts = load("0.2.12", engine), load("0.2.0", engine)
    changes = compare_contracts(*contracts, side=Side.IMPORT, packages=PACKAGES)
    rules = {judgement.rule.id for change in changes for judgement in change.judgements}
    assert (
        "interface-no-delete" in rules or "func-no-delete" in rules or "method-no-delete" in rules
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_no_version_differs_from_itself(version: str, engine: Engine) -> None:
    contracts = load(version, engine), load(version, engine)
    assert len(contracts[0].interfaces) > 20
    assert compare_contracts(*contracts, packages=PACKAGES) == ()


@pytest.mark.parametrize("directory", OWN, ids=str)
def test_no_contract_of_the_repository_differs_from_itself(directory: Path, engine: Engine) -> None:
    contracts = [load_path(REPOSITORY / directory, engine).contract for _ in range(2)]
    assert compare_contracts(*contracts) == ()


@pytest.mark.parametrize("side", [Side.IMPORT, Side.EXPORT])
@pytest.mark.parametrize(("old", "new"), list(pairwise(VERSIONS)))
def test_wasmparser_says_the_same_of_every_interface(
    old: str, new: str, side: Side, engine: Engine, tmp_path: Path
) -> None:
    contracts = load(old, engine), load(new, engine)
    changes = compare_contracts(*contracts, side=side, packages=PACKAGES)
    broken = {
        change.item.partition(".")[0]
        for change in changes
        for judgement in change.judgements
        if Effect.LINK in judgement.effects and judgement.rule.id.split("-")[0] != "world"
    }
    wanted, given = contracts if side is Side.IMPORT else contracts[::-1]
    by_track = {on_track(name): name for name in given.interfaces}
    pairs = {
        name: by_track[on_track(name)] for name in wanted.interfaces if on_track(name) in by_track
    }
    assert len(pairs) > 20
    for name in pairs:
        closed = closure(wanted, name)
        is_linked = links(
            fitting(
                wanted,
                given,
                [(each, pairs.get(each, each)) for each in closed],
                is_pruned=side is Side.IMPORT,
            ),
            engine,
            tmp_path,
        )
        reached = {each.partition("@")[0] for each in closed}
        assert is_linked is not bool(reached & broken), (name, reached & broken)


def closure(contract: Contract, name: str) -> list[str]:
    found = [name]
    for each in found:
        found += [e for e in contract.interfaces[each].used_interfaces if e not in found]
    return found
