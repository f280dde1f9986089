"""Instances are refused before the kernel's mappings run out: against a model of the kernel."""

from __future__ import annotations

import mmap
import random
import sys
from bisect import bisect_left
from pathlib import Path

import pytest
from support import BENCH

from wcompose.errors import InstanceLimit
from wcompose.native import mappings
from wcompose.native.mappings import MAPPINGS, Mappings, memories_of

LIMIT, BASE = 8_000, 300
COMPONENTS = Path(__file__).parent / "components"


class Kernel:
    """Merges neighbours into one mapping; puts what is new into the highest gap that holds it."""

    def __init__(self) -> None:
        self.blocks: dict[int, int] = {}  # where one begins and ends, from the top
        self.ends: set[int] = set()
        self.gaps: list[tuple[int, int]] = []  # sorted
        self.top = self.runs = self.most = 0

    def map(self, size: int) -> None:
        fits = (gap for gap in self.gaps if gap[1] - gap[0] >= size)
        begin, end = next(fits, (self.top, 0))
        if end:
            self._take(begin, begin + size, end)
        else:
            self.top = begin + size
        self.runs += 1 - (begin in self.ends) - (begin + size in self.blocks)
        self.blocks[begin] = begin + size
        self.ends.add(begin + size)

    def _take(self, begin: int, end: int, gap: int) -> None:
        index = bisect_left(self.gaps, (begin, gap))
        self.gaps[index : index + 1] = [(end, gap)] if end < gap else []

    def unmap(self, block: tuple[int, int]) -> None:
        begin, end = block
        del self.blocks[begin]
        self.ends.remove(end)
        self.runs += (begin in self.ends) + (end in self.blocks) - 1
        self.most = max(self.most, self.runs)
        index = bisect_left(self.gaps, block)
        if index < len(self.gaps) and self.gaps[index][0] == end:
            end = self.gaps.pop(index)[1]
        if index and self.gaps[index - 1][1] == begin:
            index -= 1
            begin = self.gaps.pop(index)[0]
        self.gaps.insert(index, (begin, end))

    def count(self) -> int:
        return BASE + self.runs


def room_for(room: Mappings, *, merged: bool) -> bool:
    """Take room for a memory, if there is some."""
    try:
        room.enter(1, merged=merged)
    except InstanceLimit:
        return False
    return True


@pytest.mark.parametrize("sizes", [[17], [2, 17], [1, 2, 3, 5, 17]])
@pytest.mark.parametrize("order", ["every other", "random", "oldest"])
def test_no_order_of_ends_takes_more_mappings_than_there_are(sizes: list[int], order: str) -> None:
    source = random.Random(7)  # noqa: S311
    kernel = Kernel()
    room = Mappings(LIMIT, kernel.count)
    for turn in range(3):
        while room_for(room, merged=True):
            kernel.map(source.choice(sizes))
            assert len(kernel.blocks) <= 2 * LIMIT
        # All lie side by side at first; later, at the worst, every one by itself.
        assert len(kernel.blocks) > (1.8 if turn == 0 else 0.8) * (LIMIT - BASE)
        ending = sorted(kernel.blocks.items())
        if order == "every other":
            ending = ending[::2] + ending[1::2]
        elif order == "random":
            source.shuffle(ending)
        for block in ending[: len(ending) * 2 // 3]:
            kernel.unmap(block)
            room.leave(1, merged=True)
        if order == "every other" and turn == 0:
            assert kernel.most > 0.6 * (LIMIT - BASE)
    assert BASE + kernel.most <= LIMIT


def test_pooled_memories_keep_their_mappings_for_the_next() -> None:
    live = touched = asked = 0

    def count() -> int:
        nonlocal asked
        asked += 1
        return BASE + 4 * touched

    room = Mappings(LIMIT, count)
    for _ in range(3):
        while room_for(room, merged=False):
            live += 1
            touched = max(touched, live)
        assert BASE + 4 * touched <= LIMIT
        assert live > (LIMIT - BASE - mappings._SLACK) // 4 - 2
        for _ in range(200):
            room.leave(1, merged=False)
            live -= 1
        before = asked
        for _ in range(100):
            room.enter(1, merged=False)
            room.leave(1, merged=False)
        assert asked - before <= 2
    assert asked < 20


def test_the_kernel_is_not_asked_again_and_again_when_there_is_no_room() -> None:
    asked = 0

    def count() -> int:
        nonlocal asked
        asked += 1
        return LIMIT

    room = Mappings(LIMIT, count)
    room.enter(10, merged=True)
    room._merged_made += LIMIT
    asked = 0
    for _ in range(1_000):
        with pytest.raises(InstanceLimit):
            room.enter(1, merged=False)
    assert asked == 1
    for _ in range(mappings._ASK_AGAIN):
        room.leave(0, merged=True)
    with pytest.raises(InstanceLimit):
        room.enter(1, merged=False)
    assert asked == 2


def test_room_comes_back_when_mappings_of_others_go() -> None:
    others = LIMIT + 1
    room = Mappings(LIMIT, lambda: others)
    taken = 0
    while room_for(room, merged=False):
        taken += 1
    assert taken > 100
    for _ in range(taken):
        room.leave(1, merged=False)
    assert not room_for(room, merged=False)
    others = BASE
    for _ in range(mappings._ASK_AGAIN):
        room.leave(0, merged=False)
    assert room_for(room, merged=False)


def test_a_kernel_without_a_limit_has_room() -> None:
    room = Mappings(None, lambda: 1 << 40)
    for _ in range(10):
        room.enter(1 << 20, merged=False)
    room.leave(1 << 20, merged=False)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_the_kernel_is_counted_rightly() -> None:
    assert MAPPINGS.limit is not None
    assert MAPPINGS.limit > 1_000
    before = mappings._count()
    held = [
        mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ if number % 2 else 0)
        for number in range(400)
    ]
    assert 300 < mappings._count() - before < 500
    del held


@pytest.mark.parametrize(
    ("file", "memories"),
    [
        (COMPONENTS / "cell.wasm", 1),
        (BENCH / "rust-callee.wasm", 1),
        (BENCH / "go-caller.wasm", 1),
    ],
)
def test_memories_are_counted(file: Path, memories: int) -> None:
    data = file.read_bytes()
    assert memories_of(data) == memories
    assert memories_of(data[: len(data) // 2]) == 1
    with file.open("rb") as stream:
        assert memories_of(mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ)) == memories


def test_memories_of_nested_components_are_counted() -> None:
    from wasmtime import wat2wasm

    module = "(core module (memory 1)) (core module (memory 1) (memory 2))"
    text = f"(component {module} (component {module} (component {module})))"
    assert memories_of(bytes(wat2wasm(text))) == 9


def test_what_cannot_be_read_counts_as_one_memory() -> None:
    source = random.Random(3)  # noqa: S311
    data = bytearray((COMPONENTS / "cell.wasm").read_bytes())
    assert memories_of(b"") == 1
    assert memories_of(b"\0asm") == 1
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(5):
            broken[source.randrange(len(broken))] = source.randrange(256)
        assert memories_of(bytes(broken)) >= 1
    nested = b""
    for _ in range(300):
        size = len(nested)
        length = bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14 & 0x7F])
        nested = b"\0asm\x0d\0\x01\0" + (b"\x04" + length + nested if nested else b"")
    assert memories_of(nested) == 1
