"""Runs beside `preinit` in the component's own interpreter: an exception as facts.

What an exception tells besides its text must be asked for while its objects are there: where it came
from, what was looked for and what there is. The other end is `wcompose.build.python.diagnose`.
Nothing of this module is frozen into the component.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from wcompose_comparing import names, submodules  # type: ignore[import-not-found]

Fact = dict[str, Any]

_WORLD = "wit_world"
_TEXT_LIMIT = 20_000
"""Characters of an exception's text that are handed on."""
_CAUSES = 5
_PARTS = 8


def facts_of(error: BaseException) -> list[Fact]:
    """An exception of the node's module, and what its place and its kind tell."""
    if isinstance(error, SyntaxError):
        if error.filename and error.lineno:
            return [_syntax_fact(error), *_other_syntax_errors(error.filename)]
        roots = [path for path in sys.path if path.removeprefix("/").isdigit()]
        files = [file for root in roots for file in _sources(root) if b"\0" in _read(file)]
        return [{"kind": "unreadable", "text": error.msg, "file": file} for file in files or [""]]
    filename = getattr(error, "filename", None)
    return [
        {
            "kind": "exception",
            "type": type(error).__name__,
            "text": _text_of(error),
            "name": getattr(error, "name", None) or "",
            "is_os_error": isinstance(error, OSError),
            "filename": filename if isinstance(filename, str) else "",
            "frames": _frames(error),
            "causes": [{"text": text} for text in _causes(error)],
            **_about_import(error),
        }
    ]


def _about_import(error: BaseException) -> Fact:
    """What was looked for in which module, and what that has."""
    name, wanted = getattr(error, "name", None) or "", ""
    if isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        name, wanted = error.obj.__name__, name
    elif isinstance(error, ModuleNotFoundError):
        name, _, wanted = name.rpartition(".")
    elif isinstance(error, ImportError):
        wanted = getattr(error, "name_from", None) or ""
    else:
        return {}
    module = sys.modules.get(name)
    known = set(vars(module)) if module is not None else set()
    if module is not None and name.startswith(_WORLD) and hasattr(module, "__path__"):
        known = set(submodules(module))
    head = (name or wanted).partition(".")[0].removeprefix("_")
    return {
        "source_module": name,
        "wanted": wanted,
        "known": names(known),
        "is_standard": head in sys.stdlib_module_names,
    }


def _text_of(error: BaseException) -> str:
    import traceback

    # The module is asked for by name, so that a near miss in the message is spelt out, too.
    lines = list(traceback.TracebackException.from_exception(error).format_exception_only())
    return "".join(lines).strip()[:_TEXT_LIMIT]


def _causes(error: BaseException) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        yield from (_text_of(part) for part in error.exceptions[:_PARTS])
    for _ in range(_CAUSES):
        words = "caused by" if error.__cause__ is not None else "while handling"
        before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if before is None:
            return
        error = before
        yield f"{words} {_text_of(error)}"


def _frames(error: BaseException) -> list[Fact]:
    import linecache
    import os
    import traceback

    machinery = os.path.dirname(__file__) + "/"  # noqa: PTH120
    frames: list[Fact] = []
    for frame in traceback.extract_tb(error.__traceback__):
        source = linecache.getline(frame.filename, frame.lineno or 0).rstrip()
        column, end_column = frame.colno, frame.end_colno
        if frame.lineno != frame.end_lineno:
            end_column = None
        frames.append(
            {
                "file": frame.filename,
                "line": frame.lineno or 0,
                "function": frame.name,
                "source": source,
                "column": _characters(source, column),
                "end_column": _characters(source, end_column),
            }
        )
    return [frame for frame in frames if not frame["file"].startswith(machinery)]


def _characters(source: str, offset: int | None) -> int:
    """A 1-based column in characters, of an offset in bytes; 0 when there is none."""
    if offset is None:
        return 0
    return len(source.encode()[:offset].decode(errors="replace")) + 1


def _syntax_fact(error: SyntaxError) -> Fact:
    is_one_line = error.end_lineno in (None, error.lineno)
    return {
        "kind": "syntax",
        "text": error.msg,
        "file": error.filename or "",
        "line": error.lineno or 0,
        "column": max(error.offset or 0, 0),
        "end_column": max(error.end_offset or 0, 0) if is_one_line else 0,
        "source": (error.text or "").rstrip(),
    }


def _other_syntax_errors(known: str) -> Iterator[Fact]:
    """Syntax errors in the other files of the search path entry that holds ``known``."""
    root = next((path for path in sys.path if path and known.startswith(path + "/")), None)
    for file in _sources(root) if root else ():
        try:
            if file != known:
                compile(_read(file), file, "exec", dont_inherit=True)
        except SyntaxError as error:
            if error.lineno:
                yield _syntax_fact(error)
        except ValueError:
            continue


def _sources(root: str) -> Iterator[str]:
    import os

    for directory, directories, files in os.walk(root):
        directories.sort()
        yield from (f"{directory}/{name}" for name in sorted(files) if name.endswith(".py"))


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123
            return stream.read()
    except OSError:
        return b""
