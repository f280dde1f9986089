"""What a component lets one call, as ``wcompose run --list`` tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wcompose.runtime import Component, ExportedFunction, ValueType

_INITIALIZER = "exports#init"
"""What componentize-py calls while it builds a component, and leaves in it: nobody else may call it."""


def callable_functions(opened: Component) -> tuple[ExportedFunction, ...]:
    """Functions of a component that are there to be called."""
    return tuple(each for each in opened.functions if each.full_name != _INITIALIZER)


def list_text(functions: tuple[ExportedFunction, ...]) -> str:
    """Functions by interface, and the types that have names in their signatures.

    Those of the world itself come first. A name in front of a colon, with or without its interface, is
    what ``--invoke`` takes.
    """
    by_interface: dict[str, list[ExportedFunction]] = {"": []}
    for each in functions:
        by_interface.setdefault(each.interface, []).append(each)
    blocks = [_block(interface, members) for interface, members in by_interface.items() if members]
    return "\n\n".join(blocks)


def _block(interface: str, functions: list[ExportedFunction]) -> str:
    indent = "  " if interface else ""
    lines = [f"{indent}{each.name}: {each.signature()}" for each in functions]
    types: dict[str, ValueType] = {}
    for function in functions:
        kinds = [kind for _, kind in function.parameters]
        for kind in [*kinds, *([function.result] if function.result else [])]:
            types |= {each.name: each for each in _named(kind)}
    lines += [f"{indent}type {name} = {kind.brief()}" for name, kind in sorted(types.items())]
    return "\n".join([interface, *lines] if interface else lines)


def _named(kind: ValueType) -> Iterator[ValueType]:
    """Types in a type that have names, and a structure that is worth telling."""
    if kind.is_defined and kind.kind not in {"own", "borrow"}:
        yield kind
    for _, member in kind.members:
        if member is not None:
            yield from _named(member)
