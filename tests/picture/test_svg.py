"""Drawings as SVG: what is in them, that they are sound XML, and that they stay the same bytes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from golden import assert_golden
from picture import samples

from wcompose.picture import Picture
from wcompose.picture.layout import RouteKind, lay_out
from wcompose.picture.palette import DARK, LANGUAGES, LIGHT, OTHER_LANGUAGE
from wcompose.picture.svg import strokes, to_svg

GOLDEN = Path(__file__).parent / "golden" / "svg"
NAMESPACE = "{http://www.w3.org/2000/svg}"
PICTURES = {
    "flagship": samples.flagship,
    "nested": samples.nested,
    "hostile": samples.hostile,
    "single": samples.single,
    "cyclic": samples.cyclic,
    "empty": lambda: Picture("empty"),
}


def parsed(picture: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(to_svg(picture))  # noqa: S314


def texts(root: ElementTree.Element, name: str = "text") -> list[str]:
    return ["".join(element.itertext()) for element in root.iter(NAMESPACE + name)]


@pytest.mark.parametrize("name", PICTURES)
def test_the_bytes_are_those_that_were_looked_at(name: str) -> None:
    assert_golden(GOLDEN / f"{name}.svg", to_svg(PICTURES[name]()))


def test_every_golden_file_is_used() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(PICTURES)


def test_two_processes_draw_the_same_bytes() -> None:
    code = "import sys; from picture import samples; from wcompose.picture.svg import to_svg;"
    code += "sys.stdout.buffer.write(to_svg(samples.nested()).encode())"
    drawn = []
    for seed in ("1", "2"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        result = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, check=True
        )
        drawn.append(result.stdout)
    assert drawn[0] == drawn[1] == to_svg(samples.nested()).encode()


def test_nodes_show_name_language_size_and_capabilities() -> None:
    shown = texts(parsed(samples.flagship()))
    for text in ("gateway", "analysis", "inference", "Go", "Python", "Rust", "2.3 MB", "182 kB"):
        assert text in shown
    for text in ("random", "stdio", "arguments", "host", "wasi:io@0.2.6", "handler", "run"):
        assert text in shown


def test_what_a_node_is_denied_is_struck_out_behind_the_rest() -> None:
    root = parsed(samples.flagship())
    assert "19 MB · 2 gates" in texts(root)
    struck = [
        each.text for each in root.iter(f"{NAMESPACE}text") if each.get("class") == "chip-text no"
    ]
    # That it is denied a part of `stdio` does not take the rest of it away.
    assert struck == ["arguments", "filesystem", "random"]
    plain = [
        each.text for each in root.iter(f"{NAMESPACE}text") if each.get("class") == "chip-text"
    ]
    assert {"clocks", "environment", "stdio"} <= set(plain)
    assert texts(root).index("stdio") < texts(root).index("filesystem")


def test_more_than_fits_is_counted() -> None:
    (node,) = samples.single().nodes
    words = tuple(f"capability {number}" for number in range(9))

    def shown(denied: tuple[str, ...]) -> list[str]:
        told = replace(node, capabilities=words, denied=denied)
        return texts(parsed(replace(samples.single(), nodes=(told,))))

    assert "+7" in shown(())
    # One row more where it is told apart.
    assert "+6" in shown(words[-1:])


def test_edges_are_labelled_and_say_every_interface() -> None:
    root = parsed(samples.flagship())
    shown = texts(root)
    assert "inference +1" in shown
    assert "statistics" in shown
    titles = [title for title in texts(root, "title") if title.startswith("gateway → inference")]
    assert titles == [
        "gateway → inference\ndigits:vision/inference@0.1.0\ndigits:vision/types@0.1.0"
    ]


def test_it_says_in_words_what_it_shows() -> None:
    root = parsed(samples.nested())
    assert root.get("role") == "img"
    title, description = root.find(NAMESPACE + "title"), root.find(NAMESPACE + "desc")
    assert title is not None
    assert title.text == "shop.wasm"
    assert description is not None
    assert "front imports shop:orders/api from orders" in (description.text or "")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_problems_are_marked_at_their_nodes_only() -> None:
    root = parsed(samples.nested())
    marks = [group for group in root.iter(NAMESPACE + "g") if group.get("class") == "mark"]
    assert len(marks) == 1
    index = [node.name for node in samples.nested().nodes].index("orders")
    assert marks[0].get("data-of") == f"n{index}"


def test_kinds_of_nodes_look_different() -> None:
    root = parsed(samples.nested())
    classes = [group.get("class", "") for group in root.iter(NAMESPACE + "g")]
    assert sum(name.startswith("node types") for name in classes) == 1
    assert sum(name.startswith("node missing") for name in classes) == 1
    assert sum(name == "frame inner" for name in classes) == 2
    assert sum("quiet" in name for name in classes) == 1
    assert sum(name == "edge outside" for name in classes) == 1


def test_hostile_names_are_only_text() -> None:
    text = to_svg(samples.hostile())
    root = ElementTree.fromstring(text)  # noqa: S314
    known = {"svg", "title", "desc", "style", "rect", "g", "path", "circle", "text"}
    for element in root.iter():
        assert element.tag.removeprefix(NAMESPACE) in known
        assert not any(name.startswith("on") or "href" in name for name in element.attrib)
    assert "right\\u202eleft\\u2066" in texts(root)
    for bad in "\u202e\u2066\x1b\x00\u2028\ud800":
        assert bad not in text
    text.encode("utf-8")


def test_it_needs_nothing_from_outside_and_knows_light_and_dark() -> None:
    text = to_svg(samples.flagship())
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert "var(" not in text
    assert "@media (prefers-color-scheme: dark)" in text
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    assert f".card {{ fill: {LIGHT['card']}" in light
    assert f".card {{ fill: {DARK['card']}" in dark


def test_coordinates_are_tenths() -> None:
    body = to_svg(samples.nested()).split("</style>")[1]
    numbers = re.findall(r'(?:x|y|d|width|height|cx|cy)="([^"]*)"', body)
    assert len(numbers) > 100
    assert not re.findall(r"\.\d\d|-0\b(?!\.)|e-|nan|inf", " ".join(numbers))


def test_lines_in_common_are_drawn_once() -> None:
    layout = lay_out(samples.large(300))
    drawn = strokes(layout.routes)
    seen: set[tuple[str, str, str]] = set()
    for route, stroke in zip(layout.routes, drawn, strict=True):
        at = ""
        for command in stroke.commands:
            key = (route.target, at, command)
            assert key not in seen
            seen.add(key)
            at = command
    joined = sum(stroke.joins is not None for stroke in drawn)
    assert joined > 200
    for stroke in drawn:
        while stroke.joins is not None:
            index, count = stroke.joins
            assert count <= len(drawn[index].commands)
            stroke = drawn[index]  # noqa: PLW2901


def test_each_of_a_few_edges_has_a_line_of_its_own() -> None:
    layout = lay_out(samples.nested())
    for route, stroke in zip(layout.routes, strokes(layout.routes), strict=True):
        assert stroke.joins is None or route.kind is RouteKind.HOST


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read(dark: bool) -> None:
    colours = DARK if dark else LIGHT
    for surface in ("paper", "panel", "card", "frame", "code"):
        for name in ("ink", "soft", "accent", "bad"):
            assert contrast(colours[name], colours[surface]) >= 4.5, (name, surface)
    for name in ("word", "type", "name", "remark"):
        assert contrast(colours[name], colours["code"]) >= 4.5, name
    assert contrast(colours["on-bad"], colours["bad"]) >= 4.5
    for language, pair in {**LANGUAGES, "": OTHER_LANGUAGE}.items():
        assert contrast(pair[dark], colours["card"]) >= 4.5, language
