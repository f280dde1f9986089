"""Names in Python, each once in its scope."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence

from wcompose.contract import parse_item_name
from wcompose.errors import ContractError
from wcompose.runtime.crossing.classes import class_name, constant_name, python_name
from wcompose.texts import printable

__all__ = ["Names", "class_name", "constant_name", "module_names", "package_name", "python_name"]

_UNSAFE = re.compile(r"[^a-z0-9]+")


class Names:
    """A scope.

    Args:
        taken: names that are not free from the start.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def take(self, wanted: str) -> str:
        """The wanted name, or where it is not free the same with underscores behind it.

        Raises:
            ContractError: it is no name in Python, so it came from no tool that checks what it reads.
        """
        _check(wanted)
        while wanted in self._taken:
            wanted += "_"
        self._taken.add(wanted)
        return wanted


def package_name(text: str) -> str:
    """A name for a Python package from that of a file, a project or a world: ``my_tool``."""
    name = _UNSAFE.sub("_", text.lower()).strip("_") or "component"
    name = f"_{name}" if name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) else name


def module_names(interfaces: Sequence[str]) -> list[str]:
    """A module's name for each interface: as short as tells them apart.

    That is the interface's own name; its package's in front where two are called so; the namespace
    and the version too where that does not do.
    """
    names = ["" for _ in interfaces]
    for words in (_short, _longer, _longest):
        open_ = [index for index, name in enumerate(names) if not name]
        found = {index: words(interfaces[index]) for index in open_}
        for index, name in found.items():
            is_free = name not in names and list(found.values()).count(name) == 1
            names[index] = name if is_free else ""
    for name in filter(None, names):
        _check(name)
    taken = Names(name for name in names if name)
    return [
        name or taken.take(_longest(each)) for name, each in zip(names, interfaces, strict=True)
    ]


def _check(name: str) -> None:
    # Names become code and files, so what reads contracts is not trusted to have checked them.
    if not (name.isidentifier() and name.isascii()):
        raise ContractError.of("bad-name", f"`{printable(name)}` cannot be a name in Python")


def _short(name: str) -> str:
    item = parse_item_name(name)
    return python_name(name if item is None else item.interface.replace("/", "-"))


def _longer(name: str) -> str:
    item = parse_item_name(name)
    return _short(name) if item is None else python_name(f"{item.package}-{_plain(item.interface)}")


def _longest(name: str) -> str:
    item = parse_item_name(name)
    if item is None:
        return _short(name)
    words = f"{_plain(item.namespace)}-{item.package}-{_plain(item.interface)}"
    version = "" if item.version is None else "_" + _UNSAFE.sub("_", str(item.version).lower())
    return python_name(words).rstrip("_") + version


def _plain(text: str) -> str:
    return re.sub(r"[:/]", "-", text)
