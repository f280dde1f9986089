"""Documentation of items: Markdown by whoever wrote the contract, made safe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

LONGEST = 1 << 16
"""Characters of one documentation; the longest of WASI has 5,000."""

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)[\s#]*$")
_HARMFUL = frozenset({"html_block", "html_inline", "image", "heading_open"})
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_BACKTICKS = re.compile(r"`+")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)\s*$")


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # No HTML, no pictures from anywhere, and only links that lead to pages or mail.
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    reader.enable("table")
    reader.disable("image")
    reader.validateLink = _is_safe_link  # type: ignore[method-assign]
    return reader


@cache
def _suspicious() -> MarkdownIt:
    """Reads what others may make of a text that we write."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    reader.validateLink = _is_any_link  # type: ignore[method-assign]
    return reader


def _is_any_link(url: str) -> bool:
    return bool(url)


def _is_safe_link(url: str) -> bool:
    return url.lower().startswith(("https://", "http://", "mailto:", "#"))


def to_html(docs: str) -> str:
    """Documentation as HTML that no author can break out of; empty for none.

    Headings become bold paragraphs, so that the page keeps its own order of headings.
    """
    docs = docs.strip()
    if not docs:
        return ""
    reader = _markdown()
    tokens = reader.parse(visible(docs[:LONGEST]))
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "p"
            if token.nesting == 1:
                token.attrSet("class", "heading")
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("rel", "noreferrer noopener")
    return str(reader.renderer.render(tokens, reader.options, {}))


def to_markdown(docs: str) -> str:
    """Documentation as Markdown within a page: no HTML, no headings, no block left open.

    What cannot be made so line by line, such as code that begins on one line and ends on another
    with HTML behind it, becomes text without any formatting.
    """
    shown = visible(docs.strip()[:LONGEST])
    text = _harmless(shown)
    if _is_harmless(text):
        return text
    return "\n".join(_PUNCTUATION.sub(r"\\\g<0>", line.strip()) for line in shown.splitlines())


def _is_harmless(text: str) -> bool:
    tokens = _suspicious().parse(text)
    inner = [child for token in tokens for child in token.children or ()]
    return not any(
        token.type in _HARMFUL
        or (token.type == "link_open" and not _is_safe_link(str(token.attrGet("href"))))
        for token in (*tokens, *inner)
    )


def _harmless(text: str) -> str:
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        found = _FENCE.match(line)
        if fence:
            lines.append(line)
            if found and found[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif found:
            fence = found[1]
            lines.append(line)
        elif heading := _HEADING.match(line):
            lines.append(f"**{_escaped(heading[1])}**" if heading[1] else "")
        elif _UNDERLINE.match(line):
            lines.append("")
        else:
            lines.append(_escaped(line))
    return "\n".join([*lines, fence] if fence else lines)


def visible(text: str) -> str:
    r"""Text in which what cannot be seen, or turns the direction of text, stands as ``\x..``."""
    return "".join(
        each
        if each.isprintable() or each in "\n\t"
        else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def _escaped(line: str) -> str:
    """A line of Markdown without HTML and pictures; code in it stays as it is."""
    parts: list[str] = []
    end = 0
    for start, stop in _code_spans(line):
        parts += [_plain(line[end:start]), line[start:stop]]
        end = stop
    return "".join([*parts, _plain(line[end:])])


def _code_spans(line: str) -> Iterator[tuple[int, int]]:
    """Where code begins and ends: between two runs of as many backticks (CommonMark, "Code spans")."""
    runs = [(each.start(), each.end()) for each in _BACKTICKS.finditer(line)]
    following: dict[int, int] = {}
    closing: list[int | None] = [None] * len(runs)
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index][1] - runs[index][0]
        closing[index] = following.get(length)
        following[length] = index
    index = 0
    while index < len(runs):
        end = closing[index]
        if end is not None:
            yield runs[index][0], runs[end][1]
            index = end
        index += 1


def _plain(text: str) -> str:
    text = re.sub(r"<(?!https?://[^\s<>]*>)", "&lt;", text)
    text = re.sub(r"!\[", r"!\\[", text)
    return re.sub(r"\]\(\s*(?!https?://|mailto:|#)", r"]\\(", text)


def attribute(text: str) -> str:
    """Text as the value of an attribute in double quotes."""
    return escape(visible(text), quote=True)
