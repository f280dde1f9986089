"""One instance of a component, in a store of its own: calls, bounds, and its end."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from wcompose.bounds import Limits
from wcompose.errors import (
    Closed,
    GuestExited,
    InstanceEnded,
    ResultError,
    UsageError,
    ValueFault,
    WcomposeError,
)
from wcompose.native import calls
from wcompose.native.entering import ENTERING
from wcompose.native.memory import Block
from wcompose.native.signals import SIGNALS, Noting
from wcompose.native.ticker import TICKER
from wcompose.native.ticks import RUNNING
from wcompose.runtime.crossing.classes import Err, Ok
from wcompose.runtime.crossing.exports import ExportedFunction
from wcompose.runtime.crossing.lowering import UNFIT
from wcompose.runtime.crossing.plan import Plan, check_arguments
from wcompose.runtime.crossing.values import plain
from wcompose.runtime.instances.functions import Function
from wcompose.runtime.instances.handles import HandleStore
from wcompose.runtime.instances.resources import move

if TYPE_CHECKING:
    from wcompose.runtime.component import Component
    from wcompose.runtime.hosting.grants import Grants
    from wcompose.runtime.hosting.imports import Linking
    from wcompose.runtime.instances.exported import Exports
    from wcompose.runtime.plans import Plans

_call_function = calls.call_function
_delete_value = calls.delete_value
_ZERO = bytes(8)


class Instance(HandleStore):
    """One instance of a component, isolated in a store of its own.

    It takes one call at a time, from any thread. After a trap, or when a call was stopped, the runtime
    refuses every call into the same store, so the instance refuses too: make another one. Close it, or
    use it as a context manager, to give its memory back at once.

    Made by `Component.instantiate`.
    """

    __slots__ = (
        "_addresses",
        "_exports",
        "_functions",
        "_native",
        "_plans",
    )

    def __init__(
        self,
        component: Component,
        plans: Plans,
        linking: Linking,
        grants: Grants,
        limits: Limits,
    ) -> None:
        self._plans = plans
        self._functions: list[array[int]] = []
        self._addresses: dict[int, int] = {}
        self._exports: Exports | None = None
        self._native = array("Q", bytes(calls.INSTANCE_SIZE))
        super().__init__(component, linking, grants, limits)
        try:
            self._start()
        except BaseException:
            self._free()
            raise

    def _start(self) -> None:
        name, limits = "its start", self._limits
        with Noting(), self._lock:
            error = self.run(
                limits.seconds,
                limits.fuel,
                calls.instantiate,
                self._linking.pointer,
                self.context,
                self._component.pointer,
                self._native.buffer_info()[0],
            )
            if error:
                told = calls.read_error(error)
                self._component.raise_refusal(str(told))
                raise self._ended(told, name, limits.seconds)

    @property
    def exports(self) -> Exports:
        """Its interfaces by name, and the functions of its world."""
        if self._exports is None:
            from wcompose.runtime.instances.exported import Exports

            self._exports = Exports(self, self._component)
        return self._exports

    @property
    def component(self) -> Component:
        """What it is an instance of."""
        return self._component

    @property
    def exit_code(self) -> int | None:
        """Status with which the guest ended itself, if it did."""
        return self._fault.code if isinstance(self._fault, GuestExited) else None

    def function(self, name: str | ExportedFunction | Function) -> Function:
        """A function, by a name that is as short as is unique; see `find_function`.

        Raises:
            UsageError: none or several could be meant, or it is one of another instance.
            ValueFault: its values cannot cross.
        """
        if isinstance(name, Function):
            if name.instance is not self:
                raise UsageError.of(
                    "foreign-function",
                    f"`{name.type.full_name}` is a function of another instance",
                    hint="call it there, or give its name",
                )
            return name
        plan = self._plans.plan(name)
        return Function(self, plan, self._limits.seconds, self._limits.fuel)

    def call(
        self, function: str | ExportedFunction | Function, *arguments: Any, **named: Any
    ) -> Any:
        """Call a function by its name; see `function` and `Function`."""
        return self.function(function)(*arguments, **named)

    def call_plain(self, function: str | ExportedFunction, arguments: Sequence[Any]) -> Any:
        """Call a function with values in the form of JSON: `wcompose.runtime.crossing.values`.

        Returns:
            The result in the same form, of a ``result`` too; none when there is none, or when the guest
            ended itself (see `exit_code`).

        Raises:
            WcomposeError: as `Function`.
        """
        found = self.function(function)
        wanted = found.type.result
        try:
            value = found(*arguments)
        except GuestExited:
            return None
        except ResultError as error:
            if wanted is None:
                raise AssertionError("only a result has an error") from None
            return plain(wanted, Err(error.value))
        if wanted is None:
            return None
        return plain(wanted, Ok(value) if wanted.kind == "result" else value)

    def enter(  # noqa: PLR0915 -- one way in, step by step
        self,
        plan: Plan,
        arguments: Sequence[Any],
        seconds: float | None,
        fuel: int | None,
    ) -> Any:
        """Call a function; see `Function`."""
        # From `SIGNALS.enter` until `inside` is what it was, signals are noted: nothing is raised in
        # between that could leave the lock taken or a result's memory behind.
        thread, begun = ENTERING.thread, monotonic()
        on_main, was_inside = thread.on_main, SIGNALS.inside
        if on_main:
            if begun > SIGNALS.due:
                SIGNALS.look(begun)
            SIGNALS.inside = True
        is_ours = False
        try:
            is_ours = self._lock.acquire(False)
            if not is_ours:
                raise self._busy(plan.function.full_name)
            if self._fault is not None or self._closed:
                raise self._refusal()
            if self._forgotten:
                self._drop_forgotten()
            kept: list[Any] = []
            try:
                block = plan.lower(kept.append, self, *arguments)
            except WcomposeError:
                raise
            except Exception:  # noqa: BLE001 -- a value's own code may raise anything
                block = self._lower_again(plan, arguments, kept)
            if plan.moves:
                move(kept)
            self._calls += 1
            address = self._addresses.get(plan.number) or self._find(plan)
            context, slot, stack = self.context, thread.slot_address, self._stack
            if self._metering or thread.free < stack:
                error = self.run(
                    seconds, fuel, _call_function,
                    address, context, block, plan.count, slot, plan.results,
                )  # fmt: skip
            else:
                # What `run` does, without its indirections: they are a fifth of a short call. That
                # Python's stack has room for what the guest calls back, `lower` has shown.
                self.stopping = "cancelled" if self._cancelled == self._turn else ""
                self._output_before = self._output
                self.deadline = None if seconds is None else begun + seconds
                self.on_main = on_main
                RUNNING[context] = self
                thread.free -= stack
                thread.nested += 1
                try:
                    if TICKER.asleep:
                        TICKER.wake()
                    error = _call_function(address, context, block, plan.count, slot, plan.results)
                finally:
                    thread.nested -= 1
                    thread.free += stack
                    RUNNING.pop(context, None)
                    self._seconds += monotonic() - begun
            if error:
                raise self._ended(calls.read_error(error), plan.function.full_name, seconds)
            if self.stopping:
                self._refuse_result(plan, thread.slot, seconds)
            lift = plan.lift
            if lift is None:
                return None
            if not plan.owns:
                return lift(slot, self)
            return self._owned(plan, thread.slot)
        finally:
            if is_ours:
                self._turn += 1
                self._lock.release()
            if on_main:
                SIGNALS.inside = was_inside
                if SIGNALS.noted and not was_inside:
                    SIGNALS.run_noted()

    def _refuse_result(self, plan: Plan, slot: Block, seconds: float | None) -> None:
        """End a call that went well for the guest, if it went beyond its bounds before.

        Raises:
            GuestFault: it wrote too much, or a listener raised.
        """
        if self.stopping in {"output", "raised"}:
            if plan.owns:
                _delete_value(slot.address)
                slot.data[:8] = _ZERO
            raise self._ended("", plan.function.full_name, seconds)

    def _owned(self, plan: Plan, slot: Block) -> Any:
        """Lift a result that has memory, and free it."""
        try:
            value = plan.lift(slot.address, self)  # type: ignore[misc]
        finally:
            _delete_value(slot.address)
            slot.data[:8] = _ZERO
        if plan.unwraps:
            if type(value) is Err:
                raise ResultError(value.value)
            return value.value
        return value

    def _lower_again(self, plan: Plan, arguments: Sequence[Any], kept: list[Any]) -> bytes:
        """Lower arguments that are in other forms, or say what is wrong with them."""
        fitted = check_arguments(plan.function, arguments)
        kept.clear()
        try:
            return plan.lower(kept.append, self, *fitted)
        except UNFIT as error:
            raise ValueFault.of(
                "argument-type",
                f"the arguments of `{plan.function.full_name}` do not fit",
                causes=[str(error)],
                hint=f"it is `{plan.function}`",
            ) from None

    def _find(self, plan: Plan) -> int:
        place = array("Q", bytes(calls.FUNCTION_SIZE))
        found = calls.find_function(
            self._native.buffer_info()[0], self.context, plan.index, place.buffer_info()[0]
        )
        if not found:
            raise AssertionError(f"`{plan.function.full_name}` was listed and cannot be found")
        self._functions.append(place)
        address = self._addresses[plan.number] = place.buffer_info()[0]
        return address

    def _refusal(self) -> BaseException:
        if self._closed:
            return Closed.of(
                "instance-closed",
                "the instance was closed, so it cannot be called",
                hint="make another one: `component.instantiate()`",
            )
        fault = self._fault
        ended = InstanceEnded.of(
            "instance-ended",
            "the instance has ended, so it cannot be called again",
            causes=[] if fault is None else [str(fault)],
            hint="make another one: `component.instantiate()`",
        )
        ended.__cause__ = fault
        return ended

    def close(self) -> None:
        """Drop the resources that somebody holds, and give the instance's memory back.

        Raises:
            GuestFault: a destructor trapped; the memory is given back all the same.
            InstanceBusy: a call is under way.
        """
        with Noting():
            if not self._lock.acquire(False):
                raise self._busy("close")
            try:
                if self.is_usable:
                    self._drop_all()
            finally:
                self._free()
                self._lock.release()

    def __enter__(self) -> Self:
        """The instance itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()
