"""Lint of odd but valid WIT, and of text that is no WIT at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from wcompose.check.lint import lint
from wcompose.check.lint_text import outline, without_comments
from wcompose.check.model import Judgement
from wcompose.contract import Contract
from wcompose.contract.types import Stability
from wcompose.engine import Engine
from wcompose.errors import ContractError

NAMES = st.sampled_from(
    ["a", "b-c", "XML", "to-XML", "type", "%type", "%a", "yield", "error", "x1"]
)
PRIMITIVES = ["u8", "string", "bool", "f64", "error-context"]
TYPES = st.recursive(
    st.sampled_from([*PRIMITIVES, "list<u8>", "result", "stream", "future<u8>", "t0", "t1", "r0"]),
    lambda inner: st.one_of(
        inner.map("option<{}>".format),
        inner.map("list<{}>".format),
        inner.map("list<{}, 4>".format),
        st.tuples(inner, inner).map(lambda two: "tuple<{}, {}>".format(*two)),
        st.tuples(inner, inner).map(lambda two: "result<{}, {}>".format(*two)),
        inner.map("result<_, {}>".format),
        inner.map("map<string, {}>".format),
    ),
    max_leaves=4,
)
GATES = st.sampled_from(
    [
        "",
        "",
        "@since(version = 1.0.0)\n",
        "@since( version=1.1.0 ) @deprecated(version = 1.0.0) ",
        "@unstable(feature = b-a)\n",
        "@unstable(feature = %type)\n",
        "@unstable (feature = b-b)\n@deprecated(version = 2.0.0)",
    ]
)
GAPS = st.sampled_from(
    [
        "\n",
        " ",
        "\r\n",
        "\t",
        "// use x; } {\n",
        "/* { /* } */ ; */",
        '/// "docs {\n',
        "/** ü🦀 */",
        "/* */\n",
    ]
)


def bare(name: str) -> str:
    return name.strip("%").lower()


@st.composite
def interface(draw: st.DrawFn, name: str, earlier: list[str]) -> str:
    parts = [f"{draw(GATES)}interface {name} {{{draw(GAPS)}"]
    for other in earlier:
        if draw(st.booleans()):
            alias = draw(st.sampled_from(["t1", f"as-{other}"]))
            parts.append(f"{draw(GATES)}use {other}.{{t0 as {alias}}};{draw(GAPS)}")
    parts.append(f"type t0 = {draw(st.sampled_from(PRIMITIVES))};{draw(GAPS)}")
    parts.append("resource r0;" if draw(st.booleans()) else "")
    if draw(st.booleans()):
        parts.append(
            f"{draw(GATES)}resource r1 {{ constructor(); {draw(GATES)}m: static func(); }}"
        )
    word = draw(st.sampled_from(["record", "variant", "enum", "flags"]))
    members = draw(st.lists(NAMES, min_size=1, max_size=3, unique_by=bare))
    for index, member in enumerate(members):
        of = {"record": f": {draw(TYPES)}", "variant": f"({draw(TYPES)})"}.get(word, "")
        members[index] = f"{draw(GAPS)}%{member.strip('%')}{of}"
    parts.append(f"{draw(GATES)}{word} kind {{{', '.join(members)}}}")
    for index in range(draw(st.integers(0, 3))):
        parameters = draw(st.lists(TYPES, max_size=3))
        written = ", ".join(f"p{at}: {each}" for at, each in enumerate(parameters))
        kind = draw(st.sampled_from(["func", "async func"]))
        result = draw(st.sampled_from(["", " -> kind", " -> result<_, kind>", " -> list<t0>"]))
        parts.append(f"{draw(GATES)}g{index}: {kind}({written}){draw(GAPS)}{result};")
    return draw(GAPS).join([*parts, "}"])


@st.composite
def package(draw: st.DrawFn) -> str:
    version = draw(st.sampled_from(["@2.0.0", "@2.0.0", "@2.0.0-rc.1+b", ""]))
    parts = [f"{draw(GAPS)}package a:b{version};"]
    names = ["i", "%use", "J-k"][: draw(st.integers(0, 3))]
    for index, name in enumerate(names):
        parts.append(draw(interface(name, names[:index])))
    if draw(st.booleans()):
        parts.append("package c:d@0.1.0 { interface e { type t0 = u8; } world w { import e; } }")
        names.append("c:d/e@0.1.0")
    if names and draw(st.booleans()):
        parts.append(f"use {names[-1]} as %as;")
    for world in ["w", "v"][: draw(st.integers(0, 2))]:
        parts.append(f"{draw(GATES)}world {world} {{{draw(GAPS)}")
        for name in names:
            word = draw(st.sampled_from(["import", "export", "// import", ""]))
            gate = draw(GATES) if word in {"import", "export"} else ""
            parts.append(f"{gate}{word} {name};\n" if word else "")
        parts.append(draw(st.sampled_from(["", "import p: func();", "type k = u8;", "include w;"])))
        parts.append(
            draw(st.sampled_from(["", "export q: interface { g: func(); }", "use i.{t0 as z};"]))
        )
        parts.append("}")
    return draw(GAPS).join(parts)


def judged(engine: Engine, text: str) -> list[Judgement]:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "a.wit"
        file.write_bytes(text.encode())
        try:
            data = engine.resolve(file)
        except ContractError:
            assume(False)
        texts = {str(file): text}
        contract = Contract.from_json(data, texts)
        found = list(lint(contract, texts))
        assert found == list(lint(contract, texts))
        # Binaries have no text.
        without = {each.fingerprint for each in lint(Contract.from_json(data), {})}
        assert without <= {each.fingerprint for each in found}
        return found


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=package())
def test_whatever_is_found_is_found_at_a_place(engine: Engine, text: str) -> None:
    judgements = judged(engine, text)
    lines = [line.rstrip("\r") for line in text.split("\n")]
    for each in judgements:
        assert each.message
        assert each.item.startswith(("a:b", "c:d"))
        place = each.place
        if place.line:
            assert lines[place.line - 1] == place.source
            assert 1 <= place.column < place.end_column <= len(place.source) + 1
    told = [each.fingerprint for each in judgements]
    assert len(told) == len(set(told))


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet='{};/*@%" \n\r:ausepckgworlditf-1.()=ü') | st.text())
@example(text='/* "')
@example(text='"/*" x */')
@example(text="use a:b/c@1.0.0.{x}; } } ;")
@example(text="@" * 50 + " " * 50 + "use")
def test_any_text_has_an_outline(text: str) -> None:
    code = without_comments(text)
    assert len(code) == len(text)
    assert [len(line) for line in code.split("\n")] == [len(line) for line in text.split("\n")]
    found = outline("a.wit", text)
    for _, place in found.escapes:
        assert place.source[place.column - 1] == "%"
    for mention in found.mentions:
        assert mention.place.column <= len(mention.place.source)


def test_gates_in_a_row_are_read_in_linear_time() -> None:
    row = "@since(version = 1.0.0)   " * 2000
    assert outline("a.wit", f"world w {{ {row} nothing a; }}").mentions == ()
    (mention,) = outline("a.wit", f"world w {{ {row} import a:b/c@1.0.0; }}").mentions
    assert mention.gate == Stability(since="1.0.0")
    assert (mention.name, mention.scope) == ("a:b/c@1.0.0", "w")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("use types.{a, b as c};", ("use", "types", "", "types")),
        ("use a:b/c@1.0.0.{x};", ("use", "a:b/c@1.0.0", "a:b", "c")),
        ("import %a:b/%use;", ("import", "a:b/use", "a:b", "use")),
        ("include other with { a as b }", ("include", "other", "", "other")),
        ("@since(version = 1.0.0) export /* { */ run // }\n;", ("export", "run", "", "run")),
    ],
)
def test_statements_that_name_something_are_seen(statement: str, told: tuple[str, ...]) -> None:
    (mention,) = outline("a.wit", f"package a:b;\nworld w {{ {statement} }}").mentions
    assert (mention.keyword, mention.name, mention.package, mention.plain) == told


@pytest.mark.parametrize(
    "statement",
    ["import p: func();", "export q: interface { f: func(); }", "import p : async func();"],
)
def test_statements_that_define_something_name_nothing(statement: str) -> None:
    assert outline("a.wit", f"world w {{ {statement} }}").mentions == ()
