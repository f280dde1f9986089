"""Types and functions as WIT text, for messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from wcompose.contract.model import (
    Extern,
    Function,
    FunctionExtern,
    FunctionKind,
    InterfaceExtern,
    Parameter,
)
from wcompose.contract.types import (
    Definition,
    EnumType,
    FlagsType,
    FutureType,
    HandleType,
    ListType,
    MapType,
    Member,
    MembersType,
    OptionType,
    Primitive,
    RecordType,
    ResourceType,
    ResultType,
    StreamType,
    TupleType,
    Type,
    TypeDef,
    VariantType,
)

_WORDS: Mapping[type[Definition], str] = {
    RecordType: "record",
    VariantType: "variant",
    EnumType: "enum",
    FlagsType: "flags",
    ResourceType: "resource",
}

Spell: TypeAlias = Callable[[str], str]
"""Spells a name: as it is in messages, escaped in WIT."""

LONGEST_TEXT = 400
"""Characters of a type's text; a type of a hand-made binary may be very much longer."""


def type_text(of: Definition | None) -> str:
    """A use of a type: ``list<option<digit>>``; ``_`` for none.

    Named types stand by their names. The text ends with ``…`` where it would become too long.
    """
    return _bounded(type_pieces(of))


def definition_text(of: TypeDef) -> str:
    """A definition: ``record pair { a: u8, b: string }``, ``type id = u32``, ``resource blob``."""
    return _bounded(_definition_pieces(of))


def function_text(of: Function) -> str:
    """A function's type: ``func(a: u32) -> result<string>``, ``static async func()``."""
    return _bounded(function_pieces(of))


def extern_text(of: Extern) -> str:
    """What an import or export is: an interface by name, a function's type, a definition."""
    if isinstance(of, InterfaceExtern):
        return f"interface {of.interface.name}"
    if isinstance(of, FunctionExtern):
        return function_text(of.function)
    return definition_text(of.type)


def member_text(of: Member, owner: MembersType) -> str:
    """A field, a case or a flag: ``shape: list<u32>``, ``bad-label(u32)``, ``scale``."""
    if of.type is None:
        return of.name
    text = type_text(of.type)
    return f"{of.name}({text})" if isinstance(owner, VariantType) else f"{of.name}: {text}"


def definition_word(of: Definition) -> str:
    """The word of WIT that begins a definition: ``record``, ``resource``; ``type`` for others."""
    return _WORDS.get(type(of), "type")


def _bounded(pieces: Iterator[str]) -> str:
    # A type may unfold to exponentially more text than it took to write, so stop on the way.
    text = ""
    for piece in pieces:
        text += piece
        if len(text) > LONGEST_TEXT:
            return text[:LONGEST_TEXT] + "…"
    return text


def type_pieces(of: Definition | None, spell: Spell = str) -> Iterator[str]:
    """The text of a use of a type, piece by piece; it may be exponentially long."""
    match of:
        case None:
            yield "_"
        case Primitive(name):
            yield name
        case TypeDef(name):
            yield spell(name)
        case HandleType(resource, is_borrow):
            yield f"borrow<{spell(resource.name)}>" if is_borrow else spell(resource.name)
        case ListType(element, length):
            yield "list<"
            yield from type_pieces(element, spell)
            yield ">" if length is None else f", {length}>"
        case MapType(key, value):
            yield "map"
            yield from _arguments((key, value), spell)
        case OptionType(payload):
            yield "option"
            yield from _arguments((payload,), spell)
        case ResultType(ok, error):
            yield "result"
            given = (ok, error) if error is not None else (ok,) if ok else ()
            yield from _arguments(given, spell)
        case TupleType(elements):
            yield "tuple"
            yield from _arguments(elements, spell)
        case StreamType(payload):
            yield "stream"
            yield from _arguments((payload,) if payload else (), spell)
        case FutureType(payload):
            yield "future"
            yield from _arguments((payload,) if payload else (), spell)
        case MembersType() | ResourceType():
            yield from _body(of, spell=spell)


def _arguments(types: tuple[Type | None, ...], spell: Spell) -> Iterator[str]:
    if not types:
        return
    separator = "<"
    for each in types:
        yield separator
        yield from type_pieces(each, spell)
        separator = ", "
    yield ">"


def _definition_pieces(of: TypeDef) -> Iterator[str]:
    match of.definition:
        case MembersType() as body:
            yield from _body(body, of.name)
        case ResourceType():
            yield f"resource {of.name}"
        case TypeDef(name, owner) if owner != of.owner:
            yield (
                f"use {owner.name}.{{{name}}}"
                if name == of.name
                else (f"use {owner.name}.{{{name} as {of.name}}}")
            )
        case definition:
            yield f"type {of.name} = "
            yield from type_pieces(definition)


def _body(of: MembersType | ResourceType, name: str = "", spell: Spell = str) -> Iterator[str]:
    word = definition_word(of)
    yield f"{word} {name}" if name else word
    if isinstance(of, ResourceType) or not of.members:
        return
    separator = " { "
    for member in of.members:
        yield f"{separator}{spell(member.name)}"
        if member.type is not None:
            yield "(" if isinstance(of, VariantType) else ": "
            yield from type_pieces(member.type, spell)
            yield ")" if isinstance(of, VariantType) else ""
        separator = ", "
    yield " }"


def function_pieces(of: Function, spell: Spell = str) -> Iterator[str]:
    """The text of a function's type, piece by piece."""
    if of.kind is FunctionKind.STATIC:
        yield "static "
    if of.is_async:
        yield "async "
    yield of.kind.value if of.kind is FunctionKind.CONSTRUCTOR else of.accessor or "func"
    separator = "("
    for parameter in _written_parameters(of):
        yield f"{separator}{spell(parameter.name)}: "
        yield from type_pieces(parameter.type, spell)
        separator = ", "
    yield "()" if separator == "(" else ")"
    if of.result is not None and not _is_plain_constructor(of):
        yield " -> "
        yield from type_pieces(of.result, spell)


def _written_parameters(of: Function) -> tuple[Parameter, ...]:
    # WIT writes no `self`.
    return of.parameters[1:] if of.kind is FunctionKind.METHOD else of.parameters


def _is_plain_constructor(of: Function) -> bool:
    return of.kind is FunctionKind.CONSTRUCTOR and isinstance(of.result, HandleType)
