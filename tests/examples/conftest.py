"""The example's host, started for each test, and its plugin in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from plugins_support import EXAMPLE, Service, client_of, host
from support import Command, only_one


@pytest.fixture(scope="session")
def summary(command: Command) -> Path:
    """The plugin in Python, as `wcompose build` makes it."""
    with only_one("paperflow-summary"):
        result = command("build", EXAMPLE)
    assert result.returncode == 0, result.stderr
    return EXAMPLE / "build" / "summary.wasm"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts a host in a directory of the test's own; a second one goes on where the first ended."""
    with ExitStack() as running:

        def begin(*arguments: Any, **more: Any) -> Service:
            running.close()
            served = host(tmp_path, *arguments, **more)
            client = running.enter_context(client_of(served))
            return Service(client, served.places)

        yield begin


@pytest.fixture
def service(start: Callable[..., Service]) -> Service:
    """A host with the example's settings."""
    return start()
