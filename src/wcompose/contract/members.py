"""Comparing the members of two types of one form: fields, cases or flags."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wcompose.contract.mismatch import Mismatch, MismatchKind
from wcompose.contract.text import member_text, type_text
from wcompose.contract.types import (
    EnumType,
    FlagsType,
    Member,
    MembersType,
    RecordType,
    Type,
    TypeDef,
    VariantType,
)
from wcompose.report import Place
from wcompose.suggest import did_you_mean

SameAt: TypeAlias = Callable[[Type | None, Type | None, str], bool]
"""Compares the types of two members; also takes the path of the member."""

Equal: TypeAlias = Callable[[Type | None, Type | None], bool]
"""Whether two types are equal, without telling how they differ."""

_WORDS = {RecordType: "field", VariantType: "case", EnumType: "case", FlagsType: "flag"}


def compare_members(
    path: str,
    definitions: tuple[TypeDef, TypeDef],
    types: tuple[MembersType, MembersType],
    same_at: SameAt,
    equal: Equal,
) -> list[Mismatch]:
    """Every difference between the members of two types.

    Args:
        path: path of the type.
        definitions: the definitions of both sides, for their places.
        types: what they are: both of one class.
        same_at: compares the types of a member that both have.
        equal: tells a renamed member from one that was removed beside one that was added.
    """
    return _Members(path, definitions, types, same_at, equal).compare()


class _Members:
    def __init__(
        self,
        path: str,
        definitions: tuple[TypeDef, TypeDef],
        types: tuple[MembersType, MembersType],
        same_at: SameAt,
        equal: Equal,
    ) -> None:
        self._path = path
        self._places = (definitions[0].place, definitions[1].place)
        self._types = types
        self._expected = {each.name: each for each in types[0].members}
        self._actual = {each.name: each for each in types[1].members}
        self._same_at = same_at
        self._equal = equal
        self._word = _WORDS[type(types[0])]
        self._found: list[Mismatch] = []

    def compare(self) -> list[Mismatch]:
        renamed = self._renamed()
        self._tell_renamed(renamed)
        self._tell_missing(renamed)
        self._tell_extra(renamed)
        self._tell_order()
        for name, member in self._expected.items():
            if name in self._actual:
                self._compare_types(member, self._actual[name])
        return self._found

    def _renamed(self) -> dict[str, str]:
        """Members that stand at the same position with an equal type, under another name."""
        if len(self._types[0].members) != len(self._types[1].members):
            return {}
        return {
            member.name: other.name
            for member, other in zip(self._types[0].members, self._types[1].members, strict=True)
            if member.name not in self._actual
            and other.name not in self._expected
            and self._equal(member.type, other.type)
        }

    def _tell_renamed(self, renamed: dict[str, str]) -> None:
        for name, new in renamed.items():
            self._add(
                MismatchKind.MEMBER_RENAMED,
                name,
                f"{self._word} `{name}` of `{self._path}` is called `{new}`",
                self._expected[name],
                self._actual[new],
            )

    def _tell_missing(self, renamed: dict[str, str]) -> None:
        spare = [each for each in self._actual if each not in self._expected]
        for name, member in self._expected.items():
            if name not in self._actual and name not in renamed:
                near = did_you_mean(name, spare)
                self._add(
                    MismatchKind.MEMBER_MISSING,
                    name,
                    f"{self._word} `{name}` of `{self._path}` is missing"
                    + (f"; {near}" if near else ""),
                    member,
                    None,
                )

    def _tell_extra(self, renamed: dict[str, str]) -> None:
        for name, member in self._actual.items():
            if name not in self._expected and name not in renamed.values():
                self._add(
                    MismatchKind.MEMBER_EXTRA,
                    name,
                    f"{self._word} `{name}` of `{self._path}` is not expected",
                    None,
                    member,
                )

    def _tell_order(self) -> None:
        expected = [each for each in self._expected if each in self._actual]
        actual = [each for each in self._actual if each in self._expected]
        if expected != actual:
            self._found.append(
                Mismatch(
                    MismatchKind.MEMBER_ORDER,
                    self._path,
                    f"the {self._word}s of `{self._path}` stand in another order",
                    ", ".join(expected),
                    ", ".join(actual),
                    *self._places,
                )
            )

    def _compare_types(self, expected: Member, actual: Member) -> None:
        path = f"{self._path}.{expected.name}"
        if self._same_at(expected.type, actual.type, path):
            return
        is_case = isinstance(self._types[0], VariantType)
        self._add(
            MismatchKind.MEMBER_TYPE,
            expected.name,
            f"{self._word} `{expected.name}` of `{self._path}` {'carries' if is_case else 'is'} "
            f"{_type_words(actual.type)}, not {_type_words(expected.type)}",
            expected,
            actual,
        )

    def _add(
        self,
        kind: MismatchKind,
        name: str,
        message: str,
        expected: Member | None,
        actual: Member | None,
    ) -> None:
        self._found.append(
            Mismatch(
                kind,
                f"{self._path}.{name}",
                message,
                "" if expected is None else member_text(expected, self._types[0]),
                "" if actual is None else member_text(actual, self._types[1]),
                _place(expected, self._places[0]),
                _place(actual, self._places[1]),
            )
        )


def _place(member: Member | None, of_type: Place) -> Place:
    return of_type if member is None or not member.place.file else member.place


def _type_words(type_: Type | None) -> str:
    return "nothing" if type_ is None else f"`{type_text(type_)}`"
