"""What the wiring of a binary and its sections tell of grants, gathered while it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wcompose.picture.claims import grants_said
from wcompose.picture.folding import Functions, GateMark, tell_grants
from wcompose.picture.gates import MADE, called, claimed_gate, gates_in
from wcompose.picture.model import NodeKind, Picture, PictureNode
from wcompose.picture.ports import Ports
from wcompose.project.grants import GrantsDeclaration


@dataclass(frozen=True)
class Composition:
    """A composition in a binary, or the binary itself.

    Attributes:
        components: all components, as in `wcompose.picture.of_binary`.
        index: which of them it is.
        ports: their imports and exports.
    """

    components: Sequence[Mapping[str, Any]]
    index: int
    ports: Ports


class GatheredGrants:
    """Gates, and what is said of grants, in a binary.

    Args:
        prebuilt: gates that come with this tool, by the sizes of their components in the binary.
    """

    def __init__(self, prebuilt: Mapping[int, str]) -> None:
        self._prebuilt = prebuilt
        self._gates: dict[str, GateMark] = {}
        self._claims: dict[str, GrantsDeclaration] = {}

    def gather(
        self,
        composition: Composition,
        names: Mapping[int, str],
        nodes: Mapping[str, PictureNode],
    ) -> dict[str, PictureNode]:
        """Note what a composition tells, and give those of its nodes that are gates as such.

        Args:
            composition: the composition.
            names: the nodes that its instances are.
            nodes: all nodes by their names.
        """
        components = composition.components
        whole = components[composition.index]
        instances = whole["instances"]
        said_of = {name: called(components, instances[place]) for place, name in names.items()}
        marked: dict[str, PictureNode] = {}
        gates = gates_in(components, composition.index, composition.ports, self._prebuilt)
        for place, gate in gates.items():
            if place not in names or gate.owner not in names:
                continue
            owner, name = names[gate.owner], names[place]
            self._gates[name] = GateMark(owner, gate.kind)
            marked[name] = _as_gate(nodes[name], self._gates[name])
            if gate.kind == MADE:
                # It knows the node by its name even where names were left out.
                said_of[owner] = claimed_gate(components[instances[place]["component"]])
        said = grants_said(whole)
        for name, node in said_of.items():
            if name not in self._gates and node in said:
                self._claims[name] = said[node]
        return marked

    def tell(self, picture: Picture, functions: Functions, *, fold: bool) -> Picture:
        """The picture with what each node is granted; see `wcompose.picture.folding.tell_grants`."""
        return tell_grants(picture, self._gates, self._claims, functions, fold=fold)


def _as_gate(node: PictureNode, mark: GateMark) -> PictureNode:
    """A node that is known to be a gate."""
    words = (
        f"answers for what {mark.owner} is not granted"
        if mark.kind == MADE
        else f"lets through what {mark.owner} is granted of {mark.kind}"
    )
    return replace(node, kind=NodeKind.GATE, details={**node.details, "gate": words})
