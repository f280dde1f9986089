"""Functions that are written as text for a type, as `dataclasses` does it for its methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from wcompose.runtime.crossing.types import ValueType

PAYLOADS = {
    "s8": "b23x", "u8": "B23x", "s16": "h22x", "u16": "H22x", "s32": "i20x", "u32": "I20x",
    "s64": "q16x", "u64": "Q16x", "f32": "f20x", "f64": "d16x", "bool": "?23x", "char": "I20x",
    "string": "QQ8x", "record": "QQ8x", "tuple": "QQ8x", "list": "QQ8x", "enum": "QQ8x",
    "flags": "QQ8x", "option": "Q16x", "result": "QQ8x", "variant": "QQQ", "own": "Q16x",
    "borrow": "Q16x",
}  # fmt: skip
"""Payloads of 24 bytes as `struct` writes them, by their kinds."""


def type_key(wanted: ValueType) -> Any:
    """What is equal for types whose values look the same in Python: structure, classes, resources."""
    return (wanted, _classes(wanted))


def _classes(wanted: ValueType) -> tuple[Any, ...]:
    inner = tuple(None if member is None else _classes(member) for _, member in wanted.members)
    return (wanted.python, wanted.resource, inner)


class Writer:
    """Keeps what generated functions refer to.

    Args:
        scope: names that they all may use.
    """

    def __init__(self, scope: dict[str, Any]) -> None:
        self._scope = scope
        self._numbers = count()

    def fresh(self, prefix: str) -> str:
        """A name that was not given before."""
        return f"{prefix}_{next(self._numbers)}"

    def bind(self, prefix: str, value: Any) -> str:
        """A name by which generated functions reach ``value``."""
        name = self.fresh(prefix)
        self._scope[name] = value
        return name

    def define(self, signature: str, lines: Sequence[str]) -> Callable[..., Any]:
        """Make a function.

        Args:
            signature: its name and parameters.
            lines: its body.
        """
        source = f"def {signature}:\n" + "".join(f"    {line}\n" for line in lines)
        made: dict[str, Callable[..., Any]] = {}
        exec(source, self._scope, made)  # noqa: S102 -- numbers and identifiers of ours only
        return made[signature.partition("(")[0]]


def unpacked(names: Sequence[str]) -> str:
    """The left side of an assignment that takes a tuple apart."""
    return ", ".join(names) + ("," if len(names) == 1 else "")
