"""Interfaces, functions and types as WIT text that parses again, for people to read.

The grammar is WIT.md of the Component Model. What a hand-made binary may hold and WIT cannot say, such
as a record without a name, is written as near to WIT as it goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wcompose.contract.model import (
    Extern,
    Function,
    FunctionExtern,
    Interface,
    InterfaceExtern,
)
from wcompose.contract.names import parse_item_name
from wcompose.contract.text import definition_word, function_pieces, type_pieces
from wcompose.contract.types import (
    MembersType,
    Owner,
    ResourceType,
    Stability,
    TypeDef,
    VariantType,
)

LONGEST_WIT = 1 << 16
"""Characters of one text; the largest interface of WASI has 25,000."""

KEYWORDS = frozenset(
    {
        "as",
        "async",
        "bool",
        "borrow",
        "char",
        "constructor",
        "enum",
        "error-context",
        "export",
        "f32",
        "f64",
        "flags",
        "float32",
        "float64",
        "from",
        "func",
        "future",
        "import",
        "include",
        "interface",
        "list",
        "map",
        "option",
        "own",
        "package",
        "record",
        "resource",
        "result",
        "s16",
        "s32",
        "s64",
        "s8",
        "static",
        "stream",
        "string",
        "tuple",
        "type",
        "u16",
        "u32",
        "u64",
        "u8",
        "use",
        "variant",
        "with",
        "world",
    }
)
"""Words that a name is escaped from with ``%`` (``wit-parser/src/ast/lex.rs``, ``Token``)."""

_INDENT = "  "
_KIND = re.compile(r"\[[a-z -]*\]")


def interface_wit(interface: Interface) -> str:
    """An interface with its types and functions, each under its documentation.

    Types of other interfaces are named in full (``use wasi:io/streams@0.2.6.{input-stream};``), but for
    those of its own package. The text ends with ``…`` where it would become too long.
    """
    return _bounded(_interface_pieces(interface))


def extern_wit(name: str, extern: Extern) -> str:
    """An import or an export: an interface, a function as ``name: func(…);``, or a type.

    Args:
        name: its name in the world.
        extern: what it is.
    """
    if isinstance(extern, InterfaceExtern):
        return interface_wit(extern.interface)
    if isinstance(extern, FunctionExtern):
        return _bounded(_function_pieces(extern.function, "", name=name))
    return _bounded(_type_pieces(extern.type, (), ""))


def _bounded(pieces: Iterable[str]) -> str:
    # A type may unfold to exponentially more text than it took to write, so stop on the way.
    parts: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > LONGEST_WIT:
            parts.append(piece[: len(piece) - (length - LONGEST_WIT)] + "…\n")
            break
        parts.append(piece)
    return "".join(parts)


def _interface_pieces(interface: Interface) -> Iterator[str]:
    yield from _heading(interface.docs, interface.stability, "")
    item = parse_item_name(interface.name)
    yield f"interface {_spelt(interface.name if item is None else item.interface)} {{\n"
    own = Owner(interface.name)
    is_first = True
    for owner, uses in _uses(interface, own).items():
        is_first = False
        names = ", ".join(
            _spelt(source) if source == name else f"{_spelt(source)} as {_spelt(name)}"
            for source, name in uses
        )
        yield f"{_INDENT}use {_path(owner, interface.name)}.{{{names}}};\n"
    resources = _functions_of_resources(interface)
    for type_ in interface.types.values():
        if _used_from(type_, own) is not None:
            continue
        if not is_first:
            yield "\n"
        is_first = False
        yield from _type_pieces(type_, resources.get(type_.name, ()), _INDENT)
    placed = {id(each) for functions in resources.values() for each in functions}
    for function in interface.functions.values():
        if id(function) in placed:
            continue
        if not is_first:
            yield "\n"
        is_first = False
        yield from _function_pieces(function, _INDENT)
    yield "}\n"


def _uses(interface: Interface, own: Owner) -> dict[str, list[tuple[str, str]]]:
    """Names that it uses: by interface, each with the name that it gives them."""
    uses: dict[str, list[tuple[str, str]]] = {}
    for type_ in interface.types.values():
        source = _used_from(type_, own)
        if source is not None:
            uses.setdefault(source.owner.name, []).append((source.name, type_.name))
    return uses


def _used_from(type_: TypeDef, own: Owner) -> TypeDef | None:
    source = type_.definition
    if isinstance(source, TypeDef) and source.owner.name not in {"", own.name, type_.owner.name}:
        return source
    return None


def _functions_of_resources(interface: Interface) -> dict[str, list[Function]]:
    found: dict[str, list[Function]] = {
        name: []
        for name, type_ in interface.types.items()
        if isinstance(type_.definition, ResourceType)
    }
    for function in interface.functions.values():
        if function.resource is not None and function.resource.name in found:
            found[function.resource.name].append(function)
    return found


def _path(owner: str, user: str) -> str:
    item, other = parse_item_name(owner), parse_item_name(user)
    if item is None:
        return _spelt(owner)
    same_package = other is not None and (item.namespace, item.package, item.version) == (
        other.namespace,
        other.package,
        other.version,
    )
    if same_package:
        return _spelt(item.interface)
    version = "" if item.version is None else f"@{item.version}"
    return f"{_spelt(item.namespace)}:{_spelt(item.package)}/{_spelt(item.interface)}{version}"


def _type_pieces(type_: TypeDef, functions: Iterable[Function], indent: str) -> Iterator[str]:
    yield from _heading(type_.docs, type_.stability, indent)
    name, definition = _spelt(type_.name), type_.definition
    if isinstance(definition, ResourceType):
        yield f"{indent}resource {name}"
        is_empty = True
        for function in functions:
            yield " {\n" if is_empty else ""
            is_empty = False
            yield from _function_pieces(function, indent + _INDENT)
        yield ";\n" if is_empty else f"{indent}}}\n"
        return
    if isinstance(definition, TypeDef) and _used_from(type_, type_.owner) is not None:
        renamed = "" if definition.name == type_.name else f" as {name}"
        path = _path(definition.owner.name, type_.owner.name)
        yield f"{indent}use {path}.{{{_spelt(definition.name)}{renamed}}};\n"
        return
    if not isinstance(definition, MembersType):
        yield f"{indent}type {name} = "
        yield from type_pieces(definition, _spelt)
        yield ";\n"
        return
    yield f"{indent}{definition_word(definition)} {name} {{\n"
    for member in definition.members:
        yield from _heading(member.docs, None, indent + _INDENT)
        yield f"{indent}{_INDENT}{_spelt(member.name)}"
        if member.type is not None:
            is_case = isinstance(definition, VariantType)
            yield "(" if is_case else ": "
            yield from type_pieces(member.type, _spelt)
            yield ")" if is_case else ""
        yield ",\n"
    yield f"{indent}}}\n"


def _function_pieces(function: Function, indent: str, *, name: str = "") -> Iterator[str]:
    yield from _heading(function.docs, function.stability, indent)
    plain = _KIND.sub("", name or function.name)
    if function.resource is not None:
        plain = plain.partition(".")[2]
    # A constructor has no name of its own.
    yield f"{indent}{_spelt(plain)}: " if plain else indent
    yield from function_pieces(function, _spelt)
    yield ";\n"


def _heading(docs: str, stability: Stability | None, indent: str) -> Iterator[str]:
    for line in docs.strip("\r\n").splitlines() if docs else ():
        yield f"{indent}/// {_printable(line)}".rstrip() + "\n"
    if stability is None:
        return
    if stability.since:
        yield f"{indent}@since(version = {stability.since})\n"
    if stability.feature:
        yield f"{indent}@unstable(feature = {_spelt(stability.feature)})\n"
    if stability.deprecated:
        yield f"{indent}@deprecated(version = {stability.deprecated})\n"


def _printable(line: str) -> str:
    # WIT refuses control characters and those that turn the direction of text (lex.rs, `Error`).
    return "".join(
        each if each.isprintable() or each == "\t" else each.encode("unicode_escape").decode()
        for each in line
    )


def _spelt(name: str) -> str:
    return f"%{name}" if name in KEYWORDS else name
