"""The schema's complaints in words of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from wcompose.project.schema import ProjectFile, Table
from wcompose.suggest import did_you_mean

KeyPath = tuple[str, ...]

_TYPE_WORDS = {
    "string_type": "a string",
    "int_type": "an integer",
    "bool_type": "true or false",
    "list_type": "an array",
    "dict_type": "a table",
    "date_type": "a date such as 2027-01-01, without quotes",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
_VALUE_WORDS = {
    bool: "true or false",
    datetime: "a date with a time",
    date: "a date",
    int: "an integer",
    float: "a float",
    str: "a string",
    list: "an array",
    dict: "a table",
}


@dataclass(frozen=True)
class SchemaProblem:
    """One complaint.

    Attributes:
        rule: rule of the finding.
        path: the key that it is about.
        message: what is wrong.
        is_of_value: whether the value is at fault, not the key.
        hint: what to do.
    """

    rule: str
    path: KeyPath
    message: str
    is_of_value: bool = False
    hint: str = ""


def schema_problem(data: dict[str, Any], detail: Mapping[str, Any]) -> SchemaProblem:
    """Turn one complaint of the schema into words of ours.

    Args:
        data: the file's content.
        detail: an entry of pydantic's ``ValidationError.errors()``.
    """
    steps = [str(step) for step in detail["loc"]]
    kind = str(detail["type"])
    if steps and steps[-1] == "[key]":
        path = tuple(steps[:-1])
        if path[0] == "check":
            return SchemaProblem(
                "bad-name", path, f"`{path[-1]}` is no rule", hint="`wcompose rules` lists them"
            )
        return SchemaProblem(
            "bad-name",
            path,
            f"`{path[-1]}` is not a component name",
            hint="use lower-case words joined by hyphens, such as `image-store`",
        )
    path = tuple(steps)
    key, parent = (path[-1] if path else ""), path[:-1]
    if kind == "extra_forbidden":
        known = _known_keys(parent)
        return SchemaProblem(
            "unknown-key",
            path,
            f"unknown key `{key}` in {_table_name(parent)}",
            hint=did_you_mean(key, known)
            or "known here: " + ", ".join(f"`{name}`" for name in known),
        )
    if kind == "missing":
        return SchemaProblem(
            "missing-key",
            parent,
            f"{_table_name(parent)} lacks `{key}`",
            hint=_missing_hint(parent, key),
        )
    if kind in _TYPE_WORDS:
        actual = _VALUE_WORDS.get(type(_value_at(data, path)), "something else")
        return SchemaProblem(
            "wrong-type", path, f"`{'.'.join(path)}` must be {_TYPE_WORDS[kind]}, not {actual}",
            is_of_value=True,
        )  # fmt: skip
    if kind == "string_pattern_mismatch":
        return SchemaProblem(
            "bad-value",
            path,
            f"`{_value_at(data, path)}` cannot be `{'.'.join(path)}`",
            is_of_value=True,
            hint=_pattern_hint(path),
        )
    message = str(detail["msg"])
    return SchemaProblem(
        "bad-value",
        path,
        f"`{'.'.join(path)}`: {message[:1].lower()}{message[1:]}",
        is_of_value=True,
    )


def _value_at(data: Any, path: KeyPath) -> Any:
    for step in path:
        if isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        elif isinstance(data, dict):
            data = data.get(step)
        else:
            return None
    return data


def _table_name(path: KeyPath) -> str:
    if not path:
        return "the file"
    if path[:2] == ("graph", "edges"):
        return "`[[graph.edges]]`"
    return f"`[{'.'.join(path)}]`"


def _known_keys(path: KeyPath) -> list[str]:
    """The keys that the table at ``path`` may have, read off the schema."""
    model: type[Table] = ProjectFile
    for step in path:
        field = next(
            (each for name, each in model.model_fields.items() if step in (name, each.alias)), None
        )
        # An array's index or a component's name is no field: the model is already that of the element.
        if field and (inner := _tables_in(field.annotation)):
            model = inner
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _tables_in(annotation: Any) -> type[Table] | None:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _tables_in(argument):
            return found
    return None


def _missing_hint(parent: KeyPath, key: str) -> str:
    if not parent:
        return f"add a table `[{key}]`" if key == "project" else f"add a table `[{key}.NAME]`"
    return f'add `{key} = "…"`'


def _pattern_hint(path: KeyPath) -> str:
    key = path[-1]
    if path[0] == "check":
        return "`wcompose rules` lists rules and groups"
    if key == "version":
        return "write a semantic version such as `0.1.0`"
    if key == "module":
        return "write a Python module name such as `app` or `package.module`"
    return "use lower-case words joined by hyphens, such as `image-store`"
