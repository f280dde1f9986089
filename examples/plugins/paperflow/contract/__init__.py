# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
# type: ignore
"""`paperflow:plugins/plugin@1.0.0`"""

from typing import Protocol

from ._bindings import BINDINGS
from .documents import (
    AnyProblem as AnyProblem,
    Attribute as Attribute,
    Document as Document,
    Problem as Problem,
)
from .log import Level as Level
from .store import AnyStoreError as AnyStoreError, StoreError as StoreError

__all__ = [
    "AnyProblem",
    "AnyStoreError",
    "Attribute",
    "BINDINGS",
    "Document",
    "Level",
    "Plugin",
    "PluginImports",
    "Problem",
    "StoreError",
    "imports_of",
]


class PluginImports(Protocol):
    """See the stub."""


def imports_of(imports):
    given = {
        "paperflow:plugins/store@1.0.0": imports.store,
        "paperflow:plugins/log@1.0.0": imports.log,
    }
    return {name: each for name, each in given.items() if each is not None}


class Plugin:
    def __init__(self, instance):
        self.instance = instance
        self.transformer = instance.exports["paperflow:plugins/transformer@1.0.0"]

    @classmethod
    def instantiate(cls, component, *, imports, grants=None, limits=None):
        settings = {} if grants is None else {"grants": grants}
        if limits is not None:
            settings["limits"] = limits
        given = imports_of(imports)
        given = {name: each for name, each in given.items() if name in component.imports}
        return cls(component.instantiate(bindings=BINDINGS, imports=given, **settings))

    def close(self):
        self.instance.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
