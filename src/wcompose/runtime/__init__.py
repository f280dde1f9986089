"""Running components: open, instantiate with grants and limits, call."""

from wcompose.bounds import Limits
from wcompose.runtime.bindings import Bindings
from wcompose.runtime.component import Component
from wcompose.runtime.crossing.classes import (
    Err,
    Ok,
    Some,
    Variant,
    enum_class,
    flags_class,
    record_class,
    variant_class,
)
from wcompose.runtime.crossing.exports import ExportedFunction, find_function
from wcompose.runtime.crossing.types import ValueType
from wcompose.runtime.hosting.grants import DirectoryGrant, Grants
from wcompose.runtime.instances.functions import Function
from wcompose.runtime.instances.instance import Instance
from wcompose.runtime.instances.resources import Resource
from wcompose.runtime.instances.store import Usage

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
    "enum_class",
    "find_function",
    "flags_class",
    "record_class",
    "variant_class",
]
