"""Paths inside a component's interpreter, and the files of the user's that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

STANDARD_LIBRARY = "/python/"
"""Where componentize-py shows the standard library to the interpreter."""
GENERATED = ("/world/", "/bundled/")
"""Where it shows what it generates."""


@dataclass(frozen=True)
class Mapped:
    """How paths inside the component's interpreter lead back to the user's files.

    Attributes:
        node: name of the node.
        module: dotted name of its module.
        world: name of its world, empty for the only one.
        wit: directory or file of the contracts.
        source: the node's directory.
        requirements: its requirements file, if it has one.
        roots: guest directories and what they stand for: ``/0`` is the node's directory.
    """

    node: str
    module: str
    world: str
    wit: Path
    source: Path
    requirements: Path | None
    roots: Mapping[str, Path]

    def file(self, guest: str) -> str:
        """The user's name of a file that the interpreter knows as ``guest``."""
        for root, path in self.roots.items():
            if guest.startswith(root + "/"):
                return str(path / guest[len(root) + 1 :])
        if guest.startswith(STANDARD_LIBRARY):
            return guest.removeprefix(STANDARD_LIBRARY) + " of the standard library"
        for root in GENERATED:
            if guest.startswith(root):
                return guest.removeprefix(root) + " of the generated bindings"
        return guest

    def line(self, guest: str, number: int) -> str:
        """A line of one of the user's files; empty when there is none."""
        if not self.is_own(guest) or not number:
            return ""
        try:
            with Path(self.file(guest)).open(encoding="utf-8", errors="replace") as stream:
                return next(islice(stream, number - 1, None), "").rstrip()
        except (OSError, ValueError):
            return ""

    def is_own(self, guest: str) -> bool:
        """Whether a file is the user's or a requirement's."""
        return any(guest.startswith(root + "/") for root in self.roots)

    @property
    def world_words(self) -> str:
        """The world in a sentence."""
        return f"world `{self.world}`" if self.world else "the world"
