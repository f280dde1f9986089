"""Components in one's own process: open them, make instances, call them.

The front door of the library; `wcompose` gives everything here by name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.errors import UsageError
from wcompose.images import ImageCache
from wcompose.native.configuration import STACK, EngineSettings, Profile
from wcompose.progress import Reporter, SilentReporter
from wcompose.runtime.component import Component

if TYPE_CHECKING:
    from wcompose.engine import Engine
    from wcompose.project import Project
    from wcompose.project.grants import GrantsDeclaration
    from wcompose.runtime.hosting.grants import Grants

USER_CACHE = "user"
"""Stands for the user's own cache directory, the one that the command line uses by default."""


class Runtime:
    """An engine, and a cache of machine code. Safe to use from many threads.

    Args:
        profile: what the engine is good at: `Profile.FAST`, or `Profile.DENSE` for very many small
            instances.
        cache: directory for machine code and for what building makes; ``USER_CACHE`` for the user's,
            none to keep nothing.
        metering: whether fuel is counted, so that `Limits.fuel` and `Usage.fuel` work; guests are up
            to a third slower then.
        stack: bytes of stack that guests may use.
        reporter: hears about compiling and building.
        warn: hears what this machine or release of wasmtime cannot do.
    """

    def __init__(
        self,
        profile: Profile = Profile.FAST,
        *,
        cache: Path | str | None = USER_CACHE,
        metering: bool = False,
        stack: int = STACK,
        reporter: Reporter | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = EngineSettings(profile, metering, stack)
        self._cache = _cache_directory(cache)
        self._reporter = reporter or SilentReporter()
        self._warn = warn

    @cached_property
    def images(self) -> ImageCache:
        """The cache of machine code."""
        directory = None if self._cache is None else self._cache / "images"
        return ImageCache(directory, self.settings, self._warn)

    @cached_property
    def _engine(self) -> Engine:
        from wcompose.engine import Engine

        directory = None if self._cache is None else self._cache / "images"
        return Engine(ImageCache(directory))

    def open(
        self,
        source: str | os.PathLike[str] | bytes,
        name: str = "component",
        *,
        by_node: bool = False,
    ) -> Component:
        """Open a component.

        Args:
            source: a component's file or bytes; or a project, its directory or ``wcompose.toml``,
                which is built first when it is stale.
            name: what errors call it, where the source is bytes.
            by_node: of a project, whether what its nodes write is told apart; see `OutputByNode`.

        Raises:
            ArtifactError: it is not a component that the runtime takes.
            UserError: the project cannot be built.
        """
        if isinstance(source, (bytes, bytearray, memoryview)):
            return Component(bytes(source), self.images, self._reporter, name)
        path = Path(source)
        if path.is_dir() or path.suffix == ".toml":
            path = self._build(path, by_node=by_node)
        return Component(path, self.images, self._reporter)

    def _build(self, path: Path, *, by_node: bool) -> Path:
        from wcompose.build import build_project
        from wcompose.build.gating import declared_grants
        from wcompose.build.pipeline import build_variant
        from wcompose.grants.decide import Recording

        if self._cache is None:
            raise UsageError.of(
                "cache-missing",
                f"`{path}` is a project, and building it needs a cache",
                hint="give the runtime one: `Runtime(cache=DIRECTORY)`",
            )
        project = self._project(path)
        result = build_project(
            project,
            engine=lambda: self._engine,
            images=lambda: ImageCache(self._cache and self._cache / "images"),
            cache=self._cache / "components",
            reporter=self._reporter,
        )
        if not by_node:
            return result.composition
        return build_variant(
            project,
            {name: _told_apart(each) for name, each in declared_grants(project).items()},
            Recording.NONE,
            engine=self._engine,
            cache=self._cache / "components",
            reporter=self._reporter,
        )

    def _project(self, path: Path) -> Project:
        from wcompose.project import find_project, load_project

        return load_project(find_project(path), self._engine.locate_toml)

    def project_grants(
        self, project: str | os.PathLike[str], offered: Grants, variables: Mapping[str, str]
    ) -> Grants:
        """What the host has to open for a project whose nodes have grants of their own.

        Args:
            project: its directory or ``wcompose.toml``.
            offered: arguments and streams that there are to give.
            variables: the environment that names are looked up in.

        Raises:
            ProjectError: the project file cannot be read.
        """
        from wcompose.build.gating import declared_grants
        from wcompose.runtime.hosting.shared import host_grants

        loaded = self._project(Path(project))
        return host_grants(declared_grants(loaded), offered, root=loaded.root, variables=variables)


def _told_apart(grants: GrantsDeclaration) -> GrantsDeclaration:
    """The same grants, with the host's streams under the node's name."""
    from wcompose.project.grants import StreamGrant, StreamKind

    def told_apart(stream: StreamGrant) -> StreamGrant:
        return StreamGrant(StreamKind.PREFIX) if stream.kind is StreamKind.INHERIT else stream

    return replace(grants, stdout=told_apart(grants.stdout), stderr=told_apart(grants.stderr))


def _cache_directory(cache: Path | str | None) -> Path | None:
    if cache is None or isinstance(cache, Path):
        return cache
    if cache != USER_CACHE:
        return Path(cache)
    from platformdirs import user_cache_path

    return user_cache_path("wcompose", appauthor=False)


@cache
def default_runtime() -> Runtime:
    """The runtime of `open_component`: the fast profile, with the user's cache."""
    return Runtime()


def open_component(source: str | os.PathLike[str] | bytes, name: str = "component") -> Component:
    """Open a component with the default runtime; see `Runtime.open`."""
    return default_runtime().open(source, name)
