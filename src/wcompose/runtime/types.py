"""Types of parameters and results, read off the runtime once, and values checked against them.

Values have one neutral form, that of JSON: integers, floats (or ``"nan"``, ``"inf"``, ``"-inf"``) and
strings as they are; lists and tuples as arrays; records as objects by the WIT names; an enum's case
as its name; a variant's as its name or ``{case: payload}``; flags as an array of names; an option as
null or its payload, but ``{"some": payload}`` where the payload is an option itself; a result as
``{"ok": payload}`` or ``{"err": payload}``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wasmtime import component as native

_INTEGERS = {
    "s8": (-(1 << 7), (1 << 7) - 1),
    "u8": (0, (1 << 8) - 1),
    "s16": (-(1 << 15), (1 << 15) - 1),
    "u16": (0, (1 << 16) - 1),
    "s32": (-(1 << 31), (1 << 31) - 1),
    "u32": (0, (1 << 32) - 1),
    "s64": (-(1 << 63), (1 << 63) - 1),
    "u64": (0, (1 << 64) - 1),
}
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_PRIMITIVES = {*_INTEGERS, "bool", "f32", "f64", "char", "string"}
_PROBLEM_LIMIT = 20
_F32_MAX = 3.4028235677973366e38
"""The least number that rounds beyond the largest 32-bit float."""


@dataclass(frozen=True)
class ValueType:
    """A type of the Component Model.

    Attributes:
        kind: a primitive's name, or ``list``, ``tuple``, ``record``, ``variant``, ``enum``,
            ``flags``, ``option``, ``result``, ``own``, ``borrow``, ``future``, ``stream``.
        members: names and types of fields or cases, elements of a tuple or list, the payload of an
            option, ``ok`` and ``err`` of a result. The type is none where there is no payload.
    """

    kind: str
    members: tuple[tuple[str, ValueType | None], ...] = ()

    @property
    def only(self) -> ValueType:
        """The element of a list, or the payload of an option."""
        inner = self.members[0][1]
        if inner is None:
            raise AssertionError(f"a {self.kind} has an inner type")
        return inner

    @property
    def has_text(self) -> bool:
        """Whether values can be written as text: all but handles, futures and streams."""
        if self.kind in {"own", "borrow", "future", "stream", "error-context"}:
            return False
        return all(member is None or member.has_text for _, member in self.members)

    def expression(self) -> dict[str, Any]:
        """The type as JSON, for `wcompose.engine.Engine.parse_values`."""
        inner = [
            (name, None if member is None else member.expression()) for name, member in self.members
        ]
        match self.kind:
            case "list":
                return {"kind": "list", "element": inner[0][1]}
            case "option":
                return {"kind": "option", "some": inner[0][1]}
            case "tuple":
                return {"kind": "tuple", "elements": [member for _, member in inner]}
            case "result":
                return {"kind": "result", **dict(inner)}
            case "record":
                return {"kind": "record", "fields": inner}
            case "variant":
                return {"kind": "variant", "cases": inner}
            case "enum":
                return {"kind": "enum", "cases": [name for name, _ in inner]}
            case "flags":
                return {"kind": "flags", "flags": [name for name, _ in inner]}
            case kind:
                return {"kind": kind}

    def __str__(self) -> str:
        inner = ", ".join("_" if member is None else str(member) for _, member in self.members)
        match self.kind:
            case "list" | "tuple" | "option" | "result":
                return f"{self.kind}<{inner}>"
            case "record":
                fields = ", ".join(f"{name}: {member}" for name, member in self.members)
                return f"record {{ {fields} }}"
            case "variant":
                cases = ", ".join(
                    name if member is None else f"{name}({member})" for name, member in self.members
                )
                return f"variant {{ {cases} }}"
            case "enum" | "flags":
                return f"{self.kind} {{ {', '.join(name for name, _ in self.members)} }}"
            case kind:
                return kind


def value_type(native_type: native.ValType) -> ValueType:
    """Read one of the runtime's types."""
    from wasmtime import component as native

    match native_type:
        case native.ListType():
            return ValueType("list", (("", value_type(native_type.element)),))
        case native.TupleType():
            return ValueType(
                "tuple", tuple(("", value_type(each)) for each in native_type.elements)
            )
        case native.RecordType():
            fields = native_type.fields
            return ValueType("record", tuple((name, value_type(each)) for name, each in fields))
        case native.VariantType():
            cases = native_type.cases
            return ValueType("variant", tuple((name, _optional(each)) for name, each in cases))
        case native.EnumType():
            return ValueType("enum", tuple((name, None) for name in native_type.names))
        case native.FlagsType():
            return ValueType("flags", tuple((name, None) for name in native_type.names))
        case native.OptionType():
            return ValueType("option", (("some", value_type(native_type.payload)),))
        case native.ResultType():
            sides = (("ok", _optional(native_type.ok)), ("err", _optional(native_type.err)))
            return ValueType("result", sides)
        case native.OwnType():
            return ValueType("own")
        case native.BorrowType():
            return ValueType("borrow")
        case native.FutureType():
            return ValueType("future")
        case native.StreamType():
            return ValueType("stream")
        case native.ErrorContext():
            return ValueType("error-context")
        case _:
            return ValueType(type(native_type).__name__.lower())


def _optional(native_type: native.ValType | None) -> ValueType | None:
    return None if native_type is None else value_type(native_type)


def mismatches(expected: ValueType, value: Any, path: str = "") -> list[str]:
    """Everything in which a JSON value does not fit a type, each with its path; at most 20."""
    found: list[str] = []
    for problem in _mismatches(expected, value, path):
        found.append(problem)
        if len(found) == _PROBLEM_LIMIT:
            found.append("and more")
            break
    return found


def _mismatches(expected: ValueType, value: Any, path: str) -> Iterator[str]:
    kind = expected.kind
    if kind in _PRIMITIVES:
        if not _fits_primitive(kind, value):
            yield _wrong(path, kind, value)
    elif kind == "list":
        if isinstance(value, bytes) and expected.only.kind == "u8":
            return
        if not isinstance(value, list):
            yield _wrong(path, str(expected), value)
            return
        for index, element in enumerate(value):
            yield from _mismatches(expected.only, element, f"{path}[{index}]")
    elif kind == "option":
        yield from _option_mismatches(expected, value, path)
    elif kind == "tuple":
        if not isinstance(value, list) or len(value) != len(expected.members):
            yield _wrong(path, str(expected), value)
            return
        for index, ((_, member), element) in enumerate(zip(expected.members, value, strict=True)):
            if member is not None:
                yield from _mismatches(member, element, f"{path}[{index}]")
    elif kind == "record":
        yield from _record_mismatches(expected, value, path)
    elif kind in {"variant", "enum", "result"}:
        yield from _case_mismatches(expected, value, path)
    elif kind == "flags":
        names = {name for name, _ in expected.members}
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            yield _wrong(path, str(expected), value)
            return
        for name in value:
            if name not in names:
                yield f"{_at(path)}`{name}` is none of the flags {_listed(expected)}"
    else:
        yield f"{_at(path)}a {kind} cannot be written as a value"


def _fits_primitive(kind: str, value: Any) -> bool:
    if kind in _INTEGERS:
        low, high = _INTEGERS[kind]
        return type(value) is int and low <= value <= high
    if kind == "bool":
        return isinstance(value, bool)
    if kind in {"f32", "f64"}:
        if isinstance(value, str):
            return value in _FLOATS
        if type(value) is int:
            return abs(value) <= 1 << 1023
        return isinstance(value, float) and (
            kind == "f64" or not math.isfinite(value) or abs(value) < _F32_MAX
        )
    if not isinstance(value, str):
        return False
    try:
        value.encode()  # a lone surrogate is no Unicode scalar value
    except UnicodeEncodeError:
        return False
    return kind == "string" or len(value) == 1


def _option_mismatches(expected: ValueType, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    if expected.only.kind == "option":
        if not isinstance(value, dict) or list(value) != ["some"]:
            yield f'{_at(path)}an option of an option is null or {{"some": …}}'
            return
        value = value["some"]
    yield from _mismatches(expected.only, value, path)


def _record_mismatches(expected: ValueType, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _wrong(path, str(expected), value)
        return
    names = dict(expected.members)
    for name, member in expected.members:
        inner = f"{path}.{name}"
        if name in value:
            if member is not None:
                yield from _mismatches(member, value[name], inner)
        elif member is None or member.kind != "option":
            yield f"{_at(path)}field `{name}` is missing"
    for name in value:
        if name not in names:
            yield f"{_at(path)}there is no field `{name}`; fields are {_listed(expected)}"


def _case_mismatches(expected: ValueType, value: Any, path: str) -> Iterator[str]:
    names = dict(expected.members)
    payload: Any = None
    if isinstance(value, str) and expected.kind != "result":
        name = value
    elif isinstance(value, dict) and len(value) == 1 and expected.kind != "enum":
        name, payload = next(iter(value.items()))
    else:
        yield _wrong(path, str(expected), value)
        return
    if name not in names:
        yield f"{_at(path)}`{name}` is none of the cases {_listed(expected)}"
        return
    member = names[name]
    if member is None:
        if payload is not None:
            yield f"{_at(path)}case `{name}` carries nothing"
    elif isinstance(value, str):
        yield f"{_at(path)}case `{name}` carries a {member}"
    else:
        yield from _mismatches(member, payload, f"{path}.{name}")


def _listed(expected: ValueType) -> str:
    return ", ".join(f"`{name}`" for name, _ in expected.members)


def _at(path: str) -> str:
    return f"`{path}`: " if path else ""


def _wrong(path: str, expected: str, value: Any) -> str:
    shown = {True: "true", False: "false", None: "null"}.get(value) if _is_plain(value) else None
    text = shown or repr(value)
    if len(text) > 60:
        text = text[:59] + "…"
    return f"{_at(path)}expected {expected}, got {text}"


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def to_float(value: Any) -> float:
    """The float that a JSON value stands for."""
    return _FLOATS[value] if isinstance(value, str) else float(value)


def from_float(value: float) -> float | str:
    """The JSON value of a float."""
    if math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")


def normal(expected: ValueType, value: Any) -> Any:
    """A value that fits, with the options that its records left out."""
    if expected.kind == "record" and isinstance(value, Mapping):
        return {
            name: None if member is None else normal(member, value.get(name))
            for name, member in expected.members
        }
    if expected.kind == "list" and isinstance(value, list):
        return [normal(expected.only, each) for each in value]
    return value
