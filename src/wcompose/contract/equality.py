"""Whether two types are equal: of one form, with the same names in the same order."""

from __future__ import annotations

from collections.abc import Mapping

from wcompose.contract.names import on_track
from wcompose.contract.types import (
    Definition,
    FutureType,
    HandleType,
    ListType,
    MapType,
    MembersType,
    OptionType,
    Primitive,
    ResourceType,
    ResultType,
    StreamType,
    TupleType,
    Type,
    TypeDef,
)


class Equality:
    """Equality of types between two interfaces. Every pair is looked at once.

    Args:
        expected: the types of the interface that is expected, by name.
        actual: the types of the one that is there.
    """

    def __init__(self, expected: Mapping[str, TypeDef], actual: Mapping[str, TypeDef]) -> None:
        self._own_resources = {
            id(each): name
            for name, each in expected.items()
            if isinstance(each.definition, ResourceType)
        }
        self._actual = actual
        self._known: dict[tuple[int, int], bool] = {}

    def equal(self, expected: Type | None, actual: Type | None) -> bool:
        """Whether the types are equal, insides and all."""
        if expected is None or actual is None:
            return expected is actual
        key = (id(expected), id(actual))
        if key not in self._known:
            self._known[key] = self._compute(expected, actual)
        return self._known[key]

    def _compute(self, expected: Type, actual: Type) -> bool:
        left, right = peeled(expected), peeled(actual)
        if isinstance(left, ResourceType) or isinstance(right, ResourceType):
            return (
                isinstance(expected, TypeDef)
                and isinstance(actual, TypeDef)
                and left.__class__ is right.__class__
                and self.same_resource(expected, actual)
            )
        parts = pair_parts(left, right)
        return parts is not None and all(self.equal(*pair) for pair in parts)

    def same_resource(self, expected: TypeDef, actual: TypeDef) -> bool:
        """Whether two resources are one.

        A resource that the expected interface defines is whatever the other has under its name
        (Explainer.md, "Type Checking": ``sub resource``). One that it takes from another interface
        must be taken from that interface on the other side too, directly or by way of others;
        that both mean the same instance of it is for who wires them to see.
        """
        name = self._own_resources.get(id(expected.root))
        if name is not None:
            bound = self._actual.get(name)
            # What is missing, or no resource, is told where the name is compared.
            return bound is None or not bound.is_resource or bound.root is actual.root
        return _home(expected.root) in map(_home, actual.chain())


def peeled(type_: Type) -> Definition:
    """What a type is behind its names."""
    return type_.root.definition if isinstance(type_, TypeDef) else type_


def pair_parts(left: Definition, right: Definition) -> list[tuple[Type | None, Type | None]] | None:
    """The types that must be equal for two types to be; none when their forms differ already."""
    match left, right:
        case Primitive(), Primitive():
            return [] if left == right else None
        case HandleType(), HandleType():
            same = left.is_borrow == right.is_borrow
            return [(left.resource, right.resource)] if same else None
        case ListType(), ListType():
            return [(left.element, right.element)] if left.length == right.length else None
        case MapType(), MapType():
            return [(left.key, right.key), (left.value, right.value)]
        case ResultType(), ResultType():
            return [(left.ok, right.ok), (left.error, right.error)]
        case TupleType(), TupleType():
            same = len(left.elements) == len(right.elements)
            return list(zip(left.elements, right.elements, strict=True)) if same else None
        case OptionType(), OptionType():
            return [(left.payload, right.payload)]
        case StreamType(), StreamType():
            return [(left.payload, right.payload)]
        case FutureType(), FutureType():
            return [(left.payload, right.payload)]
        case MembersType(), MembersType():
            names = ([each.name for each in side.members] for side in (left, right))
            if left.__class__ is not right.__class__ or next(names) != next(names):
                return None
            pairs = zip(left.members, right.members, strict=True)
            return [(member.type, other.type) for member, other in pairs]
        case _:
            return None


def _home(resource: TypeDef) -> tuple[str, str]:
    # A component's world has no name of its own, so that of the other side says nothing.
    owner = "" if resource.owner.is_world else on_track(resource.owner.name)
    return owner, resource.name
