"""Rules about what nothing uses, and about what stands there twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wcompose.check.lint_items import Found, Item, LintedPackage, Roots, named_in, parts_of
from wcompose.contract.model import (
    Function,
    FunctionExtern,
    Interface,
    InterfaceExtern,
    TypeExtern,
    World,
)
from wcompose.contract.types import (
    Definition,
    HandleType,
    ListType,
    MembersType,
    Primitive,
    ResourceType,
    Type,
    TypeDef,
)

_FEWEST_MEMBERS = 3
"""Members of a type that is told to be the same as another of a different name."""


def use_used(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    referred = _referred(package)
    for item, type_ in package.uses:
        if id(type_) in referred or item.container is None:
            continue
        source = type_.definition
        owner = source.owner.name if isinstance(source, TypeDef) else ""
        user = item.container
        yield Found(
            f"`{user.path}` uses `{type_.name}` for nothing",
            item.path,
            item.place,
            f"remove it: whoever has {user.label} has to import `{owner}` for it",
        )
    for file in package.outlines:
        named = {each.name for each in file.mentions if each.scope}
        for each in file.mentions:
            alias = each.alias or each.plain
            if not each.scope and each.keyword == "use" and alias not in named:
                yield Found(
                    f"`{alias}` is used by nothing in this file",
                    f"{package.stem}/{alias}",
                    each.place,
                    "remove the line",
                    key="top-level",
                )


def type_used(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    reached = _reached(package)
    # What is reached is reached to the end of its aliases.
    served = {
        type_.definition.owner.name
        for name, interface in package.contract.interfaces.items()
        for type_ in interface.types.values()
        if id(type_) in reached
        and isinstance(type_.definition, TypeDef)
        and type_.definition.owner.name != name
    }
    for item, type_ in package.types:
        if (
            id(type_) in reached
            or item.container is None
            or isinstance(type_.definition, ResourceType)
        ):
            continue
        home = item.container.thing
        # An interface of types only, that nothing here uses, is there for other packages.
        if isinstance(home, Interface) and not home.functions and home.name not in served:
            continue
        yield Found(
            f"no function takes or gives `{type_.name}`",
            item.path,
            item.place,
            "remove it, or write a function that does",
        )


def interface_used(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    if not package.worlds:
        return
    placed: set[str] = set()
    for world in package.contract.worlds.values():
        for extern in (*world.imports.values(), *world.exports.values()):
            if isinstance(extern, InterfaceExtern):
                placed.add(extern.interface.name)
    for interface in package.interfaces:
        if interface.name not in placed:
            path = package.path(interface.name)
            plain = path.rpartition("/")[2]
            yield Found(
                f"no world imports or exports `{plain}`",
                path,
                interface.place,
                f"write `import {plain};` or `export {plain};` in a world, or remove it",
            )


def item_empty(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item in package.items:
        match item.thing:
            case Interface(types=types, functions=functions) if not types and not functions:
                yield Found(f"interface `{item.name}` is empty", item.path, item.place, "remove it")
            case World(imports=imports, exports=exports) if not imports and not exports:
                yield Found(f"world `{item.name}` is empty", item.path, item.place, "remove it")


def resource_reachable(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    passed: list[Type | None] = []
    results: list[Type | None] = []
    constructed: set[int] = set()
    with_functions: set[int] = set()
    for function in _all_functions(package):
        resource = function.resource
        if resource is not None:
            with_functions.add(id(package.roots.of(resource)))
            if function.kind.value == "constructor":
                constructed.add(id(package.roots.of(resource)))
        results.append(function.result)
        passed += [each.type for each in function.parameters]
    # What one side passes, it has made itself.
    given = _handles((*results, *passed), package.roots, is_own=True)
    taken = _handles(passed, package.roots, is_own=False)
    for item, type_ in package.types:
        if not isinstance(type_.definition, ResourceType):
            continue
        key = id(type_)
        if key not in given and key not in constructed:
            yield Found(
                f"nothing gives a `{type_.name}`: it has no constructor, and no function returns one",
                item.path,
                item.place,
                "add a constructor, or a function that returns one",
                key="origin",
            )
        elif key not in with_functions and key not in taken:
            yield Found(
                f"a `{type_.name}` is good for nothing: it has no methods, and no function takes one",
                item.path,
                item.place,
                "add a method, or return something else",
                key="use",
            )


def no_cross_file_dup_type(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    shapes = _Shapes(package.roots)
    firsts: dict[tuple[int, str], tuple[Item, TypeDef, str]] = {}
    for item, type_ in package.types:
        if not isinstance(type_.definition, MembersType) or len(type_.definition.members) < 2:
            continue
        home = item.container.path if item.container else ""
        # Two members may be alike by chance, unless the name is the same too.
        is_small = len(type_.definition.members) < _FEWEST_MEMBERS
        key = (shapes.of(type_.definition), type_.name if is_small else "")
        first, other, other_home = firsts.setdefault(key, (item, type_, home))
        if other_home != home:
            plain = other_home.rpartition("/")[2]
            renamed = "" if other.name == type_.name else f" as {type_.name}"
            yield Found(
                f"`{type_.name}` is the same as `{first.path}`",
                item.path,
                item.place,
                f"write `use {plain}.{{{other.name}{renamed}}};` before anything is published",
                related=((f"the other `{other.name}`", other.place),),
            )


def _all_functions(package: LintedPackage) -> Iterator[Function]:
    for interface in package.contract.interfaces.values():
        yield from interface.functions.values()
    for _, function in package.functions:
        yield function


def _handles(types: Iterable[Type | None], roots: Roots, *, is_own: bool) -> set[int]:
    """Resources inside of types: those that are owned, or all."""
    handles: set[int] = set()
    seen: set[int] = set()
    stack = list(types)
    while stack:
        each = stack.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, HandleType):
            if not (is_own and each.is_borrow):
                handles.add(id(roots.of(each.resource)))
        else:
            stack.extend(parts_of(each))
    return handles


def _referred(package: LintedPackage) -> set[int]:
    """Types that anything in the contract refers to directly."""
    referred: set[int] = set()
    for item in package.items:
        referred |= {id(each) for each in item.references}
    for interface in package.contract.interfaces.values():
        for type_ in interface.types.values():
            referred |= {id(each) for each in named_in(type_.definition)}
    for world in package.contract.worlds.values():
        for extern in (*world.imports.values(), *world.exports.values()):
            if isinstance(extern, TypeExtern):
                referred |= {id(each) for each in named_in(extern.type.definition)}
            elif isinstance(extern, FunctionExtern):
                function = extern.function
                types = [each.type for each in function.parameters]
                referred |= {id(each) for each in named_in(*types, function.result)}
    return referred


def _reached(package: LintedPackage) -> set[int]:
    """Types that functions of the contract reach, through whatever is between."""
    reached: set[int] = set()
    stack: list[Type | None] = []
    for function in _all_functions(package):
        stack += [each.type for each in function.parameters]
        stack.append(function.result)
    while stack:
        each = stack.pop()
        if each is None or id(each) in reached:
            continue
        reached.add(id(each))
        stack.extend(parts_of(each))
    return reached


class _Shapes:
    """Numbers types, so that types of one structure have one number; resources equal themselves only."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._numbers: dict[object, int] = {}
        self._known: dict[int, int] = {}

    def of(self, type_: Definition | None) -> int:
        """The number of a type; nesting is bounded by the reader of contracts."""
        if type_ is None:
            return -1
        known = self._known.get(id(type_))
        if known is None:
            known = self._numbers.setdefault(self._shape(type_), len(self._numbers))
            self._known[id(type_)] = known
        return known

    def _shape(self, type_: Definition) -> object:
        match type_:
            case TypeDef():
                root = self._roots.of(type_)
                if isinstance(root.definition, ResourceType):
                    return ("resource", id(root))
                return ("same", self.of(root.definition))
            case Primitive(name):
                return name
            case HandleType(resource, is_borrow):
                return ("borrow" if is_borrow else "own", id(self._roots.of(resource)))
            case MembersType(members):
                word = type(type_).__name__
                return (word, tuple((each.name, self.of(each.type)) for each in members))
            case ListType(element, length):
                return ("list", self.of(element), length)
            case _:
                return (type(type_).__name__, tuple(map(self.of, parts_of(type_))))
