"""Finding, in a directory, the components that fill what others import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.build.assembly import Part, label_of, read_parts
from wcompose.contract import names_match
from wcompose.errors import ArtifactError, UsageError
from wcompose.graph import Draft, Node, is_host_interface

if TYPE_CHECKING:
    from wcompose.engine import Engine

MOST_FILES = 1_000
"""Component files of one directory that are looked at."""


def add_found(
    nodes: Sequence[Node],
    directories: Iterable[Path],
    engine: Engine,
    *,
    output: Path | None = None,
) -> tuple[Node, ...]:
    """The nodes, and those from directories that export what they, or each other, import.

    A file is looked at for what it exports, not for its name. What no node needs stays out.

    Args:
        nodes: those that are there.
        directories: where ``.wasm`` files are looked for; not in directories below.
        engine: reads components.
        output: what will be written; an earlier one there is passed over.

    Raises:
        UsageError: a directory cannot be read, or holds too many files.
    """
    passed_over = [output] if output else []
    pool = _pool(nodes, directories, engine, passed_over)
    found = list(nodes)
    waiting = [*nodes]
    while waiting:
        node = waiting.pop(0)
        for name in node.imports:
            if is_host_interface(name) or _exporters(name, found):
                continue
            for candidate in _exporters(name, pool):
                pool.remove(candidate)
                found.append(candidate)
                waiting.append(candidate)
    return tuple(found)


def _exporters(name: str, nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if any(names_match(name, exported) for exported in node.exports)]


def without_idle(draft: Draft, named: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes of a draft without those that were found and turned out to be of no use.

    That is so where a stated edge, or a higher version, won over them.

    Args:
        draft: what planning came to with every node that was found.
        named: the nodes that were not found but named.
    """
    graph = draft.graph
    used = {node.name for node in named}
    used |= {
        candidate.exporter
        for choice in graph.choices
        if choice.is_open
        for candidate in choice.candidates
    }
    waiting = list(used)
    while waiting:
        importer = waiting.pop()
        for edge in graph.edges:
            if edge.importer == importer and edge.exporter not in used:
                used.add(edge.exporter)
                waiting.append(edge.exporter)
    return tuple(node for node in graph.nodes if node.name in used)


def _pool(
    nodes: Sequence[Node], directories: Iterable[Path], engine: Engine, passed_over: Iterable[Path]
) -> list[Node]:
    taken = {node.component.path.resolve() for node in nodes}
    taken |= {path.resolve() for path in passed_over}
    names = {node.name for node in nodes}
    pool: list[Node] = []
    for directory in directories:
        for file in _files(directory):
            label = label_of(file)
            if file.resolve() in taken or label is None:
                continue
            taken.add(file.resolve())
            try:
                (node,) = read_parts([Part(_free(label, names), file)], engine)
            except ArtifactError:
                continue  # a core module, or a contract: nothing to link
            names.add(node.name)
            pool.append(node)
    return pool


def _files(directory: Path) -> list[Path]:
    try:
        files = sorted(
            file for file in directory.iterdir() if file.suffix == ".wasm" and file.is_file()
        )
    except OSError as error:
        raise UsageError.of(
            "directory-unreadable",
            f"cannot look for components in `{directory}`",
            causes=[(error.strerror or str(error)).lower()],
            hint="name a directory with `.wasm` files",
        ) from None
    if len(files) > MOST_FILES:
        raise UsageError.of(
            "directory-too-large",
            f"`{directory}` has {len(files):,} `.wasm` files, more than {MOST_FILES:,}",
            hint="name the files that are meant",
        )
    return files


def _free(label: str, taken: set[str]) -> str:
    name, number = label, 2
    while name in taken:
        name, number = f"{label}-{number}", number + 1
    return name
