"""The plans of a component's functions, made when they are first called."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from wcompose.contract.carried import carried_function_name, carried_name
from wcompose.native import calls
from wcompose.runtime.crossing.exports import ExportedFunction, find_function
from wcompose.runtime.crossing.lifting import Lifting
from wcompose.runtime.crossing.lowering import Lowering
from wcompose.runtime.crossing.numbers import carried_type
from wcompose.runtime.crossing.plan import Crossing, Plan, make_plan

if TYPE_CHECKING:
    from wcompose.runtime.bindings import Bindings
    from wcompose.runtime.component import Component


class Plans:
    """How the functions of a component are called by those who use the same classes for its types.

    Args:
        component: whose functions.
        bindings: generated classes, if there are any.
    """

    def __init__(self, component: Component, bindings: Bindings | None) -> None:
        self._component = component
        self._bindings = bindings
        self._plans: dict[str, Plan] = {}
        self._short: dict[str, Plan] = {}
        self._crossings: dict[str, Crossing] = {}

    def plan(self, function: str | ExportedFunction) -> Plan:
        """How a function is called.

        Args:
            function: one of `Component.functions`, or a name of one, as short as is unique.

        Raises:
            UsageError: none or several could be meant.
            ValueFault: its values cannot cross.
        """
        name = function if isinstance(function, str) else function.full_name
        found = self._plans.get(name) or self._short.get(name)
        if found is None:
            with self._component.lock:
                exported = find_function(self._component.functions, name)
                found = self._plans.get(exported.full_name)
                if found is None:
                    found = self._plans[exported.full_name] = self._make(exported)
                self._short[name] = found
        return found

    @cached_property
    def imported(self) -> tuple[ExportedFunction, ...]:
        """Functions that the host has to give, with Python's classes."""
        component = self._component
        return tuple(self._bind(each) for each in component.needed.functions)

    def crossing(self, declared: ExportedFunction) -> Crossing:
        """How the values of one of `imported` cross; made once for all who give it a function."""
        found = self._crossings.get(declared.full_name)
        if found is None:
            result = declared.result
            found = self._crossings[declared.full_name] = Crossing(
                declared,
                Lifting().arguments([each for _, each in declared.parameters]),
                None if result is None else Lowering().function([result]),
            )
        return found

    def _bind(self, function: ExportedFunction) -> ExportedFunction:
        bind = self._component.bind
        if self._bindings is not None:
            return self._bindings.function(function, bind)
        return function.bound(bind)

    def _make(self, function: ExportedFunction) -> Plan:
        interface, name = function.interface, function.name
        carried = f"{carried_name(interface)}#{carried_function_name(name)}" if interface else ""
        is_carried = any(
            each.full_name == carried and _carries(each, function)
            for each in self._component.exported.functions
        )
        if is_carried:
            interface, _, name = carried.partition("#")
        return make_plan(
            self._bind(function),
            self._index(interface, name),
            len(self._plans),
            carried=is_carried,
        )

    def _index(self, interface: str, name: str) -> int:
        pointer, parent = self._component.pointer, 0
        if interface:
            text = interface.encode()
            parent = calls.export_index(pointer, None, text, len(text))
        text = name.encode()
        index = calls.export_index(pointer, parent or None, text, len(text))
        if parent:
            calls.delete_export_index(parent)
        if not index:
            raise AssertionError(f"`{interface}#{name}` was listed and cannot be found")
        return int(index)

    def __del__(self) -> None:
        """Free what finds functions."""
        for plan in getattr(self, "_plans", {}).values():
            calls.delete_export_index(plan.index)


def _carries(carrying: ExportedFunction, function: ExportedFunction) -> bool:
    """Whether a function is what a carrier has for another; its name alone can be anybody's."""
    result = None if function.result is None else carried_type(function.result)
    return carrying.result == result and [each for _, each in carrying.parameters] == [
        carried_type(each) for _, each in function.parameters
    ]
