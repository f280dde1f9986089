"""What a package of bindings holds: its modules, and the Python names of everything in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wcompose.contract import Function, Type, TypeDef, World


class Role(StrEnum):
    """Who makes the resources of a type."""

    GUEST = "guest"
    HOST = "host"
    FOREIGN = "foreign"
    """Neither: the runtime does, as with WASI's."""


@dataclass(frozen=True, eq=False)
class Item:
    """A type with a Python name.

    Attributes:
        definition: the type; an alias is one whose definition has another name, or none.
        name: what Python calls it.
        any_name: of a variant: the union of its cases.
        members: what Python calls its fields or cases.
        role: of a resource: who makes it.
        maker: of a resource: the protocol of its class, which makes and finds resources.
    """

    definition: TypeDef
    name: str
    any_name: str = ""
    members: tuple[str, ...] = ()
    role: Role | None = None
    maker: str = ""

    @property
    def is_alias(self) -> bool:
        """Whether it is another name of a type."""
        return self.role is None and not self.members


@dataclass(frozen=True, eq=False)
class Operation:
    """A function that can be bound.

    Attributes:
        function: the function.
        full_name: as `wcompose.runtime` calls it: ``ns:pkg/interface#name``.
        name: what Python calls it.
        parameters: Python names and types, without a method's own resource.
    """

    function: Function
    full_name: str
    name: str
    parameters: tuple[tuple[str, Type], ...] = field(repr=False)


@dataclass(frozen=True, eq=False)
class ResourceView:
    """A resource and what can be done with it.

    Attributes:
        item: the resource.
        attribute: what the runtime calls its class.
        operations: its functions.
    """

    item: Item
    attribute: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, eq=False)
class View:
    """One side of an interface, or of a world.

    Attributes:
        name: what Python calls the class.
        functions: its functions that belong to no resource.
        resources: its resources.
    """

    name: str
    functions: tuple[Operation, ...] = ()
    resources: tuple[ResourceView, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All its functions."""
        inner = (each for resource in self.resources for each in resource.operations)
        return (*self.functions, *inner)


@dataclass(frozen=True, eq=False)
class Module:
    """A module of the package: an interface, or for the package itself the world.

    Attributes:
        name: the module's name; empty for the package itself.
        title: name of the interface or world.
        docs: its documentation.
        items: its types in order.
        exports: what the component exports of it.
        imports: what the component imports of it, and the host gives.
    """

    name: str
    title: str
    docs: str
    items: tuple[Item, ...]
    exports: View | None = None
    imports: View | None = None


@dataclass(frozen=True, eq=False)
class Port:
    """An interface that the world exports or imports.

    Attributes:
        attribute: what the world's class calls it.
        key: its external name.
        module: its module.
        may_be_none: whether a component may import types of it alone, as far as its world tells.
    """

    attribute: str
    key: str
    module: Module
    may_be_none: bool = False


@dataclass(frozen=True, eq=False)
class Layout:
    """A package of bindings.

    Attributes:
        package: its name.
        world: the world.
        title: what the bindings are of.
        home: the package itself.
        modules: its modules by name.
        exports: the interfaces that the world exports.
        imports: those that it imports from the host.
        shown: what the package takes over from its modules: name, and module.
        left_out: functions that cannot be called from Python, and why.
        owners: module of each item.
        known: items by type; more than one for a resource that both sides make.
    """

    package: str
    world: World
    title: str
    home: Module
    modules: tuple[Module, ...]
    exports: tuple[Port, ...]
    imports: tuple[Port, ...]
    shown: tuple[tuple[str, Module], ...]
    left_out: tuple[tuple[str, str], ...]
    owners: Mapping[Item, Module] = field(repr=False)
    known: Mapping[TypeDef, Sequence[Item]] = field(repr=False)

    @property
    def all_modules(self) -> tuple[Module, ...]:
        """The package itself, then its modules."""
        return (self.home, *self.modules)

    def target(self, item: Item) -> Item | None:
        """The item that an alias is another name of; none where it names a type without a name."""
        if not item.is_alias:
            return None
        found = [each for each in self.known.get(item.definition.root, ()) if each is not item]
        return found[0] if found else None

    def taken_over(self, module: Module) -> list[tuple[str, str]]:
        """What a module has of others under the same name: module, as it imports it, and name."""
        if not module.name:
            return [(f".{owner.name}", name) for name, owner in self.shown]
        found = []
        for item in module.items:
            target = self.target(item)
            if target is not None and target.name == item.name:
                owner = self.owners[target]
                if owner is not module:
                    found.append((f".{owner.name}", item.name))
        return found

    def view_of(self, item: Item) -> ResourceView | None:
        """What can be done with a resource."""
        for module in self.all_modules:
            for view in (module.exports, module.imports):
                for each in view.resources if view is not None else ():
                    if each.item is item:
                        return each
        return None

    @property
    def has_imports(self) -> bool:
        """Whether the host must give anything but what the runtime does."""
        view = self.home.imports
        return bool(self.imports or (view and (view.functions or view.resources)))
