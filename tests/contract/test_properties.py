"""Laws of the comparison on interfaces made at random, and one change at random in them."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wcompose.contract import Contract, InterfaceExtern, Mismatch, compare_extern
from wcompose.engine import Engine

PRIMITIVES = ["bool", "u8", "s16", "u32", "s64", "f32", "f64", "char", "string"]
WORDS = ["apple", "pear", "plum", "fig", "lime", "date", "kiwi", "sloe"]


@dataclass
class Item:
    """A type or a function, as text to be; ``members`` are name and type, or no type."""

    name: str
    word: str
    members: list[tuple[str, str | None]]
    result: str | None = None
    is_async: bool = False

    def text(self) -> str:
        match self.word:
            case "func":
                parameters = ", ".join(f"{name}: {type_}" for name, type_ in self.members)
                result = f" -> {self.result}" if self.result else ""
                return f"{self.name}: {'async ' * self.is_async}func({parameters}){result};"
            case "record":
                inner = ", ".join(f"{name}: {type_}" for name, type_ in self.members)
            case _:
                inner = ", ".join(
                    name if type_ is None else f"{name}({type_})" for name, type_ in self.members
                )
        return f"{self.word} {self.name} {{ {inner} }}"

    def types(self) -> list[str]:
        return [each for _, each in self.members if each] + ([self.result] if self.result else [])


@dataclass
class Written:
    items: list[Item] = field(default_factory=list)

    def text(self) -> str:
        inner = "\n  ".join(each.text() for each in self.items)
        return f"package a:b@1.0.0;\ninterface i {{\n  {inner}\n}}\n"

    def functions_that_reach(self, name: str) -> tuple[str, ...]:
        reached = {name}
        for each in self.items:  # types only name those before them
            if any(inner in reached for text in each.types() for inner in _names(text)):
                reached.add(each.name)
        return tuple(
            each.name for each in self.items if each.word == "func" and each.name in reached
        )


def _names(text: str) -> list[str]:
    for mark in "<>,":
        text = text.replace(mark, " ")
    return text.split()


@st.composite
def types_of(draw: st.DrawFn, known: list[str]) -> str:
    leaves = st.sampled_from(PRIMITIVES + known)
    return draw(
        st.recursive(
            leaves,
            lambda inner: st.one_of(
                inner.map("list<{}>".format),
                inner.map("option<{}>".format),
                st.tuples(inner, inner).map(lambda pair: f"tuple<{pair[0]}, {pair[1]}>"),
                st.tuples(inner, inner).map(lambda pair: f"result<{pair[0]}, {pair[1]}>"),
            ),
            max_leaves=4,
        )
    )


@st.composite
def written(draw: st.DrawFn) -> Written:
    known: list[str] = []
    items: list[Item] = []
    for number in range(draw(st.integers(1, 5))):
        word = draw(st.sampled_from(["record", "variant", "enum", "flags"]))
        names = draw(st.lists(st.sampled_from(WORDS), min_size=2, max_size=5, unique=True))
        members: list[tuple[str, str | None]] = []
        for name in names:
            has_type = word == "record" or (word == "variant" and draw(st.booleans()))
            members.append((name, draw(types_of(known)) if has_type else None))
        items.append(Item(f"t{number}", word, members))
        known.append(f"t{number}")
    for number in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.sampled_from(WORDS), max_size=4, unique=True))
        parameters: list[tuple[str, str | None]] = [(each, draw(types_of(known))) for each in names]
        result = draw(st.none() | types_of(known))
        items.append(Item(f"f{number}", "func", parameters, result, draw(st.booleans())))
    return Written(items)


@st.composite
def changed(draw: st.DrawFn) -> tuple[Written, Written, str, str]:
    """An interface, the same with one change, the kind of mismatch, and its path."""
    one = draw(written())
    other = deepcopy(one)
    item = draw(st.sampled_from(other.items))
    members = item.members
    is_function = item.word == "func"
    choices = ["add"]
    if is_function:
        choices += ["async", "result", "remove-item"]
    if members:
        choices += ["rename"]
    if len(members) > 1:
        choices += ["swap"]
    if len(members) > (0 if is_function else 1):
        choices += ["remove"]
    if any(type_ for _, type_ in members):
        choices += ["retype"]
    change = draw(st.sampled_from(choices))
    at = draw(st.integers(0, max(0, len(members) - 1)))
    match change:
        case "add":
            typed = "u8" if is_function or item.word == "record" else None
            members.append(("spare", typed))
            if is_function:
                return one, other, "parameter-count", item.name
            return one, other, "member-extra", f"{item.name}.spare"
        case "remove":
            name, _ = members.pop(at)
            if is_function:
                return one, other, "parameter-count", item.name
            return one, other, "member-missing", f"{item.name}.{name}"
        case "rename":
            name, type_ = members[at]
            members[at] = ("spare", type_)
            kind = "parameter-name" if is_function else "member-renamed"
            return one, other, kind, f"{item.name}.{name}"
        case "swap":
            there = (at + 1) % len(members)
            members[at], members[there] = members[there], members[at]
            kind = "parameter-order" if is_function else "member-order"
            return one, other, kind, item.name
        case "retype":
            typed_at = draw(st.sampled_from([n for n, (_, type_) in enumerate(members) if type_]))
            name, type_ = members[typed_at]
            members[typed_at] = (name, f"option<{type_}>")
            kind = "parameter-type" if is_function else "member-type"
            return one, other, kind, f"{item.name}.{name}"
        case "async":
            item.is_async = not item.is_async
            return one, other, "function-async", item.name
        case "result":
            item.result = f"list<{item.result}>" if item.result else "u8"
            return one, other, "result-type", f"{item.name}.result"
        case _:
            other.items.remove(item)
            return one, other, "missing-function", item.name


class Reader:
    """Reads many small contracts with one engine, in a directory of its own."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self._engine = engine
        self._directory = directory

    def extern(self, text: str) -> InterfaceExtern:
        file = self._directory / "contract.wit"
        file.write_text(text, "utf-8")
        contract = Contract.from_json(self._engine.resolve(file))
        return InterfaceExtern(contract.find_interface("i"))

    def compare(self, expected: Written, actual: Written) -> tuple[Mismatch, ...]:
        return compare_extern(self.extern(expected.text()), self.extern(actual.text()))


@pytest.fixture(scope="module")
def reader(engine: Engine) -> Reader:
    return Reader(engine, Path(tempfile.mkdtemp()))


BRIEFLY = settings(
    max_examples=60,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


@BRIEFLY
@given(one=written())
def test_an_interface_fits_itself(reader: Reader, one: Written) -> None:
    assert reader.compare(one, one) == ()


@BRIEFLY
@given(case=changed())
def test_one_change_is_told_once_where_it_is(
    reader: Reader, case: tuple[Written, Written, str, str]
) -> None:
    one, other, kind, path = case
    (mismatch,) = reader.compare(one, other)
    assert (mismatch.kind, mismatch.path) == (kind, path)
    named = path.partition(".")[0]
    if kind.startswith("member"):
        assert mismatch.reaches == one.functions_that_reach(named)
    assert mismatch.expected != mismatch.actual
    # Types and functions are equal or not, so the other way round differs as well; only what is
    # there beyond what is expected does not count.
    assert (reader.compare(other, one) == ()) == (kind == "missing-function")


@BRIEFLY
@given(one=written(), data=st.data())
def test_less_is_expected_more_is_there(reader: Reader, one: Written, data: st.DataObject) -> None:
    functions = [each for each in one.items if each.word == "func"]
    dropped = data.draw(st.lists(st.sampled_from(functions), unique_by=id))
    less = Written([each for each in one.items if all(each is not gone for gone in dropped)])
    shuffled = Written([each for each in one.items if each.word != "func"])
    shuffled.items += data.draw(st.permutations(functions))
    assert reader.compare(less, shuffled) == ()
    missing = reader.compare(shuffled, less)
    assert {each.path for each in missing} == {each.name for each in dropped}
