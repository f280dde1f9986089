"""Runs componentize-py in a child process, bounded in time and never outliving us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wcompose.errors import BuildError, ToolFailure
from wcompose.report import Place

OUTPUT_LIMIT = 64 << 10
"""Bytes of a child's output that are looked at."""
_POLL = 0.1  # seconds between two looks at the child and at whether it is still wanted


@dataclass(frozen=True)
class Failure:
    """componentize-py said no.

    Attributes:
        text: what it said.
        is_panic: whether it broke down instead of refusing.
    """

    text: str
    is_panic: bool


def call_componentize(
    request: Mapping[str, Any],
    work: Path,
    *,
    node: str,
    timeout: float,
    cancelled: threading.Event | None,
) -> Failure | None:
    """Call componentize-py in a child process.

    Args:
        request: what `wcompose.build.python.driver` is to do.
        work: an empty directory for the exchange; its ``temporary`` takes all temporary files, so
            that nothing is left behind when the child is killed.
        node: name of the node, for errors.
        timeout: seconds after which the child is killed.
        cancelled: set when the result is no longer wanted.

    Returns:
        Nothing when all went well, else what componentize-py said.

    Raises:
        BuildError: the time is up, or the build was cancelled.
        ToolFailure: componentize-py is not installed, or the child was killed from outside.
    """
    temporary = work / "temporary"
    temporary.mkdir()
    whole = {
        **request,
        "temporary": str(temporary),
        "parent": os.getpid(),
        "packages": _packages_directory(),
    }
    (work / "request.json").write_text(json.dumps(whole), encoding="utf-8")
    driver = Path(__file__).with_name("driver.py")
    code, output = run_child(
        [sys.executable, "-I", str(driver), str(work)],
        work,
        node=node,
        doing="importing it",
        timeout=timeout,
        cancelled=cancelled,
    )
    if code == 0:
        return None
    try:
        answer = json.loads((work / "answer.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        answer = {}
    if error := answer.get("error"):
        return Failure(str(error), is_panic=False)
    if code < 0:
        raise ToolFailure.of(
            "builder-killed",
            f"the build of `{node}` was killed by signal {-code}",
            place=Place(item=node),
            hint="if memory was short, give the machine more or build fewer components at once",
        )
    return Failure(output or str(answer.get("panic", "")) or f"exit code {code}", is_panic=True)


def run_child(
    command: list[str],
    work: Path,
    *,
    node: str,
    doing: str,
    timeout: float,
    cancelled: threading.Event | None,
) -> tuple[int, str]:
    """Run a program to its end, or kill it when the time is up or nobody waits for it any more.

    Args:
        command: the program and its arguments.
        work: its working directory, where its output is kept meanwhile.
        node: name of the node it works for.
        doing: what takes the time if it takes too long.
        timeout: seconds after which it is killed.
        cancelled: set when the result is no longer wanted.

    Returns:
        Its exit code, negative for a signal, and the end of what it printed.

    Raises:
        BuildError: the time is up, or the build was cancelled.
    """
    deadline = time.monotonic() + timeout
    log = work / "output.txt"
    with log.open("wb") as stream:
        child = subprocess.Popen(
            command, cwd=work, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT
        )
        try:
            while True:
                try:
                    code = child.wait(_POLL)
                    break
                except subprocess.TimeoutExpired:
                    pass
                if cancelled is not None and cancelled.is_set():
                    raise BuildError.of(
                        "build-cancelled",
                        f"the build of `{node}` was cancelled",
                        place=Place(item=node),
                    )
                if time.monotonic() > deadline:
                    raise BuildError.of(
                        "build-too-slow",
                        f"the build of `{node}` took more than {timeout:g} seconds",
                        place=Place(item=node),
                        causes=[f"{doing} did not come to an end"],
                        hint="look for a loop or a heavy computation at the top of its modules",
                    )
        finally:
            # Whatever happened, an interrupt included: no orphan.
            if child.poll() is None:
                child.kill()
                child.wait()
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - OUTPUT_LIMIT))
        return code, stream.read().decode(errors="replace").strip()


def _packages_directory() -> str:
    """Where componentize-py is installed; an isolated interpreter may not look there by itself."""
    spec = find_spec("componentize_py")
    if spec is None or spec.origin is None:
        raise ToolFailure.of(
            "componentize-py-missing",
            "componentize-py is not installed, so no Python component can be built",
            hint="run `python -m pip install componentize-py`",
        )
    return str(Path(spec.origin).parent.parent)
