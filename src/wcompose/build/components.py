"""Each node's component: taken as it is, or built from source once for each content."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wcompose.build.inputs import python_node
from wcompose.build.outputs import telling_what_is_in_the_way
from wcompose.build.python import build_python
from wcompose.errors import ArtifactError, BuildError
from wcompose.files import atomic_output
from wcompose.graph import Component
from wcompose.graph.compose import read_component
from wcompose.picture.card import size_words
from wcompose.picture.languages import language_name, language_of
from wcompose.progress import Reporter
from wcompose.project import NodeDeclaration, Project, PythonSource
from wcompose.report import Place

if TYPE_CHECKING:
    from wcompose.engine import Engine

KEPT = 32
"""Built components that the cache keeps; those that were not used for the longest time go first."""
IN_USE = 3600.0
"""Seconds after its last use in which a component is not removed, for builds that are under way."""


@dataclass(frozen=True)
class MadeComponent:
    """A node's component, and how it was made.

    Attributes:
        name: the node.
        component: the binary and its world.
        language: as the project says, or as the binary tells, in the words that people write.
        toolchain: tools that made it, each with its version.
    """

    name: str
    component: Component
    language: str
    toolchain: tuple[str, ...]


class ComponentMaker:
    """Makes the components of one build. Its methods may be called from several threads."""

    def __init__(self, project: Project, engine: Engine, cache: Path, reporter: Reporter) -> None:
        self._project = project
        self._engine = engine
        own = project.state / "components"
        self._cache = _usable(cache, own)
        self._caches = (cache, own)  # one that cannot be written to can still be read
        self._reporter = reporter
        self._cancelled = threading.Event()
        self._turns: dict[str, threading.Lock] = {}
        self._made: set[str] = set()

    def cancel(self) -> None:
        """Make builds that are under way end soon."""
        self._cancelled.set()

    def make(self, node: NodeDeclaration, digest: str, *, force: bool) -> MadeComponent:
        """Make one node's component.

        Args:
            node: the node.
            digest: digest of what it is made from.
            force: build it even if it was built from the same before.

        Raises:
            UserError: with every finding about it.
        """
        if isinstance(node.origin, PythonSource):
            component = self._from_source(node, node.origin, digest, force=force)
        else:
            self._reporter.started(node.name, "reading")
            component = self._read(node, node.origin)
            self._reporter.finished(node.name, f"prebuilt, {size_words(component.size)}")
        description = self._engine.describe(component.path)
        language = language_name(node.language) or language_of(description)
        return MadeComponent(node.name, component, language, _toolchain(description))

    def _from_source(
        self, node: NodeDeclaration, source: PythonSource, digest: str, *, force: bool
    ) -> Component:
        with self._turns.setdefault(digest, threading.Lock()):  # nodes of one content are made once
            if not force or digest in self._made:
                for cache in self._caches:
                    if (component := self._cached(node, _file_in(cache, digest))) is not None:
                        return component
            file = self._built(node, source, digest)
            self._made.add(digest)
            return self._read(node, file)

    def _cached(self, node: NodeDeclaration, file: Path) -> Component | None:
        """A component that was built earlier; none when there is none, or what is there is damaged."""
        if not file.is_file():
            return None
        self._reporter.started(node.name, "reading")
        with contextlib.suppress(OSError):
            file.touch()
        try:
            component = read_component(self._engine, file)
        except ArtifactError:
            self._reporter.note(node.name, f"`{file}` is damaged, so it is built anew")
            return None
        self._reporter.finished(node.name, f"unchanged, {size_words(component.size)}")
        return component

    def _read(self, node: NodeDeclaration, file: Path) -> Component:
        try:
            return read_component(self._engine, file)
        except ArtifactError as error:
            raise ArtifactError(
                [_with_item(finding, node.name) for finding in error.findings]
            ) from None

    def _built(self, node: NodeDeclaration, source: PythonSource, digest: str) -> Path:
        file = _file_in(self._cache, digest)
        self._reporter.started(node.name, "building with componentize-py")
        with telling_what_is_in_the_way(file), atomic_output(file) as temporary:
            built = build_python(
                python_node(self._project, node, source),
                temporary,
                self._reporter,
                packages=self._cache / "packages",
                cancelled=self._cancelled,
            )
            if built != digest:
                raise BuildError.of(
                    "source-changed",
                    f"the source of `{node.name}` changed while it was built",
                    place=Place(str(source.directory), item=node.name),
                    hint="build again",
                )
        self._reporter.finished(node.name, f"built, {size_words(file.stat().st_size)}")
        self._evict()
        return file

    def _evict(self) -> None:
        """Remove what was not used for long, but nothing that a build of these minutes may need."""
        with contextlib.suppress(OSError):
            used = {file: file.stat().st_mtime for file in self._cache.glob("*.wasm")}
            newest = max(used.values(), default=0.0)
            for file in sorted(used, key=lambda file: used[file])[:-KEPT]:
                if newest - used[file] > IN_USE:
                    file.unlink(missing_ok=True)


def _file_in(cache: Path, digest: str) -> Path:
    return cache / f"{digest.removeprefix('sha256:')}.wasm"


def _usable(preferred: Path, fallback: Path) -> Path:
    """The user's cache, or a directory of the project's where a home cannot be written to."""
    for directory in (preferred, fallback):
        try:
            directory.mkdir(parents=True, exist_ok=True)
            probe = directory / ".probe"
            probe.touch()
            probe.unlink(missing_ok=True)
        except OSError:
            continue
        return directory
    return fallback


def _with_item(finding: Any, item: str) -> Any:
    from dataclasses import replace

    place = finding.place
    return replace(finding, place=Place(place.file, item=item)) if not place.item else finding


def _toolchain(description: dict[str, Any]) -> tuple[str, ...]:
    """The tools that made a binary, from the producers sections of everything nested in it."""
    tools: dict[str, None] = {}
    for part in _parts(description):
        producers = part.get("producers") or {}
        for field in ("processed-by", "sdk"):
            for name, version in producers.get(field, {}).items():
                tools[f"{name} {version}".strip()] = None
    return tuple(sorted(tools))


def _parts(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield description
    for child in description.get("children", ()):
        yield from _parts(child)
