"""Which types functions speak of, and which of them Python cannot."""

from __future__ import annotations

from collections.abc import Iterable

from wcompose.contract import Function, TypeDef
from wcompose.contract.resources import parts_of
from wcompose.contract.types import (
    Definition,
    FutureType,
    ListType,
    MapType,
    MembersType,
    Primitive,
    StreamType,
)
from wcompose.errors import ContractError

LARGEST_TYPE = 20_000
"""Types in one type, what has a name counted as one: more than that nobody has written."""

_UNSUPPORTED = (
    (StreamType, "it has a stream"),
    (FutureType, "it has a future"),
    (MapType, "it has a map"),
)
_ERROR_CONTEXT = Primitive("error-context")


def reached(functions: Iterable[Function]) -> set[TypeDef]:
    """Every type with a name that the functions' types are made of."""
    found: set[TypeDef] = set()
    seen: set[int] = set()
    waiting: list[Definition] = []
    for function in functions:
        waiting += _types(function)
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, TypeDef):
            found.add(each)
        waiting += parts_of(each)
    return found


def unsupported(function: Function) -> str:
    """Why a function cannot be called from Python; empty when it can."""
    if function.is_async:
        return "it is async"
    if function.accessor:
        return "it is an accessor"
    seen: set[int] = set()
    waiting: list[Definition] = _types(function)
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        for kind, reason in _UNSUPPORTED:
            if isinstance(each, kind):
                return reason
        if isinstance(each, ListType) and each.length is not None:
            return "it has a list of fixed length"
        if each == _ERROR_CONTEXT:
            return "it has an error context"
        parts = parts_of(each)
        if not isinstance(each, TypeDef) and any(isinstance(one, MembersType) for one in parts):
            return "it has a type without a name"
        waiting += parts
    return ""


def check_size(function: Function) -> None:
    """Refuse what would become too long a text; a hand-made binary can unfold for ever.

    Raises:
        ContractError: a type in it is too large.
    """
    known: dict[int, int] = {}
    for each in _types(function):
        if _size(each, known) > LARGEST_TYPE:
            raise ContractError.of(
                "type-too-large",
                f"a type of `{function.name}` is too large to be written in Python",
                hint="give its parts names",
            )


def _types(function: Function) -> list[Definition]:
    types: list[Definition] = [each.type for each in function.parameters]
    return types if function.result is None else [*types, function.result]


def _size(of: Definition, known: dict[int, int]) -> int:
    """Types that a text would spell for a type, or for the largest one that it names."""
    if id(of) not in known:
        sizes = [(each, _size(each, known)) for each in parts_of(of)]
        whole = 1 + sum(1 if isinstance(each, TypeDef) else size for each, size in sizes)
        known[id(of)] = max([whole, *(size for _, size in sizes)])
    return known[id(of)]
