"""A package of bindings on disk."""

from __future__ import annotations

from pathlib import Path

from wcompose.bindings.package import MARK, Package
from wcompose.errors import UsageError
from wcompose.files import write_atomically
from wcompose.report import Place

_SUFFIXES = (".py", ".pyi")


def differing_files(package: Package, directory: Path) -> list[Path]:
    """The files that `store_package` would write or remove, sorted.

    Raises:
        UsageError: a file cannot be read, or was not made by us.
    """
    place = directory / package.name
    changed = [
        place / name
        for name, text in package.files.items()
        if _read(place / name) != text.encode("utf-8")
    ]
    return sorted([*changed, *_left_over(package, place)])


def store_package(package: Package, directory: Path) -> list[Path]:
    """Write a package below a directory, each file whole or not at all; the files that changed.

    Files that an earlier run made and that are not part of it any more are removed. What was not made by
    us is neither written over nor removed.

    Raises:
        UsageError: a file cannot be written, or was not made by us.
    """
    place = directory / package.name
    differing = differing_files(package, directory)
    for path in differing:
        if path.name in package.files and _read(path) is not None:
            _refuse_foreign(path)
    for path in differing:
        text = package.files.get(path.name)
        try:
            if text is None:
                path.unlink()
            else:
                write_atomically(place / path.name, text.encode("utf-8"))
        except OSError as error:
            raise _failed("write", path, error) from None
    return differing


def _left_over(package: Package, place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    return [
        path
        for path in sorted(place.iterdir())
        if path.suffix in _SUFFIXES and path.name not in package.files and _is_ours(path)
    ]


def _is_ours(path: Path) -> bool:
    mark = MARK.encode("utf-8")
    try:
        if not path.is_file() or path.is_symlink():
            return False
        with path.open("rb") as stream:
            return stream.read(len(mark)) == mark
    except OSError:
        return False


def _refuse_foreign(path: Path) -> None:
    if not _is_ours(path) and path.suffix in _SUFFIXES:
        raise UsageError.of(
            "file-not-ours",
            f"`{path}` was not made by `wcompose bindings`, so it is left as it is",
            place=Place(str(path)),
            hint="name another package with `--name`, or remove the file",
        )


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _failed("read", path, error) from None


def _failed(verb: str, path: Path, error: OSError) -> UsageError:
    return UsageError.of(
        "file-not-read" if verb == "read" else "file-not-written",
        f"cannot {verb} `{path}`",
        place=Place(str(path)),
        causes=[(error.strerror or str(error)).lower()],
        hint="check the path and its permissions",
    )
