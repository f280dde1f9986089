"""The paths that a project file names: below its directory, there, and of the kind that is wanted."""

from __future__ import annotations

import errno
import os
from enum import Enum
from pathlib import Path

from wcompose.project.grant_reading import KeyPath, Tell
from wcompose.suggest import did_you_mean, nearest

_NEAR_LIMIT = 1000
"""Entries of a directory that are looked at for names that are near."""


class Kind(Enum):
    """What a path must lead to."""

    ANY = "a file or a directory"
    FILE = "a file"
    DIRECTORY = "a directory"


class ProjectPaths:
    """Checks paths of one project file.

    Args:
        root: the project's directory, without links.
        shown: the same as the user gave it; what is found is named from there.
        tell: takes the problems.
    """

    def __init__(self, root: Path, shown: Path, tell: Tell) -> None:
        self._root = root
        self._shown = shown
        self._tell = tell

    def existing(self, path: KeyPath, text: str, kind: Kind = Kind.ANY) -> Path | None:
        """A path below the project's directory that exists; a finding and none otherwise.

        Args:
            path: the key whose value it is.
            text: the value.
            kind: what it must be.
        """
        dotted = ".".join(path)
        try:
            resolved = (self._root / text).resolve()
            is_there = resolved.exists()
        except (OSError, RuntimeError, ValueError) as error:
            self._tell(
                "path-unusable", path, f"`{dotted}` names `{text}`, {_reason(error)}",
                of_value=True, hint="mend the path",
            )  # fmt: skip
            return None
        if Path(text).is_absolute() or not resolved.is_relative_to(self._root):
            self._tell_outside(path, text, resolved)
        elif not is_there:
            self._tell_missing(path, text, kind)
        elif not _is_of(resolved, kind):
            self._tell_kind(path, text, resolved, kind)
        else:
            return self._shown / text
        return None

    def _tell_outside(self, path: KeyPath, text: str, resolved: Path) -> None:
        plain = Path(os.path.normpath(self._root / text))
        if not Path(text).is_absolute() and plain.is_relative_to(self._root):
            message = f"is a link that leaves the project: `{text}` leads to `{resolved}`"
            hint = "copy what it leads to into the project"
        elif Path(text).is_absolute() and resolved.is_relative_to(self._root):
            message = f"must be relative to the project file: `{text}`"
            hint = f'write `{path[-1]} = "{resolved.relative_to(self._root).as_posix()}"`'
        else:
            message = f"leaves the project: `{text}`"
            hint = "name a path below the directory of the project file"
        self._tell(
            "path-outside", path, f"`{'.'.join(path)}` {message}", of_value=True, hint=hint
        )  # fmt: skip

    def _tell_missing(self, path: KeyPath, text: str, kind: Kind) -> None:
        link = self._root / text
        if link.is_symlink():
            message, hint = _broken_link(link)
        else:
            message = "which does not exist"
            hint = self._near(text, kind) or (
                "make the directory, or mend the path"
                if kind is Kind.DIRECTORY or path[-1] == "wit"
                else "build the file first, or mend the path"
                if path[-1] == "path"
                else "make the file, or mend the path"
            )
        self._tell(
            "path-missing", path, f"`{'.'.join(path)}` names `{text}`, {message}",
            of_value=True, hint=hint,
        )  # fmt: skip

    def _near(self, text: str, kind: Kind) -> str:
        """What else the path may mean: with other separators, or with a name that is near."""
        turned = text.replace("\\", "/")
        if turned != text and (self._root / turned).exists():
            return f"paths are written with `/`: `{turned}`"
        parts = Path(text).parts
        for index, name in enumerate(parts):
            before = Path(*parts[:index])
            if (self._root / before / name).exists():
                continue
            known = _names(self._root / before)
            rest = parts[index + 1 :]
            # A directory whose name is near is only meant when the rest is in it.
            found = [
                (before / each / Path(*rest)).as_posix()
                for each in nearest(name, known)
                if _is_of(self._root / before / each / Path(*rest), kind)
            ]
            if found:
                return did_you_mean(found[0], found)
            if (self._root / before).is_file():
                return f"`{before.as_posix()}` is a file, not a directory"
            if rest or index:
                parent = (before / name).as_posix() if rest else before.as_posix()
                what = "no" if rest else "nothing of that name in"
                return f"there is {what} `{parent}`: build it first, or mend the path"
        return ""

    def _tell_kind(self, path: KeyPath, text: str, resolved: Path, kind: Kind) -> None:
        if resolved.is_dir():
            binaries = [each for each in _names(resolved) if each.endswith(".wasm")]
            hint = "name a file in it" + (
                f", such as `{(Path(text) / binaries[0]).as_posix()}`" if binaries else ""
            )
        elif resolved.is_file():
            hint = f"name the directory that it is in: `{Path(text).parent.as_posix()}`"
        else:
            hint = "pipes, sockets and devices are not read: name a regular file"
        self._tell(
            "path-kind", path, f"`{'.'.join(path)}` names `{text}`, which is not {kind.value}",
            of_value=True, hint=hint,
        )  # fmt: skip


def _broken_link(link: Path) -> tuple[str, str]:
    try:
        link.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "a link that leads to itself", "mend the path"
    return (
        f"a link to `{link.readlink()}`, which does not exist",
        "make what it leads to, or name the file itself",
    )


def _is_of(path: Path, kind: Kind) -> bool:
    match kind:
        case Kind.FILE:
            return path.is_file()
        case Kind.DIRECTORY:
            return path.is_dir()
        case Kind.ANY:
            return path.is_file() or path.is_dir()


def _names(directory: Path) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            return sorted(each.name for each, _ in zip(entries, range(_NEAR_LIMIT), strict=False))
    except OSError:
        return []


def _reason(error: Exception) -> str:
    """What is wrong with a path that the system does not even look up."""
    if isinstance(error, RuntimeError) or getattr(error, "errno", 0) == errno.ELOOP:
        return "a link that leads to itself"
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return "which holds a character that no path can have"
