"""Worlds that packages of bindings are written for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support import REPOSITORY

from wcompose.bindings import Package, write_package
from wcompose.check.baseline import load_path
from wcompose.engine import Engine

WIT = Path(__file__).parent / "wit"
ECHO = REPOSITORY / "tests" / "runtime" / "wit"
FLAGSHIP = REPOSITORY / "wit"
WORLDS = {
    "clashes": WIT / "clashes",
    "shop": WIT / "shop",
    "echo": ECHO,
    "echo-host": ECHO,
    "hostile-owner": ECHO,
    "data": FLAGSHIP,
    "gateway": FLAGSHIP,
    "logic": FLAGSHIP,
}
"""Worlds, and the WIT that they are in."""


@dataclass(frozen=True)
class Written:
    """Packages that were written.

    Attributes:
        root: the directory that they are in.
        packages: the packages by the worlds that they are of.
    """

    root: Path
    packages: dict[str, Package]


def package_of(engine: Engine, world: str) -> Package:
    """The bindings of one of the worlds."""
    contract = load_path(WORLDS[world], engine).contract
    return write_package(contract.find_world(world), world)
