"""Rules about names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from wcompose.check.lint_items import Found, Item, LintedPackage
from wcompose.contract.model import Function, FunctionKind
from wcompose.contract.types import FlagsType, MembersType, RecordType, TypeDef
from wcompose.contract.wit import KEYWORDS
from wcompose.report import Place

_LANGUAGE_WORDS: Mapping[str, str] = {
    "Python": "and as assert async await break class continue def del elif else except finally for from "
    "global if import in is lambda nonlocal not or pass raise return try while with yield",
    "Rust": "abstract as async await become box break const continue crate do dyn else enum extern "
    "final fn for gen if impl in let loop macro match mod move mut override priv pub ref return "
    "self static struct super trait try type typeof unsafe unsized use virtual where while yield",
    "Go": "break case chan const continue default defer else fallthrough for func go goto if import "
    "interface map package range return select struct switch type var",
    "JavaScript": "await break case catch class const continue debugger default delete do else "
    "enum export extends finally for function if implements import in instanceof interface let "
    "new package private protected public return static super switch this throw try typeof var "
    "void while with yield",
    "C++": "and auto break case catch char class const continue default delete do double else enum "
    "explicit export extern float for friend goto if inline int long mutable namespace new not "
    "operator or private protected public register return short signed sizeof static struct "
    "switch template this throw try typedef union unsigned using virtual void volatile while",
}
_LANGUAGES: Mapping[str, tuple[str, ...]] = {
    word: tuple(name for name, words in _LANGUAGE_WORDS.items() if word in words.split())
    for word in sorted({word for words in _LANGUAGE_WORDS.values() for word in words.split()})
}
_BEHIND_A_DOT = frozenset({"method", "static function", "field"})
_UPPER = re.compile(r"[A-Z][A-Z0-9]*")


def name_keyword(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for word, name, path, place in _value_names(package):
        languages = [
            language
            for language in _LANGUAGES.get(name.lower(), ())
            # JavaScript takes any word behind a dot.
            if language != "JavaScript" or word not in _BEHIND_A_DOT
        ]
        if languages:
            *firsts, last = languages
            told = f"{', '.join(firsts)} and {last}" if firsts else last
            yield Found(
                f"{word} `{name}` is called like a keyword of {told}",
                path,
                place,
                "choose another word before anything is published: bindings have to change this one",
            )


def name_escape(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    paths = dict(_named_places(package))
    for file in package.outlines:
        for name, place in file.escapes:
            if name in KEYWORDS:
                continue
            path = paths.get((place.file, place.line, place.column))
            yield Found(
                f"`%{name}` is escaped, and is no keyword",
                path or package.stem,
                place,
                f"write `{name}`",
                key="" if path else name,
            )


def _named_places(package: LintedPackage) -> Iterator[tuple[tuple[str, int, int], str]]:
    """Where items, parameters and members are named, each with its path."""
    for item in package.items:
        thing = item.thing
        named = [(item.path, item.place)]
        if isinstance(thing, Function):
            named += [(f"{item.path}.{each.name}", each.place) for each in thing.parameters]
        elif isinstance(thing, TypeDef) and isinstance(thing.definition, MembersType):
            members = thing.definition.members
            named += [(f"{item.path}.{each.name}", each.place) for each in members]
        for path, place in named:
            yield (place.file, place.line, place.column), path


def name_no_repeat(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item, type_ in package.types:
        if not isinstance(type_.definition, MembersType):
            continue
        word = _member_word(type_.definition)
        for member in type_.definition.members:
            if member.name.lower().startswith(f"{type_.name.lower()}-"):
                rest = member.name[len(type_.name) + 1 :]
                yield Found(
                    f"{word} `{member.name}` repeats the name of `{type_.name}`",
                    f"{item.path}.{member.name}",
                    member.place,
                    f"write `{rest}`: it is told apart by its type",
                )


def name_acronym(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    spellings: dict[str, dict[bool, list[tuple[str, str, str, Place]]]] = {}
    for label in (*_item_names(package), *_value_names(package, cases=True)):
        for part in label[1].split("-"):
            is_upper = _UPPER.fullmatch(part) is not None and len(part) > 1
            spellings.setdefault(part.lower(), {}).setdefault(is_upper, []).append(label)
    for part, both in spellings.items():
        if len(both) < 2:
            continue
        # The rarer spelling is the one to change; where there is no rarer one, that in capitals.
        rare = len(both[True]) <= len(both[False])
        first = both[not rare][0]
        wanted, other = (part, part.upper()) if rare else (part.upper(), part)
        for word, name, path, place in both[rare]:
            parts = (wanted if each.lower() == part else each for each in name.split("-"))
            yield Found(
                f"{word} `{name}` spells `{other}`, where others spell `{wanted}`",
                path,
                place,
                f"write `{'-'.join(parts)}`",
                related=((f"{first[0]} `{first[1]}`", first[3]),),
                key=part,
            )


def _member_word(definition: MembersType) -> str:
    if isinstance(definition, RecordType):
        return "field"
    return "flag" if isinstance(definition, FlagsType) else "case"


def _item_names(package: LintedPackage) -> Iterator[tuple[str, str, str, Place]]:
    for item in package.items:
        is_function = isinstance(item.thing, Function)
        if not is_function and not item.is_use:
            yield item.word, item.name, item.path, item.place


def _value_names(
    package: LintedPackage, *, cases: bool = False
) -> Iterator[tuple[str, str, str, Place]]:
    """Names that become names of functions, parameters and fields: word, name, path and place."""
    for item in package.items:
        thing = item.thing
        if isinstance(thing, Function):
            yield from _function_names(item, thing)
        elif isinstance(thing, TypeDef) and isinstance(thing.definition, MembersType):
            definition = thing.definition
            if not isinstance(definition, RecordType) and not cases:
                # Bindings write cases in capitals, or with the type's name in front.
                continue
            for member in definition.members:
                path = f"{item.path}.{member.name}"
                yield _member_word(definition), member.name, path, member.place


def _function_names(item: Item, function: Function) -> Iterator[tuple[str, str, str, Place]]:
    if function.kind is not FunctionKind.CONSTRUCTOR:
        yield item.word, item.name, item.path, item.place
    parameters = function.parameters
    if function.kind is FunctionKind.METHOD:
        parameters = parameters[1:]
    for each in parameters:
        yield "parameter", each.name, f"{item.path}.{each.name}", each.place
