"""What is wrong where TOML is malformed: the parser's words made ours, with what to do about it."""

from __future__ import annotations

import re

from wcompose.report import Finding, Place

_REPEATED = re.compile(r"Cannot (?:overwrite|declare|redefine|mutate|add)|Duplicate")
_HEADER = re.compile(r"\s*\[\[?\s*(?P<name>[^\]]*?)\s*\]")
_KEY = re.compile(
    r"""\s*(?P<key>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_HINTS = (
    (
        "Invalid value",
        'text needs quotes: `"…"`; numbers, `true`, `false`, arrays and tables do not',
    ),
    ("Invalid statement", "write `key = value`, or a table's header such as `[project]`"),
    ("Expected '=' after", "write `key = value`"),
    ("Expected ']", "close the table's header with as many `]` as it has `[`"),
    ("Expected newline", 'write one `key = value` a line; text needs quotes: `"…"`'),
    ("Unclosed array", "close it with `]`, and part its elements with commas"),
    ("Unclosed inline table", "close it with `}`, and part its entries with commas"),
    ("Unterminated string", "close the text with the quote that it begins with"),
    ("Illegal character '\\n'", "close the text with the quote that it begins with"),
    ("Illegal character", "take the character out; in a text it can be written as `\\uXXXX`"),
    ("Unescaped", r"paths are written with `/`; a backslash itself is written `\\`"),
    ("Invalid initial character", "a key is of letters, digits, `-` and `_`, or stands in quotes"),
)
_NESTED = "the file is nested too deeply to be read"


def syntax_finding(file: str, text: str, message: str, line: int, column: int) -> Finding:
    """A finding about malformed TOML.

    Args:
        file: name of the file.
        text: what it holds.
        message: the parser's words.
        line: where the parser stopped, 1-based.
        column: the same in that line.
    """
    lines = text.splitlines()
    source = lines[line - 1] if line <= len(lines) else ""
    if _REPEATED.match(message) and (found := _repeated(file, lines, line)):
        return found
    words = message[:1].lower() + message[1:]
    if words.count("'") % 2 == 0:
        words = words.replace("'", "`")
    hint = next((hint for words, hint in _HINTS if message.startswith(words)), "mend the line")
    return Finding(
        "project-syntax",
        f"malformed TOML: {words.replace('(at end of document)', '').strip()}",
        Place(file, line, column, column + 1, source=source),
        hint=hint,
    )


def nested_finding(file: str) -> Finding:
    """A finding about TOML that is nested more deeply than anybody writes."""
    return Finding(
        "project-syntax",
        _NESTED,
        Place(file),
        hint="a project file has tables in tables at most: write it anew",
    )


def _repeated(file: str, lines: list[str], line: int) -> Finding | None:
    """What is told of a key or a table that the file has twice, where that can be seen by line."""
    source = lines[line - 1] if line <= len(lines) else ""
    is_table = _HEADER.match(source)
    found = is_table or _KEY.match(source)
    if found is None:
        return None
    name, start = found.group(found.lastgroup or 0), found.start(found.lastgroup or 0)
    what = f"table `[{name}]`" if is_table else f"key `{name}`"
    hint = "join the two tables" if is_table else "keep one of the two"
    related = []
    for number in range(line - 1, 0, -1):
        earlier = lines[number - 1]
        other = (_HEADER if is_table else _KEY).match(earlier)
        if other and other.group(other.lastgroup or 0) == name:
            begin = other.start(other.lastgroup or 0)
            place = Place(file, number, begin + 1, begin + 1 + len(name), source=earlier)
            related.append(("it is defined here first", place))
            break
        if not is_table and _HEADER.match(earlier):
            break
    return Finding(
        "project-syntax",
        f"malformed TOML: the {what} is defined twice"
        if related
        else f"malformed TOML: the {what} is defined in another way before",
        Place(file, line, start + 1, start + 1 + len(name), source=source),
        hint=hint,
        related=tuple(related),
    )
