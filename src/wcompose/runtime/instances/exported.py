"""What an instance exports, as objects of Python: interfaces, their functions, types and resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wcompose.errors import UsageError
from wcompose.runtime.crossing.classes import class_name, python_name
from wcompose.runtime.crossing.exports import ExportedFunction
from wcompose.runtime.instances.functions import Function
from wcompose.runtime.instances.resources import Resource
from wcompose.suggest import did_you_mean

if TYPE_CHECKING:
    from wcompose.runtime.component import Component
    from wcompose.runtime.instances.instance import Instance


class _Members:
    """Things by name, as attributes and items."""

    def __init__(self, what: str) -> None:
        self._what = what

    def _names(self) -> list[str]:
        raise NotImplementedError

    def _spellings(self) -> list[str]:
        return self._names()

    def _get(self, name: str) -> Any:
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        """What goes by a name of Python's."""
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._get(name)
        if found is None:
            hint = did_you_mean(name, self._spellings())
            raise AttributeError(f"{self._what} has no `{name}`" + (f"; {hint}" if hint else ""))
        return found

    def __getitem__(self, name: str) -> Any:
        """What goes by a name of WIT's or Python's."""
        found = self._get(name)
        if found is None:
            raise UsageError.of(
                "unknown-export",
                f"{self._what} has no `{name}`",
                causes=[f"there is `{each}`" for each in self._names()[:20]],
                hint=did_you_mean(name, self._spellings()),
            )
        return found

    def __contains__(self, name: object) -> bool:
        """Whether something goes by a name."""
        return isinstance(name, str) and self._get(name) is not None

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._names())

    def __dir__(self) -> list[str]:
        """The names that are attributes."""
        return [each for each in self._names() if each.isidentifier()]

    def __repr__(self) -> str:
        """What it is, and its names."""
        return f"<{self._what}: {', '.join(self._names())}>"


class Interface(_Members):
    """An interface of an instance: functions in snake case, classes and resources in camel case."""

    def __init__(self, instance: Instance, component: Component, name: str) -> None:
        super().__init__(f"`{name}`" if name else "the world")
        self._instance = instance
        functions = [each for each in component.functions if each.interface == name]
        self._functions = {
            spelt: each
            for each in functions
            if "]" not in each.name
            for spelt in (python_name(each.name), each.name)
        }
        self._types = component.types_of(name)
        self._resources = {
            class_name(each): index
            for each, index in component.exported.resources.get(name, {}).items()
        }
        self._listed = functions
        self._found: dict[str, Any] = {}

    def _names(self) -> list[str]:
        plain = [python_name(each.name) for each in self._listed if "]" not in each.name]
        return plain + sorted(self._types) + sorted(self._resources)

    def _get(self, name: str) -> Any:
        found = self._found.get(name)
        if found is None:
            if name in self._functions:
                found = self._instance.function(self._functions[name])
            elif name in self._types:
                found = self._types[name]
            elif name in self._resources:
                found = ResourceMaker(self._instance, self._resources[name], self._listed, name)
            if found is not None:
                self._found[name] = found
        return found


class Exports(_Members):
    """Everything that an instance exports.

    Interfaces go by their full names, by these without version, and by their own short names where
    they are unique; functions of the world by their names.
    """

    def __init__(self, instance: Instance, component: Component) -> None:
        super().__init__("the instance")
        self._instance = instance
        self._component = component
        surface = component.exported
        names = dict.fromkeys(
            [
                *(each.interface for each in component.functions),
                *surface.types,
                *surface.resources,
            ]
        )
        from wcompose.contract.carried import PACKAGE

        self._interfaces = [each for each in names if each and not each.startswith(f"{PACKAGE}/")]
        self._world = Interface(instance, component, "")
        self._made: dict[str, Interface] = {}

    def _names(self) -> list[str]:
        return [*self._interfaces, *self._world]

    def _spellings(self) -> list[str]:
        return [*self._names(), *map(_stem, self._interfaces), *map(_short, self._interfaces)]

    def _get(self, name: str) -> Any:
        meant = self._meant(name)
        if meant is None:
            return self._world._get(name)  # noqa: SLF001
        if meant not in self._made:
            self._made[meant] = Interface(self._instance, self._component, meant)
        return self._made[meant]

    def _meant(self, name: str) -> str | None:
        if name in self._interfaces:
            return name
        for spell in (_stem, _short, lambda each: python_name(_short(each))):
            found = [each for each in self._interfaces if spell(each) == name]
            if len(found) == 1:
                return found[0]
            if found:
                raise UsageError.of(
                    "ambiguous-export",
                    f"`{name}` could be one of {len(found)} interfaces",
                    causes=[f"`{each}`" for each in found],
                    hint="write more of the name",
                )
        return None


def _stem(name: str) -> str:
    return name.partition("@")[0]


def _short(name: str) -> str:
    return _stem(name).rpartition("/")[2]


class ResourceMaker:
    """A resource of an instance: call it to construct one; its static functions are attributes."""

    def __init__(
        self, instance: Instance, index: int, functions: list[ExportedFunction], name: str
    ) -> None:
        self._instance = instance
        self._index = index
        self._name = name
        wit = instance.resource_name(index)
        self._constructor: ExportedFunction | None = None
        self._statics: dict[str, ExportedFunction] = {}
        for each in functions:
            if each.name == f"[constructor]{wit}":
                self._constructor = each
            elif each.name.startswith(f"[static]{wit}."):
                self._statics[python_name(each.name.partition(".")[2])] = each

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Construct one; see `Function`."""
        if self._constructor is None:
            raise UsageError.of(
                "no-constructor",
                f"`{self._name}` has no constructor",
                causes=[f"there is `{each}`" for each in self._statics],
                hint="take one from a function that gives one",
            )
        return self._instance.function(self._constructor)(*arguments, **named)

    def __getattr__(self, name: str) -> Function:
        """A static function."""
        if name.startswith("_") or name not in self._statics:
            hint = did_you_mean(name, self._statics)
            raise AttributeError(
                f"`{self._name}` has no static function `{name}`" + (f"; {hint}" if hint else "")
            )
        return self._instance.function(self._statics[name])

    def __instancecheck__(self, value: Any) -> bool:
        """Whether a value is such a resource."""
        return (
            isinstance(value, Resource)
            and value._index == self._index  # noqa: SLF001
            and value._instance.component is self._instance.component  # noqa: SLF001
        )

    def __dir__(self) -> list[str]:
        """Its static functions."""
        return list(self._statics)

    def __repr__(self) -> str:
        """Its name."""
        return f"<resource {self._name}>"


def make_resource_class(component: Component, index: int, base: type[Resource]) -> type[Resource]:
    """Python's class for a resource, with its methods; see `Component.resource_class`."""
    name = component.resource_name(index)
    interfaces = [
        interface
        for interface, known in component.exported.resources.items()
        if index in known.values()
    ]
    body: Mapping[str, Any] = {
        python_name(each.name.partition(".")[2]): _method(each)
        for each in component.functions
        if each.interface in interfaces and each.name.startswith(f"[method]{name}.")
    }
    return type(class_name(name) or "Resource", (base,), {"__slots__": (), **body})


def _method(function: ExportedFunction) -> Any:
    def method(self: Resource, *arguments: Any, **named: Any) -> Any:
        return self._instance.function(function)(self, *arguments, **named)

    method.__name__ = python_name(function.name.partition(".")[2])
    method.__doc__ = str(function)
    return method
