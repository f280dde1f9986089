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
from wcompose.contract.carried import PACKAGE, carried_function_name, carried_name
from wcompose.errors import LinkError, UsageError, WcomposeError
from wcompose.grants.interfaces import AUDIT_INTERFACE
from wcompose.images import ImageCache
from wcompose.native import calls
from wcompose.native.configuration import Profile
from wcompose.native.mappings import MAPPINGS, is_exhaustion, memories_of, no_room
from wcompose.native.ticker import TICKER
from wcompose.progress import Reporter
from wcompose.report import Finding, Place
from wcompose.runtime.audit import read_use
from wcompose.runtime.classes import Classes, class_name
from wcompose.runtime.exports import ExportedFunction, Surface, find_function, read_surface
from wcompose.runtime.functions import Plan, bind_classes, make_plan
from wcompose.runtime.grants import Grants
from wcompose.runtime.imports import Linking, provide
from wcompose.runtime.instance import Instance
from wcompose.runtime.resources import Resource
from wcompose.runtime.types import TypeReader, ValueType

if TYPE_CHECKING:
    from wasmtime import Engine
    from wasmtime.component import Component as NativeComponent

    from wcompose.runtime.async_pool import AsyncPool
    from wcompose.runtime.bindings import Bindings
    from wcompose.runtime.lending import PoolOptions
    from wcompose.runtime.pool import Pool

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
        settings = images.settings
        self.stack = settings.stack
        self.metering = settings.metering
        self.engine_pointer = calls.pointer_of(self.engine)
        self.pointer = calls.pointer_of(self._native)
        self._is_merged = settings.profile is Profile.DENSE
        self._memories = _count_memories(source)
        self._reader = TypeReader()
        self._classes = Classes()
        self._resource_classes: dict[int, type[Resource]] = {}
        self._plans: dict[str, Plan] = {}
        self._short: dict[str, Plan] = {}
        self._indices: list[int] = []
        self._linkings: dict[int, tuple[Any, Linking]] = {}
        self._lock = threading.RLock()
        self._bindings: Bindings | None = None
        self._resource_bases: dict[int, type[Resource]] = {}

    @cached_property
    def exported(self) -> Surface:
        """Its exports."""
        with self._lock:
            return read_surface(self._native.type.exports(self.engine), self.engine, self._reader)

    @cached_property
    def imported(self) -> Surface:
        """Its imports."""
        with self._lock:
            surface = read_surface(
                self._native.type.imports(self.engine), self.engine, self._reader
            )
            own = tuple(
                self._bound(each) if each.interface in self._own(surface.names) else each
                for each in surface.functions
            )
            return Surface(own, surface.types, surface.resources, surface.names)

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
        return self.imported.names

    @cached_property
    def own_imports(self) -> tuple[str, ...]:
        """Interfaces that the host has to give: not WASI's; empty for the world's own functions."""
        return self._own(self.imported.names)

    def _own(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return ("", *(name for name in names if not _is_wasi(name) and name != AUDIT_INTERFACE))

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
        with self._lock:
            return self._classes.bind(wanted)

    def plan(self, function: str | ExportedFunction) -> Plan:
        """How a function is called.

        Args:
            function: one of `functions`, or a name of one, as short as is unique.

        Raises:
            UsageError: none or several could be meant.
            ValueFault: its values cannot cross.
        """
        name = function if isinstance(function, str) else function.full_name
        found = self._plans.get(name) or self._short.get(name)
        if found is None:
            with self._lock:
                exported = find_function(self.functions, name)
                found = self._plans.get(exported.full_name)
                if found is None:
                    found = self._plans[exported.full_name] = self._make_plan(exported)
                self._short[name] = found
        return found

    def _make_plan(self, function: ExportedFunction) -> Plan:
        bound = self._bound(function)
        interface, name = function.interface, function.name
        carried = carried_name(interface) if interface else ""
        carrying = carried_function_name(name)
        is_carried = bool(carried) and any(
            each.interface == carried and each.name == carrying for each in self.exported.functions
        )
        if is_carried:
            interface, name = carried, carrying
        index = self._index(interface, name)
        return make_plan(bound, index, len(self._plans), carried=is_carried)

    def _bound(self, function: ExportedFunction) -> ExportedFunction:
        """A function with Python's classes: those of the bindings, and others where these have none."""
        if self._bindings is None:
            return bind_classes(function, self.bind)
        return self._bindings.function(function, self.bind)

    def _index(self, interface: str, name: str) -> int:
        parent = 0
        if interface:
            text = interface.encode()
            parent = calls.export_index(self.pointer, None, text, len(text))
        text = name.encode()
        index = calls.export_index(self.pointer, parent or None, text, len(text))
        if parent:
            calls.delete_export_index(parent)
        if not index:
            raise AssertionError(f"`{interface}#{name}` was listed and cannot be found")
        self._indices.append(index)
        return int(index)

    def __del__(self) -> None:
        """Free what finds functions."""
        for index in getattr(self, "_indices", ()):
            calls.delete_export_index(index)

    def resource_class(self, index: int) -> type[Resource]:
        """Python's class for a resource; made with a method for each of the resource's functions."""
        found = self._resource_classes.get(index)
        if found is None:
            from wcompose.runtime.exported import make_resource_class

            with self._lock:
                found = self._resource_classes.get(index)
                if found is None:
                    found = self._resource_classes[index] = make_resource_class(self, index)
        return found

    def resource_base(self, index: int) -> type[Resource]:
        """What the class of a resource is a subclass of: that of the bindings, if they have one."""
        return self._resource_bases.get(index, Resource)

    def resource_name(self, index: int) -> str:
        """A resource's name in WIT."""
        return self._reader.resource_name(index)

    def check(self, imports: Mapping[str, Any]) -> list[Finding]:
        """Everything in which Python's objects and functions do not do for the imports."""
        return provide(self, imports)[1]

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
        grants = grants or Grants()
        if bindings is not None and bindings is not self._bindings:
            self._use(bindings)
        return Instance(self, self._linking(imports, grants), grants, limits or Limits())

    def _use(self, bindings: Bindings) -> None:
        with self._lock:
            if self._bindings is not None or self._plans:
                raise UsageError.of(
                    "bindings-late",
                    f"`{self.name}` was used without these bindings before",
                    hint="open it again for other bindings",
                )
            findings = bindings.check(self)
            if findings:
                raise LinkError(findings)
            self._bindings = bindings
            self._resource_bases = bindings.resource_classes(self.functions)
            # Both were made with classes of the runtime's own.
            self.__dict__.pop("imported", None)
            self._linkings.clear()

    def _linking(self, imports: Mapping[str, Any] | None, grants: Grants) -> Linking:
        """The filled imports; kept for the objects that were given last, so that a pool shares them."""
        hear = None
        if self.is_audited and grants.audit is not None:
            audit = grants.audit
            hear = lambda event: audit(read_use(event))  # noqa: E731
        if hear is not None:
            return Linking(self, imports or {}, hear)
        key = id(imports) if imports else 0
        found = self._linkings.get(key)
        if found is None or (found[0] is not imports and key):
            with self._lock:
                made = Linking(self, imports or {})
                if len(self._linkings) > 8:
                    self._linkings.clear()
                found = self._linkings[key] = (imports, made)
        return found[1]

    def pool(self, **options: Unpack[PoolOptions]) -> Pool:
        """A pool of instances for threads; see `Pool`, and `Lender` for the options."""
        from wcompose.runtime.pool import Pool

        return Pool(self, **options)

    def async_pool(self, **options: Unpack[PoolOptions]) -> AsyncPool:
        """A pool of instances for asyncio; see `AsyncPool`, and `Lender` for the options."""
        from wcompose.runtime.async_pool import AsyncPool

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
