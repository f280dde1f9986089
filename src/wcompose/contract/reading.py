"""From the engine's JSON to a `Contract`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wcompose.contract.model import (
    Alias,
    Constructed,
    Contract,
    Enum,
    Extern,
    Flags,
    Function,
    FunctionExtern,
    Handle,
    Interface,
    InterfaceExtern,
    Kind,
    Member,
    Record,
    Resource,
    Type,
    TypeDef,
    TypeExtern,
    Variant,
    World,
)
from wcompose.errors import ContractError
from wcompose.report import Place
from wcompose.suggest import did_you_mean

DEPTH_LIMIT = 100
"""How deep types may nest; as deep as the validator allows."""

_CONSTRUCTORS = {"list", "option", "future", "stream"}


def read_contract(data: Mapping[str, Any]) -> Contract:
    """Read the engine's JSON.

    Raises:
        ContractError: types nest deeper than the validator allows.
    """
    return _Reader(data).read()


def find_world(contract: Contract, name: str | None) -> World:
    """See `Contract.find_world`."""
    worlds = contract.main_worlds
    if name is None:
        if len(worlds) == 1:
            return next(iter(worlds.values()))
        raise ContractError.of(
            "world-ambiguous" if worlds else "world-missing",
            f"package `{contract.package}` has {'several worlds' if worlds else 'no world'}",
            hint=f"name one of {_listed(worlds)}" if worlds else "define a world in it",
        )
    found = worlds.get(name) or contract.worlds.get(name)
    if found is not None:
        return found
    raise ContractError.of(
        "world-missing",
        f"package `{contract.package}` has no world `{name}`",
        hint=did_you_mean(name, worlds) or f"it has {_listed(worlds) or 'no world at all'}",
    )


class _Reader:
    def __init__(self, data: Mapping[str, Any]) -> None:
        resolve = data["resolve"]
        self._files: Sequence[str] = data["files"]
        self._main = data["main"]
        self._world = data["world"]
        self._packages = resolve["packages"]
        self._raw_types = resolve["types"]
        self._raw_interfaces = resolve["interfaces"]
        self._raw_worlds = resolve["worlds"]
        self._types: dict[int, TypeDef] = {}
        self._interface_names = [self._full_name(each) for each in self._raw_interfaces]

    def read(self) -> Contract:
        interfaces = [self._interface(index) for index in range(len(self._raw_interfaces))]
        worlds = [self._read_world(raw, interfaces) for raw in self._raw_worlds]
        main = None if self._main is None else self._packages[self._main]
        return Contract(
            package=main["name"] if main else "",
            worlds={_world_name(world): world for world in worlds},
            interfaces={
                name: interface
                for name, interface in zip(self._interface_names, interfaces, strict=True)
                if name
            },
            world=None if self._world is None else worlds[self._world],
            main_worlds={}
            if main is None
            else {name: worlds[index] for name, index in main["worlds"].items()},
        )

    def _full_name(self, raw: Mapping[str, Any]) -> str:
        if raw.get("name") is None or raw.get("package") is None:
            return ""
        package, at, version = self._packages[raw["package"]]["name"].partition("@")
        return f"{package}/{raw['name']}{at}{version}"

    def _interface(self, index: int, plain_name: str = "") -> Interface:
        raw = self._raw_interfaces[index]
        return Interface(
            name=self._interface_names[index] or plain_name,
            types={name: self._definition(each) for name, each in raw["types"].items()},
            functions={
                name: self._function(each) for name, each in raw["functions"].items()
            },
            place=self._place(raw),
            docs=_docs(raw),
        )

    def _read_world(self, raw: Mapping[str, Any], interfaces: Sequence[Interface]) -> World:
        package = raw.get("package")
        return World(
            name=raw["name"],
            package="" if package is None else self._packages[package]["name"],
            imports=dict(self._extern(*each, interfaces) for each in raw["imports"].items()),
            exports=dict(self._extern(*each, interfaces) for each in raw["exports"].items()),
            place=self._place(raw),
            docs=_docs(raw),
        )

    def _extern(
        self, key: str, raw: Mapping[str, Any], interfaces: Sequence[Interface]
    ) -> tuple[str, Extern]:
        place = self._place(raw)
        if "function" in raw:
            return key, FunctionExtern(self._function(raw["function"]), place)
        if "type" in raw:
            return key, TypeExtern(self._definition(raw["type"]), place)
        index = raw["interface"]["id"]
        # An interface under its own name is keyed by its index.
        if key == f"interface-{index}" and self._interface_names[index]:
            return self._interface_names[index], InterfaceExtern(interfaces[index], place)
        return key, InterfaceExtern(self._interface(index, key), place)

    def _function(self, raw: Mapping[str, Any]) -> Function:
        kind = raw["kind"]
        kind_name = kind if isinstance(kind, str) else next(iter(kind))
        return Function(
            name=raw["name"],
            parameters=tuple(
                Member(each.get("name", ""), self._type(each["type"]), self._place(each))
                for each in raw["params"]
            ),
            result=self._optional(raw.get("result")),
            is_async=kind_name.startswith("async"),
            place=self._place(raw),
            docs=_docs(raw),
        )

    def _optional(self, raw: str | int | None, depth: int = 0) -> Type | None:
        return None if raw is None else self._type(raw, depth)

    def _type(self, raw: str | int, depth: int = 0) -> Type:
        return raw if isinstance(raw, str) else self._definition(raw, depth)

    def _definition(self, index: int, depth: int = 0) -> TypeDef:
        found = self._types.get(index)
        if found is not None:
            return found
        if depth > DEPTH_LIMIT:
            raise ContractError.of(
                "wit-too-deep",
                f"types nest deeper than {DEPTH_LIMIT}",
                hint="give the inner types names and flatten what is nested",
            )
        raw = self._raw_types[index]
        owner = raw.get("owner")
        home = (
            self._interface_names[owner["interface"]]
            if isinstance(owner, dict) and "interface" in owner
            else ""
        )
        definition = TypeDef(
            name=raw.get("name"),
            kind=self._kind(raw["kind"], depth + 1),
            home=home,
            place=self._place(raw),
            docs=_docs(raw),
        )
        self._types[index] = definition
        return definition

    def _kind(self, raw: str | Mapping[str, Any], depth: int) -> Kind:
        if isinstance(raw, str):
            return Resource()
        name, value = next(iter(raw.items()))
        if name == "record":
            return Record(self._members(value["fields"], depth))
        if name == "variant":
            return Variant(self._members(value["cases"], depth))
        if name == "enum":
            return Enum(self._members(value["cases"], depth))
        if name == "flags":
            return Flags(self._members(value["flags"], depth))
        if name == "handle":
            side, resource = next(iter(value.items()))
            return Handle(side == "borrow", self._definition(resource, depth))
        if name == "type":
            return Alias(self._type(value, depth))
        return self._constructed(name, value, depth)

    def _constructed(self, name: str, value: Any, depth: int) -> Constructed:  # noqa: ANN401
        if name in _CONSTRUCTORS:
            return Constructed(name, (self._optional(value, depth),))
        if name == "result":
            sides = (value.get("ok"), value.get("err"))
            return Constructed(name, tuple(self._optional(side, depth) for side in sides))
        if name == "tuple":
            return Constructed(name, tuple(self._type(each, depth) for each in value["types"]))
        if name == "map":
            return Constructed(name, tuple(self._type(each, depth) for each in value))
        if name == "fixed-length-list":
            element, length = value
            return Constructed("list", (self._type(element, depth),), length)
        raise ContractError.of(
            "wit-unknown-type",
            f"types of the kind `{name}` are not known to this version",
            hint="update wcompose",
        )

    def _members(self, raw: Sequence[Mapping[str, Any]], depth: int) -> tuple[Member, ...]:
        return tuple(
            Member(each["name"], self._optional(each.get("type"), depth), self._place(each))
            for each in raw
        )

    def _place(self, raw: Mapping[str, Any]) -> Place:
        at = raw.get("place")
        if at is None:
            return Place()
        file, line, column, end_line, end_column = at
        return Place(
            self._files[file], line, column, end_column if end_line == line else column + 1
        )


def _docs(raw: Mapping[str, Any]) -> str:
    return (raw.get("docs") or {}).get("contents") or ""


def _world_name(world: World) -> str:
    package, at, version = world.package.partition("@")
    return f"{package}/{world.name}{at}{version}"


def _listed(names: Mapping[str, World]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
