"""Types of parameters and results, read off the runtime once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from wcompose.errors import ArtifactError
from wcompose.native import calls

if TYPE_CHECKING:
    from wasmtime import component as native

CROSSING = frozenset(
    [
        "bool",
        "s8",
        "u8",
        "s16",
        "u16",
        "s32",
        "u32",
        "s64",
        "u64",
        "f32",
        "f64",
        "char",
        "string",
        "list",
        "record",
        "tuple",
        "variant",
        "enum",
        "option",
        "result",
        "flags",
        "own",
        "borrow",
    ]
)
"""Kinds of values that cross the host boundary."""

_DEFINED = frozenset(["record", "variant", "enum", "flags", "own", "borrow"])
"""Kinds of types that WIT has only under names."""

TYPE_LIMIT = 20_000
"""Types that one function's type is made of at most; validators allow a million."""


@dataclass(frozen=True)
class ValueType:
    """A type of the Component Model.

    Attributes:
        kind: a primitive's name, or ``list``, ``tuple``, ``record``, ``variant``, ``enum``,
            ``flags``, ``option``, ``result``, ``own``, ``borrow``, ``future``, ``stream``.
        members: names and types of fields or cases, elements of a tuple or list, the payload of an
            option, ``ok`` and ``err`` of a result. The type is none where there is no payload.
        name: its name in WIT, empty where it has none; of a resource for a handle.
        python: the class of its values, where it has one; see `crossing.classes`.
        resource: which of its component's resources a handle is of, counted from 0.

    Types are equal when their structure is: names and classes are not compared.
    """

    kind: str
    members: tuple[tuple[str, ValueType | None], ...] = ()
    name: str = field(default="", compare=False)
    python: type[Any] | None = field(default=None, compare=False)
    resource: int = field(default=-1, compare=False)

    @property
    def only(self) -> ValueType:
        """The element of a list, or the payload of an option."""
        inner = self.members[0][1]
        if inner is None:
            raise AssertionError(f"a {self.kind} has an inner type")
        return inner

    @property
    def has_text(self) -> bool:
        """Whether values can be written as text: all but handles, futures and streams."""
        return not self.holds({"own", "borrow", "future", "stream", "error-context"})

    @property
    def can_cross(self) -> bool:
        """Whether the C API carries values: not futures, streams and kinds that it does not know."""
        return self.kind in CROSSING and all(
            member is None or member.can_cross for _, member in self.members
        )

    def holds(self, kinds: Collection[str]) -> bool:
        """Whether the type is of one of these kinds, or a type in it is."""
        return self.kind in kinds or any(
            member is not None and member.holds(kinds) for _, member in self.members
        )

    def expression(self) -> dict[str, Any]:
        """The type as JSON, for `wcompose.engine.Engine.parse_values`."""
        inner = [
            (name, None if member is None else member.expression()) for name, member in self.members
        ]
        match self.kind:
            case "list":
                return {"kind": "list", "element": inner[0][1]}
            case "option":
                return {"kind": "option", "some": inner[0][1]}
            case "tuple":
                return {"kind": "tuple", "elements": [member for _, member in inner]}
            case "result":
                return {"kind": "result", **dict(inner)}
            case "record":
                return {"kind": "record", "fields": inner}
            case "variant":
                return {"kind": "variant", "cases": inner}
            case "enum":
                return {"kind": "enum", "cases": [name for name, _ in inner]}
            case "flags":
                return {"kind": "flags", "flags": [name for name, _ in inner]}
            case kind:
                return {"kind": kind}

    def __str__(self) -> str:
        return self._laid_out(str)

    def brief(self) -> str:
        """Its structure, in which types that have names are told by them."""
        return self._laid_out(ValueType.spelt)

    def spelt(self) -> str:
        """Its name, if it cannot be without one in WIT, else its structure, in which the same holds."""
        if self.is_defined:
            return f"borrow<{self.name}>" if self.kind == "borrow" else self.name
        return self.brief()

    @property
    def is_defined(self) -> bool:
        """Whether WIT defines it under its name; others have one by an alias that not all meant."""
        return bool(self.name) and self.kind in _DEFINED

    def _laid_out(self, spell: Callable[[ValueType], str]) -> str:
        inner = ", ".join("_" if member is None else spell(member) for _, member in self.members)
        match self.kind:
            case "list" | "tuple" | "option" | "result":
                return f"{self.kind}<{inner}>"
            case "record":
                fields = ", ".join(
                    f"{name}: {'_' if member is None else spell(member)}"
                    for name, member in self.members
                )
                return f"record {{ {fields} }}"
            case "variant":
                cases = ", ".join(
                    name if member is None else f"{name}({spell(member)})"
                    for name, member in self.members
                )
                return f"variant {{ {cases} }}"
            case "enum" | "flags":
                return f"{self.kind} {{ {', '.join(name for name, _ in self.members)} }}"
            case "own" | "borrow" if self.name:
                return f"{self.kind}<{self.name}>"
            case kind:
                return kind


class TypeReader:
    """Reads the runtime's types; of one component, so that its resources can be told apart."""

    def __init__(self) -> None:
        self._resources: list[native.ResourceType] = []
        self._addresses: list[int] = []
        self._latest = 0
        self._names: dict[int, str] = {}
        self._count = 0

    def resource(self, kind: native.ResourceType) -> int:
        """Which of the resources it is, counted from 0 as they are met."""
        # The runtime only tells whether two are the same. Functions name resources in about the order in
        # which these were met, so the search goes on from the latest.
        address, known = calls.pointer_of(kind), self._addresses
        count, latest = len(known), self._latest
        for index in chain(range(latest, count), range(latest)):
            if calls.same_resource_type(address, known[index]):
                self._latest = index
                return index
        self._resources.append(kind)  # which keeps what is at its address
        known.append(address)
        self._latest = count
        return count

    def name_resource(self, kind: native.ResourceType, name: str) -> None:
        """Learn a resource's name in WIT; the first one counts."""
        self._names.setdefault(self.resource(kind), name)

    def resource_name(self, index: int) -> str:
        """Name of a resource, empty if it was not met under a name."""
        return self._names.get(index, "")

    def read(self, native_type: native.ValType) -> ValueType:
        """Read a type.

        Raises:
            ArtifactError: it is made of more than `TYPE_LIMIT` types.
        """
        self._count = 0
        return self._read(native_type)

    def _read(self, native_type: native.ValType) -> ValueType:
        from wasmtime import component as native

        self._count += 1
        if self._count > TYPE_LIMIT:
            raise ArtifactError.of(
                "type-too-large",
                f"a type of the component is made of more than {TYPE_LIMIT:,} types",
                hint="give functions smaller types",
            )
        match native_type:
            case native.ListType():
                return ValueType("list", (("", self._read(native_type.element)),))
            case native.TupleType():
                return ValueType(
                    "tuple", tuple(("", self._read(each)) for each in native_type.elements)
                )
            case native.RecordType():
                fields = native_type.fields
                return ValueType("record", tuple((name, self._read(each)) for name, each in fields))
            case native.VariantType():
                cases = native_type.cases
                return ValueType(
                    "variant", tuple((name, self._optional(each)) for name, each in cases)
                )
            case native.EnumType():
                return ValueType("enum", tuple((name, None) for name in native_type.names))
            case native.FlagsType():
                return ValueType("flags", tuple((name, None) for name in native_type.names))
            case native.OptionType():
                return ValueType("option", (("some", self._read(native_type.payload)),))
            case native.ResultType():
                sides = (
                    ("ok", self._optional(native_type.ok)),
                    ("err", self._optional(native_type.err)),
                )
                return ValueType("result", sides)
            case native.OwnType() | native.BorrowType():
                kind = "own" if isinstance(native_type, native.OwnType) else "borrow"
                index = self.resource(native_type.ty)
                return ValueType(kind, name=self.resource_name(index), resource=index)
            case native.FutureType():
                return ValueType("future")
            case native.StreamType():
                return ValueType("stream")
            case native.ErrorContext():
                return ValueType("error-context")
            case _:
                return ValueType(type(native_type).__name__.lower())

    def _optional(self, native_type: native.ValType | None) -> ValueType | None:
        return None if native_type is None else self._read(native_type)


def named(wanted: ValueType, names: Mapping[ValueType, str]) -> ValueType:
    """The same type with the names that it and the types in it have.

    Args:
        wanted: the type.
        names: of types, by their structure.
    """
    members = tuple(
        (name, None if member is None else named(member, names)) for name, member in wanted.members
    )
    return replace(wanted, members=members, name=wanted.name or names.get(wanted, ""))
