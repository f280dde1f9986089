"""Texts that are no base64, or no whole number of elements, end the call and say why."""

from __future__ import annotations

import base64
import string

import pytest
from carrying_support import CODES, ECHO, Start
from hypothesis import given, settings
from hypothesis import strategies as st
from wasmtime import Trap, WasmtimeError

from wcompose.contract.carried import carried_name

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
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
        data = base64.b64decode(text.encode(), validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


@pytest.mark.parametrize("place", [0, 5, 15, 16, 37, 38, 39])
def test_every_character_is_taken_or_refused(start: Start, place: int) -> None:
    base = (ALPHABET * 2)[:40]
    characters = [chr(code) for code in range(1, 128)]
    for character in (*characters, "ü", "€", "😀"):
        text = base[:place] + character + base[place + 1 :]
        if character in ALPHABET:
            assert answer(start, text) == text
        elif character == "=" and place == 39:
            assert (answer(start, text) == text) == (decoded(text) is not None)
        else:
            assert NOT_BASE64 in answer(start, text), text


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
def test_what_is_not_the_one_text_of_some_bytes_is_refused(start: Start, text: str) -> None:
    assert decoded(text) is None
    assert NOT_BASE64 in answer(start, text)


@given(st.text(ALPHABET + "=", max_size=70))
@settings(max_examples=400)
def test_what_python_takes_is_taken(start: Start, text: str) -> None:
    result = answer(start, text)
    if decoded(text) is None:
        assert NOT_BASE64 in result
    else:
        assert result == text


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_texts_are_those_that_python_makes(start: Start, data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert answer(start, text) == text


@pytest.mark.parametrize("kind", CODES, ids=lambda kind: kind.__name__)
def test_elements_are_whole(start: Start, kind: type) -> None:
    code = CODES[kind]
    width = {"B": 1, "b": 1, "H": 2, "h": 2, "I": 4, "i": 4, "f": 4}.get(code, 8)
    whole = start()
    of = whole.function(ECHO, "pass-numbers").type(whole.store)
    ((_, record),) = of.params
    for size in range(1, 34):
        text = base64.b64encode(bytes(size)).decode()
        whole = start()
        function = whole.function(carried_name(ECHO), "pass-numbers")
        from types import SimpleNamespace

        value = SimpleNamespace(
            **{name: text if type(each.element) is kind else "" for name, each in record.fields}
        )
        if size % width == 0:
            result = function(whole.store, value)
            assert vars(result) == vars(value)
            continue
        with pytest.raises((Trap, WasmtimeError), match=CUT):
            function(whole.store, value)


def test_after_a_refusal_others_go_on(start: Start) -> None:
    one, other = start(), start()
    function = one.function(carried_name(ECHO), "look")
    with pytest.raises((Trap, WasmtimeError), match=NOT_BASE64) as caught:
        function(one.store, None, "?")
    assert "echo-echo-carrier/carrier" in str(caught.value)
    again = other.function(carried_name(ECHO), "look")
    assert again(other.store, None, "QUJD") == "QUJD"
