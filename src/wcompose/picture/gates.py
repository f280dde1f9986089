"""Which instances in a composition are gates, and before which node each of them stands.

Whoever made a binary wrote everything in it, so nothing is hidden because a name or a section says
that it is a gate. A gate is

- one that says that it is made for a node, if it imports no function but that which hears of uses:
  it reaches nothing, whatever is in it
- one that comes with this tool, byte for byte, if it takes its policy from a gate that is made for a
  node, and all else from the host or from other gates

and only if all that it exports goes to one node and to the other gates of that node, policies left
aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wcompose.contract import InterfaceExtern, parse_item_name
from wcompose.grants.interfaces import AUDIT_INTERFACE, POLICY_INTERFACE
from wcompose.picture.capabilities import WASI
from wcompose.picture.ports import Ports

SECTION = "wcompose:gate"
"""The custom section of a gate that is made for a node: the node's name."""
MADE = "refusals"
"""What a gate that is made for a node is called, beside those that come with this tool."""
LARGEST = 1_000_000
"""Bytes of a component that may be one of the gates that come with this tool."""

_BETWEEN_GATES = frozenset({POLICY_INTERFACE, AUDIT_INTERFACE})


@dataclass(frozen=True)
class Gate:
    """A gate in a composition.

    Attributes:
        owner: index of the instance before which it stands.
        kind: name of the gate that it is; `MADE` for one that is made for its node.
    """

    owner: int
    kind: str


def possible_sizes(components: Sequence[Mapping[str, Any]]) -> frozenset[int]:
    """Sizes of the components that may be gates that come with this tool.

    Args:
        components: as in `wcompose.picture.of_binary`.
    """
    return frozenset(each["size"] for each in components if may_be_prebuilt(each))


def gates_in(
    components: Sequence[Mapping[str, Any]], index: int, ports: Ports, prebuilt: Mapping[int, str]
) -> dict[int, Gate]:
    """The gates among the instances of a composition, by their indices there.

    Args:
        components: as in `wcompose.picture.of_binary`.
        index: the composition.
        ports: imports and exports of the components.
        prebuilt: gates that come with this tool, by the sizes of their components here.
    """
    composition = components[index]
    instances = composition["instances"]
    kinds: dict[int, str] = {}
    for place, made in enumerate(instances):
        if made["component"] is None:
            continue
        component = components[made["component"]]
        if _is_made(component, made["component"], ports):
            kinds[place] = MADE
        elif may_be_prebuilt(component) and component["size"] in prebuilt:
            kinds[place] = prebuilt[component["size"]]
    for each in composition["exports"]:
        for giver in _givers(each["source"]):
            kinds.pop(giver, None)
    given = _users(instances, kinds)
    readers = _users(instances, kinds, of_policies=True)
    users = {place: given[place] or readers[place] for place in kinds}
    named = _named(components, instances, kinds)
    while True:
        owners = {place: _owner(place, kinds, users) for place in kinds}
        for place, owner in owners.items():
            if owner is None and not given[place]:
                owners[place] = named.get(place)
        wrong = [
            place
            for place, kind in kinds.items()
            if owners[place] is None
            or (kind != MADE and not _is_told(instances[place], kinds, owners[place], owners))
        ]
        if not wrong:
            return {
                place: Gate(owner, kinds[place])
                for place, owner in owners.items()
                if owner is not None
            }
        for place in wrong:
            del kinds[place]


def _users(
    instances: Sequence[Mapping[str, Any]],
    kinds: Mapping[int, str],
    *,
    of_policies: bool = False,
) -> dict[int, set[int]]:
    """Who takes something from each of some instances: policies, or anything else."""
    users: dict[int, set[int]] = {place: set() for place in kinds}
    for place, made in enumerate(instances):
        for argument in made["arguments"]:
            if (argument["name"] in _BETWEEN_GATES) == of_policies:
                for giver in _givers(argument["source"]):
                    if giver in users:
                        users[giver].add(place)
    return users


def _named(
    components: Sequence[Mapping[str, Any]],
    instances: Sequence[Mapping[str, Any]],
    kinds: Mapping[int, str],
) -> dict[int, int]:
    """The instances that gates name as their nodes, where only one is called so.

    It counts for gates that give no more than policies: those are texts, whoever reads them.
    """
    places: dict[str, list[int]] = {}
    for place, made in enumerate(instances):
        if place not in kinds:
            places.setdefault(called(components, made), []).append(place)
    found: dict[int, int] = {}
    for place, kind in kinds.items():
        if kind == MADE:
            node = claimed_gate(components[instances[place]["component"]])
            if len(owners := places.get(node, [])) == 1:
                found[place] = owners[0]
    return found


def _owner(place: int, kinds: Mapping[int, str], users: Mapping[int, set[int]]) -> int | None:
    """The only instance that is no gate and takes something from a gate, or from gates behind it."""
    found: set[int] = set()
    seen = {place}
    left = [place]
    while left:
        for user in users[left.pop()] - seen:
            seen.add(user)
            if user in kinds:
                left.append(user)
            else:
                found.add(user)
    return found.pop() if len(found) == 1 else None


def _is_told(
    made: Mapping[str, Any],
    kinds: Mapping[int, str],
    owner: int | None,
    owners: Mapping[int, int | None],
) -> bool:
    """Whether a gate takes its policy from one that is made, and nothing from another node."""
    givers = {giver for argument in made["arguments"] for giver in _givers(argument["source"])}
    return kinds.get(_giver(made, POLICY_INTERFACE)) == MADE and all(
        giver in owners and owners[giver] == owner for giver in givers
    )


def called(components: Sequence[Mapping[str, Any]], instance: Mapping[str, Any]) -> str:
    """What an instance is called, by itself or by its component; empty where it has no name."""
    index = instance["component"]
    name = instance["name"] or ("" if index is None else components[index]["name"])
    return str(name or "")


def claimed_gate(component: Mapping[str, Any]) -> str:
    """The node of which a component says that it is a gate; empty where it does not."""
    node = component.get(SECTION)
    return node if isinstance(node, str) else ""


def _is_made(component: Mapping[str, Any], index: int, ports: Ports) -> bool:
    """Whether a component is a gate that is made for a node."""
    if not claimed_gate(component) or not component.get("leaf"):
        return False
    for each in component["imports"]:
        extern = ports.extern(index, "imports", each["name"])
        if each["name"] == AUDIT_INTERFACE:
            continue
        if not isinstance(extern, InterfaceExtern) or extern.interface.functions:
            return False
    return bool(component["exports"]) and all(map(_is_of_gates, component["exports"]))


def may_be_prebuilt(component: Mapping[str, Any]) -> bool:
    """Whether a component takes a policy, as the gates do that come with this tool."""
    return (
        bool(component.get("leaf"))
        and component["size"] <= LARGEST
        and any(each["name"] == POLICY_INTERFACE for each in component["imports"])
    )


def _is_of_gates(export: Mapping[str, Any]) -> bool:
    item = parse_item_name(export["name"])
    is_wasi = item is not None and item.namespace == WASI
    return export["kind"] == "instance" and (is_wasi or export["name"] in _BETWEEN_GATES)


def _giver(made: Mapping[str, Any], name: str) -> int:
    """The instance whose export is an argument of another; -1 where it is none."""
    for argument in made["arguments"]:
        source = argument["source"] or {}
        if argument["name"] == name and source.get("kind") == "export" and source["name"] == name:
            return int(source["instance"])
    return -1


def _givers(source: Mapping[str, Any] | None) -> Iterator[int]:
    left = [source]
    while left:
        each = left.pop() or {}
        if "instance" in each:
            yield each["instance"]
        left += [item["source"] for item in each.get("items", ())]
