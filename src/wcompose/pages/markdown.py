"""A contract as one Markdown file, for places that show Markdown, with the links of the HTML page.

Signatures are ``pre`` elements, since fenced code can hold no links. Every element is our own; HTML that
documentation contains is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from wcompose.contract.types import Stability
from wcompose.pages.html import gate_words, signature_html
from wcompose.pages.outline import Entry, Package, Page, Port, Section, WorldSection
from wcompose.pages.prose import to_markdown as prose
from wcompose.pages.prose import visible


def to_markdown(page: Page) -> str:
    """A page as Markdown: the same text for the same page."""
    return "\n".join(_Writer(page).lines()).rstrip("\n") + "\n"


class _Writer:
    def __init__(self, page: Page) -> None:
        self._page = page

    def lines(self) -> Iterator[str]:
        yield f"# {_text(self._page.title)}"
        yield ""
        yield from self._contents()
        for package in self._page.packages:
            yield from self._package(package)

    def _contents(self) -> Iterator[str]:
        for package in self._page.packages:
            name = _text(package.name or self._page.title)
            yield f"- [{name}](#{package.anchor})"
            for world in package.worlds:
                yield f"  - world [{_text(world.name)}](#{world.anchor})"
            for section in package.interfaces:
                yield f"  - interface [{_text(section.name)}](#{section.anchor})"
        yield ""

    def _package(self, package: Package) -> Iterator[str]:
        word = "Package" if package.name else "Component"
        if not package.is_main:
            word = "Uses package"
        yield _anchor(package.anchor)
        yield ""
        yield f"## {word} {_text(package.name or self._page.title)}"
        yield ""
        yield from _docs(package.docs)
        for world in package.worlds:
            yield from self._world(world)
        for section in package.interfaces:
            yield from self._section(section, "###")

    def _world(self, world: WorldSection) -> Iterator[str]:
        yield from _heading("### World", world)
        for word, ports in (("imports", world.imports), ("exports", world.exports)):
            if ports:
                yield f"**{word}**"
                yield ""
                yield from self._ports(ports)

    def _ports(self, ports: tuple[Port, ...]) -> Iterator[str]:
        linked = [port for port in ports if port.interface is not None]
        for port in linked:
            anchor = self._page.interfaces[port.interface] if port.interface else ""
            yield f"- [{_text(port.name)}](#{anchor})"
        if linked:
            yield ""
        for port in ports:
            if port.entry is not None:
                yield from self._entry(port.entry, "####")
            if port.section is not None:
                yield from self._section(port.section, "####")

    def _section(self, section: Section, level: str) -> Iterator[str]:
        yield from _heading(f"{level} Interface", section)
        if section.uses:
            used = (
                f"[{_text(name)}](#{self._page.types[source]})"
                if source in self._page.types
                else _text(name)
                for name, source in section.uses
            )
            yield f"Uses {', '.join(used)}."
            yield ""
        for entry in (*section.types, *section.functions):
            yield from self._entry(entry, f"{level}#")

    def _entry(self, entry: Entry, level: str) -> Iterator[str]:
        yield _anchor(entry.anchor)
        yield ""
        yield f"{level} {entry.word} {_text(entry.name)}"
        yield ""
        yield f"<pre>{signature_html(entry.signature, self._page, is_plain=True)}</pre>"
        yield ""
        yield from _gates(entry.stability)
        yield from _docs(entry.docs)
        for part in entry.parts:
            signature = signature_html(part.signature, self._page, is_plain=True)
            docs = prose(part.docs).replace("\n", "\n  ")
            yield f'- <a id="{part.anchor}"></a><code>{signature}</code>' + (
                f"<br>\n  {docs}" if docs else ""
            )
        if entry.parts:
            yield ""
        for each in entry.entries:
            yield from self._entry(each, f"{level}#" if len(level) < 6 else level)


def _heading(start: str, of: WorldSection | Section) -> Iterator[str]:
    yield _anchor(of.anchor)
    yield ""
    yield f"{start} {_text(of.name)}"
    yield ""
    yield f"<code>{_entities(of.full_name)}</code>"
    yield ""
    yield from _gates(of.stability)
    yield from _docs(of.docs)


def _anchor(anchor: str) -> str:
    return f'<a id="{anchor}"></a>'


def _gates(stability: Stability) -> Iterator[str]:
    words = [f"*{_text(text)}*" for _, text in gate_words(stability)]
    if words:
        yield " · ".join(words)
        yield ""


def _docs(docs: str) -> Iterator[str]:
    text = prose(docs)
    if text:
        yield text
        yield ""


def _entities(text: str) -> str:
    """A name inside an element, where Markdown has a meaning all the same."""
    shown = escape(visible(text))
    return "".join(f"&#{ord(each)};" if each in "\\`*_[]!\n" else each for each in shown)


def _text(text: str) -> str:
    """A name as text of Markdown, in which nothing has a meaning."""
    shown = visible(text).replace("\n", " ")
    return "".join(f"\\{each}" if each in "\\`*_[]<>#|!&" else each for each in shown)
