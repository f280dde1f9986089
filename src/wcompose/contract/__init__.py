"""Contracts: a model of WIT and of what binaries import and export, and their comparison."""

from wcompose.contract.compare import compare_extern
from wcompose.contract.fitting import fits_world
from wcompose.contract.mismatch import Mismatch, MismatchKind
from wcompose.contract.model import (
    Contract,
    Extern,
    Function,
    FunctionExtern,
    Interface,
    InterfaceExtern,
    TypeExtern,
    World,
)
from wcompose.contract.names import (
    ItemName,
    Version,
    is_extern_name,
    names_match,
    on_track,
    parse_item_name,
    parse_version,
)
from wcompose.contract.resources import resources_in
from wcompose.contract.types import Type, TypeDef

__all__ = [
    "Contract",
    "Extern",
    "Function",
    "FunctionExtern",
    "Interface",
    "InterfaceExtern",
    "ItemName",
    "Mismatch",
    "MismatchKind",
    "Type",
    "TypeDef",
    "TypeExtern",
    "Version",
    "World",
    "compare_extern",
    "fits_world",
    "is_extern_name",
    "names_match",
    "on_track",
    "parse_item_name",
    "parse_version",
    "resources_in",
]
