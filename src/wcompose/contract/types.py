"""The types of a contract.

Types form a graph without cycles in which much is shared. So what has parts compares by identity,
a representation shows names only, and nothing in this module walks the graph.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from wcompose.report import Place

NO_PLACE = Place()
"""Where an item of a binary stands: it has no text."""


@dataclass(frozen=True)
class Stability:
    """The gate of an item (WIT.md, "Feature Gates").

    Attributes:
        since: version that brought the item; empty when it is not stated.
        feature: the feature that it is unstable under; empty for a stable item.
        deprecated: version that deprecated it; empty when none did.
    """

    since: str = ""
    feature: str = ""
    deprecated: str = ""


UNGATED = Stability()
"""The gate of an item that states none, and of everything in a component binary."""


@dataclass(frozen=True)
class Primitive:
    """A type without parts, by its name in WIT: ``bool``, ``u8``, …, ``string``."""

    name: str


@dataclass(frozen=True, eq=False)
class ListType:
    """``list<element>``, or ``list<element, length>``."""

    element: Type
    length: int | None = None


@dataclass(frozen=True, eq=False)
class MapType:
    """``map<key, value>``."""

    key: Type
    value: Type


@dataclass(frozen=True, eq=False)
class OptionType:
    """``option<payload>``."""

    payload: Type


@dataclass(frozen=True, eq=False)
class ResultType:
    """``result<ok, error>``; either may be missing."""

    ok: Type | None
    error: Type | None


@dataclass(frozen=True, eq=False)
class TupleType:
    """``tuple<a, b, …>``."""

    elements: tuple[Type, ...]


@dataclass(frozen=True, eq=False)
class StreamType:
    """``stream<payload>``."""

    payload: Type | None


@dataclass(frozen=True, eq=False)
class FutureType:
    """``future<payload>``."""

    payload: Type | None


@dataclass(frozen=True, eq=False)
class HandleType:
    """A handle to a resource: owned (written as the resource's name) or borrowed for one call."""

    resource: TypeDef
    is_borrow: bool


@dataclass(frozen=True)
class Member:
    """A field of a record, a case of a variant or an enum, or a flag.

    Attributes:
        name: its name.
        type: type of a field, or the payload of a case that has one.
        docs: its documentation.
        place: where it is written.
    """

    name: str
    type: Type | None = field(default=None, repr=False)
    docs: str = field(default="", repr=False)
    place: Place = field(default=NO_PLACE, repr=False)


@dataclass(frozen=True, eq=False)
class MembersType:
    """A type with named members: one of the four below.

    WIT gives it a name; a hand-made binary may leave it without one.
    """

    members: tuple[Member, ...]


class RecordType(MembersType):
    """``record``: named fields in order."""


class VariantType(MembersType):
    """``variant``: named cases in order, each with a payload or without."""


class EnumType(MembersType):
    """``enum``: named cases in order."""


class FlagsType(MembersType):
    """``flags``: named bits in order."""


@dataclass(frozen=True, eq=False)
class ResourceType:
    """``resource``: an abstract type, equal to nothing but itself."""


@dataclass(frozen=True)
class Owner:
    """What a type is defined in.

    Attributes:
        name: external name of the interface or world; the plain name of an interface that a world
            writes inline.
        is_world: whether it is a world.
    """

    name: str
    is_world: bool = False


@dataclass(frozen=True, eq=False)
class TypeDef:
    """A type with a name.

    Attributes:
        name: its name in its owner.
        owner: the interface or world that has it.
        definition: what it is; another `TypeDef` for an alias, so also for a ``use``.
        docs: its documentation.
        stability: its gate.
        place: where its name is written.
    """

    name: str
    owner: Owner
    definition: Definition = field(repr=False)
    docs: str = field(default="", repr=False)
    stability: Stability = field(default=UNGATED, repr=False)
    place: Place = field(default=NO_PLACE, repr=False)

    def chain(self) -> tuple[TypeDef, ...]:
        """This definition and those that it is an alias of, the root last."""
        links = [self]
        while isinstance(links[-1].definition, TypeDef):
            links.append(links[-1].definition)
        return tuple(links)

    @property
    def root(self) -> TypeDef:
        """The definition at the end of the aliases."""
        return self.chain()[-1]

    @property
    def is_resource(self) -> bool:
        """Whether it is a resource, or another name of one."""
        return isinstance(self.root.definition, ResourceType)


Type: TypeAlias = (
    Primitive
    | ListType
    | MapType
    | OptionType
    | ResultType
    | TupleType
    | StreamType
    | FutureType
    | HandleType
    | MembersType
    | TypeDef
)
"""What a parameter, a field or a payload may be."""

Definition: TypeAlias = Type | ResourceType
"""What a name may stand for."""
