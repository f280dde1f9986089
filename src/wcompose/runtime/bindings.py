"""Classes that generated bindings declare for the types of a component."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wcompose.report import Finding, Place
from wcompose.runtime.crossing.exports import ExportedFunction
from wcompose.runtime.crossing.types import ValueType
from wcompose.suggest import did_you_mean

if TYPE_CHECKING:
    from wcompose.runtime.component import Component

Signature = tuple[tuple[ValueType, ...], ValueType | None]
"""Types of the parameters, and of the result if there is one."""


@dataclass(frozen=True, eq=False)
class Bindings:
    """What a generated module says about the functions of a component.

    Attributes:
        functions: by their full names; types with Python's classes.
        imports: the same for functions that it imports.
    """

    functions: Mapping[str, Signature]
    imports: Mapping[str, Signature] = field(default_factory=dict)

    def check(self, component: Component) -> list[Finding]:
        """Every difference between what is declared and what the component has."""
        has = {each.full_name: each for each in component.functions}
        takes = {each.full_name: each for each in component.imported.functions}
        return [
            *_differences(component, self.functions, has, "export"),
            # A component may import less than its world does.
            *_differences(component, _of(self.imports, takes), takes, "import"),
        ]

    def function(
        self, function: ExportedFunction, bind: Callable[[ValueType], ValueType]
    ) -> ExportedFunction:
        """A function with the declared classes, and others where none are declared."""
        declared = self.functions.get(function.full_name) or self.imports.get(function.full_name)
        if declared is None:
            return function.bound(bind)
        types, result = declared
        return replace(
            function,
            parameters=tuple(
                (name, bind(_with_classes(each, wanted)))
                for (name, each), wanted in zip(function.parameters, types, strict=True)
            ),
            result=None
            if function.result is None or result is None
            else bind(_with_classes(function.result, result)),
        )


def _of(declared: Mapping[str, Signature], names: Iterable[str]) -> dict[str, Signature]:
    return {name: declared[name] for name in names if name in declared}


def _with_classes(actual: ValueType, declared: ValueType) -> ValueType:
    members = tuple(
        (name, member if member is None or other is None else _with_classes(member, other))
        for (name, member), (_, other) in zip(actual.members, declared.members, strict=True)
    )
    return replace(
        actual, members=members, python=declared.python, name=declared.name or actual.name
    )


def _differences(
    component: Component,
    declared: Mapping[str, Signature],
    has: Mapping[str, ExportedFunction],
    side: str,
) -> list[Finding]:
    findings = []
    for name, (types, result) in declared.items():
        actual = has.get(name)
        if actual is None:
            findings.append(
                _finding(
                    component,
                    name,
                    f"`{component.name}` has no {side} `{name}`",
                    did_you_mean(name, has),
                )
            )
            continue
        if len(actual.parameters) != len(types):
            findings.append(
                _finding(
                    component,
                    name,
                    f"`{name}` takes {len(actual.parameters)} arguments, the bindings say {len(types)}",
                )
            )
            continue
        pairs = [
            (f"parameter `{parameter}`", each, wanted)
            for (parameter, each), wanted in zip(actual.parameters, types, strict=True)
        ]
        findings += [
            _finding(
                component, name, f"{where} of `{name}` is a `{each}`, the bindings say `{wanted}`"
            )
            for where, each, wanted in [*pairs, ("the result", actual.result, result)]
            if each != wanted
        ]
    return findings


def _finding(component: Component, item: str, message: str, hint: str = "") -> Finding:
    return Finding(
        "bindings-mismatch",
        message,
        Place(str(component.path or component.name), item=item),
        hint=hint or "generate the bindings anew: `wcompose bindings python-host`",
    )
