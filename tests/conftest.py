"""What tests share: one cache of compiled components, the engine, the flagship, the command itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from support import CACHE, REPOSITORY, Command, only_one

from wcompose.engine import Engine
from wcompose.images import ImageCache

# The same examples every time, so that a change fails for what it changes; machines are shared, so
# none has a deadline. `pytest --hypothesis-profile explore` looks further.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def images() -> ImageCache:
    return ImageCache(CACHE / "images")


@pytest.fixture(scope="session")
def engine(images: ImageCache) -> Engine:
    return Engine(images)


@pytest.fixture(scope="session")
def command() -> Command:
    """Runs the command line in a process of its own, as a person would."""

    def run(
        *arguments: str | Path,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        stdin: str = "",
        timeout: float = 600,
    ) -> subprocess.CompletedProcess[str]:
        variables = {
            key: value
            for key, value in os.environ.items()
            if key not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}
        }
        variables |= {"WCOMPOSE_CACHE": str(CACHE), "TERM": "dumb", **(env or {})}
        return subprocess.run(
            [sys.executable, "-m", "wcompose", *map(str, arguments)],
            cwd=cwd,
            env=variables,
            input=stdin,
            text=True,
            capture_output=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def flagship(command: Command) -> Path:
    """The composition that `wcompose build` makes of this repository."""
    with only_one("flagship"):
        result = command("build", REPOSITORY)
    assert result.returncode == 0, result.stderr
    return REPOSITORY / "build" / "digits.wasm"
