"""Contracts: a model of WIT and of what binaries import and export, and their comparison."""

from wcompose.contract.compare import Mismatch, compare_extern, fits_world
from wcompose.contract.model import (
    Contract,
    Extern,
    Function,
    FunctionExtern,
    Interface,
    InterfaceExtern,
    TypeDef,
    TypeExtern,
    World,
)
from wcompose.contract.names import ItemName, Version, parse_item_name, parse_version

__all__ = [
    "Contract",
    "Extern",
    "Function",
    "FunctionExtern",
    "Interface",
    "InterfaceExtern",
    "ItemName",
    "Mismatch",
    "TypeDef",
    "TypeExtern",
    "Version",
    "World",
    "compare_extern",
    "fits_world",
    "parse_item_name",
    "parse_version",
]
