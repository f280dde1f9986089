"""WIT text in one style: that of the WIT of WASI.

Tokens and comments stay in their order, since every comment in front of an item is documentation of
it (``wit-parser/src/ast/resolve.rs``, ``docs``). Only white space and commas that end a list change,
and this is checked before a text is given out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from wcompose.contract.lexing import Comment, Token, tokens_of
from wcompose.errors import ContractError, EngineFault

WIDTH = 100
"""Columns of a line; what is longer is written with one parameter or name on each line."""
DEEPEST_BLOCK = 200
"""Blocks inside blocks; ``wit-parser`` refuses more than 100 packages inside each other."""

_INDENT = "  "
_MEMBERS = frozenset({"record", "variant", "enum", "flags"})
_CLOSING = frozenset({")", "}", ">"})
_NO_SPACE_BEFORE = frozenset({",", ";", ":", ".", "/", "@", "(", ")", "<", ">"})
_NO_SPACE_BEHIND = frozenset({"(", "<", ".", "/", "@"})
_Group: TypeAlias = tuple[int, int]
"""Index of a bracket in a statement and of the one that closes it."""


def format_wit(text: str) -> str:
    """The same WIT in the one style: formatting it again changes nothing.

    Takes time in proportion to the text, a few seconds a megabyte.

    Raises:
        ContractError: it is not WIT. What is not refused here need not be WIT: ask the engine.
    """
    tokens = tokens_of(text)
    printer = _Printer()
    _Formatter(tokens, printer).format()
    formatted = printer.text()
    if _essence(tokens_of(formatted)) != _essence(tokens):
        raise EngineFault.of(
            "format-changes-meaning",
            "formatting would change more than white space",
            hint="this is a bug in wcompose: report it with the file that was formatted",
        )
    return formatted


def _essence(tokens: list[Token]) -> list[str]:
    """Everything but white space and commas that end a list."""
    essence: list[str] = []
    comma = -1
    for token in tokens:
        essence += [comment.text for comment in token.comments]
        if comma >= 0 and token.text in _CLOSING:
            del essence[comma]
        essence.append(token.text)
        comma = len(essence) - 1 if token.text == "," else -1
    return essence


class _Printer:
    """Lines on the way to a text."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._parts: list[str] = []
        self.at_start = True
        """Whether nothing was written."""
        self.is_fresh = True
        """Whether the line has nothing but its indentation."""

    def write(self, text: str) -> None:
        self._parts.append(text)
        self.at_start = self.is_fresh = False

    def line(self, depth: int, *, blank: bool = False) -> None:
        """Begin a line, with an empty one before it if wanted; nothing at the very start."""
        if not self.at_start:
            self._lines.append("".join(self._parts))
            if blank:
                self._lines.append("")
        self._parts = [_INDENT * depth]
        self.is_fresh = True

    def text(self) -> str:
        text = "\n".join([*self._lines, "".join(self._parts)]).rstrip("\n")
        return text + "\n" if text else ""


@dataclass(frozen=True)
class _Statement:
    """An item up to its semicolon, its block or the end of its list.

    Attributes:
        gates: the attributes in front of it, each as its tokens.
        head: the rest of it, with the bracket that opens its block.
        groups: lists in it that may be written with one element on each line.
        has_block: whether a block follows.
    """

    gates: tuple[list[Token], ...]
    head: list[Token]
    groups: tuple[_Group, ...]
    has_block: bool

    @property
    def first(self) -> Token:
        return self.gates[0][0] if self.gates else self.head[0]

    @property
    def word(self) -> str:
        return self.head[0].text


class _Formatter:
    """Writes tokens; reads them as it goes.

    Args:
        tokens: all of a text.
        printer: where they are written to.
    """

    def __init__(self, tokens: list[Token], printer: _Printer) -> None:
        self._tokens = tokens
        self._printer = printer
        self._at = 0

    def format(self) -> None:
        self._items(0)
        if self._peek.text:
            raise _unexpected(self._peek)

    @property
    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if not token.text:
            raise ContractError.of("wit-syntax", "the text ends in the middle of an item")
        self._at += 1
        return token

    def _items(self, depth: int) -> None:
        """Items up to the bracket that closes their block, or the end."""
        if depth > DEEPEST_BLOCK:
            raise ContractError.of("wit-syntax", "blocks nest too deep")
        before: _Statement | None = None
        while self._peek.text not in {"", "}"}:
            statement = self._statement()
            apart = before is not None and _stand_apart(before, statement, depth)
            self._begin(statement.first, depth, is_first=before is None, apart=apart)
            self._write_statement(statement, depth)
            if statement.has_block:
                self._block(statement.word, depth)
            before = statement
        self._end_of_block(self._peek, depth, is_empty=before is None)

    def _block(self, word: str, depth: int) -> None:
        if word in _MEMBERS:
            self._members(depth + 1)
        else:
            self._items(depth + 1)
        closing = self._next()
        if closing.text != "}":
            raise _unexpected(closing)
        if self._tokens[self._at - 2].text != "{" or closing.comments:
            self._printer.line(depth)
        self._printer.write("}")

    def _members(self, depth: int) -> None:
        """Fields, cases or flags, one a line, each with a comma."""
        is_first = True
        while self._peek.text not in {"", "}"}:
            member = self._until({",", "}"})
            if not member:
                raise _unexpected(self._peek)
            self._begin(member[0], depth, is_first=is_first)
            self._flat(member, depth)
            if self._peek.text == ",":
                self._inline(self._next(), depth)
            self._printer.write(",")
            is_first = False
        self._end_of_block(self._peek, depth, is_empty=is_first)

    def _until(self, ends: set[str]) -> list[Token]:
        """Tokens up to one of these that is in no bracket."""
        found: list[Token] = []
        depth = 0
        while depth or self._peek.text not in ends:
            token = self._next()
            depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(token.text, 0)
            found.append(token)
        return found

    def _statement(self) -> _Statement:
        gates: list[list[Token]] = []
        while self._peek.text == "@":
            gate = [self._next()]
            while gate[-1].text != ")":
                gate.append(self._next())
            gates.append(gate)
        head: list[Token] = []
        groups: list[_Group] = []
        while True:
            head.append(self._next())
            before = head[-2].text if len(head) > 1 else ""
            match head[-1].text:
                case ";":
                    return _Statement(tuple(gates), head, tuple(groups), has_block=False)
                case "{" if before not in {".", "with"}:
                    return _Statement(tuple(gates), head, tuple(groups), has_block=True)
                case "(" | "{" as bracket:
                    start = len(head) - 1
                    head += self._until({")"} if bracket == "(" else {"}"})
                    head.append(self._next())
                    groups.append((start, len(head) - 1))
                    if before == "with" and self._peek.text != ";":
                        return _Statement(tuple(gates), head, tuple(groups), has_block=False)
                case "}" | ")":
                    raise _unexpected(head[-1])

    def _write_statement(self, statement: _Statement, depth: int) -> None:
        """Write an item whose first line was begun."""
        for index, gate in enumerate(statement.gates):
            if index:
                self._begin(gate[0], depth, is_first=True)
            self._flat(gate, depth)
        head = statement.head
        if statement.gates:
            self._begin(head[0], depth, is_first=True)
        is_long = len(_INDENT) * depth + len(_flat_text(head)) > WIDTH
        broken = {
            start: end
            for start, end in statement.groups
            if any(each.comments for each in head[start + 1 : end + 1])
            or (is_long and end > start + 1)
        }
        if not broken:
            self._flat(head, depth)
            return
        index = 0
        while index < len(head):
            self._token(head, index, depth)
            if index in broken:
                self._group(head[index + 1 : broken[index] + 1], depth)
                index = broken[index]
            index += 1

    def _group(self, tokens: list[Token], depth: int) -> None:
        """A list with one element on each line, from behind its opening bracket."""
        *tokens, closing = tokens
        is_first = True
        for element, comma in _elements(tokens):
            self._begin(element[0], depth + 1, is_first=is_first)
            self._flat(element, depth + 1)
            if comma is not None:
                self._inline(comma, depth + 1)
            self._printer.write(",")
            is_first = False
        self._end_of_block(closing, depth + 1, is_empty=is_first)
        self._printer.line(depth)
        self._printer.write(closing.text)

    def _flat(self, tokens: list[Token], depth: int) -> None:
        """Tokens on one line, as far as comments allow; the first of them was begun."""
        kept = _without_last_commas(tokens)
        for index in range(len(kept)):
            self._token(kept, index, depth)

    def _token(self, tokens: list[Token], index: int, depth: int) -> None:
        token = tokens[index]
        if index:
            self._inline(token, depth)
            is_apart = _is_spaced(tokens, index) or (
                token.comments and token.text not in _NO_SPACE_BEFORE
            )
            if is_apart and not self._printer.is_fresh:
                self._printer.write(" ")
        self._printer.write(token.text)

    def _inline(self, token: Token, depth: int) -> None:
        """Comments in the middle of an item."""
        for comment in token.comments:
            if comment.is_line and comment.breaks and not self._printer.is_fresh:
                self._printer.line(depth + 2)
            self._printer.write(comment.text if self._printer.is_fresh else f" {comment.text}")
            if comment.is_line:
                self._printer.line(depth + 2)

    def _begin(self, token: Token, depth: int, *, is_first: bool, apart: bool = False) -> None:
        """Begin the line of a token, below the comments in front of it.

        Args:
            token: what begins here.
            depth: of its line.
            is_first: whether it is the first of its block, so that no empty line goes before it.
            apart: whether an empty line goes before it though the text has none.
        """
        comments = self._trailing(token)
        following: list[Comment | Token] = [*comments, token]
        self._printer.line(depth, blank=not is_first and (apart or following[0].breaks > 1))
        for comment, after in zip(comments, following[1:], strict=True):
            self._printer.write(comment.text)
            if not comment.is_line and not after.breaks:
                self._printer.write(" ")
                continue
            is_above = after is token and comment.is_documentation
            self._printer.line(depth, blank=after.breaks > 1 and not is_above)

    def _end_of_block(self, token: Token, depth: int, *, is_empty: bool) -> None:
        """Comments in front of what closes a block."""
        is_first = is_empty
        for comment in self._trailing(token):
            self._printer.line(depth, blank=comment.breaks > 1 and not is_first)
            self._printer.write(comment.text)
            is_first = False

    def _trailing(self, token: Token) -> tuple[Comment, ...]:
        """Write comments that belong to the line before; give those that do not."""
        if self._printer.at_start or not token.comments:
            return token.comments
        following: list[Comment | Token] = [*token.comments[1:], token]
        for index, (comment, after) in enumerate(zip(token.comments, following, strict=True)):
            if comment.breaks or not (comment.is_line or after.breaks):
                return token.comments[index:]
            self._printer.write(f" {comment.text}")
        return ()


def _stand_apart(before: _Statement, statement: _Statement, depth: int) -> bool:
    """Whether an empty line separates two items though the text has none."""
    if before.has_block or statement.has_block or before.word == "package":
        return True
    if depth == 0:
        return before.word != "use" or statement.word != "use"
    return any(each.is_documentation and each.breaks for each in statement.first.comments)


def _elements(tokens: list[Token]) -> Iterator[tuple[list[Token], Token | None]]:
    """The elements of a list, each with the comma behind it."""
    element: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(token.text, 0)
        if token.text != "," or depth:
            element.append(token)
        elif element:
            yield element, token
            element = []
        else:
            raise _unexpected(token)
    if element:
        yield element, None


def _without_last_commas(tokens: list[Token]) -> list[Token]:
    kept = [
        token
        for token, after in pairwise(tokens)
        if token.text != "," or after.text not in _CLOSING or token.comments
    ]
    return [*kept, tokens[-1]]


def _flat_text(tokens: list[Token]) -> str:
    kept = _without_last_commas(tokens)
    return "".join(
        f" {token.text}" if index and _is_spaced(kept, index) else token.text
        for index, token in enumerate(kept)
    )


def _is_spaced(tokens: list[Token], index: int) -> bool:
    """Whether a space goes before a token on its line."""
    before, text, word = tokens[index - 1].text, tokens[index].text, tokens[0].text
    if text in _NO_SPACE_BEFORE or before in _NO_SPACE_BEHIND:
        return False
    if before == "{" or text == "}":
        # `use a.{b}`, but `include a with { b as c }`
        return word == "include"
    if before == ":":
        is_path = len(tokens) > index + 1 and tokens[index + 1].text == "/"
        return word != "package" and not is_path
    return True


def _unexpected(token: Token) -> ContractError:
    return ContractError.of("wit-syntax", f"`{token.text or 'the end'}` is not expected here")
