"""The host's side of `tests/runtime/wit/host.wit`."""

from __future__ import annotations

from typing import Any

import wcompose

HOST = "wcompose:echo/host@0.1.0"


class Host:
    """The interface, as plainly as can be."""

    class File:
        """A file of the host's that is in memory."""

        def __init__(self, name: str) -> None:
            self._name = name
            self._data = b""

        @classmethod
        def open(cls, name: str, how: Any) -> Any:
            if not how:
                raise wcompose.ResultError("unknown")
            return cls(name)

        def name(self) -> str:
            return self._name

        def write(self, data: bytes) -> int:
            self._data += data
            return len(self._data)

        def read(self) -> bytes:
            return self._data

    def log(self, text: str) -> None:
        if text == "raise":
            raise RuntimeError(text)

    def add(self, a: int, b: int) -> int:
        return (a + b) & 0xFFFF_FFFF

    def lookup(self, key: str) -> str | None:
        return key or None

    def transform(self, values: Any) -> Any:
        return values

    def scramble(self, data: bytes) -> bytes:
        return data

    def shapes(self, given: list[Any]) -> Any:
        if not given:
            raise wcompose.ResultError("none-given")
        return {"count": len(given), "names": ["one", "two"], "area": 1.5}

    def same(self, left: Any, right: Any) -> bool:
        return bool(left.read() == right.read())

    def archive(self, it: Any) -> str:
        return str(it.name())

    def latest(self) -> Any:
        return self.File("latest")


def imports_of_host() -> dict[str, Any]:
    """All that a world imports from it."""
    return {HOST: Host(), "shout": str.upper}
