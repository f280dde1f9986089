"""Where things in a composed binary come from, followed through the borders of what is nested.

`Source` values are what the names in a binary stand for once every instance around them is known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class FromOutside:
    """An import of the whole, or a part of one."""

    name: str


@dataclass(frozen=True)
class FromNode:
    """An export of a node, or a part of one."""

    node: str
    export: str


@dataclass(frozen=True)
class Everything:
    """A whole node, taken as an instance: its exports under their own names."""

    node: str


@dataclass(frozen=True, eq=False)
class Bundle:
    """An instance put together from items."""

    items: Mapping[str, Source] = field(repr=False)


@dataclass(frozen=True)
class Own:
    """Something defined where it is named: a type, or a function lifted from core code."""


Source: TypeAlias = FromOutside | FromNode | Everything | Bundle | Own
Origin: TypeAlias = FromOutside | FromNode

OWN = Own()
ALL = "*"
"""Stands for all exports of a node, where it is not known which ones are meant."""


def item_of(source: Source, name: str) -> Source:
    """An item of an instance."""
    match source:
        case Bundle(items):
            return items.get(name, OWN)
        case Everything(node):
            return FromNode(node, name)
        case _:
            return source


def evaluate(
    json: Mapping[str, Any], imports: Mapping[str, Source], instances: Sequence[Source]
) -> Source:
    """What a ``SOURCE`` stands for; see `wcompose.picture.of_binary` for the form.

    Args:
        json: the source.
        imports: what fills the imports of the component that it stands in.
        instances: the instances in it that were made before.
    """
    match json["kind"]:
        case "import":
            source = imports.get(json["name"], OWN)
            return item_of(source, json["item"]) if json.get("item") else source
        case "export":
            return item_of(instances[json["instance"]], json["name"])
        case "instance":
            instance: Source = instances[json["instance"]]
            return instance
        case "bundle":
            return Bundle(
                {
                    each["name"]: evaluate(each["source"], imports, instances)
                    for each in json["items"]
                }
            )
        case _:
            return OWN


def origins(source: Source | None, wanted: Collection[str] = ()) -> tuple[Origin, ...]:
    """Where the parts of a source come from, each once; nothing when it is made of own types alone.

    Args:
        source: the source, none for an import that nothing fills.
        wanted: names of the items that count, where the source is an instance; all items when none of
            these is there. An interface's functions tell where it is from; its types may be anybody's.
    """
    if source is None:
        return ()
    if isinstance(source, Everything):
        return tuple(FromNode(source.node, name) for name in wanted or (ALL,))
    if isinstance(source, Bundle) and wanted:
        chosen = {name: source.items[name] for name in wanted if name in source.items}
        if found := tuple(dict.fromkeys(_flat(Bundle(chosen), set()))):
            return found
    return tuple(dict.fromkeys(_flat(source, set())))


def trace(source: Source, replace: Callable[[], Source]) -> Source:
    """The source, or what ``replace`` gives where it is made of own things alone."""
    return source if next(_flat(source, set()), None) is not None else replace()


def _flat(source: Source, seen: set[int]) -> Iterator[Origin]:
    # One instance may be reached in exponentially many ways, so each is entered once.
    if isinstance(source, Bundle):
        if id(source) in seen:
            return
        seen.add(id(source))
        for item in source.items.values():
            yield from _flat(item, seen)
    elif isinstance(source, Everything):
        yield FromNode(source.node, ALL)
    elif isinstance(source, FromOutside | FromNode):
        yield source
