"""Room for one more instance: among the mappings that the kernel lets a process have, and in its space.

Linux lets a process have ``vm.max_map_count`` mappings, 65,530 by default. At that limit the runtime
gives an error at best; at worst an allocation, a new thread's first call or the end of an instance
aborts the process. So an instance is only made while there is room for it and for what its end may take.

- A memory of a pool takes four mappings (image, zeros before and after it, guard); they stay with its
  place in the pool, which the next instance uses.
- Memories without reservation and guard merge into few mappings. But where one between others ends, its
  mapping is split in two, and when the kernel has no mapping for that, the runtime aborts (``munmap`` in
  ``runtime/vm/sys/unix/mmap.rs``). With n such memories in r mappings there can never be more than
  (n + r) / 2 by ending some of them. That many are kept free.

Where address space is bounded (``ulimit -v``, strict overcommit), so much is left free that the
runtime's own small allocations succeed: it aborts when one of them fails (``handle_alloc_error``),
while a memory that cannot be mapped is an error.

What is counted is an upper bound; the kernel is asked for the truth (40 ms where there are many) only
when the bound says that there is no room.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from mmap import mmap
from pathlib import Path

from wcompose.errors import InstanceLimit
from wcompose.sections import CutShort, sections, unsigned

if sys.platform != "win32":
    import resource
    from mmap import MAP_PRIVATE, PROT_READ, PROT_WRITE

RESERVE = 2_500
"""Mappings that are left to everything else in the process: threads, libraries, large allocations."""
_PER_POOLED_MEMORY = 4
_ASK_AGAIN = 100
"""After the kernel said that there is no room, so many instances must end before it is asked again."""
_OTHERS = 1_000
"""By how much the mappings of everything else may grow after the first merged memory was made."""
_UNASKED = 1_000
"""Mappings that are taken before the kernel is asked for the first time."""
_SLACK = 400
"""Room that there has to be then: without it, the kernel would be asked for every few instances."""
_SPARE = 64 << 20
"""Bytes of address space that have to be left where it is bounded."""
_DEPTH = 100
"""How deep components nest at most; the runtime takes no more."""

_LIMIT = Path("/proc/sys/vm/max_map_count")
_MAPPINGS = Path("/proc/self/maps")
_STRICT = Path("/proc/sys/vm/overcommit_memory")


class Mappings:
    """The mappings of this process.

    Args:
        limit: how many the kernel allows, less a reserve; none where it does not count them.
        count: asks the kernel how many there are.
    """

    def __init__(self, limit: int | None, count: Callable[[], int]) -> None:
        self.limit = limit
        self._count = count
        self._lock = threading.Lock()
        # Until the kernel is asked, it is taken to allow this little: one instance costs no question.
        self._measured = max((limit or 0) - _UNASKED, 0)
        # Since then: how many more pooled memories than live then, and merged ones made.
        self._pooled = self._pooled_then = 0
        self._merged = self._merged_then = self._merged_made = self._merged_in = 0
        self._others = 0
        self._wait = 0

    def enter(self, memories: int, *, merged: bool) -> None:
        """Take room for an instance, before it is made.

        Args:
            memories: linear memories that it has.
            merged: whether they are without reservation and guard.

        Raises:
            InstanceLimit: there is none.
        """
        if _is_space_bounded() and not has_room_for(_SPARE, writable=True):
            raise _no_space()
        if self.limit is None:
            return
        with self._lock:
            if merged and not self._others:
                self._others = self._count() + _OTHERS
            if self._bound(memories, merged=merged) > self.limit:
                if self._wait <= 0:
                    self._measure()
                    self._wait = _ASK_AGAIN
                if self._bound(memories, merged=merged) + _SLACK > self.limit:
                    raise _no_room(self.limit + RESERVE)
                self._wait = 0
            if merged:
                self._merged += memories
                self._merged_made += memories
            else:
                self._pooled += memories

    def leave(self, memories: int, *, merged: bool) -> None:
        """Give the room back, after the instance has ended or was not made after all."""
        if self.limit is None:
            return
        with self._lock:
            self._wait -= 1
            if merged:
                self._merged -= memories
            else:
                self._pooled -= memories

    def _bound(self, memories: int, *, merged: bool) -> float:
        """How many mappings there may be, after one more instance and the worst order of ends."""
        pooled = self._pooled + (0 if merged else memories) - self._pooled_then
        made = self._merged_made + (memories if merged else 0)
        return (
            self._measured
            + _PER_POOLED_MEMORY * max(pooled, 0)
            + max(self._merged_then - self._merged_in, 0) / 2
            + made
        )

    def _measure(self) -> None:
        self._measured = self._count()
        self._pooled_then = self._pooled
        self._merged_then, self._merged_made = self._merged, 0
        # What merged memories lie in: at least what is not of pools, nor was there before the first.
        others = self._others + _PER_POOLED_MEMORY * max(self._pooled, 0)
        self._merged_in = max(self._measured - others, 0)


def _count() -> int:
    # Unbuffered: a reader of lines would make a string of each.
    count = 0
    with _MAPPINGS.open("rb", buffering=0) as stream:
        while data := stream.read(1 << 16):
            count += data.count(b"\n")
    return count


def _limit() -> int | None:
    try:
        return max(int(_LIMIT.read_text("ascii")) - RESERVE, 0)
    except (OSError, ValueError):
        return None


_NO_RESERVE = 0x4000
"""Linux's ``MAP_NORESERVE`` on x86-64 and Arm, which `mmap` does not name."""


def has_room_for(size: int, *, writable: bool = False, promised: bool = True) -> bool:
    """Whether so many bytes of address space can be had in one piece; nothing of it is touched.

    Args:
        size: how many.
        writable: whether they count against what the kernel promises at most (strict overcommit), and
            against what a process may have as data (``ulimit -d``).
        promised: whether the kernel may refuse more than the machine's memory, as it does unless asked
            not to; the runtime asks it not to for the tables of its pool.
    """
    flags = MAP_PRIVATE if promised else MAP_PRIVATE | _NO_RESERVE
    protection = PROT_READ | PROT_WRITE if writable else 0
    try:
        mmap(-1, size, flags=flags, prot=protection).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _is_space_bounded() -> bool:
    if sys.platform == "win32":
        return False
    return _IS_STRICT or resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _is_strict() -> bool:
    try:
        return _STRICT.read_text("ascii").strip() == "2"
    except OSError:
        return False


_IS_STRICT = _is_strict()
MAPPINGS = Mappings(_limit(), _count)
"""Those of this process: the kernel counts them for all engines together."""

_EXHAUSTED = re.compile(
    r"maximum concurrent (?:\w+ )?limit of \d+ for .* reached"
    r"|mmap failed to (?:reserve|allocate) 0x"
    r"|\(os error (?:8|12|14|1455)\)$"
)
"""Words of the runtime (pool exhausted, ``ENOMEM`` and what Windows says for it)."""
_LINES = 12


def is_exhaustion(text: str) -> bool:
    """Whether the runtime's error at an instantiation says that no more instances fit."""
    lines = (line.strip() for line in text.splitlines()[:_LINES])
    return any(_EXHAUSTED.search(line) for line in lines)


def no_room(text: str) -> InstanceLimit:
    """The error for what `is_exhaustion` recognised."""
    lines = [line.strip() for line in text.splitlines()[:_LINES] if line.strip()]
    return InstanceLimit.of(
        "instance-limit",
        "there is no room for another instance",
        causes=[line for line in lines if line != "Caused by:"],
        hint="close instances, or take the profile `dense` for many small ones",
    )


def _no_room(limit: int) -> InstanceLimit:
    return InstanceLimit.of(
        "instance-limit",
        "there is no room for another instance",
        causes=[f"the kernel allows a process {limit:,} memory mappings, and they are in use"],
        hint="close instances, take the profile `dense` for many small ones, "
        "or raise `vm.max_map_count`",
    )


def _no_space() -> InstanceLimit:
    return InstanceLimit.of(
        "instance-limit",
        "there is no room for another instance",
        causes=["the address space that the process may have (`ulimit -v`) is nearly used up"],
        hint="close instances, or raise the limit",
    )


def memories_of(data: bytes | mmap) -> int:
    """How many linear memories an instance of a component has, each module counted once.

    Never fails: what it cannot read counts as one memory.
    """
    try:
        return max(_memories(data, 0, len(data), _DEPTH), 1)
    except (CutShort, IndexError):
        return 1


_MODULE, _COMPONENT, _MEMORY, _LAYER = 1, 4, 5, 6
"""Identifiers of sections (Component Model, Binary.md; core specification); where a layer is named."""


def _memories(data: bytes | mmap, start: int, end: int, depth: int) -> int:
    if depth == 0:
        raise CutShort
    found = 0
    if data[start + _LAYER] == 0:
        for identifier, content, stop in sections(data, start, end):
            if identifier == _MEMORY:
                found += unsigned(data, content, stop)[0]
        return found
    for identifier, content, stop in sections(data, start, end):
        if identifier in {_MODULE, _COMPONENT}:
            found += _memories(data, content, stop, depth - 1)
    return found
