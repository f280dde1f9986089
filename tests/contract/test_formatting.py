"""`wcompose fmt`: one style, the same contract, every comment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import REPOSITORY

from wcompose.contract.formatted import SIZE_LIMIT, format_bytes
from wcompose.contract.formatting import WIDTH, format_wit
from wcompose.contract.lexing import tokens_of
from wcompose.engine import Engine
from wcompose.errors import ContractError, UserError

SOURCES = sorted(
    path
    for path in REPOSITORY.rglob("*.wit")
    if not {"bad", "golden", "build", "node_modules", ".venv"}
    & set(path.relative_to(REPOSITORY).parts)
)
REAL = [REPOSITORY / "wit" / name for name in ("analysis.wit", "gateway.wit", "inference.wit")]
SEPARATORS = [
    "",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\n\n\n",
    " // c\n",
    "\n// own\n",
    "/* b */",
    "\n/// d\n",
]
SEPARATORS += ["/** e */\n", "/* f\n   g */", " /// d\r\n", "\n\n// far\n\n\n"]


def words_of(text: str) -> list[str]:
    """Comments and tokens in their order, without the commas."""
    words: list[str] = []
    for token in tokens_of(text):
        words += [*(comment.text for comment in token.comments), token.text]
    return [word for word in words if word != ","]


def meaning(engine: Engine, text: str, directory: Path) -> Any:
    """What the engine resolves a text to, without places; the rules that are broken if it refuses.

    How many findings of a rule there are is not held: after the first, the engine looks for others only
    where it can tell statements apart.
    """
    file = directory / "meaning.wit"
    file.write_bytes(text.encode())
    try:
        return _without_places(engine.resolve(file))
    except UserError as error:
        return sorted({finding.rule for finding in error.findings})


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_places(each) for key, each in value.items() if key != "place"}
    return [_without_places(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_contract_here_keeps_its_meaning_and_its_comments(
    path: Path, engine: Engine, tmp_path: Path
) -> None:
    text = path.read_bytes().decode()
    before = meaning(engine, text, tmp_path)
    if before == ["wit-syntax"]:
        # Another file names its package.
        text = f"package x:y;\n{text}"
        before = meaning(engine, text, tmp_path)
        assert before != ["wit-syntax"]
    formatted = format_wit(text)
    assert format_wit(formatted) == formatted
    assert words_of(formatted) == words_of(text)
    assert meaning(engine, formatted, tmp_path) == before


def test_our_own_contracts_are_in_the_style() -> None:
    for path in (REPOSITORY / "wit").glob("*.wit"):
        assert format_wit(path.read_text("utf-8")) == path.read_text("utf-8")


@settings(max_examples=60, deadline=None)
@given(data=st.data(), path=st.sampled_from(REAL))
def test_white_space_and_comments_anywhere(
    data: st.DataObject, path: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tokens = [token.text for token in tokens_of(path.read_text("utf-8"))]
    separators = data.draw(st.lists(st.sampled_from(SEPARATORS), min_size=8, max_size=40))
    offset = data.draw(st.integers(0, 1000))
    text = ""
    for index, token in enumerate(tokens):
        separator = separators[(index * 7 + index // 5 + offset) % len(separators)]
        needs_space = not separator and text[-1:].isalnum() and token[:1].isalnum()
        # Two slashes, one of a name and one of a comment, would be another comment.
        glued = text.endswith("/") and separator.startswith("/")
        text += (" " if needs_space or glued else "") + separator + token
    directory = tmp_path_factory.mktemp("meaning")
    before = meaning(engine, text, directory)
    formatted = format_wit(text)
    assert format_wit(formatted) == formatted
    assert words_of(formatted) == words_of(text.replace("\r\n", "\n"))
    assert meaning(engine, formatted, directory) == before
    assert "\r" not in formatted
    assert "\n\n\n" not in formatted.replace("f\n   g", "")


@settings(max_examples=200, deadline=None)
@given(text=st.text('package :;{}()<>,.@/*"\n-_=%aé0', max_size=80))
def test_what_is_no_wit_is_refused_or_formatted_and_nothing_else(text: str) -> None:
    try:
        formatted = format_wit(text)
    except ContractError:
        return
    assert format_wit(formatted) == formatted


def test_the_style() -> None:
    text = (
        "package a:b@1.0.0-rc.1;interface i{use c:d/e@0.2.0.{f as g,h,};"
        "record r{a:list<tuple<u8,u8>>,b:u8}// behind\n"
        "/// one\n@since(version=1.0.0)@deprecated(version=1.0.0)\n\n\nk:func()->result<_,string>;"
        "l:async func(a:u8,);// trails\n//leads\nenum z{y}resource q{constructor();m:static func();}}"
        "world w{import i;import n:interface{}export x:func();include v with{a as b}\n\n\n\nuse i.{r};}"
    )
    assert format_wit(text) == (
        """\
package a:b@1.0.0-rc.1;

interface i {
  use c:d/e@0.2.0.{f as g, h};

  record r {
    a: list<tuple<u8, u8>>,
    b: u8,
  } // behind

  /// one
  @since(version = 1.0.0)
  @deprecated(version = 1.0.0)
  k: func() -> result<_, string>;
  l: async func(a: u8); // trails

  //leads
  enum z {
    y,
  }

  resource q {
    constructor();
    m: static func();
  }
}

world w {
  import i;

  import n: interface {}

  export x: func();
  include v with { a as b }

  use i.{r};
}
"""
    )


def test_long_lists_are_written_one_on_a_line() -> None:
    names = [f"a-rather-long-name-{number}" for number in range(6)]
    text = f"interface i {{ use j.{{{', '.join(names)}}}; f: func({': u8, '.join(names)}: u8); }}"
    lines = format_wit(text).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert f"    {names[3]}," in lines
    assert f"    {names[3]}: u8," in lines
    assert "  );" in lines


def test_a_line_of_just_the_width_stays() -> None:
    room = WIDTH - len("  f: func(: u8);")
    for length, lines in ((room, 3), (room + 1, 5)):
        text = format_wit(f"interface i {{ f: func({'a' * length}: u8); }}")
        assert len(text.splitlines()) == lines


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"package a:b;\ninterface i { f: func() -> ; }", 2),
        (b"package a:b;\n\ninterface i { /* ", 3),
        (b"package a:b; interface i { \x01 }", 1),
    ],
)
def test_malformed_text_is_refused_with_its_place(data: bytes, line: int, engine: Engine) -> None:
    with pytest.raises(ContractError) as caught:
        format_bytes(data, "some.wit", engine)
    place = caught.value.findings[0].place
    assert (place.file, place.line) == ("some.wit", line)


@pytest.mark.parametrize(
    "data", [b"\0asm\x0d\0\1\0", b"interface i { \xff }", b" " * (SIZE_LIMIT + 1)]
)
def test_binaries_and_huge_files_are_refused(data: bytes, engine: Engine) -> None:
    with pytest.raises(ContractError):
        format_bytes(data, "some.wit", engine)


@pytest.mark.parametrize(
    "text",
    [
        "package a:b; interface i { type t = " + "list<" * 50_000 + "u8" + ">" * 50_000 + "; }",
        "package a:b { " * 50_000 + "}" * 50_000,
        "package a:b;" + "/*" * 100_000,
        "package a:b; interface i { f: func(" + "(" * 100_000,
        "{" * 100_000,
    ],
    ids=["types", "packages", "comments", "parentheses", "braces"],
)
def test_deep_nesting_ends_in_an_error(text: str, engine: Engine) -> None:
    with pytest.raises(ContractError):
        format_bytes(text.encode(), "some.wit", engine)


def test_files_that_others_complete_are_formatted(engine: Engine) -> None:
    text = b"interface i { use c:d/e.{f}; use j.{g}; h: func() -> f; }"
    assert format_bytes(text, "some.wit", engine).startswith("interface i {\n  use c:d/e.{f};\n")
