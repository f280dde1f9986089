"""A component that was opened: compiled, its types read, ready for any number of instances."""

from __future__ import annotations

import mmap
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from wcompose.bounds import Limits
from wcompose.contract import parse_item_name
from wcompose.contract.carried import PACKAGE
from wcompose.errors import LinkError, WcomposeError
from wcompose.grants.interfaces import AUDIT_INTERFACE
from wcompose.images import ImageCache
from wcompose.native import calls
from wcompose.native.configuration import Profile
from wcompose.native.mappings import MAPPINGS, is_exhaustion, memories_of, no_room
from wcompose.native.memory import keep_freed_memory
from wcompose.native.signals import Noting
from wcompose.native.ticker import TICKER
from wcompose.progress import Reporter
from wcompose.report import Finding, Place
from wcompose.runtime.crossing.classes import Classes, class_name
from wcompose.runtime.crossing.exports import ExportedFunction, Surface, read_surface
from wcompose.runtime.crossing.types import TypeReader, ValueType
from wcompose.runtime.hosting.audit import read_use
from wcompose.runtime.hosting.grants import Grants
from wcompose.runtime.hosting.imports import Linking
from wcompose.runtime.hosting.provided import provide
from wcompose.runtime.instances.instance import Instance
from wcompose.runtime.instances.resources import Resource
from wcompose.runtime.plans import Plans

if TYPE_CHECKING:
    from wasmtime import Engine
    from wasmtime.component import Component as NativeComponent

    from wcompose.runtime.bindings import Bindings
    from wcompose.runtime.pooling.async_pool import AsyncPool
    from wcompose.runtime.pooling.lending import PoolOptions
    from wcompose.runtime.pooling.pool import Pool

PROGRAM_INTERFACE = "wasi:cli/run"


class Component:
    """A component, compiled and ready to be instantiated any number of times.

    Args:
        source: the component's file, or its bytes.
        images: cache of its machine code.
        reporter: hears about compiling.
        name: what errors call it, where the source is bytes.

    Raises:
        ArtifactError: it is not a component that the runtime takes.
    """

    def __init__(
        self,
        source: Path | bytes,
        images: ImageCache,
        reporter: Reporter | None = None,
        name: str = "component",
    ) -> None:
        self.path = source if isinstance(source, Path) else None
        self.name = source.name if isinstance(source, Path) else name
        self._images = images
        self._native: NativeComponent = (
            images.open(source, reporter)
            if isinstance(source, Path)
            else images.open_bytes(source, name, reporter)
        )
        self.engine: Engine = images.engine
        TICKER.add(self.engine)
        keep_freed_memory()
        settings = images.settings
        self.stack = settings.stack
        self.metering = settings.metering
        self.engine_pointer = calls.pointer_of(self.engine)
        self.pointer = calls.pointer_of(self._native)
        self._is_merged = settings.profile is Profile.DENSE
        self._memories = _count_memories(source)
        self._reader = TypeReader()
        self._classes = Classes()
        self._resource_classes: dict[tuple[int, type[Resource]], type[Resource]] = {}
        self._plans: dict[int, tuple[Bindings | None, Plans]] = {}
        self._linkings: dict[tuple[Any, ...], tuple[Any, Linking]] = {}
        self.lock = threading.RLock()

    @cached_property
    def exported(self) -> Surface:
        """Its exports."""
        with Noting(), self.lock:
            return read_surface(self._native.type.exports(self.engine), self.engine, self._reader)

    @cached_property
    def imported(self) -> Surface:
        """Its imports."""
        with Noting(), self.lock:
            return read_surface(self._native.type.imports(self.engine), self.engine, self._reader)

    @cached_property
    def needed(self) -> Surface:
        """What the host has to give: its imports without WASI's, most of whose types nobody looks at."""
        with Noting(), self.lock:
            items = {
                name: item
                for name, item in self._native.type.imports(self.engine).items()
                if _is_needed(name)
            }
            return read_surface(items, self.engine, self._reader)

    @cached_property
    def functions(self) -> tuple[ExportedFunction, ...]:
        """Everything that can be called."""
        return tuple(
            each for each in self.exported.functions if not each.interface.startswith(f"{PACKAGE}/")
        )

    @cached_property
    def program(self) -> ExportedFunction | None:
        """The function that runs it as a program, if it exports one."""
        for function in self.functions:
            item = parse_item_name(function.interface)
            if (
                item is not None
                and f"{item.namespace}:{item.package}/{item.interface}" == PROGRAM_INTERFACE
                and function.name == "run"
            ):
                return function
        return None

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Names of everything that it imports."""
        with Noting(), self.lock:
            return tuple(self._native.type.imports(self.engine))

    @cached_property
    def own_imports(self) -> tuple[str, ...]:
        """Interfaces that the host has to give: not WASI's; empty for the world's own functions."""
        return ("", *(name for name in self.imports if _is_needed(name)))

    @cached_property
    def needs_wasi(self) -> bool:
        """Whether it imports anything of WASI."""
        return any(_is_wasi(name) for name in self.imports)

    @cached_property
    def needs_http(self) -> bool:
        """Whether it imports WASI's HTTP."""
        return any(name.startswith("wasi:http/") for name in self.imports)

    @cached_property
    def is_audited(self) -> bool:
        """Whether its gates record uses."""
        return AUDIT_INTERFACE in self.imports

    def is_wasi_resource(self, index: int) -> bool:
        """Whether a resource is one of WASI's."""
        return any(
            index in known.values()
            for interface, known in self.imported.resources.items()
            if _is_wasi(interface)
        )

    def bind(self, wanted: ValueType) -> ValueType:
        """A type with Python's classes for its values."""
        with self.lock:
            return self._classes.bind(wanted)

    def plans(self, bindings: Bindings | None = None) -> Plans:
        """How its functions are called with generated classes, or with those made here.

        Raises:
            LinkError: it is not what the bindings were generated for; every difference.
        """
        key = id(bindings) if bindings is not None else 0
        found = self._plans.get(key)
        if found is None:
            with self.lock:
                findings = [] if bindings is None else bindings.check(self)
                if findings:
                    raise LinkError(findings)
                # The bindings are kept with their plans, so their id is not given again.
                found = self._plans.setdefault(key, (bindings, Plans(self, bindings)))
        return found[1]

    def resource_class(self, index: int, base: type[Resource] = Resource) -> type[Resource]:
        """Python's class for a resource; made with a method for each of the resource's functions.

        Args:
            index: which resource.
            base: what it is a subclass of, such as the class that generated bindings have for it.
        """
        found = self._resource_classes.get((index, base))
        if found is None:
            from wcompose.runtime.instances.exported import make_resource_class

            with self.lock:
                found = self._resource_classes.get((index, base))
                if found is None:
                    found = make_resource_class(self, index, base)
                    self._resource_classes[index, base] = found
        return found

    def resource_name(self, index: int) -> str:
        """A resource's name in WIT."""
        return self._reader.resource_name(index)

    def check(self, imports: Mapping[str, Any]) -> list[Finding]:
        """Everything in which Python's objects and functions do not do for the imports."""
        return provide(self, self.plans().imported, imports)[1]

    def instantiate(
        self,
        grants: Grants | None = None,
        limits: Limits | None = None,
        imports: Mapping[str, Any] | None = None,
        bindings: Bindings | None = None,
    ) -> Instance:
        """Make an instance in a store of its own.

        Args:
            grants: what it may reach; nothing, unless named.
            limits: what it may use.
            imports: objects and functions for what it imports besides WASI, by the names of interfaces
                (with or without version) and of the world's functions.
            bindings: generated classes for its types; the same for all instances of a component.

        Raises:
            LinkError: an import is missing or does not fit, or it does not fit the bindings; all of it.
            UsageError: a grant names what is not there.
            InstanceLimit: no more instances fit into the process.
            GuestFault: it trapped while it started.
        """
        grants = grants or _NOTHING
        # A signal's handler may not raise into what frees the runtime's objects: that would be lost.
        with Noting():
            plans = self.plans(bindings)
            linking = self._linking(imports, plans, grants)
            return Instance(self, plans, linking, grants, limits or _USUAL)

    def _linking(self, imports: Mapping[str, Any] | None, plans: Plans, grants: Grants) -> Linking:
        """The filled imports; kept for the objects that were given last: instances share them."""
        if self.is_audited and grants.audit is not None:
            audit = grants.audit
            return Linking(self, plans, imports or {}, lambda event: audit(read_use(event)))
        given = dict(imports or {})
        key = (id(plans), *((name, id(value)) for name, value in given.items()))
        found = self._linkings.get(key)
        if found is None:
            with self.lock:
                made = Linking(self, plans, given)
                if len(self._linkings) >= _KEPT_LINKINGS:
                    self._linkings.clear()
                # The objects are kept with it, so their id is not given again.
                found = self._linkings[key] = (given, made)
        return found[1]

    def pool(self, **options: Unpack[PoolOptions]) -> Pool:
        """A pool of instances for threads; see `Pool`, and `Lender` for the options."""
        from wcompose.runtime.pooling.pool import Pool

        return Pool(self, **options)

    def async_pool(self, **options: Unpack[PoolOptions]) -> AsyncPool:
        """A pool of instances for asyncio; see `AsyncPool`, and `Lender` for the options."""
        from wcompose.runtime.pooling.async_pool import AsyncPool

        return AsyncPool(self, **options)

    def enter_room(self) -> None:
        """Take room for an instance.

        Raises:
            InstanceLimit: there is none.
        """
        MAPPINGS.enter(self._memories, merged=self._is_merged)

    def leave_room(self) -> None:
        """Give it back."""
        MAPPINGS.leave(self._memories, merged=self._is_merged)

    def raise_refusal(self, text: str) -> None:
        """Raise what the runtime's refusal to instantiate means, if it is not the guest's fault.

        Raises:
            InstanceLimit: no more instances fit.
            LinkError: an import is not what the host has.
        """
        if is_exhaustion(text):
            raise no_room(text)
        if "matching implementation" in text or "incompatible" in text:
            raise self.unlinkable(text)

    def unlinkable(self, text: str) -> WcomposeError:
        """The error for what the host does not provide, in the runtime's words."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return LinkError.of(
            "host-mismatch",
            f"`{self.name}` imports what this host does not provide",
            place=Place(str(self.path or self.name)),
            causes=[line for line in lines if line != "Caused by:"],
            hint="build it for WASI 0.2, or compose it with a component that exports what it imports",
        )

    def types_of(self, interface: str) -> dict[str, type[Any]]:
        """Python's classes for the named types of an interface, by the names of the classes."""
        found: dict[str, type[Any]] = {}
        for name, wanted in self.exported.types.get(interface, {}).items():
            python = self.bind(wanted).python
            if python is not None:
                found[class_name(name)] = python
        return found


_NOTHING, _USUAL = Grants(), Limits()
_KEPT_LINKINGS = 8


def _is_needed(name: str) -> bool:
    return not _is_wasi(name) and name != AUDIT_INTERFACE


def _is_wasi(name: str) -> bool:
    item = parse_item_name(name)
    return item is not None and item.namespace == "wasi"


def _count_memories(source: Path | bytes) -> int:
    if isinstance(source, bytes):
        return memories_of(source)
    try:
        with (
            source.open("rb") as stream,
            mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            return memories_of(data)
    except (OSError, ValueError):
        return 1
