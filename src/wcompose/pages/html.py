"""A contract as one HTML file, from a disk and without a network.

A content security policy allows exactly the one script and the one stylesheet in the file, by their
digests, and nothing from outside. Everything can be read where scripts are off; the script only
searches and changes the colours.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from wcompose.contract.types import Stability, TypeDef
from wcompose.pages.outline import Entry, Package, Page, Port, Section, WorldSection
from wcompose.pages.prose import attribute, visible
from wcompose.pages.prose import to_html as prose
from wcompose.pages.signature import Span

_PLACE = re.compile(r"\{\{([a-z-]+)\}\}")


def to_html(page: Page) -> str:
    """A page as HTML: the same bytes for the same page."""
    style, script = _file("page.css"), _file("page.js")
    parts = {
        "title": escape(visible(page.title)),
        "style": style,
        "style-hash": _digest(style),
        "script": script,
        "script-hash": _digest(script),
        "contents": "\n".join(_contents(page)),
        "body": "\n".join(_Writer(page).body()),
    }
    template = _file("page.html")
    return _PLACE.sub(lambda match: parts[match[1]], template)


def signature_html(spans: Iterable[Span], page: Page, *, is_plain: bool = False) -> str:
    """Pieces of WIT with links from types to their definitions.

    Args:
        spans: the pieces.
        page: where definitions have their places.
        is_plain: leave out what only colours, as Markdown has no use for it.
    """
    parts: list[str] = []
    for span in spans:
        text = escape(visible(span.text))
        anchor = page.types.get(span.means) if span.means is not None else None
        if anchor is not None:
            look = "" if is_plain else ' class="t"'
            parts.append(f'<a{look} href="#{attribute(anchor)}">{text}</a>')
        elif span.look and not is_plain:
            parts.append(f'<span class="{span.look.value}">{text}</span>')
        else:
            parts.append(text)
    return "".join(parts)


def gate_words(stability: Stability) -> list[tuple[str, str]]:
    """What the gate of an item says: a word for its look, and the text."""
    words = []
    if stability.since:
        words.append(("since", f"since {stability.since}"))
    if stability.feature:
        words.append(("unstable", f"unstable: {stability.feature}"))
    if stability.deprecated:
        words.append(("deprecated", f"deprecated since {stability.deprecated}"))
    return words


def _file(name: str) -> str:
    return (files("wcompose.pages") / "page" / name).read_text("utf-8")


def _digest(text: str) -> str:
    """The source expression of an inline element (Content Security Policy Level 3, 2.3.1)."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _contents(page: Page) -> Iterator[str]:
    for index, package in enumerate(page.packages):
        is_open = " open" if index == 0 or len(page.packages) < 4 else ""
        name = escape(visible(package.name or page.title))
        yield f'<details{is_open}><summary><a href="#{package.anchor}">{name}</a></summary><ul>'
        for world in package.worlds:
            yield _contents_line("world", world.name, world.anchor)
        for section in package.interfaces:
            yield _contents_line("interface", section.name, section.anchor)
            yield "<ul>"
            for entry in (*section.types, *section.functions):
                yield _contents_line(entry.word, entry.name, entry.anchor)
            yield "</ul>"
        yield "</ul></details>"


def _contents_line(word: str, name: str, anchor: str) -> str:
    sign = {"interface": "I", "world": "W", "function": "f"}.get(word, "T")
    return (
        f'<li><a href="#{anchor}" title="{attribute(word)}">'
        f'<i class="sign {sign}">{sign}</i>{escape(visible(name))}</a></li>'
    )


class _Writer:
    def __init__(self, page: Page) -> None:
        self._page = page

    def body(self) -> Iterator[str]:
        for package in self._page.packages:
            yield from self._package(package)

    def _package(self, package: Package) -> Iterator[str]:
        kind = "package" if package.name else "component"
        if not package.is_main:
            kind = "package it uses"
        yield f'<section class="package" id="{package.anchor}">'
        yield f'<header><p class="kind">{kind}</p>'
        stem, at, version = visible(package.name or self._page.title).partition("@")
        mark = f' <span class="version">{escape(version)}</span>' if at else ""
        yield f"<h1>{escape(stem)}{mark}</h1>{self._docs(package.docs)}</header>"
        for world in package.worlds:
            yield from self._world(world)
        for section in package.interfaces:
            yield from self._section(section)
        yield "</section>"

    def _docs(self, docs: str) -> str:
        html = prose(docs)
        return f'<div class="docs">{html}</div>' if html else ""

    def _heading(self, level: str, kind: str, of: WorldSection | Section) -> Iterator[str]:
        link = f'<a class="here" href="#{of.anchor}" aria-label="link to this">#</a>'
        yield f'<header><p class="kind">{kind}</p>'
        yield f"<{level}>{escape(visible(of.name))} {link}</{level}>"
        yield f'<p class="full">{escape(visible(of.full_name))}</p>{_gates(of.stability)}'
        yield f"{self._docs(of.docs)}</header>"

    def _world(self, world: WorldSection) -> Iterator[str]:
        yield f'<section class="world" id="{world.anchor}" {_searched(world.full_name, world.docs)}>'
        yield from self._heading("h2", "world", world)
        for word, ports in (("imports", world.imports), ("exports", world.exports)):
            if ports:
                yield f'<div class="ports {word}"><h3>{word}</h3>'
                yield from self._ports(ports)
                yield "</div>"
        if not world.imports and not world.exports:
            yield '<p class="quiet">It imports and exports nothing.</p>'
        yield "</section>"

    def _ports(self, ports: tuple[Port, ...]) -> Iterator[str]:
        linked = [port for port in ports if port.interface is not None]
        if linked:
            yield '<ul class="links">'
            for port in linked:
                anchor = self._page.interfaces[port.interface] if port.interface else ""
                yield f'<li><a href="#{anchor}">{escape(visible(port.name))}</a></li>'
            yield "</ul>"
        for port in ports:
            if port.entry is not None:
                yield from self._entry(port.entry)
            if port.section is not None:
                yield from self._section(port.section, level="h4")

    def _section(self, section: Section, level: str = "h2") -> Iterator[str]:
        yield f'<section class="interface" id="{section.anchor}" {_searched(section.full_name)}>'
        yield from self._heading(level, "interface", section)
        if section.uses:
            used = ", ".join(self._use(name, source) for name, source in section.uses)
            yield f'<p class="uses"><span class="quiet">uses</span> {used}</p>'
        for word, entries in (("types", section.types), ("functions", section.functions)):
            if entries:
                yield f'<h3 class="group">{word}</h3>'
                for entry in entries:
                    yield from self._entry(entry, section.full_name)
        yield "</section>"

    def _use(self, name: str, source: TypeDef) -> str:
        anchor = self._page.types.get(source)
        text = escape(visible(name))
        if source.name != name:
            text = f"{escape(visible(source.name))} as {text}"
        return text if anchor is None else f'<a class="t" href="#{anchor}">{text}</a>'

    def _entry(self, entry: Entry, path: str = "") -> Iterator[str]:
        words = " ".join(
            visible("".join(each.text for each in part.signature)) for part in entry.parts
        )
        yield (
            f'<article class="entry" id="{entry.anchor}" '
            f"{_searched(f'{path} {entry.word} {entry.name} {words}', entry.docs)}>"
        )
        yield f'<a class="here" href="#{entry.anchor}" aria-label="link to this">#</a>'
        yield f"<pre>{signature_html(entry.signature, self._page)}</pre>"
        yield f"{_gates(entry.stability)}{self._docs(entry.docs)}"
        if entry.parts:
            yield '<dl class="parts">'
            for part in entry.parts:
                signature = signature_html(part.signature, self._page)
                yield f'<dt id="{part.anchor}"><code>{signature}</code></dt>'
                yield f"<dd>{prose(part.docs)}</dd>"
            yield "</dl>"
        if entry.entries:
            yield '<div class="methods">'
            for each in entry.entries:
                yield from self._entry(each, f"{path} {entry.name}")
            yield "</div>"
        yield "</article>"


def _gates(stability: Stability) -> str:
    words = gate_words(stability)
    if not words:
        return ""
    tags = "".join(
        f'<span class="tag {look}">{escape(visible(text))}</span>' for look, text in words
    )
    return f'<p class="gates">{tags}</p>'


def _searched(names: str, docs: str = "") -> str:
    return f'data-names="{attribute(names.lower())}" data-docs="{attribute(docs[:2000].lower())}"'
