"""Cases where other tools fail or disagree, each with the answer that wasmparser bears out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support import REPOSITORY

from wcompose.check.model import Bump, Effect, Side
from wcompose.check.run import Difference, diff
from wcompose.engine import Engine

INFERENCE = REPOSITORY / "components/rust/inference/inference.wasm"
WIT = REPOSITORY / "wit"
CART = "interface cart { add: func(); }"
MORE = "interface cart { add: func(); clear: func(); }"


@pytest.fixture
def compare(engine: Engine, tmp_path: Path):
    def run(
        old: str,
        new: str,
        *,
        side: Side = Side.BOTH,
        versions: tuple[str, str] = ("@1.0.0", "@1.0.0"),
    ) -> Difference:
        files = []
        for name, text, version in zip(("old", "new"), (old, new), versions, strict=True):
            (tmp_path / name).mkdir(exist_ok=True)
            file = tmp_path / name / "shop.wit"
            file.write_text(f"package acme:shop{version};\n{text}\n")
            files.append(str(file))
        return diff(*files, engine, directory=tmp_path, side=side)

    return run


def broken(difference: Difference) -> set[tuple[str, str]]:
    """Rules by which components no longer link, each with the side."""
    return {
        (judgement.rule.id, str(judgement.side))
        for change in difference.changes
        for judgement in change.judgements
        if Effect.LINK in judgement.effects
    }


def test_a_function_added_to_an_exported_interface_breaks_exporters(compare) -> None:
    difference = compare(f"{CART} world w {{ export cart; }}", f"{MORE} world w {{ export cart; }}")
    assert broken(difference) == {("func-no-add", "export")}
    assert difference.required is Bump.TRACK


def test_a_function_added_to_an_imported_interface_is_a_minor_change(compare) -> None:
    texts = [f"{each} world w {{ import cart; }}" for each in (CART, MORE)]
    assert broken(compare(*texts, side=Side.IMPORT)) == set()
    difference = compare(*texts, versions=("@1.0.0", "@1.1.0"))
    assert difference.required is Bump.MINOR
    assert difference.is_carried


def test_an_export_removed_breaks_those_that_call_it(compare) -> None:
    old = f"{CART} interface till {{ pay: func(); }} world w {{ export cart; export till; }}"
    difference = compare(old, old.replace(" export till;", ""))
    assert broken(difference) == {("world-export-no-delete", "import")}
    # The component itself may go on exporting it.
    assert broken(compare(old, old.replace(" export till;", ""), side=Side.EXPORT)) == set()


def test_another_source_of_a_resource_breaks_both_sides(compare) -> None:
    text = (
        "interface store {{ resource r; }} interface market {{ resource r; }}"
        "interface cart {{ use {}.{{r}}; pay: func(r: r); }}"
        "world w {{ import store; import market; import cart; }}"
    )
    difference = compare(text.format("store"), text.format("market"))
    assert broken(difference) == {("resource-identity", "both")}


def test_two_copies_of_one_version_compare(compare) -> None:
    assert broken(compare(MORE, CART)) == {("func-no-delete", "import")}
    assert compare(MORE, MORE).changes == ()


def test_interfaces_without_a_world_compare(compare) -> None:
    difference = compare(MORE, CART)
    assert [each.item for each in difference.changes] == ["acme:shop/cart.clear"]


@pytest.mark.parametrize("type_", ["list<u32, 4>", "error-context", "map<string, u32>"])
def test_new_kinds_of_types_are_equal_to_themselves(compare, type_: str) -> None:
    text = f"interface cart {{ add: func(item: {type_}); }}"
    assert compare(text, text).changes == ()
    other = text.replace(type_, "u64")
    assert broken(compare(text, other)) == {("func-param-type", "both")}


def test_the_length_of_a_list_is_part_of_it(compare) -> None:
    text = "interface cart {{ add: func(item: list<u32, {}>); }}"
    assert broken(compare(text.format(4), text.format(5))) == {("type-same", "both")}


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("@0.2.9", "@0.2.12", []),
        ("@0.2.12+a", "@0.2.12+b", []),
        ("@1.2.3", "@1.9.0", []),
        ("@0.2.9", "@0.3.0", ["package-version-track"]),
        ("@1.0.0", "@2.0.0", ["package-version-track"]),
        ("@0.0.1", "@0.0.2", ["package-version-track"]),
        ("@0.2.6-rc.1", "@0.2.6", ["package-version-present"]),
        ("@1.0.0-rc.1", "@1.0.0-rc.2", ["package-version-present"]),
        ("", "@1.0.0", ["package-version-present"]),
    ],
)
def test_which_versions_link(compare, old: str, new: str, rules: list[str]) -> None:
    difference = compare(CART, CART, versions=(old, new))
    found = [each.rule.id for change in difference.changes for each in change.judgements]
    assert found == rules
    assert difference.required is Bump.NONE


def test_a_version_that_went_down_is_told(compare) -> None:
    difference = compare(CART, CART, versions=("@1.1.0", "@1.0.0"))
    assert difference.unmet is not None


def test_everything_is_told_at_once_with_its_place(compare) -> None:
    difference = compare(
        "interface cart {\n  record item { name: string }\n  add: func(item: item);\n"
        "  clear: func();\n  pay: func(sum: u32);\n  undo: func(item: item);\n}",
        "interface cart {\n  record item { name: string, note: string }\n  add: func(item: item);\n"
        "  pay: func(sum: u64);\n  undo: func(item: item);\n}",
    )
    assert broken(difference) == {
        ("func-no-delete", "import"),
        ("func-param-type", "both"),
        ("record-fields-same", "both"),
    }
    judgements = [each for change in difference.changes for each in change.judgements]
    assert len(judgements) == 3
    assert all(each.place.file and each.place.line for each in judgements)
    (field,) = [each for each in judgements if each.rule.id == "record-fields-same"]
    assert "`add` and `undo` use it" in field.message


def test_a_type_that_others_use_is_told_once_where_it_is(compare) -> None:
    text = (
        "interface types {{ record item {{ name: {} }} }}"
        "interface cart {{ use types.{{item}}; add: func(item: item); }}"
        "interface till {{ use types.{{item}}; pay: func(item: item); }}"
    )
    difference = compare(text.format("string"), text.format("u32"))
    assert [each.item for each in difference.changes] == ["acme:shop/types.item.name"]
    assert broken(difference) == {("record-fields-same", "both")}


def test_an_include_is_what_it_includes(compare) -> None:
    base = f"{CART} world base {{ import cart; }} "
    assert (
        compare(base + "world w { include base; }", base + "world w { import cart; }").changes == ()
    )


def test_order_means_nothing(compare) -> None:
    old = "interface cart { type a = u8; type b = u16; f: func(x: a); g: func(x: b); }"
    new = "interface cart { type b = u16; type a = u8; g: func(x: b); f: func(x: a); }"
    assert compare(old, new).changes == ()


# A component is held to what it really imports


def test_a_component_fits_the_contract_that_it_was_built_for(engine: Engine) -> None:
    for old, new in ((INFERENCE, WIT), (INFERENCE, INFERENCE), (WIT, INFERENCE)):
        difference = diff(str(old), str(new), engine, directory=REPOSITORY)
        assert broken(difference) == set(), (old, new)
    assert diff(str(INFERENCE), str(INFERENCE), engine, directory=REPOSITORY).changes == ()


def changed(directory: Path, file: str, old: str, new: str) -> Path:
    wit = directory / "wit"
    shutil.copytree(WIT, wit)
    text = (wit / file).read_text("utf-8")
    assert old in text
    (wit / file).write_text(text.replace(old, new), "utf-8")
    return wit


def test_a_component_breaks_by_what_it_exports(engine: Engine, tmp_path: Path) -> None:
    wit = changed(tmp_path, "inference.wit", "    tied,\n", "    tied,\n    guessed,\n")
    difference = diff(str(INFERENCE), str(wit), engine, directory=tmp_path)
    assert {rule for rule, _ in broken(difference)} == {"enum-cases-same"}


def test_a_component_does_not_mind_what_it_does_not_import(engine: Engine, tmp_path: Path) -> None:
    wit = changed(
        tmp_path, "gateway.wit", "interface ", "interface spare { f: func(); }\ninterface "
    )
    assert broken(diff(str(INFERENCE), str(wit), engine, directory=tmp_path)) == set()
