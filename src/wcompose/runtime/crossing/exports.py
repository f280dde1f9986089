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
_SHOWN = 12
"""Names that are told of those that there are."""


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

    def signature(self) -> str:
        """Its type, in which types that have names are told by them."""
        parameters = ", ".join(f"{name}: {each.spelt()}" for name, each in self.parameters)
        result = "" if self.result is None else f" -> {self.result.spelt()}"
        return f"func({parameters}){result}"

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
    and the full name all do, with or without the version or the end of it; so does a method without
    its resource. A version that is told has to be the function's.

    Raises:
        UsageError: none or several could be meant; lists them.
    """
    exact = [each for each in functions if wanted == each.full_name]
    words, version = _words(wanted), _version(wanted)
    named = [each for each in functions if _means(words, _words(each.full_name))]
    found = exact or [each for each in named if _has_version(each.interface, version)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            Finding(
                "ambiguous-export",
                f"`{wanted}` could be one of {len(found)} functions",
                causes=tuple(f"`{each.full_name}`" for each in found),
                hint=f"write more of the name: `{_longer(found)}`",
            )
        )
    raise _unknown(functions, wanted, named)


def _longer(found: Sequence[ExportedFunction]) -> str:
    """A name of the first of several functions that means none of the others."""
    words = _words(found[0].full_name)
    for count in range(2, len(words) + 1):
        shorter = words[-count:]
        if not any(_means(shorter, _words(each.full_name)) for each in found[1:]):
            return ".".join(shorter)
    return found[0].full_name


def _unknown(
    functions: Sequence[ExportedFunction], wanted: str, named: Sequence[ExportedFunction]
) -> UsageError:
    words = _words(wanted)
    interfaces = {each.interface: _words(each.interface) for each in functions if each.interface}
    version = _version(wanted)
    meant = [
        name
        for name, its in interfaces.items()
        if words and its[-len(words) :] == words and _has_version(name, version)
    ]
    if len(meant) == 1 and not named:
        inside = [each for each in functions if each.interface == meant[0]]
        return UsageError.of(
            "unknown-export",
            f"`{wanted}` is an interface, and not a function",
            causes=_listed([each.name for each in inside]),
            hint=f"call one of its functions: `{wanted}#{inside[0].name}`",
        )
    by_last = {_words(each.full_name)[-1]: each.full_name for each in functions}
    last = (words or [""])[-1].lower().replace("_", "-")
    near = [by_last[each] for each in nearest(last, by_last, cutoff=0.65)]
    if named:
        near = [each.full_name for each in named]
    names = [each.full_name for each in functions]
    first = [*near, *(each for each in names if each not in near)]
    return UsageError.of(
        "unknown-export",
        f"nothing exported is called `{wanted}`",
        causes=_listed(first) or ["the component exports no function"],
        hint=f"did you mean `{near[0]}`?" if near else "",
    )


def _listed(names: Sequence[str]) -> list[str]:
    shown = [f"there is `{each}`" for each in names[:_SHOWN]]
    more = len(names) - len(shown)
    return [*shown, f"and {more} more"] if more else shown


_VERSION = re.compile(r"\d+(\.\d+)*(-[0-9A-Za-z-]+(\.\d+)*)?(\+[0-9A-Za-z-]+)?")


def _version(name: str) -> str:
    """The version in a name: it ends at the `#`, or where a dot stands before no number."""
    found = _VERSION.match(name.partition("@")[2])
    return found.group() if found else ""


def _has_version(interface: str, version: str) -> bool:
    own = _version(interface)
    return not version or own == version or own.startswith(f"{version}.")


def _words(name: str) -> list[str]:
    """``ns:pkg/i@1.0.0#[method]r.m`` as ``ns:pkg``, ``i``, ``r``, ``m``."""
    head, separator, tail = name.partition("@")
    if separator:
        name = head + tail.removeprefix(_version(name))
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
