"""The page: what is in the file, and how it behaves in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from picture import samples
from picture.browser import chromium

from wcompose.picture import Picture
from wcompose.picture.html import to_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PICTURES = {
    "flagship": samples.flagship,
    "nested": samples.nested,
    "hostile": samples.hostile,
    "single": samples.single,
    "cyclic": samples.cyclic,
    "large": samples.large,
    "asking": samples.asking,
    "refused": samples.refused,
    "empty": lambda: Picture("empty"),
}


# The file.


class Elements(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.starts: list[tuple[str, dict[str, str | None]]] = []
        self.contents: dict[str, list[str]] = {"script": [], "style": []}
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))
        if tag in self.contents:
            self.inside = tag
            self.contents[tag].append("")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.contents[self.inside][-1] += data

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


def elements(text: str) -> Elements:
    parser = Elements()
    parser.feed(text)
    return parser


@pytest.mark.parametrize("name", PICTURES)
def test_a_page_is_the_same_bytes_each_time_and_stands_alone(name: str) -> None:
    text = to_html(PICTURES[name]())
    assert text == to_html(PICTURES[name]())
    found = elements(text)
    assert [tag for tag, _ in found.starts].count("script") == 2
    for tag, attributes in found.starts:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "use"}
        assert not {"src", "href", "style", "xlink:href"} & set(attributes), tag
        assert not any(key.startswith("on") for key in attributes), (tag, attributes)


def test_the_policy_allows_this_script_and_this_style_and_nothing_else() -> None:
    found = elements(to_html(samples.flagship()))
    policy = next(
        attributes["content"]
        for tag, attributes in found.starts
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert set(rules) == {"default-src", "script-src", "style-src", "base-uri", "form-action"}
    for name, text in (
        ("script-src", found.contents["script"][1]),
        ("style-src", found.contents["style"][0]),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"


def test_the_data_say_what_the_picture_says() -> None:
    found = elements(to_html(samples.flagship()))
    data = json.loads(found.contents["script"][0])
    gateway = next(node for node in data["nodes"] if node["name"] == "gateway")
    assert gateway["language"] == "Go"
    assert gateway["imports"][0]["name"] == "digits:vision/inference@0.1.0"
    assert data["texts"][gateway["imports"][0]["wit"]] == samples.INFERENCE
    # A text that many ports share is there once.
    assert data["texts"].count(samples.INFERENCE) == 1


def test_the_data_cannot_end_their_element() -> None:
    text = to_html(samples.hostile())
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert data
    assert not set("<>&") & set(data[1])
    assert text.isascii() or text.encode("utf-8")
    names = [node["name"] for node in json.loads(data[1])["nodes"]]
    assert names[0] == samples.ATTACKS[0]
    assert names[5] == "right\\u202eleft\\u2066"
    for bad in "\u202e\u2066\x1b\x00\u2028\ud800":
        assert bad not in text


# The browser.


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    directory = tmp_path_factory.mktemp("pages")

    def address(name: str) -> str:
        path = Path(directory) / f"{name}.html"
        if not path.exists():
            path.write_text(to_html(PICTURES[name]()), "utf-8")
        return path.as_uri()

    return address


@dataclass
class Visit:
    """A page as it is open, and what it said and asked for."""

    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def run(self, code: str) -> Any:
        return self.page.evaluate(code)

    @property
    def transform(self) -> tuple[float, float, float]:
        text = self.page.get_attribute("#view", "transform")
        assert text
        x, y, scale = (float(part) for part in re.findall(r"-?[\d.]+", text))
        return x, y, scale

    def until(self, condition: str) -> None:
        """Look at every frame until something is so; the policy of the page allows no other way."""
        code = f"""new Promise(resolve => {{ let frames = 0; const look = () => {{
            if ({condition}) resolve(true);
            else if (frames++ < 600) requestAnimationFrame(look);
            else resolve(false); }}; look(); }})"""
        assert self.page.evaluate(code), condition

    @property
    def panel(self) -> str:
        return self.page.inner_text("#panel")

    def click(self, key: str) -> None:
        self.page.locator(f'#graph [data-id="{key}"]').dispatch_event("click")

    def node(self, name: str) -> Locator:
        return self.page.locator(f'#graph [data-id="{self.key_of(name)}"]')

    def key_of(self, name: str) -> str:
        code = "name => 'n' + JSON.parse(document.getElementById('data').textContent)"
        found = self.page.evaluate(f"{code}.nodes.findIndex(node => node.name === name)", name)
        assert found != "n-1"
        return str(found)

    def edge_of(self, importer: str, exporter: str) -> str:
        ends = [self.key_of(importer), self.key_of(exporter)]
        code = """([from, to]) => 'e' + JSON.parse(document.getElementById('data').textContent)
            .routes.findIndex(route => route[1] === from && route[2] === to)"""
        found = self.page.evaluate(code, ends)
        assert found != "e-1"
        return str(found)


Opener = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, pages: Callable[[str], str]) -> Iterator[Opener]:
    contexts = []

    def opened(
        name: str,
        address: str = "",
        *,
        scheme: str = "light",
        size: tuple[int, int] = (1280, 800),
        motion: str = "reduce",
        **options: Any,
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion=motion,  # type: ignore[arg-type]
            offline=True,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        result = Visit(page)
        page.on("console", lambda message: result.messages.append(message.text))
        page.on("pageerror", lambda error: result.messages.append(str(error)))
        page.on("request", lambda request: result.requests.append(request.url))
        page.goto(pages(name) + address)
        return result

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", PICTURES)
def test_it_opens_from_a_disk_without_a_word_or_a_request(
    visit: Opener, pages: Callable[[str], str], name: str
) -> None:
    opened = visit(name)
    opened.page.click("#fit")
    opened.page.click("#about")
    assert opened.messages == []
    assert opened.requests == [pages(name)]
    left, top, right, bottom = opened.run(
        "(() => { const box = document.querySelector('.frame').getBoundingClientRect();"
        "return [box.left, box.top, box.right, box.bottom]; })()"
    )
    assert 0 <= left < right <= 1280
    assert 0 <= top < bottom <= 800


def test_a_node_shows_what_is_known_of_it_and_leads_on(visit: Opener) -> None:
    opened = visit("flagship")
    opened.node("analysis").click()
    panel = opened.panel
    for text in (
        "analysis",
        "Python",
        "19 MB, 88 % of the whole",
        "digits-analysis",
        "0.3.1",
        "MIT",
    ):
        assert text in panel
    for text in ("filesystem", "environment", "filled by inference", "filled by the host"):
        assert text in panel
    for text in ("environment (TZ)", "stdout (prefixed)", "no stderr", "analysis-standard"):
        assert text in panel
    assert re.search(r"Asks for and is denied\s+filesystem\s+arguments\s+random\s+stdin", panel)
    assert re.search(r"Gates 2\s+analysis-gate: refusals\s+4.1 kB", panel)
    assert "used by gateway" in panel
    opened.page.click("#panel .jump >> text=inference")
    assert opened.page.inner_text("#panel h2") == "inference"
    assert "not stated in this binary" in opened.panel
    opened.page.go_back()
    opened.until("document.querySelector('#panel h2').innerText === 'analysis'")


def test_an_edge_shows_the_wit_that_crosses_it_and_why(visit: Opener) -> None:
    opened = visit("flagship")
    assert not opened.page.query_selector(".wit")
    opened.click(opened.edge_of("gateway", "inference"))
    panel = opened.panel
    assert "gateway → inference" in panel
    assert "digits:vision/inference@0.1.0" in panel
    assert "digits:vision/types@0.1.0" in panel
    assert "stated in wcompose.toml" in panel
    assert opened.page.text_content(".wit") == samples.INFERENCE
    words = opened.page.locator(".wit .w").all_inner_texts()
    assert {"interface", "resource", "variant", "func", "static"} <= set(words)
    assert "u32" in opened.page.locator(".wit .t").all_inner_texts()
    remarks = opened.page.locator(".wit .r").all_inner_texts()
    assert "/* The network that is built in. */" in remarks
    assert "// the usual way" in remarks
    opened.page.click("#panel summary >> text=digits:vision/types")
    # What is unfolded is drawn when the browser tells of it, which is a moment later.
    opened.until("document.querySelectorAll('.wit').length === 2")
    assert opened.page.locator(".wit").all_text_contents() == [samples.INFERENCE, samples.TYPES]


def test_many_imports_from_the_host_are_folded_behind_the_others(visit: Opener) -> None:
    opened = visit("asking")
    opened.node("busy").click()
    assert re.search(r"Imports 6\s+demo:odd/one", opened.panel)
    assert "wasi:filesystem/part-3" not in opened.panel
    opened.page.click("#panel summary >> text=5 filled by the host")
    opened.until("document.querySelectorAll('#panel .more li').length === 5")
    assert "wasi:filesystem/part-3" in opened.panel


def test_imports_that_are_not_granted_are_folded_too(visit: Opener) -> None:
    opened = visit("refused")
    opened.node("busy").click()
    assert re.search(r"Granted\s+nothing", opened.panel)
    opened.page.click("#panel summary >> text=5 not granted")
    opened.until("document.querySelectorAll('#panel .more li').length === 5")
    assert "nothing: it is not granted" in opened.panel


def test_an_edge_is_met_by_a_pointer_that_is_near_it(visit: Opener) -> None:
    opened = visit("flagship")
    edge = opened.edge_of("gateway", "analysis")
    x, y = opened.run(
        f"""(() => {{ const line = document.querySelector('[data-id="{edge}"] .line');
        const point = line.getPointAtLength(line.getTotalLength() * 0.2)
          .matrixTransform(line.getScreenCTM()); return [point.x, point.y + 3]; }})()"""
    )
    opened.page.mouse.click(x, y)
    assert "statistics" in opened.panel
    assert "summary: func" in (opened.page.text_content(".wit") or "")


def test_ends_outside_have_panels(visit: Opener) -> None:
    opened = visit("flagship")
    opened.click("h")
    assert "The host" in opened.panel
    assert re.search(r"wasi:io/streams@0\.2\.6\s+for analysis, gateway", opened.panel)
    opened.click("o0")
    assert "Export of the whole" in opened.panel
    assert opened.page.text_content(".wit") == samples.HANDLER
    nested = visit("nested")
    nested.click("x0")
    assert re.search(r"vendor:pay/charge@2\.1\.0\s+for orders", nested.panel)
    nested.click(nested.key_of("store"))
    assert re.search(r"Holds 3\s+cache", nested.panel)


def test_problems_are_told_at_once_and_at_their_node(visit: Opener) -> None:
    opened = visit("nested")
    assert opened.page.inner_text("#problems") == "2 problems"
    opened.page.click("#problems")
    assert "twice" in opened.panel
    opened.page.click(".problem .jump")
    assert opened.page.inner_text("#panel h2") == "orders"
    assert "no node exports shop:tax/rates@0.3.0" in opened.panel
    assert "filled by nothing" in opened.panel
    assert "twice" not in opened.panel
    assert visit("flagship").page.is_hidden("#problems")


def test_search_dims_counts_and_goes_from_match_to_match(visit: Opener) -> None:
    opened = visit("nested")
    opened.page.keyboard.press("/")
    opened.page.keyboard.type("PAGES")
    # The node of that name, and the two lines that its interface crosses.
    assert opened.page.inner_text("#count") == "3 found"
    hits = opened.run(
        "[...document.querySelectorAll('.base .hit[data-id]')].map(e => e.dataset.id)"
    )
    assert sorted(hits) == sorted(
        [
            opened.key_of("store/disk/pages"),
            opened.edge_of("store/disk/log", "store/disk/pages"),
            opened.edge_of("store/tables", "store/disk/pages"),
        ]
    )
    dim = opened.run("getComputedStyle(document.querySelector('.items')).opacity")
    assert float(dim) < 0.5
    shown = []
    for count in ("1 of 3", "2 of 3", "3 of 3", "1 of 3"):
        opened.page.keyboard.press("Enter")
        opened.until("document.querySelector('#panel').dataset.shows !== 'overview'")
        assert opened.page.inner_text("#count") == count
        shown.append(opened.page.inner_text("#panel h2"))
    assert shown[0] == shown[3] == "store/disk/pages"
    assert len(set(shown)) == 3
    opened.page.keyboard.press("Shift+Enter")
    assert opened.page.inner_text("#count") == "3 of 3"
    opened.page.fill("#query", "nothing like this")
    assert opened.page.inner_text("#count") == "nothing found"
    opened.page.keyboard.press("Escape")
    assert opened.page.input_value("#query") == ""
    dim = opened.run("getComputedStyle(document.querySelector('.items')).opacity")
    assert float(dim) == 1


def test_the_wheel_zooms_at_the_pointer(visit: Opener) -> None:
    opened = visit("flagship")
    x, y, scale = opened.transform
    opened.page.mouse.move(500, 300)
    opened.page.mouse.wheel(0, -200)
    opened.until(
        f"!document.getElementById('view').getAttribute('transform').includes('scale({scale:.4f})')"
    )
    new_x, new_y, new_scale = opened.transform
    assert new_scale > scale * 1.1
    # What was under the pointer is there still.
    assert (500 - new_x) / new_scale == pytest.approx((500 - x) / scale, abs=0.5)
    assert (300 - new_y) / new_scale == pytest.approx((300 - y) / scale, abs=0.5)


def test_keys_and_buttons_zoom_pan_and_fit(visit: Opener) -> None:
    opened = visit("flagship")
    start = opened.transform
    opened.page.keyboard.press("+")
    assert opened.transform[2] == pytest.approx(start[2] * 1.3, rel=0.01)
    opened.page.keyboard.press("-")
    assert opened.transform[2] == pytest.approx(start[2], rel=0.01)
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowDown")
    assert opened.transform[0] == pytest.approx(start[0] - 80, abs=0.5)
    assert opened.transform[1] == pytest.approx(start[1] - 80, abs=0.5)
    opened.page.keyboard.press("0")
    assert opened.transform == pytest.approx(start, abs=0.5)
    opened.page.click("#closer")
    assert opened.transform[2] > start[2]
    assert opened.page.inner_text("#scale") == f"{round(opened.transform[2] * 100)} %"
    opened.page.click("#farther")
    opened.page.click("#farther")
    assert opened.transform[2] < start[2]
    opened.page.click("#fit")
    assert opened.transform == pytest.approx(start, abs=0.5)


def test_dragging_pans_and_selects_nothing(visit: Opener) -> None:
    opened = visit("flagship", "#node=gateway")
    x, y, scale = opened.transform
    card = opened.node("analysis").bounding_box()
    assert card
    opened.page.mouse.move(card["x"] + 9, card["y"] + 9)
    opened.page.mouse.down()
    opened.page.mouse.move(card["x"] + 49, card["y"] + 19)
    opened.page.mouse.move(card["x"] + 99, card["y"] + 39)
    opened.page.mouse.up()
    assert opened.transform == pytest.approx((x + 90, y + 30, scale), abs=0.5)
    assert opened.page.inner_text("#panel h2") == "gateway"


def test_two_fingers_zoom(visit: Opener) -> None:
    opened = visit("flagship", size=(390, 800), has_touch=True)
    scale = opened.transform[2]
    session = opened.page.context.new_cdp_session(opened.page)

    def touch(kind: str, *points: tuple[int, int]) -> None:
        session.send(
            "Input.dispatchTouchEvent",
            {
                "type": kind,
                "touchPoints": [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)],
            },
        )

    touch("touchStart", (180, 300), (220, 300))
    touch("touchMove", (150, 300), (250, 300))
    touch("touchMove", (120, 300), (280, 300))
    touch("touchEnd")
    assert opened.transform[2] > scale * 2


def test_light_and_dark_are_the_systems_until_one_is_chosen(visit: Opener) -> None:
    code = """['body', '.card', '#panel'].map(name => {
        const style = getComputedStyle(document.querySelector(name));
        return name === '.card' ? style.fill : style.backgroundColor; })"""
    light, dark = visit("flagship"), visit("flagship", scheme="dark")
    colours = light.run(code), dark.run(code)
    assert all(one != other for one, other in zip(*colours, strict=True))
    light.page.click("#theme")
    assert light.run(code) == colours[1]
    language = "getComputedStyle(document.querySelector('.node .strip')).color"
    assert light.run(language) == dark.run(language)
    light.page.reload()
    assert light.run(code) == colours[1]
    light.page.click("#theme")
    assert light.run(code) == colours[0]


def test_hostile_names_do_nothing(visit: Opener) -> None:
    opened = visit("hostile")
    count = opened.run("JSON.parse(document.getElementById('data').textContent).nodes.length")
    ends = [f"n{index}" for index in range(count)]
    routes = opened.run("JSON.parse(document.getElementById('data').textContent).routes.length")
    for key in [*ends, *(f"e{index}" for index in range(routes)), "o0", "x0", "h"]:
        opened.click(key)
        opened.until(f"document.getElementById('panel').dataset.shows === '{key}'")
        opened.run(
            "document.querySelectorAll('#panel details').forEach(one => { one.open = true })"
        )
    opened.page.fill("#query", "<script>")
    opened.page.keyboard.press("Enter")
    assert opened.run("window.hacked") is None
    assert opened.run("document.querySelectorAll('script').length") == 2
    assert opened.run("document.querySelectorAll('img, iframe').length") == 0
    assert opened.messages == []
    opened.click("n0")
    assert samples.ATTACKS[0] in opened.panel


def test_a_link_leads_to_a_node_or_an_edge(visit: Opener) -> None:
    node = visit("nested", "#node=store%2Fdisk%2Flog")
    assert node.page.inner_text("#panel h2") == "store/disk/log"
    assert node.page.locator("#graph .base .node.selected .title").text_content() == "log"
    edge = visit("nested", "#edge=front,orders")
    assert edge.page.inner_text("#panel h2") == "front → orders"
    again = visit("nested")
    again.click(again.edge_of("orders", "store/cache"))
    again.until("location.hash")
    linked = visit("nested", again.run("location.hash"))
    assert linked.page.inner_text("#panel h2") == "orders → store/cache"
    typed = visit("nested", "#node=store/disk/log")
    assert typed.page.inner_text("#panel h2") == "store/disk/log"
    odd = visit("nested", "#node=%E0%A4%A")
    assert odd.messages == []
    assert "shop.wasm" in odd.panel
    # The address names hostile nodes too, and leads nowhere else.
    hostile = visit("hostile")
    hostile.click("n0")
    hostile.until("location.hash")
    assert visit("hostile", hostile.run("location.hash")).panel == hostile.panel


def test_it_can_be_used_without_a_pointer(visit: Opener) -> None:
    opened = visit("flagship")
    opened.page.keyboard.press("Escape")
    assert opened.page.is_hidden("#panel")
    reached = []
    for _ in range(40):
        opened.page.keyboard.press("Tab")
        label = opened.run("document.activeElement.getAttribute('aria-label') ?? ''")
        reached.append(label.split(",")[0].split("\n")[0])
        if reached[-1] == "gateway":
            break
    assert "Search nodes and interfaces" in reached
    assert "gateway → inference" in reached
    assert reached[-1] == "gateway"
    ring = opened.run("getComputedStyle(document.activeElement.querySelector('.card')).stroke")
    assert ring != opened.run(
        "getComputedStyle(document.querySelector('#n, .node .card')).stroke"
    ) or (opened.run("document.querySelector('.node') === document.activeElement"))
    opened.page.keyboard.press("Enter")
    opened.until("!document.getElementById('panel').hidden")
    assert opened.page.inner_text("#panel h2") == "gateway"
    assert opened.run("document.activeElement.id") == "panel"
    opened.page.keyboard.press("Tab")
    assert opened.run("document.activeElement.getAttribute('aria-label')") == "Close"
    opened.page.keyboard.press("Escape")
    assert opened.page.is_hidden("#panel")
    assert opened.run("document.activeElement.getAttribute('aria-label')").startswith("gateway")
    assert opened.run("location.hash") == ""


def test_what_the_keyboard_reaches_comes_into_view(visit: Opener) -> None:
    opened = visit("flagship")
    opened.page.keyboard.press("Escape")
    for _ in range(12):
        opened.page.keyboard.press("Shift+ArrowRight")
    moved = opened.node("gateway").bounding_box()
    assert moved
    assert moved["x"] + moved["width"] < 0
    for _ in range(40):
        opened.page.keyboard.press("Tab")
        if opened.run("document.activeElement.dataset.id") == opened.key_of("gateway"):
            break
    box = opened.node("gateway").bounding_box()
    assert box
    assert 0 <= box["x"] < box["x"] + box["width"] <= 1280
    assert 0 <= box["y"] < box["y"] + box["height"] <= 800


def test_every_control_has_a_name(visit: Opener) -> None:
    opened = visit("nested", "#node=orders")
    nameless = opened.run(
        """[...document.querySelectorAll('button, input, [role=button], [tabindex="0"], aside')]
        .filter(e => !e.getAttribute('aria-label') && !e.textContent.trim()).map(e => e.outerHTML)"""
    )
    assert nameless == []


def test_a_pointer_on_a_node_lights_its_neighbours(visit: Opener) -> None:
    opened = visit("nested")
    opened.node("store/cache").hover()
    near = opened.run(
        "[...document.querySelectorAll('.base .near[data-id]')].map(e => e.dataset.id)"
    )
    assert sorted(near) == sorted(
        [
            *(opened.key_of(name) for name in ("orders", "store/cache", "store/tables")),
            opened.edge_of("orders", "store/cache"),
            opened.edge_of("store/cache", "store/tables"),
        ]
    )
    assert opened.run("document.querySelectorAll('#lit > .node').length") == 3
    dim = "getComputedStyle(document.querySelector('.items')).opacity"
    assert float(opened.run(dim)) < 0.5
    opened.page.mouse.move(640, 780)
    assert opened.run("document.querySelectorAll('.near').length") == 0
    assert float(opened.run(dim)) == 1
    assert opened.run("document.querySelector('#lit').childElementCount") == 0


def test_on_a_telephone_the_panel_comes_from_below(visit: Opener) -> None:
    opened = visit("flagship", size=(390, 800))
    assert opened.page.is_hidden("#panel")
    opened.click(opened.key_of("gateway"))
    opened.page.wait_for_selector("#panel:not([hidden])")
    box = opened.page.locator("#panel").bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, 390)
    assert box["y"] >= 800 * 0.4
    assert box["y"] + box["height"] == pytest.approx(800, abs=1)
    assert opened.run("document.documentElement.scrollWidth") == 390


def test_motion_is_only_for_those_who_like_it(visit: Opener) -> None:
    code = """(() => { document.getElementById('closer').click();
        return document.getElementById('view').getAttribute('transform'); })()"""
    still, moving = visit("flagship"), visit("flagship", motion="no-preference")
    before = still.transform[2], moving.transform[2]
    assert before[0] == before[1]
    scale = re.search(r"scale\(([\d.]+)\)", still.run(code))
    assert scale is not None
    assert float(scale[1]) == pytest.approx(before[0] * 1.3, abs=2e-4)
    assert f"scale({before[1]:.4f})" in moving.run(code)
    moving.until(f"document.getElementById('scale').textContent === '{round(before[1] * 130)} %'")
    assert still.run("getComputedStyle(document.getElementById('panel')).animationName") == "none"


def test_printing_shows_the_whole_drawing(visit: Opener) -> None:
    opened = visit("flagship", scheme="dark")
    opened.page.keyboard.press("+")
    opened.run("dispatchEvent(new Event('beforeprint'))")
    opened.run("dispatchEvent(new Event('resize'))")
    opened.page.emulate_media(media="print")
    assert opened.page.get_attribute("#graph", "viewBox")
    assert opened.page.get_attribute("#view", "transform") is None
    assert (
        opened.run("getComputedStyle(document.querySelector('.card')).fill") == "rgb(255, 255, 255)"
    )
    frame = opened.page.locator("#graph .frame").bounding_box()
    assert frame
    assert 0 < frame["x"] < frame["x"] + frame["width"] < 1280
    assert frame["height"] > 50
    assert opened.page.is_hidden("#zoom")
    assert opened.page.is_hidden("#search")
    opened.run("dispatchEvent(new Event('afterprint'))")
    assert opened.page.get_attribute("#view", "transform")
    assert opened.run("document.documentElement.dataset.theme") is None


def test_without_scripts_the_drawing_is_there(visit: Opener) -> None:
    opened = visit("flagship", java_script_enabled=False)
    assert opened.page.locator("#graph .node").count() == 3
    box = opened.page.locator("#graph .frame").first.bounding_box()
    assert box
    assert 0 <= box["x"] < box["x"] + box["width"] <= 1280


def test_five_hundred_nodes_open_and_answer(visit: Opener) -> None:
    opened = visit("large")
    assert opened.page.locator("#graph .node").count() == 500
    assert opened.run("document.querySelectorAll('*').length") < 16_000
    opened.page.fill("#query", "service-321")
    opened.page.keyboard.press("Enter")
    opened.until("document.querySelector('#panel h2').innerText === 'service-321'")
    assert opened.transform[2] >= 0.7
    box = opened.page.locator("#graph .base .node.selected").bounding_box()
    assert box
    assert 0 < box["x"] < 1280
    assert 0 < box["y"] < 800
    opened.page.fill("#query", "")
    opened.node("service-321").hover()
    # A line that shares its way with others is lit from end to end.
    ends = opened.run(
        """(() => { const data = JSON.parse(document.getElementById('data').textContent);
        const index = data.routes.findIndex(route => route[4].length && route[0] === 'edge');
        const [, source, target] = data.routes[index];
        document.querySelector(`[data-id="${source}"] .card`).dispatchEvent(
          new PointerEvent('pointerover', {bubbles: true, pointerType: 'mouse'}));
        const goal = document.querySelector(`[data-id="${target}"] .card`).getBBox();
        const lines = [...document.querySelectorAll('#lit .edge .line')];
        return lines.some(line => {
          const end = line.getPointAtLength(line.getTotalLength());
          return Math.abs(end.x + 6 - goal.x) < 1 && end.y > goal.y && end.y < goal.y + goal.height;
        }); })()"""
    )
    assert ends is True
    assert opened.messages == []
