"""What changed between two items of one name, and whom it breaks.

An old importer links to the new interface when that one fits where the old one is expected, and an old
exporter where the new one is wanted when the old one does: the same comparison, both ways round
(`wcompose.contract.compare_extern`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from wcompose.check.model import Bump, Change, ChangeKind
from wcompose.check.verdicts import MEMBER_RULES, Scope, judged, plain_path, rule_of, told, unstable
from wcompose.contract import (
    Extern,
    Function,
    Interface,
    InterfaceExtern,
    Mismatch,
    MismatchKind,
    TypeDef,
    TypeExtern,
    compare_extern,
)
from wcompose.contract.equality import Equality
from wcompose.contract.model import FunctionKind
from wcompose.contract.text import definition_text, definition_word, function_text

_MISSING = (MismatchKind.MISSING_TYPE, MismatchKind.MISSING_FUNCTION)
_INSIDE = (
    MismatchKind.ALIAS_TARGET,
    MismatchKind.TYPE_KIND,
    MismatchKind.MEMBER_MISSING,
    MismatchKind.MEMBER_EXTRA,
    MismatchKind.MEMBER_RENAMED,
    MismatchKind.MEMBER_ORDER,
    MismatchKind.MEMBER_TYPE,
    MismatchKind.RESOURCE_IDENTITY,
)
_RULE_WORD = {
    FunctionKind.FREESTANDING: "func",
    FunctionKind.METHOD: "method",
    FunctionKind.STATIC: "static",
    FunctionKind.CONSTRUCTOR: "constructor",
}


@dataclass(frozen=True)
class Surroundings:
    """What is known of the contracts around two items.

    Attributes:
        used: the ``id`` of each type of the old contract that functions use.
        is_told: whether a type's changes are told elsewhere, by its name and the old item that uses it.
    """

    used: frozenset[int]
    is_told: Callable[[TypeDef, TypeDef], bool]


def compare_items(
    item: str, home: str, items: tuple[Extern, Extern], scope: Scope, around: Surroundings
) -> list[Change]:
    """Every difference between two items, each once.

    Args:
        item: path of the item.
        home: what it is called in messages, such as `` `acme:shop/cart` ``.
        items: before and now.
        scope: whose breaks count.
        around: what is known of the contracts around.
    """
    return _Comparison(item, home, items, scope, around).changes()


class _Comparison:
    def __init__(
        self,
        item: str,
        home: str,
        items: tuple[Extern, Extern],
        scope: Scope,
        around: Surroundings,
    ) -> None:
        self._item = item
        self._home = home
        self._items = items
        self._scope = scope
        self._around = around
        self._types = _types(items[0]), _types(items[1])

    def changes(self) -> list[Change]:
        found: list[Change] = []
        old, new = self._items
        if isinstance(old, InterfaceExtern) and isinstance(new, InterfaceExtern):
            found += self._of_types(old.interface, new.interface)
            found += self._of_functions(old.interface, new.interface)
        found += self._inside()
        return found

    # What is in one of them only

    def _of_types(self, old: Interface, new: Interface) -> Iterator[Change]:
        gone = [each for name, each in old.types.items() if name not in new.types]
        came = [each for name, each in new.types.items() if name not in old.types]
        equality = Equality(old.types, new.types)
        if not self._scope.is_old_partial and not self._scope.is_new_partial:
            for before in list(gone):
                after = next((each for each in came if _is_renamed(before, each, equality)), None)
                if after is not None and not _is_alias(before) and not _is_alias(after):
                    gone.remove(before)
                    came.remove(after)
                    yield self._type_renamed(before, after)
        for before in gone if not self._scope.is_new_partial else []:
            yield self._type_gone(before)
        for after in came if not self._scope.is_old_partial else []:
            yield self._type_came(after)

    def _type_renamed(self, old: TypeDef, new: TypeDef) -> Change:
        word = "resource" if old.is_resource else "type"
        change = Change(
            ChangeKind.CHANGED,
            f"{self._item}.{old.name}",
            f"{word} `{old.name}` is called `{new.name}`",
            definition_text(old),
            definition_text(new),
            old.place,
            new.place,
        )
        side = self._scope.side(importers=id(old) in self._around.used, exporters=True)
        change = judged(change, f"{word}-no-rename", side, self._home)
        return unstable(change) if old.stability.feature else change

    def _type_gone(self, old: TypeDef) -> Change:
        word = "resource" if old.is_resource else "alias" if _is_alias(old) else "type"
        change = Change(
            ChangeKind.REMOVED,
            f"{self._item}.{old.name}",
            f"{'resource' if word == 'resource' else 'type'} `{old.name}` is gone",
            definition_text(old),
            old_place=old.place,
        )
        rule = f"{word}-no-delete" if id(old) in self._around.used else "type-no-delete-unused"
        change = judged(change, rule, self._scope.side(importers=True, exporters=False), self._home)
        return unstable(change) if old.stability.feature else change

    def _type_came(self, new: TypeDef) -> Change:
        word = "resource" if new.is_resource else "alias" if _is_alias(new) else "type"
        change = Change(
            ChangeKind.ADDED,
            f"{self._item}.{new.name}",
            f"{'resource' if word == 'resource' else 'type'} `{new.name}` is new",
            new=definition_text(new),
            new_place=new.place,
            bump=Bump.MINOR,
        )
        side = self._scope.side(importers=False, exporters=True)
        is_minor = not self._scope.is_exported
        change = judged(change, f"{word}-no-add", side, self._home, is_minor=is_minor)
        return unstable(change) if new.stability.feature else change

    def _of_functions(self, old: Interface, new: Interface) -> Iterator[Change]:
        moved = {plain_path(name) for name in old.functions} & {
            plain_path(name) for name in new.functions
        }
        for name, function in old.functions.items():
            if name in new.functions or self._scope.is_new_partial:
                continue
            if not self._goes_with_resource(function, new) and plain_path(name) not in moved:
                yield self._function_gone(function)
        for name, function in new.functions.items():
            if name in old.functions or self._scope.is_old_partial:
                continue
            if not self._goes_with_resource(function, old) and plain_path(name) not in moved:
                yield self._function_came(function)

    def _goes_with_resource(self, function: Function, other: Interface) -> bool:
        """Whether it is told with its resource, which the other does not have."""
        if function.resource is None:
            return False
        type_ = other.types.get(function.resource.name)
        return type_ is None or not type_.is_resource

    def _function_gone(self, old: Function) -> Change:
        word = _RULE_WORD[old.kind]
        change = Change(
            ChangeKind.REMOVED,
            self._path(old.name),
            f"{_function_words(old)} is gone",
            _function_wit(old),
            old_place=old.place,
        )
        change = judged(
            change,
            f"{word}-no-delete",
            self._scope.side(importers=True, exporters=False),
            self._home,
            why=f"components that import {self._home} and call it no longer link",
        )
        return unstable(change) if _is_unstable(old) else change

    def _function_came(self, new: Function) -> Change:
        word = _RULE_WORD[new.kind]
        change = Change(
            ChangeKind.ADDED,
            self._path(new.name),
            f"{_function_words(new)} is new",
            new=_function_wit(new),
            new_place=new.place,
            bump=Bump.MINOR,
        )
        side = self._scope.side(importers=False, exporters=True)
        is_minor = not self._scope.is_exported
        change = judged(change, f"{word}-no-add", side, self._home, is_minor=is_minor)
        return unstable(change) if _is_unstable(new) else change

    # What is in both, and differs

    def _inside(self) -> Iterator[Change]:
        old, new = self._items
        forward = [each for each in compare_extern(old, new) if each.kind not in _MISSING]
        backward = [_turned(each) for each in compare_extern(new, old) if each.kind not in _MISSING]
        left = [self._key(each) for each in backward]
        for mismatch in forward:
            if self._is_told(mismatch):
                continue
            is_both = (key := self._key(mismatch)) in left
            if is_both:
                left.remove(key)
            yield self._difference(mismatch, importers=True, exporters=is_both)
        for mismatch in backward:
            if self._key(mismatch) in left and not self._is_told(mismatch):
                left.remove(self._key(mismatch))
                yield self._difference(mismatch, importers=False, exporters=True)

    def _key(self, mismatch: Mismatch) -> tuple[str, str, str, str]:
        # Either way round, a path goes by names of the side that expects.
        head = plain_path(mismatch.path).partition(".")[0]
        return (self._rule(mismatch), head, mismatch.expected, mismatch.actual)

    def _rule(self, mismatch: Mismatch) -> str:
        head = mismatch.path.partition(".")[0]
        found = (types.get(head) for types in self._types)
        words = [definition_word(each.root.definition) for each in found if each is not None]
        # Where one name stands for types of two kinds, the members are of the one that has some.
        return rule_of(mismatch, next((each for each in words if each in MEMBER_RULES), ""))

    def _type_of(self, mismatch: Mismatch) -> TypeDef | None:
        """The type that a difference is inside of."""
        if mismatch.kind not in _INSIDE:
            return None
        head = mismatch.path.partition(".")[0]
        return self._types[0].get(head) or self._types[1].get(head)

    def _is_told(self, mismatch: Mismatch) -> bool:
        head = mismatch.path.partition(".")[0]
        if mismatch.kind not in _INSIDE or head not in self._types[0]:
            return False
        new = self._types[1].get(head)
        return new is not None and self._around.is_told(self._types[0][head], new)

    def _difference(self, mismatch: Mismatch, *, importers: bool, exporters: bool) -> Change:
        kind = {
            MismatchKind.MEMBER_MISSING: ChangeKind.REMOVED,
            MismatchKind.MEMBER_EXTRA: ChangeKind.ADDED,
        }.get(mismatch.kind, ChangeKind.CHANGED)
        message = told(mismatch.message)
        if mismatch.kind is MismatchKind.EXTERN_KIND:
            message = f"{self._home} {message.removeprefix('it ')}"
        change = Change(
            kind,
            self._path(mismatch.path),
            message,
            mismatch.expected,
            mismatch.actual,
            mismatch.expected_place,
            mismatch.actual_place,
        )
        rule = self._rule(mismatch)
        type_ = self._type_of(mismatch)
        if type_ is None or id(type_) in self._around.used:
            side = self._scope.side(importers=importers, exporters=exporters)
        else:
            # Built importers leave an unused type out.
            side = self._scope.side(importers=False, exporters=exporters)
            if side is None and importers and self._scope.importers:
                rule = "type-no-delete-unused"
                side = self._scope.side(importers=True, exporters=False)
        change = judged(change, rule, side, self._home)
        return unstable(change) if self._is_unstable(mismatch) else change

    def _is_unstable(self, mismatch: Mismatch) -> bool:
        type_ = self._type_of(mismatch)
        if type_ is not None:
            return bool(type_.stability.feature)
        old = self._items[0]
        if not isinstance(old, InterfaceExtern):
            return False
        path = mismatch.path
        functions = old.interface.functions
        while path and path not in functions:
            path = path.rpartition(".")[0]
        return path in functions and _is_unstable(functions[path])

    def _path(self, path: str) -> str:
        plain = plain_path(path)
        if not isinstance(self._items[0], InterfaceExtern):
            # The path in a function of its own begins with its name already.
            plain = plain.partition(".")[2]
        return f"{self._item}.{plain}" if plain else self._item


def _types(extern: Extern) -> Mapping[str, TypeDef]:
    if isinstance(extern, InterfaceExtern):
        return extern.interface.types
    return {extern.type.name: extern.type} if isinstance(extern, TypeExtern) else {}


def _turned(mismatch: Mismatch) -> Mismatch:
    """A difference found the other way round, as if found this way."""
    kind = {
        MismatchKind.MEMBER_MISSING: MismatchKind.MEMBER_EXTRA,
        MismatchKind.MEMBER_EXTRA: MismatchKind.MEMBER_MISSING,
    }.get(mismatch.kind, mismatch.kind)
    words = [f"`{each}`" if each else "nothing" for each in (mismatch.actual, mismatch.expected)]
    return replace(
        mismatch,
        kind=kind,
        message=f"`{plain_path(mismatch.path)}` is {words[1]}, not {words[0]}",
        expected=mismatch.actual,
        actual=mismatch.expected,
        expected_place=mismatch.actual_place,
        actual_place=mismatch.expected_place,
    )


def _is_alias(of: TypeDef) -> bool:
    return not of.is_resource and definition_word(of.definition) == "type"


def _is_renamed(old: TypeDef, new: TypeDef, equality: Equality) -> bool:
    if old.is_resource != new.is_resource or isinstance(old.definition, TypeDef):
        return False
    return equality.equal(old, new)


def _is_unstable(function: Function) -> bool:
    of_resource = function.resource is not None and function.resource.stability.feature
    return bool(function.stability.feature or of_resource)


def _function_words(function: Function) -> str:
    word = "getter" if function.accessor == "get" else function.kind.value
    return f"{word} `{plain_path(function.name)}`"


def _function_wit(function: Function) -> str:
    if function.kind is FunctionKind.CONSTRUCTOR:
        return function_text(function)
    return f"{plain_path(function.name).rpartition('.')[2]}: {function_text(function)}"
