"""Imports and exports of the components of a binary, with their WIT; and how what fills them is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wcompose.contract import (
    Contract,
    Extern,
    InterfaceExtern,
    TypeExtern,
    World,
    parse_item_name,
)
from wcompose.contract.wit import extern_wit
from wcompose.errors import EngineFault, UserError
from wcompose.graph import is_host_interface
from wcompose.picture.capabilities import WASI
from wcompose.picture.model import Port
from wcompose.picture.sources import FromNode, Origin

HOST = "the host"
OUTSIDE = "the outside"
GATED = f"{HOST}, as far as it is granted"
REFUSED = "nothing: it is not granted"
NOBODY = "nothing"
STRUCTURE = "nothing: value types are structural"


def outside_words(import_name: str, name: str, *, is_host: bool) -> str:
    """How an import is told that the whole imports as ``name``."""
    if is_host:
        return HOST
    return OUTSIDE if name == import_name else f"{OUTSIDE}, as {name}"


def filled_words(import_name: str, filled: Iterable[Origin], *, is_given: bool) -> str:
    """What fills an import, in words.

    Args:
        import_name: the import.
        filled: where the parts of what fills it come from.
        is_given: whether anything is given for it at all.
    """
    words = [
        origin.node
        if isinstance(origin, FromNode)
        else outside_words(import_name, origin.name, is_host=is_host_interface(origin.name))
        for origin in filled
    ]
    return " and ".join(dict.fromkeys(words)) or (STRUCTURE if is_given else NOBODY)


def is_value_type(extern: Extern | None) -> bool:
    """Whether it is a type and no resource."""
    return isinstance(extern, TypeExtern) and not extern.type.is_resource


def is_types_only(extern: Extern | None) -> bool:
    """Whether it is a value type, or an interface of nothing else."""
    if isinstance(extern, InterfaceExtern):
        return not extern.interface.functions and not any(
            each.is_resource for each in extern.interface.types.values()
        )
    return is_value_type(extern)


def main_export(component: Mapping[str, Any]) -> str:
    """What a component without a name is known by: the first interface of its own that it exports.

    Args:
        component: as in `wcompose.picture.of_binary`.
    """
    names = [each["name"] for each in component["exports"]]
    items = [(name, parse_item_name(name)) for name in names]
    own = [item.interface for _, item in items if item is not None and item.namespace != WASI]
    return next(iter([*own, *(name for name, item in items if item is None)]), "")


class Ports:
    """The imports and exports of a binary's components; what nobody asks for is not read.

    Args:
        components: as in `wcompose.picture.of_binary`.
    """

    def __init__(self, components: Sequence[Mapping[str, Any]]) -> None:
        self._components = components
        self._worlds: dict[int, World | None] = {}
        self._texts: dict[tuple[int, str, str], str] = {}

    def extern(self, component: int, side: str, name: str) -> Extern | None:
        """An import or an export; none where the component's contract cannot be read.

        Args:
            component: index of the component.
            side: ``imports`` or ``exports``.
            name: its name.
        """
        if component not in self._worlds:
            self._worlds[component] = _world(self._components[component].get("contract"))
        world = self._worlds[component]
        if world is None:
            return None
        return (world.imports if side == "imports" else world.exports).get(name)

    def functions(self, component: int, side: str, name: str) -> tuple[str, ...]:
        """Names of the functions of an interface, which tell where the interface is from."""
        extern = self.extern(component, side, name)
        return tuple(extern.interface.functions) if isinstance(extern, InterfaceExtern) else ()

    def port(self, component: int, side: str, name: str, filled_by: str = "") -> Port:
        """An import or an export as it is drawn."""
        key = (component, side, name)
        if key not in self._texts:
            extern = self.extern(*key)
            self._texts[key] = "" if extern is None else extern_wit(name, extern)
        return Port(name, self._texts[key], filled_by)


def _world(contract: Mapping[str, Any] | None) -> World | None:
    # A contract that nobody can read takes its texts away, not the picture.
    if contract is None:
        return None
    try:
        return Contract.from_json(contract).world
    except (UserError, EngineFault):
        return None
