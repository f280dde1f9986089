"""Words that several findings about Python nodes share."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from wcompose.build.python.mapping import Mapped
from wcompose.report import Finding, Place

# fmt: off
REMOVED_MODULES = frozenset(
    {
        "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils",
        "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes",
        "smtpd", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib",
    }
)
# fmt: on
"""Modules of Python 3.11 that the Python of components, 3.14, has no longer."""
_ADDED_MODULES = frozenset({"annotationlib", "compression"})
STANDARD_MODULES = (frozenset(sys.stdlib_module_names) - REMOVED_MODULES) | _ADDED_MODULES
"""Modules of the standard library in a component, whatever Python this is."""

_LISTED = 12
"""Names that a hint lists at most."""


def listed(names: Iterable[str]) -> str:
    """Names as people write them in a row."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > _LISTED:
        quoted = [*quoted[: _LISTED - 1], f"{len(quoted) - _LISTED + 1} more"]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def kebab(name: str) -> str:
    """The name in a contract of something that is called ``name`` in Python."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower().strip("-")


def sentence(text: str) -> str:
    """Text of another tool the way our messages are written."""
    text = text.strip().rstrip(".")
    is_word = len(text) > 1 and text[0].isupper() and text[1].islower()
    return text[0].lower() + text[1:] if is_word and ":" not in text.split(" ")[0] else text


def called_early(name: str, mapped: Mapped) -> Finding:
    """An import of the world was called while the component was made."""
    return Finding(
        "import-called-early",
        f"the import `{name}` is called while `{mapped.module}` is imported, "
        "when no other component is there yet",
        Place(str(mapped.source), item=mapped.node),
        hint="call it inside a function or method that runs later",
    )
