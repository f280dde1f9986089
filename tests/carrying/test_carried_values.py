"""Values of every shape cross as they do without a carrier."""

from __future__ import annotations

from array import array
from typing import Any

import pytest
from carrying_support import CODES, ECHO, SHAPES, Numbers, Start, Whole, values_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wcompose.contract import Contract
from wcompose.contract.carried import carried_function_name, carried_functions, carried_name
from wcompose.engine import Engine

MIB = 1 << 20
ECHOES = (
    "pass-outer",
    "pass-mixed",
    "around-mixed",
    "pass-numbers",
    "pass-either",
    "pass-words",
    "pass-deep",
    "pass-flags",
)


@pytest.mark.parametrize("name", ECHOES)
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_what_is_given_back_is_what_was_given(start: Start, name: str, data: st.DataObject) -> None:
    whole = start()
    parameters = whole.function(ECHO, name).type(whole.store).params
    for _ in range(4):
        # Several calls of one instance: what a call leaves behind would show in the next.
        given_ = [data.draw(values_of(of)) for _, of in parameters]
        wanted: Any = given_ if len(given_) > 1 else given_[0]
        assert whole.carried(ECHO, name, *given_) == wanted
        assert whole.plain(ECHO, name, *given_) == wanted


@pytest.mark.parametrize("code", CODES.values())
def test_elements_are_little_endian_numbers_of_their_width(start: Start, code: str) -> None:
    whole = start()
    fields = whole.function(ECHO, "pass-numbers").type(whole.store).result.fields  # type: ignore[union-attr]
    codes = {name: CODES[type(of.element)] for name, of in fields}
    values = [1, 2, 100] if code in "fd" or code.isupper() else [-1, 2, -100]
    record = {
        name: Numbers.of(each, *(values if each == code else [])) for name, each in codes.items()
    }
    carried = whole.carried(ECHO, "pass-numbers", record)
    plain = whole.plain(ECHO, "pass-numbers", record)
    assert carried == plain == record
    (name,) = (name for name, each in codes.items() if each == code)
    assert array(code, carried[name].data).tolist() == values


@pytest.mark.parametrize("size", [*range(66), 255, 256, 257, 65_535, MIB])
def test_every_length_crosses(start: Start, size: int) -> None:
    whole = start()
    content = bytes(index * 31 % 256 for index in range(min(size, 4096)))
    data = (content * (size // 4096 + 1))[:size]
    given_ = Numbers("B", data)
    assert whole.carried(ECHO, "look", ("none", None), given_) == given_
    result = whole.carried(ECHO, "count", given_)
    assert result == (("err", given_) if size > 3 else ("ok", size))


def test_all_bytes_cross(start: Start) -> None:
    every = Numbers("B", bytes(range(256)) * 7)
    assert start().carried(ECHO, "look", ("none", None), every) == every


def test_numbers_are_seen_inside_as_they_are(start: Start) -> None:
    whole = start()
    values = [0, 1, 255, 256, 65_536, 2**32 - 1]
    assert whole.carried(ECHO, "sum", Numbers.of("I", *values)) == sum(values)
    assert whole.carried(ECHO, "sum", Numbers.of("I")) == 0
    assert whole.carried(ECHO, "swallow", Numbers.of("H", 1, 2)) is None


def test_much_more_crosses_than_the_plain_way_takes(start: Start) -> None:
    whole = start()
    data = Numbers("B", bytes(range(251)) * (64 * MIB // 251 + 1))
    assert whole.carried(ECHO, "count", data) == ("err", data)


def test_more_than_sixteen_parameters_with_handles(start: Start) -> None:
    whole = start()
    first = whole.carried(SHAPES, "[constructor]blob", Numbers("B", b"12345"))
    second = whole.carried(SHAPES, "[constructor]blob", Numbers("B", b"678"))
    outer = {
        "name": "outer",
        "main": {"weights": Numbers.of("f", 1, 2.5), "tag": "a"},
        "others": [
            {"weights": Numbers.of("f"), "tag": ""},
            {"weights": Numbers.of("f", -1), "tag": "ü"},
        ],
    }
    some = Numbers.of("q", -1, 2**62)
    mixed = ("pair", [0.5, Numbers.of("I", 1, 2, 3)])
    arguments = (
        Numbers("B", b"ab"),
        some,
        first,
        ("some", second),
        mixed,
        "text",
        [outer, outer],
        1000,
    )
    wanted = [[outer, outer], 1000 + 2 + 5 + 3 + 3 + 4, some]
    assert whole.carried(ECHO, "many", *arguments) == wanted
    # Handles that were lent are still the host's: once more, and through the plain interface.
    assert whole.carried(ECHO, "many", *arguments) == wanted
    assert whole.plain(ECHO, "many", *arguments) == wanted


def test_resources_are_the_same_on_both_ways(start: Start) -> None:
    whole = start()
    assert whole.plain(SHAPES, "live") == 0
    blob = whole.carried(SHAPES, "[constructor]blob", Numbers("B", b"abc"))
    other = whole.plain(SHAPES, "[constructor]blob", Numbers("B", b"xyz"))
    assert whole.carried(SHAPES, "[method]blob.append", blob, Numbers("B", b"de")) == 5
    assert whole.plain(SHAPES, "[method]blob.size", blob) == 5
    assert whole.plain(SHAPES, "[method]blob.bytes", blob).data == b"abcde"
    assert whole.carried(SHAPES, "[method]blob.bytes", other).data == b"xyz"
    joined = whole.carried(SHAPES, "[static]blob.join", [blob, other, blob], Numbers("B", b"--"))
    assert whole.carried(SHAPES, "[method]blob.bytes", joined).data == b"abcde--xyz--abcde"
    assert whole.carried(ECHO, "look", ("some", other), Numbers("B", b"!")).data == b"xyz!"
    back = whole.carried(ECHO, "pass-blob", other, Numbers("B", b"+"))
    assert whole.plain(SHAPES, "[method]blob.bytes", back).data == b"xyz+"
    assert whole.plain(SHAPES, "live") == 3
    for each in (blob, joined, back):
        each.drop(whole.store)
    assert whole.plain(SHAPES, "live") == 0


def test_lent_handles_are_given_back(start: Start) -> None:
    whole = start()
    blob = whole.carried(SHAPES, "[constructor]blob", Numbers("B", b"a"))
    for _ in range(1000):
        whole.carried(SHAPES, "[method]blob.append", blob, Numbers("B", b"b"))
        whole.carried(SHAPES, "[static]blob.join", [blob] * 3, Numbers("B", b"")).drop(whole.store)
    assert whole.plain(SHAPES, "[method]blob.size", blob) == 1001
    blob.drop(whole.store)
    assert whole.plain(SHAPES, "live") == 0


def test_calls_leave_no_memory_behind(start: Start) -> None:
    whole = start(memory=8 * MIB)
    much = Numbers("B", bytes(MIB))
    words = Numbers("H", bytes(MIB))
    ints = Numbers("I", bytes(MIB))
    blob = whole.carried(SHAPES, "[constructor]blob", Numbers("B", b"a"))
    for _ in range(20):
        # A result in memory, a flat one, none, and a handle.
        assert whole.carried(ECHO, "look", ("none", None), much) == much
        assert whole.carried(ECHO, "sum", ints) == 0
        whole.carried(ECHO, "swallow", words)
        whole.carried(SHAPES, "[constructor]blob", much).drop(whole.store)
        assert len(whole.carried(SHAPES, "[method]blob.bytes", blob).data) == 1


def test_a_carrier_has_the_functions_that_the_contract_tells(
    engine: Engine, carried_file: Any
) -> None:
    world = Contract.from_json(engine.decode(carried_file)).world
    assert world is not None
    for name in (SHAPES, ECHO):
        plain, carried = world.exports[name].interface, world.exports[carried_name(name)].interface  # type: ignore[union-attr]
        wanted = [carried_function_name(each) for each in carried_functions(plain)]
        assert list(carried.functions) == wanted
        assert wanted


def test_a_function_that_fails_tells_of_its_own_node(start: Start) -> None:
    with pytest.raises(Exception, match=r"echo/.*!") as caught:
        start().carried(ECHO, "fail", Numbers("B", b"abc"))
    text = str(caught.value)
    assert text.index("echo/") < text.index("echo-echo-carrier/")


def test_what_is_not_carried_is_left_to_the_plain_interface(start: Start) -> None:
    whole = start()
    assert whole.plain(ECHO, "add", 2, 3) == 5
    with pytest.raises(AssertionError, match="add"):
        whole.function(carried_name(ECHO), "add")


def test_two_instances_do_not_share(start: Start) -> None:
    one, other = start(), start()
    assert isinstance(one, Whole)
    blob = one.carried(SHAPES, "[constructor]blob", Numbers("B", b"a"))
    assert one.plain(SHAPES, "live") == 1
    assert other.plain(SHAPES, "live") == 0
    blob.drop(one.store)
