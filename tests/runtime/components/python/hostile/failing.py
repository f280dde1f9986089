"""Misbehaves as it is told."""

import sys
from typing import NoReturn, TextIO

from componentize_py_types import Err
from wit_world.exports.flood import Target

calls = 0
eaten: list[bytearray] = []


def called() -> None:
    global calls  # noqa: PLW0603 -- the state of the component
    calls += 1


def deeper(depth: int) -> int:
    return 1 + deeper(depth - 1) if depth else 0


class Hostile:
    def spin(self) -> NoReturn:
        called()
        while True:
            pass

    def work(self, rounds: int) -> int:
        called()
        state = 1
        for _ in range(rounds):
            state ^= state << 13 & 0xFFFF_FFFF_FFFF_FFFF
            state ^= state >> 7
            state ^= state << 17 & 0xFFFF_FFFF_FFFF_FFFF
        return state

    def eat(self, size: int) -> int:
        page = 1 << 16
        called()
        got = 0
        while got < size:
            try:
                eaten.append(bytearray(b"\1") * page)
            except MemoryError:
                break
            got += page
        return got

    def recurse(self, depth: int) -> int:
        called()
        return deeper(depth)

    def panic(self, message: str) -> None:
        called()
        raise RuntimeError(message)

    def huge_list(self, size: int) -> bytes:
        called()
        return bytes(size)

    def huge_string(self, size: int) -> str:
        called()
        return "x" * size

    def calls(self) -> int:
        called()
        return calls


def stream(to: Target) -> TextIO:
    return sys.stdout if to == Target.STANDARD_OUTPUT else sys.stderr


class Flood:
    def say(self, text: str, to: Target) -> None:
        try:
            stream(to).write(text)
            stream(to).flush()
        except OSError as error:
            raise Err(str(error)) from None

    def flood(self, size: int, to: Target) -> int:
        lines = ("x" * 63 + "\n") * 64
        taken = 0
        while taken < size:
            piece = lines[: min(len(lines), size - taken)]
            try:
                stream(to).write(piece)
                stream(to).flush()
            except OSError:
                break
            taken += len(piece)
        return taken
