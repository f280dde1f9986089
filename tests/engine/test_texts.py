"""WAVE texts against types, and places in TOML."""

from __future__ import annotations

import math
from typing import Any

import pytest
from engine_support import assert_golden, rendered
from hypothesis import given, settings
from hypothesis import strategies as st

from wcompose.engine import Engine
from wcompose.errors import UsageError, ValueFault
from wcompose.report import Finding

U8, S64, U64, F32, F64 = ({"kind": name} for name in ("u8", "s64", "u64", "f32", "f64"))
STRING, CHAR, BOOL = ({"kind": name} for name in ("string", "char", "bool"))
COLOUR = {"kind": "enum", "cases": ["red", "dark-blue"]}
POINT = {"kind": "record", "fields": [["x", U8], ["label", {"kind": "option", "some": STRING}]]}
SHAPE = {
    "kind": "variant",
    "cases": [["none", None], ["dot", POINT], ["many", {"kind": "list", "element": U8}]],
}
RIGHTS = {"kind": "flags", "flags": ["read", "write", "run"]}
TWICE = {"kind": "option", "some": {"kind": "option", "some": U8}}
OUTCOME = {"kind": "result", "ok": U8, "err": None}
PAIR = {"kind": "tuple", "elements": [U8, STRING]}
LISTS = {"kind": "list", "element": {"kind": "list", "element": U8}}

SAMPLES: list[tuple[dict, str, Any]] = [
    (BOOL, "true", True),
    (U8, "255", 255),
    (S64, "-9223372036854775808", -(2**63)),
    (U64, "18446744073709551615", 2**64 - 1),
    (F64, "0.1", 0.1),
    (F64, "inf", "inf"),
    (F32, "-inf", "-inf"),
    (F64, "nan", "nan"),
    (CHAR, "'é'", "é"),
    (STRING, '"a\\n\\"b\\" 🎈"', 'a\n"b" 🎈'),
    ({"kind": "list", "element": U8}, "[1, 2, 3]", [1, 2, 3]),
    ({"kind": "list", "element": U8}, "[]", []),
    (PAIR, '(1, "a")', [1, "a"]),
    (POINT, '{x: 1, label: some("a")}', {"x": 1, "label": "a"}),
    (POINT, "{x: 1, label: none}", {"x": 1, "label": None}),
    (COLOUR, "dark-blue", "dark-blue"),
    (SHAPE, "%none", "none"),
    (SHAPE, "many([4])", {"many": [4]}),
    (RIGHTS, "{read, run}", ["read", "run"]),
    (RIGHTS, "{}", []),
    (TWICE, "none", None),
    (TWICE, "some(none)", {"some": None}),
    (TWICE, "some(some(3))", {"some": 3}),
    (OUTCOME, "ok(3)", {"ok": 3}),
    (OUTCOME, "err", {"err": None}),
]


@pytest.mark.parametrize(("kind", "text", "value"), SAMPLES)
def test_text_and_value(engine: Engine, kind: dict, text: str, value: Any) -> None:
    assert engine.parse_values([kind], [text]) == [value]
    assert engine.parse_values([kind], [engine.print_value(kind, value)]) == [value]


def test_omitted_options(engine: Engine) -> None:
    assert engine.parse_values([POINT], ["{x: 1}"]) == [{"x": 1, "label": None}]


BAD = [
    (U8, "256"),
    (U8, "-1"),
    (U8, "1.5"),
    (STRING, "hello"),
    (COLOUR, "rde"),
    (SHAPE, "dot"),
    (POINT, "{x: 1, y: 2}"),
    (POINT, "{label: none}"),
    (SHAPE, "none"),
    (RIGHTS, "{read, read}"),
    (RIGHTS, "{fly}"),
    (PAIR, "(1)"),
    ({"kind": "list", "element": U8}, "[1, 2"),
    ({"kind": "list", "element": U8}, "[1, é]"),
    (OUTCOME, "maybe(1)"),
    (CHAR, "'ab'"),
    (BOOL, ""),
    (BOOL, "true false"),
    (U8, "@"),
    (U8, "0x10"),
    (U8, "1_000"),
    (U8, "+5"),
    (F64, ".5"),
    (F32, "1e39"),
    ({"kind": "list", "element": F64}, "[1, -1e999]"),
    (BOOL, "True"),
    (STRING, ""),
    (STRING, 'say "no"'),
    (STRING, r'"a\qb"'),
    (STRING, r'"\u0041"'),
    (STRING, '"open'),
    (STRING, '"two\nlines"'),
    (CHAR, "''"),
    (CHAR, r"'\u{d800}'"),
    (LISTS, "[[1], [2, 300]]"),
    (LISTS, "[1, 2"),
    (LISTS, "[[1] [2]]"),
    (LISTS, "[[1,, 2]]"),
    (LISTS, "1, 2"),
    (POINT, '{"x": 1}'),
    (POINT, "{x 1}"),
    (POINT, "{X: 1}"),
    (POINT, "{x: 1, x: 2}"),
    (POINT, "{x: 1, label: 5}"),
    (POINT, "{x}"),
    (POINT, "{}"),
    (SHAPE, "dott({x: 1})"),
    (SHAPE, "dot({x: -1})"),
    (SHAPE, "%none(1)"),
    (COLOUR, "Dark_Blue"),
    (COLOUR, '"red"'),
    (RIGHTS, "read"),
    (RIGHTS, "[read]"),
    (TWICE, "1"),
    ({"kind": "option", "some": U8}, "null"),
    ({"kind": "option", "some": U8}, "some()"),
    (OUTCOME, "ok"),
    (OUTCOME, "err(1)"),
    (PAIR, '(1, "a") x'),
]


def test_a_text_that_looks_infinite_is_none(engine: Engine) -> None:
    for kind, text, value in (
        (STRING, '// of words\n"inf"', "inf"),
        (STRING, '"1e999 inf"', "1e999 inf"),
        (F64, "-inf", "-inf"),
        (F64, "1.7976931348623157e308", 1.7976931348623157e308),
    ):
        assert engine.parse_values([kind], [text]) == [value]


def test_what_does_not_parse(engine: Engine, tmp_path: Any) -> None:
    results = engine.parse_values([kind for kind, _ in BAD], [text for _, text in BAD])
    assert all(isinstance(result, Finding) for result in results)
    lines = [
        f"{text or '(nothing)'}   as   {kind['kind']}\n{rendered([result], tmp_path)}"
        for (kind, text), result in zip(BAD, results, strict=True)
    ]
    assert_golden("texts/values", "\n".join(lines))


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (U8, 256, "out of range"),
        (U8, "1", "not a natural number"),
        (CHAR, "ab", "not exactly one character"),
        (PAIR, [1], "1 elements in the place of 2"),
        (POINT, {"x": 1}, "no field `label`"),
        (SHAPE, "dot", "case `dot` needs a payload"),
        (SHAPE, {"none": 1}, "case `none` has no payload"),
        (OUTCOME, {"yes": 1}, "`ok` or the member `err`"),
        ({"kind": "own"}, 1, "`own` has no text form"),
    ],
)
def test_what_cannot_be_printed(engine: Engine, kind: dict, value: Any, words: str) -> None:
    with pytest.raises(ValueFault, match=words):
        engine.print_value(kind, value)


def test_calls(engine: Engine) -> None:
    assert engine.parse_call("go()") == ("go", [])
    name, arguments = engine.parse_call('add-all([1, 2], {a: "x, y)"}, some(3))')
    assert name == "add-all"
    assert arguments == ["[1, 2]", '{a: "x, y)"}', "some(3)"]
    with pytest.raises(UsageError) as caught:
        engine.parse_call("go(1, ")
    assert caught.value.findings[0].place.column == 3
    assert caught.value.findings[0].message == "`(` is never closed"


def test_deep_values_are_refused(engine: Engine) -> None:
    kind: dict = U8
    for _ in range(90):
        kind = {"kind": "list", "element": kind}
    assert isinstance(engine.parse_values([kind], ["[" * 120 + "]" * 120])[0], Finding)
    for _ in range(90):
        kind = {"kind": "list", "element": kind}
    assert isinstance(engine.parse_values([kind], ["[]"])[0], Finding)


def types() -> st.SearchStrategy[dict]:
    names = st.lists(
        st.from_regex(r"[a-z][a-z0-9]{0,3}(-[a-z][a-z0-9]{0,3})?", fullmatch=True),
        min_size=1,
        max_size=4,
        unique=True,
    )
    primitive = st.sampled_from([BOOL, U8, S64, U64, F32, F64, CHAR, STRING])

    def grown(inner: st.SearchStrategy[dict]) -> st.SearchStrategy[dict]:
        optional = st.none() | inner

        def members(kind: str, member: str, of: st.SearchStrategy) -> st.SearchStrategy[dict]:
            return names.flatmap(
                lambda names: st.tuples(*(of for _ in names)).map(
                    lambda inners: {
                        "kind": kind,
                        member: [list(pair) for pair in zip(names, inners, strict=True)],
                    }
                )
            )

        return st.one_of(
            inner.map(lambda each: {"kind": "list", "element": each}),
            inner.map(lambda each: {"kind": "option", "some": each}),
            st.lists(inner, min_size=1, max_size=3).map(
                lambda each: {"kind": "tuple", "elements": each}
            ),
            st.tuples(optional, optional).map(
                lambda pair: {"kind": "result", "ok": pair[0], "err": pair[1]}
            ),
            names.map(lambda each: {"kind": "enum", "cases": each}),
            names.map(lambda each: {"kind": "flags", "flags": each}),
            members("record", "fields", inner),
            members("variant", "cases", optional),
        )

    return st.recursive(primitive, grown, max_leaves=6)


def values(kind: dict) -> st.SearchStrategy[Any]:
    def payload(inner: dict | None) -> st.SearchStrategy[Any]:
        return st.none() if inner is None else values(inner)

    match kind["kind"]:
        case "bool":
            return st.booleans()
        case "u8":
            return st.integers(0, 255)
        case "s64":
            return st.integers(-(2**63), 2**63 - 1)
        case "u64":
            return st.integers(0, 2**64 - 1)
        case "f32" | "f64" as name:
            numbers = st.floats(width=int(name[1:]))
            return numbers.map(
                lambda each: (
                    each if math.isfinite(each) else str(abs(each) if math.isnan(each) else each)
                )
            )
        case "char":
            return st.characters(exclude_categories=["Cs"])
        case "string":
            return st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
        case "list":
            return st.lists(values(kind["element"]), max_size=3)
        case "tuple":
            return st.tuples(*map(values, kind["elements"])).map(list)
        case "option":
            some = values(kind["some"])
            if kind["some"]["kind"] == "option":
                some = some.map(lambda each: {"some": each})
            return st.none() | some
        case "result":
            return st.one_of(
                payload(kind[side]).map(lambda each, side=side: {side: each})
                for side in ("ok", "err")
            )
        case "enum":
            return st.sampled_from(kind["cases"])
        case "flags":
            flags = kind["flags"]
            return st.sets(st.sampled_from(flags)).map(
                lambda on: [each for each in flags if each in on]
            )
        case "record":
            return st.fixed_dictionaries({name: values(inner) for name, inner in kind["fields"]})
        case "variant":
            return st.one_of(
                st.just(name)
                if inner is None
                else values(inner).map(lambda v, name=name: {name: v})
                for name, inner in kind["cases"]
            )
    raise AssertionError(kind)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_printing_and_parsing_are_inverse(engine: Engine, data: st.DataObject) -> None:
    kind = data.draw(types())
    value = data.draw(values(kind))
    text = engine.print_value(kind, value)
    assert engine.parse_values([kind], [text]) == [value]


TOML = """# é
[project]
name = "x"
tags = ["a", "bé", { k = 1 }]

[components.a]
path = "p"
limits.memory.max = 3

[[edges]]
from = "a"
[[edges]]
from = "b"
"""


def test_places_in_toml(engine: Engine) -> None:
    places = engine.locate_toml("p.toml", TOML)

    def at(*path: str) -> tuple[tuple[int, int], tuple[int, int]]:
        key, value = places[path]
        return (key.line, key.column), (value.line, value.column)

    assert at("project", "name") == ((3, 1), (3, 8))
    assert at("project", "tags", "1") == ((4, 14), (4, 14))
    assert at("project", "tags", "2", "k") == ((4, 22), (4, 26))
    assert at("components", "a")[0] == (6, 13)
    assert at("components", "a", "limits", "memory", "max") == ((8, 15), (8, 21))
    assert at("edges", "1", "from") == ((13, 1), (13, 8))
    key, value = places["project", "name"]
    assert (key.file, key.source, key.end_column) == ("p.toml", 'name = "x"', 5)
    assert value.end_column == 11


def test_places_in_what_is_not_toml(engine: Engine) -> None:
    assert engine.locate_toml("p.toml", "a = [") == {}
