"""The main package of a contract as a list of items, each with its path, gate and references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePath
from typing import TypeAlias

from wcompose.check.lint_text import Mention, Outline, outline
from wcompose.contract.model import (
    Contract,
    Extern,
    Function,
    FunctionExtern,
    FunctionKind,
    Interface,
    InterfaceExtern,
    World,
    external_name,
)
from wcompose.contract.names import Version, parse_version
from wcompose.contract.types import (
    Definition,
    FutureType,
    HandleType,
    ListType,
    MapType,
    MembersType,
    OptionType,
    ResourceType,
    ResultType,
    Stability,
    StreamType,
    TupleType,
    Type,
    TypeDef,
)
from wcompose.contract.words import bare_name
from wcompose.report import Level, Place

Thing: TypeAlias = World | Interface | Function | TypeDef


@dataclass(frozen=True)
class Found:
    """What a rule finds; with the rule it becomes a judgement.

    Attributes:
        message: what is wrong.
        item: path of the item.
        place: where it is written.
        hint: what to write instead.
        causes: what led to it.
        related: other places, each with a label.
        key: what tells it from others of its rule on its item.
        level: how much it weighs, where that is not the rule's level.
    """

    message: str
    item: str
    place: Place
    hint: str = ""
    causes: tuple[str, ...] = ()
    related: tuple[tuple[str, Place], ...] = ()
    key: str = ""
    level: Level | None = None


@dataclass(frozen=True, eq=False)
class Item:
    """An interface, a world, a function or a type of the main package.

    Attributes:
        path: ``namespace:package/interface.function``, without version.
        thing: what it is.
        container: what it stands in; none for interfaces and worlds of their own.
        is_use: whether it is a type that a ``use`` takes from elsewhere.
    """

    path: str
    thing: Thing
    container: Item | None = None
    is_use: bool = False

    @property
    def word(self) -> str:
        """What kind of item it is."""
        match self.thing:
            case World():
                return "world"
            case Interface():
                return "interface"
            case Function(kind=kind):
                return kind.value
        if self.is_use:
            return "use"
        return "resource" if isinstance(self.thing.definition, ResourceType) else "type"

    @property
    def name(self) -> str:
        """Its name without what it stands in."""
        return self.path.rpartition("/")[2].rpartition(".")[2]

    @property
    def label(self) -> str:
        """What it is and what it is called: ``method `add```, ``constructor of `cart```."""
        if isinstance(self.thing, Function) and self.thing.kind is FunctionKind.CONSTRUCTOR:
            return f"constructor of `{self.path.split('.')[-2]}`"
        return f"{self.word} `{self.name}`"

    @property
    def stability(self) -> Stability:
        """Its gate."""
        return self.thing.stability

    @property
    def place(self) -> Place:
        """Where its name is written."""
        return self.thing.place

    @cached_property
    def references(self) -> tuple[TypeDef, ...]:
        """Types with a name that it refers to directly."""
        match self.thing:
            case Function() as function:
                types: list[Type | None] = [each.type for each in function.parameters]
                if function.kind is FunctionKind.METHOD:
                    types = types[1:]
                is_plain = function.kind is not FunctionKind.CONSTRUCTOR
                if is_plain or isinstance(function.result, ResultType):
                    types.append(function.result)
                return tuple(named_in(*types))
            case TypeDef(definition=definition):
                return tuple(named_in(definition))
        return ()


def named_in(*types: Definition | None) -> Iterator[TypeDef]:
    """Types with a name inside of types, each once, in order; names are not looked behind."""
    seen: set[int] = set()
    stack = list(reversed(types))
    while stack:
        each = stack.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, TypeDef):
            yield each
        else:
            stack.extend(reversed(tuple(parts_of(each))))


def parts_of(of: Definition) -> Iterator[Type | None]:
    """The types that a type is made of directly; of a name, what it stands for."""
    match of:
        case TypeDef(definition=definition):
            if not isinstance(definition, TypeDef | MembersType):
                yield from parts_of(definition)
            elif isinstance(definition, TypeDef):
                yield definition
            else:
                yield from parts_of(definition)
        case HandleType(resource):
            yield resource
        case ListType(element):
            yield element
        case MapType(key, value):
            yield key
            yield value
        case OptionType(payload) | StreamType(payload) | FutureType(payload):
            yield payload
        case ResultType(ok, error):
            yield ok
            yield error
        case TupleType(elements):
            yield from elements
        case MembersType(members):
            for member in members:
                yield member.type


class Roots:
    """Finds what is at the end of aliases; long rows of aliases are walked once."""

    def __init__(self) -> None:
        self._known: dict[int, TypeDef] = {}

    def of(self, type_: TypeDef) -> TypeDef:
        """The definition at the end of the aliases of a type."""
        trail: list[TypeDef] = []
        at = type_
        while id(at) not in self._known and isinstance(at.definition, TypeDef):
            trail.append(at)
            at = at.definition
        root = self._known.get(id(at), at)
        for each in trail:
            self._known[id(each)] = root
        return root


@dataclass
class LintedPackage:
    """The main package of a contract, for rules to look at.

    Attributes:
        contract: the contract.
        texts: text of its files by name.
        roots: finds what its types stand for.
    """

    contract: Contract
    texts: Mapping[str, str] = field(default_factory=dict)
    roots: Roots = field(default_factory=Roots)

    @cached_property
    def stem(self) -> str:
        """``namespace:package``."""
        return self.contract.package.partition("@")[0]

    @cached_property
    def version(self) -> Version | None:
        """Its version."""
        return parse_version(self.contract.package.partition("@")[2])

    def is_own(self, external: str) -> bool:
        """Whether an external name is of this package."""
        stem, slash, rest = external.partition("/")
        name, at, version = rest.partition("@")
        return bool(slash) and f"{stem}{at}{version}" == self.contract.package and bool(name)

    @cached_property
    def interfaces(self) -> tuple[Interface, ...]:
        """Interfaces of its own, those that worlds write inline left out."""
        return tuple(each for name, each in self.contract.interfaces.items() if self.is_own(name))

    @cached_property
    def worlds(self) -> tuple[World, ...]:
        """Worlds of its own."""
        return tuple(
            each for each in self.contract.worlds.values() if each.package == self.contract.package
        )

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Everything in it: interfaces, then worlds, each with what stands in it."""
        found: list[Item] = []
        for interface in self.interfaces:
            found += _items_of(interface, self.path(interface.name))
        seen: set[Place] = set()
        for world in self.worlds:
            item = Item(self.path(world.external_name), world)
            found.append(item)
            for name, extern in (*world.imports.items(), *world.exports.items()):
                found += _items_of_extern(item, name, extern, seen)
        return tuple(found)

    def path(self, external: str) -> str:
        """An external name without its version."""
        return external.partition("@")[0]

    @cached_property
    def functions(self) -> tuple[tuple[Item, Function], ...]:
        """Its functions, with their items."""
        return tuple((each, each.thing) for each in self.items if isinstance(each.thing, Function))

    @cached_property
    def types(self) -> tuple[tuple[Item, TypeDef], ...]:
        """Types that it defines, with their items; uses are left out."""
        return tuple(
            (each, each.thing)
            for each in self.items
            if isinstance(each.thing, TypeDef) and not each.is_use
        )

    @cached_property
    def uses(self) -> tuple[tuple[Item, TypeDef], ...]:
        """Types that it takes from elsewhere, with their items."""
        return tuple(
            (each, each.thing)
            for each in self.items
            if isinstance(each.thing, TypeDef) and each.is_use
        )

    @cached_property
    def outlines(self) -> tuple[Outline, ...]:
        """Its files as they are written, in the order of their names."""
        read = [outline(name, text) for name, text in sorted(self.texts.items()) if text]
        headed = {each.file for each in read if each.package == self.contract.package}
        directories = {PurePath(name).parent for name in headed}
        return tuple(
            each
            for each in read
            if each.file in headed
            or (not each.package and each.items and PurePath(each.file).parent in directories)
        )

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """What statements of its files name."""
        return tuple(mention for each in self.outlines for mention in each.mentions)

    def mentions_in(self, world: World) -> tuple[Mention, ...]:
        """What statements of a world of its own name."""
        return self._mentions_by_scope.get(world.name, ())

    @cached_property
    def _mentions_by_scope(self) -> Mapping[str, tuple[Mention, ...]]:
        scopes: dict[str, list[Mention]] = {}
        for each in self.mentions:
            scopes.setdefault(each.scope, []).append(each)
        return {scope: tuple(mentions) for scope, mentions in scopes.items()}

    @cached_property
    def header(self) -> Place:
        """Where its name is written, as far as that is known."""
        places = [each.package_place for each in self.outlines if each.package]
        return replace(places[0], item=self.stem) if places else Place(item=self.stem)

    @cached_property
    def _aliases(self) -> Mapping[tuple[str, str], str]:
        """What each file's own names stand for, by file and name."""
        return {
            (each.place.file, each.alias or each.plain): each.name
            for each in self.mentions
            if not each.scope and each.keyword == "use"
        }

    def interface_of(self, mention: Mention) -> Interface | World | None:
        """What a statement names; none where that is not known."""
        name = mention.name
        if not mention.package:
            name = self._aliases.get((mention.place.file, name), name)
            if "/" not in name:
                name = external_name(self.contract.package, name)
        elif not mention.has_version and mention.package == self.stem:
            name = external_name(self.contract.package, mention.plain)
        return self.contract.interfaces.get(name) or self.contract.worlds.get(name)


def _items_of(interface: Interface, path: str, container: Item | None = None) -> Iterator[Item]:
    item = Item(path, interface, container)
    yield item
    owners: dict[str, Item] = {}
    for name, type_ in interface.types.items():
        owners[name] = Item(f"{path}.{name}", type_, item, is_use(type_))
        yield owners[name]
    for function in interface.functions.values():
        resource = function.resource
        owner = item if resource is None else owners.get(resource.name, item)
        yield Item(f"{path}.{function_path(function)}", function, owner)


def _items_of_extern(world: Item, name: str, extern: Extern, seen: set[Place]) -> Iterator[Item]:
    # What a world includes stands in the other world; places tell, as names may differ.
    match extern:
        case InterfaceExtern(interface) if interface.is_inline:
            if _is_new(interface.place, seen):
                yield from _items_of(interface, f"{world.path}.{name}", world)
        case FunctionExtern(function):
            if _is_new(function.place, seen):
                yield Item(f"{world.path}.{function_path(function)}", function, world)
        case InterfaceExtern():
            return
        case _:
            if _is_new(extern.type.place, seen):
                type_ = extern.type
                yield Item(f"{world.path}.{name}", type_, world, is_use(type_))


def _is_new(place: Place, seen: set[Place]) -> bool:
    if not place.file:
        return True
    is_new = place not in seen
    seen.add(place)
    return is_new


def is_use(type_: TypeDef) -> bool:
    """Whether a type is taken from another interface or world."""
    source = type_.definition
    return isinstance(source, TypeDef) and source.owner != type_.owner


def function_path(function: Function) -> str:
    """A function in its interface: ``resource.method``, ``resource.constructor``."""
    name = bare_name(function.name)
    return f"{name}.constructor" if function.kind is FunctionKind.CONSTRUCTOR else name


def joined(names: Iterable[str], most: int = 3) -> str:
    """Names in backticks: `` `a`, `b` and 4 others ``."""
    words = [f"`{each}`" for each in names]
    more = len(words) - most
    if more > 0:
        words = [*words[:most], f"{more} other{'s' if more > 1 else ''}"]
    if not words:
        return ""
    *firsts, last = words
    return f"{', '.join(firsts)} and {last}" if firsts else last
