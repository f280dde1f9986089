"""Python's classes for the types of the Component Model, and names as Python spells them.

Records are frozen dataclasses, enums are `enum.Enum`, flags are `enum.Flag`; a variant is a class with a
class inside for each case, which `match` takes apart. The same functions serve the classes that are made
while a component is opened and those that generated bindings declare.
"""

from __future__ import annotations

import enum
import keyword
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, make_dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar

from wcompose.runtime.crossing.types import ValueType

T = TypeVar("T")


class Variant:
    """Base of all variants; a case is a class inside its variant's.

    Attributes:
        case: the case's name in WIT.
    """

    __slots__ = ()
    case: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class _Carrying:
    """What the cases that carry a value have in common."""

    value: Any


@dataclass(frozen=True, slots=True)
class _Bare:
    """What the cases that carry none have in common."""


@dataclass(frozen=True, slots=True)
class Some(Generic[T]):
    """An option that is there, inside another option, where ``None`` would not tell which is missing."""

    value: T


@dataclass(frozen=True, slots=True)
class Ok(Generic[T]):
    """A ``result`` that stands in a value, and went well."""

    value: T


@dataclass(frozen=True, slots=True)
class Err(Generic[T]):
    """A ``result`` that stands in a value, and did not go well."""

    value: T


def python_name(name: str) -> str:
    """A WIT name in snake case: of fields, functions and parameters."""
    return _free(name.replace("-", "_").lower())


def class_name(name: str) -> str:
    """A WIT name as that of a class: ``my-shape`` is ``MyShape``."""
    return _free("".join(word[:1].upper() + word[1:] for word in name.split("-")))


def constant_name(name: str) -> str:
    """A WIT name as that of an enum's or flags' member: ``dark-red`` is ``DARK_RED``."""
    upper = name.replace("-", "_").upper()
    # `mro` is the one name that an enum refuses besides names with underscores around them.
    return upper + "_" if upper == "MRO" else upper


def _free(name: str) -> str:
    return name + "_" if keyword.iskeyword(name) else name


def record_class(
    name: str, fields: Sequence[str], optional: Collection[str] = (), module: str = __name__
) -> type[Any]:
    """A frozen dataclass for a record.

    Args:
        name: of the class.
        fields: names of the fields in WIT, in their order.
        optional: those that are options; where only such follow, they may be left out.
        module: where the class says that it is from.
    """
    trailing = len(fields)
    while trailing and fields[trailing - 1] in optional:
        trailing -= 1
    made = make_dataclass(
        name,
        [
            (python_name(each), Any)
            if index < trailing
            else (python_name(each), Any, field(default=None))
            for index, each in enumerate(fields)
        ],
        frozen=True,
        slots=True,
    )
    made.__module__ = module
    return made


def enum_class(name: str, cases: Iterable[str], module: str = __name__) -> type[enum.Enum]:
    """An enum; the value of a member is its name in WIT."""
    members = [(constant_name(each), each) for each in cases]
    return enum.Enum(name, members, module=module)  # type: ignore[return-value]


def flags_class(name: str, flags: Iterable[str], module: str = __name__) -> type[enum.Flag]:
    """A set of flags; the first one's value is 1, the second's 2, and so on."""
    members = [(constant_name(each), 1 << index) for index, each in enumerate(flags)]
    return enum.Flag(name, members, module=module)  # type: ignore[return-value]


def variant_class(
    name: str, cases: Iterable[tuple[str, bool]], module: str = __name__
) -> type[Variant]:
    """A variant: a class with a dataclass inside for each case, which has a ``value`` if it carries one.

    Args:
        name: of the class.
        cases: names of the cases in WIT, and whether they carry a value.
        module: where the class says that it is from.
    """
    base: type[Variant] = type(name, (Variant,), {"__slots__": (), "__module__": module})
    for case, has_value in cases:
        own = class_name(case)
        # Inherited: making a dataclass compiles half a dozen functions, and there are many cases.
        bases = (base, _Carrying if has_value else _Bare)
        members = {
            "__slots__": (),
            "__module__": module,
            "__qualname__": f"{name}.{own}",
            "case": case,
        }
        setattr(base, own, type(own, bases, members))
    return base


class Classes:
    """The classes of one component's types; equal types of one name have one class."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, ValueType], type[Any]] = {}

    def bind(self, wanted: ValueType) -> ValueType:
        """The same type with a class for itself and every type in it that has none yet."""
        members = tuple(
            (name, None if member is None else self.bind(member)) for name, member in wanted.members
        )
        return replace(wanted, members=members, python=wanted.python or self._class(wanted))

    def _class(self, wanted: ValueType) -> type[Any] | None:
        make = _MAKERS.get(wanted.kind)
        if make is None:
            return None
        key = (wanted.name, wanted)
        if key not in self._made:
            name = class_name(wanted.name) if wanted.name else wanted.kind.capitalize()
            self._made[key] = make(name, wanted)
        return self._made[key]


def _record(name: str, wanted: ValueType) -> type[Any]:
    optional = {each for each, member in wanted.members if member and member.kind == "option"}
    return record_class(name, [each for each, _ in wanted.members], optional)


_MAKERS: dict[str, Any] = {
    "record": _record,
    "enum": lambda name, wanted: enum_class(name, [each for each, _ in wanted.members]),
    "flags": lambda name, wanted: flags_class(name, [each for each, _ in wanted.members]),
    "variant": lambda name, wanted: variant_class(
        name, [(each, member is not None) for each, member in wanted.members]
    ),
}
