"""A contract: worlds, interfaces and functions, from WIT text and from binaries alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from wcompose.contract.types import NO_PLACE, UNGATED, Stability, Type, TypeDef
from wcompose.report import Place


class FunctionKind(StrEnum):
    """How a function is called."""

    FREESTANDING = "function"
    METHOD = "method"
    STATIC = "static function"
    CONSTRUCTOR = "constructor"


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function."""

    name: str
    type: Type = field(repr=False)
    place: Place = field(default=NO_PLACE, repr=False)


@dataclass(frozen=True, eq=False)
class Function:
    """A function, method, static function or constructor.

    Attributes:
        name: as binaries spell it: ``classify``, ``[method]classifier.classify``.
        kind: how it is called.
        parameters: in order; a method's first is ``self``, the resource.
        result: what it gives, if anything.
        is_async: whether it is an async function.
        accessor: ``get`` or ``set`` for a property, empty otherwise.
        resource: the resource that it belongs to, if any.
        docs: its documentation.
        stability: its gate.
        place: where its name is written.
    """

    name: str
    kind: FunctionKind
    parameters: tuple[Parameter, ...] = field(repr=False)
    result: Type | None = field(repr=False)
    is_async: bool = field(default=False, repr=False)
    accessor: str = field(default="", repr=False)
    resource: TypeDef | None = field(default=None, repr=False)
    docs: str = field(default="", repr=False)
    stability: Stability = field(default=UNGATED, repr=False)
    place: Place = field(default=NO_PLACE, repr=False)


@dataclass(frozen=True, eq=False)
class Interface:
    """An interface.

    Attributes:
        name: its external name; the plain name of one that a world writes inline.
        is_inline: whether a world writes it inline.
        types: its types by name in order, those that it uses from others included.
        functions: its functions by external name, in order.
        docs: its documentation.
        stability: its gate.
        place: where its name is written.
    """

    name: str
    is_inline: bool = field(repr=False)
    types: Mapping[str, TypeDef] = field(repr=False)
    functions: Mapping[str, Function] = field(repr=False)
    docs: str = field(default="", repr=False)
    stability: Stability = field(default=UNGATED, repr=False)
    place: Place = field(default=NO_PLACE, repr=False)

    @property
    def used_interfaces(self) -> tuple[str, ...]:
        """External names of the interfaces that it takes types from, each once, in order."""
        owners = (
            each.definition.owner
            for each in self.types.values()
            if isinstance(each.definition, TypeDef)
        )
        names = (owner.name for owner in owners if not owner.is_world and owner.name != self.name)
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class InterfaceExtern:
    """An import or export that is an instance of an interface."""

    interface: Interface
    place: Place = field(default=NO_PLACE, repr=False)


@dataclass(frozen=True)
class FunctionExtern:
    """A function that a world itself imports or exports."""

    function: Function
    place: Place = field(default=NO_PLACE, repr=False)


@dataclass(frozen=True)
class TypeExtern:
    """A type that a world itself defines or uses."""

    type: TypeDef
    place: Place = field(default=NO_PLACE, repr=False)


Extern: TypeAlias = InterfaceExtern | FunctionExtern | TypeExtern
"""An import or an export."""


@dataclass(frozen=True, eq=False)
class World:
    """A world, or what a component really imports and exports.

    Attributes:
        name: its plain name.
        package: name of its package with the version; a component's is made up by the decoder.
        imports: by external name, in order.
        exports: by external name, in order.
        docs: its documentation.
        stability: its gate.
        place: where its name is written.
    """

    name: str
    package: str
    imports: Mapping[str, Extern] = field(repr=False)
    exports: Mapping[str, Extern] = field(repr=False)
    docs: str = field(default="", repr=False)
    stability: Stability = field(default=UNGATED, repr=False)
    place: Place = field(default=NO_PLACE, repr=False)

    @property
    def external_name(self) -> str:
        """``namespace:package/world@version``."""
        return external_name(self.package, self.name)


@dataclass(frozen=True, eq=False)
class Contract:
    """Everything that one reading gave.

    Attributes:
        package: name of the main package with the version, empty when there is none.
        worlds: all worlds by external name, those of dependencies too.
        interfaces: all interfaces by external name, those that worlds write inline left out.
        world: the world of a component binary, none for WIT.
        docs: documentation of the main package.
    """

    package: str
    worlds: Mapping[str, World] = field(repr=False)
    interfaces: Mapping[str, Interface] = field(repr=False)
    world: World | None = None
    docs: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any], files: Mapping[str, str] | None = None) -> Contract:
        """Read what the engine says (`wcompose.engine.Engine.resolve` and ``decode``).

        Args:
            data: ``{"resolve": …, "main": …, "world": …, "files": […]}``.
            files: text of each file by its path in ``data``, for the lines that findings show.

        Raises:
            ContractError: there are too many types, or they nest deeper than validators allow.
            EngineFault: the data is not what the engine has agreed to give.
        """
        from wcompose.contract.reading import read_contract

        return read_contract(data, files or {})

    def find_world(self, name: str | None = None) -> World:
        """The world that a name means.

        Args:
            name: plain, for a world of the main package; or ``namespace:package/world`` with its
                version or without; none for the only world of the main package.

        Raises:
            ContractError: there is none, or more than one could be meant.
        """
        from wcompose.contract.finding import find_world

        return find_world(self, name)

    def find_interface(self, name: str) -> Interface:
        """The interface that a name means; names are as for `find_world`.

        Raises:
            ContractError: there is none, or more than one could be meant.
        """
        from wcompose.contract.finding import find_interface

        return find_interface(self, name)


def external_name(package: str, name: str) -> str:
    """``namespace:package/name@version`` from ``namespace:package@version`` and ``name``."""
    if not package:
        return name
    stem, at, version = package.partition("@")
    return f"{stem}/{name}{at}{version}"
