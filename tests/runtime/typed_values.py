"""Types and values for property tests, and the two forms that values take in Python.

A value's neutral form is that of `wcompose.runtime.crossing.types`, with every float a float. It can be
turned into what wasmtime-py's own functions take, and both what those and what ours give back can be
turned into it again.
"""

from __future__ import annotations

import array
import dataclasses
import enum
import struct
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from wasmtime.component import Record, Variant

from wcompose.runtime.crossing.classes import Err, Ok, Some
from wcompose.runtime.crossing.types import ValueType

INTEGERS = {f"{sign}{bits}": bits for sign in "su" for bits in (8, 16, 32, 64)}
PRIMITIVES = (*INTEGERS, "bool", "f32", "f64", "char", "string")
AWKWARD_NAMES = (
    "class",
    "self",
    "none",
    "some",
    "ok",
    "err",
    "def",
    "value",
    "name",
    "close",
    "HTTP-x",
)
"""Names that mean something in Python, or in the classes made for types."""

CODES = {
    "u8": "B",
    "s8": "b",
    "u16": "H",
    "s16": "h",
    "u32": "I",
    "s32": "i",
    "u64": "Q",
    "s64": "q",
}
CODES |= {"f32": "f", "f64": "d"}
"""Type codes of arrays."""

NAN_BITS = {
    "f32": (0x7FC00000, 0xFFC00000, 0x7FC12345, 0xFFFFFFFF),
    "f64": (
        0x7FF8000000000000,
        0xFFF8000000000000,
        0x7FF8000012345678,
        0xFFFFFFFFFFFFFFFF,
    ),
}
"""Quiet NaNs: plain, negative, with bits of their own, and with all of them."""

_LABELS = st.sampled_from(AWKWARD_NAMES) | st.from_regex(
    r"[a-z][a-z0-9]{0,5}(-[a-z][0-9]?){0,2}|[A-Z][A-Z0-9]{0,3}", fullmatch=True
)
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


def _names(least: int, most: int) -> st.SearchStrategy[list[str]]:
    # Names that differ in nothing but case and dashes are the same to the Component Model.
    plain = lambda name: name.replace("-", "").lower()  # noqa: E731
    return st.lists(_LABELS, min_size=least, max_size=most, unique_by=plain)


def _compound(inner: st.SearchStrategy[ValueType]) -> st.SearchStrategy[ValueType]:
    payload = st.none() | inner

    def members(kind: str, each: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[ValueType]:
        return (
            _names(1, most)
            .flatmap(lambda names: st.tuples(*(st.tuples(st.just(name), each) for name in names)))
            .map(lambda found: ValueType(kind, found))
        )

    return st.one_of(
        inner.map(lambda each: ValueType("list", (("", each),))),
        inner.map(lambda each: ValueType("option", (("some", each),))),
        st.lists(inner, min_size=1, max_size=4).map(
            lambda each: ValueType("tuple", tuple(("", one) for one in each))
        ),
        st.tuples(payload, payload).map(
            lambda each: ValueType("result", (("ok", each[0]), ("err", each[1])))
        ),
        members("record", inner, 5),
        members("variant", payload, 4),
    )


def _numbered(kind: str, most: int) -> st.SearchStrategy[ValueType]:
    """Enums and flags of any size, up to where their numbers take more bytes."""
    many = st.sampled_from([8, 9, 16, 17, 32, 256, 257]).filter(lambda count: count <= most)
    return st.one_of(
        _names(1, 4).map(lambda names: ValueType(kind, tuple((name, None) for name in names))),
        many.map(lambda n: ValueType(kind, tuple((f"n{index}", None) for index in range(n)))),
    )


_JOINED = st.lists(
    st.sampled_from(("f32", "f64", "u32", "s64", "u8", "string")), min_size=2, max_size=4
).map(
    lambda kinds: ValueType(
        "variant", tuple((f"c{index}", ValueType(kind)) for index, kind in enumerate(kinds))
    )
)
"""Variants whose cases are joined to core types that are not their own."""

TYPES = st.recursive(
    st.one_of(
        st.sampled_from(PRIMITIVES).map(ValueType),
        _numbered("enum", 257),
        _numbered("flags", 32),
        _JOINED,
    ),
    _compound,
    max_leaves=8,
)
"""Any type without handles."""

PARAMETERS = st.one_of(
    st.lists(TYPES, min_size=1, max_size=4),
    st.lists(_JOINED, min_size=1, max_size=2),
    st.lists(st.sampled_from(PRIMITIVES).map(ValueType), min_size=15, max_size=18),
)
"""Parameters of a function, sometimes more than are passed without memory."""


def values(kind: ValueType) -> st.SearchStrategy[Any]:
    """Values of a type, in the neutral form."""
    match kind.kind:
        case "bool":
            return st.booleans()
        case "f32" | "f64":
            width = int(kind.kind[1:])
            odd = st.sampled_from(NAN_BITS[kind.kind]).map(lambda bits: float_of(kind.kind, bits))
            return st.floats(allow_nan=False, width=width) | odd  # type: ignore[arg-type]
        case "char":
            edges = st.sampled_from("\0\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff")
            return edges | st.characters(codec="utf-8")
        case "string":
            return _TEXTS
        case "list":
            return st.lists(values(kind.only), max_size=4)
        case "option":
            inner = values(kind.only)
            some = inner.map(lambda each: {"some": each}) if kind.only.kind == "option" else inner
            return st.none() | some
        case "tuple":
            return st.tuples(*(values(one) for _, one in kind.members if one)).map(list)
        case "record":
            return st.fixed_dictionaries({name: values(one) for name, one in kind.members if one})
        case "enum":
            return st.sampled_from([name for name, _ in kind.members])
        case "flags":
            names = [name for name, _ in kind.members]
            return st.sets(st.sampled_from(names)).map(
                lambda chosen: [name for name in names if name in chosen]
            ) | st.just(names)
        case "result":
            return st.one_of([_case(name, one) for name, one in kind.members])
        case "variant":
            return st.one_of(
                [st.just(name) if one is None else _case(name, one) for name, one in kind.members]
            )
        case _:
            bits = INTEGERS[kind.kind]
            low = 0 if kind.kind[0] == "u" else -(1 << (bits - 1))
            high = low + (1 << bits) - 1
            return st.integers(low, high) | st.sampled_from([low, high])


def _case(name: str, payload: ValueType | None) -> st.SearchStrategy[Any]:
    inner = st.none() if payload is None else values(payload)
    return inner.map(lambda each: {name: each})


def float_of(kind: str, bits: int) -> float:
    """The float of a width that has these bits."""
    whole, real = ("<I", "<f") if kind == "f32" else ("<Q", "<d")
    (number,) = struct.unpack(real, struct.pack(whole, bits))
    return float(number)


def exactly(value: Any) -> Any:
    """A neutral value with every float as its bits, so that equal means the same."""
    match value:
        case float():
            return ("float", struct.pack("<d", value))
        case bool() | int() | str() | None:
            return (type(value).__name__, value)
        case list():
            return [exactly(each) for each in value]
        case dict():
            return {name: exactly(each) for name, each in value.items()}
        case _:
            raise TypeError(f"{value!r} is in no neutral form")


def to_wasmtime(kind: ValueType, value: Any) -> Any:
    """A neutral value as wasmtime-py's functions take it, if they tag every variant."""
    match kind.kind:
        case "list" if kind.only.kind == "u8":
            return bytes(value)
        case "list":
            return [to_wasmtime(kind.only, each) for each in value]
        case "tuple":
            return tuple(
                to_wasmtime(one, each)
                for (_, one), each in zip(kind.members, value, strict=True)
                if one is not None
            )
        case "record":
            record = Record()
            for name, one in kind.members:
                setattr(record, name, None if one is None else to_wasmtime(one, value[name]))
            return record
        case "flags":
            return set(value)
        case "option":
            if value is None:
                return Variant("none")
            inner = value["some"] if kind.only.kind == "option" else value
            return Variant("some", to_wasmtime(kind.only, inner))
        case "variant" | "result":
            name, payload = (value, None) if isinstance(value, str) else next(iter(value.items()))
            one = dict(kind.members)[name]
            return Variant(name, None if one is None else to_wasmtime(one, payload))
        case _:
            return value


def from_wasmtime(kind: ValueType, value: Any) -> Any:
    """What such a function gave back, in the neutral form."""
    match kind.kind:
        case "list":
            return [from_wasmtime(kind.only, each) for each in value]
        case "tuple":
            return [
                from_wasmtime(one, each)
                for (_, one), each in zip(kind.members, value, strict=True)
                if one is not None
            ]
        case "record":
            return {
                name: None if one is None else from_wasmtime(one, getattr(value, name))
                for name, one in kind.members
            }
        case "flags":
            return [name for name, _ in kind.members if name in value]
        case "option":
            if value.tag == "none":
                return None
            inner = from_wasmtime(kind.only, value.payload)
            return {"some": inner} if kind.only.kind == "option" else inner
        case "variant" | "result":
            one = dict(kind.members)[value.tag]
            if one is None:
                return value.tag if kind.kind == "variant" else {value.tag: None}
            return {value.tag: from_wasmtime(one, value.payload)}
        case _:
            return value


def from_wcompose(kind: ValueType, value: Any) -> Any:
    """What our functions give back, in the neutral form, if every part has just the class promised."""
    match kind.kind:
        case "bool":
            assert type(value) is bool
        case "f32" | "f64":
            assert type(value) is float
        case "char" | "string":
            assert type(value) is str
        case "list" if kind.only.kind == "u8":
            assert type(value) is bytes
            return list(value)
        case "list" if kind.only.kind in CODES:
            assert type(value) is array.array
            assert value.typecode == CODES[kind.only.kind]
            return value.tolist()
        case "list":
            assert type(value) is list
            return [from_wcompose(kind.only, each) for each in value]
        case "tuple":
            assert type(value) is tuple
            return [from_wcompose(*pair) for pair in _pairs(kind, value)]
        case "record":
            assert dataclasses.is_dataclass(value)
            parts = [getattr(value, field.name) for field in dataclasses.fields(value)]
            assert type(value).__dataclass_params__.frozen  # type: ignore[union-attr]
            inner = [from_wcompose(*pair) for pair in _pairs(kind, parts)]
            return {name: each for (name, _), each in zip(kind.members, inner, strict=True)}
        case "enum":
            assert isinstance(value, enum.Enum)
            return value.value
        case "flags":
            assert isinstance(value, enum.Flag)
            assert len(list(value)) == value.value.bit_count()
            return [
                name for index, (name, _) in enumerate(kind.members) if value.value >> index & 1
            ]
        case "option":
            if value is None:
                return None
            if kind.only.kind == "option":
                assert type(value) is Some
                return {"some": from_wcompose(kind.only, value.value)}
            return from_wcompose(kind.only, value)
        case "result":
            assert type(value) in {Ok, Err}
            return _payload(kind, type(value).__name__.lower(), value)
        case "variant":
            payload = _payload(kind, value.case, value)
            return value.case if dict(kind.members)[value.case] is None else payload
        case _:
            assert type(value) is int
    return value


def _payload(kind: ValueType, case: str, value: Any) -> dict[str, Any]:
    member = dict(kind.members)[case]
    return {case: None if member is None else from_wcompose(member, value.value)}


def _pairs(kind: ValueType, parts: Sequence[Any]) -> list[tuple[ValueType, Any]]:
    members = [member for _, member in kind.members if member is not None]
    return list(zip(members, parts, strict=True))
