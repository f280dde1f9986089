"""Asking wasmparser: contracts as components in text that are valid when one fits the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wcompose.check.live import used_types
from wcompose.contract import Contract, Function, Interface, TypeDef
from wcompose.contract.types import (
    EnumType,
    FlagsType,
    FutureType,
    HandleType,
    ListType,
    MapType,
    OptionType,
    Primitive,
    RecordType,
    ResourceType,
    ResultType,
    StreamType,
    TupleType,
    VariantType,
)


def fitting(
    wanted: Contract,
    given: Contract,
    names: Iterable[tuple[str, str]],
    *,
    is_pruned: bool,
) -> str:
    """A component that is valid when what is given fits where something is wanted.

    Args:
        wanted: what the inner component imports.
        given: what the outer one provides it with.
        names: names of interfaces, wanted and given; those that they use are added.
        is_pruned: whether the inner one imports only what its functions use, as guests do.
    """
    pairs = dict(names)
    live = used_types(wanted) if is_pruned else None
    for name in _closed(wanted, pairs):
        pairs.setdefault(name, name)
    inner = _Text(wanted, live, 2)
    outer = _Text(given, None, 1)
    lines = []
    for name in _closed(given, pairs.values()):
        lines += outer.instance(given.interfaces[name])
    missing = [name for name in pairs if pairs[name] not in given.interfaces]
    extra = _Text(wanted, None, 1, outer.names)
    for name in _closed(wanted, missing):
        if pairs.get(name) in missing:
            lines += extra.instance(wanted.interfaces[name])
    inside = []
    arguments = []
    for name in _closed(wanted, pairs):
        text = inner.instance(wanted.interfaces[name])
        if text:
            inside += text
            number = outer.names.get(pairs[name]) or extra.names[name]
            arguments.append(f'(with "{name}" (instance {number}))')
    body = "\n".join(lines)
    return (
        f"(component {body}\n(component $inner {' '.join(inside)})\n"
        f"(instance (instantiate $inner {' '.join(arguments)})))"
    )


def _closed(contract: Contract, names: Iterable[str]) -> list[str]:
    """Names of interfaces behind those that they use."""
    order: list[str] = []

    def add(name: str) -> None:
        if name not in order and name in contract.interfaces:
            for each in contract.interfaces[name].used_interfaces:
                add(each)
            order.append(name)

    for name in names:
        add(name)
    return order


class _Text:
    def __init__(
        self,
        contract: Contract,
        live: frozenset[int] | None,
        depth: int,
        names: Mapping[str, str] = {},
    ) -> None:
        self._live = live
        self.names: dict[str, str] = dict(names)
        self._outer: dict[int, str] = {}
        self._count = depth * 1_000_000

    def _next(self) -> str:
        self._count += 1
        return f"$x{self._count}"

    def instance(self, interface: Interface) -> list[str]:
        types = [
            each
            for each in interface.types.values()
            if self._live is None or id(each) in self._live
        ]
        if not types and not interface.functions and self._live is not None:
            return []
        self._known: dict[int, str] = {}
        self._lines: list[str] = []
        for type_ in types:
            self._type(type_)
        for function in interface.functions.values():
            self._function(function)
        name = self.names[interface.name] = self._next()
        lines = [f'(import "{interface.name}" (instance {name}', *self._lines, "))"]
        for type_ in types:
            alias = self._outer[id(type_)] = self._next()
            lines.append(f'(alias export {name} "{type_.name}" (type {alias}))')
        return lines

    def _type(self, type_: TypeDef) -> None:
        bound = self._next()
        definition = type_.definition
        if isinstance(definition, ResourceType):
            what = "(sub resource)"
        elif isinstance(definition, TypeDef):
            what = f"(eq {self._named(definition)})"
        else:
            inner = self._next()
            self._lines_of(inner, definition)
            what = f"(eq {inner})"
        self._lines.append(f'(export "{type_.name}" (type {bound} {what}))')
        self._known[id(type_)] = bound

    def _named(self, type_: TypeDef) -> str:
        if id(type_) not in self._known:
            local = self._known[id(type_)] = self._next()
            self._lines.append(f"(alias outer 1 {self._outer[id(type_)]} (type {local}))")
        return self._known[id(type_)]

    def _lines_of(self, name: str, definition: object) -> None:
        text = self._definition(definition)
        self._lines.append(f"(type {name} {text})")

    def _ref(self, type_: object) -> str:
        if isinstance(type_, Primitive):
            return "error-context" if type_.name == "error-context" else type_.name
        if isinstance(type_, TypeDef):
            if type_.is_resource:
                return self._ref(HandleType(type_, is_borrow=False))
            return self._named(type_)
        name = self._next()
        self._lines_of(name, type_)
        return name

    def _definition(self, of: object) -> str:
        match of:
            case Primitive(name):
                return name
            case RecordType(members):
                return f"(record {self._members('field', members)})"
            case VariantType(members):
                return f"(variant {self._members('case', members)})"
            case EnumType(members):
                return f"(enum {' '.join(_quoted(each.name) for each in members)})"
            case FlagsType(members):
                return f"(flags {' '.join(_quoted(each.name) for each in members)})"
            case ListType(element, None):
                return f"(list {self._ref(element)})"
            case ListType(element, length):
                return f"(list {self._ref(element)} {length})"
            case MapType(key, value):
                return f"(map {self._ref(key)} {self._ref(value)})"
            case OptionType(payload):
                return f"(option {self._ref(payload)})"
            case ResultType(ok, error):
                first = f" {self._ref(ok)}" if ok is not None else ""
                second = f" (error {self._ref(error)})" if error is not None else ""
                return f"(result{first}{second})"
            case TupleType(elements):
                return f"(tuple {' '.join(self._ref(each) for each in elements)})"
            case StreamType(payload):
                return f"(stream {self._ref(payload)})" if payload else "(stream)"
            case FutureType(payload):
                return f"(future {self._ref(payload)})" if payload else "(future)"
            case HandleType(resource, is_borrow):
                return f"({'borrow' if is_borrow else 'own'} {self._named(resource)})"
        raise AssertionError(of)

    def _members(self, word: str, members: Iterable[object]) -> str:
        return " ".join(
            f"({word} {_quoted(each.name)}"
            + (f" {self._ref(each.type)})" if each.type is not None else ")")
            for each in members
        )

    def _function(self, function: Function) -> None:
        parameters = [
            f"(param {_quoted(each.name)} {self._ref(each.type)})" for each in function.parameters
        ]
        result = f"(result {self._ref(function.result)})" if function.result is not None else ""
        word = "async " if function.is_async else ""
        self._lines.append(
            f"(export {_quoted(function.name)} (func {word}{' '.join(parameters)} {result}))"
        )


def _quoted(name: str) -> str:
    return f'"{name}"'
