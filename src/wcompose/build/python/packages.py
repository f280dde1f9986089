"""A node's requirements: installed once for each content, pure Python only."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path

from wcompose.build.python.process import run_child
from wcompose.errors import BuildError
from wcompose.progress import Reporter
from wcompose.report import Finding, Place

PYTHON_VERSION = "3.14"
"""The language version that components made by componentize-py speak."""
INSTALL_TIMEOUT = 600.0
"""Seconds that an installation may take."""

_INCLUDE = re.compile(r"^(?:-r|-c|--requirement|--constraint)(?:\s+|=)(?P<file>.+)$")
_LOCAL = re.compile(r"^(?:-e\b|--editable\b|\.{0,2}/|\.{1,2}$|file:|[^#]*@\s*file:)")
_PINNED = re.compile(r"^[^=<>!~;@]+(?:===?)[^*,]+(?:;.*)?$|@")
_MAGIC = b"\0asm"
_NATIVE_SUFFIXES = frozenset({".so", ".pyd", ".dylib", ".dll"})
_OFFLINE = re.compile(
    r"Failed to establish a new connection|Temporary failure in name resolution|"
    r"NameResolutionError|ConnectTimeoutError|Network is unreachable|Could not fetch URL|"
    r"getaddrinfo failed|Connection refused"
)
_NO_MATCH = re.compile(r"No matching distribution found for (?P<requirement>[^\n]+)")


def requirement_lines(file: Path, node: str) -> tuple[str, ...]:
    """The lines of a requirements file and of those that it includes, without comments.

    Args:
        file: the requirements file.
        node: name of the node, for findings.

    Raises:
        BuildError: a file cannot be read, or a line names a path, whose content nobody watches.
    """
    findings: list[Finding] = []
    lines = tuple(_lines(file, node, findings, (file.resolve(),)))
    if findings:
        raise BuildError(findings)
    return lines


def _lines(file: Path, node: str, findings: list[Finding], above: tuple[Path, ...]) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        findings.append(
            Finding(
                "requirements-unreadable",
                f"the requirements of `{node}` cannot be read",
                Place(str(file), item=node),
                causes=(reason.lower(),),
                hint="correct or remove `requirements` in `wcompose.toml`",
            )
        )
        return []
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        wanted = re.sub(r"(^|\s)#.*$", "", line).strip()
        if not wanted:
            continue
        place = Place(str(file), number, 1, len(line) + 1, node, line)
        if _LOCAL.match(wanted):
            findings.append(
                Finding(
                    "local-requirement",
                    f"`{wanted}` is a path, so the build could not tell when it changes",
                    place,
                    hint="copy the package into the source directory of the node",
                )
            )
            continue
        lines.append(wanted)
        if include := _INCLUDE.match(wanted):
            other = file.parent / include["file"].strip()
            if other.resolve() not in above:
                lines += _lines(other, node, findings, (*above, other.resolve()))
    return lines


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
    lines = requirement_lines(file, node)
    key = hashlib.sha256("\n".join((PYTHON_VERSION, *lines)).encode()).hexdigest()
    installed = cache / key
    if installed.is_dir():
        return installed
    loose = [line for line in lines if not line.startswith("-") and not _PINNED.match(line)]
    if loose:
        reporter.note(
            node,
            f"not pinned to a version: {', '.join(f'`{line}`' for line in loose)}; the component "
            "depends on the day it is built (pin with `==`)",
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
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=cache) as work:
        target = Path(work, "packages")
        code, output = run_child(
            _pip_command(file, target),
            Path(work),
            node=node,
            doing="installing its requirements",
            timeout=INSTALL_TIMEOUT,
            cancelled=cancelled,
        )
        if code != 0:
            raise BuildError([_refusal(output, file, node)])
        _tidy(target)
        _check_pure(target, file, node)
        try:
            target.rename(installed)
        except OSError:  # another process was faster
            if not installed.is_dir():
                raise
    return installed


def _pip_command(file: Path, target: Path) -> list[str]:
    return [
        sys.executable,
        *("-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"),
        *("--target", str(target), "--no-compile", "--retries", "1"),
        # A wheel for any platform is pure Python.
        *("--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none"),
        *("--python-version", PYTHON_VERSION, "--requirement", str(file.resolve())),
    ]


def _refusal(output: str, file: Path, node: str) -> Finding:
    place = Place(str(file), item=node)
    causes = tuple(
        line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR: ")
    )
    if _OFFLINE.search(output):
        return Finding(
            "package-index-unreachable",
            f"the requirements of `{node}` are not installed yet and the package index cannot be "
            "reached",
            place,
            causes=causes[-1:],
            hint="build once with a network, or copy the packages into the node's directory",
        )
    if found := _NO_MATCH.search(output):
        return Finding(
            "requirement-not-found",
            f"there is no pure Python wheel for `{found['requirement'].strip()}`",
            place,
            causes=causes,
            hint="native code for this machine cannot run in a component; look for the version, or "
            "for a package written in Python only",
        )
    return Finding(
        "requirements-failed",
        f"pip could not install the requirements of `{node}`",
        place,
        causes=causes or (output,),
    )


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
