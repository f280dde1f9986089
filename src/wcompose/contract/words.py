"""The words in which a mismatch is told."""

from __future__ import annotations

from wcompose.contract.equality import peeled
from wcompose.contract.model import (
    Extern,
    Function,
    FunctionExtern,
    InterfaceExtern,
    Parameter,
    TypeExtern,
)
from wcompose.contract.text import definition_word, type_text
from wcompose.contract.types import Type, TypeDef

_FUNCTIONS_NAMED = 3
"""Functions that a message names; the others are counted."""


def resource_words(resource: TypeDef) -> str:
    """A resource and its home: `` `blob` of `a:b/types` ``."""
    owner = resource.owner
    home = f"world `{owner.name}`" if owner.is_world else f"`{owner.name}`"
    return f"`{resource.name}` of {home}"


def definition_words(of: TypeDef) -> str:
    """What kind of type a name stands for: ``a record``, ``flags``; a type that has no kind, itself."""
    word = definition_word(of.definition)
    if word == "type":
        return f"`{type_text(peeled(of))}`"
    return word if word == "flags" else f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def both_texts(expected: Type | None, actual: Type | None) -> tuple[str, str]:
    """Both types in words; with what is behind the names where these do not tell."""
    if expected is None or actual is None:
        return (type_text(expected) if expected else "", type_text(actual) if actual else "")
    texts = type_text(expected), type_text(actual)
    if texts[0] == texts[1]:
        return type_text(peeled(expected)), type_text(peeled(actual))
    return texts


def reach_words(reaches: tuple[str, ...]) -> str:
    """Which functions a difference inside a type reaches, to be put behind a message."""
    if not reaches:
        return ""
    named = [f"`{each}`" for each in reaches[:_FUNCTIONS_NAMED]]
    more = len(reaches) - len(named)
    if more:
        named.append(f"{more} other{'s' if more > 1 else ''}")
    *firsts, last = named
    words = f"{', '.join(firsts)} and {last}" if firsts else last
    return f" ({words} {'use' if len(named) > 1 else 'uses'} it)"


def surplus_words(expected: list[str], actual: list[str]) -> str:
    """Which parameters are missing and which are too many, to be put behind a message."""
    missing = [f"`{each}`" for each in expected if each not in actual]
    extra = [f"`{each}`" for each in actual if each not in expected]
    words = [
        f"{', '.join(names)} {verb}"
        for names, verb in (
            (missing, "is missing" if len(missing) == 1 else "are missing"),
            (extra, "is not expected" if len(extra) == 1 else "are not expected"),
        )
        if names
    ]
    return f": {', and '.join(words)}" if words else ""


def count_words(parameters: tuple[Parameter, ...]) -> str:
    """``1 parameter``, ``2 parameters``."""
    return f"{len(parameters)} parameter{'s' if len(parameters) != 1 else ''}"


def parameter_text(parameter: Parameter) -> str:
    """A parameter as it is written."""
    return f"{parameter.name}: {type_text(parameter.type)}"


def bare_name(name: str) -> str:
    """``classifier.classify`` for ``[method]classifier.classify``."""
    return name.rpartition("]")[2]


def leaf_name(name: str) -> str:
    """``classify`` for ``[method]classifier.classify``."""
    return bare_name(name).rpartition(".")[2]


def stem_name(name: str) -> str:
    """``[method]classifier.`` for ``[method]classifier.classify``; empty for a plain function."""
    return name[: len(name) - len(leaf_name(name))]


def kind_word(function: Function) -> str:
    """How a function is called: ``method``, ``static function``, ``getter``."""
    return f"{function.accessor}ter" if function.accessor else function.kind.value


def extern_words(extern: Extern) -> str:
    """What kind of item an import or export is."""
    match extern:
        case InterfaceExtern():
            return "an interface"
        case FunctionExtern():
            return "a function"
        case TypeExtern():
            return "a type"
