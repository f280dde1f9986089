"""A host that calls a component through its bindings: right for a strict type checker, and run."""

from __future__ import annotations

from array import array
from typing import assert_never, assert_type

from echo_host import (
    BINDINGS,
    AnyMixed,
    Color,
    Counter,
    Echo,
    Holding,
    Household,
    Mixed,
    Person,
    Point,
)
from echo_host import values as values_module
from echo_host.values import Abilities, Columns, Failure

import wcompose


def use(component: wcompose.Component) -> list[str]:
    """Call what there is; gives what came."""
    said: list[str] = []
    with Echo.instantiate(component) as echo:
        said.append(str(assert_type(echo.values.add(1, b=2), int)))
        said += _values(echo.values)
        said += _counters(echo)
        said.append(echo.greet("Ann"))
        assert_type(echo.instance, wcompose.Instance)
    return said


def use_pool(component: wcompose.Component) -> int:
    """Call through a pool."""
    with component.pool(size=1, bindings=BINDINGS) as pool:
        with pool.instance() as instance:
            first = Echo(instance).values.add(1, 2)
        return first + assert_type(pool.run(lambda each: Echo(each).values.add(3, 4)), int)


def _values(values: values_module.Exports) -> list[str]:
    ann = Person("Ann", "ann@example.org", 41, admin=True, score=0.5)
    assert_type(ann.name, str)
    household = Household(ann, Point(1.0, 2.0), [ann], (Point(0, 0), Point(1, 1)))
    back = assert_type(values.echo_household(household), Household)
    assert back.others == [ann]
    assert back.pet is None
    columns = values.echo_columns(Columns([1, 2], array("I", [3]), [0.5], ["x"], [True]))
    assert_type(columns.bytes, bytes)
    assert_type(columns.reals, "array[float]")
    assert columns.bytes == b"\1\2"
    assert columns.reals == array("d", [0.5])
    assert values.echo_abilities(Abilities.READ | Abilities.WRITE) == Abilities(3)
    assert values.echo_color(Color.GREEN) is Color.GREEN
    assert assert_type(values.echo_list_u8(bytearray(b"ab")), bytes) == b"ab"
    perhaps = values.echo_option_option_u32(wcompose.Some(None))
    assert_type(perhaps, "wcompose.Some[int | None] | None")
    assert perhaps == wcompose.Some(None)
    answer = values.echo_result(wcompose.Ok(7))
    said = [f"{assert_type(answer, int)}"]
    try:
        values.divide(1, 0)
    except wcompose.ResultError as error:
        failure = error.value
        said.append(failure.message if isinstance(failure, Failure) else "?")
    said += [_told(values.echo_mixed(each)) for each in _mixed(ann)]
    return said


def _mixed(ann: Person) -> list[AnyMixed]:
    return [Mixed.Nothing(), Mixed.Whole(-1), Mixed.Who(ann), Mixed.Answer(wcompose.Err("no"))]


def _told(mixed: AnyMixed) -> str:
    match mixed:
        case Mixed.Nothing():
            return "nothing"
        case Mixed.Who(person):
            return person.name
        case Mixed.Whole(number):
            return str(number)
        case Mixed.Answer(wcompose.Ok(number)):
            return f"ok {number}"
        case Mixed.Answer(wcompose.Err(text)):
            return f"error {text}"
        case _:
            return type(mixed).__name__


def every_case(holding: Holding.Empty | Holding.One | Holding.Two) -> int:
    """A `match` that a type checker holds to be complete."""
    match holding:
        case Holding.Empty():
            return 0
        case Holding.One(counter):
            return counter.value()
        case Holding.Two((left, right)):
            return left.value() + right.value()
        case _:
            assert_never(holding)


def _counters(echo: Echo) -> list[str]:
    counters = echo.counters
    with counters.Counter(5) as counter:
        assert_type(counter, Counter)
        assert counter.add(by=2) == 7
        other = assert_type(counters.Counter.parse("8"), Counter)
        assert counters.Counter.sum(counter, other) == 15
        holding = counters.echo_holding(Holding.Two((other, counter.copy())))
        total = every_case(holding)
    return [str(total), type(counters.Counter(1)).__name__]
