"""Runs inside the component's own interpreter while the component is made.

The builder copies this file beside the node's modules and has componentize-py import it in place of
the node's module; a last line, added to the copy, calls `prepare`. It imports the node's module and
compares it with the protocols that componentize-py generated for the world: not by reading the
source, which could be fooled by anything dynamic, but by looking at the very objects that will
answer calls. What is wrong goes as facts into ``facts.json``; the builder makes findings of them.
When nothing is wrong the node's module takes this module's place, and nothing of it is frozen.

It runs in the interpreter of componentize-py (CPython 3.14), never in the one that runs wcompose.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

Fact = dict[str, Any]

_WORLD = "wit_world"


class ImportCalledEarlyError(RuntimeError):
    """An import of the world was called while the component was made."""


def prepare(module_name: str) -> None:
    """Import the node's module, check it, and put it in this module's place.

    Args:
        module_name: dotted name of the node's module.

    Raises:
        RuntimeError: something is wrong, and ``facts.json`` says what.
    """
    import componentize_py_runtime as runtime  # type: ignore[import-not-found]

    call_import = runtime.call_import
    runtime.call_import = _refuse_call
    try:
        module = _load(module_name)
        facts = list(_compare(module))
    except BaseException as error:  # noqa: BLE001  an exit is as wrong as any other exception here
        facts = _facts_of(error)
    finally:
        runtime.call_import = call_import
    if facts:
        _leave(facts)
        raise RuntimeError("the module does not fit its world")
    sys.modules[__name__] = module


def _load(name: str) -> ModuleType:
    __import__(name)
    return sys.modules[name]


def _refuse_call(_index: int, _parameters: list[Any]) -> None:
    caller = sys._getframe(1)  # noqa: SLF001
    module = caller.f_globals.get("__name__", "").rpartition(".")[2]
    raise ImportCalledEarlyError(f"{module}.{caller.f_code.co_name}")


def _compare(module: ModuleType) -> Iterator[Fact]:
    """Facts about everything that the world exports and the node lacks."""
    for place, protocol in _protocols():
        if place is None:
            yield from _compare_class(module, protocol)
            continue
        if place in sys.stdlib_module_names:
            yield {"kind": "hidden", "module": place, "class": protocol.__name__}
            continue
        yield from _compare_class(_resource_module(place, protocol, module), protocol)


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
    import os

    for directory in exports.__path__:
        for file in sorted(os.listdir(directory)):  # noqa: PTH208  pathlib would be frozen too
            name, suffix = os.path.splitext(file)  # noqa: PTH122
            if suffix == ".py" and name != "__init__":
                interface = _load(f"{_WORLD}.exports.{name}")
                yield from ((name, each) for each in _protocols_of(interface) if _is_made(each))


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
    return ModuleType(name)


def _implementation(module: ModuleType, protocol: type) -> object:
    found = getattr(module, protocol.__name__, None)
    return None if found is protocol else found


def _compare_class(module: ModuleType, protocol: type) -> Iterator[Fact]:
    implementation = _implementation(module, protocol)
    wanted = _wanted(protocol)
    if implementation is None:
        yield {
            "kind": "class",
            "module": module.__name__,
            "class": protocol.__name__,
            "protocol": protocol.__module__,
            "methods": [_described(protocol, name) for name in wanted],
        }
        return
    if not isinstance(implementation, type):
        return
    for name in wanted:
        method = getattr(implementation, name, None)
        about = {
            "module": module.__name__,
            "class": protocol.__name__,
            "method": _described(protocol, name),
            **_place_of_class(implementation),
        }
        if name == "__init__" and method is object.__init__:
            method = None if _parameters(protocol, name) else method
        if method is None or getattr(method, "__isabstractmethod__", False):
            yield {"kind": "method", **about}
        elif isinstance(method, (FunctionType, MethodType)):
            yield from _compare_method(protocol, name, implementation, about)


def _compare_method(protocol: type, name: str, implementation: type, about: Fact) -> Iterator[Fact]:
    import inspect

    method = getattr(implementation, name)
    function = inspect.unwrap(method)
    code = getattr(function, "__code__", None)
    if code is not None:
        about |= {"file": code.co_filename, "line": code.co_firstlineno}
    # Only a plain function of an instance takes the instance; class and static methods do not.
    is_plain = isinstance(inspect.getattr_static(implementation, name), FunctionType)
    receivers = 1 if is_plain and not isinstance(vars(protocol)[name], classmethod) else 0
    arguments = [None] * (receivers + len(_parameters(protocol, name)))
    try:
        inspect.signature(method).bind(*arguments)
    except TypeError:
        yield {"kind": "signature", "found": _signature(method), **about}
    except ValueError:  # no signature to be had
        pass
    wants_async = inspect.iscoroutinefunction(_function(vars(protocol)[name]))
    if inspect.iscoroutinefunction(function) and not wants_async:
        yield {"kind": "async", **about}


def _parameters(protocol: type, name: str) -> tuple[str, ...]:
    code: CodeType = _function(vars(protocol)[name]).__code__
    return code.co_varnames[1 : code.co_argcount]


def _function(member: object) -> Any:
    return getattr(member, "__func__", member)


def _described(protocol: type, name: str) -> Fact:
    member = vars(protocol)[name]
    function = _function(member)
    return {
        "name": name,
        "signature": _signature(function),
        "class": isinstance(member, classmethod),
        "async": bool(function.__code__.co_flags & 0x80),
    }


def _signature(function: Callable[..., object]) -> str:
    """A signature as source text; annotations stay as they were written."""
    import inspect

    try:
        from annotationlib import Format  # type: ignore[import-not-found]

        signature: Any = inspect.signature(function, annotation_format=Format.STRING)  # type: ignore[call-arg]
        return str(signature.format(quote_annotation_strings=False))
    except (TypeError, ValueError):
        return "(...)"


def _place_of_class(implementation: type) -> Fact:
    module = sys.modules.get(implementation.__module__)
    return {
        "file": getattr(module, "__file__", None) or "",
        "line": getattr(implementation, "__firstlineno__", 0),
    }


def _facts_of(error: BaseException) -> list[Fact]:
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return [_syntax_fact(error), *_other_syntax_errors(error.filename)]
    import traceback

    # The module is asked for by name, so that a near miss in the message is spelt out, too.
    lines = list(traceback.TracebackException.from_exception(error).format_exception_only())
    cause = error.__cause__
    return [
        {
            "kind": "exception",
            "type": type(error).__name__,
            "text": "".join(lines).strip(),
            "name": getattr(error, "name", None) or "",
            "is_os_error": isinstance(error, OSError),
            "frames": _frames(error),
            "cause": f"{type(cause).__name__}: {cause}" if cause is not None else "",
        }
    ]


def _frames(error: BaseException) -> list[Fact]:
    import linecache
    import traceback

    frames = []
    for frame in traceback.extract_tb(error.__traceback__):
        source = linecache.getline(frame.filename, frame.lineno or 0).rstrip()
        column, end_column = frame.colno, frame.end_colno
        if frame.lineno != frame.end_lineno:
            end_column = None
        frames.append(
            {
                "file": frame.filename,
                "line": frame.lineno or 0,
                "function": frame.name,
                "source": source,
                "column": _characters(source, column),
                "end_column": _characters(source, end_column),
            }
        )
    return [frame for frame in frames if frame["file"] != __file__]


def _characters(source: str, offset: int | None) -> int:
    """A 1-based column in characters, of an offset in bytes; 0 when there is none."""
    if offset is None:
        return 0
    return len(source.encode()[:offset].decode(errors="replace")) + 1


def _syntax_fact(error: SyntaxError) -> Fact:
    is_one_line = error.end_lineno in (None, error.lineno)
    return {
        "kind": "syntax",
        "text": error.msg,
        "file": error.filename or "",
        "line": error.lineno or 0,
        "column": max(error.offset or 0, 0),
        "end_column": max(error.end_offset or 0, 0) if is_one_line else 0,
        "source": (error.text or "").rstrip(),
    }


def _other_syntax_errors(known: str) -> Iterator[Fact]:
    """Syntax errors in the other files of the search path entry that holds ``known``."""
    import os

    root = next((path for path in sys.path if path and known.startswith(path + "/")), None)
    if root is None:
        return
    for directory, directories, names in os.walk(root):
        directories.sort()
        for name in sorted(names):
            file = f"{directory}/{name}"
            if not name.endswith(".py") or file == known:
                continue
            try:
                with open(file, "rb") as stream:  # noqa: PTH123
                    compile(stream.read(), file, "exec", dont_inherit=True)
            except SyntaxError as error:
                if error.lineno:
                    yield _syntax_fact(error)
            except (OSError, ValueError):
                continue


def _leave(facts: list[Fact]) -> None:
    import json
    import os

    directory = os.path.dirname(__file__)  # noqa: PTH120
    with open(os.path.join(directory, "facts.json"), "w", encoding="utf-8") as stream:  # noqa: PTH118, PTH123
        json.dump(facts, stream)
