"""A package of bindings as files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wcompose.bindings.code import code_of_bindings, code_of_home, code_of_module, public_names
from wcompose.bindings.documentation import Documentation
from wcompose.bindings.laying import lay_out
from wcompose.bindings.layout import Layout, Module, Role
from wcompose.bindings.page import docstring
from wcompose.bindings.stubs import StubWriter
from wcompose.contract import Contract, World

MARK = "# Made by `wcompose bindings python-host`: changes are lost when it is run again."
"""First line of every file; what does not begin with it is not ours to write over."""


@dataclass(frozen=True)
class Package:
    """A package of Python bindings.

    Attributes:
        name: its name.
        world: name of the world's class.
        files: text of each file by its name.
        left_out: functions that cannot be called from Python, and why.
    """

    name: str
    world: str
    files: Mapping[str, str]
    left_out: tuple[tuple[str, str], ...]


def write_package(
    world: World, title: str, *, name: str = "", documented: Contract | None = None
) -> Package:
    """Write bindings for a world: the same for the same world.

    Args:
        world: the world, or what a component really imports and exports.
        title: what the world's class is called after.
        name: name of the package; made of the title unless told.
        documented: a contract with the documentation that a binary lacks.

    Raises:
        ContractError: a type is too large to be written.
    """
    layout = lay_out(world, title, name)
    documentation = Documentation(documented)
    files = {
        "__init__.py": code_of_home(layout),
        "__init__.pyi": _home_stub(layout, documentation),
        "_bindings.py": code_of_bindings(layout),
        "py.typed": [],
    }
    for module in layout.modules:
        files[f"{module.name}.py"] = code_of_module(layout, module)
        files[f"{module.name}.pyi"] = _module_stub(layout, module, documentation)
    view = layout.home.exports
    return Package(
        layout.package,
        "" if view is None else view.name,
        {file: _text(file, lines) for file, lines in sorted(files.items())},
        layout.left_out,
    )


def _text(file: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    # What the code says to type checkers stands in the stubs; style is ours and not the project's.
    head = [MARK, "# ruff: noqa", *(["# type: ignore"] if file.endswith(".py") else [])]
    text = "\n".join([*head, *lines]).rstrip("\n")
    return re.sub(r"\n{4,}", "\n\n\n", text) + "\n"


def _module_stub(layout: Layout, module: Module, documentation: Documentation) -> list[str]:
    writer = StubWriter(layout, module, documentation)
    body = writer.items()
    if module.exports is not None:
        body += writer.exports(module.exports)
    if module.imports is not None:
        body += writer.imports(module.imports)
    told = documentation.of_interface(module.title, module.docs)
    head = docstring(f"`{module.title}`\n\n{told}", "")
    second = _second_names(writer)
    return [*head, "", *writer.page.import_lines(), *second, *body]


def _second_names(writer: StubWriter) -> list[str]:
    pairs = writer.page.second_names
    if not pairs:
        return []
    alias = writer.page.use("typing", "TypeAlias")
    return [f"{local}: {alias} = {name}" for local, name in pairs]


def _home_stub(layout: Layout, documentation: Documentation) -> list[str]:
    home = layout.home
    writer = StubWriter(layout, home, documentation, ("BINDINGS", "imports_of"))
    body = writer.items()
    if layout.has_imports and home.imports is not None:
        body += ["", "", *_imports_protocol(layout, writer)]
    body += ["", "", *_world_class(layout, writer, documentation)]
    body += ["", "", f"BINDINGS: {writer.speller.use('wcompose.runtime', 'Bindings')}"]
    body.append('"""The types of all functions, for `Component.instantiate` and pools."""')
    if layout.has_imports and home.imports is not None:
        mapping = writer.speller.use("collections.abc", "Mapping")
        anything = writer.speller.use("typing", "Any")
        body += [
            "",
            f"def imports_of(imports: {home.imports.name}) -> {mapping}[str, {anything}]:",
            '    """Imports as `Component.instantiate` and pools take them."""',
        ]
    told = documentation.of_world(layout.world)
    head = docstring(f"`{home.title}`\n\n{told}", "")
    second = _second_names(writer)
    listed = public_names(layout)
    return [*head, "", *writer.page.import_lines(), *listed, "", *second, *body]


def _imports_protocol(layout: Layout, writer: StubWriter) -> list[str]:
    view = layout.home.imports
    if view is None:
        return []
    hidden = frozenset(
        [each.attribute for each in layout.imports]
        + [each.name for each in view.functions]
        + [each.attribute for each in view.resources]
    )
    lines = [
        f"class {view.name}({writer.speller.use('typing', 'Protocol')}):",
        *docstring(f"What a host gives to `{layout.home.title}`.", "    "),
    ]
    for port in layout.imports:
        imports = port.module.imports
        if imports is not None:
            kind = writer.page.use_as(f".{port.module.name}", imports.name, port.module.name)
            docs = f"`{port.key}`"
            if port.may_be_none:
                kind += " | None"
                docs += "; none where the component takes types of it alone"
            lines += writer.attribute(port.attribute, kind, docs, hidden, Role.HOST)
    return [*lines, *writer.members(view, Role.HOST, hidden)]


def _world_class(layout: Layout, writer: StubWriter, documentation: Documentation) -> list[str]:
    view = layout.home.exports
    if view is None:
        return []
    hidden = frozenset(
        [each.attribute for each in layout.exports]
        + [each.name for each in view.functions]
        + [each.attribute for each in view.resources]
        + ["instance", "instantiate", "close"]
    )

    def use(module: str, name: str) -> str:
        return writer.speller.use(module, name, hidden)

    told = documentation.of_world(layout.world) or f"An instance of `{layout.home.title}`."
    instance = use("wcompose", "Instance")
    imports = f"imports: {layout.home.imports.name}," if layout.home.imports else ""
    settings = [
        f"component: {use('wcompose', 'Component')},",
        "*,",
        *([imports] if layout.has_imports else []),
        f"grants: {use('wcompose', 'Grants')} | None = None,",
        f"limits: {use('wcompose', 'Limits')} | None = None,",
    ]
    lines = [
        f"class {view.name}:",
        *docstring(told, "    "),
        "",
        f"    def __init__(self, instance: {instance}) -> None:",
        '        """A typed view of an instance that was made with `BINDINGS`, in a pool or not."""',
        "",
        f"    @{use('builtins', 'classmethod')}",
        "    def instantiate(",
        "        cls,",
        *(f"        {each}" for each in settings),
        f"    ) -> {use('typing', 'Self')}:",
        '        """Make an instance; see `wcompose.Component.instantiate`."""',
        *writer.attribute("instance", instance, "The instance behind the view.", hidden),
        "",
        "    def close(self) -> None:",
        '        """Drop what calls gave, and the instance."""',
        "",
        f"    def __enter__(self) -> {use('typing', 'Self')}: ...",
        "",
        f"    def __exit__(self, *exception: {use('builtins', 'object')}) -> None: ...",
    ]
    for port in layout.exports:
        exports = port.module.exports
        if exports is not None:
            kind = writer.page.use_as(f".{port.module.name}", exports.name, port.module.name)
            lines += writer.attribute(port.attribute, kind, f"`{port.key}`", hidden)
    return [*lines, *writer.members(view, Role.GUEST, hidden)]
