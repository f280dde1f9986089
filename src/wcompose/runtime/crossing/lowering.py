"""Python values into tagged values of the C API: a function is written for each list of parameters.

The C API reads arguments and copies them before the guest runs, so they may stay in Python's own memory:
``bytes`` objects that point at each other, held by a list until the call has ended. A function is
generated for each type, as `dataclasses` does it: it packs a record with all its fixed parts at once.
Generated text holds numbers and identifiers of ours, and names of fields, which WIT keeps to letters,
digits and dashes.

What does not fit raises one of `UNFIT`; `crossing.values` then says what and where, or puts a
value that was given in another form into the one that is meant here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from wcompose.native.calls import KINDS
from wcompose.native.memory import ADDRESS_OFFSET, address_of
from wcompose.runtime.crossing.classes import class_name, python_name
from wcompose.runtime.crossing.columns import Columns, Lower, Names
from wcompose.runtime.crossing.generated import PAYLOADS, Writer, type_key
from wcompose.runtime.crossing.numbers import CODES
from wcompose.runtime.crossing.types import ValueType

UNFIT = (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError, struct.error)
"""What is raised for a value that is not in the form that is meant."""
_FLAG_SETS = 1024


class Lowering:
    """Makes functions that lower values.

    Args:
        carried: whether lists of numbers go as text; see `crossing.numbers`.
    """

    def __init__(self, *, carried: bool = False) -> None:
        self._names = Names()
        self._columns = Columns(self._names, self._payload_of, carried=carried)
        self._helpers: dict[Any, str] = {}
        self._writer = Writer(
            {
                "encode": str.encode,
                "refuse": _refuse,
                "check_character": _character,
                # The functions hold addresses of names, which must last as long as they do.
                "names": self._names,
            }
        )

    def function(self, parameters: Sequence[ValueType]) -> Callable[..., bytes]:
        """What lowers arguments: ``(keep, owner, *arguments)`` gives the block of their values.

        Args:
            parameters: their types; none of them holds a future or a stream.
        """
        names = [f"a{index}" for index in range(len(parameters))]
        lines: list[str] = []
        formats, words = "", []
        for name, wanted in zip(names, parameters, strict=True):
            code, exprs = self._value(wanted, name, lines)
            formats += code
            words += exprs
        if not parameters:
            return lambda _keep, _owner: b""
        pack = self._writer.bind("pack", struct.Struct("<" + formats).pack)
        lines.append(f"return {pack}({', '.join(words)})")
        return self._writer.define(f"lower(keep, owner, {', '.join(names)})", lines)

    def _value(self, wanted: ValueType, value: str, lines: list[str]) -> tuple[str, list[str]]:
        shape = self._columns.shape(wanted)
        code, words = self._payload(wanted, value, lines)
        return f"B7x{code}", [str(KINDS[shape.kind]), *words]

    def _payload(self, wanted: ValueType, value: str, lines: list[str]) -> tuple[str, list[str]]:
        """The format of a payload, and expressions of what is packed by it."""
        kind = wanted.kind
        code = PAYLOADS[self._columns.shape(wanted).kind]
        if kind in CODES:
            return code, [value]
        if kind == "bool":
            lines.append(f"if {value} is not True and {value} is not False: refuse()")
            return code, [value]
        if kind == "char":
            return code, [f"check_character({value})"]
        if kind == "string":
            text = self._writer.fresh("s")
            lines += [f"{text} = encode({value})", f"keep({text})"]
            return code, [f"len({text})", f"id({text}) + {ADDRESS_OFFSET}"]
        if kind == "enum":
            pair = self._writer.fresh("e")
            table = {name: self._names.place(name) for name, _ in wanted.members}
            lines.append(f"{pair} = {self._writer.bind('enum', table)}[{value}._value_]")
            return code, [f"{pair}[0]", f"{pair}[1]"]
        words = [self._writer.fresh("w") for _ in range(code.count("Q"))]
        left = words[0] + "," if len(words) == 1 else ", ".join(words)
        lines.append(f"{left} = {self._helper(wanted)}({value}, keep, owner)")
        return code, words

    def _payload_of(self, wanted: ValueType) -> Lower:
        """What lowers one value to the words of its payload; for columns."""
        lines: list[str] = []
        _, words = self._payload(wanted, "v", lines)
        lines.append(f"return ({', '.join(words)},)")
        return self._writer.define("payload(v, keep, owner)", lines)

    def _helper(self, wanted: ValueType) -> str:
        key = type_key(wanted)
        name = self._helpers.get(key)
        if name is None:
            made = getattr(self, f"_make_{wanted.kind}")(wanted)
            name = self._helpers[key] = self._writer.bind(wanted.kind, made)
        return name

    def _make_record(self, wanted: ValueType) -> Lower:
        formats, words, lines = "", [], []
        for name, member in wanted.members:
            if member is None:
                raise AssertionError("a field has a type")
            length, address = self._names.place(name)
            value = f"v.{python_name(name)}"
            if member.kind == "bool":
                local = self._writer.fresh("f")
                lines.append(f"{local} = {value}")
                value = local
            code, exprs = self._value(member, value, lines)
            formats += "QQ" + code
            words += [str(length), str(address), *exprs]
        return self._block(formats, words, lines, len(wanted.members))

    def _make_tuple(self, wanted: ValueType) -> Lower:
        formats, words = "", []
        parts = [self._writer.fresh("t") for _ in wanted.members]
        refusal = "if isinstance(v, (str, bytes, dict, set)): refuse()"
        lines = [refusal, f"{', '.join(parts)}{',' if len(parts) == 1 else ''} = v"]
        for part, (_, member) in zip(parts, wanted.members, strict=True):
            if member is None:
                raise AssertionError("an element has a type")
            code, exprs = self._value(member, part, lines)
            formats += code
            words += exprs
        return self._block(formats, words, lines, len(parts))

    def _block(self, formats: str, words: list[str], lines: list[str], count: int) -> Lower:
        pack = self._writer.bind("pack", struct.Struct("<" + formats).pack)
        block = self._writer.fresh("b")
        lines += [
            f"{block} = {pack}({', '.join(words)})",
            f"keep({block})",
            f"return {count}, id({block}) + {ADDRESS_OFFSET}",
        ]
        return self._writer.define("block(v, keep, owner)", lines)

    def _make_list(self, wanted: ValueType) -> Lower:
        return self._columns.list_of(wanted)

    def _boxed(self, wanted: ValueType) -> Callable[[Any, Any, Any], int]:
        """What lowers a value that is pointed at; it gives its address."""
        lines: list[str] = []
        code, words = self._value(wanted, "v", lines)
        pack = self._writer.bind("pack", struct.Struct("<" + code).pack)
        lines += [
            f"b = {pack}({', '.join(words)})",
            "keep(b)",
            f"return id(b) + {ADDRESS_OFFSET}",
        ]
        return self._writer.define("boxed(v, keep, owner)", lines)

    def _make_option(self, wanted: ValueType) -> Lower:
        boxed = self._boxed(wanted.only)
        if wanted.only.kind == "option":
            return lambda value, keep, owner: (
                (0,) if value is None else (boxed(value.value, keep, owner),)
            )
        return lambda value, keep, owner: (0,) if value is None else (boxed(value, keep, owner),)

    def _make_result(self, wanted: ValueType) -> Lower:
        from wcompose.runtime.crossing.classes import Err, Ok

        (_, ok), (_, err) = wanted.members
        box_ok = None if ok is None else self._boxed(ok)
        box_err = None if err is None else self._boxed(err)

        def lower(value: Any, keep: Any, owner: Any) -> tuple[int, int]:
            kind = type(value)
            if kind is not Ok and kind is not Err:
                raise TypeError("neither Ok nor Err")
            boxed = box_ok if kind is Ok else box_err
            if boxed is None:
                if value.value is not None:
                    raise TypeError("carries nothing")
                return int(kind is Ok), 0
            return int(kind is Ok), boxed(value.value, keep, owner)

        return lower

    def _make_variant(self, wanted: ValueType) -> Lower:
        cases: dict[type, tuple[int, int, Any]] = {}
        for name, member in wanted.members:
            length, address = self._names.place(name)
            boxed = None if member is None else self._boxed(member)
            cases[getattr(wanted.python, class_name(name))] = (length, address, boxed)

        def lower(value: Any, keep: Any, owner: Any) -> tuple[int, int, int]:
            length, address, boxed = cases[type(value)]
            return length, address, 0 if boxed is None else boxed(value.value, keep, owner)

        return lower

    def _make_flags(self, wanted: ValueType) -> Lower:
        words = [self._names.word(name) for name, _ in wanted.members]
        python = wanted.python
        if python is None:
            raise AssertionError("flags have a class")
        made: dict[int, tuple[int, int]] = {}
        kept: list[bytes] = []

        def lower(value: Any, keep: Any, _owner: Any) -> tuple[int, int]:
            if not isinstance(value, python):
                raise TypeError("other flags")
            bits = value._value_
            found = made.get(bits)
            if found is None:
                block = b"".join(word for index, word in enumerate(words) if bits >> index & 1)
                found = len(block) // 16, address_of(block)
                if len(made) < _FLAG_SETS:
                    kept.append(block)
                    made[bits] = found
                else:
                    keep(block)
            return found

        return lower

    def _make_own(self, wanted: ValueType) -> Lower:
        index = wanted.resource
        return lambda value, keep, owner: (owner.lend(value, index, keep, is_own=True),)

    def _make_borrow(self, wanted: ValueType) -> Lower:
        index = wanted.resource
        return lambda value, keep, owner: (owner.lend(value, index, keep, is_own=False),)


def _refuse() -> None:
    raise TypeError("another form")


def _character(value: Any) -> int:
    point = ord(value)
    if not isinstance(value, str) or 0xD800 <= point <= 0xDFFF:
        raise TypeError("no character")
    return point
