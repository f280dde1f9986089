"""Runs inside the component's own interpreter before it imports anything from a file.

CPython's finder lists every directory of its search path and keeps the names in the order in which the
host's file system tells them; so the places of all later objects in memory depend on the file system.
Until everything is imported another finder stands in for it: it asks whether one file exists, and finds
what CPython's finder would.

`interpreter.wat` evaluates this text with ``finish`` among its names; `preinit` calls what it leaves in
``sys``. There is no module of it, nothing that it defines is frozen, and only built-in modules can be
imported at its top.
"""

import _frozen_importlib as core
import _frozen_importlib_external as files
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    finish: Callable[[], None]


class EarlyFinder:
    """Finds modules as `PathFinder` does, whatever the order of a directory."""

    loaders = files._get_supported_file_loaders()  # type: ignore[attr-defined]  # noqa: SLF001
    invalidate_caches = files.PathFinder.invalidate_caches

    @classmethod
    def find_spec(
        cls, name: str, path: "Sequence[str] | None" = None, _target: object = None
    ) -> "Any":
        """What `sys.meta_path` asks a finder for: where a module comes from, if it is here."""
        last = name.rpartition(".")[2]
        portions = []
        for entry in sys.path if path is None else path:
            if not isinstance(entry, str):
                continue
            base = f"{entry or posix.getcwd()}/{last}"
            is_directory = posix.access(f"{base}/.", 0)
            found = is_directory and cls.find_file(name, f"{base}/__init__", [base])
            found = found or cls.find_file(name, base, None)
            if found:
                return found
            if is_directory:
                portions.append(base)
        if not portions:
            return None
        spec = core.ModuleSpec(name, None)
        find = files.PathFinder._get_spec  # type: ignore[attr-defined]  # noqa: SLF001
        locations = files._NamespacePath(name, portions, find)  # type: ignore[attr-defined]  # noqa: SLF001
        spec.submodule_search_locations = locations
        return spec

    @classmethod
    def find_distributions(cls, context: "Any") -> "Iterator[Any]":
        """What `importlib.metadata` asks a finder for: the installed packages with a name.

        Their directories are told by the builder, in the file ``distributions.txt``.
        """
        metadata = sys.modules["importlib.metadata"]
        wanted = metadata.Prepared(context.name)
        for entry in context.path:
            for place in told.get(entry, ()):
                name = place.rpartition("/")[2].partition("-")[0]
                if context.name is None or metadata.Prepared.normalize(name) == wanted.normalized:
                    yield metadata.PathDistribution(metadata.pathlib.Path(place))

    @classmethod
    def find_file(cls, name: str, base: str, locations: list[str] | None) -> "Any":
        """The first of the files ``base`` with each suffix, as a module."""
        for loader, suffixes in cls.loaders:
            for suffix in suffixes:
                file = base + suffix
                if posix.access(file, 0) and not posix.access(f"{file}/.", 0):
                    return files.spec_from_file_location(
                        name,
                        file,
                        loader=loader(name, file),
                        submodule_search_locations=locations,
                    )
        return None


def restore() -> None:
    """Put CPython's finder back, and forget what finders hold."""
    for place, finder in enumerate(sys.meta_path):
        if finder is EarlyFinder:
            sys.meta_path[place] = files.PathFinder
    sys.path_importer_cache.clear()


told: dict[str, list[str]] = {}
sys.meta_path[sys.meta_path.index(files.PathFinder)] = EarlyFinder
early = told, restore, finish  # noqa: F821  the last one comes from interpreter.wat
sys.wcompose_early = early  # type: ignore[attr-defined]
