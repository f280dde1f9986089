"""A node's requirements: installed once for each content, pure Python only."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

from wcompose.build.python.pip_words import refusal
from wcompose.build.python.process import run_child
from wcompose.build.python.requirements import index_options, loose, read_requirements
from wcompose.build.python.wording import listed
from wcompose.errors import BuildError
from wcompose.files import scratch_directory
from wcompose.progress import Reporter
from wcompose.report import Place

PYTHON_VERSION = "3.14"
"""The language version that components made by componentize-py speak."""
INSTALL_TIMEOUT = 600.0
"""Seconds that an installation may take."""
_QUESTION_TIMEOUT = 60.0

_MAGIC = b"\0asm"
_NATIVE_SUFFIXES = frozenset({".so", ".pyd", ".dylib", ".dll"})


def install_requirements(
    file: Path,
    node: str,
    cache: Path,
    reporter: Reporter,
    cancelled: threading.Event | None,
) -> Path:
    """Install a node's requirements, or find them installed.

    The network is used only when this very list of requirements was never installed before.

    Args:
        file: the requirements file.
        node: name of the node.
        cache: directory that keeps installations.
        reporter: hears about it.
        cancelled: set when the result is no longer wanted.

    Returns:
        A directory for the module search path.

    Raises:
        BuildError: a requirement cannot be had or is not pure Python, or the network is away.
    """
    lines = read_requirements(file, node)
    texts = (PYTHON_VERSION, *(line.text for line in lines))
    installed = cache / hashlib.sha256("\n".join(texts).encode()).hexdigest()
    if installed.is_dir():
        return installed
    if unpinned := loose(lines):
        reporter.note(
            node,
            f"not pinned to a version: {listed(unpinned)}; the component depends on the day it is "
            "built (pin with `==`)",
        )
    if find_spec("pip") is None:
        raise BuildError.of(
            "pip-missing",
            f"pip is needed to install the requirements of `{node}`",
            place=Place(str(file), item=node),
            hint="run `python -m ensurepip`, or copy the packages into the node's directory",
        )
    reporter.started(node, "installing its requirements from the package index")
    cache.mkdir(parents=True, exist_ok=True)
    with scratch_directory(cache) as work:
        target = work / "packages"

        def run_pip(arguments: list[str], timeout: float) -> tuple[int, str]:
            return run_child(
                [sys.executable, str(_installer()), str(os.getpid()), *arguments],
                work,
                node=node,
                doing="installing its requirements",
                timeout=timeout,
                cancelled=cancelled,
            )

        code, output = run_pip(_install_arguments(file, target), INSTALL_TIMEOUT)
        if code != 0:

            def is_known(name: str) -> bool:
                question = ["index", "versions", "--no-input", *index_options(lines), name]
                return "--no-index" in question or run_pip(question, _QUESTION_TIMEOUT)[0] == 0

            raise BuildError([refusal(output, file, node, lines, is_known)])
        _tidy(target)
        _check_pure(target, file, node)
        try:
            target.rename(installed)
        except OSError:  # another process was faster
            if not installed.is_dir():
                raise
    return installed


def _installer() -> Path:
    return Path(__file__).with_name("installer.py")


def _install_arguments(file: Path, target: Path) -> list[str]:
    return [
        *("install", "--quiet", "--no-input", "--disable-pip-version-check"),
        *("--target", str(target), "--no-compile", "--retries", "1"),
        # A wheel for any platform is pure Python.
        *("--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none"),
        *("--python-version", PYTHON_VERSION, "--requirement", str(file.resolve())),
    ]


def _tidy(target: Path) -> None:
    """Remove what differs from machine to machine, and set times that do not depend on the day."""
    target.mkdir(exist_ok=True)
    shutil.rmtree(target / "bin", ignore_errors=True)
    for path in sorted(target.rglob("*"), reverse=True):
        if path.name in {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}:
            path.unlink()
        elif path.is_file():
            os.utime(path, (315_532_800, 315_532_800))


def _check_pure(target: Path, file: Path, node: str) -> None:
    native = []
    for path in sorted(target.rglob("*")):
        if path.suffix in _NATIVE_SUFFIXES and path.is_file():
            with path.open("rb") as stream:
                if stream.read(len(_MAGIC)) != _MAGIC:
                    native.append(path.relative_to(target))
    if native:
        raise BuildError.of(
            "native-requirement",
            f"a requirement of `{node}` brings native code for this machine",
            place=Place(str(file), item=node),
            causes=[f"`{path.as_posix()}`" for path in native],
            hint="native code cannot run in a component; look for a package in Python only",
        )
