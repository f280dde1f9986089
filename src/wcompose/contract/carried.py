"""Carried interfaces: what they are called, and which functions they have.

A carried interface is an exported one in which every list of numbers is a string: its elements,
little-endian, as hexadecimal or, behind a ``=``, as base64. The engine writes the component that gives
it (`components/rust/engine`, ``src/carrying``); ``docs/explanation/carrying.md`` says what it is for.
"""

from __future__ import annotations

from collections.abc import Collection

from wcompose.contract.model import Function, Interface
from wcompose.contract.resources import parts_of
from wcompose.contract.types import (
    Definition,
    FutureType,
    HandleType,
    ListType,
    MapType,
    Primitive,
    StreamType,
    TypeDef,
)

PACKAGE = "wcompose:carried"
"""The package of every carried interface."""

_NUMBERS = frozenset({"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64"})
_UNKNOWN = frozenset({"error-context"})


def carried_name(name: str) -> str:
    """What the carried interface of an exported one is called.

    ``wcompose:carried/acme-shop-store@1.0.0`` for ``acme:shop/store@1.0.0``.
    """
    stem, at, version = name.partition("@")
    return f"{PACKAGE}/{stem.replace(':', '-').replace('/', '-')}{at}{version}"


def carried_functions(interface: Interface) -> tuple[str, ...]:
    """The functions of an interface that a carrier carries: those with a list of numbers in them.

    Functions that are async, and those that take or give streams, futures, maps or lists of fixed
    length, are left to the plain interface.
    """
    return tuple(name for name, each in interface.functions.items() if _is_carried(each))


def carried_function_name(name: str) -> str:
    """What a function is called in a carried interface, in which no function belongs to a resource.

    ``method-jar-add`` for ``[method]jar.add``, ``constructor-jar`` for ``[constructor]jar``.
    """
    return name.replace("[", "").replace("]", "-").replace(".", "-")


def is_carrier(exports: Collection[str]) -> bool:
    """Whether a component with such exports is a carrier, by what it calls them."""
    return bool(exports) and all(name.startswith(f"{PACKAGE}/") for name in exports)


def _is_carried(function: Function) -> bool:
    if function.is_async or function.accessor:
        return False
    is_found = False
    seen: set[int] = set()
    waiting: list[Definition] = [each.type for each in function.parameters]
    if function.result is not None:
        waiting.append(function.result)
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        match each:
            case StreamType() | FutureType() | MapType():
                return False
            case Primitive(name) if name in _UNKNOWN:
                return False
            case ListType(element, length):
                if length is not None:
                    return False
                is_found |= _is_number(element)
            case HandleType():
                continue
            case _:
                pass
        waiting += parts_of(each)
    return is_found


def _is_number(of: Definition) -> bool:
    while isinstance(of, TypeDef):
        of = of.definition
    return isinstance(of, Primitive) and of.name in _NUMBERS
