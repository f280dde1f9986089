"""The library's front door: open, instantiate, call; values and imports as Python has them."""

from __future__ import annotations

import dataclasses
import enum
import gc
import threading
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import CACHE

import wcompose
from wcompose import Err, Ok, ResultError, Some


@pytest.fixture(scope="module")
def runtime() -> wcompose.Runtime:
    return wcompose.Runtime(cache=CACHE)


@pytest.fixture(scope="module")
def echo(runtime: wcompose.Runtime, guest_file: Callable[[str], Path]) -> wcompose.Component:
    return runtime.open(guest_file("echo-rust"))


@pytest.fixture
def instance(echo: wcompose.Component) -> Iterator[wcompose.Instance]:
    with echo.instantiate() as made:
        yield made


@pytest.fixture
def counters(instance: wcompose.Instance) -> Any:
    return instance.exports.counters


def test_interfaces_go_by_full_and_short_names(instance: wcompose.Instance) -> None:
    exports = instance.exports
    full = exports["wcompose:echo/values@0.1.0"]
    assert exports["wcompose:echo/values"] is full
    assert exports["values"] is full
    assert exports.values is full
    assert "values" in exports
    assert "valued" not in exports
    assert exports.greet("Ada") == "hello, Ada"
    with pytest.raises(wcompose.UsageError) as caught:
        exports["valuse"]
    assert "did you mean" in caught.value.findings[0].hint
    with pytest.raises(AttributeError, match="did you mean `echo_u8`"):
        exports.values.echo_u88  # noqa: B018


def test_arguments_go_by_place_and_by_name(instance: wcompose.Instance) -> None:
    add = instance.function("values#add")
    assert add(1, 2) == add(1, b=2) == add(a=1, b=2) == instance.call("values#add", 1, 2) == 3
    for arguments, named in (((1,), {}), ((1, 2, 3), {}), ((1,), {"a": 2}), ((), {"c": 1})):
        with pytest.raises(wcompose.ValueFault):
            add(*arguments, **named)
    assert add(1, 2) == 3


def test_records_are_dataclasses_and_mappings_do_too(instance: wcompose.Instance) -> None:
    values: Any = instance.exports.values
    ada = values.Person("Ada", "ada@example.com", 36, True, 1.5)
    person: Any = values.describe(ada)
    assert dataclasses.is_dataclass(type(person))
    assert (person, type(person)) == (ada, values.Person)
    assert values.describe(dataclasses.asdict(person)) == person
    with pytest.raises(dataclasses.FrozenInstanceError):
        person.name = "Bob"


def test_lists_of_numbers_are_buffers(instance: wcompose.Instance) -> None:
    values = instance.exports.values
    assert values.echo_list_u8(b"\0\xff") == b"\0\xff"
    assert values.echo_list_u8([1, 2]) == b"\1\2"
    assert values.echo_list_u8(memoryview(b"abcd")[::2]) == b"ac"
    numbers = values.echo_list_f64(array("d", [1.0, -0.0]))
    assert isinstance(numbers, array)
    assert numbers.tobytes() == array("d", [1.0, -0.0]).tobytes()
    assert values.echo_list_s16(range(-2, 3)) == array("h", range(-2, 3))
    with pytest.raises(wcompose.ValueFault, match="expected u8, got 1"):
        values.echo_list_u8(array("d", [1.0]))
    with pytest.raises(wcompose.ValueFault):
        values.echo_list_f64("12")


def test_a_value_that_does_not_fit_is_told_whole(instance: wcompose.Instance) -> None:
    with pytest.raises(wcompose.ValueFault) as caught:
        instance.call("values#add", -1, "two")
    messages = [finding.message for finding in caught.value.findings]
    assert messages == [
        "argument 1 `a` does not fit: expected u32 (0 to 4,294,967,295), got -1",
        "argument 2 `b` does not fit: expected u32, got 'two'",
    ]
    assert instance.is_usable


def test_resources_are_objects_that_are_dropped_once(counters: Any) -> None:
    with counters.Counter(5) as counter:
        assert (counter.value(), counter.add(3), counters.live()) == (5, 8, 1)
    assert counter.is_closed
    counter.close()
    assert (counters.live(), counters.dropped()) == (0, 1)
    with pytest.raises(wcompose.ValueFault, match="dropped or given away"):
        counter.value()
    assert counters.Counter.sum(counters.Counter(1), counters.Counter(2)) == 3
    gc.collect()
    assert counters.live() == 0


def test_a_resource_that_is_given_away_is_closed(counters: Any) -> None:
    first = counters.Counter(7)
    again = counters.pass_(first)
    assert (first.is_closed, again.value()) == (True, 7)
    assert counters.look(again) == 7
    with pytest.raises(wcompose.ValueFault, match="given away and used once more"):
        counters.merge([again, again])
    assert again.value() == 7
    assert counters.merge([again, counters.Counter(1)]).value() == 8
    assert isinstance(counters.Counter.parse("4"), type(again))
    with pytest.raises(ResultError):
        counters.Counter.parse("four")


def test_a_resource_belongs_to_its_instance(echo: wcompose.Component, counters: Any) -> None:
    with echo.instantiate() as other:
        foreign = other.exports.counters.Counter(1)
        with pytest.raises(wcompose.ValueFault, match="another instance"):
            counters.look(foreign)
        assert other.exports.counters.live() == 1
    assert foreign.is_closed or not other.is_usable
    with pytest.raises(wcompose.Closed):
        foreign.value()


def test_a_resource_that_is_let_go_on_another_thread_is_dropped_later(counters: Any) -> None:
    held = [counters.Counter(number) for number in range(10)]
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    gc.collect()
    assert counters.live() == 0


def test_a_trap_ends_the_instance_and_no_other(echo: wcompose.Component) -> None:
    first, second = echo.instantiate(), echo.instantiate()
    counter = first.exports.counters.Counter(1)
    with pytest.raises(wcompose.Trapped) as trapped:
        counter.give_up()
    assert first.fault is trapped.value
    with pytest.raises(wcompose.InstanceEnded) as ended:
        first.call("values#add", 1, 2)
    assert ended.value.__cause__ is trapped.value
    counter.close()
    first.close()
    with pytest.raises(wcompose.Closed):
        first.call("values#add", 1, 2)
    assert second.call("values#add", 1, 2) == 3
    second.close()


class Host:
    """Gives what `wcompose:echo/host` asks for."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.closed: list[str] = []
        host = self

        class File:
            def __init__(self, name: str) -> None:
                self._name, self._data = name, b""

            @staticmethod
            def open(name: str, how: enum.Flag) -> File:
                if not name:
                    raise ResultError("unknown")
                host.heard.append(f"open {name} {how.value}")
                return File(name)

            def name(self) -> str:
                return self._name

            def write(self, data: bytes) -> int:
                self._data += data
                return len(self._data)

            def read(self) -> bytes:
                return self._data

            def close(self) -> None:
                host.closed.append(self._name)

        self.File = File

    def log(self, text: str) -> None:
        self.heard.append(text)

    def add(self, a: int, b: int) -> int:
        return a + b

    def lookup(self, key: str) -> str | None:
        return {"a": "b"}.get(key)

    def transform(self, values: array[float]) -> list[float]:
        return [2 * each for each in values]

    def scramble(self, data: bytes) -> bytes:
        return data[::-1]

    def shapes(self, given: list[Any]) -> dict[str, Any]:
        if not given:
            raise ResultError("none-given")
        return {"count": len(given), "names": [each.case for each in given], "area": 0.5}

    def same(self, left: object, right: object) -> bool:
        return left is right

    def archive(self, it: Any) -> str:
        return str(it.name())

    def latest(self) -> None:
        return None


@pytest.fixture(scope="module")
def through(runtime: wcompose.Runtime, guest_file: Callable[[str], Path]) -> wcompose.Component:
    return runtime.open(guest_file("echo-host-rust"))


def test_a_guest_calls_the_host_with_every_kind_of_value(through: wcompose.Component) -> None:
    host = Host()
    given = {"wcompose:echo/host": host, "shout": str.upper}
    with through.instantiate(imports=given) as instance:
        guest = instance.exports.through
        guest.log("hello")
        assert guest.add_often(100) == 100
        assert (guest.lookup("a"), guest.lookup("z")) == ("b", None)
        assert guest.transform([1.0, 2.0]) == array("d", [2.0, 4.0])
        assert guest.scramble(b"abc") == b"cba"
        summary = guest.shapes([guest.Shape.Dot(), guest.Shape.Circle(2.0)])
        assert (summary.count, summary.names) == (2, ["dot", "circle"])
        with pytest.raises(ResultError) as caught:
            guest.shapes([])
        assert caught.value.value is guest.Problem.NONE_GIVEN
        assert guest.write_and_read("n", b"ab", b"cd") == ("n", b"abcd")
        assert host.closed == ["n"]
        opened = guest.open("x", guest.Rights.READ | guest.Rights.WRITE)
        assert isinstance(opened, host.File)
        assert guest.pass_(opened) is opened
        assert (guest.same(opened, opened), guest.archive(opened)) == (True, "x")
        assert (guest.keep(host.File("k")), guest.let_go()) == (1, 1)
        assert host.closed == ["n", "k"]
        assert len(instance.objects) == 0
        assert instance.exports.shout_through("hey") == "HEY"
    assert host.heard == ["hello", "open x 3"]


def test_what_does_not_do_for_imports_is_told_whole_before_anything_runs(
    through: wcompose.Component,
) -> None:
    class Wrong:
        File = Host().File
        log = 7

        def add(self, a: int) -> int:
            return a

    findings = through.check({"host": Wrong(), "shoot": str.upper})
    told = {finding.rule: finding for finding in findings}
    assert {"unknown-import", "import-mismatch"} <= set(told)
    text = " ".join(finding.message for finding in findings)
    assert "`wcompose:echo/host@0.1.0#log` cannot be called" in text
    assert "does not take 2 arguments" in text
    assert "`shoot`" in text
    with pytest.raises(wcompose.LinkError) as caught:
        through.instantiate(imports={"host": Wrong(), "shoot": str.upper})
    assert list(caught.value.findings) == findings
    with pytest.raises(wcompose.LinkError, match="imports `wcompose:echo/host"):
        through.instantiate()


@pytest.mark.parametrize("error", [KeyError("boom"), RecursionError(), ResultError(1)])
def test_what_an_import_raises_is_the_cause(
    through: wcompose.Component, error: BaseException
) -> None:
    class Broken(Host):
        def log(self, text: str) -> None:
            raise error

    with through.instantiate(imports={"host": Broken(), "shout": str.upper}) as instance:
        with pytest.raises(wcompose.ImportRaised) as caught:
            instance.exports.through.log("x")
        assert caught.value.__cause__ is error
        assert not instance.is_usable


def test_a_result_of_an_import_that_does_not_fit_is_told(through: wcompose.Component) -> None:
    class Broken(Host):
        def add(self, a: int, b: int) -> Any:
            return "three"

    with through.instantiate(imports={"host": Broken(), "shout": str.upper}) as instance:
        with pytest.raises(wcompose.ImportRaised) as caught:
            instance.exports.through.add(1, 2)
        cause = caught.value.__cause__
        assert isinstance(cause, wcompose.ValueFault)
        assert "expected u32, got 'three'" in str(cause.findings[0].causes)


def test_a_guest_is_not_entered_twice(through: wcompose.Component) -> None:
    class Calling(Host):
        instance: wcompose.Instance

        def log(self, text: str) -> None:
            self.instance.call("through#add", 1, 2)

    host = Calling()
    with through.instantiate(imports={"host": host, "shout": str.upper}) as instance:
        host.instance = instance
        with pytest.raises(wcompose.ImportRaised) as caught:
            instance.exports.through.log("x")
        assert isinstance(caught.value.__cause__, wcompose.InstanceBusy)


def test_many_guests_nest_through_their_hosts(through: wcompose.Component) -> None:
    """Each nested call counts its stack anew, so deep ones go to threads of their own."""

    class Nesting(Host):
        depth = 0

        def add(self, a: int, b: int) -> int:
            if a == 0:
                return b
            given = {"host": self, "shout": str.upper}
            with through.instantiate(imports=given) as inner:
                return int(inner.call("through#add", a - 1, b + 1))

    given = {"host": Nesting(), "shout": str.upper}
    with through.instantiate(imports=given) as instance:
        assert instance.call("through#add", 40, 2) == 42
    with through.instantiate(imports=given) as instance:
        with pytest.raises(wcompose.ImportRaised) as caught:
            instance.call("through#add", 100, 0)
        innermost: BaseException = caught.value
        while innermost.__cause__ is not None:
            innermost = innermost.__cause__
        assert isinstance(innermost, wcompose.StackExhausted)


def test_usage_counts_calls_time_fuel_and_output(guest_file: Callable[[str], Path]) -> None:
    metered = wcompose.Runtime(cache=CACHE, metering=True)
    with metered.open(guest_file("echo-rust")).instantiate() as instance:
        assert instance.usage.calls == 0
        before = instance.usage
        instance.call("values#add", 1, 2)
        after = instance.usage
        assert (after.calls, after.output) == (1, 0)
        assert after.fuel > before.fuel
        assert after.seconds > before.seconds
        assert (after + after).calls == 2


def test_a_component_is_opened_from_bytes_and_told_by_its_name(
    runtime: wcompose.Runtime, guest_file: Callable[[str], Path]
) -> None:
    data = guest_file("cell").read_bytes()
    with runtime.open(data, name="a cell").instantiate() as instance:
        assert instance.call("cell#keep", 7) == 0
        assert instance.call("cell#keep", 8) == 7
    with pytest.raises(wcompose.WcomposeError, match="a cell"):
        runtime.open(data[:-10], name="a cell")


def test_bindings_that_do_not_fit_are_told_whole(echo: wcompose.Component) -> None:
    number = wcompose.ValueType("u32")
    text = wcompose.ValueType("string")
    add = "wcompose:echo/values@0.1.0#add"
    bindings = wcompose.Bindings({add: ((number, text), number), "nothing": ((), None)})
    with pytest.raises(wcompose.LinkError) as caught:
        echo.instantiate(bindings=bindings)
    assert [finding.item for finding in (each.place for each in caught.value.findings)] == [
        add,
        "nothing",
    ]


def test_nested_options_and_results_keep_apart_what_none_would_not(
    instance: wcompose.Instance,
) -> None:
    names = {each.name for each in instance.component.functions}
    nested = next(name for name in names if "option-option" in name)
    echo = instance.function(f"values#{nested}")
    assert echo(None) is None
    assert echo(Some(None)) == Some(None)
    assert echo(Some(7)) == Some(7)
    with pytest.raises(wcompose.ValueFault, match="option of an option"):
        echo(7)
    kept = [each for each in instance.component.functions if each.name.startswith("echo-")]
    results = [
        each
        for each in kept
        if len(each.parameters) == 1
        and each.parameters[0][1].kind == "result"
        and each.result is not None
        and each.result.kind == "result"
    ]
    for function in results:
        called = instance.function(function)
        sides = dict(function.parameters[0][1].members)
        if sides["err"] is None:
            with pytest.raises(ResultError) as caught:
                called(Err(None))
            assert caught.value.value is None
        if sides["ok"] is None:
            assert called(Ok(None)) is None
    assert results
