"""What the host gives to a component: Python's functions and objects for its imports."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wasmtime.component import Linker, ResourceType

from wcompose.errors import LinkError, ResultError, ValueFault
from wcompose.native import calls
from wcompose.native.hosting import Hosting
from wcompose.native.memory import address_of
from wcompose.native.signals import SIGNALS
from wcompose.native.ticks import RUNNING
from wcompose.runtime.crossing.classes import Err, Ok
from wcompose.runtime.crossing.exports import ExportedFunction
from wcompose.runtime.crossing.lowering import UNFIT
from wcompose.runtime.crossing.plan import check_arguments
from wcompose.runtime.hosting.provided import Provided, provide

if TYPE_CHECKING:
    from wcompose.runtime.component import Component
    from wcompose.runtime.crossing.plan import Crossing
    from wcompose.runtime.instances.handles import HandleStore
    from wcompose.runtime.instances.instance import Instance
    from wcompose.runtime.instances.resources import HostObjects
    from wcompose.runtime.plans import Plans

Keep = Callable[[Any], object]
_RAISED = "a function of the host raised an exception"
_NUMBERS = itertools.count(1)
_FUNCTIONS: dict[int, HostFunction] = {}
"""Functions that guests may call, by the numbers that the runtime was given for them."""


class HostFunction:
    """A function of the host's, as a guest calls it.

    Args:
        crossing: how its values cross.
        function: takes them and gives the result.
    """

    def __init__(self, crossing: Crossing, function: Callable[..., Any]) -> None:
        self.declared = crossing.declared
        self._function = function
        self._lift, self._lower = crossing.lift, crossing.lower
        result = self.declared.result
        self._is_result = result is not None and result.kind == "result"

    def call(self, instance: Instance, arguments: int, results: int) -> None:
        """Answer a call.

        Args:
            instance: whose guest calls.
            arguments: address of the values.
            results: address of the place for the result.
        """
        values = self._lift(arguments, instance)
        try:
            outcome = self._function(*values)
        except ResultError as error:
            if not self._is_result:
                raise
            outcome = Err(error.value)
        else:
            if self._is_result and not isinstance(outcome, (Ok, Err)):
                outcome = Ok(outcome)
        if self._lower is None:
            if outcome is not None:
                raise self._unfit(f"it gives no result, and gave {type(outcome).__name__}")
            return
        kept: list[Any] = []
        try:
            block = self._lower(kept.append, instance, outcome)
        except UNFIT:
            kept.clear()
            block = self._lower(kept.append, instance, self._fitted(outcome))
        calls.clone_value(address_of(block), results)

    def _fitted(self, outcome: Any) -> Any:
        result = self.declared.result
        if result is None:
            raise AssertionError("a result is lowered only where there is one")
        as_argument = ExportedFunction(
            self.declared.interface, self.declared.name, (("result", result),), None
        )
        try:
            (fitted,) = check_arguments(as_argument, [outcome])
        except ValueFault as error:
            raise self._unfit(*(each.message for each in error.findings)) from None
        return fitted

    def _unfit(self, *causes: str) -> ValueFault:
        return ValueFault.of(
            "import-result",
            f"what the host's `{self.declared.full_name}` gave back does not fit",
            causes=causes,
            hint=f"it is `{self.declared}`",
        )


def _answer(
    number: int, context: int, _type: int, arguments: int, _count: int, results: int, _results: int
) -> int:
    instance, function = RUNNING.get(context), _FUNCTIONS.get(number)
    if instance is None or function is None:
        return calls.make_error("a function of the host was called without a call of its guest")
    on_main = instance.on_main
    try:
        if on_main:
            SIGNALS.inside = False
            if SIGNALS.noted:
                SIGNALS.run_noted()
        function.call(instance, arguments, results)
        if on_main:
            SIGNALS.inside = True
        return 0
    except BaseException as error:  # noqa: BLE001 -- carried over to the caller of the guest
        if on_main:  # before anything else: a signal's handler must not raise from here
            SIGNALS.inside = True
        instance.import_raised(function.declared.full_name, error)
        return calls.make_error(_RAISED)


def _destroy(_number: int, context: int, representation: int) -> int:
    instance = RUNNING.get(context)
    if instance is None:
        return 0
    on_main = instance.on_main
    try:
        if on_main:
            SIGNALS.inside = False
        value = instance.objects.take(representation)
        close = getattr(value, "close", None)
        if callable(close):
            close()
        if on_main:
            SIGNALS.inside = True
        return 0
    except BaseException as error:  # noqa: BLE001 -- carried over to the caller of the guest
        if on_main:
            SIGNALS.inside = True
        instance.import_raised("a destructor", error)
        return calls.make_error(_RAISED)


_HOSTING = Hosting(_answer, _destroy)


class Lent:
    """A handle of the host's while a call uses it.

    Args:
        address: of the handle.
        objects: what the guest holds.
        number: of the object, if the guest only borrows it; it holds it no longer after the call.
    """

    __slots__ = ("_address", "_number", "_objects")

    def __init__(self, address: int, objects: HostObjects, number: int | None) -> None:
        self._address, self._objects, self._number = address, objects, number

    def __del__(self, delete: Callable[[int], None] = calls.delete_resource) -> None:
        delete(self._address)
        if self._number is not None:
            self._objects.take(self._number)


class Linking:
    """A component with all its imports filled; instances of it share one.

    Args:
        component: what is to be instantiated.
        plans: its functions, with Python's classes.
        imports: Python's objects and functions by the names of imports.
        audit: hears of uses that gates record.

    Raises:
        LinkError: something is missing or does not fit; all of it.
    """

    def __init__(
        self,
        component: Component,
        plans: Plans,
        imports: Mapping[str, Any],
        audit: Callable[[str], None] | None = None,
    ) -> None:
        provided, findings = provide(component, plans.imported, imports)
        if findings:
            raise LinkError(findings)
        self._numbers: list[int] = []
        self.host_resources = frozenset(
            index for known in component.needed.resources.values() for index in known.values()
            if not component.is_wasi_resource(index)
        )  # fmt: skip
        self._linker = Linker(component.engine)
        if component.needs_wasi:
            self._linker.add_wasip2()
            if component.needs_http:
                self._linker.add_wasi_http()
        for interface in component.own_imports:
            functions = [each for each in provided if each.declared.interface == interface]
            if interface and (functions or component.needed.resources.get(interface)):
                with self._linker.root() as root, root.add_instance(interface) as place:
                    self._fill(
                        plans, place, functions, component.needed.resources.get(interface, {})
                    )
        with self._linker.root() as root:
            functions = [each for each in provided if not each.declared.interface]
            self._fill(plans, root, functions, component.needed.resources.get("", {}))
        if audit is not None or component.is_audited:
            _add_recorder(self._linker, audit)
        self.pointer = calls.pointer_of(self._linker)

    def _fill(
        self, plans: Plans, place: Any, functions: list[Provided], resources: Mapping[str, int]
    ) -> None:
        for name, index in resources.items():
            _HOSTING.add_resource(place, name, ResourceType.host(index))
        for each in functions:
            if each.function is None:
                raise AssertionError("what is missing was told before")
            number = next(_NUMBERS)
            self._numbers.append(number)
            _FUNCTIONS[number] = HostFunction(plans.crossing(each.declared), each.function)
            _HOSTING.add_function(place, each.declared.name, number)

    def __del__(self) -> None:
        """Forget the functions; no instance that could call them is left."""
        for number in getattr(self, "_numbers", ()):
            _FUNCTIONS.pop(number, None)

    def lend(
        self, instance: HandleStore, value: Any, index: int, keep: Keep, *, is_own: bool
    ) -> int:
        """A handle for an object of the host's that goes to a guest."""
        number = instance.objects.add(value)
        host = calls.new_host_resource(is_own, number, index)
        try:
            handle = calls.to_any_resource(instance.context, host)
        finally:
            calls.delete_host_resource(host)
        keep(Lent(handle, instance.objects, None if is_own else number))
        return handle

    def take(self, instance: HandleStore, address: int, *, is_own: bool) -> Any:
        """The object of the host's behind a handle that comes from a guest."""
        host = calls.to_host_resource(instance.context, address)
        try:
            number = calls.host_resource_number(host)
        finally:
            calls.delete_host_resource(host)
        return instance.objects.take(number) if is_own else instance.objects.get(number)


def _add_recorder(linker: Linker, hear: Callable[[str], None] | None) -> None:
    """Fill the import by which gates tell of uses."""
    from wcompose.grants.interfaces import AUDIT_INTERFACE

    def record(_: object, event: str) -> None:
        if hear is not None:
            hear(event)

    with linker.root() as root, root.add_instance(AUDIT_INTERFACE) as interface:
        interface.add_func("record", record)
