"""Calls each function of its host's, and gives back what that gave."""

from typing import NoReturn

import wit_world
from wit_world.imports import host

kept: list[host.File] = []


class WitWorld:
    def shout_through(self, text: str) -> str:
        return wit_world.shout(text)


class Through:
    def log(self, text: str) -> None:
        host.log(text)

    def add(self, a: int, b: int) -> int:
        return host.add(a, b)

    def add_often(self, times: int) -> int:
        total = 0
        for _ in range(times):
            total = host.add(total, 1)
        return total

    def lookup(self, key: str) -> str | None:
        return host.lookup(key)

    def transform(self, values: list[float]) -> list[float]:
        return host.transform(values)

    def scramble(self, data: bytes) -> bytes:
        return host.scramble(data)

    def shapes(self, given: list[host.Shape]) -> host.Summary:
        return host.shapes(given)

    def write_and_read(self, name: str, first: bytes, second: bytes) -> tuple[str, bytes]:
        with host.File(name) as file:
            file.write(first)
            file.write(second)
            return file.name(), file.read()

    def open(self, name: str, how: host.Rights) -> host.File:
        return host.File.open(name, how)

    def name_of(self, it: host.File) -> str:
        return it.name()

    def same(self, left: host.File, right: host.File) -> bool:
        return host.same(left, right)

    def archive(self, it: host.File) -> str:
        return host.archive(it)

    def latest(self) -> host.File | None:
        return host.latest()

    def pass_(self, it: host.File) -> host.File:
        return it

    def keep(self, it: host.File) -> int:
        kept.append(it)
        return len(kept)

    def let_go(self) -> int:
        count = len(kept)
        for each in kept:
            each.__exit__(None, None, None)
        kept.clear()
        return count

    def log_then_trap(self, text: str) -> None:
        kept.append(host.File(text))
        host.log(text)
        raise AssertionError("giving up")

    def log_then_spin(self, text: str) -> NoReturn:
        host.log(text)
        while True:
            pass
