"""How engines are set up: every switch of the runtime that wcompose turns.

Some of them are in the C API only, and a release may move them. One that is gone costs speed or
density, a warning and nothing else: none of them is what keeps guests apart.

Sources: ``wasmtime`` 50, ``runtime/vm/instance/allocator/pooling`` and ``runtime/vm/memory``;
``wasmtime-c-api-impl`` 50, modules ``config`` and ``engine``.
"""

from __future__ import annotations

import enum
import sys
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wcompose.errors import UsageError
from wcompose.native.mappings import MAPPINGS, has_room_for

if TYPE_CHECKING:
    from wasmtime import Config, Engine

Warn = Callable[[str], None]
"""Hears of a switch that this release of the runtime does not have."""

STACK = 1 << 20
"""Bytes of stack that guests may use, unless told otherwise."""

LEAST_STACK, MOST_STACK = 1 << 16, 1 << 30

_ASYNC_STACK = 2 << 20
"""Bytes of the stack of an async call, unless told otherwise. Guests' stacks must not be larger even
where nothing is async: an engine is refused then, and the C API ends the process."""

_REVISION = "run-3"
"""Part of every configuration's name: changed when machine code made before fits no more."""


class Profile(enum.Enum):
    """What an engine is good at.

    ``FAST`` guards memories by reserved address space, so that machine code checks no bounds, and
    takes memories from a pool. A memory costs four of the kernel's mappings; Linux allows 65,530.
    ``DENSE`` checks bounds in machine code and reserves nothing, so that the kernel merges the
    memories of small instances into a few mappings: many more live at once, each of them slower.
    Every instance has the whole of its memory's first content to itself, so it is for components
    that start with little: of a Python node, the fast profile takes less memory.
    """

    FAST = "fast"
    DENSE = "dense"


@dataclass(frozen=True)
class EngineSettings:
    """What an engine is made for.

    Attributes:
        profile: what it is good at.
        metering: whether it counts fuel; guests are slower then.
        stack: bytes of stack that guests may use, from 64 KiB to 1 GiB. A thread that runs one needs
            as much and more.

    Raises:
        UsageError: there are no such engines. The runtime would abort for some of them.
    """

    profile: Profile = Profile.FAST
    metering: bool = False
    stack: int = STACK

    def __post_init__(self) -> None:
        """Refuse what no engine can be made for."""
        if not isinstance(self.profile, Profile):
            raise UsageError.of(
                "engine-profile",
                f"there is no profile `{self.profile}`",
                hint="take `Profile.FAST` or `Profile.DENSE`",
            )
        if not isinstance(self.stack, int) or not LEAST_STACK <= self.stack <= MOST_STACK:
            raise UsageError.of(
                "engine-stack",
                f"guests cannot have a stack of {self.stack!r} bytes",
                hint=f"give them {LEAST_STACK:,} to {MOST_STACK:,}",
            )

    @property
    def name(self) -> str:
        """A name for everything that machine code depends on."""
        metered = "-metered" if self.metering else ""
        return f"{_REVISION}-{self.profile.value}{metered}-{self.stack}"


_DENSE = (
    # A copy-on-write image is a mapping of its own in each memory.
    ("memory_init_cow", False),
    # So is address space around and behind a memory that must not be touched.
    ("memory_reservation", 0),
    ("memory_guard_size", 0),
    ("memory_reservation_for_growth", 0),
)

_SLOWER = "calls are slower or instances larger"
_MISSED = {"async_stack_size": f"guests have a stack of {_ASYNC_STACK:,} bytes at most"}

_HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")

_MEMORY_SLOT = (4 << 30) + (32 << 20)
"""Address space of a pooled memory: all that 32 bits reach, and the guard behind it."""
_TABLE_ELEMENTS = 1 << 20
_TABLE_SLOT = 8 * _TABLE_ELEMENTS
_TABLES_PER_MEMORY = 4
MOST_SLOTS = 15_500
"""Memories of a pool: what fits 61 of the 85 TiB that lie in one piece on x86-64 and Arm under Linux."""
FEWEST_SLOTS = 250
"""A pool with room for less is not worth its limit."""
_KEPT_RESIDENT = 1 << 14
"""Bytes at the start of a pooled memory that are made zero for its next owner, not given back to the
kernel: faster where they are written again. 250 MB at most, after every slot was in use."""


def _pool_limits(slots: int) -> tuple[tuple[str, int], ...]:
    # What is not bounded by the address space is bounded by the limits of each store, not here.
    return (
        ("total_memories", slots),
        ("total_tables", _TABLES_PER_MEMORY * slots),
        ("table_elements", _TABLE_ELEMENTS),
        ("total_component_instances", 1 << 30),
        ("total_core_instances", 1 << 30),
        ("max_component_instance_size", 1 << 30),
        ("max_core_instance_size", 1 << 30),
        ("max_memories_per_module", 1_000),
        ("max_tables_per_module", 1_000),
        # Stacks are for async calls, which the C API's callers cannot make; each takes two mappings.
        ("total_stacks", 0),
        ("linear_memory_keep_resident", _KEPT_RESIDENT),
        ("table_keep_resident", _KEPT_RESIDENT),
    )


def make_engine(settings: EngineSettings, warn: Warn | None = None) -> Engine:
    """An engine: optimised, and interruptible by epochs.

    Args:
        settings: what it is for.
        warn: hears, in a sentence, what this release or machine cannot do.
    """
    from wasmtime import Config, Engine

    warn = warn or _unheard
    config = Config()
    config.epoch_interruption = True
    stack = settings.stack
    if stack > _ASYNC_STACK and not _switch(config, "async_stack_size", 2 * stack, warn):
        stack = _ASYNC_STACK
    config.max_wasm_stack = stack
    if settings.metering:
        config.consume_fuel = True
    # The runtime keeps books for async tasks at every call that leaves a component. Nothing here calls
    # anything async; without the books a call of the host takes a quarter less, an instance 800 bytes.
    _switch(config, "concurrency_support", False, warn)
    if settings.profile is Profile.DENSE:
        for name, value in _DENSE:
            _switch(config, name, value, warn)
        if _has_huge_pages():
            warn(
                "the kernel gives every memory huge pages, so that small instances take all of "
                f"theirs: write `madvise` to `{_HUGE_PAGES}`"
            )
        return Engine(config)
    with _MAKING:
        # Between the look at the address space and its reservation nobody else of ours may reserve.
        if sys.platform == "linux":
            _use_pool(config, warn)
        return Engine(config)


def _has_huge_pages() -> bool:
    """Whether two instances that share a huge page take two megabytes instead of a page each."""
    try:
        return "[always]" in _HUGE_PAGES.read_text("ascii")
    except OSError:
        return False


def engine_for(settings: EngineSettings, warn: Warn | None = None) -> Engine:
    """The engine of this process for these settings.

    A pool takes half of the address space that a process has, so engines are shared while they live.
    """
    with _SHARING:
        engine = _SHARED.get(settings)
        if engine is None:
            engine = _SHARED[settings] = make_engine(settings, warn)
        return engine


_MAKING = threading.Lock()
_SHARING = threading.Lock()
_SHARED: weakref.WeakValueDictionary[EngineSettings, Engine] = weakref.WeakValueDictionary()
# Address space is the process's; so is the choice of who has it.


def _use_pool(config: Config, warn: Warn) -> None:
    slots = MOST_SLOTS if MAPPINGS.limit is None else min(MOST_SLOTS, MAPPINGS.limit // 4)
    # The C API ends the process when an engine cannot have its pool: ask the kernel before.
    while slots >= FEWEST_SLOTS:
        memories, tables = slots * _MEMORY_SLOT, slots * _TABLES_PER_MEMORY * _TABLE_SLOT
        if has_room_for(memories + tables + (memories >> 4)) and has_room_for(
            tables, writable=True, promised=False
        ):
            break
        slots //= 2
    else:
        warn("there is no address space for a pool of memories: each is mapped when it is needed")
        return
    if not _set_pool(config, _pool_limits(slots)):
        warn("this release of wasmtime has no pool of memories: each is mapped when it is needed")


def _set_pool(config: Config, limits: tuple[tuple[str, int], ...]) -> bool:
    from wasmtime import _bindings

    prefix = "wasmtime_pooling_allocation_config_"
    needed = [f"{prefix}{name}_set" for name, _ in limits]
    new, delete = f"{prefix}new", f"{prefix}delete"
    use = "wasmtime_pooling_allocation_strategy_set"
    if not all(hasattr(_bindings, name) for name in (*needed, new, delete, use)):
        return False
    call: Callable[..., Any] = lambda name, *arguments: getattr(_bindings, name)(*arguments)  # noqa: E731
    pool = call(new)
    try:
        for name, (_, value) in zip(needed, limits, strict=True):
            call(name, pool, value)
        call(use, config.ptr(), pool)
    finally:
        call(delete, pool)
    return True


def _switch(config: Config, name: str, value: object, warn: Warn) -> bool:
    """Turn a switch, if there is one."""
    from wasmtime import _bindings

    setter = getattr(_bindings, f"wasmtime_config_{name}_set", None)
    if setter is None:
        warn(f"this release of wasmtime has no switch `{name}`: {_MISSED.get(name, _SLOWER)}")
        return False
    setter(config.ptr(), value)
    return True


def _unheard(_: str) -> None:
    """Nobody wants to know."""
