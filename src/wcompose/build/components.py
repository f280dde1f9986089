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
"""Built components that the cache keeps; the oldest go first."""


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
        self._cache = _usable(cache, project.state / "components")
        self._reporter = reporter
        self._cancelled = threading.Event()

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
            file = self._built(node, node.origin, digest, force=force)
        else:
            self._reporter.started(node.name, "reading")
            file = node.origin
        component = self._read(node, file)
        description = self._engine.describe(file)
        language = language_name(node.language) or language_of(description)
        if not isinstance(node.origin, PythonSource):
            self._reporter.finished(node.name, f"prebuilt, {size_words(component.size)}")
        return MadeComponent(node.name, component, language, _toolchain(description))

    def _read(self, node: NodeDeclaration, file: Path) -> Component:
        try:
            return read_component(self._engine, file)
        except ArtifactError as error:
            raise ArtifactError(
                [_with_item(finding, node.name) for finding in error.findings]
            ) from None

    def _built(
        self, node: NodeDeclaration, source: PythonSource, digest: str, *, force: bool
    ) -> Path:
        file = self._cache / f"{digest.removeprefix('sha256:')}.wasm"
        if not force and file.is_file():
            self._reporter.started(node.name, "reading")
            file.touch()
            self._reporter.finished(node.name, f"unchanged, {size_words(file.stat().st_size)}")
            return file
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
                    hint="run the build again",
                )
        self._reporter.finished(node.name, f"built, {size_words(file.stat().st_size)}")
        self._evict()
        return file

    def _evict(self) -> None:
        with contextlib.suppress(OSError):
            files = sorted(self._cache.glob("*.wasm"), key=lambda file: file.stat().st_mtime_ns)
            for file in files[:-KEPT]:
                file.unlink(missing_ok=True)


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
