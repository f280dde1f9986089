"""A process of its own for each attempt to kill it.

A killer is a function of a `killers_*` module: it tries what kills a process that calls the runtime
without care, and holds that an exception came of it. Whether the process lived is told by its exit code
and by what it says last, after it called another component.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any

import wcompose

HERE = Path(__file__).parent
TIMEOUT = 120
"""Seconds until a child counts as hanging: machines are shared."""
LAST_WORDS = "alive and well\n"

Killer = Callable[["Scene"], None]


class Scene:
    """What killers use: one runtime, and guests by their names.

    Attributes:
        runtime: the runtime.
        room: a directory of this killer's own.
    """

    def __init__(self, room: Path) -> None:
        from support import CACHE

        self.room = room
        self.cache = CACHE
        self.runtime = wcompose.Runtime(cache=self.cache)
        self._components: dict[str, Any] = {}

    def component(self, name: str) -> Any:
        """A guest of `guests.py`, or one made from component text."""
        from guests import guest

        if name not in self._components:
            self._components[name] = self.runtime.open(guest(name))
        return self._components[name]

    def text(self, text: str) -> Any:
        """A component from its text."""
        import wasmtime

        return self.runtime.open(bytes(wasmtime.wat2wasm(text)), name="text")

    def make(self, name: str, **options: Any) -> Any:
        """An instance of a guest."""
        return self.component(name).instantiate(**options)

    def echo(self) -> Any:
        """An instance that gives values back and owns counters."""
        return self.make("echo-rust")


@contextmanager
def raises(*kinds: type[BaseException]) -> Iterator[list[BaseException]]:
    """Hold that a block raises one of these, and nothing else; gives a list that it is put into."""
    caught: list[BaseException] = []
    try:
        yield caught
    except kinds as error:
        caught.append(error)
        return
    names = " or ".join(kind.__name__ for kind in kinds)
    raise AssertionError(f"nothing was raised where {names} should have been")


def in_thread(work: Callable[[], Any], *, stack: int = 0) -> Any:
    """Do something in a thread with a stack of that many bytes; gives or raises what it did."""
    import threading

    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append((work(), None))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised again
            outcome.append((None, error))

    before = threading.stack_size(stack)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def check_alive(scene: Scene) -> None:
    """The process goes on: a component that had no part in it answers."""
    with scene.make("cell") as cell:
        assert cell.call("add", 40, 2) == 42


def run_killer(
    module: str, name: str, room: Path, *, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a killer in a process of its own."""
    variables = {**os.environ, **(variables or {})}
    paths = [str(HERE), str(HERE.parent), *filter(None, [variables.get("PYTHONPATH")])]
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", str(HERE / "killing.py"), module, name, str(room)],
        # Python fills what it frees with a pattern, so that whoever reads it afterwards is found out.
        env={**variables, "PYTHONPATH": os.pathsep.join(paths), "PYTHONMALLOC": "debug"},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT,
        check=False,
        cwd=room,
    )


def killers_of(module: str) -> list[str]:
    """Names of the killers in a module."""
    found = importlib.import_module(module)
    return [
        name
        for name, value in vars(found).items()
        if isinstance(value, FunctionType)
        and value.__module__ == module
        and value.__code__.co_varnames[: value.__code__.co_argcount] == ("scene",)
    ]


def check_killer(
    module: str, name: str, room: Path, *, variables: Mapping[str, str] | None = None
) -> None:
    """Run a killer, and hold that its process lived and complained of nothing."""
    done = run_killer(module, name, room, variables=variables)
    told = f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, told
    assert done.stdout.endswith(LAST_WORDS), told
    for word in ("Exception ignored", "panicked", "Fatal Python error", "Traceback"):
        assert word not in done.stderr, told


def main() -> None:
    """Run the killer that the command line names."""
    faulthandler.dump_traceback_later(TIMEOUT - 20, exit=True)
    _, module, name, room = sys.argv
    scene = Scene(Path(room))
    getattr(importlib.import_module(module), name)(scene)
    check_alive(scene)
    sys.stdout.write(LAST_WORDS)


if __name__ == "__main__":
    main()
