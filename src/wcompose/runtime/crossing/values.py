"""Values checked against their types, and put from any form that is taken into the one that is lowered.

Besides the form that Python has (`crossing.classes`) there is that of JSON: integers, floats
(or ``"nan"``, ``"inf"``, ``"-inf"``) and strings as they are; lists and tuples as arrays; records as
objects by the WIT names; an enum's case as its name; a variant's as its name or ``{case: payload}``;
flags as an array of names; an option as null or its payload, but ``{"some": payload}`` where the payload
is an option itself; a result as ``{"ok": payload}`` or ``{"err": payload}``. Both may be mixed.

Nothing here runs for values that fit as they are: this is what happens after `crossing.lowering`
refused one.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from wcompose.errors import WcomposeError
from wcompose.runtime.crossing.classes import Err, Ok, Some, Variant, class_name, python_name
from wcompose.runtime.crossing.columns import snapshot
from wcompose.runtime.crossing.numbers import CODES, TooLong, to_buffer
from wcompose.runtime.crossing.types import ValueType
from wcompose.suggest import nearest

_INTEGERS = {
    f"{sign}{bits}": (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if sign == "s" else (0, (1 << bits) - 1)
    for sign in "su"
    for bits in (8, 16, 32, 64)
}  # fmt: skip
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_PROBLEM_LIMIT = 20
_SHOWN = 20
"""Names of fields, cases or flags that are told."""
_F32_MAX = 3.4028235677973366e38
"""The least number that rounds beyond the largest 32-bit float."""
_MISSING = object()


class _Enough(Exception):
    """As many problems were found as are told."""


class Fitting:
    """Fits one value to its type.

    Attributes:
        problems: everything in which it does not fit, each with its path; at most 20.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def fit(self, wanted: ValueType, value: Any, path: str = "") -> Any:
        """The value as it is lowered; of no use when there are problems.

        Args:
            wanted: its type, with Python's classes (`crossing.classes.Classes.bind`) if the
                outcome is to be lowered.
            value: in any form.
            path: where it stands in the whole.
        """
        try:
            return self._fit(wanted, value, path)
        except _Enough:
            return None
        except RecursionError:
            self.problems.append(f"{_at(path)}it holds itself, or is nested too deeply")
        except WcomposeError:
            raise
        except TooLong as error:
            self.problems.append(f"{_at(path)}{error}")
        except Exception as error:  # noqa: BLE001 -- a value's own code may raise anything
            self.problems.append(f"{_at(path)}reading it raised {type(error).__name__}: {error}")
        return None

    def _wrong(self, path: str, expected: ValueType | str, value: Any) -> None:
        told = expected if isinstance(expected, str) else expected.spelt()
        self._say(f"{_at(path)}expected {told}, got {_shown(value)}")

    def _say(self, problem: str) -> None:
        self.problems.append(problem)
        if len(self.problems) == _PROBLEM_LIMIT:
            self.problems.append("and more")
            raise _Enough

    def _fit(self, wanted: ValueType, value: Any, path: str) -> Any:
        kind = wanted.kind
        if kind in _INTEGERS:
            return self._integer(kind, value, path)
        if kind in {"f32", "f64"}:
            return self._float(kind, value, path)
        if kind == "bool":
            if not isinstance(value, bool):
                self._wrong(path, kind, value)
            return value
        if kind in {"string", "char"}:
            if not _is_text(value) or (kind == "char" and len(value) != 1):
                self._wrong(path, kind, value)
            return value
        handler = getattr(self, f"_{kind}", None)
        if handler is not None:
            return handler(wanted, value, path)
        if kind in {"own", "borrow"} and not isinstance(value, _JSON):
            return value
        self._say(f"{_at(path)}a {kind} cannot be written as a value")
        return None

    def _integer(self, kind: str, value: Any, path: str) -> Any:
        low, high = _INTEGERS[kind]
        plain = value
        if not isinstance(value, (int, bool, float, str)) and hasattr(value, "__index__"):
            plain = value.__index__()
        if type(plain) is not int:
            self._wrong(path, kind, value)
        elif not low <= plain <= high:
            self._wrong(path, f"{kind} ({low:,} to {high:,})", value)
        return plain

    def _float(self, kind: str, value: Any, path: str) -> Any:
        if isinstance(value, str) and value in _FLOATS:
            return _FLOATS[value]
        plain = value
        if not isinstance(value, (int, float, str)) and hasattr(value, "__float__"):
            plain = float(value)
        if (
            isinstance(plain, bool)
            or not isinstance(plain, (int, float))
            or (isinstance(plain, int) and abs(plain) > 1 << 1023)
            or (kind == "f32" and math.isfinite(plain) and abs(plain) >= _F32_MAX)
        ):
            self._wrong(path, kind, value)
        return plain

    def _list(self, wanted: ValueType, value: Any, path: str) -> Any:
        element = wanted.only
        if element.kind in CODES and not isinstance(value, (list, tuple)):
            try:
                return to_buffer(element.kind, value)
            except TooLong:
                raise
            except (TypeError, ValueError, OverflowError, BufferError):
                if (
                    isinstance(value, Mapping)
                    or not isinstance(value, Sequence)
                    or _is_bytes(value)
                ):
                    self._wrong(path, wanted, value)
                    return value
        if not _is_sequence(value):
            self._wrong(path, wanted, value)
            return value
        return [
            self._fit(element, each, f"{path}[{index}]")
            for index, each in enumerate(snapshot(value))
        ]

    def _tuple(self, wanted: ValueType, value: Any, path: str) -> Any:
        if not _is_sequence(value) or len(value) != len(wanted.members):
            self._wrong(path, wanted, value)
            return value
        return tuple(
            self._fit(member, each, f"{path}[{index}]")
            for index, ((_, member), each) in enumerate(
                zip(wanted.members, snapshot(value), strict=True)
            )
            if member is not None
        )

    def _option(self, wanted: ValueType, value: Any, path: str) -> Any:
        if value is None:
            return None
        if wanted.only.kind != "option":
            return self._fit(wanted.only, value, path)
        if isinstance(value, Some):
            return Some(self._fit(wanted.only, value.value, path))
        if isinstance(value, Mapping) and list(value) == ["some"]:
            return Some(self._fit(wanted.only, value["some"], path))
        self._say(f'{_at(path)}an option of an option is null or {{"some": …}}')
        return None

    def _record(self, wanted: ValueType, value: Any, path: str) -> Any:
        read, unknown = self._fields(wanted, value, path)
        if read is None:
            return value
        fields: list[Any] = []
        for name, member in wanted.members:
            found = read.get(name, _MISSING)
            if member is None:
                continue
            if found is _MISSING:
                if member.kind != "option":
                    self._say(f"{_at(path)}field `{name}` is missing")
                fields.append(None)
            else:
                fields.append(self._fit(member, found, f"{path}.{name}"))
        for key in unknown:
            self._say(f"{_at(path)}there is no field `{key}`; {_meant(key, wanted, 'fields are')}")
        if self.problems or wanted.python is None:
            return value
        return wanted.python(*fields)

    def _fields(
        self, wanted: ValueType, value: Any, path: str
    ) -> tuple[dict[str, Any] | None, list[Any]]:
        """A record's fields by their WIT names, and names that are of none."""
        spelt = {python_name(name): name for name, _ in wanted.members}
        if isinstance(value, Mapping):
            names = {name for name, _ in wanted.members}
            known = {key: key if key in names else spelt.get(key, "") for key in value}
            found = {name: value[key] for key, name in known.items() if name}
            return found, [key for key, name in known.items() if not name]
        if isinstance(value, (*_JSON, type)):
            self._wrong(path, wanted, value)
            return None, []
        found = {
            name: getattr(value, python) for python, name in spelt.items() if hasattr(value, python)
        }
        if not found:
            self._wrong(path, wanted, value)
            return None, []
        return found, []

    def _enum(self, wanted: ValueType, value: Any, path: str) -> Any:
        name = value.value if isinstance(value, enum.Enum) else value
        names = [each for each, _ in wanted.members]
        if not isinstance(name, str):
            self._wrong(path, wanted, value)
        elif name not in names:
            self._say(f"{_at(path)}{_no_case(name, wanted)}")
        elif wanted.python is not None:
            return wanted.python(name)
        return value

    def _flags(self, wanted: ValueType, value: Any, path: str) -> Any:
        names = [each for each, _ in wanted.members]
        if isinstance(value, enum.Flag):
            if type(value) is not wanted.python:
                self._wrong(path, wanted, value)
            return value
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
            self._wrong(path, wanted, value)
            return value
        bits = 0
        for name in islice(value, len(names) + 1):
            if not isinstance(name, str):
                self._wrong(path, wanted, value)
                return value
            if name not in names:
                self._say(
                    f"{_at(path)}there is no flag `{name}`; {_meant(name, wanted, 'flags are')}"
                )
            else:
                bits |= 1 << names.index(name)
        return value if wanted.python is None else wanted.python(bits)

    def _result(self, wanted: ValueType, value: Any, path: str) -> Any:
        if isinstance(value, (Ok, Err)):
            name, payload = type(value).__name__.lower(), value.value
        elif isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in {"ok", "err"}:
            name, payload = next(iter(value.items()))
        elif isinstance(value, Mapping) and len(value) == 1:
            self._say(f"{_at(path)}{_no_case(next(iter(value)), wanted)}")
            return value
        else:
            self._wrong(path, wanted, value)
            return value
        made = Ok if name == "ok" else Err
        return made(self._payload(dict(wanted.members)[name], name, payload, path))

    def _variant(self, wanted: ValueType, value: Any, path: str) -> Any:
        payload: Any = _MISSING
        if isinstance(value, Variant):
            name = value.case
            payload = getattr(value, "value", _MISSING)
        elif isinstance(value, str):
            name = value
        elif isinstance(value, Mapping) and len(value) == 1:
            name, payload = next(iter(value.items()))
        else:
            self._wrong(path, wanted, value)
            return value
        members = dict(wanted.members)
        if name not in members:
            self._say(f"{_at(path)}{_no_case(name, wanted)}")
            return value
        member = members[name]
        if member is not None and payload is _MISSING:
            self._say(f"{_at(path)}case `{name}` carries a {member.spelt()}")
            return value
        fitted = self._payload(member, name, None if payload is _MISSING else payload, path)
        if self.problems or wanted.python is None:
            return value
        made = getattr(wanted.python, class_name(name))
        return made() if member is None else made(fitted)

    def _payload(self, member: ValueType | None, name: str, payload: Any, path: str) -> Any:
        if member is not None:
            return self._fit(member, payload, f"{path}.{name}")
        if payload is not None:
            self._say(f"{_at(path)}case `{name}` carries nothing")
        return None


def mismatches(wanted: ValueType, value: Any, path: str = "") -> list[str]:
    """Everything in which a value does not fit a type, each with its path; at most 20."""
    fitting = Fitting()
    fitting.fit(wanted, value, path)
    return fitting.problems


def plain(wanted: ValueType, value: Any) -> Any:
    """A lifted value in the form of JSON; of a resource, its name."""
    match wanted.kind:
        case "f32" | "f64":
            if math.isfinite(value):
                return value
            return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
        case "list":
            return [plain(wanted.only, each) for each in value]
        case "tuple":
            return [
                plain(member, each)
                for (_, member), each in zip(wanted.members, value, strict=True)
                if member is not None
            ]
        case "record":
            return {
                name: plain(member, getattr(value, python_name(name)))
                for name, member in wanted.members
                if member is not None
            }
        case "enum":
            return value.value
        case "flags":
            return [
                name for index, (name, _) in enumerate(wanted.members) if value.value >> index & 1
            ]
        case "option":
            if value is None:
                return None
            if wanted.only.kind == "option":
                return {"some": plain(wanted.only, value.value)}
            return plain(wanted.only, value)
        case "result":
            side = type(value).__name__.lower()
            member = dict(wanted.members)[side]
            return {side: None if member is None else plain(member, value.value)}
        case "variant":
            member = dict(wanted.members)[value.case]
            return value.case if member is None else {value.case: plain(member, value.value)}
        case "own" | "borrow":
            return {"resource": wanted.name}
        case _:
            return value


_JSON = (str, bytes, int, float, bool, list, tuple, set, frozenset, type(None))


def _is_bytes(value: Any) -> bool:
    return isinstance(value, (str, bytes, bytearray, memoryview))


def _is_sequence(value: Any) -> bool:
    if isinstance(value, (str, bytes, bytearray, Mapping)):
        return False
    return isinstance(value, Sequence) or hasattr(value, "tolist")


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()  # a lone surrogate is no Unicode scalar value
    except UnicodeEncodeError:
        return False
    return True


def _no_case(name: object, wanted: ValueType) -> str:
    return f"there is no case `{name}`; {_meant(name, wanted, 'cases are')}"


def _meant(name: object, wanted: ValueType, words: str) -> str:
    """Which of a type's names a mistaken one may mean; all of them, where none is near."""
    names = [each for each, _ in wanted.members]
    spelt = str(name).lower().replace("_", "-")
    near = nearest(spelt, names, count=1)
    if near:
        return f"did you mean `{near[0]}`?"
    shown = ", ".join(f"`{each}`" for each in names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{words} {shown}" + (f" and {more} more" if more > 0 else "")


def _at(path: str) -> str:
    return f"`{path}`: " if path else ""


def _shown(value: Any) -> str:
    shown = {True: "true", False: "false", None: "null"}.get(value) if _is_plain(value) else None
    if shown is None:
        try:
            shown = repr(value)
        except Exception:  # noqa: BLE001 -- the value's own code
            shown = f"a {type(value).__name__}"
    return shown if len(shown) <= 60 else shown[:59] + "…"


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool)
