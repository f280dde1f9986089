"""Arguments of `wcompose run`: JSON, files, options that are left out, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime
from support import REPOSITORY, Command

from wcompose.cli.json_texts import from_json
from wcompose.errors import ValueFault

ECHO = REPOSITORY / "tests" / "runtime" / "components" / "echo-rust.wasm"
LAST_OPTIONAL = """(component
  (core module $m (memory (export "m") 1)
    (func (export "f") (param i32 i32 i32) (result i32) (local.get 1)))
  (core instance $i (instantiate $m))
  (func (export "f") (param "a" u8) (param "b" (option u8)) (result u32)
    (canon lift (core func $i "f"))))"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9007199254740993", 2**53 + 1),
        ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
        ('"inf"', "inf"),
    ],
)
def test_json_is_exact(text: str, value: object) -> None:
    assert from_json(text, "argument 1", is_argument=True) == value


@pytest.mark.parametrize(
    ("text", "words", "place", "hint"),
    [
        ('{"a": 1, "b": 2, "a": 3}', "`a` stands twice", 0, "one of the two"),
        ("[1, NaN]", "`NaN` is no number", 5, '"nan"'),
        ('["NaN", -Infinity]', "`-Infinity` is no number", 9, '"-inf"'),
        ("[1e999]", "`1e999` is too large", 2, '"inf"'),
        ("hello", "expecting value", 1, "the shell eats one pair"),
        ("[True]", "expecting value", 2, "`true`"),
        ("{'a': 1}", "property name", 2, "double quotes only"),
        ("[1, 2", "delimiter", 6, ""),
        ("", "expecting value", 1, "empty"),
        ("[" * 100_000, "nest too deeply", 0, ""),
    ],
)
def test_what_is_no_json_is_pointed_at(text: str, words: str, place: int, hint: str) -> None:
    with pytest.raises(ValueFault) as caught:
        from_json(text, "argument 1", is_argument=True)
    finding = caught.value.findings[0]
    assert words in finding.message
    assert finding.place.column == place
    assert hint in finding.hint
    assert bool(hint) == bool(finding.hint)


def test_a_file_is_read_by_type_also_where_arguments_are_json(
    command: Command, tmp_path: Path
) -> None:
    text = tmp_path / "a file.txt"
    text.write_text('say "hi"\n', "utf-8")
    pair = tmp_path / "pair.json"
    pair.write_text('[7, "x"]', "utf-8")
    for options in ((), ("--json",)):
        said = command("run", ECHO, *options, "-i", "values.echo-string", f"@{text}")
        assert (said.returncode, said.stdout) == (0, '"say \\"hi\\"\\n"\n'), said.stderr
        paired = command("run", ECHO, *options, "-i", "values.echo-pair", f"@{pair}")
        assert (paired.returncode, paired.stdout[1:-2]) == (0, '7, "x"'), paired.stderr
    piped = command("run", ECHO, "-i", "values.echo-list-u8", "@-", stdin="AB")
    assert (piped.returncode, piped.stdout) == (0, "[65, 66]\n"), piped.stderr


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("", "no file is named"),
        ("missing", "no such file"),
        (".", "is a directory"),
        ("bytes", "is not UTF-8 (at byte 1)"),
    ],
)
def test_a_file_that_cannot_be_an_argument_is_told(
    file: str, words: str, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "bytes").write_bytes(b"a\xff")
    result = command("run", ECHO, "-i", "values.echo-string", f"@{file}", cwd=tmp_path)
    assert result.returncode == 1
    assert words in result.stderr
    assert "hint: " in result.stderr


def test_options_at_the_end_may_be_left_out(command: Command, tmp_path: Path) -> None:
    component = tmp_path / "last.wasm"
    component.write_bytes(bytes(wasmtime.wat2wasm(LAST_OPTIONAL)))
    assert command("run", component, "-i", "f", "1").stdout == "0\n"
    assert command("run", component, "-i", "f", "1", "some(2)").stdout == "1\n"
    assert command("run", component, "--json", "-i", "f", "1", "2").stdout == "1\n"
    missing = command("run", component, "-i", "f")
    assert missing.returncode == 1
    assert "`a` is missing" in missing.stderr
    assert "func(a: u8, b: option<u8>) -> u32" in missing.stderr


def test_a_negative_infinity_of_json_is_an_argument_and_no_option(command: Command) -> None:
    result = command("run", ECHO, "--json", "-i", "values.echo-f64", "-Infinity")
    assert result.returncode == 1
    assert 'write it as a text: "-inf"' in result.stderr


def test_the_list_tells_types_by_their_names(command: Command) -> None:
    listed = command("run", ECHO, "--list").stdout.splitlines()
    assert listed[0] == "greet: func(name: string) -> string"
    assert "wcompose:echo/values@0.1.0" in listed
    assert "  echo-point: func(it: point) -> point" in listed
    assert "  type point = record { x: f64, y: f64 }" in listed
