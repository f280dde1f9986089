"""Pictures as Mermaid, DOT, JSON and trees: golden texts, and names that want to break out of them."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from golden import assert_golden
from rich.console import Console
from samples import flagship, hostile, large, nested

from wcompose.cli.tree import tree_text
from wcompose.picture import (
    Picture,
    PictureEdge,
    PictureNode,
    PictureOffer,
    PictureOutside,
    Port,
)
from wcompose.picture.data import to_json, to_values
from wcompose.picture.dot import to_dot
from wcompose.picture.mermaid import to_mermaid

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = [flagship, nested, hostile]
EMPTY = Picture("nothing")


def tree(picture: Picture, width: int = 60, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    text = tree_text(Console(file=stream, width=width), picture)
    stream.write(text)  # fails where the terminal could not show it
    stream.flush()
    return text


FORMATS: dict[str, Callable[[Picture], str]] = {
    "mmd": to_mermaid,
    "dot": to_dot,
    "json": to_json,
    "txt": tree,
}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__name__)
def test_texts_are_as_they_were(sample: Callable[[], Picture], suffix: str) -> None:
    assert_golden(GOLDEN / f"{sample.__name__}.{suffix}", FORMATS[suffix](sample()))


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_empty_picture_can_be_shown(suffix: str) -> None:
    text = FORMATS[suffix](EMPTY)
    assert "nothing" in text
    assert text.endswith("\n")


# Mermaid

QUOTED = re.compile(r'"[^"\n]*"')


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__name__)
def test_mermaid_holds_no_character_that_means_something(sample: Callable[[], Picture]) -> None:
    head, _, body = to_mermaid(sample()).partition("---\nflowchart LR\n")
    title = head.removeprefix("---\ntitle: ")
    assert json.loads(title) == json.loads(title.strip())
    labels = QUOTED.findall(body)
    assert labels
    for label in labels:
        inner = re.sub(r"#\d+;|<br/>", "", label[1:-1])
        assert not re.search(r"""["'`<>&;|{}\[\]\\#]""", inner), label
    # Outside the labels stands only what this module writes.
    assert re.fullmatch(r"[\w\s\-.>|:;,#()\[\]{}]*", QUOTED.sub("", body), re.ASCII)


def test_mermaid_gives_names_back_whole() -> None:
    name = 'say "hi" <b> & #1; `x` [y] {z} | end'
    text = to_mermaid(Picture("t", nodes=(PictureNode(name),)))
    (label,) = re.findall(r'n0\["(.*)"\]', text)
    assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), label) == name


# DOT

GRAPHVIZ = shutil.which("dot")


@pytest.mark.skipif(GRAPHVIZ is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__name__)
def test_graphviz_reads_it(sample: Callable[[], Picture]) -> None:
    picture = sample()
    canonical = subprocess.run(
        [str(GRAPHVIZ), "-Tcanon"],
        input=to_dot(picture).encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert canonical.returncode == 0, canonical.stderr
    assert canonical.stderr == b""


def test_dot_escapes_what_would_end_a_label() -> None:
    text = to_dot(Picture("t", nodes=(PictureNode('a"b\\N\nc'),)))
    assert r'n0 [label="a\"b\\N c"];' in text


# JSON


def test_json_says_each_wit_once() -> None:
    wit = "interface x {\n}\n"
    node = PictureNode("a", imports=(Port("x", wit, "b"),), exports=(Port("y"),))
    values = to_values(
        Picture("t", nodes=(node, replace(node, name="b", exports=(Port("x", wit),))))
    )
    assert values["wit"] == [wit]
    first, second = values["nodes"]
    assert first["imports"] == [{"name": "x", "wit": 0, "filled_by": "b"}]
    assert first["exports"] == [{"name": "y", "wit": None}]
    assert second["exports"] == [{"name": "x", "wit": 0}]


# Trees


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("sample", [*SAMPLES, large], ids=lambda sample: sample.__name__)
def test_a_tree_fits_its_terminal(sample: Callable[[], Picture], encoding: str, width: int) -> None:
    picture = sample()
    text = tree(picture, width, encoding)
    for line in text.splitlines():
        assert len(line) <= width
        assert line == line.rstrip()
    if encoding == "ascii":
        assert text.isascii()
    assert "\x1b" not in text


def test_a_tree_shows_every_node_once_in_full() -> None:
    picture = large()
    shown = re.findall(r"── (\S+)  (?!\(see)", tree(picture, 100))
    names = [node.name for node in picture.nodes]
    assert sorted(name for name in shown if name in set(names)) == sorted(names)


def test_a_chain_deeper_than_the_terminal_is_wide_goes_on_below() -> None:
    count = 300
    chain = Picture(
        "chain",
        nodes=tuple(PictureNode(f"n{index}") for index in range(count)),
        edges=tuple(
            PictureEdge(f"n{index}", "a:b/c", f"n{index + 1}", "a:b/c")
            for index in range(count - 1)
        ),
        offers=(PictureOffer("n0", "a:b/c", "a:b/c"),),
    )
    lines = tree(chain, 60).splitlines()
    assert max(map(len, lines)) <= 60
    full = [line.rpartition("── ")[2] for line in lines if re.search(r"── n\d+$", line)]
    assert sorted(full) == sorted(node.name for node in chain.nodes)
    assert sum("(see below)" in line for line in lines) > count // 10
    assert not any("(see above)" in line for line in lines)


def test_nodes_that_nothing_offered_leads_to_are_shown_too() -> None:
    picture = Picture(
        "x",
        nodes=(PictureNode("used"), PictureNode("user"), PictureNode("lonely")),
        edges=(PictureEdge("user", "a:b/c", "used", "a:b/c"),),
    )
    assert tree(picture) == ("x\n├── user\n│   └── used\n│       for c\n└── lonely\n")


def test_a_loop_is_shown_once_round() -> None:
    nodes = (PictureNode("a"), PictureNode("b"))
    edges = (PictureEdge("a", "i", "b", "i"), PictureEdge("b", "j", "a", "j"))
    assert tree(Picture("x", nodes=nodes, edges=edges)) == (
        "x\n└── a\n    └── b\n        for i\n        └── a  (see above)\n            for j\n"
    )


def test_imports_from_outside_say_for_whom() -> None:
    picture = Picture(
        "x",
        nodes=(PictureNode("a"), PictureNode("b")),
        outsides=(
            PictureOutside("a", "wasi:cli/exit@0.2.6", "wasi:cli/exit@0.2.6", is_host=True),
            PictureOutside("b", "wasi:cli/stdin@0.2.6", "wasi:cli/stdin@0.2.6", is_host=True),
            PictureOutside("a", "pay:pay/api", "pay:pay/api"),
            PictureOutside("b", "pay:pay/api", "pay:pay/api"),
            PictureOutside("b", "log", "log", is_host=True),
        ),
    )
    assert tree(picture).endswith(
        "├── imports from the host\n"
        "│   └── wasi:cli@0.2.6  exit, stdin\n"
        "└── imports from outside\n"
        "    ├── log  for b\n"
        "    └── pay:pay/api  for a, b\n"
    )


def test_colour_is_only_an_addition() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8")
    console = Console(file=stream, width=60, force_terminal=True, color_system="truecolor")
    text = tree_text(console, nested())
    assert "\x1b[1m" in text
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == tree(nested())
