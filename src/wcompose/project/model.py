"""A project: what ``wcompose.toml`` says, checked, with paths that exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from wcompose.contract.types import NO_PLACE
from wcompose.project.grants import GrantsDeclaration
from wcompose.report import Place


@dataclass(frozen=True)
class PythonSource:
    """A node that is built from Python source.

    Attributes:
        directory: root of its modules.
        module: dotted name of the module with the exports.
        requirements: its requirements file, if it has one.
    """

    directory: Path
    module: str
    requirements: Path | None


@dataclass(frozen=True)
class NodeDeclaration:
    """One ``[components.NAME]`` table.

    Attributes:
        name: name of the node.
        language: source language as told, empty when not told.
        origin: where the component comes from: a prebuilt binary, or Python source.
        world: name of the world it stands in; none to take a prebuilt component as it is.
        place: where the table stands.
        twin: the node of whose component it is a second instance; empty for a component of its own.
        grants: what it may reach of the world outside; a second instance has its own.
    """

    name: str
    language: str
    origin: Path | PythonSource
    world: str | None
    place: Place
    twin: str = ""
    grants: GrantsDeclaration = field(default_factory=GrantsDeclaration)


@dataclass(frozen=True)
class Endpoint:
    """``NODE:NAME``: an import or export of a node, as the project file spells it."""

    node: str
    name: str
    place: Place

    def __str__(self) -> str:
        return f"{self.node}:{self.name}" if self.name else self.node


@dataclass(frozen=True)
class EdgeDeclaration:
    """One ``[[graph.edges]]`` table: an import, and what fills it.

    Attributes:
        importing: the import.
        source: the providing node, with the export's name when it differs (else empty); none
            when the import is left to the outside.
        outside: what the whole calls an import that is left to the outside; empty for its own name.
        is_host: whether it is left to the host that runs the composition, and not to one who
            composes it further.
    """

    importing: Endpoint
    source: Endpoint | None
    outside: str = ""
    is_host: bool = False


@dataclass(frozen=True)
class OfferDeclaration:
    """One entry of ``exports`` in ``[graph]``.

    Attributes:
        exporting: the export of a node.
        name: what the whole calls it; empty for its own name.
    """

    exporting: Endpoint
    name: str = ""


@dataclass(frozen=True)
class CarriedInterface:
    """One entry of ``carry`` in ``[graph]``: an export of the whole, with its version or without."""

    name: str
    place: Place


@dataclass(frozen=True)
class CarryDeclaration:
    """``carry`` in ``[graph]``: whose lists of numbers cross to the host as texts.

    Attributes:
        is_all: whether it is all exported interfaces that have such functions.
        interfaces: those that are named.
        place: where it stands.
    """

    is_all: bool = False
    interfaces: tuple[CarriedInterface, ...] = ()
    place: Place = NO_PLACE


NOT_CARRIED = CarryDeclaration()
"""No interface is carried."""


@dataclass(frozen=True)
class RunDeclaration:
    """The ``[run]`` table."""

    invoke: str | None = None
    arguments: tuple[str, ...] = ()
    stdin: Path | None = None


@dataclass(frozen=True)
class IgnoreDeclaration:
    """One entry of ``ignore`` in ``[check]``.

    Attributes:
        rule: rule of the finding.
        item: its item; ``*`` stands for anything.
        reason: why it is accepted.
        until: the last day on which it is; none for ever.
    """

    rule: str
    item: str
    reason: str
    until: date | None = None


@dataclass(frozen=True)
class CheckDeclaration:
    """The ``[check]`` table, names of rules as they are written.

    Attributes:
        use: rules and groups that are on; none for those that are on unless told.
        without: rules and groups that are off.
        levels: how much findings weigh, by rule or group: ``error``, ``warning`` or ``note``.
        ignores: findings that are accepted.
    """

    use: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict)
    ignores: tuple[IgnoreDeclaration, ...] = ()


@dataclass(frozen=True)
class Project:
    """A checked project.

    Attributes:
        file: its ``wcompose.toml``.
        name: name of the composition.
        version: version of the composition.
        description: one line about it, may be empty.
        wit: directory or file of its contracts; none where only prebuilt components are linked.
        nodes: its nodes in the order of their names.
        exports: what the whole exports; none to export all that no node uses.
        edges: the choices that are stated.
        run: what ``wcompose run`` does.
        strip: whether debug information and names are left out of the composition.
        check: which rules are applied to its contracts.
        carry: which exported interfaces have a carrier.
    """

    file: Path
    name: str
    version: str
    description: str
    wit: Path | None
    nodes: tuple[NodeDeclaration, ...]
    exports: tuple[OfferDeclaration, ...] | None
    edges: tuple[EdgeDeclaration, ...]
    run: RunDeclaration
    strip: bool = False
    check: CheckDeclaration = CheckDeclaration()
    carry: CarryDeclaration = NOT_CARRIED

    @property
    def root(self) -> Path:
        """Directory of the project."""
        return self.file.parent

    @property
    def output(self) -> Path:
        """The composition that a build writes."""
        return self.root / "build" / f"{self.name}.wasm"

    @property
    def lock(self) -> Path:
        """The lock file that a build writes."""
        return self.root / "wcompose.lock"

    @property
    def state(self) -> Path:
        """Directory of what a build keeps for the next one."""
        return self.root / "build" / ".wcompose"
