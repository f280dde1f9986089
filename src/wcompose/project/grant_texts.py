"""The plain texts of a grant: paths, names and times, checked and made canonical.

The project file and the command line share these readers and those of `grant_hosts`, so that both
take the same texts and complain in the same words. Who calls knows the place.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

from wcompose.contract import is_extern_name

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?P<offset>[Zz]|[+-]\d\d:\d\d)?")
_KEYS = {
    "wasi:filesystem/": "filesystem",
    "wasi:clocks/": "clocks",
    "wasi:random/": "random",
    "wasi:sockets/": "tcp` or `udp",
    "wasi:http/outgoing-handler": "http",
    "wasi:http/types": "http",
    "wasi:cli/environment": "environment` or `arguments",
    "wasi:cli/exit": "exit",
    "wasi:cli/stdin": "stdin",
    "wasi:cli/stdout": "stdout",
    "wasi:cli/stderr": "stderr",
    "wasi:cli/terminal-": "stdin` or `stdout",
    "wasi:io/": "filesystem` or `stdout",
}
"""What imports of that beginning are granted by; left to the host in whole they would pass the gates."""


class GrantTextError(ValueError):
    """A text that grants nothing.

    Args:
        message: what is wrong, worded like that of a finding.
        hint: what to write, worded likewise.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def read_guest(text: str) -> str:
    """The path by which a node sees a directory: absolute and normal.

    Raises:
        GrantTextError: it is not.
    """
    if not text.startswith("/"):
        raise GrantTextError(f"`{text}` is not absolute", f"write `{normal_guest(text)}`")
    if "\0" in text:
        raise GrantTextError("a path with a NUL can be opened by nobody", "leave the NUL out")
    if text != normal_guest(text):
        raise GrantTextError(f"`{text}` is not normal", f"write `{normal_guest(text)}`")
    return text


def normal_guest(text: str) -> str:
    """A path made absolute, with no ``.``, ``..``, empty part or slash at its end."""
    parts: list[str] = []
    for part in text.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def read_file(text: str) -> Path:
    """A file of the host, as written; it need not exist.

    Raises:
        GrantTextError: it cannot be the path of a file.
    """
    path = read_directory(text)
    if text.endswith(("/", "\\")) or path.name in ("", ".."):
        raise GrantTextError(f"`{text}` is no file", "name a file in a directory")
    return path


def read_directory(text: str) -> Path:
    """A directory of the host, as written; it need not exist.

    Raises:
        GrantTextError: it cannot be a path, or a shell would have to read it.
    """
    if not text:
        raise GrantTextError("the path is empty", "name a path, such as `data`; `.` is the project")
    if "\0" in text:
        raise GrantTextError("a path with a NUL can be opened by nobody", "leave the NUL out")
    if text == "~" or text.startswith(("~/", "~\\")):
        raise GrantTextError(
            f"`{text}` begins with `~`, which nobody expands here",
            f"write the whole path, or `./{text}` for what is really called so",
        )
    return Path(text)


def read_variable(text: str) -> str:
    """The name of an environment variable.

    Raises:
        GrantTextError: no variable can be called so.
    """
    if not text:
        raise GrantTextError("the variable has no name", "write a name such as `TZ`")
    if "=" in text:
        name, _, value = text.partition("=")
        raise GrantTextError(
            f"`{text}` has `=` in the name of a variable",
            f'write `{{ name = "{name}", value = "{value}" }}`',
        )
    return read_text(text)


def read_text(text: str) -> str:
    """A value or an argument: anything without NUL.

    Raises:
        GrantTextError: there is one.
    """
    if "\0" in text:
        raise GrantTextError("a text with a NUL cannot be handed to a program", "leave the NUL out")
    return text


def read_import(text: str) -> str:
    """An import that the host fills: the name of an interface, with a version or without.

    What gates are made for, WASI 0.2, is not left to the host in whole; other versions may be.

    Raises:
        GrantTextError: it is no name, or another key grants it.
    """
    if not is_extern_name(text):
        raise GrantTextError(
            f"`{text}` is no name for an import", "names are like `wasi:keyvalue/store`"
        )
    name, is_versioned, version = text.partition("@")
    for beginning, key in _KEYS.items():
        if name.startswith(beginning) and (not is_versioned or version.startswith("0.2")):
            raise GrantTextError(f"`{text}` is not granted in whole", f"use `{key}`")
    return text


def read_time(value: datetime | date | str) -> datetime:
    """A time in UTC.

    Raises:
        GrantTextError: it is no time, lies before 1970, or has no offset from UTC.
    """
    if isinstance(value, str):
        found = _TIME.fullmatch(value)
        try:
            time = datetime.fromisoformat(value.upper()) if found else None
        except ValueError:
            time = None
        if time is None:
            raise GrantTextError(f"`{value}` is no time", "write it as in `2026-01-01T00:00:00Z`")
    elif isinstance(value, datetime):
        time = value
    else:
        raise GrantTextError(f"`{value}` is a date without a time", f"write `{value}T00:00:00Z`")
    if time.tzinfo is None:
        written = time.isoformat()
        raise GrantTextError(
            f"`{written}` has no offset from UTC", f"write `{written}Z`, or an offset: `+02:00`"
        )
    try:
        time = time.astimezone(UTC)
    except OverflowError:
        raise GrantTextError(f"`{value}` is out of range") from None
    if time.year < 1970:
        raise GrantTextError(
            f"`{value}` lies before 1970", "no clock of WASI can show it: write a later time"
        )
    return time
