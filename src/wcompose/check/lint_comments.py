"""Rules about documentation."""

from __future__ import annotations

from collections.abc import Iterator

from wcompose.check.lint_items import Found, Item, LintedPackage
from wcompose.contract.model import Function, Interface, World
from wcompose.contract.types import MembersType, RecordType, TypeDef

_HINT = "write a line that begins with `///` above it"


def comment_package(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    if not package.contract.docs.strip():
        yield Found(
            f"package `{package.stem}` has no documentation", package.stem, package.header, _HINT
        )


def comment_interface(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item in package.items:
        if isinstance(item.thing, Interface):
            yield from _without_docs(item)


def comment_world(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item in package.items:
        if isinstance(item.thing, World):
            yield from _without_docs(item)


def comment_func(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item in package.items:
        if isinstance(item.thing, Function):
            yield from _without_docs(item)


def comment_type(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for item in package.items:
        if isinstance(item.thing, TypeDef) and not item.is_use:
            yield from _without_docs(item)


def comment_field(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    yield from _members_without_docs(package, is_record=True)


def comment_case(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    yield from _members_without_docs(package, is_record=False)


def _without_docs(item: Item) -> Iterator[Found]:
    if not item.thing.docs.strip():
        yield Found(f"{item.label} has no documentation", item.path, item.place, _HINT)


def _members_without_docs(package: LintedPackage, *, is_record: bool) -> Iterator[Found]:
    word = "field" if is_record else "case"
    for item, type_ in package.types:
        definition = type_.definition
        if isinstance(definition, MembersType) and isinstance(definition, RecordType) is is_record:
            for member in definition.members:
                if not member.docs.strip():
                    yield Found(
                        f"{word} `{member.name}` of `{type_.name}` has no documentation",
                        f"{item.path}.{member.name}",
                        member.place,
                        _HINT,
                    )
