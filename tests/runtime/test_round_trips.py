"""Values of any type cross into a guest and back unchanged, and as wasmtime-py itself converts them."""

from __future__ import annotations

import array
import ctypes
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from echo_text import echo_component, flat, relay_component, result_of
from guests import LANGUAGES, guest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import CACHE
from typed_values import (
    CODES,
    PARAMETERS,
    TYPES,
    exactly,
    from_wasmtime,
    from_wcompose,
    to_wasmtime,
    values,
)
from wasmtime.component import Component, Linker
from wasmtime.component._types import VariantLikeType

import wcompose
from wcompose.build.gating import compose_gated
from wcompose.engine import Engine
from wcompose.graph import Node
from wcompose.graph.compose import About, link, read_component
from wcompose.images import ImageCache
from wcompose.project import CarryDeclaration
from wcompose.runtime.crossing.classes import Err, Ok
from wcompose.runtime.crossing.exports import find_function
from wcompose.runtime.crossing.types import ValueType
from wcompose.runtime.crossing.values import mismatches

VALUES = "wcompose:echo/values@0.1.0"
SHARED = [HealthCheck.function_scoped_fixture]


def given_back(kind: ValueType, function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives, with a result's error as a value."""
    try:
        found = function(*arguments)
    except wcompose.ResultError as error:
        assert kind.kind == "result"
        return Err(error.value)
    return Ok(found) if kind.kind == "result" else found


class Oracle:
    """A component called through wasmtime-py alone.

    It tells by the Python class of a payload which case of a variant is meant, unless two cases have the
    same; that takes ``True`` for an integer and is no rule of the Component Model. So here it is told to
    have the case named always; every value is still converted by it.
    """

    def __init__(self, engine: wasmtime.Engine, component: Component, interface: str = "") -> None:
        linker = Linker(engine)
        linker.add_wasip2()
        self._store = wasmtime.Store(engine)
        self._store.set_epoch_deadline(1 << 60)
        self._store.set_wasi(wasmtime.WasiConfig())
        self._instance = linker.instantiate(self._store, component)
        self._interface = interface

    def __call__(self, name: str, kinds: Sequence[ValueType], given: Sequence[Any]) -> Any:
        """What a function gives back, as it is."""
        index = None
        if self._interface:
            index = self._instance.get_export_index(self._store, self._interface)
        index = self._instance.get_export_index(self._store, name, index)
        function = None if index is None else self._instance.get_func(self._store, index)
        assert function is not None
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(VariantLikeType, "_tagged", lambda _: True)
            return function(
                self._store, *(to_wasmtime(*pair) for pair in zip(kinds, given, strict=True))
            )


@pytest.fixture(scope="module")
def plain_engine() -> wasmtime.Engine:
    return wasmtime.Engine()


@pytest.fixture(scope="module")
def runtime() -> wcompose.Runtime:
    return wcompose.Runtime(cache=None)


def binary_of(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


def whole(given: Sequence[Any]) -> Any:
    return given[0] if len(given) == 1 else list(given)


@settings(max_examples=100, suppress_health_check=SHARED)
@given(parameters=PARAMETERS, data=st.data())
def test_values_of_any_types_come_back_as_they_went(
    runtime: wcompose.Runtime,
    plain_engine: wasmtime.Engine,
    parameters: list[ValueType],
    data: st.DataObject,
) -> None:
    binary, result = binary_of(echo_component(parameters)), result_of(parameters)
    oracle = Oracle(plain_engine, Component(plain_engine, binary))
    component = runtime.open(binary)
    (exported,) = component.functions
    assert [kind for _, kind in exported.parameters] == parameters
    assert exported.result == result
    with component.instantiate() as instance:
        echo = instance.exports["echo"]
        for _ in range(3):
            given = [data.draw(values(each)) for each in parameters]
            first = given_back(result, echo, *given)
            assert exactly(from_wcompose(result, first)) == exactly(whole(given))
            # What a call gave is what the next one takes, in the classes of the first.
            second = given_back(result, echo, *(first if len(parameters) > 1 else (first,)))
            assert exactly(from_wcompose(result, second)) == exactly(whole(given))
            theirs = from_wasmtime(result, oracle("echo", parameters, given))
            assert exactly(theirs) == exactly(whole(given))


@settings(max_examples=100, suppress_health_check=SHARED)
@given(wanted=TYPES, data=st.data())
def test_a_value_crosses_if_and_only_if_it_fits(
    runtime: wcompose.Runtime, wanted: ValueType, data: st.DataObject
) -> None:
    binary = binary_of(echo_component([wanted]))
    with runtime.open(binary).instantiate() as instance:
        echo = instance.exports["echo"]
        for _ in range(3):
            value = data.draw(TYPES.flatmap(values) | _STRANGE)
            found = mismatches(wanted, value)
            if found:
                with pytest.raises(wcompose.ValueFault) as error:
                    echo(value)
                assert len(error.value.findings) == len(found)
            else:
                given_back(wanted, echo, value)
        assert instance.is_usable


_STRANGE = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        -1,
        1.0,
        1 << 64,
        1 << 2000,
        "",
        "a",
        "ab",
        "\ud800",
        b"a",
        [],
        {},
        set(),
        object,
    ]
)
"""What somebody might pass by mistake."""


@settings(max_examples=100, suppress_health_check=SHARED)
@given(parameters=PARAMETERS, data=st.data())
def test_a_function_of_the_host_gets_and_gives_values_of_any_types(
    runtime: wcompose.Runtime, parameters: list[ValueType], data: st.DataObject
) -> None:
    result = result_of(parameters)
    given: list[Any] = []
    heard: list[Any] = []
    is_neutral = data.draw(st.booleans())

    def relay(*arguments: Any) -> Any:
        heard[:] = [from_wcompose(*pair) for pair in zip(parameters, arguments, strict=True)]
        if result.kind == "result":
            (answer,) = arguments
            if isinstance(answer, Err):
                raise wcompose.ResultError(answer.value)
            return answer.value
        return whole(given if is_neutral else arguments)

    component = runtime.open(binary_of(relay_component(parameters)))
    assert component.check({"relay": relay}) == []
    with component.instantiate(imports={"relay": relay}) as instance:
        for _ in range(3):
            given[:] = [data.draw(values(each)) for each in parameters]
            found = given_back(result, instance.exports["echo"], *given)
            assert exactly(heard) == exactly(given)
            assert exactly(from_wcompose(result, found)) == exactly(whole(given))


CARRIED = "rust, carried"
"""The Rust guest in a composition where lists of numbers go as texts, which nobody who calls it sees."""


@pytest.fixture(scope="module", params=[*LANGUAGES, CARRIED])
def echoing(
    request: pytest.FixtureRequest,
    images: ImageCache,
    engine: Engine,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Any, Any, Oracle]]:
    path = guest(f"echo-{request.param.partition(',')[0]}")
    oracle = Oracle(images.engine, images.open(path), VALUES)
    if request.param == CARRIED:
        path = carried(path, engine, tmp_path_factory.mktemp("carried"))
    component = wcompose.Runtime(cache=CACHE / "images").open(path)
    with component.instantiate() as instance:
        yield component, instance, oracle


def carried(path: Path, engine: Engine, directory: Path) -> Path:
    """A composition of one component, with carriers before all that it exports."""
    node = Node("echo", read_component(engine, path))
    graph = link([node], [], None, engine=engine, directory=directory)
    output = directory / "whole.wasm"
    carry = CarryDeclaration(is_all=True)
    compose_gated(graph, {}, engine, output, about=About(), directory=directory, carry=carry)
    return output


SAME = {"describe", "several"}
OTHERS = {"add", "divide", "nothing", "swallowed", "swallow", "seventeen"}


def names() -> list[str]:
    """Functions of `values` that give back what they get."""
    component = wcompose.Runtime(cache=CACHE / "images").open(guest("echo-rust"))
    found = [each.name for each in component.functions if each.interface == VALUES]
    return [name for name in found if name.startswith("echo-") or name in SAME]


@pytest.mark.parametrize("name", names())
def test_each_language_gives_back_what_it_got(echoing: tuple[Any, Any, Oracle], name: str) -> None:
    component, instance, oracle = echoing
    exported = find_function(component.functions, f"{VALUES}#{name}")
    kinds = [kind for _, kind in exported.parameters]
    function = instance.function(exported.full_name)

    @settings(max_examples=20)
    @given(st.tuples(*map(values, kinds)).map(list))
    def check(given: list[Any]) -> None:
        found = given_back(exported.result, function, *given)
        assert exactly(from_wcompose(exported.result, found)) == exactly(whole(given))
        theirs = from_wasmtime(exported.result, oracle(name, kinds, given))
        assert exactly(theirs) == exactly(whole(given))

    check()


@pytest.mark.parametrize("echoing", [CARRIED], indirect=True)
def test_what_is_carried_is_called_as_before(echoing: tuple[Any, Any, Oracle]) -> None:
    component, instance, _ = echoing
    assert VALUES in instance.exports
    assert not any("carried" in name for name in instance.exports)
    assert not any("carried" in each.interface for each in component.functions)
    # More than the C API takes element by element.
    data = bytes(range(256)) * (8 << 12)
    assert instance.exports[VALUES].echo_list_u8(data) == data


def test_every_function_of_values_is_tried() -> None:
    component = wcompose.Runtime(cache=CACHE / "images").open(guest("echo-rust"))
    found = {each.name for each in component.functions if each.interface == VALUES}
    assert found - set(names()) == OTHERS


def test_some_of_the_types_go_through_memory_and_some_do_not() -> None:
    """The generator reaches both sides of the boundary that the canonical ABI draws."""
    sizes: set[bool] = set()

    @settings(max_examples=60)
    @given(PARAMETERS)
    def look(parameters: list[ValueType]) -> None:
        sizes.add(sum(len(flat(each)) for each in parameters) > 16)

    look()
    assert sizes == {True, False}


@pytest.mark.parametrize("echoing", ["rust", CARRIED], indirect=True)
@pytest.mark.parametrize("kind", CODES)
def test_lists_of_numbers_are_taken_from_any_buffer_of_them(
    echoing: tuple[Any, Any, Oracle], kind: str
) -> None:
    _, instance, _ = echoing
    echo = instance.exports[VALUES][f"echo-list-{kind}"]
    code = CODES[kind]
    numbers = array.array(code, [1, 0, 127, 5])
    forms: list[Any] = [
        numbers,
        list(numbers),
        tuple(numbers),
        range(4) if kind[0] == "u" else numbers,
        memoryview(numbers),
        memoryview(array.array(code, [1, 9, 0, 9, 127, 9, 5, 9]))[::2],
        (ctypes.c_double * 4)(*numbers) if kind == "f64" else numbers,
        bytearray(numbers) if kind == "u8" else numbers,
    ]
    for form in forms:
        expected = [0, 1, 2, 3] if isinstance(form, range) else [1, 0, 127, 5]
        found = echo(form)
        assert type(found) is (bytes if kind == "u8" else array.array)
        assert list(found) == expected
    other = array.array("f", [1.0])
    for unfit in (
        b"1" if kind[0] == "f" else other,
        memoryview(numbers).cast("B").cast(code, (2, 2)),
        "1",
        {1: 2},
        [None],
    ):
        with pytest.raises(wcompose.ValueFault):
            echo(unfit)


@pytest.mark.parametrize("echoing", ["rust", CARRIED], indirect=True)
def test_numpy_is_taken_without_being_known(echoing: tuple[Any, Any, Oracle]) -> None:
    numpy = pytest.importorskip("numpy")
    _, instance, _ = echoing
    echo = instance.exports[VALUES].echo_list_f64
    numbers = numpy.linspace(0, 1, 1000)
    assert numpy.array_equal(numpy.frombuffer(echo(numbers)), numbers)
    assert numpy.array_equal(numpy.frombuffer(echo(numbers[::-3])), numbers[::-3])
    with pytest.raises(wcompose.ValueFault):
        echo(numbers.astype(">f8").reshape(10, 100))


@pytest.mark.parametrize("echoing", ["rust", CARRIED], indirect=True)
@pytest.mark.parametrize("kind", ["f32", "f64"])
def test_signalling_nans_in_lists_keep_their_bits(
    echoing: tuple[Any, Any, Oracle], kind: str
) -> None:
    _, instance, _ = echoing
    numbers = array.array(CODES[kind])
    numbers.frombytes(bytes.fromhex("0100a0ff" if kind == "f32" else "010000000000f47f"))
    assert instance.exports[VALUES][f"echo-list-{kind}"](numbers).tobytes() == numbers.tobytes()
