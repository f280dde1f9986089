"""Where resources come from, and whether everybody who touches one means the same.

A resource is equal to nothing but itself (Component Model, Explainer.md, "Type Checking": type
imports and exports of ``sub resource`` are generative). So when a node imports an interface that
takes a resource from another interface, whoever fills the one must mean by it the very resource of
whoever fills the other. Names do not tell: the official validator refuses, and ``wac-types`` does not
see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from wcompose.contract import (
    Extern,
    FunctionExtern,
    InterfaceExtern,
    TypeDef,
    World,
    resources_in,
)
from wcompose.graph.model import Edge, Node, Outside

Filled: TypeAlias = Mapping[tuple[str, str], Edge | Outside]
"""What fills each import, by importer and name."""


@dataclass(frozen=True)
class Origin:
    """Where a resource is made.

    Attributes:
        node: the node that defines it; empty when it comes from outside.
        interface: the export that defines it, or the import of the whole.
        resource: its name there.
    """

    node: str
    interface: str
    resource: str

    def __str__(self) -> str:
        where = f"of `{self.node}`" if self.node else "from outside"
        return f"`{self.resource}` of `{self.interface}` {where}"


@dataclass(frozen=True)
class Conflict:
    """An import through which a node would get a resource that it takes for another one.

    Attributes:
        importer: the node.
        import_name: the interface that uses the resource.
        home: the import that the node takes the resource from.
        resource: its name in the interface.
        expected: the resource that the node has by ``home``.
        given: the resource that the provider of ``import_name`` means.
    """

    importer: str
    import_name: str
    home: str
    resource: str
    expected: Origin
    given: Origin


class Origins:
    """Finds the origin of resources in a graph that may be unfinished.

    Args:
        nodes: by name.
        filled: what fills each import; may grow while this is in use.
    """

    def __init__(self, nodes: Mapping[str, Node], filled: Filled) -> None:
        self._nodes = nodes
        self._filled = filled
        self._homes: dict[int, tuple[dict[int, str], dict[int, str]]] = {}

    def conflicts(self, node: Node) -> Iterator[Conflict]:
        """Every import of a node that brings it another resource than it expects."""
        for name, extern in node.imports.items():
            filled = self._filled.get((node.name, name))
            if filled is None or (isinstance(filled, Edge) and filled.item):
                continue
            for resource, wanted, given in self._pairs(extern, filled):
                home = self.home(node, wanted)
                expected = self.origin(node, wanted, exported=False)
                origin = (
                    Origin("", filled.name, wanted.root.name)
                    if isinstance(filled, Outside)
                    else self.origin(self._nodes[filled.exporter], given, exported=True)
                )
                if isinstance(filled, Outside) and expected is not None and not expected.node:
                    continue  # both come from outside, where they are one
                if home is None or expected is None or origin is None or expected == origin:
                    continue
                yield Conflict(node.name, name, home, resource, expected, origin)

    def origin(
        self, node: Node, resource: TypeDef, *, exported: bool, _seen: int = 0
    ) -> Origin | None:
        """Where a resource that a node exports or imports is made; none when that is open.

        Args:
            node: the node.
            resource: the resource as one of the node's interfaces has it.
            exported: whether that interface is an export: those take resources from exports first
                (WIT.md, "Interfaces, worlds and `use`").
        """
        if _seen > len(self._nodes):
            return None  # a circle, which is told elsewhere
        root = resource.root
        imports, exports = self._homes_of(node)
        if exported and id(root) in exports:
            return Origin(node.name, exports[id(root)], root.name)
        home = imports.get(id(root))
        filled = None if home is None else self._filled.get((node.name, home))
        if filled is None:
            return None
        if isinstance(filled, Outside):
            return Origin("", filled.name, root.name)
        provider = self._nodes[filled.exporter]
        given = _type(provider.exports[filled.export_name], filled.item or root.name)
        if given is None or not given.is_resource:
            return None
        return self.origin(provider, given, exported=True, _seen=_seen + 1)

    def home(self, node: Node, resource: TypeDef) -> str | None:
        """The import of a node that has a resource of its imports as its own."""
        return self._homes_of(node)[0].get(id(resource.root))

    def _pairs(
        self, extern: Extern, filled: Edge | Outside
    ) -> Iterator[tuple[str, TypeDef, TypeDef]]:
        """Resources that an import takes from elsewhere: name, as expected, as given."""
        given: Extern = extern
        if isinstance(filled, Edge):
            given = self._nodes[filled.exporter].exports[filled.export_name]
        match extern, given:
            case InterfaceExtern(wanted), InterfaceExtern(offered):
                for name, each in wanted.types.items():
                    other = offered.types.get(name)
                    if each.is_resource and each.root is not each and other is not None:
                        yield name, each, other
            case FunctionExtern(wanted_function), FunctionExtern(offered_function):
                # Their types are equal, so the resources stand in the same order.
                pairs = zip(
                    resources_in(wanted_function), resources_in(offered_function), strict=False
                )
                for each, other in pairs:
                    yield each.name, each, other
            case _:
                pass

    def _homes_of(self, node: Node) -> tuple[dict[int, str], dict[int, str]]:
        world: World = node.component.world
        key = id(world)
        if key not in self._homes:
            self._homes[key] = (_homes(world.imports), _homes(world.exports))
        return self._homes[key]


def _homes(externs: Mapping[str, Extern]) -> dict[int, str]:
    """Names of the externs that define resources, by the identity of the resource."""
    homes: dict[int, str] = {}
    for name, extern in externs.items():
        if isinstance(extern, InterfaceExtern):
            for each in extern.interface.types.values():
                if each.is_resource and each.root is each:
                    homes.setdefault(id(each), name)
    return homes


def _type(extern: Extern, name: str) -> TypeDef | None:
    return extern.interface.types.get(name) if isinstance(extern, InterfaceExtern) else None
