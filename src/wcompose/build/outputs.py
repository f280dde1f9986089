"""Where a build writes: what is in the way of it, and who else is at it."""

from __future__ import annotations

import contextlib
import errno
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from wcompose.errors import BuildError, WcomposeError
from wcompose.report import Finding, Place

_ENGINES = "file-not-written"
"""The rule of the engine's finding about an output."""
_TEMPORARY = re.compile(r"^\.tmp-\w+-\d+-\w+-")
_MAKE_ROOM = "make room and build again; the last good build is as it was"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_IN_THE_WAY = frozenset({errno.EEXIST, errno.ENOTDIR})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextlib.contextmanager
def telling_what_is_in_the_way(output: Path) -> Iterator[None]:
    """Make of an `OSError` in the block a finding that names the file and says what to do.

    Args:
        output: what the block writes, for errors of the system that name no file.

    Raises:
        BuildError: a file could not be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # the reader went away, which is no fault of an output
    except WcomposeError as error:
        if all(finding.rule != _ENGINES for finding in error.findings):
            raise
        raise BuildError([_of_the_engine(finding, output) for finding in error.findings]) from None
    except OSError as error:
        # Of a copy, the second is where to.
        named = error.filename2 or error.filename
        path = _lasting(Path(named)) if isinstance(named, str) else output
        cause = (error.strerror or str(error)).lower()
        hint = "look at that file and its directory, and build again"
        if error.errno in _FULL:
            hint = _MAKE_ROOM
        elif error.errno in _IN_THE_WAY:
            path = _first_file(path)
            cause, hint = "it is a file, where a directory is needed", "move it away"
        elif error.errno == errno.EISDIR:
            cause, hint = "it is a directory, where a file is needed", "move it away"
        elif error.errno in _FORBIDDEN:
            hint = f"get permission to write into `{path.parent}`"
        raise BuildError.of(
            "output-unwritable",
            f"cannot write `{path}`",
            place=Place(str(path)),
            causes=[cause],
            hint=hint,
        ) from None


@contextlib.contextmanager
def one_at_a_time(directory: Path, wait: Callable[[], None]) -> Iterator[bool]:
    """Hold other processes back that enter such a block for the same directory.

    The system lets go when a process ends, in whatever way. Where it, or the file system, has no
    such locks nobody is held back, and the last one wins, file by file. Gives whether it waited.

    Args:
        directory: what must not be worked on by two; made when it is not there.
        wait: called when another process is there, before waiting for it.

    Raises:
        OSError: the directory cannot be made or written to.
    """
    directory.mkdir(parents=True, exist_ok=True)
    has_waited = False
    with (directory / "busy").open("ab") as stream:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                wait()
                fcntl.flock(stream, fcntl.LOCK_EX)
                has_waited = True
            except OSError:
                pass
        yield has_waited


def _of_the_engine(finding: Finding, output: Path) -> Finding:
    """The same for what the engine could not write, under the name that the file would have got."""
    if finding.rule != _ENGINES:
        return finding
    message, _, cause = finding.message.partition("`: ")
    cause = cause or " ".join(finding.causes)
    path = _lasting(Path(message.partition("`")[2]))
    return Finding(
        "output-unwritable",
        f"cannot write `{path}`",
        finding.place if str(finding.place) else Place(str(output)),
        causes=(cause.partition(", similar to")[0].rstrip(".").lower(),),
        hint=_MAKE_ROOM if "space" in cause or "quota" in cause else finding.hint,
    )


def _lasting(path: Path) -> Path:
    """A path by the name that the file is to have, if it is a temporary one."""
    return path.with_name(_TEMPORARY.sub("", path.name) or path.name)


def _first_file(path: Path) -> Path:
    """The part of a path that is a file where it should be a directory."""
    return next((each for each in reversed((path, *path.parents)) if each.is_file()), path)
