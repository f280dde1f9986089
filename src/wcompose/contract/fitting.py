"""Whether a component may stand where a world is wanted.

A component must export all that the world exports and may export more; it may import less than the
world imports and nothing else (Explainer.md, "Type Checking"). So an export is compared as the
world expects it, and an import as the component expects it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from wcompose.contract.compare import compare_extern
from wcompose.contract.mismatch import Mismatch
from wcompose.contract.model import Extern, FunctionExtern, World
from wcompose.contract.names import parse_item_name
from wcompose.contract.text import extern_text, function_text
from wcompose.report import Finding, Place
from wcompose.suggest import did_you_mean


def fits_world(
    component: World,
    wanted: World,
    *,
    subject: str = "the component",
    ambient: Callable[[str], bool] = lambda _: False,
) -> tuple[Finding, ...]:
    """Everything that keeps a component from standing where a world is wanted.

    Args:
        component: what the component really imports and exports.
        wanted: the world.
        subject: what to call the component.
        ambient: tells names that it may import whatever the world says, such as WASI's, which
            every Python and Go component imports.

    Returns:
        Findings of the rules ``world-export-missing``, ``world-export-type``,
        ``world-import-extra`` and ``world-import-type``, each at its place in the world.
    """
    told: dict[object, Finding] = {}
    for cause, finding in (
        *_exports(component, wanted, subject),
        *_imports(component, wanted, subject, ambient),
    ):
        told.setdefault(cause, finding)
    return tuple(told.values())


def _exports(component: World, wanted: World, subject: str) -> Iterable[tuple[object, Finding]]:
    for name, extern in wanted.exports.items():
        found = _matching(name, component.exports)
        if found is None:
            yield (
                ("export", name),
                Finding(
                    "world-export-missing",
                    f"`{subject}` lacks the export `{name}` that world `{wanted.name}` asks for",
                    replace(extern.place, item=f"{subject}:{name}"),
                    causes=(f"expected `{extern_text(extern)}`",),
                    hint=_near(name, component.exports)
                    or f"`{subject}` exports {_listed(component.exports) or 'nothing'}",
                ),
            )
            continue
        for mismatch in compare_extern(extern, component.exports[found]):
            place = _place(mismatch.expected_place, extern.place, subject, name, mismatch)
            sides = _sides(mismatch.expected, mismatch.actual)
            yield (
                (mismatch.kind, _where(place), sides),
                Finding(
                    "world-export-type",
                    f"export `{name}` of `{subject}` differs from world `{wanted.name}`: "
                    f"{mismatch.message}",
                    place,
                    causes=sides,
                    hint=f"build `{subject}` from this contract again",
                    related=_related(mismatch.actual_place),
                ),
            )


def _imports(
    component: World, wanted: World, subject: str, ambient: Callable[[str], bool]
) -> Iterable[tuple[object, Finding]]:
    for name, extern in component.imports.items():
        found = _matching(name, wanted.imports)
        if found is None:
            if not ambient(name):
                yield (
                    ("import", name),
                    Finding(
                        "world-import-extra",
                        f"`{subject}` imports `{name}`, which world `{wanted.name}` does not",
                        replace(wanted.place, item=f"{subject}:{name}"),
                        causes=(f"found `{extern_text(extern)}`",),
                        hint=_near(name, wanted.imports)
                        or f"write `{_import_text(name, extern)}` into the world, or build "
                        "without it",
                    ),
                )
            continue
        given = wanted.imports[found]
        for mismatch in compare_extern(extern, given):
            place = _place(mismatch.actual_place, given.place, subject, name, mismatch)
            sides = _sides(mismatch.actual, mismatch.expected)
            yield (
                (mismatch.kind, _where(place), sides),
                Finding(
                    "world-import-type",
                    f"import `{name}` of `{subject}` asks for what world `{wanted.name}` does not "
                    f"give: {mismatch.message}",
                    place,
                    causes=sides,
                    hint=f"build `{subject}` from this contract again",
                    related=_related(mismatch.expected_place),
                ),
            )


def _matching(name: str, items: Mapping[str, Extern]) -> str | None:
    """The name among ``items`` that is the same, or else the highest on its version track."""
    if name in items:
        return name
    item = parse_item_name(name)
    if item is None:
        return None
    matches = [
        (other.version_rank(), each)
        for each in items
        if (other := parse_item_name(each)) is not None and item.matches(other)
    ]
    return max(matches)[1] if matches else None


def _near(name: str, names: Iterable[str]) -> str:
    """What to say about names that nearly match: another version track, or a misspelt name."""
    item = parse_item_name(name)
    if item is None:
        return did_you_mean(name, [each for each in names if parse_item_name(each) is None])
    items = [(each, other) for each in names if (other := parse_item_name(each)) is not None]
    same = [each for each, other in items if item.same_interface(other)]
    if same:
        return (
            f"there is {_listed(same)}: versions of different tracks never link, so bring both "
            "to one"
        )
    # The rest of the name is mostly equal, which says nothing.
    package = (item.namespace, item.package)
    return did_you_mean(
        item.interface,
        [other.interface for _, other in items if (other.namespace, other.package) == package],
    )


def _place(place: Place, of_extern: Place, subject: str, name: str, mismatch: Mismatch) -> Place:
    # The path in a function of its own begins with its name already.
    path = f".{mismatch.path}" if mismatch.path else ""
    if path == f".{name}" or path.startswith(f".{name}."):
        path = path.removeprefix(f".{name}")
    return replace(place if place.file else of_extern, item=f"{subject}:{name}{path}")


def _where(place: Place) -> tuple[object, ...]:
    """What tells one difference from another: where it is written, or else the item's path.

    A difference in a type reaches every import and export that knows the type, and is told once.
    """
    return (place.file, place.line, place.column) if place.file else (place.item,)


def _import_text(name: str, extern: Extern) -> str:
    if isinstance(extern, FunctionExtern):
        return f"import {name}: {function_text(extern.function)};"
    return f"import {name};"


def _sides(wanted: str, found: str) -> tuple[str, ...]:
    """What the world says and what the component has."""
    return tuple(
        f"{word} `{text}`" for word, text in (("world:", wanted), ("component:", found)) if text
    )


def _related(place: Place) -> tuple[tuple[str, Place], ...]:
    return (("the component's own contract", place),) if place.file else ()


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
