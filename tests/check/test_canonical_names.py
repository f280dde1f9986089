"""Components whose imports have canonical names: a track, and what it leaves out beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from wcompose.check.changes import compare_contracts
from wcompose.check.model import Side
from wcompose.contract import Contract
from wcompose.engine import Engine

# (component (import "acme:shop/cart@0.2" (version-suffix ".9")
#   (instance (export "add" (func (param "item" string))))))
# as bytes, because wasmtime's parser of text does not know suffixes yet.
CANONICAL = bytes.fromhex(
    "0061736d0d0001000716014202014001046974656d73010004000361646401000a1c01021261636d"
    "653a73686f702f6361727440302e320101022e390500"
)


@pytest.mark.parametrize(
    ("version", "parameter", "rules"),
    [
        ("0.2.9", "string", []),
        ("0.2.12", "string", []),
        ("0.2.0", "string", []),
        ("0.2.12", "u32", ["func-param-type"]),
        ("0.3.0", "string", ["interface-no-delete"]),
    ],
)
def test_a_canonical_name_means_its_track(
    version: str, parameter: str, rules: list[str], engine: Engine, tmp_path: Path
) -> None:
    built, wit = tmp_path / "built.wasm", tmp_path / "shop.wit"
    built.write_bytes(CANONICAL)
    wit.write_text(
        f"package acme:shop@{version};\ninterface cart {{ add: func(item: {parameter}); }}\n"
    )
    old = Contract.from_json(engine.decode(built))
    new = Contract.from_json(engine.resolve(wit))
    changes = compare_contracts(old, new, side=Side.IMPORT)
    assert [each.rule.id for change in changes for each in change.judgements] == rules
