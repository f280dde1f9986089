"""The text of one file: what it imports, its names, and its documentation."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence

from wcompose.texts import printable

WIDTH = 100
"""Columns that a line has at most, where it can be broken."""


class Page:
    """A file that is being written.

    Args:
        names: what it has at its top level, so that nothing else that it imports is called so.
        shown: what it has of other modules: module and name.
    """

    def __init__(self, names: Iterable[str], shown: Collection[tuple[str, str]] = ()) -> None:
        self._names = frozenset([*names, *(name for _, name in shown)])
        self._shown = frozenset(shown)
        self._imports: dict[tuple[str, str], set[str]] = {
            (module, name): {f"{name} as {name}"} for module, name in shown
        }
        self._others: dict[str, str] = {}

    def use(self, module: str, name: str, hidden: frozenset[str] = frozenset()) -> str:
        """What a name of another module is called here.

        Args:
            module: the module; ``builtins`` is not imported unless it must be.
            name: the name in it.
            hidden: names that mean something else where it is used: the members of a class.
        """
        local = name
        if (module, name) in self._shown and name not in hidden:
            return name
        if name in hidden or name in self._names:
            local = f"_{name}"
        if module != "builtins" or local != name:
            local = self._free(local, f"{module}.{name}")
            self._imports.setdefault((module, name), set()).add(local)
        return local

    def use_as(self, module: str, name: str, stem: str) -> str:
        """A name of another module with words of that module in it: ``_handler_Exports``."""
        local = self._free(f"_{stem}_{name}", f"{module}.{name}")
        self._imports.setdefault((module, name), set()).add(local)
        return local

    def own(self, name: str, hidden: frozenset[str]) -> str:
        """What a name of this file is called where a class may hide it."""
        if name not in hidden:
            return name
        local = self._free(f"_{name}", f".{name}")
        self._imports.setdefault(("", name), set()).add(local)
        return local

    def _free(self, local: str, means: str) -> str:
        while self._others.setdefault(local, means) != means:
            local = f"_{local}"
        return local

    @property
    def second_names(self) -> list[tuple[str, str]]:
        """Other names of the file's own: name and what it stands for."""
        return sorted(
            (local, name)
            for (module, name), found in self._imports.items()
            if not module
            for local in found
        )

    def import_lines(self) -> list[str]:
        """The imports, in the order of the style guide."""
        groups: list[list[str]] = [[], [], []]
        by_module: dict[str, list[str]] = {}
        for (module, name), found in self._imports.items():
            for local in found if module else ():
                text = name if local == name else f"{name} as {local.rpartition(' ')[2]}"
                by_module.setdefault(module, []).append(text)
        for module in sorted(by_module):
            place = 2 if module.startswith(".") else 0 if _is_standard(module) else 1
            groups[place] += _import_lines(module, sorted(by_module[module]))
        lines: list[str] = []
        for group in groups:
            if group:
                lines += [*group, ""]
        return lines


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _import_lines(module: str, names: Sequence[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *(f"    {name}," for name in names), ")"]


def docstring(text: str, indent: str) -> list[str]:
    """The lines of a docstring; none for no text."""
    lines = [line.rstrip() for line in printable(_plain(text)).strip().splitlines()]
    if not lines:
        return []
    lines = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') for line in lines]
    if lines[-1].endswith('"'):
        lines[-1] = f'{lines[-1][:-1]}\\"'
    if len(lines) == 1 and len(lines[0]) + len(indent) + 6 <= WIDTH:
        return [f'{indent}"""{lines[0]}"""']
    return [
        f'{indent}"""{lines[0]}',
        *(f"{indent}{line}" if line else "" for line in lines[1:]),
        f'{indent}"""',
    ]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")


def signature(
    head: str,
    parameters: Sequence[str],
    result: str,
    indent: str,
) -> list[str]:
    """A function's first lines up to the colon, each parameter on its own line where it is long."""
    line = f"{indent}{head}({', '.join(parameters)}) -> {result}:"
    # `lines` of a function end with ` ...` where it has no documentation.
    if len(line) + 4 <= WIDTH or not parameters:
        return [line]
    return [
        f"{indent}{head}(",
        *(f"{indent}    {parameter}," for parameter in parameters),
        f"{indent}) -> {result}:",
    ]


def with_body(lines: list[str], docs: list[str]) -> list[str]:
    """A function of a stub: its first lines, and its documentation or three dots."""
    if docs:
        return [*lines, *docs]
    return [*lines[:-1], f"{lines[-1]} ..."]
