"""Whether one item may stand where another is expected, with every mismatch and its path.

The relation is the one that the official validator implements (`wasmparser`,
``component_instance_type`` and below): an instance may export more than is expected, in any order;
functions and value types are equal or not, names, order and parameter names included; a resource is
the one resource of the interface that defines it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wcompose.contract.model import (
    Alias,
    Constructed,
    Enum,
    Extern,
    Flags,
    Function,
    FunctionExtern,
    Handle,
    Interface,
    InterfaceExtern,
    Member,
    Record,
    Resource,
    Type,
    TypeDef,
    TypeExtern,
    Variant,
    World,
)
from wcompose.contract.names import on_track, parse_item_name
from wcompose.contract.text import definition_text, function_text, type_text
from wcompose.report import Finding, Place
from wcompose.suggest import did_you_mean

_MEMBER_WORDS = {Record: "field", Variant: "case", Enum: "case", Flags: "flag"}
_KIND_WORDS = {Record: "a record", Variant: "a variant", Enum: "an enum", Flags: "flags",
               Resource: "a resource", Handle: "a handle"}  # fmt: skip


@dataclass(frozen=True)
class Mismatch:
    """One difference that keeps two items apart.

    Attributes:
        path: where in the item, such as ``classify.batch`` or ``prediction.label``.
        message: what differs, in words.
        expected: what is expected there, as WIT; empty when that says nothing.
        actual: what is there, as WIT; empty when nothing is.
        expected_place: where the expectation is written, as far as it is known.
        actual_place: where the other side is written, as far as it is known.
    """

    path: str
    message: str
    expected: str = ""
    actual: str = ""
    expected_place: Place = field(default_factory=Place)
    actual_place: Place = field(default_factory=Place)


def compare_extern(expected: Extern, actual: Extern) -> tuple[Mismatch, ...]:
    """Every difference that keeps ``actual`` from standing where ``expected`` is wanted."""
    comparison = _Comparison()
    comparison.externs(expected, actual)
    return tuple(comparison.found)


def fits_world(
    component: World,
    wanted: World,
    *,
    subject: str,
    ambient: Callable[[str], bool],
) -> tuple[Finding, ...]:
    """Whether a component may stand where a world is wanted, with everything that is in the way.

    Args:
        component: what the component really imports and exports.
        wanted: the world.
        subject: what to call the component.
        ambient: tells names that a component may import whatever its world says, such as WASI.
    """
    findings: list[Finding] = []
    for name, extern in wanted.exports.items():
        found = _matching(name, component.exports)
        if found is None:
            findings.append(
                Finding(
                    "world-export-missing",
                    f"`{subject}` lacks the export `{name}` that world `{wanted.name}` asks for",
                    _with_item(extern.place, f"{subject}:{name}"),
                    hint=did_you_mean(name, component.exports)
                    or _exports_hint(subject, component),
                )
            )
            continue
        findings += _mismatches(
            "world-export-type",
            f"{subject}:{name}",
            f"export `{name}` of `{subject}` differs from world `{wanted.name}`",
            compare_extern(extern, component.exports[found]),
            f"build `{subject}` from this contract again",
        )
    for name, extern in component.imports.items():
        found = _matching(name, wanted.imports)
        if found is None:
            if not ambient(name):
                findings.append(
                    Finding(
                        "world-import-extra",
                        f"`{subject}` imports `{name}`, which world `{wanted.name}` does not",
                        _with_item(wanted.place, f"{subject}:{name}"),
                        hint=did_you_mean(name, wanted.imports)
                        or f"add `import {name};` to the world, or build without it",
                    )
                )
            continue
        findings += _mismatches(
            "world-import-type",
            f"{subject}:{name}",
            f"import `{name}` of `{subject}` differs from world `{wanted.name}`",
            _swapped(compare_extern(extern, wanted.imports[found])),
            f"build `{subject}` from this contract again",
        )
    return tuple(findings)


def _exports_hint(subject: str, component: World) -> str:
    exports = ", ".join(f"`{name}`" for name in component.exports)
    return f"`{subject}` exports {exports}" if exports else f"`{subject}` exports nothing"


def _matching(name: str, items: Mapping[str, Extern]) -> str | None:
    """The name among ``items`` that is the same, or the highest on the same version track."""
    if name in items:
        return name
    item = parse_item_name(name)
    if item is None:
        return None
    matches = [
        (other_item.version_rank(), other)
        for other in items
        if (other_item := parse_item_name(other)) is not None and item.matches(other_item)
    ]
    return max(matches)[1] if matches else None


def _mismatches(
    rule: str, item: str, message: str, mismatches: tuple[Mismatch, ...], hint: str
) -> list[Finding]:
    return [
        Finding(
            rule,
            f"{message}: {mismatch.message}",
            _with_item(mismatch.expected_place, f"{item}.{mismatch.path}".rstrip(".")),
            causes=tuple(
                f"{word} `{text}`"
                for word, text in (
                    ("expected", mismatch.expected),
                    ("found", mismatch.actual),
                )
                if text
            ),
            hint=hint,
        )
        for mismatch in mismatches
    ]


def _swapped(mismatches: tuple[Mismatch, ...]) -> tuple[Mismatch, ...]:
    """An import is compared as the component expects it, and told as the world does."""
    return tuple(
        Mismatch(
            each.path,
            each.message,
            each.actual,
            each.expected,
            each.actual_place,
            each.expected_place,
        )
        for each in mismatches
    )


def _with_item(place: Place, item: str) -> Place:
    return Place(place.file, place.line, place.column, place.end_column, item, place.source)


class _Comparison:
    """One comparison. Each pair of definitions is looked at once, where it is met first."""

    def __init__(self) -> None:
        self.found: list[Mismatch] = []
        self._seen: set[tuple[TypeDef, TypeDef]] = set()

    def externs(self, expected: Extern, actual: Extern) -> None:
        match expected, actual:
            case InterfaceExtern(interface=wanted), InterfaceExtern(interface=given):
                self._interfaces(wanted, given)
            case FunctionExtern(function=wanted), FunctionExtern(function=given):
                self._functions(wanted.name, wanted, given)
            case TypeExtern(definition=wanted), TypeExtern(definition=given):
                self._definitions(wanted.name or "", wanted, given, wanted.place, given.place)
            case _:
                self._add("", f"expected {_extern_word(expected)}, found {_extern_word(actual)}")

    def _add(
        self,
        path: str,
        message: str,
        expected: str = "",
        actual: str = "",
        expected_place: Place | None = None,
        actual_place: Place | None = None,
    ) -> None:
        self.found.append(
            Mismatch(
                path,
                message,
                expected,
                actual,
                expected_place or Place(),
                actual_place or Place(),
            )
        )

    def _interfaces(self, expected: Interface, actual: Interface) -> None:
        # Types first: a difference in a type is told at its definition, not at every use.
        for name, wanted in expected.types.items():
            given = actual.types.get(name)
            if given is None:
                self._add(
                    name,
                    f"type `{name}` is missing",
                    definition_text(wanted),
                    "",
                    wanted.place,
                    actual.place,
                )
            else:
                self._definitions(name, wanted, given, wanted.place, given.place)
        for name, function in expected.functions.items():
            offered = actual.functions.get(name)
            if offered is None:
                near = did_you_mean(name, actual.functions)
                self._add(
                    name,
                    f"function `{name}` is missing" + (f"; {near}" if near else ""),
                    function_text(function),
                    "",
                    function.place,
                    actual.place,
                )
            else:
                self._functions(name, function, offered)

    def _functions(self, path: str, expected: Function, actual: Function) -> None:
        places = (expected.place, actual.place)
        texts = (function_text(expected), function_text(actual))
        if expected.is_async != actual.is_async:
            words = ("async", "not async") if expected.is_async else ("not async", "async")
            self._add(path, f"`{path}` must be {words[0]} and is {words[1]}", *texts, *places)
        if len(expected.parameters) != len(actual.parameters):
            self._add(
                path,
                f"`{path}` takes {_count(len(actual.parameters))}, not "
                f"{len(expected.parameters)}",
                *texts,
                *places,
            )
        else:
            for wanted, given in zip(expected.parameters, actual.parameters, strict=True):
                inner = f"{path}.{wanted.name}"
                if wanted.name != given.name:
                    self._add(
                        inner,
                        f"parameter `{wanted.name}` of `{path}` is called `{given.name}`",
                        *texts,
                        wanted.place,
                        given.place,
                    )
                self._types(inner, wanted.type, given.type, wanted.place, given.place)
        self._types(f"{path}.result", expected.result, actual.result, *places)

    def _types(
        self,
        path: str,
        expected: Type | None,
        actual: Type | None,
        expected_place: Place,
        actual_place: Place,
    ) -> None:
        wanted, given = _unaliased(expected), _unaliased(actual)
        if isinstance(wanted, TypeDef) and isinstance(given, TypeDef):
            self._definitions(path, wanted, given, expected_place, actual_place)
        elif wanted != given:
            self._differs(path, expected, actual, expected_place, actual_place)

    def _differs(
        self,
        path: str,
        expected: Type | None,
        actual: Type | None,
        expected_place: Place,
        actual_place: Place,
    ) -> None:
        wanted, given = type_text(expected), type_text(actual)
        if wanted == given:
            wanted = "nothing" if expected is None else definition_text(expected)
            given = "nothing" if actual is None else definition_text(actual)
        self._add(
            path,
            f"`{path}` is `{given}`, not `{wanted}`",
            wanted,
            given,
            expected_place,
            actual_place,
        )

    def _definitions(
        self,
        path: str,
        expected: TypeDef,
        actual: TypeDef,
        expected_place: Place,
        actual_place: Place,
    ) -> None:
        wanted, given = _unaliased(expected), _unaliased(actual)
        if not (isinstance(wanted, TypeDef) and isinstance(given, TypeDef)):
            if wanted != given:
                self._differs(path, expected, actual, expected_place, actual_place)
            return
        if (wanted, given) in self._seen:
            return
        self._seen.add((wanted, given))
        # A member's path begins at its type's own name, since that is where it is mended.
        inner = wanted.name or path
        places = (
            wanted.place if wanted.name else expected_place,
            given.place if given.name else actual_place,
        )
        match wanted.kind, given.kind:
            case Resource(), Resource():
                self._resources(path, wanted, given, *places)
            case Handle(), Handle():
                self._handles(path, wanted, given, expected_place, actual_place)
            case Constructed(), Constructed():
                self._constructed(path, wanted, given, expected_place, actual_place)
            case (
                (Record(members=left), Record(members=right))
                | (Variant(members=left), Variant(members=right))
                | (Enum(members=left), Enum(members=right))
                | (Flags(members=left), Flags(members=right))
            ):
                self._members(inner, wanted, left, right, *places)
            case _:
                self._add(
                    path,
                    f"`{path}` is {_kind_word(given)}, not {_kind_word(wanted)}",
                    definition_text(wanted),
                    definition_text(given),
                    *places,
                )

    def _resources(
        self, path: str, expected: TypeDef, actual: TypeDef, wanted: Place, given: Place
    ) -> None:
        homes = (on_track(expected.home), on_track(actual.home))
        if homes[0] != homes[1] or expected.name != actual.name:
            self._add(
                path,
                f"`{path}` is the resource `{actual.name}` of `{actual.home}`, not "
                f"`{expected.name}` of `{expected.home}`",
                f"{expected.home}.{expected.name}",
                f"{actual.home}.{actual.name}",
                wanted,
                given,
            )

    def _handles(
        self, path: str, expected: TypeDef, actual: TypeDef, wanted: Place, given: Place
    ) -> None:
        left, right = expected.kind, actual.kind
        if not (isinstance(left, Handle) and isinstance(right, Handle)):
            return
        if left.is_borrow != right.is_borrow:
            self._differs(path, expected, actual, wanted, given)
        self._definitions(path, left.resource, right.resource, wanted, given)

    def _constructed(
        self, path: str, expected: TypeDef, actual: TypeDef, wanted: Place, given: Place
    ) -> None:
        left, right = expected.kind, actual.kind
        if not (isinstance(left, Constructed) and isinstance(right, Constructed)):
            return
        shapes = (
            (left.constructor, left.length, len(left.arguments)),
            (right.constructor, right.length, len(right.arguments)),
        )
        pairs = list(zip(left.arguments, right.arguments, strict=False))
        if shapes[0] != shapes[1] or any((a is None) != (b is None) for a, b in pairs):
            self._differs(path, expected, actual, wanted, given)
            return
        before = len(self.found)
        for left_argument, right_argument in pairs:
            self._types(path, left_argument, right_argument, wanted, given)
        if len(self.found) > before and all(isinstance(a, str) for a, _ in pairs):
            # `list<u8>` against `list<u16>` reads better whole than as `u8` against `u16`.
            del self.found[before:]
            self._differs(path, expected, actual, wanted, given)

    def _members(
        self,
        path: str,
        definition: TypeDef,
        expected: tuple[Member, ...],
        actual: tuple[Member, ...],
        wanted_place: Place,
        given_place: Place,
    ) -> None:
        word = _MEMBER_WORDS[type(definition.kind)]
        given = {member.name: member for member in actual}
        wanted = {member.name: member for member in expected}
        for name, member in wanted.items():
            if name not in given:
                self._add(
                    f"{path}.{name}",
                    f"{word} `{name}` of `{path}` is missing",
                    _member_text(member),
                    "",
                    member.place if member.place.file else wanted_place,
                    given_place,
                )
        for name, member in given.items():
            if name not in wanted:
                self._add(
                    f"{path}.{name}",
                    f"`{path}` has a {word} `{name}` that is not expected",
                    "",
                    _member_text(member),
                    wanted_place,
                    member.place,
                )
        if wanted.keys() == given.keys() and list(wanted) != list(given):
            self._add(
                path,
                f"the {word}s of `{path}` stand in another order",
                ", ".join(wanted),
                ", ".join(given),
                wanted_place,
                given_place,
            )
        for name, member in wanted.items():
            if name in given:
                other = given[name]
                self._types(
                    f"{path}.{name}", member.type, other.type, member.place, other.place
                )


def _unaliased(value: Type | None) -> Type | None:
    while isinstance(value, TypeDef) and isinstance(value.kind, Alias):
        value = value.kind.target
    return value


def _member_text(member: Member) -> str:
    return member.name if member.type is None else f"{member.name}: {type_text(member.type)}"


def _kind_word(definition: TypeDef) -> str:
    kind = definition.kind
    if isinstance(kind, Constructed):
        return f"`{type_text(definition)}`" if definition.name is None else f"a {kind.constructor}"
    return _KIND_WORDS.get(type(kind), "another type")


def _extern_word(extern: Extern) -> str:
    match extern:
        case InterfaceExtern():
            return "an interface"
        case FunctionExtern():
            return "a function"
        case TypeExtern():
            return "a type"


def _count(number: int) -> str:
    return f"{number} parameter{'s' if number != 1 else ''}"
