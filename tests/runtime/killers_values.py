"""Values that are wrong, huge, endless, or not what they seem while they are read."""

from __future__ import annotations

import array
import ctypes
import decimal
import fractions
import mmap
import resource
from collections import UserDict, UserList, UserString, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from killing import Scene, raises

import wcompose
from wcompose import errors

NUMBERS = ("u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64")
SAFE = (errors.ValueFault, errors.UsageError)


class _Raising:
    """Raises whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError(name)

    def __index__(self) -> int:
        raise ZeroDivisionError

    def __float__(self) -> float:
        raise ZeroDivisionError

    def __len__(self) -> int:
        raise ZeroDivisionError

    def __iter__(self) -> Iterator[Any]:
        raise ZeroDivisionError

    def __getitem__(self, key: Any) -> Any:
        raise ZeroDivisionError

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    def __hash__(self) -> int:
        raise ZeroDivisionError

    def __repr__(self) -> str:
        raise ZeroDivisionError

    def __bool__(self) -> bool:
        raise ZeroDivisionError


class _LongList(list[Any]):
    """Says that it is longer than it is."""

    def __len__(self) -> int:
        return 1 << 40


class _ShortList(list[Any]):
    """Says that it is shorter than it is."""

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(range(100_000))


class _NegativeList(list[Any]):
    """Has a length that none can have."""

    def __len__(self) -> int:
        return -1  # noqa: PLE0303


class _Endless(Sequence[Any]):
    """Ends never, whatever it says of its length."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, key: Any) -> Any:
        return 1

    def __iter__(self) -> Iterator[Any]:
        while True:
            yield 1


class _Text(str):
    """Is encoded as it likes."""

    __slots__ = ()

    def encode(self, *_: Any, **__: Any) -> bytes:
        return b"\xff\xfe" * 50

    def isascii(self) -> bool:
        return True

    def __len__(self) -> int:
        return 3


class _Bytes(bytes):
    """Says that it is longer than it is."""

    def __len__(self) -> int:
        return 1 << 40

    def __getitem__(self, key: Any) -> Any:
        return "x"


class _Integer(int):
    """Is another number when it is asked."""

    def __index__(self) -> int:
        return 1 << 70

    def __int__(self) -> int:
        return -5

    def __lt__(self, other: object) -> bool:
        return True

    def __le__(self, other: object) -> bool:
        return True

    def __ge__(self, other: object) -> bool:
        return True


class _Float(float):
    """Is no number when it is asked."""

    def __float__(self) -> float:
        raise ZeroDivisionError


class _Dictionary(dict[Any, Any]):
    """Has every key, and none."""

    def __missing__(self, key: Any) -> Any:
        return self

    def get(self, key: Any, default: Any = None) -> Any:
        return self

    def __contains__(self, key: object) -> bool:
        return True

    def keys(self) -> Any:
        raise ZeroDivisionError


class _ArrayLike:
    """What libraries of arrays look like, with an address that is not its own."""

    __array_interface__ = {"shape": (1 << 40,), "typestr": "|u1", "data": (8, False), "version": 3}  # noqa: RUF012
    dtype = "uint8"
    shape = (1 << 40,)
    nbytes = 1 << 40

    def tolist(self) -> Any:
        return self

    def tobytes(self) -> Any:
        return self


class _Structure(ctypes.Structure):
    _fields_ = (("a", ctypes.c_uint8), ("b", ctypes.c_double))


def _itself() -> list[Any]:
    whole: list[Any] = []
    whole.append(whole)
    return whole


def _own_value() -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for name in ("x", "y", "some", "ok", "err", "head", "text", "perhaps"):
        whole[name] = whole
    return whole


def _nested(make: Callable[[Any], Any], depth: int = 100_000) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = make(value)
    return value


def _released() -> memoryview:
    view = memoryview(bytearray(b"12345678"))
    view.release()
    return view


def _views() -> list[Any]:
    data = bytearray(range(240))
    closed = mmap.mmap(-1, 4096)
    closed.close()
    return [
        memoryview(data)[::2],
        memoryview(data)[::-1],
        memoryview(data).cast("B", [2, 120]),
        memoryview(data).cast("d", [5, 6]),
        memoryview(data)[:0],
        memoryview(bytes(1)).cast("B", []),
        *(memoryview(data).cast(code) for code in "c?Pd"),
        memoryview((ctypes.c_uint8 * 8)()),
        memoryview((ctypes.c_uint64.__ctype_be__ * 3)()),
        memoryview((_Structure * 3)()),
        memoryview(_Structure()),
        memoryview((ctypes.c_uint8 * 4 * 3)()),
        memoryview((ctypes.c_char_p * 3)()),
        memoryview(ctypes.py_object(None)),
        (ctypes.c_uint16 * 3)(),
        _released(),
        closed,
        mmap.mmap(-1, 4096),
        array.array("u", "abc"),
        array.array("d", [1, 2]),
        array.array("b", [-1]),
        array.array("Q"),
    ]


NUMBERS_OF_ALL_KINDS = (
    *(-1, 0, 256, 1 << 31, 1 << 63, 1 << 64, -(1 << 63) - 1, 1 << 100_000, True, False, 1j),
    *(1.5, 1e39, 1e308, float("nan"), float("inf"), -0.0),
    *(decimal.Decimal(1), decimal.Decimal("sNaN"), fractions.Fraction(1, 2)),
)
TEXTS_OF_ALL_KINDS = ("", "x", "a\0b", "\ud800", "\udfff", "x\udc80", "\U0010ffff", "nan", "ok")
ODD_THINGS = (
    *(None, Ellipsis, NotImplemented, object, int, print, len, slice(1), Exception()),
    *(b"", b"\xff", range(3), range(-3, 300), set(), {1}, frozenset({"read"}), _Raising),
)


def _nasty() -> list[Any]:
    """Everything that somebody may try, and more."""
    lists: list[Any] = [[], [None], [[]], [1, "x"], ["\ud800"], [256], [-1], [1.5], [float("nan")]]
    tuples: list[Any] = [(), (1,), (1, 2), (_Raising(),)]
    mappings: list[Any] = [
        *({}, {1: 2}, {"ok": 1}, {"err": 1}, {"ok": 1, "err": 2}, {"some": 1}),
        *({"x": 1.0, "y": 2.0}, {"\ud800": 1}, {None: None}, {"text": "\ud800"}),
        *({"x": _Raising()}, _Dictionary(x=1), _Dictionary(), UserDict()),
    ]
    liars: list[Any] = [
        *(_LongList([1]), _ShortList([1]), _NegativeList([1]), _Text("abc"), _Bytes(b"abc")),
        *(_Integer(3), _Float(3), _ArrayLike(), _Raising(), type("Odd", (), {})),
    ]
    whole: list[Any] = [
        *(_itself(), (_itself(),), _own_value(), object(), bytearray(b"\xff\0"), lambda: 1),
        *(iter([1]), (each for each in [1]), deque([1]), UserList([1]), UserString("x")),
        _nested(lambda value: [value]),
        _nested(lambda value: (value,)),
        _nested(lambda value: {"some": value}),
        _nested(lambda value: {"ok": value}),
    ]
    plain = [*NUMBERS_OF_ALL_KINDS, *TEXTS_OF_ALL_KINDS, *ODD_THINGS]
    found = [*plain, *lists, *tuples, *mappings, *liars, *whole, *_views()]
    return [*found, *([each] for each in liars)]


def _is_one(function: Any) -> bool:
    return len(function.parameters) == 1


def wrong_values_for_every_type(scene: Scene) -> None:
    echo = scene.echo()
    add = echo.function("values#add")
    functions = [
        each for each in scene.component("echo-rust").functions if "/values" in each.interface
    ]
    assert len(functions) > 50
    refused = taken = 0
    nasty = _nasty()
    wrong: set[str] = set()
    for function in functions:
        if not _is_one(function):
            continue
        call = echo.function(function.full_name)
        for number, value in enumerate(nasty):
            try:
                call(value)
                taken += 1
            except errors.ValueFault:
                refused += 1
            except wcompose.ResultError:
                taken += 1
            except Exception as error:  # noqa: BLE001 - all of them are told at once
                wrong.add(f"{function.name} of {type(value).__name__} {number}: {error!r:.200}")
            assert echo.is_usable, (function.full_name, type(value))
    assert not wrong, "\n".join(sorted(wrong))
    assert refused > 3000
    assert taken > 200
    assert add(1, 2) == 3


def endless_sequences(scene: Scene) -> None:
    """They say how long they are, or are refused: nobody reads them to their end."""
    echo = scene.echo()
    for kind in (*NUMBERS, "string", "bool", "char", "point"):
        call = echo.function(f"echo-list-{kind}")
        for value in (_Endless(), (1 for _ in iter(int, 1)), iter(int, 1)):
            with suppress(*SAFE):
                assert len(call(value)) <= 3
    assert echo.is_usable


def changing_while_it_is_read(scene: Scene) -> None:
    echo = scene.echo()

    class Shrinking:
        def __init__(self, owner: Any, change: Callable[[Any], Any]) -> None:
            self.owner, self.change = owner, change

        def __index__(self) -> int:
            self.change(self.owner)
            return 1

        def __float__(self) -> float:
            self.change(self.owner)
            return 1.0

        def __str__(self) -> str:
            self.change(self.owner)
            return "x"

        @property
        def x(self) -> float:
            self.change(self.owner)
            return 1.0

        y = x

    changes: list[Callable[[list[Any]], Any]] = [
        lambda whole: whole.clear(),
        lambda whole: whole.pop(),
        lambda whole: whole.extend(range(10_000)),
        lambda whole: whole.__setitem__(slice(None), []),
        lambda whole: whole.insert(0, whole),
        lambda whole: whole.sort(key=id),
    ]
    for kind in (*NUMBERS, "string", "point", "color", "mixed", "option-string", "pair", "list-u8"):
        for change in changes:
            for size in (2, 100, 5000):
                whole: list[Any] = [0] * size
                whole[0] = Shrinking(whole, change)
                whole[size // 2] = Shrinking(whole, change)
                try:
                    echo.function(f"echo-list-{kind}")(whole)
                except (*SAFE, ZeroDivisionError, RuntimeError, IndexError):
                    pass
                assert echo.is_usable, kind
    fields: dict[str, Any] = {}

    class Key(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            fields.clear()
            return True

        __hash__ = str.__hash__

    fields.update({Key("x"): 1.0, Key("y"): 2.0})
    try:
        echo.function("echo-point")(fields)
    except (*SAFE, RuntimeError, KeyError):
        pass
    assert echo.call("values#add", 1, 2) == 3


def buffers_that_move_while_they_are_read(scene: Scene) -> None:
    """A buffer that is read is held: who would make it smaller is told so."""
    echo = scene.echo()
    data = bytearray(1 << 16)

    class Mover:
        def __index__(self) -> int:
            data.clear()
            return 1

    for value in ([data, [Mover()]], [bytes(data), data, [Mover()], data]):
        try:
            echo.function("echo-list-list-u8")(value)
        except (*SAFE, BufferError):
            pass
    assert echo.is_usable
    assert echo.call("values#add", 1, 2) == 3


def more_than_can_cross(scene: Scene) -> None:
    """What cannot cross is refused before anything is made of it, in words."""
    echo = scene.echo()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    empty = mmap.mmap(-1, 1 << 34)  # nothing of it is ever touched
    huge: dict[str, list[Any]] = {
        "u8": [empty, memoryview(empty), range(1 << 40), _LongList()],
        "u64": [memoryview(empty).cast("Q"), range(1 << 40)],
        "f64": [memoryview(empty).cast("d")],
        "s16": [memoryview(empty).cast("h")],
    }
    for kind, values in huge.items():
        for value in values:
            with raises(*SAFE):
                echo.function(f"echo-list-{kind}")(value)
    for kind in ("string", "bool", "point", "mixed", "color"):
        with raises(*SAFE):
            echo.function(f"echo-list-{kind}")(range(1 << 40))
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert used < 200 << 10, f"{used >> 10} MiB"
    assert echo.is_usable
    assert echo.call("values#add", 1, 2) == 3


def names_of_every_kind(scene: Scene) -> None:
    """Functions and interfaces are found by names, and by nothing else."""
    echo = scene.echo()
    names: list[Any] = [
        "",
        "\0",
        "\ud800",
        "x" * 1_000_000,
        "#",
        "a#b#c",
        "é",
        b"add",
        5,
        None,
        [],
        object(),
    ]
    for name in names:
        for find in (echo.function, echo.call, lambda name: echo.exports[name]):
            with raises(*SAFE, KeyError, TypeError, AttributeError):
                find(name)
    for name in ("", "\0", "\ud800", "__class__x", "x" * 1_000_000):
        with raises(AttributeError, *SAFE):
            getattr(echo.exports, name)
        with raises(AttributeError, *SAFE):
            getattr(echo.exports.values, name)


def arguments_of_every_number(scene: Scene) -> None:
    echo = scene.echo()
    add = echo.function("values#add")
    wrong: list[tuple[Any, dict[str, Any]]] = [
        *(((), {}), ((1,), {}), ((1, 2, 3), {}), (range(100_000), {}), ((1,), {"a": 1})),
        *(((1, 2), {"b": 2}), ((1,), {"c": 2}), ((), {"a": 1}), ((), {"a": 1, "b": 2, "c": 3})),
        ((), {"\ud800": 1, "a": 1}),
    ]
    for arguments, named in wrong:
        with raises(*SAFE, TypeError):
            add(*arguments, **named)
    assert add(1, b=2) == add(a=1, b=2) == add(b=2, a=1) == 3
