"""What a component really needs: which of the functions that it imports its exports can reach.

The engine finds it out from the binary alone. What is told as not reached cannot be called, whatever the
exports are called with; what is told as reached need not ever be called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class EntryKind(StrEnum):
    """What starts a call."""

    EXPORT = "export"
    DESTRUCTOR = "destructor"
    """Of an exported resource: the host drops one."""
    INSTANTIATION = "instantiation"


@dataclass(frozen=True)
class Entry:
    """Where calls come from.

    Attributes:
        name: interface and function (``wasi:cli/run@0.2.6#run``), or a function of the world.
        kind: what starts it.
    """

    name: str
    kind: EntryKind


@dataclass(frozen=True)
class Step:
    """A function on the way from an entry to an import.

    Attributes:
        module: name of its core module; empty where it has none.
        function: its name; ``function N`` where it has none.
        by: how it is called: ``call``; ``table`` or ``reference`` where only its type was known;
            ``realloc``, ``post-return``, ``callback`` or ``destructor`` by the canonical ABI.
    """

    module: str
    function: str
    by: str


@dataclass(frozen=True)
class NeededImport:
    """A function that a component imports.

    Attributes:
        interface: the interface that it is in; empty for a function of the world.
        function: its name.
        entries: what reaches it; empty when nothing does.
        guesses: calls on the way of which only the type is known: where there are none, the code says
            outright that it may be called.
        why: the way, from the entry on.
        left_out: how many steps in the middle of the way are not told.
    """

    interface: str
    function: str
    entries: tuple[Entry, ...] = ()
    guesses: int = 0
    why: tuple[Step, ...] = ()
    left_out: int = 0

    @property
    def is_reached(self) -> bool:
        """Whether it may be called at all."""
        return bool(self.entries)


@dataclass(frozen=True)
class Needed:
    """What a component may use of what it imports.

    Attributes:
        entries: what may be called from outside.
        imports: every function that it imports, in the order of the binary.
        is_everything: whether its exports may use all of them.
        interpreter: the interpreter in it, such as ``CPython``; empty for none known. What runs in one
            stands in no code that can be followed, so it may use all that the interpreter can.
        unknown: what could not be followed; then everything is told as reached.
    """

    entries: tuple[Entry, ...] = ()
    imports: tuple[NeededImport, ...] = ()
    is_everything: bool = False
    interpreter: str = ""
    unknown: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Needed:
        """Read what `Engine.needed` gives."""
        entries = tuple(Entry(each["name"], EntryKind(each["kind"])) for each in data["entries"])
        return cls(
            entries=entries,
            imports=tuple(_import(each, entries) for each in data["imports"]),
            is_everything=data["everything"],
            interpreter=data["interpreter"] or "",
            unknown=tuple(data["unknown"]),
        )

    @property
    def interfaces(self) -> tuple[str, ...]:
        """The interfaces of which a function may be called, sorted."""
        return tuple(sorted({each.interface for each in self.imports if each.is_reached}))

    def of(self, interface: str) -> tuple[NeededImport, ...]:
        """The functions of one interface.

        Args:
            interface: as the component imports it; empty for the functions of the world.
        """
        return tuple(each for each in self.imports if each.interface == interface)


def _import(data: Mapping[str, Any], entries: tuple[Entry, ...]) -> NeededImport:
    return NeededImport(
        interface=data["interface"],
        function=data["function"],
        entries=tuple(entries[index] for index in data["from"]),
        guesses=data["guesses"],
        why=tuple(Step(each["module"], each["function"], each["by"]) for each in data["why"]),
        left_out=data["left_out"],
    )
