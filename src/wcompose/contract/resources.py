"""What types are made of, and the resources that a function's type speaks of."""

from __future__ import annotations

from wcompose.contract.model import Function
from wcompose.contract.types import (
    Definition,
    FutureType,
    HandleType,
    ListType,
    MapType,
    MembersType,
    OptionType,
    ResultType,
    StreamType,
    TupleType,
    TypeDef,
)


def resources_in(function: Function) -> tuple[TypeDef, ...]:
    """Every resource in a function's parameters and result, each once, in the order of its type."""
    found: dict[int, TypeDef] = {}
    seen: set[int] = set()
    waiting: list[Definition] = [each.type for each in function.parameters]
    if function.result is not None:
        waiting.append(function.result)
    waiting.reverse()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, HandleType):
            found.setdefault(id(each.resource), each.resource)
        waiting += reversed(parts_of(each))
    return tuple(found.values())


def parts_of(of: Definition) -> tuple[Definition, ...]:
    """What a type is made of, one step deep."""
    parts: tuple[Definition | None, ...] = ()
    match of:
        case TypeDef():
            parts = (of.definition,)
        case ListType(element):
            parts = (element,)
        case MapType(key, value):
            parts = (key, value)
        case OptionType(payload) | StreamType(payload) | FutureType(payload):
            parts = (payload,)
        case ResultType(ok, error):
            parts = (ok, error)
        case TupleType(elements):
            parts = elements
        case HandleType(resource):
            parts = (resource,)
        case MembersType(members):
            parts = tuple(member.type for member in members)
        case _:
            pass
    return tuple(each for each in parts if each is not None)
