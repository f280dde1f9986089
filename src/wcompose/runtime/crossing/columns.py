"""Lists into tagged values, column by column.

A list of records is written as a block that repeats the record's fixed parts (names, kinds, addresses
of names), into which each field of all records goes in one strided slice. So the Python work for a list
is a few passes of built-in functions for each field, not calls for each element. A kind is fixed by the
type; what fills a column writes payloads only.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, chain
from operator import attrgetter
from typing import Any

from wcompose.native.calls import ENTRY_SIZE, KINDS, VALUE_SIZE
from wcompose.native.memory import ADDRESS_OFFSET, Block, address_of
from wcompose.runtime.crossing.classes import python_name
from wcompose.runtime.crossing.generated import type_key
from wcompose.runtime.crossing.numbers import (
    CODES,
    MOST_ELEMENTS,
    check_length,
    elements,
    lower_numbers,
    same_finiteness,
    to_text,
)
from wcompose.runtime.crossing.types import ValueType

Keep = Callable[[Any], object]
Fill = Callable[[list[Any], Block, int, int, Keep, Any], None]
"""``(values, block, start, stride, keep, owner)``: where the first payload is, how far the next one."""
Lower = Callable[[Any, Keep, Any], Any]
"""``(value, keep, owner)``: the words of one payload; `keep` holds what they point to."""


def template_of(wanted: ValueType) -> bytes:
    """A value of 32 bytes with its kind and no payload."""
    return bytes([KINDS[wanted.kind]]) + bytes(VALUE_SIZE - 1)


class Names:
    """Names that the C API reads, at addresses that last as long as this does."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def place(self, name: str) -> tuple[int, int]:
        """Length and address of a name."""
        data = self._kept.setdefault(name, name.encode())
        return len(data), address_of(data)

    def word(self, name: str) -> bytes:
        """The same as 16 bytes."""
        length, address = self.place(name)
        return length.to_bytes(8, "little") + address.to_bytes(8, "little")


def snapshot(values: Any) -> list[Any]:
    """The elements of a sequence that is no text, as a list of our own.

    Raises:
        TypeError: it is something else.
    """
    kind = type(values)
    if kind is list or kind is tuple:
        check_length(len(values), MOST_ELEMENTS)
        return list(values)
    if isinstance(values, (str, bytes, bytearray, Mapping)) or not isinstance(values, Sequence):
        if hasattr(values, "tolist") and not isinstance(values, (str, bytes, bytearray)):
            check_length(len(values), MOST_ELEMENTS)
            return list(values.tolist())
        raise TypeError("not a sequence")
    return elements(values)


def _put(block: Block, code: str, size: int, start: int, stride: int, column: Any) -> None:
    if len(column):
        whole: Any = memoryview(block.data)
        with whole, whole.cast(code) as view:
            view[start // size :: stride // size] = column


def _words(block: Block, start: int, stride: int, column: Sequence[int]) -> None:
    _put(block, "Q", 8, start, stride, array("Q", column))


class Columns:
    """Makes what fills columns.

    Args:
        names: where names are kept.
        lower_one: what lowers a single value of a type, for those that have no faster way.
        carried: whether lists of numbers go as text.
    """

    def __init__(
        self, names: Names, lower_one: Callable[[ValueType], Lower], *, carried: bool
    ) -> None:
        self._names = names
        self._lower_one = lower_one
        self._carried = carried
        self._made: dict[Any, Fill] = {}

    def list_of(self, wanted: ValueType) -> Lower:
        """What lowers a list: it gives the count and the address of the elements."""
        element = wanted.only
        if element.kind in CODES:
            if not self._carried:
                return lower_numbers(element.kind)
            kind = element.kind

            def carry(value: Any, keep: Keep, _owner: Any) -> tuple[int, int]:
                text = to_text(kind, value)
                keep(text)
                return len(text), address_of(text)

            return carry
        fill = self.fill(element)
        template = template_of(self.shape(element))

        def lower(value: Any, keep: Keep, owner: Any) -> tuple[int, int]:
            values = snapshot(value)
            count = len(values)
            block = Block(VALUE_SIZE * count, template)
            keep(block)
            fill(values, block, 8, VALUE_SIZE, keep, owner)
            return count, block.address

        return lower

    def shape(self, wanted: ValueType) -> ValueType:
        """The type as it crosses: a list of numbers that is carried is a string."""
        if self._carried and wanted.kind == "list" and wanted.only.kind in CODES:
            return ValueType("string")
        return wanted

    def fill(self, wanted: ValueType) -> Fill:
        """What fills a column of payloads of a type."""
        key = type_key(wanted)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._make(wanted)
        return found

    def _make(self, wanted: ValueType) -> Fill:
        kind = wanted.kind
        if kind in CODES:
            return _numbers(CODES[kind])
        match kind:
            case "bool":
                return _bools
            case "char":
                return _chars
            case "string":
                return _strings
            case "record":
                return self._records(wanted)
            case "tuple":
                return self._tuples(wanted)
            case "list":
                return self._lists(wanted)
            case "option":
                return self._options(wanted)
            case _:
                return self._singly(wanted)

    def _singly(self, wanted: ValueType) -> Fill:
        lower = self._lower_one(wanted)

        def fill(
            values: list[Any], block: Block, start: int, stride: int, keep: Keep, owner: Any
        ) -> None:
            words = [lower(value, keep, owner) for value in values]
            for index, column in enumerate(zip(*words, strict=True)):
                _words(block, start + 8 * index, stride, column)

        return fill

    def _records(self, wanted: ValueType) -> Fill:
        fields = [(name, member) for name, member in wanted.members if member is not None]
        template = b"".join(
            self._names.word(name) + template_of(self.shape(each)) for name, each in fields
        )
        fills = [(attrgetter(python_name(name)), self.fill(each)) for name, each in fields]
        return _composite(fills, template, ENTRY_SIZE, ENTRY_SIZE - VALUE_SIZE + 8)

    def _tuples(self, wanted: ValueType) -> Fill:
        members = [member for _, member in wanted.members if member is not None]
        template = b"".join(template_of(self.shape(each)) for each in members)
        fills = [self.fill(each) for each in members]
        width = len(fills)

        def fill(
            values: list[Any], block: Block, start: int, stride: int, keep: Keep, owner: Any
        ) -> None:
            rows = [snapshot(value) for value in values]
            if any(len(row) != width for row in rows):
                raise ValueError("a tuple of another length")
            inner = Block(len(template) * len(rows), template)
            keep(inner)
            for index, each in enumerate(fills):
                column = [row[index] for row in rows]
                each(column, inner, VALUE_SIZE * index + 8, len(template), keep, owner)
            _words(block, start, stride, [width] * len(rows))
            _spread(block, start + 8, stride, inner.address, len(template), len(rows))

        return fill

    def _lists(self, wanted: ValueType) -> Fill:
        element = wanted.only
        if element.kind in CODES:
            return self._singly(wanted)
        fill_inner = self.fill(element)
        template = template_of(self.shape(element))

        def fill(
            values: list[Any], block: Block, start: int, stride: int, keep: Keep, owner: Any
        ) -> None:
            rows = [snapshot(value) for value in values]
            counts = [len(row) for row in rows]
            inner = Block(VALUE_SIZE * sum(counts), template)
            keep(inner)
            fill_inner(list(chain.from_iterable(rows)), inner, 8, VALUE_SIZE, keep, owner)
            _words(block, start, stride, counts)
            base = inner.address
            offsets = accumulate(counts[:-1], initial=0)
            _words(
                block,
                start + 8,
                stride,
                [base + VALUE_SIZE * each for each in offsets][: len(rows)],
            )

        return fill

    def _options(self, wanted: ValueType) -> Fill:
        payload = wanted.only
        fill_inner = self.fill(payload)
        template = template_of(self.shape(payload))
        is_nested = payload.kind == "option"

        def fill(
            values: list[Any], block: Block, start: int, stride: int, keep: Keep, owner: Any
        ) -> None:
            there = [value for value in values if value is not None]
            inner = Block(VALUE_SIZE * len(there), template)
            keep(inner)
            if is_nested:
                there = [value.value for value in there]
            fill_inner(there, inner, 8, VALUE_SIZE, keep, owner)
            addresses = iter(range(inner.address, inner.address + len(inner.data), VALUE_SIZE))
            _words(
                block, start, stride, [0 if value is None else next(addresses) for value in values]
            )

        return fill


def _composite(
    fills: Sequence[tuple[Callable[[Any], Any], Fill]], template: bytes, width: int, payload: int
) -> Fill:
    count = len(fills)

    def fill(
        values: list[Any], block: Block, start: int, stride: int, keep: Keep, owner: Any
    ) -> None:
        inner = Block(len(template) * len(values), template)
        keep(inner)
        for index, (read, each) in enumerate(fills):
            column = list(map(read, values))
            each(column, inner, width * index + payload, len(template), keep, owner)
        _words(block, start, stride, [count] * len(values))
        _spread(block, start + 8, stride, inner.address, len(template), len(values))

    return fill


def _spread(block: Block, start: int, stride: int, base: int, step: int, count: int) -> None:
    """Addresses of equal parts of a block."""
    _words(block, start, stride, range(base, base + step * count, step) if count else ())


def _numbers(code: str) -> Fill:
    size = array(code).itemsize

    def fill(
        values: list[Any], block: Block, start: int, stride: int, _keep: Keep, _owner: Any
    ) -> None:
        column = array(code, values)
        if code == "f" and not all(map(same_finiteness, column, values)):
            raise OverflowError("too large for 32 bits")
        _put(block, code, size, start, stride, column)

    return fill


def _bools(
    values: list[Any], block: Block, start: int, stride: int, _keep: Keep, _owner: Any
) -> None:
    if not set(map(type, values)) <= {bool}:
        raise TypeError("not a bool")
    _put(block, "B", 1, start, stride, bytes(values))


def _chars(
    values: list[Any], block: Block, start: int, stride: int, _keep: Keep, _owner: Any
) -> None:
    points = array("I", map(ord, values))
    "".join(values).encode()  # a lone surrogate is no Unicode scalar value
    _put(block, "I", 4, start, stride, points)


def _strings(
    values: list[Any], block: Block, start: int, stride: int, keep: Keep, _owner: Any
) -> None:
    encoded = list(map(str.encode, values))
    keep(encoded)
    _words(block, start, stride, array("Q", map(len, encoded)))
    _words(block, start + 8, stride, [id(each) + ADDRESS_OFFSET for each in encoded])
