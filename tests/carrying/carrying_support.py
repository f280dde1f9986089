"""Calls of plain and of carried functions, with values in one form for both.

That form: numbers, booleans, strings and handles as they are; a list of numbers as `Numbers`; other
lists and tuples as lists; records as dictionaries; variants, options and results as `(case, payload)`.
"""

from __future__ import annotations

import base64
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import wasmtime
from hypothesis import strategies as st
from wasmtime import component as wc

from wcompose.contract.carried import carried_function_name, carried_name

COMPONENTS = Path(__file__).parent / "components"
ECHO_FILE = COMPONENTS / "echo.wasm"
ECHO = "wcompose:carrying/echo@1.2.0"
SHAPES = "wcompose:carrying/shapes@1.2.0"

CODES: dict[type[Any], str] = {
    wc.U8: "B",
    wc.S8: "b",
    wc.U16: "H",
    wc.S16: "h",
    wc.U32: "I",
    wc.S32: "i",
    wc.U64: "Q",
    wc.S64: "q",
    wc.F32: "f",
    wc.F64: "d",
}
"""For each type of number its code in `array`, whose sizes are those of the types."""


MOST_HEXADECIMAL = 16 << 20
"""Bytes that a carrier gives as hexadecimal in one call."""


def base64_of(data: bytes) -> str:
    """The text of some bytes as base64."""
    return "=" + base64.b64encode(data).decode()


def bytes_of(text: str) -> bytes:
    """What a text stands for; it has to be the one text of its kind that those bytes have."""
    if text[:1] == "=":
        data = base64.b64decode(text[1:], validate=True)
        again = base64_of(data)
    else:
        data = bytes.fromhex(text)
        again = data.hex()
    if text != again:
        raise ValueError(text[:100])
    return data


@dataclass(frozen=True)
class Numbers:
    """A list of numbers, by the bytes of its elements."""

    code: str
    data: bytes

    @classmethod
    def of(cls, code: str, *values: float) -> Numbers:
        return cls(code, array(code, values).tobytes())

    @property
    def text(self) -> str:
        return self.data.hex() if len(self.data) <= MOST_HEXADECIMAL else base64_of(self.data)


Start = Callable[..., "Whole"]
"""Makes an instance."""


class Whole:
    """An instance of a composition in a store of its own."""

    def __init__(self, engine: wasmtime.Engine, component: wc.Component, memory: int = -1) -> None:
        self.store = wasmtime.Store(engine)
        self.store.set_limits(memory_size=memory)
        self.store.set_epoch_deadline(1 << 60)
        self._instance = wc.Linker(engine).instantiate(self.store, component)

    def function(self, interface: str, name: str) -> wc.Func:
        home = self._instance.get_export_index(self.store, interface)
        assert home is not None, interface
        index = self._instance.get_export_index(self.store, name, home)
        assert index is not None, name
        found = self._instance.get_func(self.store, index)
        assert found is not None
        return found

    def plain(self, interface: str, name: str, *arguments: Any) -> Any:
        function = self.function(interface, name)
        of = function.type(self.store)
        return self._call(function, of, of, arguments)

    def carried(self, interface: str, name: str, *arguments: Any) -> Any:
        plain = self.function(interface, name)
        function = self.function(carried_name(interface), carried_function_name(name))
        return self._call(function, function.type(self.store), plain.type(self.store), arguments)

    def _call(self, function: Any, of: Any, plain: Any, arguments: tuple[Any, ...]) -> Any:
        lowered = [
            lower(value, each) for value, (_, each) in zip(arguments, of.params, strict=True)
        ]
        result = function(self.store, *lowered)
        return None if of.result is None else lift(result, of.result, plain.result)


def lower(value: Any, of: Any) -> Any:
    """A value as wasmtime-py takes it for a type."""
    match of:
        case wc.ListType() if isinstance(value, Numbers):
            numbers = array(value.code, value.data)
            return bytes(value.data) if value.code == "B" else numbers.tolist()
        case wc.String() if isinstance(value, Numbers):
            return value.text
        case wc.ListType():
            return [lower(each, of.element) for each in value]
        case wc.TupleType():
            return tuple(lower(each, one) for each, one in zip(value, of.elements, strict=True))
        case wc.RecordType():
            return SimpleNamespace(**{name: lower(value[name], one) for name, one in of.fields})
        case wc.VariantType() | wc.OptionType() | wc.ResultType():
            case_name, payload = value
            inner = dict(of._cases())[case_name]
            lowered = None if inner is None else lower(payload, inner)
            return wc.Variant(case_name, lowered) if of._tagged() else lowered
        case _:
            return value


def lift(value: Any, of: Any, plain: Any) -> Any:
    """What wasmtime-py gave for a type, which stands for another one."""
    match of:
        case wc.ListType() if type(of.element) in CODES:
            code = CODES[type(of.element)]
            return Numbers(code, array(code, value).tobytes())
        case wc.String() if isinstance(plain, wc.ListType):
            return Numbers(CODES[type(plain.element)], bytes_of(value))
        case wc.ListType():
            return [lift(each, of.element, plain.element) for each in value]
        case wc.TupleType():
            pairs = zip(of.elements, plain.elements, strict=True)
            return [lift(each, *pair) for each, pair in zip(value, pairs, strict=True)]
        case wc.RecordType():
            pairs = zip(of.fields, plain.fields, strict=True)
            return {
                name: lift(getattr(value, name), one, other) for (name, one), (_, other) in pairs
            }
        case wc.VariantType() | wc.OptionType() | wc.ResultType():
            return _lift_case(value, of, plain)
        case _:
            return value


def _lift_case(value: Any, of: Any, plain: Any) -> tuple[str, Any]:
    cases, others = dict(of._cases()), dict(plain._cases())
    if of._tagged():
        name, value = value.tag, value.payload
    else:
        # wasmtime-py gives the bare payload where its class tells the case.
        name = next(each for each, one in cases.items() if _is_of(value, one))
    inner = cases[name]
    return name, None if inner is None else lift(value, inner, others[name])


def _is_of(value: Any, of: Any) -> bool:
    if of is None:
        return value is None
    classes: set[type] = set()
    of.add_classes(classes)
    return isinstance(value, tuple(classes))


def values_of(of: Any) -> st.SearchStrategy[Any]:
    """Values of a type of wasmtime-py's."""
    match of:
        case wc.ListType() if type(of.element) in CODES:
            return numbers(CODES[type(of.element)])
        case wc.ListType():
            return st.lists(values_of(of.element), max_size=4)
        case wc.TupleType():
            return st.tuples(*map(values_of, of.elements)).map(list)
        case wc.RecordType():
            return st.fixed_dictionaries({name: values_of(one) for name, one in of.fields})
        case wc.VariantType() | wc.OptionType() | wc.ResultType():
            return st.one_of(
                st.tuples(st.just(name), st.none() if one is None else values_of(one))
                for name, one in of._cases()
            )
        case wc.Bool():
            return st.booleans()
        case wc.String():
            return st.text(st.characters(exclude_categories=("Cs",)), max_size=9)
        case wc.F32():
            return st.floats(width=32, allow_nan=False)
        case wc.F64():
            return st.floats(allow_nan=False)
    code = CODES[type(of)]
    return _integers(code)


def numbers(code: str) -> st.SearchStrategy[Numbers]:
    """Lists of numbers, short and long."""
    if code in "fd":
        each: st.SearchStrategy[float] = st.floats(width=32 if code == "f" else 64, allow_nan=False)
    else:
        each = _integers(code)
    short = st.lists(each, max_size=12)
    long = st.tuples(each, st.integers(13, 90)).map(lambda pair: [pair[0]] * pair[1])
    return (short | long).map(lambda found: Numbers.of(code, *found))


def _integers(code: str) -> st.SearchStrategy[int]:
    bits = 8 * array(code).itemsize
    return (
        st.integers(0, (1 << bits) - 1)
        if code.isupper()
        else st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    )
