# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
"""`paperflow:plugins/plugin@1.0.0`

What every plugin is.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol, Self

from wcompose import Component, Grants, Instance, Limits
from wcompose.runtime import Bindings

from .documents import (
    AnyProblem as AnyProblem,
    Attribute as Attribute,
    Document as Document,
    Problem as Problem,
)
from .log import Imports as _log_Imports, Level as Level
from .store import (
    AnyStoreError as AnyStoreError,
    Imports as _store_Imports,
    StoreError as StoreError,
)
from .transformer import Exports as _transformer_Exports

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
    """What a host gives to `paperflow:plugins/plugin@1.0.0`."""

    @property
    @abstractmethod
    def store(self) -> _store_Imports:
        """`paperflow:plugins/store@1.0.0`"""

    @property
    @abstractmethod
    def log(self) -> _log_Imports:
        """`paperflow:plugins/log@1.0.0`"""


class Plugin:
    """What every plugin is."""

    def __init__(self, instance: Instance) -> None:
        """A typed view of an instance that was made with `BINDINGS`, in a pool or not."""

    @classmethod
    def instantiate(
        cls,
        component: Component,
        *,
        imports: PluginImports,
        grants: Grants | None = None,
        limits: Limits | None = None,
    ) -> Self:
        """Make an instance; see `wcompose.Component.instantiate`."""

    @property
    def instance(self) -> Instance:
        """The instance behind the view."""

    def close(self) -> None:
        """Drop what calls gave, and the instance."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...

    @property
    def transformer(self) -> _transformer_Exports:
        """`paperflow:plugins/transformer@1.0.0`"""


BINDINGS: Bindings
"""The types of all functions, for `Component.instantiate` and pools."""

def imports_of(imports: PluginImports) -> Mapping[str, Any]:
    """Imports as `Component.instantiate` and pools take them."""
