"""Where a project is: from a path that a user gives to its `wcompose.toml`."""

from __future__ import annotations

from pathlib import Path

from wcompose.errors import ProjectError
from wcompose.report import Place

PROJECT_FILE = "wcompose.toml"
_NEAR = 400
"""Files of a directory that are looked at for one with nearly the right name."""


def find_project(start: Path) -> Path:
    """The project file that ``start`` means: itself, in it, or in the nearest directory above.

    Args:
        start: a project file or a directory.

    Raises:
        ProjectError: there is none; says where it was looked for, or what stands in its place.
    """
    try:
        if start.is_file():
            return _told_apart(start)
        is_there, is_directory = start.exists() or start.is_symlink(), start.is_dir()
        absolute = start.resolve() if is_directory else start
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _missing(f"`{start}` cannot be looked up", reason.lower()) from None
    if not is_there:
        raise _missing(f"`{start}` does not exist")
    if not is_directory:
        raise _missing(f"`{start}` is {_what(start)}")
    for directory in (absolute, *absolute.parents):
        candidate = directory / PROJECT_FILE
        shown = start / PROJECT_FILE if directory == absolute else candidate
        if candidate.is_file():
            return shown
        if candidate.is_symlink() or candidate.exists():
            raise ProjectError.of(
                "project-missing",
                f"`{shown}` is {_what(candidate)}",
                place=Place(str(shown)),
                hint=f"put a file with `[project]` in its place, or name the project: "
                f"`… PATH/{PROJECT_FILE}`",
            )
    near = _near(absolute)
    raise ProjectError.of(
        "project-missing",
        f"no `{PROJECT_FILE}` in `{start}` or any directory above it",
        hint=f"there is `{near}`: rename it to `{PROJECT_FILE}`"
        if near
        else f"go to the project's directory, or write a `{PROJECT_FILE}` with `[project]` and "
        "one `[components.NAME]` for each component",
    )


def _told_apart(file: Path) -> Path:
    """The file, unless it is a component, which somebody took for a project.

    Raises:
        ProjectError: it is a binary.
    """
    try:
        with file.open("rb") as stream:
            is_binary = stream.read(4) == b"\0asm"
    except OSError:
        return file  # who reads it tells why it cannot be read
    if not is_binary:
        return file
    raise ProjectError.of(
        "project-not-project",
        f"`{file}` is a WebAssembly binary, not a project",
        place=Place(str(file)),
        hint=f"a project is a directory with a `{PROJECT_FILE}`; `wcompose run {file}` runs a "
        f"component, and `wcompose compose {file} … -o FILE` composes several",
    )


def _missing(message: str, cause: str = "") -> ProjectError:
    return ProjectError.of(
        "project-missing",
        message,
        causes=(cause,) if cause else (),
        hint=f"give a directory with a `{PROJECT_FILE}`, or the file itself",
    )


def _what(path: Path) -> str:
    """What a path is that is no file, in words."""
    try:
        path.stat()
    except OSError:
        return f"a link to `{path.readlink()}`, which cannot be followed"
    return "a directory" if path.is_dir() else "a device, a pipe or a socket"


def _near(directory: Path) -> str:
    """A file in a directory that may be meant as the project file."""
    from itertools import islice

    try:
        names = sorted(each.name for each in islice(directory.iterdir(), _NEAR) if each.is_file())
    except OSError:
        return ""
    from wcompose.suggest import nearest

    near = nearest(PROJECT_FILE, names, cutoff=0.85)
    return near[0] if near else ""
