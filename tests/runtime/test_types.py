"""Values at the host boundary: what fits crosses unchanged, what does not is told with its path."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasmtime.component import ResourceType

from wcompose.native import calls
from wcompose.native.memory import address_of
from wcompose.runtime import ValueType
from wcompose.runtime.crossing.classes import Classes
from wcompose.runtime.crossing.lifting import Lifting
from wcompose.runtime.crossing.lowering import Lowering
from wcompose.runtime.crossing.types import TypeReader
from wcompose.runtime.crossing.values import Fitting, mismatches, plain

INTEGERS = {f"{sign}{bits}": bits for sign in "su" for bits in (8, 16, 32, 64)}
LABELS = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z]{1,3})?", fullmatch=True),
    min_size=1,
    max_size=4,
    unique=True,
)
TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)


def primitive() -> st.SearchStrategy[ValueType]:
    return st.sampled_from([*INTEGERS, "bool", "f32", "f64", "char", "string"]).map(ValueType)


def compound(inner: st.SearchStrategy[ValueType]) -> st.SearchStrategy[ValueType]:
    payload = st.none() | inner
    cases = LABELS.flatmap(
        lambda names: st.tuples(*(st.tuples(st.just(n), payload) for n in names))
    )
    fields = LABELS.flatmap(lambda names: st.tuples(*(st.tuples(st.just(n), inner) for n in names)))
    plain = LABELS.map(lambda names: tuple((name, None) for name in names))
    return st.one_of(
        inner.map(lambda each: ValueType("list", (("", each),))),
        inner.map(lambda each: ValueType("option", (("some", each),))),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda each: ValueType("tuple", tuple(("", one) for one in each))
        ),
        st.tuples(payload, payload).map(
            lambda each: ValueType("result", (("ok", each[0]), ("err", each[1])))
        ),
        fields.map(lambda each: ValueType("record", each)),
        cases.map(lambda each: ValueType("variant", each)),
        plain.map(lambda each: ValueType("enum", each)),
        plain.map(lambda each: ValueType("flags", each)),
    )


TYPES = st.recursive(primitive(), compound, max_leaves=8)


def values(kind: ValueType) -> st.SearchStrategy[Any]:
    if kind.kind in INTEGERS:
        bits = INTEGERS[kind.kind]
        if kind.kind[0] == "u":
            return st.integers(0, (1 << bits) - 1)
        return st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    match kind.kind:
        case "bool":
            return st.booleans()
        case "f32" | "f64":
            numbers = st.floats(allow_nan=False, allow_infinity=False, width=int(kind.kind[1:]))  # type: ignore[arg-type]
            return numbers | st.sampled_from(["nan", "inf", "-inf"])
        case "char":
            return st.characters(blacklist_categories=("Cs",))
        case "string":
            return TEXTS
        case "list":
            return st.lists(values(kind.only), max_size=3)
        case "option":
            inner = values(kind.only)
            some = inner.map(lambda each: {"some": each}) if kind.only.kind == "option" else inner
            return st.none() | some
        case "tuple":
            return st.tuples(*(values(member) for _, member in kind.members if member)).map(list)
        case "record":
            return st.fixed_dictionaries(
                {name: values(member) for name, member in kind.members if member}
            )
        case "enum":
            return st.sampled_from([name for name, _ in kind.members])
        case "flags":
            return st.lists(st.sampled_from([name for name, _ in kind.members]), unique=True)
        case "result":
            sides = [
                st.just({name: None}) if member is None else values(member).map(_keyed(name))
                for name, member in kind.members
            ]
            return st.one_of(sides)
        case _:
            cases = [
                st.just(name) if member is None else values(member).map(_keyed(name))
                for name, member in kind.members
            ]
            return st.one_of(cases)


def _keyed(name: str) -> Any:
    return lambda value: {name: value}


class Owner:
    """Has no handles and bounds nothing."""

    result_limit = 1 << 30


def _plain_equal(first: Any, second: Any) -> bool:
    """Equal but for the order of flags."""
    if isinstance(first, list) and all(isinstance(each, str) for each in first):
        return sorted(first) == sorted(second)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(_plain_equal, first, second))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(
            _plain_equal(first[key], second[key]) for key in first
        )
    return bool(first == second)


TYPED_VALUES = TYPES.flatmap(lambda kind: st.tuples(st.just(kind), values(kind)))


@given(TYPED_VALUES)
def test_a_value_that_fits_comes_back_as_it_went(pair: tuple[ValueType, Any]) -> None:
    kind, value = pair[0], pair[1]
    kind = Classes().bind(kind)
    fitting = Fitting()
    native = fitting.fit(kind, value)
    assert fitting.problems == []
    kept: list[Any] = []
    lower = Lowering().function([kind])  # it holds what the block points to
    block = lower(kept.append, Owner, native)
    lifted = Lifting().function(kind)(address_of(block), Owner)
    assert _plain_equal(plain(kind, lifted), value)


@given(TYPED_VALUES)
def test_a_value_of_nothing_known_never_fits(pair: tuple[ValueType, Any]) -> None:
    kind, _ = pair
    assert mismatches(kind, object())


POINT = ValueType(
    "record", (("x", ValueType("u8")), ("y", ValueType("option", (("some", ValueType("s8")),))))
)
POINTS = ValueType("list", (("", POINT),))
SHAPE = ValueType("variant", (("dot", None), ("at", POINT)))


@pytest.mark.parametrize(
    ("kind", "value", "problems"),
    [
        (POINTS, [{"x": 1}, {"x": 300, "y": 1}], ["`[1].x`: expected u8 (0 to 255), got 300"]),
        (
            POINTS,
            [{"x": True, "z": 1}, 7],
            [
                "`[0].x`: expected u8, got true",
                "`[0]`: there is no field `z`; fields are `x`, `y`",
                "`[1]`: expected record { x: u8, y: option<s8> }, got 7",
            ],
        ),
        (POINT, {"y": 1}, ["field `x` is missing"]),
        (SHAPE, "dott", ["there is no case `dott`; did you mean `dot`?"]),
        (SHAPE, "at", ["case `at` carries a record { x: u8, y: option<s8> }"]),
        (SHAPE, {"at": {"x": -1}}, ["`.at.x`: expected u8 (0 to 255), got -1"]),
        (SHAPE, {"dot": 1}, ["case `dot` carries nothing"]),
        (ValueType("char"), "ab", ["expected char, got 'ab'"]),
        (ValueType("string"), "\ud800", ["expected string, got '\\ud800'"]),
        (ValueType("f32"), 1e39, ["expected f32, got 1e+39"]),
        (
            ValueType("u64"),
            1 << 64,
            ["expected u64 (0 to 18,446,744,073,709,551,615), got 18446744073709551616"],
        ),
        (ValueType("own"), 1, ["a own cannot be written as a value"]),
    ],
)
def test_what_does_not_fit_is_told(kind: ValueType, value: Any, problems: list[str]) -> None:
    assert mismatches(kind, value) == problems


def test_a_long_list_of_problems_is_cut() -> None:
    found = mismatches(ValueType("list", (("", ValueType("u8")),)), [-1] * 1000)
    assert len(found) == 21
    assert found[-1] == "and more"


def test_an_integer_stands_for_a_float_but_not_the_reverse() -> None:
    assert mismatches(ValueType("f64"), 3) == []
    assert mismatches(ValueType("u8"), 3.0) == ["expected u8, got 3.0"]
    assert math.isfinite(3)


def test_resources_that_come_in_their_order_are_found_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = 200
    reader = TypeReader()
    order = list(range(count))
    assert [reader.resource(ResourceType.host(each)) for each in order] == order
    compared = []
    is_same = calls.same_resource_type

    def counted(*two: int) -> bool:
        compared.append(two)
        return bool(is_same(*two))

    monkeypatch.setattr(calls, "same_resource_type", counted)
    assert [reader.resource(ResourceType.host(each)) for each in order for _ in "ab"] == [
        each for each in order for _ in "ab"
    ]
    assert len(compared) <= 4 * count


def test_named_types_are_told_by_their_names_and_aliases_are_not() -> None:
    number = ValueType("f64", name="meters")
    point = ValueType("record", (("x", number),), name="point")
    handle = ValueType("borrow", name="counter")
    points = ValueType("list", (("", point),), name="points")
    assert points.spelt() == points.brief() == "list<point>"
    assert (point.spelt(), point.brief()) == ("point", "record { x: f64 }")
    assert handle.spelt() == "borrow<counter>"
