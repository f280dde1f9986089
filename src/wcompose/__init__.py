"""wcompose: compose WebAssembly components written in different languages into one, and run them.

As a library::

    import wcompose

    component = wcompose.open("build/digits.wasm")
    with component.instantiate() as instance:
        answer = instance.exports["digits:vision/handler"].handle(request)

Names are imported when they are first used, so that ``import wcompose`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from wcompose.bounds import Limits
    from wcompose.embedding import USER_CACHE, Runtime
    from wcompose.embedding import open_component as open  # noqa: A004
    from wcompose.errors import (
        Cancelled,
        Closed,
        DeadlineExceeded,
        FuelExhausted,
        Full,
        GuestExited,
        GuestFault,
        ImportRaised,
        InstanceBusy,
        InstanceEnded,
        InstanceLimit,
        LinkError,
        MemoryExceeded,
        OutputExceeded,
        ResultError,
        StackExhausted,
        Trapped,
        UsageError,
        UserError,
        ValueFault,
        WaitExceeded,
        WcomposeError,
    )
    from wcompose.native.configuration import Profile
    from wcompose.runtime.bindings import Bindings
    from wcompose.runtime.component import Component
    from wcompose.runtime.crossing.classes import Err, Ok, Some, Variant
    from wcompose.runtime.crossing.exports import ExportedFunction
    from wcompose.runtime.crossing.types import ValueType
    from wcompose.runtime.hosting.grants import DirectoryGrant, Grants
    from wcompose.runtime.hosting.output import OutputByNode
    from wcompose.runtime.instances.functions import Function
    from wcompose.runtime.instances.instance import Instance
    from wcompose.runtime.instances.resources import Resource
    from wcompose.runtime.instances.store import Usage
    from wcompose.runtime.pooling.async_pool import AsyncPool
    from wcompose.runtime.pooling.lending import PoolState
    from wcompose.runtime.pooling.pool import Pool

_HOMES = {
    "wcompose.bounds": ("Limits",),
    "wcompose.embedding": ("USER_CACHE", "Runtime"),
    "wcompose.errors": (
        "Cancelled",
        "Closed",
        "DeadlineExceeded",
        "FuelExhausted",
        "Full",
        "GuestExited",
        "GuestFault",
        "ImportRaised",
        "InstanceBusy",
        "InstanceEnded",
        "InstanceLimit",
        "LinkError",
        "MemoryExceeded",
        "OutputExceeded",
        "ResultError",
        "StackExhausted",
        "Trapped",
        "UsageError",
        "UserError",
        "ValueFault",
        "WaitExceeded",
        "WcomposeError",
    ),
    "wcompose.native.configuration": ("Profile",),
    "wcompose.runtime.bindings": ("Bindings",),
    "wcompose.runtime.component": ("Component",),
    "wcompose.runtime.crossing.classes": ("Err", "Ok", "Some", "Variant"),
    "wcompose.runtime.crossing.exports": ("ExportedFunction",),
    "wcompose.runtime.crossing.types": ("ValueType",),
    "wcompose.runtime.hosting.grants": ("DirectoryGrant", "Grants"),
    "wcompose.runtime.hosting.output": ("OutputByNode",),
    "wcompose.runtime.instances.functions": ("Function",),
    "wcompose.runtime.instances.instance": ("Instance",),
    "wcompose.runtime.instances.resources": ("Resource",),
    "wcompose.runtime.instances.store": ("Usage",),
    "wcompose.runtime.pooling.async_pool": ("AsyncPool",),
    "wcompose.runtime.pooling.lending": ("PoolState",),
    "wcompose.runtime.pooling.pool": ("Pool",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "USER_CACHE",
    "AsyncPool",
    "Bindings",
    "Cancelled",
    "Closed",
    "Component",
    "DeadlineExceeded",
    "DirectoryGrant",
    "Err",
    "ExportedFunction",
    "FuelExhausted",
    "Full",
    "Function",
    "Grants",
    "GuestExited",
    "GuestFault",
    "ImportRaised",
    "Instance",
    "InstanceBusy",
    "InstanceEnded",
    "InstanceLimit",
    "Limits",
    "LinkError",
    "MemoryExceeded",
    "Ok",
    "OutputByNode",
    "OutputExceeded",
    "Pool",
    "PoolState",
    "Profile",
    "Resource",
    "ResultError",
    "Runtime",
    "Some",
    "StackExhausted",
    "Trapped",
    "Usage",
    "UsageError",
    "UserError",
    "ValueFault",
    "ValueType",
    "Variant",
    "WaitExceeded",
    "WcomposeError",
    "open",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name == "open":
        return import_module("wcompose.embedding").open_component
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module `wcompose` has no attribute `{name}`")
    return getattr(import_module(home), name)
