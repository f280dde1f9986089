"""The modules of a package: classes, made as the runtime makes them, and the types of all functions.

Classes are made by the runtime's own makers, so that a generated class and one that the runtime makes
for itself never differ in form. They say which module they are of, so they pickle.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cached_property

from wcompose.bindings.layout import Item, Layout, Module, Operation, Role, View
from wcompose.bindings.naming import Names, python_name
from wcompose.bindings.page import WIDTH, Page, docstring
from wcompose.bindings.spelling import Speller
from wcompose.contract import Type, TypeDef
from wcompose.contract.resources import parts_of
from wcompose.contract.types import (
    Definition,
    EnumType,
    FlagsType,
    HandleType,
    ListType,
    MembersType,
    OptionType,
    Primitive,
    RecordType,
    ResultType,
    TupleType,
    VariantType,
)

_RUNTIME = "wcompose.runtime"
"""What generated code imports from: where the names in it live is nobody's business."""


_GIVEN = (
    # A component may import less than its world does.
    "        given = imports_of(imports)",
    "        given = {name: each for name, each in given.items() if name in component.imports}",
)


def code_of_module(layout: Layout, module: Module) -> list[str]:
    """The module of an interface."""
    page = Page(_names(module), layout.taken_over(module))
    body = _items(layout, module, page)
    for view in (module.exports, module.imports):
        if view is not None:
            body += ["", "", *_protocol(view.name, page)]
    return [*docstring(f"`{module.title}`", ""), "", *page.import_lines(), *body]


def code_of_home(layout: Layout) -> list[str]:
    """The package itself: its world."""
    home = layout.home
    page = Page(_names(home), layout.taken_over(home))
    body = _items(layout, home, page)
    bindings = page.use("._bindings", "BINDINGS")
    has_imports = layout.has_imports
    if home.imports is not None and has_imports:
        body += ["", "", *_protocol(home.imports.name, page)]
        body += ["", "", *_imports_of(layout, home.imports)]
    if home.exports is not None:
        body += ["", "", *_world(layout, home.exports, bindings, has_imports)]
    head = docstring(f"`{home.title}`", "")
    return [*head, "", *page.import_lines(), *public_names(layout), *body]


def public_names(layout: Layout) -> list[str]:
    """What the package says that it has."""
    names = ["BINDINGS", *(name for name, _ in layout.shown)]
    if layout.home.exports is not None:
        names.append(layout.home.exports.name)
    if layout.home.imports is not None and layout.has_imports:
        names += [layout.home.imports.name, "imports_of"]
    line = f"__all__ = [{', '.join(map(_text, sorted(names)))}]"
    if len(line) <= WIDTH:
        return [line]
    return ["__all__ = [", *(f"    {_text(name)}," for name in sorted(names)), "]"]


def _names(module: Module) -> list[str]:
    names = [name for item in module.items for name in (item.name, item.any_name, item.maker)]
    names += [view.name for view in (module.exports, module.imports) if view is not None]
    return [name for name in names if name]


def _text(name: str) -> str:
    return json.dumps(name)


def _protocol(name: str, page: Page) -> list[str]:
    return [f"class {name}({page.use('typing', 'Protocol')}):", '    """See the stub."""']


def _items(layout: Layout, module: Module, page: Page) -> list[str]:
    speller = Speller(layout, module, page, is_run=True)
    lines: list[str] = []
    for item in module.items:
        if not item.is_alias:
            lines += ["", "", *_made(item, page)]
    aliases: list[str] = []
    taken_over = frozenset(layout.taken_over(module))
    for item in _inner_first(module.items, speller):
        target = layout.target(item)
        if target is None:
            aliases.append(f"{item.name} = {speller.alias(item.definition)}")
        elif (f".{layout.owners[target].name}", item.name) not in taken_over:
            aliases.append(f"{item.name} = {speller.item(target)}")
    return [*lines, "", "", *aliases] if aliases else lines


def _inner_first(items: Iterable[Item], speller: Speller) -> list[Item]:
    """The aliases among the items, each behind those that it is made of."""
    order: dict[Item, None] = {}

    def visit(of: object) -> None:
        if isinstance(of, TypeDef):
            for item in speller.items_of(of):
                if item.is_alias and item not in order:
                    visit(of.definition)
                    order[item] = None
        elif not isinstance(of, MembersType | Primitive | HandleType):
            for part in parts_of(of):  # type: ignore[arg-type]
                visit(part)

    own = list(items)
    for item in own:
        if item.is_alias:
            visit(item.definition)
    return [item for item in order if item in own]


def _made(item: Item, page: Page) -> list[str]:
    body = item.definition.definition
    match body:
        case RecordType(members):
            options = [each.name for each in members if _is_option(each.type)]
            names = _tuple([each.name for each in members])
            optional = [f"optional={_tuple(options)}"] if options else []
            return _call(item.name, page.use(_RUNTIME, "record_class"), [names, *optional])
        case EnumType(members):
            return _call(
                item.name,
                page.use(_RUNTIME, "enum_class"),
                [_tuple([each.name for each in members])],
            )
        case FlagsType(members):
            return _call(
                item.name,
                page.use(_RUNTIME, "flags_class"),
                [_tuple([each.name for each in members])],
            )
        case VariantType(members):
            cases = [f"({_text(each.name)}, {each.type is not None})" for each in members]
            made = _call(item.name, page.use(_RUNTIME, "variant_class"), [_group(cases)])
            union = " | ".join(f"{item.name}.{name}" for name in item.members)
            line = f"{item.any_name} = {union}"
            if len(line) > WIDTH:
                parts = [f"    | {item.name}.{name}" for name in item.members[1:]]
                first = f"    {item.name}.{item.members[0]}"
                return [*made, f"{item.any_name} = (", first, *parts, ")"]
            return [*made, line]
        case _:
            return _resource(item, page)


def _resource(item: Item, page: Page) -> list[str]:
    if item.role is Role.HOST:
        return [
            *_protocol(item.name, page),
            "",
            "",
            *_protocol(item.maker, page),
        ]
    maker = [] if not item.maker else ["", "", *_protocol(item.maker, page)]
    base = page.use(_RUNTIME, "Resource")
    return [
        f"class {item.name}({base}):",
        '    """See the stub."""',
        "",
        "    __slots__ = ()",
        *maker,
    ]


def _call(name: str, function: str, arguments: Sequence[str]) -> list[str]:
    parts = [_text(name), *arguments, "module=__name__"]
    line = f"{name} = {function}({', '.join(parts)})"
    if len(line) <= WIDTH:
        return [line]
    return [f"{name} = {function}(", *(f"    {part}," for part in parts), ")"]


def _tuple(names: Sequence[str]) -> str:
    return _group([_text(name) for name in names])


def _group(parts: Sequence[str]) -> str:
    """A tuple; one that is too long for a line of a call is broken into lines."""
    line = f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    if len(line) + 5 <= WIDTH:
        return line
    return "\n".join(["(", *(f"        {each}," for each in parts), "    )"])


def _is_option(of: Type | None) -> bool:
    definition = of.root.definition if isinstance(of, TypeDef) else of
    return isinstance(definition, OptionType)


def _imports_of(layout: Layout, view: View) -> list[str]:
    lines = ["def imports_of(imports):", "    given = {"]
    lines += [f"        {_text(each.key)}: imports.{each.attribute}," for each in layout.imports]
    lines += [f"        {_text(each.full_name)}: imports.{each.name}," for each in view.functions]
    lines += [
        f"        {_text(each.item.definition.name)}: imports.{each.attribute},"
        for each in view.resources
    ]
    return [
        *lines,
        "    }",
        "    return {name: each for name, each in given.items() if each is not None}",
    ]


def _world(layout: Layout, view: View, bindings: str, has_imports: bool) -> list[str]:
    named = ", imports" if has_imports else ""
    passed = ", imports=given" if has_imports else ""
    attributes = [(each.attribute, each.key) for each in layout.exports]
    attributes += [(each.name, each.full_name) for each in view.functions]
    attributes += [(each.attribute, each.item.definition.name) for each in view.resources]
    return [
        f"class {view.name}:",
        "    def __init__(self, instance):",
        "        self.instance = instance",
        # What is looked up once is not looked up at every call.
        *(f"        self.{name} = instance.exports[{_text(key)}]" for name, key in attributes),
        "",
        "    @classmethod",
        f"    def instantiate(cls, component, *{named}, grants=None, limits=None):",
        '        settings = {} if grants is None else {"grants": grants}',
        "        if limits is not None:",
        '            settings["limits"] = limits',
        *(_GIVEN if has_imports else ()),
        f"        return cls(component.instantiate(bindings={bindings}{passed}, **settings))",
        "",
        "    def close(self):",
        "        self.instance.close()",
        "",
        "    def __enter__(self):",
        "        return self",
        "",
        "    def __exit__(self, *exception):",
        "        self.close()",
    ]


def code_of_bindings(layout: Layout) -> list[str]:
    """The types of all functions, each with the class that stands for it in Python."""
    return _Bindings(layout).lines()


class _Bindings:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._page = Page(["BINDINGS"])
        self._names = Names(["BINDINGS"])
        self._modules: set[str] = set()
        self._written: dict[tuple[int, Role | None], str] = {}
        self._variables: dict[tuple[str, ...], str] = {}
        self._numbers: dict[str, int] = {}
        self._lines: list[str] = []

    def lines(self) -> list[str]:
        sides = []
        for side, role in (("functions", Role.GUEST), ("imports", Role.HOST)):
            rows = [
                self._row(operation, role)
                for module in self._layout.all_modules
                for view in (module.exports if role is Role.GUEST else module.imports,)
                if view is not None
                for operation in view.operations
            ]
            sides += [f"    {side}={{", *rows, "    },"]
        bindings = self._page.use(_RUNTIME, "Bindings")
        body = [*self._lines, "", f"BINDINGS = {bindings}(", *sides, ")"]
        title = docstring(f"Types of the functions of `{self._layout.home.title}`.", "")
        modules = sorted(self._modules)
        own = [f"from . import {', '.join(modules)}", ""] if modules else []
        return [*title, "", *self._page.import_lines(), *own, *body]

    def _row(self, operation: Operation, role: Role) -> str:
        of = operation.function
        types = _group([self._type(each.type, role) for each in of.parameters])
        result = "None" if of.result is None else self._type(of.result, role)
        return f"        {_text(operation.full_name)}: ({types}, {result}),"

    def _type(self, of: Type, role: Role) -> str:
        """The variable that holds a type; what it is made of is written before it."""
        named = of.root if isinstance(of, TypeDef) else None
        definition = of if named is None else named.definition
        key = (id(of if named is None else named), role if self._has_sides else None)
        if key not in self._written:
            if isinstance(definition, HandleType):
                named = definition.resource.root
            kind = kind_of(definition)
            arguments = [_text(kind)]
            parts = [
                f"({_text(name)}, {'None' if part is None else self._type(part, role)})"
                for name, part in members_of(definition)
            ]
            item = None if named is None else self._item(named, role)
            if parts or named is not None:
                arguments.append(_group(parts))
            if named is not None:
                arguments.append(_text(named.name))
            if item is not None:
                owner = self._layout.owners[item].name
                self._modules.add(owner)
                arguments.append(f"{owner}.{item.name}")
            name = kind if named is None else named.name
            self._written[key] = self._variable(name, tuple(arguments))
        return self._written[key]

    def _variable(self, name: str, arguments: tuple[str, ...]) -> str:
        """The variable of a type; equal types share one."""
        if arguments not in self._variables:
            stem = f"_{python_name(name)}"
            self._numbers[stem] = number = self._numbers.get(stem, 0) + 1
            variable = self._names.take(stem if number == 1 else f"{stem}_{number}")
            function = self._page.use(_RUNTIME, "ValueType")
            self._lines += _assigned(variable, function, arguments)
            self._variables[arguments] = variable
        return self._variables[arguments]

    @cached_property
    def _has_sides(self) -> bool:
        """Whether a type may have resources in it that both sides make."""
        return any(len(each) > 1 for each in self._layout.known.values())

    def _item(self, of: TypeDef, role: Role) -> Item | None:
        """What a type's values are instances of; those of the host are what the host gave."""
        for item in self._layout.known.get(of, ()):
            if not item.is_alias and item.role in {None, role} and item.role is not Role.HOST:
                return item
        return None


def kind_of(of: Definition) -> str:
    """The kind of a type, as `wcompose.runtime.ValueType` has it."""
    match of:
        case Primitive(name):
            return name
        case HandleType(_, is_borrow):
            return "borrow" if is_borrow else "own"
        case _:
            return _KINDS[type(of)]


def members_of(of: Definition) -> list[tuple[str, Type | None]]:
    """What a type is made of, as `wcompose.runtime.ValueType` has it."""
    match of:
        case ListType(element):
            return [("", element)]
        case OptionType(payload):
            return [("some", payload)]
        case ResultType(ok, error):
            return [("ok", ok), ("err", error)]
        case TupleType(elements):
            return [("", each) for each in elements]
        case MembersType(members):
            return [(each.name, each.type) for each in members]
        case _:
            return []


_KINDS: dict[type, str] = {
    ListType: "list",
    OptionType: "option",
    ResultType: "result",
    TupleType: "tuple",
    RecordType: "record",
    VariantType: "variant",
    EnumType: "enum",
    FlagsType: "flags",
}


def _assigned(variable: str, function: str, arguments: Sequence[str]) -> list[str]:
    line = f"{variable} = {function}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return [line]
    return [f"{variable} = {function}(", *(f"    {each}," for each in arguments), ")"]
