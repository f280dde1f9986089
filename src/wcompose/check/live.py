"""Which types of a contract functions use."""

from __future__ import annotations

from collections.abc import Iterator

from wcompose.contract import Contract, Function, FunctionExtern, InterfaceExtern
from wcompose.contract.resources import parts_of
from wcompose.contract.types import Definition


def used_types(contract: Contract) -> frozenset[int]:
    """The ``id`` of every type with a name that a function uses, by whatever way.

    Those are the types that components import (``wit-component/src/encoding/types.rs``,
    ``LiveTypes``): what no function needs is left out of them.
    """
    seen: set[int] = set()
    waiting: list[Definition] = []
    for function in _functions(contract):
        waiting += [each.type for each in function.parameters]
        if function.resource is not None:
            waiting.append(function.resource)
        if function.result is not None:
            waiting.append(function.result)
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            waiting += parts_of(each)
    return frozenset(seen)


def _functions(contract: Contract) -> Iterator[Function]:
    for interface in contract.interfaces.values():
        yield from interface.functions.values()
    worlds = list(contract.worlds.values())
    for world in worlds if contract.world is None else [*worlds, contract.world]:
        for extern in (*world.imports.values(), *world.exports.values()):
            if isinstance(extern, FunctionExtern):
                yield extern.function
            elif isinstance(extern, InterfaceExtern):
                yield from extern.interface.functions.values()
