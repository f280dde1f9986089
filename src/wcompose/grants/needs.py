"""What a node needs of the world outside, in the keys of a grants table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from wcompose.contract import FunctionExtern, InterfaceExtern, World, parse_item_name
from wcompose.grants.interfaces import PLUMBING, base_name, grant_of
from wcompose.grants.needed import Needed, NeededImport

CAPABILITIES = (
    "filesystem",
    "environment",
    "arguments",
    "stdin",
    "stdout",
    "stderr",
    "clocks",
    "random",
    "http",
    "tcp",
    "udp",
    "lookup",
    "exit",
    "imports",
)
"""The keys of a grants table, in the order in which people are told of them."""

_FUNCTIONS: Mapping[tuple[str, str], str] = {("wasi:cli/environment", "get-arguments"): "arguments"}


@dataclass(frozen=True)
class Use:
    """A function of the host that a node imports.

    Attributes:
        interface: as the component imports it.
        function: its name.
        reach: what reaches it; none where that was not looked at.
    """

    interface: str
    function: str
    reach: NeededImport | None = None

    @property
    def may_happen(self) -> bool:
        """Whether it may be called, as far as is known."""
        return self.reach is None or self.reach.is_reached


@dataclass(frozen=True)
class Need:
    """All that a node imports for which it needs one grant.

    Attributes:
        capability: the key of the grants table.
        uses: the functions, sorted.
    """

    capability: str
    uses: tuple[Use, ...]

    @property
    def is_real(self) -> bool:
        """Whether any of it may be called."""
        return any(use.may_happen for use in self.uses)


@dataclass(frozen=True)
class Needs:
    """What a node needs.

    Attributes:
        by_capability: needs by the keys of the grants table; what it does not import is left out.
        analysis: what its code reaches; none where that was not looked at.
    """

    by_capability: Mapping[str, Need] = field(default_factory=dict)
    analysis: Needed | None = None

    def of(self, capability: str) -> Need | None:
        """What it imports for which it needs a grant; none when it imports nothing of it."""
        return self.by_capability.get(capability)


def needs_of(world: World, imports: Iterable[str], analysis: Needed | None = None) -> Needs:
    """What a component needs.

    Args:
        world: what it imports and exports.
        imports: the imports that are left to the host.
        analysis: what its code reaches.
    """
    reached: dict[tuple[str, str], NeededImport] = {}
    if analysis is not None:
        reached = {(each.interface, each.function): each for each in analysis.imports}
    found: dict[str, list[Use]] = {}
    for interface, function in sorted(_functions(world, imports)):
        reach = reached.get((interface, function))
        if analysis is not None and reach is None:
            # The contract names it and the binary does not: nothing can call it.
            reach = NeededImport(interface, function)
        key = capability_of(interface, function)
        found.setdefault(key, []).append(Use(interface, function, reach))
    ordered = {key: Need(key, tuple(found[key])) for key in CAPABILITIES if key in found}
    return Needs(ordered, analysis)


def capability_of(interface: str, function: str) -> str:
    """The key of a grants table that opens a function."""
    known = _FUNCTIONS.get((base_name(interface), function))
    return known if known is not None else grant_of(interface)


def _functions(world: World, imports: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in imports:
        extern = world.imports.get(name)
        item = parse_item_name(name)
        if item is None or item.namespace != "wasi" or base_name(name) in PLUMBING:
            continue
        if isinstance(extern, InterfaceExtern):
            for function in extern.interface.functions:
                yield name, function
        elif isinstance(extern, FunctionExtern):
            yield name, ""
