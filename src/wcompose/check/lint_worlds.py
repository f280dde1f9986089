"""Rules about worlds."""

from __future__ import annotations

from collections.abc import Iterator

from wcompose.check.lint_items import Found, LintedPackage
from wcompose.contract.model import Interface, InterfaceExtern, World

MOST_FUNCTIONS = 12
"""Functions of an interface that stands on both sides."""


def exported_interface_small(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    importers: dict[str, World] = {}
    exporters: dict[str, World] = {}
    interfaces: dict[str, Interface] = {}
    for world in package.worlds:
        for sides, externs in ((importers, world.imports), (exporters, world.exports)):
            for extern in externs.values():
                if isinstance(extern, InterfaceExtern) and package.is_own(extern.interface.name):
                    sides.setdefault(extern.interface.name, world)
                    interfaces.setdefault(extern.interface.name, extern.interface)
    for name, interface in interfaces.items():
        count = len(interface.functions)
        if name in importers and name in exporters and count > MOST_FUNCTIONS:
            path = package.path(name)
            yield Found(
                f"`{path.rpartition('/')[2]}` has {count} functions, and worlds both import and "
                "export it",
                path,
                interface.place,
                "split it: no function can be added that does not break one side or the other",
                related=(
                    (f"world `{importers[name].name}` imports it", importers[name].place),
                    (f"world `{exporters[name].name}` exports it", exporters[name].place),
                ),
            )


def world_single_side(package: LintedPackage) -> Iterator[Found]:
    """See the table."""

    def imports_own(world: World) -> bool:
        return any(package.is_own(name) for name in world.imports)

    platforms = [each for each in package.worlds if imports_own(each)]
    if platforms and all(each.exports for each in platforms):
        first = platforms[0]
        yield Found(
            f"every world that imports interfaces of `{package.stem}` exports something too",
            package.path(first.external_name),
            first.place,
            "add a world `imports` that only imports them: functions can be added to that one",
        )
