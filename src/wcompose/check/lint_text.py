"""What only the text of WIT shows: how it is spelt, and what the resolved contract leaves out."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from wcompose.contract.types import Stability
from wcompose.report import Place

_SPECIAL = re.compile(r'//|/\*|"')
_BLOCK = re.compile(r"/\*|\*/")
_NEWLINE = re.compile(r"\n")
_NOT_NEWLINE = re.compile(r"[^\n]")
_DELIMITER = re.compile(r"[{};]")
_ESCAPED = re.compile(r"%([A-Za-z][A-Za-z0-9-]*)")
# No blank may be matched in two ways, or a long row of gates would take for ever.
_GATES = r"(?P<gates>(?:\s*@[a-z-]+(?:\s*\([^)]*\))?)*)"
_HEAD = re.compile(
    rf"{_GATES}\s*(?P<keyword>package|interface|world|use|import|export|include)\s+"
    r"(?P<name>[^\s{};]+)(?:\s+as\s+%?(?P<alias>[\w-]+))?(?P<rest>.*)",
    re.DOTALL,
)
_SINCE = re.compile(r"@since\s*\(\s*version\s*=\s*([^)\s]+)\s*\)")
_UNSTABLE = re.compile(r"@unstable\s*\(\s*feature\s*=\s*%?([^)\s]+)\s*\)")
_DEPRECATED = re.compile(r"@deprecated\s*\(\s*version\s*=\s*([^)\s]+)\s*\)")


@dataclass(frozen=True)
class Mention:
    """A statement that names an interface or a world: ``use``, ``import``, ``export``, ``include``.

    Attributes:
        keyword: its first word.
        name: what it names, as it is written: ``types``, ``wasi:io/poll@0.2.6``.
        alias: the name that a ``use`` outside of items gives it; empty when it keeps its own.
        scope: the interface or world that the statement stands in; empty outside.
        gate: the gate in front of the statement.
        place: where the name stands.
    """

    keyword: str
    name: str
    alias: str
    scope: str
    gate: Stability
    place: Place

    @property
    def package(self) -> str:
        """``namespace:package`` of a name that says it; empty otherwise."""
        return self.name.partition("/")[0] if "/" in self.name else ""

    @property
    def plain(self) -> str:
        """The name without package and version."""
        return self.name.partition("@")[0].rpartition("/")[2]

    @property
    def has_version(self) -> bool:
        """Whether the name says a version."""
        return "@" in self.name


@dataclass(frozen=True)
class Outline:
    """How one file is laid out.

    Attributes:
        file: its name, as places have it.
        package: the package that it says to be of, with the version; empty when it does not.
        package_place: where it says so.
        items: its interfaces and worlds: keyword, name and place.
        nested: packages that are written within it: name and place.
        mentions: its statements that name interfaces and worlds; those of nested packages left out.
        escapes: names behind ``%``, each with its place.
    """

    file: str
    package: str
    package_place: Place
    items: tuple[tuple[str, str, Place], ...]
    nested: tuple[tuple[str, Place], ...]
    mentions: tuple[Mention, ...]
    escapes: tuple[tuple[str, Place], ...]


def outline(file: str, text: str) -> Outline:
    """See how a file is laid out; text that is no WIT gives some outline, too."""
    return _Outliner(file, text).read()


class _Outliner:
    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._lines = [line.rstrip("\r") for line in text.split("\n")]
        self._code = without_comments(text)
        self._starts = [0, *(each.end() for each in _NEWLINE.finditer(text))]
        self._package = ("", Place(file))
        self._items: list[tuple[str, str, Place]] = []
        self._nested: list[tuple[str, Place]] = []
        self._mentions: list[Mention] = []
        self._blocks: list[tuple[str, str]] = []
        """Keyword and name of each block that is open."""

    def read(self) -> Outline:
        start = 0
        for delimiter in _DELIMITER.finditer(self._code):
            if delimiter[0] == "}":
                if self._blocks:
                    self._blocks.pop()
            else:
                self._read_head(start, delimiter.start(), is_block=delimiter[0] == "{")
            start = delimiter.end()
        escapes = tuple(
            (each[1], self._place(*each.span())) for each in _ESCAPED.finditer(self._code)
        )
        return Outline(
            self._file,
            *self._package,
            tuple(self._items),
            tuple(self._nested),
            tuple(self._mentions),
            escapes,
        )

    def _read_head(self, start: int, end: int, *, is_block: bool) -> None:
        """Read what stands in front of a ``{`` or a ``;``."""
        match = _HEAD.match(self._code, start, end)
        opened = ("", "")
        if match is not None and not any(word == "package" for word, _ in self._blocks):
            keyword, name = match["keyword"], match["name"].replace("%", "").rstrip(".")
            first = match.start("name")
            place = self._place(first, first + len(match["name"].rstrip(".")))
            if keyword == "package":
                if is_block:
                    self._nested.append((name, place))
                else:
                    self._package = (name, place)
            elif keyword in {"interface", "world"}:
                self._items.append((keyword, name, place))
            elif not name.endswith(":") and not match["rest"].lstrip().startswith(":"):
                scope = next((name for word, name in self._blocks if word), "")
                alias = match["alias"] or ""
                gate = _gate(match["gates"])
                self._mentions.append(Mention(keyword, name, alias, scope, gate, place))
            if keyword in {"package", "interface", "world"}:
                opened = (keyword, name)
        if is_block:
            self._blocks.append(opened)

    def _place(self, start: int, end: int) -> Place:
        line = bisect_right(self._starts, start)
        column = start - self._starts[line - 1] + 1
        return Place(self._file, line, column, column + end - start, source=self._lines[line - 1])


def without_comments(text: str) -> str:
    """The text with spaces for comments and quoted text, so that positions stay."""
    parts: list[str] = []
    position = 0
    while match := _SPECIAL.search(text, position):
        end = _end_of(text, match.start(), match[0])
        parts += [
            text[position : match.start()],
            _NOT_NEWLINE.sub(" ", text[match.start() : end]),
        ]
        position = end
    return "".join([*parts, text[position:]])


def _end_of(text: str, start: int, opening: str) -> int:
    """Where the comment or the quoted text ends that begins at a position."""
    if opening != "/*":
        line = text.find("\n", start)
        line = len(text) if line < 0 else line
        closing = text.find('"', start + 1, line) if opening == '"' else -1
        return line if closing < 0 else closing + 1
    depth = 0
    for match in _BLOCK.finditer(text, start):
        # Block comments nest (WIT.md, "Comments").
        depth += 1 if match[0] == "/*" else -1
        if not depth:
            return match.end()
    return len(text)


def _gate(gates: str) -> Stability:
    found = (each.search(gates) for each in (_SINCE, _UNSTABLE, _DEPRECATED))
    return Stability(*("" if match is None else match[1] for match in found))
