"""What a command works with: where it prints, where it caches, how much it says.

Only this package reads the environment; the library gets what is found here as arguments.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from wcompose.engine import Engine
    from wcompose.images import ImageCache
    from wcompose.progress import Reporter
    from wcompose.project import Project
    from wcompose.project.load import Places

CACHE_VARIABLE = "WCOMPOSE_CACHE"


@dataclass(frozen=True)
class Session:
    """One run of the command line.

    Attributes:
        quiet: say nothing but results and errors.
        verbose: say what is found on the way, and show our own tracebacks.
    """

    quiet: bool = False
    verbose: bool = False

    @cached_property
    def errors(self) -> Console:
        """Where everything goes that is not the command's result: standard error."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, markup=False, emoji=False)

    @cached_property
    def output(self) -> Console:
        """Where the command's result goes: standard output."""
        from rich.console import Console

        return Console(highlight=False, markup=False, emoji=False)

    @cached_property
    def cache_directory(self) -> Path:
        """The user's cache: ``WCOMPOSE_CACHE``, or the platform's place for caches."""
        if told := os.environ.get(CACHE_VARIABLE):
            return Path(told)
        from platformdirs import user_cache_path

        return user_cache_path("wcompose", appauthor=False)

    @cached_property
    def reporter(self) -> Reporter:
        """Tells progress on standard error: live lines in a terminal, plain ones elsewhere."""
        from wcompose.progress import SilentReporter

        if self.quiet:
            return SilentReporter()
        from wcompose.cli.progress import LiveReporter, PlainReporter

        if self.errors.is_terminal and not self.errors.is_dumb_terminal:
            return LiveReporter(self.errors, verbose=self.verbose)
        return PlainReporter(self.errors, verbose=self.verbose)

    def close(self) -> None:
        """Take the live lines off the terminal, however the command ended."""
        reporter = self.__dict__.get("reporter")
        if reporter is not None:
            close = getattr(reporter, "close", None)
            if close is not None:
                close()

    @cached_property
    def images(self) -> ImageCache:
        """The user's cache of machine-code images."""
        from wcompose.images import ImageCache

        return ImageCache(self.cache_directory / "images")

    def images_for(self, *, metering: bool, stack: int) -> ImageCache:
        """The same for an engine that may be another.

        Args:
            metering: whether it counts fuel.
            stack: bytes of stack that guests may use.

        Raises:
            UsageError: there is no such engine.
        """
        from wcompose.images import ImageCache
        from wcompose.native.configuration import EngineSettings

        settings = EngineSettings(metering=metering, stack=stack)
        if settings == EngineSettings():
            return self.images
        return ImageCache(self.cache_directory / "images", settings)

    @cached_property
    def engine(self) -> Engine:
        """The engine component."""
        from wcompose.engine import Engine

        return Engine(self.images)

    def _locate(self, file: str, text: str) -> Places:
        return self.engine.locate_toml(file, text)

    def load_project(self, start: Path) -> Project:
        """The project that ``start`` means.

        Raises:
            ProjectError: there is none, or it has problems.
        """
        from wcompose.project import find_project, load_project

        return load_project(find_project(start), self._locate)


def write_result(text: str) -> None:
    """Write a command's result to standard output as it is, without wrapping or colour.

    Raises:
        ToolFailure: it cannot be written; a reader that went away is none.
    """
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away, as `head` does; click would make a failure of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        from wcompose.errors import ToolFailure

        # What is left in the buffer would be tried once more, and fail once more, at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ToolFailure.of(
            "output-unwritable",
            "the result cannot be written to standard output",
            causes=[(error.strerror or str(error)).lower()],
        ) from None
