"""Pages of contracts: complete, linked, safe, and pleasant in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from picture.browser import chromium
from support import REPOSITORY

from wcompose.check.baseline import load_path
from wcompose.engine import Engine
from wcompose.errors import ContractError
from wcompose.pages import Page, outline, prose, to_html, to_markdown

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

SHOP = """\
/// The shop.
///
/// # Danger </style><script>alert(1)</script>
package acme:shop@1.2.0;

/// Money & more: <img src=x onerror=alert(1)>
interface money {
  /// [run](javascript:alert(1)), [go](https://example.org/), ![spy](https://example.org/spy.png)
  record price {
    /// In "cents" {{script}}
    amount: u64,
    currency: currency,
  }
  enum currency { euro, yen }
  @deprecated(version = 1.2.0)
  @since(version = 1.1.0)
  type old-price = price;
}

interface cart {
  use money.{price, currency as coin};
  resource basket {
    constructor(coin: coin);
    /// Add `thing`.
    add: func(name: string, price: price) -> result<_, string>;
    empty: static async func() -> basket;
  }
  @unstable(feature = gifts)
  wrap: func(what: borrow<basket>, with-a-very-long-parameter-name: list<tuple<u8, option<price>>>,
    another-long-parameter: stream<u8>) -> future<price>;
}

/// All of it.
world shop {
  import cart;
  import now: func() -> u64;
  import inner: interface { use money.{price}; resource lone; tell: func(price: price); }
  flags mood { good, bad }
  export money;
  export mood-of: func() -> mood;
}
world other { export cart; }
"""


class Ids(HTMLParser):
    """Ids and links of a page, and every element and attribute that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attributes:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            elif name in {"href", "src"}:
                self.links.append(value or "")


@pytest.fixture(scope="module")
def shop(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Page:
    file = tmp_path_factory.mktemp("shop") / "shop.wit"
    file.write_text(SHOP)
    return outline(load_path(file, engine).contract, "shop")


@pytest.fixture(scope="module", params=["shop", "wit", "component"])
def page(request: pytest.FixtureRequest, shop: Page, engine: Engine) -> Page:
    paths = {
        "wit": REPOSITORY / "wit",
        "component": REPOSITORY / "components/rust/inference/inference.wasm",
    }
    if request.param == "shop":
        return shop
    return outline(load_path(paths[request.param], engine).contract, request.param)


def test_every_link_leads_to_one_place(page: Page) -> None:
    for text in (to_html(page), to_markdown(page)):
        found = Ids(text)
        links = {*found.links, *re.findall(r"\]\((#[^)]*)\)", text)}
        inner = {link[1:] for link in links if link.startswith("#")}
        assert inner
        assert inner <= set(found.ids)
        assert len(found.ids) == len(set(found.ids))


def test_everything_is_on_the_page(page: Page) -> None:
    html, markdown = to_html(page), to_markdown(page)
    anchors = {*page.types.values(), *page.interfaces.values()}
    assert anchors
    for text in (html, markdown):
        assert anchors <= set(Ids(text).ids)


def test_the_same_contract_gives_the_same_bytes(engine: Engine) -> None:
    def texts() -> tuple[str, str]:
        page = outline(load_path(REPOSITORY / "wit", engine).contract, "wit")
        return to_html(page), to_markdown(page)

    assert texts() == texts()


def test_signatures_docs_and_gates_are_shown(shop: Page) -> None:
    markdown = to_markdown(shop)
    price = '<a href="#acme-shop-money-1.2.0.price">price</a>'
    assert (
        f"add: func(name: string, price: {price}) -&gt; result&lt;_, string&gt;</pre>" in markdown
    )
    assert "empty: static async func()" in markdown
    assert '<pre>constructor(coin: <a href="#acme-shop-money-1.2.0.currency">coin</a>)' in markdown
    assert f"<pre>type old-price = {price}</pre>" in markdown
    assert "*since 1.1.0* · *deprecated since 1.2.0*" in markdown
    assert "*unstable: gifts*" in markdown
    assert "\n  another-long-parameter: stream&lt;u8&gt;,\n) -&gt; future" in markdown
    assert "<code>euro</code>" in markdown
    assert "#### Interface inner" in markdown
    html = to_html(shop)
    assert '<span class="tag deprecated">deprecated since 1.2.0</span>' in html
    assert "In &quot;cents&quot; {{script}}" in html


def test_hostile_documentation_stays_text(shop: Page) -> None:
    html = to_html(shop)
    found = Ids(html)
    assert "img" not in found.tags
    assert html.count("<script") == 1
    assert html.count("</style>") == 1
    assert not {each for each in found.attributes if each.startswith("on")}
    outer = {link for link in found.links if not link.startswith("#")}
    # A picture is a link that somebody may follow.
    assert outer == {"https://example.org/", "https://example.org/spy.png"}
    markdown = to_markdown(shop)
    assert Ids(markdown).tags <= {"a", "pre", "code", "br", "https:"}
    assert "](javascript" not in markdown
    assert re.search(r"(?<!\\)!\[", markdown) is None
    assert "\n# Danger" not in markdown


@pytest.mark.parametrize(
    "docs",
    [
        "```\nnever closed",
        "~~~~\n```\n~~~\n",
        "`a\n# b",
        "> " * 5000,
        "[" * 5000,
        "*a " * 5000,
        "a\n===",
    ],
)
def test_unfinished_markdown_ends_with_its_item(docs: str) -> None:
    text = prose.to_markdown(docs)
    html = prose.to_html(f"{text}\n\n# heading behind")
    assert html.rstrip().endswith('<p class="heading">heading behind</p>')
    assert "<h" not in prose.to_html(docs)


def test_code_in_documentation_stays_and_html_beside_it_does_not() -> None:
    docs = "a `<b>` <b> ``x ` <i>`` <i> ` <u>"
    assert prose.to_markdown(docs) == "a `<b>` &lt;b> ``x ` <i>`` &lt;i> ` &lt;u>"


@settings(max_examples=300, deadline=None)
@given(docs=st.text("`<b>/\\\n #-=~*[](!):> h&;.1\t|", max_size=60))
def test_no_documentation_becomes_html(docs: str) -> None:
    reader = MarkdownIt("commonmark", {"html": True})
    text = f"{prose.to_markdown(docs)}\n\n# behind\n"
    tokens = reader.parse(text)
    types = [each.type for token in tokens for each in (token, *(token.children or ()))]
    assert not {"html_block", "html_inline", "image"} & set(types)
    assert types.count("heading_open") == 1
    assert not re.search(
        r"<(?!/?(p|code|pre|em|strong|a|ul|ol|li|br|hr|blockquote|t[a-z]+)\b)", prose.to_html(docs)
    )


@pytest.mark.parametrize(
    "docs",
    ["`a\nb` <b> `c", "\\`<b>\\`", "- a\n  ```\n<b>", "```js `x`\n<b>", "[a]: javascript:x\n\n[a]"],
)
def test_tangled_documentation_becomes_plain_text(docs: str) -> None:
    shown = MarkdownIt("commonmark", {"html": True}).render(prose.to_markdown(docs))
    assert "<b>" not in shown
    assert "href" not in shown
    assert "&lt;b&gt;" in shown or "javascript" in shown


def test_one_world_shows_what_it_needs(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "shop.wit").write_text(SHOP)
    contract = load_path(tmp_path, engine).contract
    page = outline(contract, "shop", "other")
    (package,) = page.packages
    assert [world.name for world in package.worlds] == ["other"]
    assert {section.name for section in package.interfaces} == {"cart", "money"}
    with pytest.raises(ContractError):
        outline(contract, "shop", "nowhere")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def tab(browser: Browser, shop: Page, tmp_path: Path) -> Iterator[Tab]:
    file = tmp_path / "shop.html"
    file.write_text(to_html(shop), "utf-8")
    opened = browser.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("dialog", lambda dialog: said.append(dialog.message))
    opened.on("request", lambda each: said.append(each.url) if each.url[:5] != "file:" else None)
    opened.goto(file.as_uri())
    yield opened
    opened.close()
    assert said == []


def test_links_lead_to_what_they_name(tab: Tab) -> None:
    tab.click("#acme-shop-cart-1\\.2\\.0\\.basket\\.add >> a.t >> text=price")
    assert tab.url.endswith("#acme-shop-money-1.2.0.price")
    assert tab.locator("article.entry:target pre").first.inner_text() == "record price"


def test_the_search_filters(tab: Tab) -> None:
    tab.keyboard.press("/")
    tab.keyboard.type("thing add")
    assert tab.locator("#count").inner_text() == "1 found"
    shown = [each for each in tab.locator("article.entry pre").all() if each.is_visible()]
    assert [each.inner_text().split("(")[0] for each in shown] == ["resource basket", "add: func"]
    assert not tab.locator("#contents a", has_text="price").first.is_visible()
    tab.fill("#query", "no such thing at all")
    assert tab.locator("#nothing").is_visible()
    tab.keyboard.press("Escape")
    assert tab.locator("#nothing").is_hidden()
    assert tab.locator("article.entry:visible").count() == tab.locator("article.entry").count()


def test_a_link_to_what_the_search_hides_shows_it(tab: Tab) -> None:
    tab.fill("#query", "thing add")
    tab.click("#acme-shop-cart-1\\.2\\.0\\.basket\\.add >> a.t >> text=price")
    assert tab.locator("article.entry:target").is_visible()


def test_the_colours_change_and_nothing_is_wider_than_a_phone(tab: Tab) -> None:
    before = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.click("#theme")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != before
    tab.set_viewport_size({"width": 360, "height": 700})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.locator("#contents").is_hidden()
    tab.click("#menu")
    assert tab.locator("#contents").is_visible()
    tab.emulate_media(media="print")
    assert tab.locator("#bar").is_hidden()
    assert tab.locator("#contents").is_hidden()
