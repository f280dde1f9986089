"""WIT text as tokens with every comment kept.

The grammar is that of ``wit-parser/src/ast/lex.rs``. It is read more freely here: what it refuses is
for the engine to tell, which says it better and with the place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wcompose.errors import ContractError
from wcompose.report import Place

_SPACE = re.compile(r"[ \t\r\n]+")
_NUMBERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_TOKEN = re.compile(
    rf"\d+\.\d+\.\d+(?:-{_NUMBERS})?(?:\+{_NUMBERS})?"  # a version has no spaces inside
    r"|->|%?[A-Za-z_][A-Za-z0-9_-]*|\d+"
    r'|"(?:[^"\\]|\\.)*"'
    r"|[=,:.;(){}<>*@/+-]",
    re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True)
class Comment:
    """A comment.

    Attributes:
        text: all of it, with its slashes and without white space behind it.
        breaks: line breaks between what stands before it and itself.
    """

    text: str
    breaks: int

    @property
    def is_line(self) -> bool:
        """Whether it ends with its line."""
        return self.text.startswith("//")

    @property
    def is_documentation(self) -> bool:
        """Whether it is written as documentation of the item behind it."""
        return self.text.startswith(("///", "/**"))


@dataclass(frozen=True)
class Token:
    """A token.

    Attributes:
        text: as it is written; empty for the end of the text.
        comments: those between the token before it and itself.
        breaks: line breaks between what stands before it, a comment or a token, and itself.
    """

    text: str
    comments: tuple[Comment, ...] = ()
    breaks: int = 0

    @property
    def is_word(self) -> bool:
        """Whether it is a name, a word of WIT, a number, a version or a string."""
        first = self.text[:1]
        return first.isalnum() or first in {"_", "%", '"'}


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text, that of its end last.

    Takes time in proportion to the text, about a second a megabyte.

    Raises:
        ContractError: something is no token of WIT, or a comment does not end.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found: list[Token] = []
    comments: list[Comment] = []
    at, breaks = 0, 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            breaks += text.count("\n", at, space.end())
            at = space.end()
        elif text.startswith("//", at):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            comments.append(Comment(text[at:end].rstrip(), breaks))
            at, breaks = end, 0
        elif text.startswith("/*", at):
            end = _end_of_comment(text, at)
            comments.append(Comment(text[at:end], breaks))
            at, breaks = end, 0
        elif token := _TOKEN.match(text, at):
            found.append(Token(token[0], tuple(comments), breaks))
            comments.clear()
            at, breaks = token.end(), 0
        else:
            raise unexpected(text, at, f"unexpected character {text[at]!a}")
    found.append(Token("", tuple(comments), breaks))
    return found


def unexpected(text: str, at: int, message: str) -> ContractError:
    """An error at an offset of a text."""
    line = text.count("\n", 0, at) + 1
    start = text.rfind("\n", 0, at) + 1
    source = text[start:].partition("\n")[0]
    place = Place("", line, at - start + 1, at - start + 2, source=source)
    return ContractError.of("wit-syntax", message, place=place)


def _end_of_comment(text: str, start: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise unexpected(text, start, "the comment does not end")
