"""How functions are called, prepared once for all instances of a component."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from wcompose.errors import ValueFault
from wcompose.report import Finding
from wcompose.runtime.crossing.classes import python_name
from wcompose.runtime.crossing.exports import ExportedFunction
from wcompose.runtime.crossing.lifting import Lift, Lifting
from wcompose.runtime.crossing.lowering import Lowering
from wcompose.runtime.crossing.numbers import CODES
from wcompose.runtime.crossing.values import Fitting

_SCALARS = frozenset({*CODES, "bool", "char"})


@dataclass(eq=False)
class Plan:
    """How a function is called: what its values are lowered and lifted by.

    Attributes:
        function: the function, its types with Python's classes.
        index: finds it in an instance; an address of the runtime's.
        lower: see `crossing.lowering.Lowering.function`.
        lift: see `crossing.lifting.Lifting.function`; none without a result.
        count: of parameters.
        owns: whether a result has memory that has to be freed.
        moves: whether it takes resources over.
        unwraps: whether its result is a `result`, of which errors are raised.
        number: its place among those of its `Plans`; an instance uses only one of these.
        results: how many it has.
        names: of its parameters, in snake case.
    """

    function: ExportedFunction
    index: int
    lower: Callable[..., bytes]
    lift: Lift | None
    count: int
    owns: bool
    moves: bool
    unwraps: bool
    number: int
    results: int = field(init=False)
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.results = 0 if self.lift is None else 1
        self.names = tuple(python_name(name) for name, _ in self.function.parameters)


@dataclass(frozen=True, eq=False)
class Crossing:
    """How values cross when a guest calls a function of the host.

    Attributes:
        declared: the import, with Python's classes.
        lift: reads the arguments.
        lower: writes the result; none without one.
    """

    declared: ExportedFunction
    lift: Callable[[int, Any], list[Any]]
    lower: Callable[..., bytes] | None


def make_plan(function: ExportedFunction, index: int, number: int, *, carried: bool) -> Plan:
    """Prepare a function.

    Args:
        function: with Python's classes.
        index: of the function itself, or of the one that carries its lists as text.
        number: its place.
        carried: which of the two.

    Raises:
        ValueFault: its values cannot cross.
    """
    types = [each for _, each in function.parameters]
    result = function.result
    if not all(each.can_cross for each in (*types, *([result] if result else []))):
        raise ValueFault.of(
            "value-unsupported",
            f"`{function.full_name}` cannot be called from here: futures and streams do not cross",
            causes=[str(function)],
            hint="call it from another component, or give it a function without them",
        )
    return Plan(
        function,
        index,
        Lowering(carried=carried).function(types),
        None if result is None else Lifting(carried=carried).function(result),
        len(types),
        result is not None and result.kind not in _SCALARS,
        any(each.holds({"own"}) for each in types),
        result is not None and result.kind == "result",
        number,
    )


def check_arguments(function: ExportedFunction, arguments: Sequence[Any]) -> list[Any]:
    """The arguments in the form that is lowered.

    Raises:
        ValueFault: their number is wrong, or with everything in which they do not fit.
    """
    expected = function.parameters
    if len(arguments) != len(expected):
        raise ValueFault.of(
            "argument-count",
            f"`{function.full_name}` takes {len(expected)} "
            f"argument{'s' if len(expected) != 1 else ''}, got {len(arguments)}",
            hint=f"it is `{function.signature()}`",
        )
    fitted, findings = [], []
    for number, ((name, kind), value) in enumerate(zip(expected, arguments, strict=True), start=1):
        fitting = Fitting()
        fitted.append(fitting.fit(kind, value))
        findings += [
            Finding(
                "argument-type",
                f"argument {number} `{name}` does not fit: {problem}",
                hint=f"its type is `{kind.brief()}`",
            )
            for problem in fitting.problems
        ]
    if findings:
        raise ValueFault(findings)
    return fitted


def in_order(plan: Plan, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """Arguments by place and by name, as they are lowered.

    Raises:
        ValueFault: a name is unknown, given twice, or missing.
    """
    names = plan.names
    problems = [f"there is no parameter `{name}`" for name in named if name not in names]
    problems += [f"`{name}` is given twice" for name in names[: len(arguments)] if name in named]
    rest = names[len(arguments) :]
    problems += [f"`{name}` is missing" for name in rest if name not in named]
    if problems:
        raise ValueFault.of(
            "argument-names",
            f"`{plan.function.full_name}` cannot be called so",
            causes=problems,
            hint=f"it is `{plan.function}`",
        )
    return arguments + tuple(named[name] for name in rest)
