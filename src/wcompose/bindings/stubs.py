"""The stubs of a package: every class, function and value, for editors and type checkers."""

from __future__ import annotations

from collections.abc import Sequence

from wcompose.bindings.documentation import Documentation
from wcompose.bindings.layout import (
    Item,
    Layout,
    Module,
    Operation,
    ResourceView,
    Role,
    View,
)
from wcompose.bindings.page import Page, docstring, signature, with_body
from wcompose.bindings.spelling import NOTHING, Speller, peeled_alias
from wcompose.contract import Type
from wcompose.contract.types import (
    EnumType,
    FlagsType,
    MembersType,
    OptionType,
    RecordType,
    ResultType,
    VariantType,
)

_INDENT = "    "
_RESOURCE_NAMES = frozenset({"close", "is_closed"})
"""Members of `wcompose.Resource` that a method of a component may be called as."""


class StubWriter:
    """Writes the stub of one module.

    Args:
        layout: the package.
        module: the module.
        documentation: where texts are.
        names: what else the module defines.
    """

    def __init__(
        self,
        layout: Layout,
        module: Module,
        documentation: Documentation,
        names: Sequence[str] = (),
    ) -> None:
        self._layout = layout
        self._module = module
        self._documentation = documentation
        # A composition's world has another name than those that it was made of.
        self._owner_name = module.title if module.name else ""
        own = [name for item in module.items for name in (item.name, item.any_name, item.maker)]
        views = [view.name for view in (module.exports, module.imports) if view is not None]
        self._taken_over = frozenset(layout.taken_over(module))
        self.page = Page([*own, *views, *names], self._taken_over)
        self.speller = Speller(layout, module, self.page)

    def items(self) -> list[str]:
        """The types."""
        lines: list[str] = []
        for item in self._module.items:
            lines += ["", "", *self._item(item)] if not item.is_alias else self._alias(item)
        return lines

    def exports(self, view: View) -> list[str]:
        """The protocol of an interface that the component exports."""
        docs = f"What the component exports of `{self._module.title}`."
        return ["", "", *self.view(view, docs, Role.GUEST)]

    def imports(self, view: View) -> list[str]:
        """The protocol of an interface that the host gives."""
        docs = (
            f"What a host gives for `{self._module.title}`.\n\n"
            "A function whose result is a `result` gives the value, or raises `ResultError`."
        )
        return ["", "", *self.view(view, docs, Role.HOST)]

    def view(self, view: View, docs: str, role: Role) -> list[str]:
        """A class with the functions and resources of one side."""
        hidden = frozenset(
            [each.attribute for each in view.resources] + [each.name for each in view.functions]
        )
        lines = [
            f"class {view.name}({self.speller.use('typing', 'Protocol')}):",
            *docstring(docs, _INDENT),
        ]
        lines += self.members(view, role, hidden)
        return lines

    def members(self, view: View, role: Role, hidden: frozenset[str]) -> list[str]:
        """What stands in the class of one side."""
        lines: list[str] = []
        for each in view.resources:
            maker = self.speller.item(each.item, hidden, each.item.maker)
            lines += self.attribute(each.attribute, maker, "", hidden, role)
        for operation in view.functions:
            lines += ["", *self.function(operation, role, hidden)]
        return lines

    def attribute(
        self, name: str, kind: str, docs: str, hidden: frozenset[str], role: Role = Role.GUEST
    ) -> list[str]:
        """An attribute that is not set from outside."""
        head = [f"{_INDENT}def {name}({_first([name])}) -> {kind}:"]
        return [
            "",
            f"{_INDENT}@{self.speller.use('builtins', 'property', hidden)}",
            *(self._abstract(hidden) if role is Role.HOST else ()),
            *with_body(head, docstring(docs, 2 * _INDENT)),
        ]

    def function(
        self,
        operation: Operation,
        role: Role,
        hidden: frozenset[str] = NOTHING,
        name: str = "",
        result: str = "",
    ) -> list[str]:
        """A function or method; a host's own takes its arguments by position only."""
        of = operation.function
        is_host = role is Role.HOST
        spell = self.speller.given if is_host else self.speller.taken
        spell_result = self.speller.taken if is_host else self.speller.given
        names = [each for each, _ in operation.parameters]
        parameters = [_first(names)]
        parameters += [
            f"{each}: {spell(kind, role, hidden)}" for each, kind in operation.parameters
        ]
        if is_host and operation.parameters:
            parameters.append("/")
        answer, error = _unwrapped(of.result)
        docs = self._documentation.of_function(self._owner_name, of)
        if error is not None and not result:
            spelt = (self.speller.taken if is_host else self.speller.given)(error, role, hidden)
            docs = f"{docs}\n\nRaises:\n    ResultError: its `value` is `{spelt}`."
        elif answer is not of.result and not result:
            docs = f"{docs}\n\nRaises:\n    ResultError: without a value."
        head = signature(
            f"def {name or operation.name}",
            parameters,
            result or spell_result(answer, role, hidden),
            _INDENT,
        )
        lines = with_body(head, docstring(docs.strip(), 2 * _INDENT))
        # A class that inherits from the protocol must have all of it.
        return [*self._abstract(hidden), *lines] if is_host else lines

    def _abstract(self, hidden: frozenset[str]) -> list[str]:
        return [f"{_INDENT}@{self.speller.use('abc', 'abstractmethod', hidden)}"]

    def _alias(self, item: Item) -> list[str]:
        definition = item.definition
        docs = docstring(self._documentation.of_type(definition), "")
        target = self._layout.target(item)
        if target is not None:
            owner = f".{self._layout.owners[target].name}"
            if (owner, item.name) in self._taken_over:
                return []
            text = self.speller.item(target)
        else:
            text = self.speller.alias(definition)
        return ["", f"{item.name}: {self.speller.use('typing', 'TypeAlias')} = {text}", *docs]

    def _item(self, item: Item) -> list[str]:
        body = item.definition.definition
        match body:
            case RecordType():
                return self._record(item, body)
            case VariantType():
                return self._variant(item, body)
            case EnumType() | FlagsType():
                return self._names(item, body)
            case _:
                return self._resource(item)

    def _record(self, item: Item, body: RecordType) -> list[str]:
        hidden = frozenset(item.members)
        docs = docstring(self._documentation.of_type(item.definition), _INDENT)
        lines = [*self._dataclass(), f"class {item.name}:", *docs]
        pairs = list(zip(item.members, body.members, strict=True))
        lines += ["" for _ in docs[:1]]
        for name, member in pairs:
            lines.append(f"{_INDENT}{name}: {self.speller.given(member.type, None, hidden)}")
            lines += docstring(self._documentation.of_member(item.definition, member), _INDENT)
        parameters = [_first(item.members)]
        needed = len(pairs)
        while needed and _is_option(pairs[needed - 1][1].type):
            needed -= 1
        for index, (name, member) in enumerate(pairs):
            default = "" if index < needed else " = None"
            parameters.append(f"{name}: {self.speller.taken(member.type, None, hidden)}{default}")
        return [*lines, "", *with_body(signature("def __init__", parameters, "None", _INDENT), [])]

    def _dataclass(self) -> list[str]:
        return [
            f"@{self.speller.use('typing', 'final')}",
            f"@{self.speller.use('dataclasses', 'dataclass')}(frozen=True, slots=True)",
        ]

    def _variant(self, item: Item, body: VariantType) -> list[str]:
        docs = docstring(self._documentation.of_type(item.definition), _INDENT)
        alias = self.speller.use("typing", "TypeAlias", frozenset(item.members))
        variant = self.speller.use("wcompose", "Variant")
        lines = [f"class {item.name}({variant}):", *docs, *["" for _ in docs[:1]]]
        cases = [f"_{item.name}_{name}" for name in item.members]
        for name, case in zip(item.members, cases, strict=True):
            lines.append(f"{_INDENT}{name}: {alias} = {case}")
        for member, case in zip(body.members, cases, strict=True):
            told = self._documentation.of_member(item.definition, member)
            docs = docstring(told, _INDENT)
            lines += ["", "", *self._dataclass(), f"class {case}({item.name}):", *docs]
            if member.type is not None:
                given = self.speller.given(member.type, None)
                taken = self.speller.taken(member.type, None)
                lines += [
                    *["" for _ in docs[:1]],
                    f"{_INDENT}value: {given}",
                    "",
                    f"{_INDENT}def __init__(self, value: {taken}) -> None: ...",
                ]
            elif not docs:
                lines[-1] += " ..."
        return [*lines, "", "", *self._union(item)]

    def _union(self, item: Item) -> list[str]:
        cases = [f"{item.name}.{name}" for name in item.members]
        head = f"{item.any_name}: {self.speller.use('typing', 'TypeAlias')} = "
        line = head + " | ".join(cases)
        docs = f'"""Any of the cases of `{item.name}`: a `match` over it can be checked for all."""'
        if len(line) <= 100:
            return [line, docs]
        return [f"{head}(", f"{_INDENT}{cases[0]}", *(f"{_INDENT}| {each}" for each in cases[1:]),
                ")", docs]  # fmt: skip

    def _names(self, item: Item, body: MembersType) -> list[str]:
        is_enum = isinstance(body, EnumType)
        base = self.speller.use("enum", "Enum" if is_enum else "Flag")
        docs = docstring(self._documentation.of_type(item.definition), _INDENT)
        lines = [f"class {item.name}({base}):", *docs, *["" for _ in docs[:1]]]
        for index, (name, member) in enumerate(zip(item.members, body.members, strict=True)):
            value = f'"{member.name}"' if is_enum else str(1 << index)
            lines.append(f"{_INDENT}{name} = {value}")
            lines += docstring(self._documentation.of_member(item.definition, member), _INDENT)
        return lines

    def _resource(self, item: Item) -> list[str]:
        view = self._layout.view_of(item)
        operations = view.operations if view is not None else ()
        methods = [each for each in operations if each.function.kind == "method"]
        own = frozenset(each.name for each in methods)
        docs = self._documentation.of_type(item.definition)
        if item.role is Role.HOST:
            lines = [f"class {item.name}({self.speller.use('typing', 'Protocol')}):"]
            lines += docstring(docs or "A resource of the host's.", _INDENT)
            for each in methods:
                lines += ["", *self.function(each, Role.HOST, own)]
            return [*lines, *self._maker(view, Role.HOST)]
        base = self.speller.use("wcompose", "Resource")
        lines = [f"@{self.speller.use('typing', 'final')}", f"class {item.name}({base}):"]
        whose = "runtime" if item.role is Role.FOREIGN else "component"
        lines += docstring(docs or f"A resource of the {whose}'s.", _INDENT)
        # Only the guest makes them: no argument is of the type that this one must be of.
        never = self.speller.use("typing", "Never", own)
        lines += ["", f"{_INDENT}def __init__(self, made_by_the_guest: {never}) -> None: ..."]
        for each in methods:
            lines += ["", *self._method(each, own)]
        return [*lines, *self._maker(view, Role.GUEST)]

    def _method(self, operation: Operation, own: frozenset[str]) -> list[str]:
        """A method of a guest's; one that is called as Python's own takes that one's place."""
        lines = self.function(operation, Role.GUEST, own)
        of = operation.function
        is_same = operation.name == "close" and not operation.parameters and of.result is None
        if operation.name in _RESOURCE_NAMES and not is_same:
            lines[0] += "  # type: ignore[override]"
        return lines

    def _maker(self, view: ResourceView | None, role: Role) -> list[str]:
        if view is None:
            return []
        item = view.item
        others = [each for each in view.operations if each.function.kind != "method"]
        hidden = frozenset(each.name for each in others)
        lines = [
            *("", ""),
            f"class {item.maker}({self.speller.use('typing', 'Protocol')}):",
            *docstring(f"The class `{item.name}`: makes them.", _INDENT),
        ]
        for each in others:
            if each.function.kind == "constructor":
                name = self.speller.item(item, hidden)
                lines += ["", *self.function(each, role, hidden, "__call__", name)]
            else:
                lines += ["", *self.function(each, role, hidden)]
        return lines


def _is_option(of: Type | None) -> bool:
    return of is not None and isinstance(peeled_alias(of), OptionType)


def _first(names: Sequence[str]) -> str:
    """The name of a method's own object, which no parameter may have."""
    return "_self" if "self" in names else "self"


def _unwrapped(result: Type | None) -> tuple[Type | None, Type | None]:
    """What a call gives, and what its error carries."""
    if result is None:
        return None, None
    definition = peeled_alias(result)
    if isinstance(definition, ResultType):
        return definition.ok, definition.error
    return result, None
