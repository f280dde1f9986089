"""Values from JSON texts: exact, without what JSON has not, and with the place of what is wrong."""

from __future__ import annotations

import re
from typing import Any, NoReturn

_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN|-?\d[\d.eE+-]*)')


class _Told(ValueError):
    """What is wrong, in our words.

    Args:
        message: the words.
        hint: what to write.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def from_json(text: str, where: str, *, is_argument: bool) -> Any:
    """A JSON value from a text.

    Integers are exact, whatever their size. A name that stands twice in an object, and a number that is
    too large for a float, are errors: one of two values, or infinity, would be a guess.

    Args:
        text: the text.
        where: what it is called: ``argument 1``, or its file.
        is_argument: whether it was typed, and not read from a file.

    Raises:
        ValueFault: it is not JSON; with its place.
    """
    import json

    from wcompose.errors import ValueFault
    from wcompose.report import Place

    try:
        return json.loads(
            text, parse_constant=_no_constant, parse_float=_float, object_pairs_hook=_members
        )
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        hint = getattr(error, "hint", "")
        if isinstance(error, RecursionError):
            message = "its values nest too deeply"
        elif isinstance(error, _Told):
            message = str(error)
            line, column = _place_of_constant(text, message)
        else:
            message = getattr(error, "msg", str(error))
            hint = _hint(text, getattr(error, "pos", 0)) if is_argument else ""
        # JSON's own lines: `str.splitlines` would break them at more characters.
        lines = text.split("\n")
        subject = where if is_argument else f"`{where}`"
        raise ValueFault.of(
            "argument-json",
            f"{subject} is not JSON: {message[:1].lower()}{message[1:]}",
            place=Place(
                where,
                line,
                column,
                column + 1,
                source=lines[line - 1] if 0 < line <= len(lines) else "",
            ),
            hint=hint,
        ) from None


def _hint(text: str, place: int) -> str:
    """What may be meant by a text that stops being JSON at a place."""
    if not text.strip():
        return "write a value; an empty text is `'\"\"'`"
    rest = text[place:]
    if rest.startswith("'"):
        return "JSON has double quotes only: write '\"text\"'"
    if re.match(r"[A-Za-z_]", rest):
        word = re.match(r"\w+", rest)
        known = {"True": "true", "False": "false", "None": "null", "none": "null"}
        if word is not None and word.group() in known:
            return f"JSON writes `{known[word.group()]}`"
        return "texts need double quotes, and the shell eats one pair: write '\"text\"'"
    return ""


def _place_of_constant(text: str, message: str) -> tuple[int, int]:
    """Line and column of the number that a message is about; zeros where it is about no number."""
    for match in _CONSTANT.finditer(text):
        if match[1] and f"`{match[1]}`" in message:
            start = match.start(1)
            return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    return 0, 0


def _no_constant(name: str) -> NoReturn:
    word = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}[name]
    raise _Told(f"`{name}` is no number of JSON", f'write it as a text: "{word}"')


def _float(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise _Told(f"`{text}` is too large for a float", 'infinity is written "inf"')
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        name = next(each for each in names if names.count(each) > 1)
        raise _Told(f"`{name}` stands twice in one object", "keep one of the two")
    return found
