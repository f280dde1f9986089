"""What a page shows, in order: packages, their worlds and interfaces, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from wcompose.contract import (
    Contract,
    Extern,
    Function,
    FunctionExtern,
    Interface,
    InterfaceExtern,
    TypeDef,
    World,
    parse_item_name,
)
from wcompose.contract.model import FunctionKind
from wcompose.contract.text import definition_word
from wcompose.contract.types import MembersType, ResourceType, Stability
from wcompose.pages.signature import Span, defined, definition_spans, function_spans, member_spans

_KIND = re.compile(r"\[[a-z -]*\]")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Part:
    """A field, a case or a flag."""

    anchor: str
    signature: tuple[Span, ...]
    docs: str


@dataclass(frozen=True)
class Entry:
    """A type or a function.

    Attributes:
        word: what it is: ``record``, ``function``, ``method``, …
        name: its name.
        anchor: where it is on the page.
        signature: its first line or lines.
        docs: its documentation.
        stability: its gate.
        parts: its members.
        entries: the functions of a resource.
    """

    word: str
    name: str
    anchor: str
    signature: tuple[Span, ...]
    docs: str
    stability: Stability
    parts: tuple[Part, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Section:
    """An interface.

    Attributes:
        name: its plain name.
        full_name: its external name.
        anchor: where it is on the page.
        docs: its documentation.
        stability: its gate.
        uses: types that it takes from other interfaces: the name it gives them, and what they are.
        types: its types.
        functions: its functions that belong to no resource.
    """

    name: str
    full_name: str
    anchor: str
    docs: str
    stability: Stability
    uses: tuple[tuple[str, TypeDef], ...]
    types: tuple[Entry, ...]
    functions: tuple[Entry, ...]


@dataclass(frozen=True)
class Port:
    """What a world imports or exports: an interface of the page, one of its own, or an entry."""

    name: str
    interface: Interface | None = None
    section: Section | None = None
    entry: Entry | None = None


@dataclass(frozen=True)
class WorldSection:
    """A world."""

    name: str
    full_name: str
    anchor: str
    docs: str
    stability: Stability
    imports: tuple[Port, ...]
    exports: tuple[Port, ...]


@dataclass(frozen=True)
class Package:
    """A package."""

    name: str
    anchor: str
    docs: str
    is_main: bool
    worlds: tuple[WorldSection, ...]
    interfaces: tuple[Section, ...]


@dataclass(frozen=True)
class Page:
    """Everything on a page.

    Attributes:
        title: what the contract is called.
        packages: the main one first, the others by name.
        types: anchor of each type.
        interfaces: anchor of each interface that has its place on the page.
    """

    title: str
    packages: tuple[Package, ...]
    types: Mapping[TypeDef, str] = field(repr=False)
    interfaces: Mapping[Interface, str] = field(repr=False)


def outline(contract: Contract, title: str, world: str | None = None) -> Page:
    """Lay a contract out as a page: the same page for the same contract.

    Args:
        contract: the contract.
        title: what the page is called, where the contract has no package name.
        world: the only world to show, with the interfaces that it needs; none for everything.

    Raises:
        ContractError: there is no such world.
    """
    worlds, interfaces = list(contract.worlds.values()), list(contract.interfaces.values())
    if contract.world is not None:
        worlds = [contract.world]
    if world is not None:
        worlds = [contract.find_world(world)]
        needed = _needed(worlds[0])
        interfaces = [each for each in interfaces if each in needed]
    main = contract.package if contract.world is None else ""
    return _Outliner(contract, main).page(title, worlds, interfaces)


def _needed(world: World) -> set[Interface]:
    """The interfaces of a world. What they use it imports too (WIT.md, "Transitive imports")."""
    return {
        each.interface
        for each in (*world.imports.values(), *world.exports.values())
        if isinstance(each, InterfaceExtern)
    }


class _Outliner:
    def __init__(self, contract: Contract, main: str) -> None:
        self._contract = contract
        self._main = main
        self._types: dict[TypeDef, str] = {}
        self._interfaces: dict[Interface, str] = {}
        self._anchors: set[str] = set()

    def page(self, title: str, worlds: Iterable[World], interfaces: Iterable[Interface]) -> Page:
        by_package: dict[str, tuple[list[World], list[Interface]]] = {}
        for world in worlds:
            name = world.package if self._contract.world is None else ""
            by_package.setdefault(name, ([], []))[0].append(world)
        for interface in interfaces:
            by_package.setdefault(_package_of(interface), ([], []))[1].append(interface)
        names = sorted(by_package, key=lambda name: (name != self._main, name))
        # All interfaces have their places before worlds refer to them.
        anchors = {name: self._anchor(name or "component") for name in names}
        sections = {
            name: tuple(self._section(each, each.name) for each in by_package[name][1])
            for name in names
        }
        packages = tuple(
            Package(
                name=name,
                anchor=anchors[name],
                docs=self._contract.docs if name == self._main else "",
                is_main=name == self._main,
                worlds=tuple(self._world(each) for each in by_package[name][0]),
                interfaces=sections[name],
            )
            for name in names
        )
        return Page(self._main or title, packages, self._types, self._interfaces)

    def _anchor(self, text: str) -> str:
        stem = _UNSAFE.sub("-", text).strip("-") or "item"
        anchor, number = stem, 1
        while anchor in self._anchors:
            number += 1
            anchor = f"{stem}-{number}"
        self._anchors.add(anchor)
        return anchor

    def _section(self, interface: Interface, path: str) -> Section:
        item = parse_item_name(interface.name)
        anchor = self._anchor(path)
        self._interfaces[interface] = anchor
        uses = tuple(
            (name, source)
            for name, each in interface.types.items()
            if (source := defined(each)) is not each
        )
        used = {name for name, _ in uses}
        return Section(
            name=interface.name if item is None else item.interface,
            full_name=path if interface.is_inline else interface.name,
            anchor=anchor,
            docs=interface.docs,
            stability=interface.stability,
            uses=uses,
            types=tuple(
                self._type(each, anchor, interface.functions.values())
                for name, each in interface.types.items()
                if name not in used
            ),
            functions=tuple(
                self._function(each, anchor)
                for each in interface.functions.values()
                if each.resource is None or each.resource not in self._types
            ),
        )

    def _type(self, of: TypeDef, path: str, functions: Iterable[Function]) -> Entry:
        anchor = self._anchor(f"{path}.{of.name}")
        self._types[of] = anchor
        members = of.definition.members if isinstance(of.definition, MembersType) else ()
        own = functions if isinstance(of.definition, ResourceType) else ()
        return Entry(
            word=definition_word(of.definition),
            name=of.name,
            anchor=anchor,
            signature=definition_spans(of),
            docs=of.docs,
            stability=of.stability,
            parts=tuple(
                Part(
                    self._anchor(f"{anchor}.{each.name}"),
                    member_spans(each.name, each.type, of.definition),
                    each.docs,
                )
                for each in members
            ),
            entries=tuple(self._function(each, anchor) for each in own if each.resource is of),
        )

    def _function(self, of: Function, path: str, name: str = "") -> Entry:
        plain = _KIND.sub("", name or of.name)
        if of.resource is not None:
            plain = plain.partition(".")[2]
        if of.kind is FunctionKind.CONSTRUCTOR:
            plain = "constructor"
        return Entry(
            word=of.kind.value,
            name=plain,
            anchor=self._anchor(f"{path}.{plain}"),
            signature=function_spans(of, plain),
            docs=of.docs,
            stability=of.stability,
        )

    def _world(self, world: World) -> WorldSection:
        full_name = world.external_name if self._contract.world is None else world.name
        anchor = self._anchor(full_name)
        return WorldSection(
            name=world.name,
            full_name=full_name,
            anchor=anchor,
            docs=world.docs,
            stability=world.stability,
            imports=tuple(self._ports(world.imports, f"{anchor}.import")),
            exports=tuple(self._ports(world.exports, f"{anchor}.export")),
        )

    def _ports(self, externs: Mapping[str, Extern], path: str) -> Iterator[Port]:
        for name, extern in externs.items():
            if isinstance(extern, FunctionExtern):
                if extern.function.resource in self._types:
                    # It stands under its resource.
                    continue
                yield Port(name, entry=self._function(extern.function, path, name))
            elif not isinstance(extern, InterfaceExtern):
                functions = [
                    each.function for each in externs.values() if isinstance(each, FunctionExtern)
                ]
                yield Port(name, entry=self._type(extern.type, path, functions))
            elif extern.interface in self._interfaces:
                yield Port(name, interface=extern.interface)
            else:
                yield Port(name, section=self._section(extern.interface, f"{path}.{name}"))


def _package_of(interface: Interface) -> str:
    item = parse_item_name(interface.name)
    if item is None:
        return ""
    version = "" if item.version is None else f"@{item.version}"
    return f"{item.namespace}:{item.package}{version}"
