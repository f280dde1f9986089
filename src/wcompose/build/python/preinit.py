"""Runs inside the component's own interpreter while the component is made.

The builder copies this file beside the node's modules and has componentize-py import it in place of
the node's module; a last line, added to the copy, calls `prepare`. It imports the node's module and
compares it with the protocols that componentize-py generated for the world: not by reading the
source, which could be fooled by anything dynamic, but by looking at the very objects that will
answer calls (`comparing`). What is wrong goes as facts into ``facts.json`` (`telling`); the builder
makes findings of them. When nothing is wrong the node's module takes this module's place, and nothing
of it is frozen. The last step clears what would differ from build to build; see `early`.

It runs in the interpreter of componentize-py (CPython 3.14), never in the one that runs wcompose.
"""

from __future__ import annotations

import random
import sys
from itertools import count
from types import ModuleType
from typing import Any

Fact = dict[str, Any]

_HELPERS = ("wcompose_comparing", "wcompose_telling")


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

    comparing, telling = (_load(helper) for helper in _HELPERS)
    _tell_distributions()
    call_import, seed = runtime.call_import, random.Random.seed
    runtime.call_import = _refuse_call
    random.Random.seed = _same_seeds(seed)  # type: ignore[method-assign]
    try:
        _load_world()
        module = _load(module_name)
        facts = list(comparing.compare(module))
    except BaseException as error:  # noqa: BLE001  an exit is as wrong as any other exception here
        facts = telling.facts_of(error)
    finally:
        runtime.call_import = call_import
        random.Random.seed = seed  # type: ignore[method-assign]
    if facts:
        _leave(facts)
        raise RuntimeError("the module does not fit its world")
    for helper in _HELPERS:
        del sys.modules[helper]
    sys.modules[__name__] = module
    del comparing, telling
    _settle()


def _load_world() -> None:
    """Import all of the generated modules, whose names are in ``modules.txt``.

    componentize-py imports some of them after this module, and then it would be too late.
    """
    for name in _lines("modules.txt"):
        _load(name)


def _tell_distributions() -> None:
    """Hand the packages that are installed to the finder; see `early`."""
    if hasattr(sys, "wcompose_early"):
        told = sys.wcompose_early[0]
        for line in _lines("distributions.txt"):
            told.setdefault(line.rpartition("/")[0], []).append(line)


def _lines(name: str) -> list[str]:
    root = __file__.rpartition("/")[0]
    with open(f"{root}/{name}", encoding="utf-8") as stream:  # noqa: PTH123
        return stream.read().splitlines()


def _same_seeds(seed: Any) -> Any:
    """What `Random.seed` is while the component is made.

    A generator that asks for any seed gets the next of a row: its state is frozen in any case.
    """
    row = count(1)

    def same_seed(generator: random.Random, a: Any = None, version: int = 2) -> None:
        seed(generator, next(row) if a is None else a, version)

    return same_seed


def _settle() -> None:
    """Leave nothing in memory that differs from build to build."""
    import gc
    import weakref  # noqa: F401  componentize-py imports it after this module

    random.seed(0)  # the generator of the module; it gets a new seed at the first call
    if logging := sys.modules.get("logging"):
        logging._startTime = 0  # type: ignore[attr-defined]  # noqa: SLF001
    if early := sys.__dict__.pop("wcompose_early", None):
        _, restore, finish = early
        restore()
        del early, restore
        gc.collect()  # frees what `early` defined, and empties the lists of free objects
        finish()


def _load(name: str) -> ModuleType:
    __import__(name)
    return sys.modules[name]


def _refuse_call(_index: int, _parameters: list[Any]) -> None:
    caller = sys._getframe(1)  # noqa: SLF001
    module = caller.f_globals.get("__name__", "").rpartition(".")[2]
    raise ImportCalledEarlyError(f"{module}.{caller.f_code.co_name}")


def _leave(facts: list[Fact]) -> None:
    import json
    import os

    directory = os.path.dirname(__file__)  # noqa: PTH120
    with open(os.path.join(directory, "facts.json"), "w", encoding="utf-8") as stream:  # noqa: PTH118, PTH123
        json.dump(facts, stream)
