"""From a world to the layout of its bindings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from wcompose.bindings.layout import (
    Item,
    Layout,
    Module,
    Operation,
    Port,
    ResourceView,
    Role,
    View,
)
from wcompose.bindings.naming import (
    Names,
    class_name,
    constant_name,
    module_names,
    package_name,
    python_name,
)
from wcompose.bindings.reach import check_size, reached, unsupported
from wcompose.contract import (
    Extern,
    Function,
    FunctionExtern,
    Interface,
    InterfaceExtern,
    TypeDef,
    TypeExtern,
    World,
)
from wcompose.contract.carried import PACKAGE
from wcompose.contract.model import FunctionKind
from wcompose.contract.types import (
    EnumType,
    FlagsType,
    MembersType,
    RecordType,
    ResourceType,
    VariantType,
)
from wcompose.grants.interfaces import AUDIT_INTERFACE
from wcompose.graph.plan import is_host_interface

_KEPT_BY_THE_PACKAGE = ("BINDINGS", "imports_of", "instantiate", "annotations")
_KEPT_BY_THE_WORLD = ("instance", "instantiate", "close")


def lay_out(world: World, title: str, package: str = "") -> Layout:
    """Decide on every name in the bindings of a world.

    Args:
        world: the world, or what a component really imports and exports.
        title: what the world's class is called after; kebab-case or a file's stem.
        package: name of the package; ``TITLE_host`` unless told.

    Raises:
        ContractError: a type is too large to be written.
    """
    return _Layer(world, title, package or f"{package_name(title).rstrip('_')}_host").lay()


class _Layer:
    def __init__(self, world: World, title: str, package: str) -> None:
        self._world = world
        self._title = title
        self._package = package
        self._exported = {
            key: each
            for key, each in _interfaces(world.exports).items()
            # The runtime calls these by itself, in place of those that they carry.
            if not key.startswith(f"{PACKAGE}/")
        }
        self._imported = {
            key: each
            for key, each in _interfaces(world.imports).items()
            if not is_host_interface(key) and key != AUDIT_INTERFACE and each.functions
        }
        self._items: dict[TypeDef, list[Item]] = {}
        self._owners: dict[Item, Module] = {}
        self._left_out: list[tuple[str, str]] = []

    def lay(self) -> Layout:
        functions = list(self._functions())
        for each in functions:
            check_size(each)
        needed = reached(functions)
        interfaces = self._needed_interfaces(needed)
        names = module_names([each.name for each in interfaces])
        by_interface = {
            each: self._module(name, each, needed)
            for name, each in zip(names, interfaces, strict=True)
        }
        modules = list(by_interface.values())
        home, types = self._home(needed)
        modules = [each for each in (types, *modules) if each.items or each.exports or each.imports]
        return Layout(
            package=self._package,
            world=self._world,
            title=self._title,
            home=home,
            modules=tuple(sorted(modules, key=lambda each: each.name)),
            exports=_ports(self._exported, by_interface, home.exports),
            imports=_ports(self._imported, by_interface, home.imports, self._used_by_imports()),
            shown=_shown(home, modules, self._items),
            left_out=tuple(dict.fromkeys(self._left_out)),
            owners=self._owners,
            known=self._items,
        )

    def _used_by_imports(self) -> set[str]:
        """Imports that others take types from.

        WIT makes an import of such an interface, with all its functions, whether a world says so or not
        (WIT.md, "Transitive imports and worlds"). A component imports no function that it does not call.
        """
        if not self._world.place.file:
            return set()
        return {name for each in self._imported.values() for name in each.used_interfaces}

    def _functions(self) -> Iterator[Function]:
        for each in (*self._exported.values(), *self._imported.values()):
            yield from each.functions.values()
        for extern in (*self._world.exports.values(), *self._world.imports.values()):
            if isinstance(extern, FunctionExtern):
                yield extern.function

    def _needed_interfaces(self, needed: set[TypeDef]) -> list[Interface]:
        """The interfaces that get a module: those that are called, and those whose types are needed."""
        called = {*self._exported.values(), *self._imported.values()}
        both = (*self._exported.values(), *_interfaces(self._world.imports).values())
        return [
            each
            for each in dict.fromkeys(both)
            if each in called or any(inner in needed for inner in each.types.values())
        ]

    def _module(self, name: str, interface: Interface, needed: set[TypeDef]) -> Module:
        names = Names()
        is_exported = interface in self._exported.values()
        is_imported = interface in self._imported.values()
        roles = [Role.GUEST] if is_exported else []
        if is_imported:
            roles.append(Role.HOST)
        items: list[Item] = []
        for definition in interface.types.values():
            if roles or definition in needed:
                self._items[definition] = made = _items_of(definition, names, roles)
                items += made
        module = Module(
            name=name,
            title=interface.name,
            docs=interface.docs,
            items=tuple(items),
            exports=self._view(names.take("Exports"), interface, Role.GUEST)
            if is_exported
            else None,
            imports=self._view(names.take("Imports"), interface, Role.HOST)
            if is_imported
            else None,
        )
        self._owners.update(dict.fromkeys(items, module))
        return module

    def _view(self, name: str, interface: Interface, role: Role) -> View:
        return self._viewed(
            name,
            interface.functions.values(),
            interface.types.values(),
            role,
            "" if interface.is_inline and not interface.name else f"{interface.name}#",
        )

    def _viewed(
        self,
        name: str,
        functions: Iterable[Function],
        types: Iterable[TypeDef],
        role: Role,
        prefix: str,
        taken: Collection[str] = (),
    ) -> View:
        plain: list[Operation] = []
        of_resources: dict[TypeDef, list[Operation]] = {
            each: [] for each in types if isinstance(each.definition, ResourceType)
        }
        for function in functions:
            full_name = f"{prefix}{function.name}"
            reason = unsupported(function)
            if reason:
                self._left_out.append((full_name, reason))
                continue
            operation = _operation(function, full_name, taken)
            if function.resource is None:
                plain.append(operation)
            else:
                of_resources.setdefault(function.resource.root, []).append(operation)
        views = [
            ResourceView(item, class_name(definition.name), tuple(operations))
            for definition, operations in of_resources.items()
            for item in self._items.get(definition, ())
            if item.role is role
        ]
        return View(name, tuple(plain), tuple(views))

    def _home(self, needed: set[TypeDef]) -> tuple[Module, Module]:
        """The package itself, and the module of the types that the world itself has."""
        names = Names(_KEPT_BY_THE_PACKAGE)
        world_class = names.take(_title_class(self._title))
        imports_class = names.take(f"{world_class.rstrip('_')}Imports")
        items: list[Item] = []
        sides = ((self._world.exports, Role.GUEST), (self._world.imports, Role.HOST))
        for side, role in sides:
            for extern in side.values():
                if not isinstance(extern, TypeExtern) or extern.type in self._items:
                    continue
                definition = extern.type
                if definition in needed or not isinstance(definition.definition, TypeDef):
                    self._items[definition] = made = _items_of(definition, names, [role])
                    items += made
        views = []
        for (side, role), name in zip(sides, (world_class, imports_class), strict=True):
            functions = [
                each.function for each in side.values() if isinstance(each, FunctionExtern)
            ]
            types = [each.type for each in side.values() if isinstance(each, TypeExtern)]
            taken = _KEPT_BY_THE_WORLD if role is Role.GUEST else ()
            views.append(self._viewed(name, functions, types, role, "", taken))
        title = self._world.external_name
        own = Module("_types", title, "", tuple(items))
        self._owners.update(dict.fromkeys(items, own))
        return Module("", title, self._world.docs, (), views[0], views[1]), own


def _interfaces(side: Mapping[str, Extern]) -> dict[str, Interface]:
    return {key: each.interface for key, each in side.items() if isinstance(each, InterfaceExtern)}


def _title_class(title: str) -> str:
    name = class_name(package_name(title).strip("_").replace("_", "-"))
    return f"World{name}" if name[0].isdigit() else name


def _items_of(definition: TypeDef, names: Names, roles: Sequence[Role]) -> list[Item]:
    """The items of a type: one, but one for each side that makes resources of it."""
    if not isinstance(definition.definition, ResourceType):
        return [_value_item(definition, names)]
    items = []
    for role in roles or [Role.FOREIGN]:
        stem = class_name(definition.name)
        if role is Role.HOST and len(roles) > 1:
            stem = f"Host{stem}"
        name = names.take(stem)
        maker = "" if role is Role.FOREIGN else names.take(f"{name.rstrip('_')}Class")
        items.append(Item(definition, name, role=role, maker=maker))
    return items


def _value_item(definition: TypeDef, names: Names) -> Item:
    body = definition.definition
    name = names.take(class_name(definition.name))
    if not isinstance(body, MembersType):
        return Item(definition, name)
    spell = {
        RecordType: python_name,
        VariantType: class_name,
        EnumType: constant_name,
        FlagsType: constant_name,
    }[type(body)]
    inner = Names()
    return Item(
        definition,
        name,
        any_name=names.take(f"Any{name.rstrip('_')}") if isinstance(body, VariantType) else "",
        members=tuple(inner.take(spell(each.name)) for each in body.members),
    )


def _operation(function: Function, full_name: str, taken: Collection[str]) -> Operation:
    label = function.name.rpartition("]")[2]
    if function.resource is not None:
        label = label.partition(".")[2]
    parameters = function.parameters[1 if function.kind is FunctionKind.METHOD else 0 :]
    names = Names()
    return Operation(
        function,
        full_name,
        "" if function.kind is FunctionKind.CONSTRUCTOR else Names(taken).take(python_name(label)),
        tuple((names.take(python_name(each.name)), each.type) for each in parameters),
    )


def _ports(
    interfaces: Mapping[str, Interface],
    modules: Mapping[Interface, Module],
    view: View | None,
    used: Collection[str] = (),
) -> tuple[Port, ...]:
    names = Names(_KEPT_BY_THE_WORLD)
    for each in view.functions if view else ():
        names.take(each.name)
    return tuple(
        Port(names.take(modules[each].name), key, modules[each], each.name in used)
        for key, each in interfaces.items()
        if modules[each].exports or modules[each].imports
    )


def _shown(
    home: Module, modules: Iterable[Module], known: Mapping[TypeDef, Sequence[Item]]
) -> tuple[tuple[str, Module], ...]:
    """Types that one module alone has under their names; those that it has from another do not count."""
    views = [view.name for view in (home.exports, home.imports) if view is not None]
    own = {*_KEPT_BY_THE_PACKAGE, *views}
    found: dict[str, list[Module]] = {}
    for module in modules:
        for item in module.items:
            roots = [each for each in known.get(item.definition.root, ()) if each is not item]
            if item.is_alias and item.name in {each.name for each in roots}:
                continue
            for name in filter(None, (item.name, item.any_name, item.maker)):
                # What the world itself has comes first.
                if found.get(name, [module])[0].name != "_types" or module.name == "_types":
                    found.setdefault(name, []).append(module)
    return tuple(
        (name, owners[0])
        for name, owners in sorted(found.items())
        if len(owners) == 1 and name not in own
    )
