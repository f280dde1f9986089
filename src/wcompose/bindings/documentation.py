"""Documentation of what bindings are made of: a binary has none, its project's WIT does."""

from __future__ import annotations

from collections.abc import Iterable

from wcompose.contract import Contract, Function, FunctionExtern, Interface, TypeDef, World
from wcompose.contract.types import Member, MembersType


class Documentation:
    """Texts by name.

    Args:
        source: a contract that has documentation for what a binary has without any.
    """

    def __init__(self, source: Contract | None = None) -> None:
        self._texts: dict[tuple[str, str], str] = {}
        if source is not None:
            for interface in source.interfaces.values():
                self._keep(interface.name, interface)
            for world in source.worlds.values():
                for side in (world.exports, world.imports):
                    self._keep_functions(
                        "",
                        [
                            each.function
                            for each in side.values()
                            if isinstance(each, FunctionExtern)
                        ],
                    )

    def of_interface(self, name: str, docs: str) -> str:
        """Text of an interface; its own where it has one."""
        return _told(docs or self._texts.get((name, ""), ""))

    def of_world(self, world: World) -> str:
        """Text of a world."""
        return _told(world.docs)

    def of_type(self, of: TypeDef) -> str:
        """Text of a type."""
        return _told(of.docs or self._texts.get((of.owner.name, of.name), ""))

    def of_member(self, of: TypeDef, member: Member) -> str:
        """Text of a field, a case or a flag."""
        text = member.docs or self._texts.get((of.owner.name, f"{of.name}.{member.name}"), "")
        return _told(text)

    def of_function(self, owner: str, of: Function) -> str:
        """Text of a function."""
        return _told(of.docs or self._texts.get((owner, of.name), ""))

    def _keep(self, owner: str, interface: Interface) -> None:
        self._texts[owner, ""] = interface.docs
        for each in interface.types.values():
            self._texts[owner, each.name] = each.docs
            if isinstance(each.definition, MembersType):
                for member in each.definition.members:
                    self._texts[owner, f"{each.name}.{member.name}"] = member.docs
        self._keep_functions(owner, interface.functions.values())

    def _keep_functions(self, owner: str, functions: Iterable[Function]) -> None:
        for each in functions:
            self._texts.setdefault((owner, each.name), each.docs)


def _told(text: str) -> str:
    """A text without what it tells the checks, which is not for readers."""
    lines = [line for line in text.splitlines() if not line.startswith("wcompose:ignore ")]
    return "\n".join(lines)
