"""Whether one item may stand where another is expected: every mismatch, each with its path.

The relation is the one of the official validator (``wasmparser``,
``validator/component_types.rs``, ``component_instance_type`` and what it calls): an instance may
have more items than are expected, in any order; functions and value types are equal or they are
not, with all names in order; a resource equals only itself.

A difference inside a type with a name is told once, at that name, and says which functions it
reaches. A difference in a type that is written in place is told at the parameter, result, field or
case where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wcompose.contract.equality import Equality, pair_parts, peeled
from wcompose.contract.members import compare_members
from wcompose.contract.mismatch import Mismatch, MismatchKind
from wcompose.contract.model import (
    Extern,
    Function,
    FunctionExtern,
    Interface,
    InterfaceExtern,
    TypeExtern,
)
from wcompose.contract.text import definition_text, definition_word, function_text, type_text
from wcompose.contract.types import (
    HandleType,
    MembersType,
    ResourceType,
    Type,
    TypeDef,
)
from wcompose.contract.words import (
    bare_name,
    both_texts,
    count_words,
    definition_words,
    extern_words,
    kind_word,
    leaf_name,
    parameter_text,
    reach_words,
    resource_words,
    stem_name,
    surplus_words,
)
from wcompose.report import Place
from wcompose.suggest import did_you_mean


def compare_extern(expected: Extern, actual: Extern) -> tuple[Mismatch, ...]:
    """Every difference that keeps ``actual`` from standing where ``expected`` is wanted.

    Args:
        expected: an import, or an export that a world asks for.
        actual: what would fill it.

    Returns:
        Types first, then functions, each in the order of ``expected``; nothing when it fits.
    """
    match expected, actual:
        case InterfaceExtern(wanted), InterfaceExtern(given):
            comparison = _Comparison(wanted.types, given.types)
            comparison.compare_interfaces(wanted, given)
        case FunctionExtern(function), FunctionExtern(offered):
            comparison = _Comparison({}, {})
            comparison.compare_functions(function, offered)
        case TypeExtern(definition), TypeExtern(other):
            comparison = _Comparison({definition.name: definition}, {definition.name: other})
            comparison.compare_named(definition.name, definition, other)
        case _:
            words = (extern_words(expected), extern_words(actual))
            message = f"it is {words[1]}, not {words[0]}"
            places = (expected.place, actual.place)
            return (Mismatch(MismatchKind.EXTERN_KIND, "", message, *words, *places),)
    return comparison.results()


@dataclass
class _Told:
    """The differences inside one pair of named types, and the pairs that its parts lead to."""

    mismatches: list[Mismatch] = field(default_factory=list)
    leads_to: set[tuple[int, int]] = field(default_factory=set)


class _Comparison:
    """One comparison of two externs."""

    def __init__(self, expected: Mapping[str, TypeDef], actual: Mapping[str, TypeDef]) -> None:
        self._equality = Equality(expected, actual)
        # A type goes by its own name, and one that has none here by that of an alias of it.
        self._names = {id(each.root): name for name, each in reversed(list(expected.items()))}
        self._names |= {id(each): name for name, each in expected.items()}
        self._told: dict[tuple[int, int], _Told] = {}
        self._parts: dict[tuple[int, int], tuple[bool, set[tuple[int, int]]]] = {}
        self._others: list[Mismatch] = []
        self._reached: dict[str, set[tuple[int, int]]] = {}

    def results(self) -> tuple[Mismatch, ...]:
        """Every difference found; those of types say what they reach."""
        functions = {name: self._closure(pairs) for name, pairs in self._reached.items()}
        found: list[Mismatch] = []
        for pair, told in self._told.items():
            reaches = tuple(name for name, pairs in functions.items() if pair in pairs)
            found += [
                replace(each, reaches=reaches, message=each.message + reach_words(reaches))
                for each in told.mismatches
            ]
        return (*found, *self._others)

    def compare_interfaces(self, expected: Interface, actual: Interface) -> None:
        """Compare all that an instance of ``expected`` must have."""
        for name, wanted in expected.types.items():
            given = actual.types.get(name)
            if given is None:
                near = did_you_mean(name, actual.types.keys() - expected.types.keys())
                self._add(
                    MismatchKind.MISSING_TYPE,
                    name,
                    f"type `{name}` is missing" + (f"; {near}" if near else ""),
                    (definition_text(wanted), ""),
                    (wanted.place, actual.place),
                )
            else:
                self.compare_named(name, wanted, given)
        for name, function in expected.functions.items():
            offered = actual.functions.get(name)
            if offered is None:
                self._tell_missing(function, expected, actual)
            else:
                self.compare_functions(function, offered)

    def _tell_missing(self, function: Function, expected: Interface, actual: Interface) -> None:
        name = function.name
        spare = {
            key: each for key, each in actual.functions.items() if key not in expected.functions
        }
        same = [each for key, each in spare.items() if bare_name(key) == bare_name(name)]
        if len(same) == 1:
            self._add(
                MismatchKind.FUNCTION_KIND,
                name,
                f"`{bare_name(name)}` is a {kind_word(same[0])}, not a {kind_word(function)}",
                (function_text(function), function_text(same[0])),
                (function.place, same[0].place),
            )
            return
        siblings = [leaf_name(key) for key in spare if stem_name(key) == stem_name(name)]
        near = did_you_mean(leaf_name(name), siblings)
        self._add(
            MismatchKind.MISSING_FUNCTION,
            name,
            f"function `{name}` is missing" + (f"; {near}" if near else ""),
            (function_text(function), ""),
            (function.place, actual.place),
        )

    def compare_functions(self, expected: Function, actual: Function) -> None:
        """Compare two functions, parameter by parameter."""
        name = expected.name
        self._reached[name] = set()
        texts = (function_text(expected), function_text(actual))
        places = (expected.place, actual.place)
        if expected.is_async != actual.is_async:
            words = ("async", "sync") if actual.is_async else ("sync", "async")
            message = f"`{name}` is {words[0]}, not {words[1]}"
            self._add(MismatchKind.FUNCTION_ASYNC, name, message, texts, places)
        self._compare_parameters(expected, actual)
        self._compare_site(
            MismatchKind.RESULT_TYPE,
            (name, f"{name}.result", f"the result of `{name}`"),
            (expected.result, actual.result),
            places,
        )

    def _compare_parameters(self, expected: Function, actual: Function) -> None:
        name = expected.name
        wanted, given = expected.parameters, actual.parameters
        texts = (function_text(expected), function_text(actual))
        places = (expected.place, actual.place)
        names = [each.name for each in wanted], [each.name for each in given]
        by_name = {each.name: each for each in given}
        if len(wanted) != len(given):
            self._add(
                MismatchKind.PARAMETER_COUNT,
                name,
                f"`{name}` takes {count_words(given)}, not {len(wanted)}{surplus_words(*names)}",
                texts,
                places,
            )
            pairs = [(each, by_name[each.name]) for each in wanted if each.name in by_name]
        elif names[0] != names[1] and sorted(names[0]) == sorted(names[1]):
            self._add(
                MismatchKind.PARAMETER_ORDER,
                name,
                f"`{name}` takes its parameters in another order",
                texts,
                places,
            )
            pairs = [(each, by_name[each.name]) for each in wanted]
        else:
            pairs = list(zip(wanted, given, strict=True))
        for parameter, other in pairs:
            path = f"{name}.{parameter.name}"
            if parameter.name != other.name:
                self._add(
                    MismatchKind.PARAMETER_NAME,
                    path,
                    f"parameter `{parameter.name}` of `{name}` is called `{other.name}`",
                    (parameter_text(parameter), parameter_text(other)),
                    (parameter.place, other.place),
                )
            self._compare_site(
                MismatchKind.PARAMETER_TYPE,
                (name, path, f"parameter `{parameter.name}` of `{name}`"),
                (parameter.type, other.type),
                (parameter.place, other.place),
            )

    def _compare_site(
        self,
        kind: MismatchKind,
        where: tuple[str, str, str],
        types: tuple[Type | None, Type | None],
        places: tuple[Place, Place],
    ) -> None:
        """Compare the types of a parameter or a result; ``where`` is function, path and words."""
        function, path, words = where
        pairs: set[tuple[int, int]] = set()
        if not self._same(*types, path, pairs):
            expected, actual = both_texts(*types)
            is_what, is_not = (f"`{each}`" if each else "nothing" for each in (actual, expected))
            self._add(kind, path, f"{words} is {is_what}, not {is_not}", (expected, actual), places)
        self._reached[function] |= pairs

    def compare_named(self, path: str, expected: TypeDef, actual: TypeDef) -> tuple[int, int]:
        """Compare two types of one name, once; gives the key under which the result is kept."""
        wanted, given = expected.root, actual.root
        # The same resource may be reached by two ways, of which one fits and one does not.
        key = (id(wanted), id(actual if wanted.is_resource else given))
        if key in self._told:
            return key
        told = self._told[key] = _Told()
        if not self._names:  # a function of its own: all there is is the type's own name
            path = expected.name
        path = self._names.get(id(expected), self._names.get(id(wanted), path))
        match wanted.definition, given.definition:
            case (ResourceType(), ResourceType()):
                if not self._equality.same_resource(expected, actual):
                    told.mismatches.append(_other_resource(path, expected, actual))
            case (MembersType() as left, MembersType() as right) if type(left) is type(right):
                told.mismatches += compare_members(
                    path,
                    (wanted, given),
                    (left, right),
                    lambda one, other, where: self._same(one, other, where, told.leads_to),
                    self._equality.equal,
                )
            case (left, right):
                if (
                    isinstance(left, ResourceType)
                    or isinstance(right, ResourceType)
                    or not self._same(left, right, path, told.leads_to)
                ):
                    told.mismatches.append(_other_definition(path, wanted, given))
        return key

    def _same(
        self, expected: Type | None, actual: Type | None, path: str, pairs: set[tuple[int, int]]
    ) -> bool:
        """Whether two types are equal but for the insides of types that share a name.

        Those are compared at their name; their keys are put into ``pairs``.
        """
        if expected is None or actual is None:
            return expected is actual
        wanted, given = _named(expected), _named(actual)
        if wanted is not None and given is not None and _share_name(wanted, given):
            pairs.add(self.compare_named(path, wanted, given))
            return True
        if isinstance(expected, TypeDef) and isinstance(actual, TypeDef):
            return self._equality.equal(expected, actual)
        key = (id(expected), id(actual))
        if key not in self._parts:
            inner: set[tuple[int, int]] = set()
            parts = pair_parts(peeled(expected), peeled(actual))
            # No short cut: every named type inside is to be compared.
            is_same = parts is not None and all(
                [self._same(*each, path, inner) for each in parts]  # noqa: C419
            )
            self._parts[key] = (is_same, inner)
        is_same, inner = self._parts[key]
        pairs |= inner
        return is_same

    def _closure(self, pairs: set[tuple[int, int]]) -> set[tuple[int, int]]:
        reached: set[tuple[int, int]] = set()
        waiting = list(pairs)
        while waiting:
            pair = waiting.pop()
            if pair not in reached:
                reached.add(pair)
                waiting += self._told[pair].leads_to
        return reached

    def _add(
        self,
        kind: MismatchKind,
        path: str,
        message: str,
        texts: tuple[str, str],
        places: tuple[Place, Place],
    ) -> None:
        self._others.append(Mismatch(kind, path, message, *texts, *places))


def _named(type_: Type) -> TypeDef | None:
    """What a use of a type names; an owned handle is written as its resource's name."""
    if isinstance(type_, HandleType) and not type_.is_borrow:
        return type_.resource
    return type_ if isinstance(type_, TypeDef) else None


def _share_name(expected: TypeDef, actual: TypeDef) -> bool:
    names = {each.name for each in expected.chain()}
    return any(each.name in names for each in actual.chain())


def _other_resource(path: str, expected: TypeDef, actual: TypeDef) -> Mismatch:
    words = (resource_words(expected.root), resource_words(actual.root))
    return Mismatch(
        MismatchKind.RESOURCE_IDENTITY,
        path,
        f"`{path}` is resource {words[1]}, not {words[0]}",
        definition_text(expected),
        definition_text(actual),
        expected.place,
        actual.place,
    )


def _other_definition(path: str, expected: TypeDef, actual: TypeDef) -> Mismatch:
    words = definition_word(expected.definition), definition_word(actual.definition)
    texts = definition_text(expected), definition_text(actual)
    places = expected.place, actual.place
    if words[0] == words[1]:
        types = type_text(peeled(expected)), type_text(peeled(actual))
        message = f"`{path}` is `{types[1]}`, not `{types[0]}`"
        return Mismatch(MismatchKind.ALIAS_TARGET, path, message, *texts, *places)
    message = f"`{path}` is {definition_words(actual)}, not {definition_words(expected)}"
    return Mismatch(MismatchKind.TYPE_KIND, path, message, *texts, *places)
