"""Running components: open, instantiate with grants and limits, call."""

from wcompose.bounds import Limits
from wcompose.runtime.bindings import Bindings
from wcompose.runtime.classes import Err, Ok, Some, Variant
from wcompose.runtime.component import Component
from wcompose.runtime.exports import ExportedFunction, find_function
from wcompose.runtime.functions import Function
from wcompose.runtime.grants import DirectoryGrant, Grants
from wcompose.runtime.instance import Instance
from wcompose.runtime.resources import Resource
from wcompose.runtime.store import Usage
from wcompose.runtime.types import ValueType

__all__ = [
    "Bindings",
    "Component",
    "DirectoryGrant",
    "Err",
    "ExportedFunction",
    "Function",
    "Grants",
    "Instance",
    "Limits",
    "Ok",
    "Resource",
    "Some",
    "Usage",
    "ValueType",
    "Variant",
    "find_function",
]
