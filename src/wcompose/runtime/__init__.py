"""Running components: open, instantiate with grants and limits, call."""

from wcompose.bounds import Limits
from wcompose.runtime.exports import ExportedFunction, find_function
from wcompose.runtime.grants import DirectoryGrant, Grants
from wcompose.runtime.instance import Instance, OpenComponent
from wcompose.runtime.types import ValueType

__all__ = [
    "DirectoryGrant",
    "ExportedFunction",
    "Grants",
    "Instance",
    "Limits",
    "OpenComponent",
    "ValueType",
    "find_function",
]
