"""What a component exports, by full and by short names."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wcompose.errors import UsageError
from wcompose.report import Finding
from wcompose.runtime.crossing.types import TypeReader, ValueType, named
from wcompose.suggest import nearest

if TYPE_CHECKING:
    from wasmtime import Engine

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

    def bound(self, bind: Callable[[ValueType], ValueType]) -> ExportedFunction:
        """The same function with other types, such as those with Python's classes."""
        return replace(
            self,
            parameters=tuple((name, bind(each)) for name, each in self.parameters),
            result=None if self.result is None else bind(self.result),
        )

    def __str__(self) -> str:
        parameters = ", ".join(f"{name}: {each}" for name, each in self.parameters)
        result = "" if self.result is None else f" -> {self.result}"
        return f"{self.full_name}: func({parameters}){result}"


@dataclass(frozen=True)
class Surface:
    """One side of a component: what it exports, or what it imports.

    Attributes:
        functions: in the order of the binary.
        types: of each interface, by their names in WIT.
        resources: of each interface: their names, and which of the component's resources they are.
        names: of everything, types and instances without functions included.
    """

    functions: tuple[ExportedFunction, ...]
    types: dict[str, dict[str, ValueType]]
    resources: dict[str, dict[str, int]]
    names: tuple[str, ...]


def read_surface(items: Mapping[str, Any], engine: Engine, reader: TypeReader) -> Surface:
    """Read what a component exports or imports.

    Args:
        items: as the runtime gives them.
        engine: of the component.
        reader: of the component's types.

    Raises:
        ArtifactError: a type is too large.
    """
    from wasmtime.component import ComponentInstanceType, FuncType, ResourceType, ValType

    native: list[tuple[str, str, FuncType]] = []
    types: dict[str, dict[str, ValueType]] = {}
    resources: dict[str, dict[str, int]] = {}
    for name, extern in items.items():
        item = extern.ty
        inner = {name: item}
        interface = ""
        if isinstance(item, ComponentInstanceType):
            interface = name
            inner = {each: found.ty for each, found in item.exports(engine).items()}
        for inner_name, found in inner.items():
            if isinstance(found, FuncType):
                native.append((interface, inner_name, found))
            elif isinstance(found, ResourceType):
                reader.name_resource(found, inner_name)
                resources.setdefault(interface, {})[inner_name] = reader.resource(found)
            elif isinstance(found, ValType):
                types.setdefault(interface, {})[inner_name] = reader.read(found)
    # Names are known once all items were seen; in an interface the first of equal types gives its name.
    spelt: dict[str, dict[ValueType, str]] = {}
    for interface, known in types.items():
        for each, wanted in known.items():
            spelt.setdefault(interface, {}).setdefault(wanted, each)
    everywhere: dict[ValueType, str] = {}
    for known_names in spelt.values():
        for wanted, each in known_names.items():
            everywhere.setdefault(wanted, each)

    def names_in(interface: str) -> Mapping[ValueType, str]:
        return ChainMap(spelt.get(interface, {}), everywhere)

    def read(interface: str, kind: ValType) -> ValueType:
        return named(reader.read(kind), names_in(interface))

    functions = tuple(
        ExportedFunction(
            interface,
            name,
            tuple((parameter, read(interface, each)) for parameter, each in kind.params),
            None if (result := kind.result) is None else read(interface, result),
        )
        for interface, name, kind in native
    )
    by_name = {
        interface: {
            each: replace(named(wanted, names_in(interface)), name=each)
            for each, wanted in known.items()
        }
        for interface, known in types.items()
    }
    return Surface(functions, by_name, resources, tuple(items))


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
