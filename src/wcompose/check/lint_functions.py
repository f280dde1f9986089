"""Rules about functions and about types that cannot grow."""

from __future__ import annotations

from collections.abc import Iterator

from wcompose.check.lint_items import Found, LintedPackage, Roots, parts_of
from wcompose.contract.model import Function, FunctionKind, Parameter
from wcompose.contract.types import (
    Definition,
    EnumType,
    FlagsType,
    ListType,
    MapType,
    MembersType,
    OptionType,
    Primitive,
    RecordType,
    ResourceType,
    ResultType,
    TupleType,
    TypeDef,
    VariantType,
)
from wcompose.report import Place

MOST_PARAMETERS = 6
"""Parameters of one function that a reader still takes in."""
MOST_FLAT = 16
"""Core values that a call passes; more go through memory (CanonicalABI.md, "Flattening")."""
MOST_FLAT_ASYNC = 4
"""The same for an async function that is imported."""
MOST_FLAGS = 28
"""Flags that leave room to add some; the limit is 32 (Binary.md, ``defvaltype``)."""

_CATCH_ALL = frozenset(
    "custom generic internal misc other others unclassified unexpected unknown unspecified".split()  # noqa: SIM905
)
_CATCH_ALL_WITH_PAYLOAD = frozenset({"error", "failed", "failure"})


def error_type_extensible(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    errors: dict[int, str] = {}
    for item, function in package.functions:
        error = _error_of(function)
        if isinstance(error, TypeDef):
            errors.setdefault(id(package.roots.of(error)), item.path.rpartition("/")[2])
    for item, type_ in package.types:
        definition = type_.definition
        user = errors.get(id(type_))
        if user is None or not isinstance(definition, VariantType | EnumType):
            continue
        if not _has_catch_all(definition):
            wanted = "other(string)" if isinstance(definition, VariantType) else "other"
            yield Found(
                f"`{type_.name}` has no case for errors that nobody thought of",
                item.path,
                item.place,
                f"add `{wanted}` now: a case that is added later breaks everyone",
                (f"`{user}` fails with it",),
            )


def result_error_typed(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item, function in package.functions:
        result = function.result
        if not isinstance(result, ResultType):
            continue
        error: Definition | None = result.error
        if isinstance(error, TypeDef):
            error = package.roots.of(error).definition
        if error is None:
            words = "does not say why it failed"
        elif isinstance(error, Primitive):
            words = f"says why it failed as a `{error.name}`"
        else:
            continue
        yield Found(
            f"{item.label} {words}",
            item.path,
            item.place,
            "give the result a variant of errors, with a case `other(string)`",
        )


def func_param_record(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item, function in package.functions:
        parameters = _written(function)
        if len(parameters) > MOST_PARAMETERS:
            yield Found(
                f"{item.label} has {len(parameters)} parameters",
                item.path,
                item.place,
                "pass a record, or a resource that is set up step by step: that can grow",
                key="many",
            )
        for each in parameters:
            if isinstance(each.type, Primitive) and each.type.name == "bool":
                yield Found(
                    f"parameter `{each.name}` of `{item.name}` is a `bool`",
                    f"{item.path}.{each.name}",
                    each.place,
                    "an enum says at the call what is meant",
                    key="bool",
                )


def func_params_flat(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    flat = _Flat(package.roots)
    for item, function in package.functions:
        count = sum(flat.count(each.type) for each in function.parameters)
        most = MOST_FLAT_ASYNC if function.is_async else MOST_FLAT
        if count > most:
            kind = "async " if function.is_async else ""
            yield Found(
                f"{item.label} passes {count:,} core values, and {kind}calls {most}",
                item.path,
                item.place,
                "pass less: the others go through memory",
            )


def flags_headroom(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item, type_ in package.types:
        if isinstance(type_.definition, FlagsType):
            count = len(type_.definition.members)
            if count > MOST_FLAGS:
                yield Found(
                    f"`{type_.name}` has {count} of 32 possible flags",
                    item.path,
                    item.place,
                    "begin a second type of flags",
                )


def p3_ready(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item, type_ in package.uses:
        source = package.roots.of(type_)
        if source.owner.name.startswith("wasi:io/"):
            better = {"pollable": "an `async func` or a `future<…>`"}
            yield Found(
                f"`{type_.name}` of `{source.owner.name}` has no place in WASI 0.3",
                item.path,
                item.place,
                f"{better.get(source.name, 'a `stream<u8>` or a `future<…>`')} takes its place",
            )
    for item, type_ in package.types:
        if isinstance(type_.definition, ResourceType) and type_.name.lower().startswith("future-"):
            yield Found(
                f"resource `{type_.name}` is a future made by hand",
                item.path,
                item.place,
                "`future<…>` takes its place in WASI 0.3",
            )
    for path, name, of, place in _named_values(package):
        if name.lower() in {"body", "content", "contents", "payload"} and _is_bytes(of):
            yield Found(
                f"`{name}` is passed as a whole `list<u8>`",
                path,
                place,
                "`stream<u8>` lets it begin before it is complete",
                key="bytes",
            )


def _named_values(package: LintedPackage) -> Iterator[tuple[str, str, Definition | None, Place]]:
    for item, function in package.functions:
        for each in _written(function):
            yield f"{item.path}.{each.name}", each.name, each.type, each.place
    for item, type_ in package.types:
        if isinstance(type_.definition, RecordType):
            for member in type_.definition.members:
                yield f"{item.path}.{member.name}", member.name, member.type, member.place


def _is_bytes(of: Definition | None) -> bool:
    if isinstance(of, OptionType):
        return _is_bytes(of.payload)
    return isinstance(of, ListType) and of.element == Primitive("u8")


def _written(function: Function) -> tuple[Parameter, ...]:
    is_method = function.kind is FunctionKind.METHOD
    return function.parameters[1:] if is_method else function.parameters


def _error_of(function: Function) -> Definition | None:
    return function.result.error if isinstance(function.result, ResultType) else None


def _has_catch_all(definition: MembersType) -> bool:
    for member in definition.members:
        words = set(member.name.lower().split("-"))
        if words & _CATCH_ALL or (member.type is not None and words & _CATCH_ALL_WITH_PAYLOAD):
            return True
    return False


class _Flat:
    """Counts the core values that a type is passed as (CanonicalABI.md, "Flattening")."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._known: dict[int, int] = {}

    def count(self, of: Definition | None) -> int:
        """How many; nesting is bounded by the reader of contracts."""
        if of is None:
            return 0
        if id(of) not in self._known:
            # A list of fixed length may be of any length; so many values are never passed.
            self._known[id(of)] = min(self._count(of), 1 << 32)
        return self._known[id(of)]

    def _count(self, of: Definition) -> int:
        match of:
            case Primitive(name):
                return 2 if name == "string" else 1
            case TypeDef():
                return self.count(self._roots.of(of).definition)
            case ListType(element, length):
                return 2 if length is None else self.count(element) * length
            case MapType():
                return 2
            case TupleType() | RecordType():
                return sum(map(self.count, parts_of(of)))
            case VariantType() | OptionType() | ResultType():
                return 1 + max(map(self.count, parts_of(of)), default=0)
        return 1
