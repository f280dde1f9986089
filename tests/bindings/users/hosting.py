"""A host that gives a component what it imports: right for a strict type checker, and run."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from echo_host_host import AnyShape, EchoHost, Rights, Shape, Summary
from echo_host_host import host as contract
from echo_host_host.host import Problem

import wcompose


class Archive:
    """A file of the host's: nothing says that it must be a subclass."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._data = b""

    @classmethod
    def open(cls, name: str, how: Rights) -> Archive:
        if Rights.WRITE not in how:
            raise wcompose.ResultError(Problem.NONE_GIVEN)
        return cls(name)

    def name(self) -> str:
        return self._name

    def write(self, data: bytes) -> int:
        self._data += data
        return len(self._data)

    def read(self) -> bytes:
        return self._data


class Host:
    """The interface `host`."""

    File = Archive

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, text: str) -> None:
        self.lines.append(text)

    def add(self, a: int, b: int) -> int:
        return (a + b) & 0xFFFFFFFF

    def lookup(self, key: str) -> str | None:
        return {"one": "1"}.get(key)

    def transform(self, values: array[float]) -> Sequence[float]:
        return [2 * each for each in values]

    def scramble(self, data: bytes) -> bytes:
        return data[::-1]

    def shapes(self, given: list[AnyShape]) -> Summary:
        if not given:
            raise wcompose.ResultError(Problem.NONE_GIVEN)
        names = [each.value for each in given if isinstance(each, Shape.Named)]
        return Summary(len(given), names, sum(map(_area, given)))

    def same(self, left: contract.File, right: contract.File) -> bool:
        return left.read() == right.read()

    def archive(self, it: contract.File) -> str:
        return it.name()

    def latest(self) -> contract.File | None:
        return None


def _area(shape: AnyShape) -> float:
    match shape:
        case Shape.Circle(radius):
            return 3.0 * radius * radius
        case Shape.Rectangle((width, height)):
            return width * height
        case _:
            return 0.0


class Imports:
    """Everything that the world imports."""

    def __init__(self) -> None:
        self.host = Host()

    def shout(self, text: str) -> str:
        return text.upper()


def use(component: wcompose.Component) -> list[str]:
    """Call what there is; gives what came."""
    imports = Imports()
    with EchoHost.instantiate(component, imports=imports) as guest:
        through = guest.through
        through.log("hello")
        said = [*imports.host.lines, guest.shout_through("hey"), str(through.lookup("two"))]
        said.append(str(list(through.transform([1.0, 2.5]))))
        found = through.shapes([Shape.Circle(1.0), Shape.Rectangle((2.0, 3.0)), Shape.Named("x")])
        said.append(f"{found.count} {found.names} {found.area}")
        try:
            through.shapes([])
        except wcompose.ResultError as error:
            said.append(str(error.value is Problem.NONE_GIVEN))
        said.append(str(through.write_and_read("a", b"x", [121])))
        said.append(through.name_of(through.open("b", Rights.READ | Rights.WRITE)))
    return said
