"""Functions of one instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wcompose.runtime.crossing.exports import ExportedFunction
from wcompose.runtime.crossing.plan import Plan, in_order
from wcompose.runtime.instances.store import check_bounds

if TYPE_CHECKING:
    from wcompose.runtime.instances.instance import Instance


class Function:
    """A function of one instance.

    Calling it lowers the arguments, runs the guest, and lifts the result. Of a ``result``, the value is
    given back and an error is raised.
    """

    __slots__ = ("_instance", "fuel", "plan", "seconds")

    def __init__(
        self,
        instance: Instance,
        plan: Plan,
        seconds: float | None,
        fuel: int | None,
    ) -> None:
        self._instance = instance
        self.plan = plan
        self.seconds = seconds
        self.fuel = fuel

    @property
    def instance(self) -> Instance:
        """The instance that it belongs to."""
        return self._instance

    @property
    def type(self) -> ExportedFunction:
        """Its names and types."""
        return self.plan.function

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call it.

        Args:
            arguments: values for its parameters, in the forms of
                `wcompose.runtime.crossing.classes` or of `wcompose.runtime.crossing.values`.
            named: the same by name, in snake case.

        Returns:
            The result; none when there is none.

        Raises:
            ValueFault: the arguments do not fit, with everything in which they do not.
            ResultError: it answered with the error of its result.
            GuestFault: the guest trapped or went beyond its bounds; the instance has ended.
            InstanceEnded: the instance had ended before.
            InstanceBusy: another call of the instance is under way.
        """
        if named:
            arguments = in_order(self.plan, arguments, named)
        return self._instance.enter(self.plan, arguments, self.seconds, self.fuel)

    def within(self, *, seconds: float | None = None, fuel: int | None = None) -> Function:
        """The same function with other bounds for its calls.

        Args:
            seconds: time of one call; none for the instance's.
            fuel: fuel of one call, where the runtime meters it; none for the instance's.

        Raises:
            UsageError: a bound makes no sense, or the runtime does not meter.
        """
        check_bounds(self._instance.component, seconds, fuel)
        return Function(
            self._instance,
            self.plan,
            self.seconds if seconds is None else seconds,
            self.fuel if fuel is None else fuel,
        )

    def __repr__(self) -> str:
        """Its full name and type."""
        return f"<{self.plan.function}>"
