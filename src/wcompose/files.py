"""Files: written whole or not at all, and told apart by content."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

_BLOCK = 1 << 20
_MARK = ".tmp-"
_SCRATCH = "wcompose-"
TREE_FILE_LIMIT = 100_000
"""Files that a directory may hold when it is digested."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part.

    Raises:
        OSError: the directory is missing or cannot be written to, or the disk is full; the old file
            is untouched then.
    """
    with atomic_output(path) as temporary:
        temporary.write_bytes(data)


@contextlib.contextmanager
def atomic_output(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well.

    The block, or a program that it calls, writes the temporary file. On any exception the file is
    removed and ``path`` stays as it was. What a killed process leaves, `sweep_leftovers` finds.

    Raises:
        OSError: ``path`` is a directory, or a device or pipe, which a file must not take the place of.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is a device or a pipe, not a file", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays, since tools judge a file by it.
    temporary = path.with_name(f"{_MARK}{_owner()}-{secrets.token_hex(8)}-{path.name}")
    try:
        yield temporary
        _flush_to_disk(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def final_output(temporary: Path) -> Path:
    """The path whose place a temporary one of `atomic_output` takes; other paths as they are."""
    found = re.fullmatch(rf"{re.escape(_MARK)}[0-9a-f]+-\d+-[0-9a-f]{{16}}-(.+)", temporary.name)
    return temporary.with_name(found[1]) if found else temporary


@contextlib.contextmanager
def scratch_directory(parent: Path | None = None) -> Iterator[Path]:
    """A directory that is gone after the block; those of killed processes beside it go, too.

    Args:
        parent: where; the system's directory for temporary files when it is not given.
    """
    import tempfile

    place = Path(tempfile.gettempdir()) if parent is None else parent
    mark = _SCRATCH if parent is None else _MARK
    sweep_leftovers(place, mark)
    with tempfile.TemporaryDirectory(prefix=f"{mark}{_owner()}-", dir=place) as name:
        yield Path(name)


def sweep_leftovers(directory: Path, mark: str = _MARK) -> None:
    """Remove temporary files and directories whose process is gone without having removed them.

    Those of living processes, of other machines that share the directory and of other users stay.

    Args:
        directory: where; nothing happens when it is not there.
        mark: what their names begin with.
    """
    import shutil

    machine, _, _ = _owner().partition("-")
    for path in sorted(directory.glob(f"{mark}{machine}-*")):
        number = path.name.removeprefix(f"{mark}{machine}-").partition("-")[0]
        with contextlib.suppress(OSError):
            if not number.isdecimal() or _is_alive(int(number)) or not _is_ours(path):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _owner() -> str:
    """This process: its machine, shortened, and its number there."""
    import platform

    space = ""  # containers may share a directory and a host name, but not the numbers of processes
    with contextlib.suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    machine = hashlib.sha256(f"{platform.node()} {space}".encode()).hexdigest()[:8]
    return f"{machine}-{os.getpid()}"


def _is_alive(number: int) -> bool:
    if sys.platform == "win32":
        return True  # `os.kill` would end it there
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _is_ours(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid()


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def digest_bytes(data: bytes) -> str:
    """SHA-256 of bytes, as ``sha256:<hex>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_file(path: Path) -> str:
    """SHA-256 of a file's content, as ``sha256:<hex>``; about 0.7 ms a megabyte.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def tree_files(root: Path, ignore: frozenset[str] = frozenset()) -> list[Path]:
    """Every regular file below a directory, sorted by its relative path.

    Symbolic links to directories are not followed; a link to a file counts as the file that it
    leads to when that one lies below ``root`` too, and is left out otherwise.

    Args:
        root: the directory.
        ignore: names of files and directories that are passed over at every depth.

    Raises:
        OSError: a directory cannot be read, or there are more than ``TREE_FILE_LIMIT`` files.
    """
    found: list[Path] = []
    real_root = root.resolve()
    for directory, directories, names in os.walk(root, onerror=_raise):
        directories[:] = sorted(name for name in directories if name not in ignore)
        for name in names:
            path = Path(directory, name)
            if name in ignore or not path.is_file():
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(real_root):
                continue
            found.append(path)
            if len(found) > TREE_FILE_LIMIT:
                raise OSError(f"more than {TREE_FILE_LIMIT:,} files below {root}")
    return sorted(found, key=lambda path: path.relative_to(root).parts)


def digest_tree(root: Path, ignore: frozenset[str] = frozenset()) -> str:
    """Digest of the names and contents of all files below a directory; see `tree_files`."""
    whole = hashlib.sha256()
    for path in tree_files(root, ignore):
        whole.update(path.relative_to(root).as_posix().encode() + b"\0")
        whole.update(digest_file(path).encode() + b"\n")
    return "sha256:" + whole.hexdigest()


def _raise(error: OSError) -> None:
    raise error
