"""The host boundary: JSON values to and from the runtime's tagged values.

wasmtime-py's own conversion is not used: it tells a variant's case by the Python class of its payload
and so takes ``true`` for an integer, and it rebuilds every type at every call. Here a value is written
straight into ``wasmtime_component_val_t``, after `wcompose.runtime.types.mismatches` found it fit.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wasmtime import _ffi as ffi

from wcompose.runtime.types import ValueType, from_float, to_float

if TYPE_CHECKING:
    from wasmtime import Store
    from wasmtime.component import Func

_SCALARS = {
    "bool": (0, "boolean"),
    "s8": (1, "s8"),
    "u8": (2, "u8"),
    "s16": (3, "s16"),
    "u16": (4, "u16"),
    "s32": (5, "s32"),
    "u32": (6, "u32"),
    "s64": (7, "s64"),
    "u64": (8, "u64"),
    "f32": (9, "f32"),
    "f64": (10, "f64"),
}
_CHAR, _STRING, _LIST, _RECORD, _TUPLE, _VARIANT = 11, 12, 13, 14, 15, 16
_ENUM, _OPTION, _RESULT, _FLAGS, _RESOURCE = 17, 18, 19, 20, 21


class HandleKeeper:
    """Resources that came back from a call, until they are dropped."""

    def __init__(self) -> None:
        self._resources: list[Any] = []

    def keep(self, resource: Any) -> int:
        """Keep a resource; gives its number, from 1."""
        self._resources.append(resource)
        return len(self._resources)

    def drop_all(self, store: Store) -> None:
        """Drop what is kept, the latest first; destructors run in the guest."""
        while self._resources:
            self._resources.pop().drop(store)


def call(
    function: Func,
    store: Store,
    parameters: list[ValueType],
    result: ValueType | None,
    arguments: list[Any],
    handles: HandleKeeper,
) -> Any:
    """Call a component's function.

    Args:
        function: what to call; of an instance in ``store``.
        store: the store.
        parameters: types of the parameters.
        result: type of the result, if there is one.
        arguments: JSON values that fit.
        handles: keeps resources that come back.

    Returns:
        The result as a JSON value; none when there is none.

    Raises:
        WasmtimeError: the guest trapped.
    """
    from wasmtime.component._enter import enter_wasm

    count = len(parameters)
    space = (ffi.wasmtime_component_val_t * max(1, count))()
    outcome = ffi.wasmtime_component_val_t()
    done = 0
    try:
        for index, (parameter, argument) in enumerate(zip(parameters, arguments, strict=True)):
            lower(parameter, argument, space[index])
            done += 1
        enter_wasm(
            lambda: ffi.wasmtime_component_func_call(
                ctypes.byref(function._func),  # noqa: SLF001
                store._context(),  # noqa: SLF001
                space,
                count,
                None if result is None else ctypes.byref(outcome),
                0 if result is None else 1,
            )
        )
    finally:
        for index in range(done):
            ffi.wasmtime_component_val_delete(ctypes.byref(space[index]))
    if result is None:
        return None
    try:
        return lift(result, outcome, handles)
    finally:
        ffi.wasmtime_component_val_delete(ctypes.byref(outcome))


def lower(expected: ValueType, value: Any, slot: Any) -> None:
    """Write a value that fits into a slot of the C API, which owns it from then on."""
    kind = expected.kind
    if kind in _SCALARS:
        number, name = _SCALARS[kind]
        setattr(slot.of, name, to_float(value) if kind[0] == "f" else value)
        slot.kind = number
    elif kind == "string":
        slot.of.string = ffi.str_to_capi(value)
        slot.kind = _STRING
    elif kind == "char":
        slot.of.character = ord(value)
        slot.kind = _CHAR
    else:
        _LOWER[kind](expected, value, slot)


def _lower_sequence(number: int, field: str) -> Callable[[ValueType, Any, Any], None]:
    vector_type = getattr(ffi, f"wasmtime_component_val{field}_t")
    new = getattr(ffi, f"wasmtime_component_val{field}_new_uninit")

    def lower_sequence(expected: ValueType, value: Any, slot: Any) -> None:
        vector = vector_type()
        new(ctypes.byref(vector), len(value))
        if number == _LIST:
            element = expected.only
            for index, each in enumerate(value):
                lower(element, each, vector.data[index])
        else:
            for index, ((_, member), each) in enumerate(zip(expected.members, value, strict=True)):
                if member is not None:
                    lower(member, each, vector.data[index])
        setattr(slot.of, field, vector)
        slot.kind = number

    return lower_sequence


def _lower_record(expected: ValueType, value: Any, slot: Any) -> None:
    vector = ffi.wasmtime_component_valrecord_t()
    ffi.wasmtime_component_valrecord_new_uninit(ctypes.byref(vector), len(expected.members))
    for index, (name, member) in enumerate(expected.members):
        if member is None:
            raise AssertionError("a field has a type")
        vector.data[index].name = ffi.str_to_capi(name)
        lower(member, value.get(name), vector.data[index].val)
    slot.of.record = vector
    slot.kind = _RECORD


def _boxed(member: ValueType | None, value: Any) -> Any:
    if member is None:
        return None
    inner = ffi.wasmtime_component_val_t()
    lower(member, value, inner)
    return ffi.wasmtime_component_val_new(ctypes.byref(inner))


def _lower_variant(expected: ValueType, value: Any, slot: Any) -> None:
    name, payload = (value, None) if isinstance(value, str) else next(iter(value.items()))
    boxed = _boxed(dict(expected.members)[name], payload)
    slot.of.variant.discriminant = ffi.str_to_capi(name)
    slot.of.variant.val = boxed
    slot.kind = _VARIANT


def _lower_enum(_: ValueType, value: Any, slot: Any) -> None:
    slot.of.enumeration = ffi.str_to_capi(value)
    slot.kind = _ENUM


def _lower_option(expected: ValueType, value: Any, slot: Any) -> None:
    if value is not None and expected.only.kind == "option":
        value = value["some"]
        slot.of.option = _boxed(expected.only, value)
    else:
        slot.of.option = None if value is None else _boxed(expected.only, value)
    slot.kind = _OPTION


def _lower_result(expected: ValueType, value: Any, slot: Any) -> None:
    name, payload = next(iter(value.items()))
    slot.of.result.val = _boxed(dict(expected.members)[name], payload)
    slot.of.result.is_ok = name == "ok"
    slot.kind = _RESULT


def _lower_flags(_: ValueType, value: Any, slot: Any) -> None:
    names = list(dict.fromkeys(value))
    vector = ffi.wasmtime_component_valflags_t()
    ffi.wasmtime_component_valflags_new_uninit(ctypes.byref(vector), len(names))
    for index, name in enumerate(names):
        vector.data[index] = ffi.str_to_capi(name)
    slot.of.flags = vector
    slot.kind = _FLAGS


_LOWER: dict[str, Callable[[ValueType, Any, Any], None]] = {
    "list": _lower_sequence(_LIST, "list"),
    "tuple": _lower_sequence(_TUPLE, "tuple"),
    "record": _lower_record,
    "variant": _lower_variant,
    "enum": _lower_enum,
    "option": _lower_option,
    "result": _lower_result,
    "flags": _lower_flags,
}


def lift(expected: ValueType, slot: Any, handles: HandleKeeper) -> Any:
    """Read a value out of a slot, which stays its owner."""
    kind = expected.kind
    of = slot.of
    if kind in _SCALARS:
        value = getattr(of, _SCALARS[kind][1])
        return from_float(value) if kind[0] == "f" else value
    match kind:
        case "string":
            return ffi.to_str(of.string)
        case "char":
            return chr(of.character)
        case "list":
            element = expected.only
            return [lift(element, of.list.data[i], handles) for i in range(of.list.size)]
        case "tuple":
            return [
                None if member is None else lift(member, of.tuple.data[index], handles)
                for index, (_, member) in enumerate(expected.members)
            ]
        case "record":
            return {
                name: None if member is None else lift(member, of.record.data[i].val, handles)
                for i, (name, member) in enumerate(expected.members)
            }
        case "enum":
            return ffi.to_str(of.enumeration)
        case "flags":
            return [ffi.to_str(of.flags.data[index]) for index in range(of.flags.size)]
        case "option":
            if not of.option:
                return None
            inner = lift(expected.only, of.option.contents, handles)
            return {"some": inner} if expected.only.kind == "option" else inner
        case "result":
            name = "ok" if of.result.is_ok else "err"
            return {name: _unboxed(dict(expected.members)[name], of.result.val, handles)}
        case "variant":
            name = ffi.to_str(of.variant.discriminant)
            member = dict(expected.members)[name]
            if member is None:
                return name
            return {name: _unboxed(member, of.variant.val, handles)}
        case _:
            return {"resource": handles.keep(_taken(slot))}


def _unboxed(member: ValueType | None, pointer: Any, handles: HandleKeeper) -> Any:
    return None if member is None else lift(member, pointer.contents, handles)


def _taken(slot: Any) -> Any:
    """Take a resource out of a slot; the slot holds a plain false then."""
    from wasmtime.component import ResourceAny

    resource = ResourceAny._from_ptr(ffi.take_pointer(slot.of, "resource"))  # noqa: SLF001
    slot.kind = 0
    slot.of.boolean = False
    return resource
