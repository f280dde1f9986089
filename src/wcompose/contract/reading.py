"""From the engine's JSON to a `Contract`.

The JSON is ``wit_parser::Resolve`` as serde writes it (``wit-parser/src/serde_.rs``): arenas that
refer to each other by index. The engine wraps it and adds places; see ``engine/src/json.rs``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from wcompose.contract.arena import innermost_first, referred_types
from wcompose.contract.model import (
    Contract,
    Extern,
    Function,
    FunctionExtern,
    FunctionKind,
    Interface,
    InterfaceExtern,
    Parameter,
    TypeExtern,
    World,
    external_name,
)
from wcompose.contract.types import (
    NO_PLACE,
    UNGATED,
    Definition,
    EnumType,
    FlagsType,
    FutureType,
    HandleType,
    ListType,
    MapType,
    Member,
    OptionType,
    Owner,
    Primitive,
    RecordType,
    ResourceType,
    ResultType,
    Stability,
    StreamType,
    TupleType,
    Type,
    TypeDef,
    VariantType,
)
from wcompose.errors import ContractError, EngineFault
from wcompose.report import Place

DEEPEST_NESTING = 100
"""Types inside types; ``wasmparser`` refuses more (``MAX_WASM_COMPONENT_TYPE_DEPTH``)."""

MOST_TYPES = 250_000
"""Types in one contract; the largest known (all of WASI) has fewer than 1,000."""

_PRIMITIVES = {
    name: Primitive(name)
    for name in (
        "bool u8 u16 u32 u64 s8 s16 s32 s64 f32 f64 char string error-context".split()  # noqa: SIM905
    )
}

_FUNCTION_KINDS = {
    "freestanding": (FunctionKind.FREESTANDING, ""),
    "method": (FunctionKind.METHOD, ""),
    "static": (FunctionKind.STATIC, ""),
    "constructor": (FunctionKind.CONSTRUCTOR, ""),
    "getter": (FunctionKind.FREESTANDING, "get"),
    "setter": (FunctionKind.FREESTANDING, "set"),
    "method-getter": (FunctionKind.METHOD, "get"),
    "method-setter": (FunctionKind.METHOD, "set"),
    "static-getter": (FunctionKind.STATIC, "get"),
    "static-setter": (FunctionKind.STATIC, "set"),
}

_Json: TypeAlias = Mapping[str, Any]


def read_contract(data: _Json, files: Mapping[str, str]) -> Contract:
    """Read a contract; see `Contract.from_json` for arguments and errors."""
    try:
        return _Reader(data, files).read()
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise EngineFault.of(
            "contract-malformed",
            "the engine described a contract in a form that is not agreed",
            causes=(f"{type(error).__name__}: {error}",),
            hint="this is a bug in wcompose: report it with the file that was read",
        ) from error


class _Reader:
    def __init__(self, data: _Json, files: Mapping[str, str]) -> None:
        resolve = data["resolve"]
        self._data = data
        self._worlds: Sequence[_Json] = resolve["worlds"]
        self._interfaces: Sequence[_Json] = resolve["interfaces"]
        self._types: Sequence[_Json] = resolve["types"]
        self._packages: Sequence[_Json] = resolve["packages"]
        self._places = _Places(data.get("files") or (), files)
        self._built: list[Definition | None] = [None] * len(self._types)
        self._owners = self._name_owners()
        if len(self._types) > MOST_TYPES:
            raise ContractError.of(
                "contract-too-large",
                f"the contract has {len(self._types):,} types, more than {MOST_TYPES:,}",
                hint="split it: nothing that people write comes near this bound",
            )

    def read(self) -> Contract:
        parts = [list(referred_types(each["kind"])) for each in self._types]
        order = list(innermost_first(parts))
        self._check_depths(order, parts)
        for index in order:
            self._built[index] = self._type_definition(self._types[index])
        interfaces = [self._interface(index, each) for index, each in enumerate(self._interfaces)]
        worlds = [self._world(each, interfaces) for each in self._worlds]
        main = self._data.get("main")
        world = self._data.get("world")
        return Contract(
            package="" if main is None else self._package(main),
            worlds={each.external_name: each for each in worlds},
            interfaces={each.name: each for each in interfaces if not each.is_inline},
            world=None if world is None else worlds[world],
            docs="" if main is None else _docs(self._packages[main]),
        )

    def _name_owners(self) -> dict[tuple[str, int], Owner]:
        owners = {
            ("world", index): Owner(self._external_name(each), is_world=True)
            for index, each in enumerate(self._worlds)
        }
        for index, each in enumerate(self._interfaces):
            if each["name"] is not None:
                owners["interface", index] = Owner(self._external_name(each))
        for world in self._worlds:
            for key, item in _world_items(world):
                if "interface" in item:
                    owners.setdefault(("interface", item["interface"]["id"]), Owner(key))
        return owners

    def _check_depths(self, order: Sequence[int], parts: Sequence[Sequence[int]]) -> None:
        """Refuse types whose nesting would exhaust the stack of whatever walks them."""
        depths = [0] * len(self._types)
        for index in order:
            kind = self._types[index]["kind"]
            own = 0 if isinstance(kind, dict) and "type" in kind else 1
            depths[index] = own + max((depths[part] for part in parts[index]), default=0)
            if depths[index] > DEEPEST_NESTING:
                json = self._types[index]
                raise ContractError.of(
                    "type-too-deep",
                    f"`{json['name'] or 'a type'}` nests more than {DEEPEST_NESTING} types deep",
                    place=self._places.of(json),
                    hint="validators and runtimes refuse such types: flatten it",
                )

    def _package(self, index: int) -> str:
        name = self._packages[index]["name"]
        if not isinstance(name, str):
            raise TypeError(f"package name {name!r}")
        return name

    def _external_name(self, json: _Json) -> str:
        package = json.get("package")
        return external_name("" if package is None else self._package(package), json["name"])

    def _world(self, json: _Json, interfaces: Sequence[Interface]) -> World:
        package = json.get("package")
        sides: dict[str, dict[str, Extern]] = {}
        for side in ("imports", "exports"):
            sides[side] = {}
            for key, item in json[side].items():
                name = self._external_key(key, item)
                sides[side][name] = self._extern(item, interfaces)
        return World(
            name=json["name"],
            package="" if package is None else self._package(package),
            imports=sides["imports"],
            exports=sides["exports"],
            docs=_docs(json),
            stability=_stability(json),
            place=self._places.of(json),
        )

    def _external_key(self, key: str, item: _Json) -> str:
        # An interface without a name of its own in the world is keyed `interface-INDEX`.
        if "interface" in item:
            index = item["interface"]["id"]
            json = self._interfaces[index]
            if key == f"interface-{index}" and json["name"] is not None:
                return self._external_name(json)
        return key

    def _extern(self, item: _Json, interfaces: Sequence[Interface]) -> Extern:
        place = self._places.of(item)
        if "interface" in item:
            return InterfaceExtern(interfaces[item["interface"]["id"]], place)
        if "function" in item:
            return FunctionExtern(self._function(item["function"]), place)
        return TypeExtern(self._named(item["type"]), place)

    def _interface(self, index: int, json: _Json) -> Interface:
        return Interface(
            name=self._owner({"interface": index}).name,
            is_inline=json["name"] is None,
            types={name: self._named(index) for name, index in json["types"].items()},
            functions={
                name: self._function(function) for name, function in json["functions"].items()
            },
            docs=_docs(json),
            stability=_stability(json),
            place=self._places.of(json),
        )

    def _function(self, json: _Json) -> Function:
        kind = json["kind"]
        resource = None
        if isinstance(kind, dict):
            ((kind, index),) = kind.items()
            resource = self._named(index)
        plain = kind.removeprefix("async-")
        function_kind, accessor = _FUNCTION_KINDS[plain]
        return Function(
            name=json["name"],
            kind=function_kind,
            parameters=tuple(
                Parameter(each.get("name", ""), self._type(each["type"]), self._places.of(each))
                for each in json["params"]
            ),
            result=self._optional(json.get("result")),
            is_async=plain != kind,
            accessor=accessor,
            resource=resource,
            docs=_docs(json),
            stability=_stability(json),
            place=self._places.of(json),
        )

    def _type_definition(self, json: _Json) -> Definition:
        definition = self._definition(json["kind"])
        if json["name"] is None:
            return definition
        return TypeDef(
            name=json["name"],
            owner=self._owner(json["owner"]),
            definition=definition,
            docs=_docs(json),
            stability=_stability(json),
            place=self._places.of(json),
        )

    def _owner(self, json: Mapping[str, int] | None) -> Owner:
        if json is None:
            return Owner("")
        ((kind, index),) = json.items()
        # An interface that no world has yet and that has no name cannot be referred to.
        return self._owners.get((kind, index), Owner(""))

    def _definition(self, kind: Any) -> Definition:
        if kind == "resource":
            return ResourceType()
        ((word, body),) = kind.items()
        return _DEFINITIONS[word](self, body)

    def _members(self, json: Sequence[_Json]) -> tuple[Member, ...]:
        return tuple(
            Member(
                each["name"], self._optional(each.get("type")), _docs(each), self._places.of(each)
            )
            for each in json
        )

    def _optional(self, json: object) -> Type | None:
        return None if json is None else self._type(json)

    def _type(self, json: object) -> Type:
        if isinstance(json, str):
            return _PRIMITIVES[json]
        built = self._reference(json)
        if isinstance(built, ResourceType):
            raise TypeError("a resource without a name")
        return built

    def _named(self, json: object) -> TypeDef:
        built = self._reference(json)
        if not isinstance(built, TypeDef):
            raise TypeError(f"type {json!r} has no name")
        return built

    def _reference(self, json: object) -> Definition:
        if not isinstance(json, int) or json < 0:
            raise TypeError(f"type {json!r}")
        built = self._built[json]
        if built is None:
            raise ValueError(f"type {json} is used before it is defined")
        return built


def _handle(reader: _Reader, body: Mapping[str, int]) -> Definition:
    ((word, index),) = body.items()
    if word not in {"own", "borrow"}:
        raise ValueError(f"handle {word!r}")
    return HandleType(reader._named(index), is_borrow=word == "borrow")


# Each row reads the body of one `wit_parser::TypeDefKind`; they are part of `_Reader`.
# ruff: noqa: SLF001
_DEFINITIONS: Mapping[str, Callable[[_Reader, Any], Definition]] = {
    "record": lambda reader, body: RecordType(reader._members(body["fields"])),
    "variant": lambda reader, body: VariantType(reader._members(body["cases"])),
    "enum": lambda reader, body: EnumType(reader._members(body["cases"])),
    "flags": lambda reader, body: FlagsType(reader._members(body["flags"])),
    "handle": _handle,
    "tuple": lambda reader, body: TupleType(tuple(map(reader._type, body["types"]))),
    "option": lambda reader, body: OptionType(reader._type(body)),
    "result": lambda reader, body: ResultType(
        reader._optional(body["ok"]), reader._optional(body["err"])
    ),
    "list": lambda reader, body: ListType(reader._type(body)),
    "fixed-length-list": lambda reader, body: ListType(reader._type(body[0]), int(body[1])),
    "map": lambda reader, body: MapType(reader._type(body[0]), reader._type(body[1])),
    "future": lambda reader, body: FutureType(reader._optional(body)),
    "stream": lambda reader, body: StreamType(reader._optional(body)),
    "type": lambda reader, body: reader._type(body),
}


class _Places:
    """Places from the engine's indices, with the text of the line where the text is known."""

    def __init__(self, paths: Sequence[str], files: Mapping[str, str]) -> None:
        self._paths = paths
        self._lines = {
            path: [line.rstrip("\r") for line in text.split("\n")] for path, text in files.items()
        }

    def of(self, json: _Json) -> Place:
        numbers = json.get("place")
        if numbers is None:
            return NO_PLACE
        file, line, column, end_line, end_column = numbers
        path = self._paths[file]
        lines = self._lines.get(path, ())
        source = lines[line - 1] if line <= len(lines) else ""
        if end_line != line:
            end_column = len(source) + 1 if source else 0
        return Place(path, line, column, end_column, source=source)


def _world_items(world: _Json) -> Iterator[tuple[str, _Json]]:
    yield from world["imports"].items()
    yield from world["exports"].items()


def _docs(json: _Json) -> str:
    docs = json.get("docs") or {}
    return docs.get("contents") or ""


def _stability(json: _Json) -> Stability:
    gate = json.get("stability")
    if not isinstance(gate, dict):
        return UNGATED
    ((_, body),) = gate.items()
    return Stability(
        since=body.get("since") or "",
        feature=body.get("feature") or "",
        deprecated=body.get("deprecated") or "",
    )
