"""A contract: worlds, interfaces, functions and types, from WIT text and from binaries alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wcompose.report import Place


@dataclass(frozen=True)
class Member:
    """A field, case, flag or parameter: a name, and a type where it has one."""

    name: str
    type: Type | None
    place: Place = field(default_factory=Place, compare=False)


@dataclass(frozen=True)
class Record:
    """``record``; also used for ``flags`` and ``enum`` by their own classes."""

    members: tuple[Member, ...]


@dataclass(frozen=True)
class Variant:
    """``variant``."""

    members: tuple[Member, ...]


@dataclass(frozen=True)
class Enum:
    """``enum``."""

    members: tuple[Member, ...]


@dataclass(frozen=True)
class Flags:
    """``flags``."""

    members: tuple[Member, ...]


@dataclass(frozen=True)
class Constructed:
    """A type made of other types by position.

    Attributes:
        constructor: ``list``, ``option``, ``result``, ``tuple``, ``map``, ``future`` or ``stream``.
        arguments: the types; none where a result, future or stream carries nothing.
        length: elements of a list of fixed length.
    """

    constructor: str
    arguments: tuple[Type | None, ...]
    length: int | None = None


@dataclass(frozen=True)
class Handle:
    """``own<T>`` (written ``T``) or ``borrow<T>``."""

    is_borrow: bool
    resource: TypeDef


@dataclass(frozen=True)
class Resource:
    """``resource``."""


@dataclass(frozen=True)
class Alias:
    """``type a = b``, or ``use other.{b}``."""

    target: Type


Kind = Record | Variant | Enum | Flags | Constructed | Handle | Resource | Alias


@dataclass(frozen=True, eq=False)
class TypeDef:
    """A type other than a primitive. Two are the same only if they are the same object.

    Attributes:
        name: its name; none for one that is written in place.
        kind: what it is.
        home: name of the interface it is defined in, empty for one of a world or in place.
        place: where it is defined.
        docs: its documentation.
    """

    name: str | None
    kind: Kind
    home: str
    place: Place
    docs: str

    @property
    def is_resource(self) -> bool:
        """Whether it is a resource, or another name of one."""
        return isinstance(self.resolved.kind, Resource)

    @property
    def resolved(self) -> TypeDef:
        """The definition behind other names of it, as far as that is no primitive."""
        current = self
        while isinstance(current.kind, Alias) and isinstance(current.kind.target, TypeDef):
            current = current.kind.target
        return current


Type = str | TypeDef
"""A primitive by its name, or a definition."""


@dataclass(frozen=True)
class Function:
    """A function, method, static function or constructor.

    Attributes:
        name: as binaries spell it: ``classify``, ``[method]classifier.classify``.
        parameters: its parameters in order; the first of a method is the resource itself.
        result: its result, if it has one.
        is_async: whether it is an async function.
        place: where it is defined.
        docs: its documentation.
    """

    name: str
    parameters: tuple[Member, ...]
    result: Type | None
    is_async: bool
    place: Place
    docs: str


@dataclass(frozen=True)
class Interface:
    """An interface.

    Attributes:
        name: its full name, or the plain name of one that is written in a world.
        types: its types by name, those that it uses from others included.
        functions: its functions by name.
        place: where it is defined.
        docs: its documentation.
    """

    name: str
    types: Mapping[str, TypeDef]
    functions: Mapping[str, Function]
    place: Place
    docs: str

    @property
    def used_interfaces(self) -> tuple[str, ...]:
        """Names of the interfaces whose types this one uses, in order."""
        homes: dict[str, None] = {}
        for definition in self.types.values():
            kind = definition.kind
            if isinstance(kind, Alias) and isinstance(kind.target, TypeDef):
                home = kind.target.home
                if home and home != self.name:
                    homes[home] = None
        return tuple(homes)


@dataclass(frozen=True)
class InterfaceExtern:
    """An interface that a world imports or exports."""

    interface: Interface
    place: Place


@dataclass(frozen=True)
class FunctionExtern:
    """A function that a world itself imports or exports."""

    function: Function
    place: Place


@dataclass(frozen=True)
class TypeExtern:
    """A type that a world itself defines."""

    definition: TypeDef
    place: Place


Extern = InterfaceExtern | FunctionExtern | TypeExtern


@dataclass(frozen=True)
class World:
    """A world, or what a component really imports and exports.

    Attributes:
        name: its plain name.
        package: name of its package with the version, empty for a component's.
        imports: what it imports, by full name.
        exports: what it exports, by full name.
        place: where it is defined.
        docs: its documentation.
    """

    name: str
    package: str
    imports: Mapping[str, Extern]
    exports: Mapping[str, Extern]
    place: Place
    docs: str


@dataclass(frozen=True)
class Contract:
    """Everything that one reading gave.

    Attributes:
        package: name of the main package, empty when there is none.
        worlds: its worlds and those of its dependencies, by ``package/world``.
        interfaces: all interfaces by full name.
        world: the world of a component, none for WIT.
        main_worlds: the main package's worlds by plain name.
    """

    package: str
    worlds: Mapping[str, World]
    interfaces: Mapping[str, Interface]
    world: World | None
    main_worlds: Mapping[str, World]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Contract:
        """Read what the engine says (`wcompose.engine.Engine.resolve` and ``decode``)."""
        from wcompose.contract.reading import read_contract

        return read_contract(data)

    def find_world(self, name: str | None) -> World:
        """The world of that name in the main package; the only one when no name is given.

        Raises:
            ContractError: there is none, or more than one could be meant.
        """
        from wcompose.contract.reading import find_world

        return find_world(self, name)
