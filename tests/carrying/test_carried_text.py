"""Texts of both kinds are taken, and others end the call and say why."""

from __future__ import annotations

import string
from array import array
from types import SimpleNamespace

import pytest
from carrying_support import CODES, ECHO, MOST_HEXADECIMAL, Start, base64_of, bytes_of
from hypothesis import given, settings
from hypothesis import strategies as st
from wasmtime import Trap, WasmtimeError

from wcompose.contract.carried import carried_name
from wcompose.runtime.crossing.numbers import from_text, to_text

DIGITS = string.digits + "abcdef"
ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
NOT_HEXADECIMAL = "the text of a carried list is not hexadecimal"
NOT_BASE64 = "the text of a carried list is not base64"
CUT = "the text of a carried list ends inside an element"


def answer(start: Start, text: str, name: str = "look") -> str:
    """What a carried function gives back for a text; the trap's words where it ends instead."""
    whole = start()
    function = whole.function(carried_name(ECHO), name)
    arguments = (None, text) if name == "look" else (text,)
    try:
        return str(function(whole.store, *arguments))
    except (Trap, WasmtimeError) as error:
        return str(error)


def decoded(text: str) -> bytes | None:
    """What Python makes of a text; nothing where it is not the one text of some bytes."""
    try:
        return bytes_of(text)
    except ValueError:
        return None


def check(start: Start, text: str) -> None:
    """Hold the answer to what Python makes of the text: the same bytes, or a refusal by kind."""
    data, found = decoded(text), answer(start, text)
    if data is not None:
        assert found == data.hex()
    else:
        assert (NOT_BASE64 if text.startswith("=") else NOT_HEXADECIMAL) in found, text


@pytest.mark.parametrize("place", [0, 1, 15, 16, 31, 32, 47, 63, 64, 68, 69])
def test_every_character_is_a_digit_or_refused(start: Start, place: int) -> None:
    base = (DIGITS * 5)[:70]
    taken = set()
    for character in (*map(chr, range(1, 128)), "ü", "€", "😀"):
        text = base[:place] + character + base[place + 1 :]
        check(start, text)
        taken |= {character} if decoded(text) is not None else set()
    assert taken == set(DIGITS)


@pytest.mark.parametrize("place", [0, 5, 15, 16, 37, 38, 39])
def test_every_character_is_of_base64_or_refused(start: Start, place: int) -> None:
    base = (ALPHABET * 2)[:40]
    taken = set()
    for character in (*map(chr, range(1, 128)), "ü", "€", "😀"):
        text = "=" + base[:place] + character + base[place + 1 :]
        check(start, text)
        taken |= {character} if decoded(text) is not None else set()
    assert taken - {"="} == set(ALPHABET)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "abc",
        "0g",
        "AB",
        "Ab",
        "ab ",
        "ab\n",
        " ab",
        "0x",
        "ab=",
        ":ab",
        "\0\0",
        "\0" * 64,
        "a" * 31,
        "a" * 33,
        "a" * 63 + "A",
        "a" * 64 + "ü",
        "YWI",
        "YWJj",
    ],
)
def test_what_is_not_hexadecimal_is_refused(start: Start, text: str) -> None:
    assert decoded(text) is None
    assert NOT_HEXADECIMAL in answer(start, text)


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "AA",
        "AAA",
        "AAAAA",
        "A===",
        "====",
        "=AAA",
        "AA=A",
        "AA==AAAA",
        "AAA=AAAA",
        "AAAA=",
        "AAAA====",
        "AAAA AAA",
        "AAAA\n",
        "AAAAAAA-",
        "AAAAAAA_",
        "AB==",
        "AAB=",
        "A/==",
        "AAAAAAAAAAAAAAAAAAAAAB==",
        "\0\0\0\0",
        "\0" * 64,
    ],
)
def test_what_is_not_the_one_base64_of_some_bytes_is_refused(start: Start, text: str) -> None:
    assert decoded("=" + text) is None
    assert NOT_BASE64 in answer(start, "=" + text)


@given(st.text(DIGITS, max_size=140) | st.text(DIGITS + "A=g", max_size=20))
@settings(max_examples=400)
def test_what_python_takes_as_hexadecimal_is_taken(start: Start, text: str) -> None:
    check(start, text)


@given(st.text(ALPHABET + "=", max_size=70))
@settings(max_examples=400)
def test_what_python_takes_as_base64_is_taken(start: Start, text: str) -> None:
    check(start, "=" + text)


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_both_texts_of_the_same_bytes_are_taken(start: Start, data: bytes) -> None:
    assert answer(start, data.hex()) == data.hex()
    assert answer(start, base64_of(data)) == data.hex()


@pytest.mark.parametrize("text", ["", "="])
def test_an_empty_list_is_an_empty_text(start: Start, text: str) -> None:
    assert answer(start, text) == ""


def test_a_long_list_is_base64(start: Start) -> None:
    data = bytes(range(256)) * (MOST_HEXADECIMAL // 256)
    assert answer(start, data.hex()) == data.hex()
    for more in (b"x", b"xy", b"xyz"):
        longer = data + more
        assert answer(start, longer.hex()) == base64_of(longer)


def test_all_lists_of_a_call_share_what_may_be_hexadecimal(start: Start) -> None:
    whole = start()
    function = whole.function(carried_name(ECHO), "pass-numbers")
    ((_, record),) = function.type(whole.store).params
    names = [name for name, _ in record.fields]
    half = bytes(MOST_HEXADECIMAL // 2)
    contents = [half[:-8], half, bytes(16), half, bytes(8)]
    value = SimpleNamespace(**dict.fromkeys(names, ""))
    for name, content in zip(names, contents, strict=False):
        setattr(value, name, base64_of(content))
    for _ in range(3):
        # What one call gave takes nothing from the next.
        given_back = vars(function(whole.store, value))
        found = [given_back[name] for name, _ in zip(names, contents, strict=False)]
        wanted = [
            contents[0].hex(),
            contents[1].hex(),
            base64_of(contents[2]),
            base64_of(contents[3]),
            contents[4].hex(),
        ]
        assert found == wanted


@pytest.mark.parametrize("more", [-8, 0, 8])
@pytest.mark.parametrize("kind", ["u8", "f64"])
def test_the_texts_of_the_runtime_are_those_of_a_carrier(kind: str, more: int) -> None:
    data = bytes(MOST_HEXADECIMAL + more)
    value = data if kind == "u8" else array("d", data)
    text = to_text(kind, value)
    assert text.decode() == (base64_of(data) if more > 0 else data.hex())
    assert from_text(kind)(text) == value
    assert len(from_text(kind)(b"")) == 0


@pytest.mark.parametrize("text", [b"a", b"0g", b"=A", b"=ABC", b"ab:", b"YWJj"])
def test_the_runtime_refuses_other_texts(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_text("u8")(text)


@pytest.mark.parametrize("kind", CODES, ids=lambda kind: kind.__name__)
def test_elements_are_whole(start: Start, kind: type) -> None:
    code = CODES[kind]
    width = {"B": 1, "b": 1, "H": 2, "h": 2, "I": 4, "i": 4, "f": 4}.get(code, 8)
    whole = start()
    of = whole.function(ECHO, "pass-numbers").type(whole.store)
    ((_, record),) = of.params
    for size in range(1, 34):
        data = bytes(size)
        for text in (data.hex(), base64_of(data)):
            whole = start()
            function = whole.function(carried_name(ECHO), "pass-numbers")
            sent = {
                name: text if type(each.element) is kind else "" for name, each in record.fields
            }
            if size % width:
                with pytest.raises((Trap, WasmtimeError), match=CUT):
                    function(whole.store, SimpleNamespace(**sent))
                continue
            result = function(whole.store, SimpleNamespace(**sent))
            assert vars(result) == {name: bytes_of(each).hex() for name, each in sent.items()}


def test_after_a_refusal_others_go_on(start: Start) -> None:
    one, other = start(), start()
    function = one.function(carried_name(ECHO), "look")
    with pytest.raises((Trap, WasmtimeError), match=NOT_HEXADECIMAL) as caught:
        function(one.store, None, "?")
    assert "echo-echo-carrier/carrier" in str(caught.value)
    again = other.function(carried_name(ECHO), "look")
    assert again(other.store, None, "616263") == "616263"
