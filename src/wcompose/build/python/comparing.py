"""Runs beside `preinit` in the component's own interpreter: what a node's module lacks, as facts.

It compares the objects of the module with the protocols that componentize-py generated for the
world. Nothing here reads source to judge it, and nothing evaluates an annotation: what cannot go
wrong at run time is not reported. The other end is `wcompose.build.python.diagnose`. Nothing of this
module is frozen into the component.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

Fact = dict[str, Any]

_WORLD = "wit_world"
_NAMES_LIMIT = 500
"""Names that are handed on, for did you mean."""
_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200  # inspect.CO_*


def compare(module: ModuleType) -> Iterator[Fact]:
    """Facts about everything that the world exports and the node lacks."""
    for place, protocol in _protocols():
        if place is None:
            yield from _compare_class(module, module, protocol, is_resource=False)
        elif place in sys.stdlib_module_names:
            yield {"kind": "hidden", "module": place, "class": protocol.__name__}
        else:
            found = _resource_module(place, protocol, module)
            yield from _compare_class(found, module, protocol, is_resource=True)


def _load(name: str) -> ModuleType:
    __import__(name)
    return sys.modules[name]


def _protocols() -> Iterator[tuple[str | None, type]]:
    """Every protocol that the node must implement, with the module where it is looked for.

    componentize-py looks for the functions of the world and of each exported interface in a class
    of the node's module (none here), and for each exported resource in a class of a module that has
    the interface's name.
    """
    world = _load(_WORLD)
    yield from ((None, each) for each in _protocols_of(world) if _wanted(each))
    try:
        exports = _load(f"{_WORLD}.exports")
    except ModuleNotFoundError:
        return
    yield from ((None, each) for each in _protocols_of(exports) if _wanted(each))
    for name in submodules(exports):
        interface = _load(f"{_WORLD}.exports.{name}")
        yield from ((name, each) for each in _protocols_of(interface) if _is_made(each))


def submodules(package: ModuleType) -> list[str]:
    """Names of the modules in a package of the world; `preinit` has imported them all.

    The directory is not read: its order would leave its mark on the component.
    """
    prefix = f"{package.__name__}."
    return sorted(name.removeprefix(prefix) for name in sys.modules if name.startswith(prefix))


def _wanted(protocol: type) -> list[str]:
    abstract: frozenset[str] = protocol.__abstractmethods__  # type: ignore[attr-defined]
    return [name for name in vars(protocol) if name in abstract]


def _is_made(resource: type) -> bool:
    """Whether componentize-py looks for a resource's class: to construct it, or for a static call.

    Objects of any class will do for a resource that functions hand out.
    """
    return any(
        name == "__init__" or isinstance(vars(resource)[name], classmethod)
        for name in _wanted(resource)
    )


def _protocols_of(module: ModuleType) -> Iterator[type]:
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and value.__module__ == module.__name__
            and getattr(value, "_is_protocol", False)
        ):
            yield value


def _resource_module(name: str, protocol: type, module: ModuleType) -> ModuleType:
    """The module in which componentize-py will look for a resource's class.

    A node of one file may keep the class in its own module, which then answers to this name too.
    """
    try:
        return _load(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
    if _implementation(module, protocol) is not None:
        sys.modules[name] = module
    return module


def _implementation(module: ModuleType, protocol: type) -> object:
    found = getattr(module, protocol.__name__, None)
    return None if found is protocol else found


def _compare_class(
    module: ModuleType, main: ModuleType, protocol: type, *, is_resource: bool
) -> Iterator[Fact]:
    implementation = _implementation(module, protocol)
    about = {"module": module.__name__, "class": protocol.__name__}
    if implementation is None:
        yield _missing_class(module, protocol) | about
        return
    if not callable(implementation):
        found = type(implementation).__name__
        yield {"kind": "object", "found": found, "file": _file(module), **about}
        return
    if not is_resource and not _can_be_called(implementation):
        place = _place_of_class(implementation) if isinstance(implementation, type) else {}
        yield {"kind": "constructor", "file": _file(main), **about, **place}
    if isinstance(implementation, type):
        for name in _wanted(protocol):
            yield from _compare_method(protocol, name, implementation, about)


def _missing_class(module: ModuleType, protocol: type) -> Fact:
    wanted = _wanted(protocol)
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__
    ]
    return {
        "kind": "class",
        "protocol": protocol.__module__,
        "methods": [_described(protocol, name) for name in wanted],
        "imports": _imports(protocol, wanted),
        "file": _file(module),
        "classes": [
            {"name": each.__name__, "fits": protocol in each.__mro__, **_place_of_class(each)}
            for each in own[:_NAMES_LIMIT]
        ],
        "loose": [
            {"name": name}
            for name in wanted
            if isinstance(vars(module).get(name), FunctionType) and name != "__init__"
        ],
    }


def _compare_method(protocol: type, name: str, implementation: type, about: Fact) -> Iterator[Fact]:
    import inspect

    method = getattr(implementation, name, None)
    about = about | {
        "method": _described(protocol, name),
        "known": names(vars(implementation)),
        **_place_of_class(implementation),
    }
    if name == "__init__" and method is object.__init__:
        method = None if _parameters(protocol, name) else method
    if method is None or getattr(method, "__isabstractmethod__", False):
        near = [each for each in vars(implementation) if not hasattr(protocol, each)]
        members = [
            {"name": each, **_place_of_function(value)}
            for each, value in vars(implementation).items()
            if each in near and _code(value) is not None
        ]
        yield {"kind": "method", **about, "members": members[:_NAMES_LIMIT]}
        return
    if not callable(method):
        found = inspect.getattr_static(implementation, name)
        is_property = isinstance(found, property)
        place = _place_of_function(found.fget) if isinstance(found, property) else {}
        told = "property" if is_property else type(found).__name__
        yield {"kind": "attribute", "found": told, **about, **place}
        return
    if isinstance(method, (FunctionType, MethodType)):
        yield from _compare_function(protocol, name, implementation, about)


def _compare_function(
    protocol: type, name: str, implementation: type, about: Fact
) -> Iterator[Fact]:
    """What is wrong with how a method is called, as far as a call is bound to fail.

    A decorator's wrapper is judged as it is, since it is what answers; what it wraps may be called in
    any other way.
    """
    import inspect

    method = getattr(implementation, name)
    about |= _place_of_function(inspect.unwrap(method))
    # Only a plain function of an instance takes the instance; class and static methods do not.
    is_plain = isinstance(inspect.getattr_static(implementation, name), FunctionType)
    receivers = 1 if is_plain and not isinstance(vars(protocol)[name], classmethod) else 0
    arguments = [None] * (receivers + len(_parameters(protocol, name)))
    try:
        _inspected(method).bind(*arguments)
    except TypeError:
        yield {"kind": "signature", "found": _signature(method), **about}
    except ValueError:  # no signature to be had
        pass
    code = _code(method)
    flags = code.co_flags if code is not None else 0
    wants_async = inspect.iscoroutinefunction(_function(vars(protocol)[name]))
    if flags & (_GENERATOR | _ASYNC_GENERATOR):
        yield {"kind": "generator", **about}
    elif inspect.iscoroutinefunction(method) and not wants_async:
        yield {"kind": "async", **about}


def _can_be_called(factory: Callable[..., object]) -> bool:
    """Whether componentize-py, which makes one object without arguments, can."""
    try:
        _inspected(factory).bind()
    except TypeError:
        return False
    except ValueError:  # no signature to be had
        pass
    return True


def _parameters(protocol: type, name: str) -> tuple[str, ...]:
    code: CodeType = _function(vars(protocol)[name]).__code__
    return code.co_varnames[1 : code.co_argcount]


def _function(member: object) -> Any:
    return getattr(member, "__func__", member)


def _code(member: object) -> CodeType | None:
    code = getattr(_function(member), "__code__", None)
    return code if isinstance(code, CodeType) else None


def _described(protocol: type, name: str) -> Fact:
    member = vars(protocol)[name]
    function = _function(member)
    return {
        "name": name,
        "signature": _signature(function),
        "class": isinstance(member, classmethod),
        "async": bool(function.__code__.co_flags & _COROUTINE),
    }


def _inspected(function: Callable[..., object]) -> Any:
    """A callable's own signature; annotations stay text, for nothing at run time evaluates them."""
    import inspect

    from annotationlib import Format  # type: ignore[import-not-found]

    return inspect.signature(function, follow_wrapped=False, annotation_format=Format.STRING)  # type: ignore[call-arg]


def _signature(function: Callable[..., object]) -> str:
    """A signature as source text; annotations stay as they were written."""
    try:
        return str(_inspected(function).format(quote_annotation_strings=False))
    except (TypeError, ValueError):
        return "(...)"


def _imports(protocol: type, names: Iterable[str]) -> list[Fact]:
    """What must be imported for the signatures of methods to mean something."""
    import re
    import typing

    known = vars(sys.modules[protocol.__module__])
    text = " ".join(_signature(_function(vars(protocol)[name])) for name in names)
    imports = []
    for name in sorted(set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text))):
        value = known.get(name)
        if isinstance(value, ModuleType):
            package, _, last = value.__name__.rpartition(".")
            imports.append({"module": package, "name": last})
        elif value is not None and getattr(typing, name, None) is value:
            imports.append({"module": "typing", "name": name})
        elif isinstance(value, type) and value is not protocol:
            imports.append({"module": value.__module__, "name": name})
    return imports


def _place_of_class(implementation: type) -> Fact:
    module = sys.modules.get(implementation.__module__)
    return {"file": _file(module), "line": getattr(implementation, "__firstlineno__", 0)}


def _place_of_function(function: object) -> Fact:
    code = _code(function)
    return {} if code is None else {"file": code.co_filename, "line": code.co_firstlineno}


def _file(module: ModuleType | None) -> str:
    return getattr(module, "__file__", None) or ""


def names(known: Iterable[str]) -> list[Fact]:
    """Public names as facts, not more of them than did you mean can use."""
    return [{"name": name} for name in sorted(known) if not name.startswith("_")][:_NAMES_LIMIT]
