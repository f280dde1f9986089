"""Tagged values of the C API into Python values: a function is written for each type.

A record's fields are read by one `struct.Struct.unpack_from` straight from the runtime's memory. See
`crossing.lowering` for the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from wcompose.native.calls import VALUE_SIZE
from wcompose.native.memory import MEMORY
from wcompose.runtime.crossing.classes import Err, Ok, Some, class_name
from wcompose.runtime.crossing.generated import PAYLOADS, Writer, type_key, unpacked
from wcompose.runtime.crossing.numbers import CODES, from_text, lift_numbers
from wcompose.runtime.crossing.types import ValueType

Lift = Callable[[int, Any], Any]
"""``(address, owner)``: the value that stands there; ``owner`` takes handles and knows its bounds."""

_FORMATS = {**PAYLOADS, "record": "8xQ8x", "tuple": "8xQ8x", "result": "?7xQ8x"}
"""The same for reading, which knows how many parts a type has."""


class Lifting:
    """Makes functions that lift values.

    Args:
        carried: whether lists of numbers come as text.
    """

    def __init__(self, *, carried: bool = False) -> None:
        self._carried = carried
        self._helpers: dict[Any, str] = {}
        self._writer = Writer({"M": MEMORY, "Some": Some, "Ok": Ok, "Err": Err})

    def function(self, wanted: ValueType) -> Lift:
        """What lifts the value at an address."""
        names, expression = self._payload(wanted)
        code = self._format(wanted)
        unpack = self._writer.bind("unpack", struct.Struct(f"<8x{code}").unpack_from)
        return self._writer.define(
            "lift(p, owner)", [f"{unpacked(names)} = {unpack}(M, p)", f"return {expression}"]
        )

    def arguments(self, parameters: Sequence[ValueType]) -> Callable[[int, Any], list[Any]]:
        """What lifts values that stand in a row; for functions of the host."""
        lifts = [self.function(each) for each in parameters]
        return lambda address, owner: [
            lift(address + VALUE_SIZE * index, owner) for index, lift in enumerate(lifts)
        ]

    def _is_text(self, wanted: ValueType) -> bool:
        return self._carried and wanted.kind == "list" and wanted.only.kind in CODES

    def _format(self, wanted: ValueType) -> str:
        return _FORMATS["string" if self._is_text(wanted) else wanted.kind]

    def _payload(self, wanted: ValueType) -> tuple[list[str], str]:
        """Names for what is unpacked of a payload, and the expression of the value."""
        kind = wanted.kind
        count = sum(self._format(wanted).count(code) for code in "bBhHiIqQfd?")
        names = [self._writer.fresh("p") for _ in range(count)]
        first, rest = names[0], ", ".join(names)
        if kind in CODES or kind == "bool":
            return names, first
        if kind == "char":
            return names, f"chr({first})"
        if kind == "string":
            return names, f"{self._text(*names)}.decode()"
        if self._is_text(wanted):
            read = self._writer.bind("text", from_text(wanted.only.kind))
            return names, f"{read}({self._text(*names)})"
        if kind == "enum":
            members = {each.value: each for each in wanted.python or ()}
            table = self._writer.bind(
                "enum", {name.encode(): members[name] for name, _ in wanted.members}
            )
            return names, f"{table}[M[{names[1]}:{names[1]}+{names[0]}]]"
        return names, f"{self._helper(wanted)}({rest}, owner)"

    def _text(self, length: str, address: str) -> str:
        return (
            f"(M[{address}:{address}+{length}] if {length} <= owner.result_limit "
            f"else owner.too_large({length}))"
        )

    def _helper(self, wanted: ValueType) -> str:
        key = type_key(wanted)
        name = self._helpers.get(key)
        if name is None:
            name = self._writer.bind(wanted.kind, getattr(self, f"_make_{wanted.kind}")(wanted))
            self._helpers[key] = name
        return name

    def _parts(self, wanted: ValueType, skipped: int) -> tuple[str, list[str], list[str]]:
        """Format of the parts of a record or tuple in memory, names for them, their expressions."""
        code, names, expressions = "<", [], []
        for _, member in wanted.members:
            if member is None:
                raise AssertionError("a part has a type")
            code += f"{skipped}x{self._format(member)}"
            own, expression = self._payload(member)
            names += own
            expressions.append(expression)
        return code, names, expressions

    def _make_record(self, wanted: ValueType) -> Any:
        code, names, expressions = self._parts(wanted, 24)
        unpack = self._writer.bind("unpack", struct.Struct(code).unpack_from)
        made = self._writer.bind("class", wanted.python)
        return self._writer.define(
            "record(p, owner)",
            [f"{unpacked(names)} = {unpack}(M, p)", f"return {made}({', '.join(expressions)})"],
        )

    def _make_tuple(self, wanted: ValueType) -> Any:
        code, names, expressions = self._parts(wanted, 8)
        unpack = self._writer.bind("unpack", struct.Struct(code).unpack_from)
        return self._writer.define(
            "tuple_(p, owner)",
            [f"{unpacked(names)} = {unpack}(M, p)", f"return ({', '.join(expressions)},)"],
        )

    def _make_list(self, wanted: ValueType) -> Any:
        element = wanted.only
        guard = "if n > owner.result_limit: owner.too_large(n)"
        if element.kind in CODES:
            read = self._writer.bind("numbers", lift_numbers(element.kind))
            return self._writer.define("list_(n, p, owner)", [guard, f"return {read}(n, p)"])
        names, expression = self._payload(element)
        unpack = self._writer.bind("each", struct.Struct(f"<8x{self._format(element)}").iter_unpack)
        return self._writer.define(
            "list_(n, p, owner)",
            [
                guard,
                "if not n: return []",
                f"return [{expression} for {unpacked(names)} in {unpack}(M[p:p+{VALUE_SIZE}*n])]",
            ],
        )

    def _make_option(self, wanted: ValueType) -> Any:
        inner = self._writer.bind("inner", self.function(wanted.only))
        value = f"{inner}(p, owner)"
        if wanted.only.kind == "option":
            value = f"Some({value})"
        return self._writer.define("option(p, owner)", [f"return {value} if p else None"])

    def _make_result(self, wanted: ValueType) -> Any:
        ok, err = (
            "None"
            if member is None
            else f"{self._writer.bind('side', self.function(member))}(p, owner)"
            for _, member in wanted.members
        )
        return self._writer.define(
            "result(is_ok, p, owner)", [f"return Ok({ok}) if is_ok else Err({err})"]
        )

    def _make_variant(self, wanted: ValueType) -> Any:
        cases = {
            name.encode(): (
                getattr(wanted.python, class_name(name)),
                None if member is None else self.function(member),
            )
            for name, member in wanted.members
        }

        def lift(length: int, address: int, value: int, owner: Any) -> Any:
            made, payload = cases[MEMORY[address : address + length]]
            return made() if payload is None else made(payload(value, owner))

        return lift

    def _make_flags(self, wanted: ValueType) -> Any:
        python = wanted.python
        if python is None:
            raise AssertionError("flags have a class")
        bits = {name.encode(): 1 << index for index, (name, _) in enumerate(wanted.members)}
        made: dict[int, Any] = {}
        each = struct.Struct("<QQ").iter_unpack

        def lift(count: int, address: int, _owner: Any) -> Any:
            value = 0
            for length, place in each(MEMORY[address : address + 16 * count]):
                value |= bits[MEMORY[place : place + length]]
            found = made.get(value)
            if found is None:
                found = python(value)
                if len(made) < 1024:
                    made[value] = found
            return found

        return lift

    def _make_own(self, wanted: ValueType) -> Any:
        return lambda address, owner: owner.take(address, wanted, is_own=True)

    def _make_borrow(self, wanted: ValueType) -> Any:
        return lambda address, owner: owner.take(address, wanted, is_own=False)
