"""`compare_extern` on pairs of interfaces: every mismatch, with its path and both places.

A case is a file of ``compare/``: interface `i` as it is expected, as it is, and what is told.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wcompose.contract import (
    Contract,
    FunctionExtern,
    InterfaceExtern,
    Mismatch,
    TypeExtern,
    compare_extern,
)

from .cases import check, sections

CASES = sorted((Path(__file__).parent / "compare").glob("*.txt"))


def told(mismatches: tuple[Mismatch, ...]) -> str:
    lines = []
    for each in mismatches:
        lines.append(f"{each.kind} {each.path}: {each.message}")
        for word, text, place in (
            ("expected", each.expected, each.expected_place),
            ("actual", each.actual, each.actual_place),
        ):
            where = f"{place.line}:{place.column}-{place.end_column}" if place.file else "nowhere"
            lines.append(f"  {word} `{text}` at {where}")
    return "".join(f"{line}\n" for line in lines) or "fits\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path, read: Callable[..., Contract]) -> None:
    texts = sections(case)
    expected, actual = (read(texts[side]).find_interface("i") for side in ("expected", "actual"))
    found = compare_extern(InterfaceExtern(expected), InterfaceExtern(actual))
    check(case, "mismatches", told(found))
    for interface in (expected, actual):
        extern = InterfaceExtern(interface)
        assert compare_extern(extern, extern) == ()


def test_another_kind_of_item(read: Callable[..., Contract]) -> None:
    contract = read(
        "package a:b; interface i { f: func(); }\n"
        "world w { import i; import g: func(); type t = u8; }"
    )
    imports = contract.find_world("w").imports
    assert list(imports) == ["a:b/i", "t", "g"]
    by_kind = {
        InterfaceExtern: "an interface",
        FunctionExtern: "a function",
        TypeExtern: "a type",
    }
    for one in imports.values():
        for other in imports.values():
            messages = [each.message for each in compare_extern(one, other)]
            words = f"it is {by_kind[type(other)]}, not {by_kind[type(one)]}"
            assert messages == ([] if one is other else [words])


def test_a_world_s_own_function(read: Callable[..., Contract]) -> None:
    one, other = (
        read(f"package a:b; world w {{ import f: func(a: {type_}); }}").find_world().imports["f"]
        for type_ in ("list<u8>", "list<u16>")
    )
    (mismatch,) = compare_extern(one, other)
    assert (mismatch.path, mismatch.expected, mismatch.actual) == ("f.a", "list<u8>", "list<u16>")
    assert compare_extern(one, one) == ()


def test_a_world_s_own_resource_has_no_home_to_compare(read: Callable[..., Contract]) -> None:
    text = "package a:b; world NAME { resource r; import f: func(a: r); }"
    one, other = (
        read(text.replace("NAME", name)).find_world().imports["f"] for name in ("here", "there")
    )
    assert compare_extern(one, other) == ()


def doubling(name: str, innermost: str) -> str:
    """Types of which the last unfolds to more than 2 ** 48 times the first."""
    inner = " ".join(
        f"record {name}{n + 1} {{ a: {name}{n}, b: {name}{n}, c: tuple<{name}{n}, {name}{n}> }}"
        for n in range(48)
    )
    return f"record {name}0 {{ x: {innermost} }} {inner}"


def test_what_is_met_often_is_looked_at_once(read: Callable[..., Contract]) -> None:
    # A comparison that unfolded the types would never end.
    one, other = (
        read(f"package a:b; interface i {{ {doubling('t', each)} f: func(a: t48); }}")
        for each in ("u8", "u16")
    )
    found = compare_extern(*(InterfaceExtern(each.find_interface("i")) for each in (one, other)))
    assert [(each.path, each.reaches) for each in found] == [("t0.x", ("f",))]


def test_types_of_other_names_are_looked_at_once(read: Callable[..., Contract]) -> None:
    both = f"{doubling('v', 'u8')} {doubling('t', 'u8')}"
    one, other = (
        read(f"package a:b; interface i {{ {both} f: func(a: {each}48); }}") for each in "vt"
    )
    externs = [InterfaceExtern(each.find_interface("i")) for each in (one, other)]
    assert compare_extern(*externs) == ()
