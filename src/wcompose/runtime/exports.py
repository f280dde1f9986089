"""What a component exports, by full and by short names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wcompose.errors import UsageError
from wcompose.report import Finding
from wcompose.runtime.types import ValueType, value_type
from wcompose.suggest import nearest

if TYPE_CHECKING:
    from wasmtime import Engine
    from wasmtime.component import Component

_SEPARATORS = re.compile(r"[#./]")


@dataclass(frozen=True)
class ExportedFunction:
    """A function that a component exports.

    Attributes:
        interface: name of the interface it stands in, empty for a function of the world itself.
        name: its name, such as ``classify`` or ``[method]classifier.classify``.
        parameters: names and types of its parameters.
        result: type of its result, if it has one.
    """

    interface: str
    name: str
    parameters: tuple[tuple[str, ValueType], ...]
    result: ValueType | None

    @property
    def full_name(self) -> str:
        """The name that means this function and no other: ``ns:pkg/interface@1.0.0#name``."""
        return f"{self.interface}#{self.name}" if self.interface else self.name

    def __str__(self) -> str:
        parameters = ", ".join(f"{name}: {each}" for name, each in self.parameters)
        result = "" if self.result is None else f" -> {self.result}"
        return f"{self.full_name}: func({parameters}){result}"


def exported_functions(component: Component, engine: Engine) -> tuple[ExportedFunction, ...]:
    """All functions that a component exports, in the order of the binary."""
    from wasmtime.component import ComponentInstanceType, FuncType

    found: list[ExportedFunction] = []
    for name, extern in component.type.exports(engine).items():
        item = extern.ty
        if isinstance(item, FuncType):
            found.append(_function("", name, item))
        elif isinstance(item, ComponentInstanceType):
            for inner_name, inner in item.exports(engine).items():
                function = inner.ty
                if isinstance(function, FuncType):
                    found.append(_function(name, inner_name, function))
    return tuple(found)


def _function(interface: str, name: str, native: object) -> ExportedFunction:
    from wasmtime.component import FuncType

    if not isinstance(native, FuncType):
        raise TypeError("not a function type")
    result = native.result
    return ExportedFunction(
        interface,
        name,
        tuple((parameter, value_type(each)) for parameter, each in native.params),
        None if result is None else value_type(result),
    )


def find_function(functions: Sequence[ExportedFunction], wanted: str) -> ExportedFunction:
    """The function that a name means, however short, if it means only one.

    ``classify``, ``inference.classify``, ``inference#classify``, ``digits:vision/inference.classify``
    and the full name all do, with or without the version; so does a method without its resource.

    Raises:
        UsageError: none or several could be meant; lists them.
    """
    exact = [each for each in functions if wanted == each.full_name]
    words = _words(wanted)
    found = exact or [each for each in functions if _means(words, _words(each.full_name))]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            Finding(
                "ambiguous-export",
                f"`{wanted}` could be one of {len(found)} functions",
                causes=tuple(f"`{each.full_name}`" for each in found),
                hint="write more of the name",
            )
        )
    raise UsageError(
        Finding(
            "unknown-export",
            f"nothing exported is called `{wanted}`",
            causes=tuple(f"there is `{each}`" for each in functions[:20])
            or ("the component exports no function",),
            hint=_near(wanted, functions),
        )
    )


def _near(wanted: str, functions: Sequence[ExportedFunction]) -> str:
    by_last = {_words(each.full_name)[-1]: each.full_name for each in functions}
    near = nearest((_words(wanted) or [""])[-1], by_last)
    return f"did you mean `{by_last[near[0]]}`?" if near else ""


def _words(name: str) -> list[str]:
    """``ns:pkg/i@1.0.0#[method]r.m`` as ``ns:pkg``, ``i``, ``r``, ``m``."""
    head, separator, tail = name.partition("@")
    if separator:
        # A version ends at the `#`, or, where somebody wrote a dot, with its last number.
        end = re.match(r"\d+(\.\d+)*(-[0-9A-Za-z-]+(\.\d+)*)?(\+[0-9A-Za-z-]+)?", tail)
        name = head + (tail[end.end() :] if end else tail)
    plain = re.sub(r"\[(method|static|constructor|async method|async static|async)\]", "", name)
    return [word for word in _SEPARATORS.split(plain) if word]


def _means(wanted: list[str], full: list[str]) -> bool:
    """Whether the wanted words are the last of the full name, a resource's name left out or not."""
    if not wanted:
        return False
    if full[-len(wanted) :] == wanted:
        return True
    # `inference.classify` for `inference`, `classifier`, `classify`: words in order, the last equal.
    rest = iter(full)
    return full[-1] == wanted[-1] and all(word in rest for word in wanted)
