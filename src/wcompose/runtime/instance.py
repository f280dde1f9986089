"""Opening a component, making instances of it, and calling them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wcompose.bounds import Limits, Watch
from wcompose.contract import parse_item_name
from wcompose.errors import GuestFault, LinkError, ValueFault
from wcompose.grants.interfaces import AUDIT_INTERFACE
from wcompose.images import ImageCache
from wcompose.progress import Reporter
from wcompose.report import Finding, Place
from wcompose.runtime.audit import Use, read_use
from wcompose.runtime.exports import ExportedFunction, exported_functions
from wcompose.runtime.grants import Grants
from wcompose.runtime.trap import guest_fault
from wcompose.runtime.types import mismatches, normal

if TYPE_CHECKING:
    from wasmtime import Store
    from wasmtime.component import Component, Func, Linker

PROGRAM_INTERFACE = "wasi:cli/run"
_SAID_LIMIT = 1 << 16
"""Bytes of a guest's standard error that are kept for its last words."""


class OpenComponent:
    """A component, compiled and ready to be instantiated any number of times.

    Args:
        path: the component binary.
        images: cache of its machine code.
        reporter: hears about compiling.

    Raises:
        ArtifactError: it is not a component that the runtime takes.
    """

    def __init__(self, path: Path, images: ImageCache, reporter: Reporter | None = None) -> None:
        self.path = path
        self._images = images
        self._component: Component = images.open(path, reporter)

    @cached_property
    def functions(self) -> tuple[ExportedFunction, ...]:
        """Everything that can be called."""
        return exported_functions(self._component, self._images.engine)

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
        return tuple(self._component.type.imports(self._images.engine))

    def instantiate(self, grants: Grants, limits: Limits | None = None) -> Instance:
        """Make an instance in a store of its own.

        Raises:
            LinkError: it imports what no host provides; lists all of it.
            UsageError: a grant names what is not there.
            GuestFault: it trapped while it started.
        """
        limits = limits or Limits()
        linker = self._linker(grants)
        return Instance(self, self._images, linker, grants, limits)

    def _linker(self, grants: Grants) -> Linker:
        from wasmtime.component import ComponentInstanceType, FuncType, Linker

        engine = self._images.engine
        linker = Linker(engine)
        linker.add_wasip2()
        needs_http = any(name.startswith("wasi:http/") for name in self.imports)
        if needs_http:
            linker.add_wasi_http()
        is_audited = AUDIT_INTERFACE in self.imports
        if is_audited:
            _add_recorder(linker, grants.audit)
        missing = []
        for name, extern in self._component.type.imports(engine).items():
            item = parse_item_name(name)
            if item is not None and item.namespace == "wasi":
                continue
            if is_audited and name == AUDIT_INTERFACE:
                continue
            native = extern.ty
            if isinstance(native, ComponentInstanceType) and not any(
                isinstance(inner.ty, FuncType) for inner in native.exports(engine).values()
            ):
                continue  # types only: nothing to provide
            if isinstance(native, (ComponentInstanceType, FuncType)):
                missing.append(name)
        if missing:
            raise LinkError(
                [
                    Finding(
                        "unmet-import",
                        f"`{self.path.name}` imports `{name}`, which no host provides",
                        Place(str(self.path), item=name),
                        hint="compose it with a component that exports it",
                    )
                    for name in missing
                ]
            )
        return linker


def _add_recorder(linker: Linker, audit: Callable[[Use], None] | None) -> None:
    """Fill the import by which gates tell of uses."""

    def hear(_: object, event: str) -> None:
        if audit is not None:
            audit(read_use(event))

    with linker.root() as root, root.add_instance(AUDIT_INTERFACE) as interface:
        interface.add_func("record", hear)


class Instance:
    """One instance of a component, isolated in a store of its own.

    After a trap the runtime refuses every call into the same store, so the instance refuses too: make
    another one.
    """

    def __init__(
        self,
        opened: OpenComponent,
        images: ImageCache,
        linker: Linker,
        grants: Grants,
        limits: Limits,
    ) -> None:
        from wasmtime import Store, WasmtimeError

        from wcompose.runtime.boundary import HandleKeeper

        self._limits = limits
        self._said = bytearray()
        self._fault: GuestFault | None = None
        self._handles = HandleKeeper()
        self._functions: dict[str, Func] = {}
        self._store: Store = Store(images.engine)
        limits.apply(self._store)
        self._watch = Watch(self._store, images.engine, limits)
        self._store.set_wasi(self._listening(grants).configuration())
        if any(name.startswith("wasi:http/") for name in opened.imports):
            self._store.set_wasi_http()
        try:
            with self._watch.calling():
                self._instance = linker.instantiate(self._store, opened._component)  # noqa: SLF001
        except WasmtimeError as error:
            text = str(error)
            if "matching implementation" in text or "incompatible" in text:
                raise _unlinkable(opened.path, text) from None
            raise self._failed("its start", error) from None

    @property
    def exit_code(self) -> int | None:
        """Status with which the guest ended itself, if it did."""
        return self._exit_code

    _exit_code: int | None = None

    def call(self, function: ExportedFunction, arguments: Sequence[Any]) -> Any:
        """Call an exported function.

        Args:
            function: one of `OpenComponent.functions`.
            arguments: JSON values; see `wcompose.runtime.types`.

        Returns:
            The result as a JSON value; none when there is none, or when the guest ended itself
            (see `exit_code`).

        Raises:
            ValueFault: with everything in which the arguments do not fit.
            GuestFault: the guest trapped or overran its bounds, now or in an earlier call.
        """
        from wasmtime import ExitTrap, WasmtimeError

        from wcompose.runtime import boundary

        if self._fault is not None:
            raise self._fault
        values = check_arguments(function, arguments)
        try:
            with self._watch.calling():
                return boundary.call(
                    self._find(function),
                    self._store,
                    [each for _, each in function.parameters],
                    function.result,
                    values,
                    self._handles,
                )
        except ExitTrap as error:
            self._exit_code = error.code
            return None
        except WasmtimeError as error:
            raise self._failed(function.full_name, error) from None

    def close(self) -> None:
        """Drop the resources that calls gave back; their destructors run in the guest."""
        if self._fault is None:
            self._handles.drop_all(self._store)

    def _find(self, function: ExportedFunction) -> Func:
        found = self._functions.get(function.full_name)
        if found is None:
            index = None
            if function.interface:
                index = self._instance.get_export_index(self._store, function.interface)
            index = self._instance.get_export_index(self._store, function.name, index)
            found = None if index is None else self._instance.get_func(self._store, index)
            if found is None:
                raise AssertionError(f"`{function.full_name}` was listed and cannot be found")
            self._functions[function.full_name] = found
        return found

    def _listening(self, grants: Grants) -> Grants:
        """The same grants, with the end of standard error kept for the guest's last words."""
        from dataclasses import replace

        forward = grants.stderr

        def hear(data: bytes) -> None:
            self._said.extend(data)
            if len(self._said) > 2 * _SAID_LIMIT:
                del self._said[:-_SAID_LIMIT]
            if forward is not None:
                forward(data)

        return replace(grants, stderr=hear)

    def _failed(self, function: str, error: Exception) -> GuestFault:
        said = bytes(self._said[-_SAID_LIMIT:]).decode("utf-8", "replace")
        self._fault = guest_fault(
            error,
            said,
            function=function,
            seconds=self._limits.seconds if self._watch.overran else None,
        )
        return self._fault


def check_arguments(function: ExportedFunction, arguments: Sequence[Any]) -> list[Any]:
    """The arguments as they are lowered.

    Raises:
        ValueFault: their number is wrong, or with everything in which they do not fit.
    """
    expected = function.parameters
    if len(arguments) != len(expected):
        raise ValueFault.of(
            "argument-count",
            f"`{function.full_name}` takes {len(expected)} "
            f"argument{'s' if len(expected) != 1 else ''}, got {len(arguments)}",
            hint="it is " + f"`func({', '.join(f'{name}: {each}' for name, each in expected)})`",
        )
    findings = [
        Finding(
            "argument-type",
            f"argument {number} `{name}` does not fit: {problem}",
            hint=f"it is a `{kind}`",
        )
        for number, ((name, kind), value) in enumerate(
            zip(expected, arguments, strict=True), start=1
        )
        for problem in mismatches(kind, value)
    ]
    if findings:
        raise ValueFault(findings)
    return [normal(kind, value) for (_, kind), value in zip(expected, arguments, strict=True)]


def _unlinkable(path: Path, text: str) -> LinkError:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return LinkError.of(
        "host-mismatch",
        f"`{path.name}` imports what this host does not provide",
        place=Place(str(path)),
        causes=[line for line in lines if line != "Caused by:"],
        hint="build it for WASI 0.2, or compose it with a component that exports what it imports",
    )
