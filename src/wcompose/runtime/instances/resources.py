"""Resources: objects of Python for handles, and handles for objects of Python.

A guest's resource is dropped exactly once: when it is closed, when its ``with`` block ends, when it is
passed on as ``own``, when its instance is closed, or some time after nobody refers to it any more. What
is let go by Python's collector, on whatever thread, is dropped at the instance's next call.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from wcompose.errors import ValueFault
from wcompose.native import calls

if TYPE_CHECKING:
    from wcompose.runtime.crossing.types import ValueType
    from wcompose.runtime.instances.handles import HandleStore
    from wcompose.runtime.instances.instance import Instance

Keep = Callable[[Any], object]


class Resource:
    """A resource of a guest. Made by the guest's constructors and other functions, never directly."""

    __slots__ = ("__weakref__", "_handle", "_index", "_instance", "_is_own")

    _handle: int
    _instance: Instance
    _index: int
    _is_own: bool

    def __init__(self, *_: Any, **__: Any) -> None:
        raise TypeError(
            "a resource is made by a guest: call its constructor on an instance's exports"
        )

    @property
    def is_closed(self) -> bool:
        """Whether it was dropped or given away."""
        return not getattr(self, "_handle", 0)

    def close(self) -> None:
        """Drop it, if that was not done before; its destructor runs in the guest.

        While a call of the instance is under way, the drop waits for the next one.

        Raises:
            GuestFault: the destructor trapped.
        """
        handle, self._handle = self._handle, 0
        if handle:
            self._instance.drop_handle(handle, is_own=self._is_own)

    _drop = close  # a method of the guest's may be called `close`

    def __enter__(self) -> Self:
        """The resource itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Drop it."""
        self._drop()

    def __del__(self) -> None:
        """Have it dropped later."""
        handle = getattr(self, "_handle", 0)
        if handle:
            self._handle = 0
            self._instance.forget_handle(handle, is_own=self._is_own)

    def __reduce_ex__(self, _protocol: Any) -> Any:
        """Refuse to be copied or pickled: a handle has one owner."""
        raise TypeError("a resource cannot be copied")

    def __repr__(self) -> str:
        """Its class, and whether it is closed."""
        return f"<{type(self).__name__}{' (closed)' if self.is_closed else ''}>"


def wrap(instance: Any, wanted: ValueType, handle: int, *, is_own: bool) -> Resource:
    """An object for a handle, which it owns from then on."""
    made: Resource = object.__new__(instance.resource_class(wanted))
    made._instance = instance  # noqa: SLF001
    made._handle = handle  # noqa: SLF001
    made._index = wanted.resource  # noqa: SLF001
    made._is_own = is_own  # noqa: SLF001
    return made


class Moved:
    """A resource that a call takes over: its object lets go of it once the call begins."""

    __slots__ = ("resource",)

    def __init__(self, resource: Resource) -> None:
        self.resource = resource


def lend(instance: HandleStore, value: Any, index: int, keep: Keep, *, is_own: bool) -> int:
    """Address of the handle for a resource that is passed to a guest.

    Raises:
        ValueFault: it is of another instance or another type, or closed, or only borrowed.
    """
    if not isinstance(value, Resource):
        raise _unfit(f"expected a resource, got {type(value).__name__}")
    if getattr(value, "_instance", None) is not instance:
        raise _unfit(
            f"{value!r} belongs to another instance",
            "a resource can be passed only to the instance that made it",
        )
    if value._index != index:  # noqa: SLF001
        wanted = instance.resource_name(index) or "resource"
        raise _unfit(f"expected a `{wanted}`, got {value!r}")
    handle = value._handle  # noqa: SLF001
    if not handle:
        raise _unfit(f"{value!r} was dropped or given away", "make another one")
    if is_own:
        if not value._is_own:  # noqa: SLF001
            raise _unfit(f"{value!r} is only borrowed, so it cannot be given away")
        keep(Moved(value))
    else:
        keep(value)
    return handle


def move(kept: list[Any]) -> None:
    """Let go of what a call takes over.

    Raises:
        ValueFault: the same resource is given away twice.
    """
    moved = [each.resource for each in kept if type(each) is Moved]
    if not moved:
        return
    if len({id(each) for each in moved}) != len(moved) or any(
        each in moved for each in kept if isinstance(each, Resource)
    ):
        raise _unfit("a resource is given away and used once more in the same call")
    for each in moved:
        kept.append(Memory(each._handle))  # noqa: SLF001
        each._handle = 0  # noqa: SLF001


class Memory:
    """Memory of a handle that the runtime has copied, or that a guest owns now."""

    __slots__ = ("_handle",)

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __del__(self, delete: Callable[[int], None] = calls.delete_resource) -> None:
        delete(self._handle)


def _unfit(message: str, hint: str = "") -> ValueFault:
    return ValueFault.of("resource", message, hint=hint)


class HostObjects:
    """Objects of Python that a guest holds handles of."""

    def __init__(self) -> None:
        self._objects: dict[int, Any] = {}
        self._next = 1

    def add(self, value: Any) -> int:
        """Keep an object; gives its number."""
        while self._next in self._objects:
            self._next = self._next % 0xFFFFFFFF + 1
        number, self._next = self._next, self._next % 0xFFFFFFFF + 1
        self._objects[number] = value
        return number

    def get(self, number: int) -> Any:
        """The object of a number."""
        return self._objects[number]

    def take(self, number: int) -> Any:
        """The same, which the guest holds no longer."""
        return self._objects.pop(number, None)

    def __len__(self) -> int:
        """How many objects a guest holds."""
        return len(self._objects)
