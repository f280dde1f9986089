"""Whether pairs of interfaces link: what the rules say against what wasmparser decides."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from check.oracle_cases import Case, generate, mutate
from check.oracle_wat import fitting

from wcompose.check.changes import compare_contracts
from wcompose.check.model import Change, Effect, Side
from wcompose.contract import Contract
from wcompose.engine import Engine
from wcompose.errors import ArtifactError, ContractError

wasmtime = pytest.importorskip("wasmtime")

PARTS = 10
BATCHES = 7
BATCH = 31
"""Together 2,170 pairs, each asked from both sides."""
_SUBTYPING = ("mismatch", "missing", "expected", "not match")


def load(text: str, engine: Engine, directory: Path) -> Contract:
    file = directory / "case.wit"
    file.write_text(f"package t:t@1.0.0;\n{text}")
    return Contract.from_json(engine.resolve(file))


def load_all(cases: list[Case], engine: Engine, directory: Path) -> Contract:
    return load("".join(case.wit(n) for n, case in enumerate(cases)), engine, directory)


def parses(case: Case, engine: Engine, directory: Path) -> bool:
    try:
        load(case.wit(0), engine, directory)
    except ContractError:
        return False
    return True


def links(text: str, engine: Engine, directory: Path) -> bool:
    file = directory / "case.wasm"
    file.write_bytes(bytes(wasmtime.wat2wasm(text)))
    try:
        engine.validate(file)
    except ArtifactError as error:
        reason = " ".join(error.findings[0].causes)
        # A question that is no valid one would be answered with no as well.
        assert any(word in reason for word in _SUBTYPING), reason
        return False
    return True


def breaks(changes: tuple[Change, ...], items: tuple[str, ...], side: Side) -> list[str]:
    """The rules that say that components no longer link on one side."""
    return [
        judgement.rule.id
        for change in changes
        for judgement in change.judgements
        if judgement.item.partition(".")[0] in items
        and Effect.LINK in judgement.effects
        and judgement.side in (side, Side.BOTH)
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_the_rules_agree_with_wasmparser(part: int, engine: Engine, tmp_path: Path) -> None:
    asked, linked = 0, 0
    for batch in range(BATCHES):
        seed = part * 1_000 + batch
        rng = random.Random(seed)  # noqa: S311 - no secret
        pairs = []
        for _ in range(BATCH):
            case = generate(rng)
            pairs.append((case, *mutate(case, rng)))
        try:
            old = load_all([each[0] for each in pairs], engine, tmp_path)
            new = load_all([each[1] for each in pairs], engine, tmp_path)
        except ContractError:
            # A change may lead to what is no WIT, such as a borrowed handle in a result.
            pairs = [e for e in pairs if all(parses(one, engine, tmp_path) for one in e[:2])]
            assert len(pairs) > BATCH // 2, f"seed {seed}"
            old = load_all([each[0] for each in pairs], engine, tmp_path)
            new = load_all([each[1] for each in pairs], engine, tmp_path)
        changes = compare_contracts(old, new)
        for number, (before, after, told) in enumerate(pairs):
            items = (f"t:t/a{number}", f"t:t/b{number}")
            names = [(f"{each}@1.0.0",) * 2 for each in items]
            for side, wanted, given in ((Side.IMPORT, old, new), (Side.EXPORT, new, old)):
                text = fitting(wanted, given, names, is_pruned=side is Side.IMPORT)
                is_linked = links(text, engine, tmp_path)
                rules = breaks(changes, items, side)
                asked, linked = asked + 1, linked + is_linked
                assert is_linked is not bool(rules), (
                    f"seed {seed}, {side}, {told}: wasmparser links it: {is_linked}, the rules "
                    f"say {rules}\n{before.wit(number)}\nbecame\n{after.wit(number)}"
                )
    # Both answers must come often, or the question asks nothing.
    assert asked * 0.2 < linked < asked * 0.8
