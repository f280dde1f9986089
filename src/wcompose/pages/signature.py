"""Types and functions as pieces of WIT text, of which names of types know what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from wcompose.contract import Function, Type, TypeDef
from wcompose.contract.model import FunctionKind
from wcompose.contract.text import definition_word
from wcompose.contract.types import (
    Definition,
    FutureType,
    HandleType,
    ListType,
    MapType,
    MembersType,
    OptionType,
    Primitive,
    ResourceType,
    ResultType,
    StreamType,
    TupleType,
    VariantType,
)

LONGEST = 4000
"""Characters of one signature; a type of a hand-made binary may be very much longer."""
WIDTH = 88
"""Columns of a signature; a longer one has each parameter on its own line."""


class Look(StrEnum):
    """What a piece is, so that it can be coloured."""

    PLAIN = ""
    WORD = "w"
    NAME = "n"
    TYPE = "t"


@dataclass(frozen=True)
class Span:
    """A piece of text.

    Attributes:
        text: the piece.
        look: what it is.
        means: the type that it names.
    """

    text: str
    look: Look = Look.PLAIN
    means: TypeDef | None = None


def type_spans(of: Type | None) -> Iterator[Span]:
    """A use of a type; ``_`` for none. It may be exponentially long: see `bounded`."""
    match of:
        case None:
            yield Span("_")
        case Primitive(name):
            yield Span(name, Look.WORD)
        case TypeDef(name):
            yield Span(name, Look.TYPE, defined(of))
        case HandleType(resource, is_borrow):
            named = (Span(resource.name, Look.TYPE, defined(resource)),)
            yield from _generic("borrow", named) if is_borrow else named
        case ListType(element, length):
            inner = type_spans(element)
            tail = () if length is None else (Span(f", {length}"),)
            yield from _generic("list", _chained(inner, tail))
        case MapType(key, value):
            yield from _generic("map", _listed((key, value)))
        case OptionType(payload):
            yield from _generic("option", type_spans(payload))
        case ResultType(ok, error):
            given = (ok, error) if error is not None else (ok,) if ok is not None else ()
            yield from _generic("result", _listed(given), is_bare=not given)
        case TupleType(elements):
            yield from _generic("tuple", _listed(elements))
        case StreamType(payload):
            yield from _generic("stream", type_spans(payload), is_bare=payload is None)
        case FutureType(payload):
            yield from _generic("future", type_spans(payload), is_bare=payload is None)
        case MembersType():
            yield Span(f"{definition_word(of)} {{ … }}")


def defined(of: TypeDef) -> TypeDef:
    """The definition that a name stands for: a ``use`` leads to what it uses."""
    while isinstance(of.definition, TypeDef) and of.definition.owner != of.owner:
        of = of.definition
    return of


def function_spans(of: Function, name: str) -> tuple[Span, ...]:
    """A function with its name; on several lines where it is long."""
    head: list[Span] = []
    if of.kind is not FunctionKind.CONSTRUCTOR:
        head += [Span(name, Look.NAME), Span(": ")]
    words = {FunctionKind.STATIC: "static "}.get(of.kind, "") + ("async " if of.is_async else "")
    word = "constructor" if of.kind is FunctionKind.CONSTRUCTOR else of.accessor or "func"
    head += [Span(words + word, Look.WORD), Span("(")]
    # WIT writes no `self`.
    parameters = of.parameters[1:] if of.kind is FunctionKind.METHOD else of.parameters
    given = [
        [Span(each.name, Look.NAME), Span(": "), *bounded(type_spans(each.type))]
        for each in parameters
    ]
    tail = [Span(")")]
    is_plain = of.kind is FunctionKind.CONSTRUCTOR and isinstance(of.result, HandleType)
    if of.result is not None and not is_plain:
        tail += [Span(" -> "), *bounded(type_spans(of.result))]
    flat = [span for index, each in enumerate(given) for span in _after_comma(index, each)]
    if given and length([*head, *flat, *tail]) > WIDTH:
        flat = [span for each in given for span in (Span("\n  "), *each, Span(","))]
        flat.append(Span("\n"))
    return bounded([*head, *flat, *tail])


def definition_spans(of: TypeDef) -> tuple[Span, ...]:
    """The first line of a definition: ``record pair``, ``type id = u32``, ``resource blob``."""
    word = definition_word(of.definition)
    head = [Span(word, Look.WORD), Span(" "), Span(of.name, Look.NAME)]
    if isinstance(of.definition, MembersType | ResourceType):
        return tuple(head)
    return bounded([*head, Span(" = "), *bounded(type_spans(of.definition))])


def member_spans(name: str, of: Type | None, owner: Definition) -> tuple[Span, ...]:
    """A field, a case or a flag."""
    head = Span(name, Look.NAME)
    if of is None:
        return (head,)
    inner = bounded(type_spans(of))
    if isinstance(owner, VariantType):
        return (head, Span("("), *inner, Span(")"))
    return (head, Span(": "), *inner)


def bounded(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The pieces, ending with ``…`` where they become too long."""
    kept: list[Span] = []
    room = LONGEST
    for span in spans:
        room -= len(span.text)
        if room < 0:
            return (*kept, Span("…"))
        kept.append(span)
    return tuple(kept)


def length(spans: Iterable[Span]) -> int:
    """Characters of the pieces."""
    return sum(len(span.text) for span in spans)


def _after_comma(index: int, spans: list[Span]) -> Iterator[Span]:
    if index:
        yield Span(", ")
    yield from spans


def _listed(types: Iterable[Type | None]) -> Iterator[Span]:
    for index, each in enumerate(types):
        if index:
            yield Span(", ")
        yield from type_spans(each)


def _chained(*parts: Iterable[Span]) -> Iterator[Span]:
    for part in parts:
        yield from part


def _generic(word: str, inner: Iterable[Span], *, is_bare: bool = False) -> Iterator[Span]:
    yield Span(word, Look.WORD)
    if is_bare:
        return
    yield Span("<")
    yield from inner
    yield Span(">")
