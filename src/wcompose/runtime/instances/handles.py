"""The handles of an instance: resources of its guest that the host holds, and the other way round."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from wcompose.bounds import Limits
from wcompose.errors import InstanceBusy, OutputExceeded
from wcompose.native import calls
from wcompose.native.signals import Noting
from wcompose.runtime.crossing.types import ValueType
from wcompose.runtime.instances.resources import HostObjects, Resource, lend, wrap
from wcompose.runtime.instances.store import Store

if TYPE_CHECKING:
    from wcompose.runtime.component import Component
    from wcompose.runtime.hosting.grants import Grants
    from wcompose.runtime.hosting.imports import Linking


class HandleStore(Store):
    """A store and its handles; what lowering and lifting ask of the owner of values is here."""

    __slots__ = ("_forgotten", "_linking", "_objects", "_resources")

    def __init__(
        self, component: Component, linking: Linking, grants: Grants, limits: Limits
    ) -> None:
        self._linking = linking
        self._forgotten: deque[tuple[int, bool]] | None = None
        self._resources: WeakSet[Resource] | None = None
        self._objects: HostObjects | None = None
        super().__init__(component, grants, limits)

    @property
    def has_resources(self) -> bool:
        """Whether resources of it were not dropped: somebody holds them, or has let go of them."""
        return bool(self._resources or self._forgotten)

    def _busy(self, name: str) -> InstanceBusy:
        return InstanceBusy.of(
            "instance-busy",
            f"`{name}` cannot be called while another call of the same instance is under way",
            hint="use an instance for each thread, from `component.pool()`",
        )

    def lend(self, value: Any, index: int, keep: Callable[[Any], object], *, is_own: bool) -> int:
        """Address of a handle for a resource that goes to the guest."""
        if index in self._linking.host_resources:
            return self._linking.lend(self, value, index, keep, is_own=is_own)
        return lend(self, value, index, keep, is_own=is_own)

    def take(self, address: int, wanted: ValueType, *, is_own: bool) -> Any:
        """The object for a handle that comes from the guest."""
        if wanted.resource in self._linking.host_resources:
            return self._linking.take(self, address, is_own=is_own)
        made = wrap(self, wanted, calls.clone_resource(address), is_own=is_own)
        if is_own:
            if self._resources is None:
                self._resources = WeakSet()
            self._resources.add(made)
        return made

    def too_large(self, count: int) -> bytes:
        """Refuse a string or list that is longer than results may be.

        Raises:
            OutputExceeded: always.
        """
        self._fault = OutputExceeded.of(
            "result-size",
            f"a result holds a string or list of {count:,} bytes or elements, "
            f"and {self.result_limit:,} are allowed",
            hint="allow more: `Limits(result=…)`",
        )
        raise self._fault

    def resource_class(self, wanted: ValueType) -> type[Resource]:
        """Class of the objects for a guest's resource."""
        base = wanted.python
        if base is not None and issubclass(base, Resource):
            return self._component.resource_class(wanted.resource, base)
        return self._component.resource_class(wanted.resource)

    def resource_name(self, index: int) -> str:
        """A resource's name in WIT."""
        return self._component.resource_name(index)

    @property
    def objects(self) -> HostObjects:
        """Objects of the host that the guest holds handles of."""
        if self._objects is None:
            self._objects = HostObjects()
        return self._objects

    def drop_handle(self, handle: int, *, is_own: bool) -> None:
        """Drop a resource, now or, while a call is under way, before the next one.

        Raises:
            GuestFault: its destructor trapped.
        """
        with Noting():
            if not self._lock.acquire(False):
                self.forget_handle(handle, is_own=is_own)
                return
            try:
                self._drop(handle, is_own=is_own)
            finally:
                self._turn += 1
                self._lock.release()

    def forget_handle(self, handle: int, *, is_own: bool) -> None:
        """Have a handle dropped before the next call; from any thread."""
        if self._closed:
            calls.delete_resource(handle)
            return
        if self._forgotten is None:
            self._forgotten = deque()
        self._forgotten.append((handle, is_own))

    def drop_resources(self) -> None:
        """Drop every resource that somebody still holds; their later use is refused.

        Raises:
            GuestFault: a destructor trapped.
            InstanceBusy: a call is under way.
        """
        with Noting():
            if not self._lock.acquire(False):
                raise self._busy("drop_resources")
            try:
                if self.is_usable:
                    self._drop_all()
            finally:
                self._turn += 1
                self._lock.release()

    def _drop_all(self) -> None:
        for each in list(self._resources or ()):
            handle, each._handle = each._handle, 0  # noqa: SLF001
            if handle:
                self._drop(handle, is_own=True)
        self._drop_forgotten()

    def _drop_forgotten(self) -> None:
        while self._forgotten:
            handle, is_own = self._forgotten.popleft()
            self._drop(handle, is_own=is_own)

    def _drop(self, handle: int, *, is_own: bool) -> None:
        try:
            if self.is_usable and is_own:
                seconds = self._limits.seconds
                error = self.run(
                    seconds, self._limits.fuel, calls.drop_resource, self.context, handle
                )
                if error:
                    raise self._ended(calls.read_error(error), "a destructor", seconds)
        finally:
            calls.delete_resource(handle)

    def _free(self) -> None:
        forgotten, self._forgotten = self._forgotten, None
        super()._free()
        for handle, _ in forgotten or ():
            calls.delete_resource(handle)
