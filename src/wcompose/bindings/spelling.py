"""Types as Python annotations.

What Python hands over may be more than what it gets: ``list<u8>`` is taken from anything that has the
buffer protocol, and given as ``bytes``.
"""

from __future__ import annotations

from wcompose.bindings.layout import Item, Layout, Module, Role
from wcompose.bindings.page import Page
from wcompose.contract import Type, TypeDef
from wcompose.contract.resources import parts_of
from wcompose.contract.types import (
    Definition,
    HandleType,
    ListType,
    OptionType,
    Primitive,
    ResultType,
    TupleType,
    VariantType,
)

_INTEGERS = frozenset({"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64"})
_FLOATS = frozenset({"f32", "f64"})
NOTHING: frozenset[str] = frozenset()


class Speller:
    """Spells types in one file.

    Args:
        layout: the names of all types.
        module: the module that the file is of.
        page: the file.
        is_run: whether Python runs what is spelt; `array.array` takes no argument before Python 3.12.
    """

    def __init__(self, layout: Layout, module: Module, page: Page, *, is_run: bool = False) -> None:
        self.is_run = is_run
        self._layout = layout
        self._module = module
        self._page = page

    def taken(self, of: Type | None, role: Role | None, hidden: frozenset[str] = NOTHING) -> str:
        """What Python may hand over.

        Args:
            of: the type; none for no value.
            role: who makes resources of the function that it belongs to; none outside of functions.
            hidden: names that the class around it hides.
        """
        return _Spelling(self, role, hidden, wide=True).text(of)

    def given(self, of: Type | None, role: Role | None, hidden: frozenset[str] = NOTHING) -> str:
        """What Python gets; see `taken`."""
        return _Spelling(self, role, hidden, wide=False).text(of)

    def alias(self, of: TypeDef) -> str:
        """What an alias stands for."""
        return _Spelling(self, None, NOTHING, wide=False).text(of.definition)

    def item(self, item: Item, hidden: frozenset[str] = NOTHING, name: str = "") -> str:
        """What the class of an item is called here; or another name that it brings."""
        owner = self._layout.owners[item]
        if owner is self._module:
            return self._page.own(name or item.name, hidden)
        return self._page.use(f".{owner.name}", name or item.name, hidden)

    def has_list(self, of: Definition) -> bool:
        """Whether a list is in a type, outside of its named parts: then it is spelt in two ways."""
        if isinstance(of, ListType):
            return True
        if isinstance(of, TypeDef) and any(not each.is_alias for each in self.items_of(of.root)):
            return False
        return any(self.has_list(part) for part in parts_of(of))

    def use(self, module: str, name: str, hidden: frozenset[str] = NOTHING) -> str:
        """See `Page.use`."""
        return self._page.use(module, name, hidden)

    def items_of(self, definition: TypeDef) -> list[Item]:
        """The items of a type; none for one that has no name in Python."""
        return list(self._layout.known.get(definition, ()))


class _Spelling:
    def __init__(
        self, speller: Speller, role: Role | None, hidden: frozenset[str], *, wide: bool
    ) -> None:
        self._speller = speller
        self._role = role
        self._hidden = hidden
        self._wide = wide

    def text(self, of: Definition | None) -> str:
        match of:
            case None:
                return "None"
            case Primitive(name):
                return self._primitive(name)
            case TypeDef():
                return self._named(of)
            case HandleType(resource):
                return self._resource(resource)
            case ListType(element):
                return self._list(element)
            case TupleType(elements):
                inner = ", ".join(self.text(each) for each in elements) or "()"
                return f"{self._use('builtins', 'tuple')}[{inner}]"
            case OptionType(payload):
                inner = self.text(payload)
                if _is_option(payload):
                    inner = f"{self._use('wcompose', 'Some')}[{inner}]"
                return inner if inner == "None" else f"{inner} | None"
            case ResultType(ok, error):
                good, bad = self._use("wcompose", "Ok"), self._use("wcompose", "Err")
                return f"{good}[{self.text(ok)}] | {bad}[{self.text(error)}]"
            case _:
                raise AssertionError(f"{type(of).__name__} has no spelling")

    def _use(self, module: str, name: str) -> str:
        return self._speller.use(module, name, self._hidden)

    def _primitive(self, name: str) -> str:
        if name in _INTEGERS:
            return self._use("builtins", "int")
        if name in _FLOATS:
            return self._use("builtins", "float")
        return self._use("builtins", "bool" if name == "bool" else "str")

    def _named(self, of: TypeDef) -> str:
        root = of.root
        if items := [each for each in self._speller.items_of(root) if not each.is_alias]:
            item = items[0]
            is_variant = isinstance(root.definition, VariantType)
            return self._speller.item(item, self._hidden, item.any_name if is_variant else "")
        items = self._speller.items_of(of)
        if items and not (self._wide and self._speller.has_list(of.definition)):
            return self._speller.item(items[0], self._hidden)
        return self.text(of.definition)

    def _resource(self, of: TypeDef) -> str:
        items = self._speller.items_of(of.root)
        order = {Role.HOST: 0} if self._role is Role.HOST else {Role.GUEST: 0}
        items.sort(key=lambda each: order.get(each.role or Role.FOREIGN, 1))
        if self._role is not None:
            items = items[:1]
        return " | ".join(self._speller.item(each, self._hidden) for each in items)

    def _list(self, element: Type) -> str:
        kind = peeled_alias(element)
        if isinstance(kind, Primitive) and kind.name in _INTEGERS | _FLOATS:
            if self._wide:
                alias = "Reals" if kind.name in _FLOATS else "Integers"
                return self._use("wcompose.bindings.numbers", alias)
            if kind.name == "u8":
                return self._use("builtins", "bytes")
            array = self._use("array", "array")
            return array if self._speller.is_run else f"{array}[{self._primitive(kind.name)}]"
        if self._wide:
            return f"{self._use('collections.abc', 'Sequence')}[{self.text(element)}]"
        return f"{self._use('builtins', 'list')}[{self.text(element)}]"


def peeled_alias(of: Type) -> Definition:
    """What a type is behind its names."""
    return of.root.definition if isinstance(of, TypeDef) else of


def _is_option(of: Type) -> bool:
    return isinstance(peeled_alias(of), OptionType)
