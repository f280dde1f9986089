"""The schema's complaints in words of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from wcompose.project.grant_tables import KIND_MARK, Table
from wcompose.project.schema import ProjectFile
from wcompose.suggest import did_you_mean, nearest

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
_BOUND_WORDS = {"greater_than_equal": "at least", "less_than_equal": "at most"}
_ENTRY_HINTS = {
    "filesystem": 'write `{ host = "data", guest = "/data" }`',
    "tcp": 'write `{ connect = "HOST", ports = [443] }`',
    "udp": 'write `{ send = "HOST", ports = [53] }`',
}
_VALUE_WORDS = {
    bool: "a boolean",
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
        missing: the key that is missing in the table at ``path``; empty when none is.
    """

    rule: str
    path: KeyPath
    message: str
    is_of_value: bool = False
    hint: str = ""
    missing: str = ""

    @property
    def fault(self) -> KeyPath:
        """The path of what is at fault: of a key that is missing, where it would be."""
        return (*self.path, self.missing) if self.missing else self.path


def schema_problems(
    data: dict[str, Any], details: Iterable[Mapping[str, Any]]
) -> Iterator[SchemaProblem]:
    """Turn all complaints of the schema into words of ours.

    A key that is missing because it is misspelt is told once, where it is misspelt.

    Args:
        data: the file's content.
        details: pydantic's ``ValidationError.errors()``.
    """
    found = [schema_problem(data, detail) for detail in details]
    meant = {
        (*each.path[:-1], near)
        for each in found
        if each.rule == "unknown-key"
        for near in nearest(each.path[-1], _known_keys(each.path[:-1]), count=1)
    }
    for problem in found:
        if not problem.missing or problem.fault not in meant:
            yield problem


def schema_problem(data: dict[str, Any], detail: Mapping[str, Any]) -> SchemaProblem:
    """Turn one complaint of the schema into words of ours.

    Args:
        data: the file's content.
        detail: an entry of pydantic's ``ValidationError.errors()``.
    """
    steps = [str(step) for step in detail["loc"] if not str(step).startswith(KIND_MARK)]
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
            f"`{path[-1]}` is not a {'profile' if path[0] == 'profiles' else 'component'} name",
            hint=_label_hint(path[-1]),
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
            missing=key,
        )
    if kind in _TYPE_WORDS or kind == "union_tag_invalid":
        wanted = _TYPE_WORDS.get(kind) or _either(str(detail["ctx"]["expected_tags"]))
        value = _value_at(data, path)
        actual = _VALUE_WORDS.get(type(value), "something else")
        return SchemaProblem(
            "wrong-type", path, f"`{'.'.join(path)}` must be {wanted}, not {actual}",
            is_of_value=True,
            hint=_type_hint(path, kind, value),
        )  # fmt: skip
    if kind in _BOUND_WORDS:
        bound = next(iter(detail["ctx"].values()))
        return SchemaProblem(
            "bad-value", path, f"`{'.'.join(path)}` must be {_BOUND_WORDS[kind]} {bound}",
            is_of_value=True,
        )  # fmt: skip
    if kind == "literal_error" and _is_of_grants(path):
        value, words = str(_value_at(data, path)), _quoted(str(detail["ctx"]["expected"]))
        return SchemaProblem(
            "bad-value", path, f"`{value}` cannot be `{'.'.join(path)}`", is_of_value=True,
            hint=did_you_mean(value, words)
            or "it can be " + ", ".join(f"`{each}`" for each in words),
        )  # fmt: skip
    if kind == "string_pattern_mismatch":
        return SchemaProblem(
            "bad-value",
            path,
            f"`{_value_at(data, path)}` cannot be `{'.'.join(path)}`",
            is_of_value=True,
            hint=_pattern_hint(path, str(_value_at(data, path))),
        )
    if kind in _SIZE_KINDS:
        return _size_problem(path, kind, detail["ctx"])
    message = str(detail["msg"])
    return SchemaProblem(
        "bad-value",
        path,
        f"`{'.'.join(path)}`: {message[:1].lower()}{message[1:]}",
        is_of_value=True,
    )


def _quoted(text: str) -> list[str]:
    """The words that stand in single quotes in a text of pydantic's."""
    return re.findall(r"'([^']*)'", text)


def _either(tags: str) -> str:
    """``a string or a table``, from the kinds of value that a key can have."""
    *firsts, last = (each.removeprefix(KIND_MARK) for each in _quoted(tags))
    return f"{', '.join(firsts)} or {last}" if firsts else last


def _is_of_grants(path: KeyPath) -> bool:
    return path[0] == "profiles" or (path[0] == "components" and path[2:3] == ("grants",))


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
    if _is_of_grants(path) and len(path) > (2 if path[0] == "profiles" else 3):
        return f"`{'.'.join(path)}`"
    return f"`[{'.'.join(path)}]`"


def _known_keys(path: KeyPath) -> list[str]:
    """The keys that the table at ``path`` may have, read off the schema."""
    model = _table_at(ProjectFile, path) or ProjectFile
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _table_at(annotation: Any, path: KeyPath) -> type[Table] | None:
    """The table that stands at a path below what is annotated so."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        if not path:
            return annotation
        for name, field in annotation.model_fields.items():
            if path[0] in (field.alias or name, name):
                return _table_at(field.annotation, path[1:])
        return None
    inner: tuple[Any, ...] = getattr(annotation, "__args__", ())
    if getattr(annotation, "__origin__", None) in (dict, list):
        return _table_at(inner[-1], path[1:]) if path else None
    return next((found for each in inner if (found := _table_at(each, path))), None)


def _missing_hint(parent: KeyPath, key: str) -> str:
    if not parent:
        return (
            'add a table `[project]` with `name = "…"`'
            if key == "project"
            else f'add a table `[{key}.NAME]` with `path = "….wasm"` for each component'
        )
    return "add `ports = [443]`" if key == "ports" else f'add `{key} = "…"`'


def _type_hint(path: KeyPath, kind: str, value: Any) -> str:
    """How to write a value of the wanted type."""
    key = path[-1]
    if key.isdigit() and _is_of_grants(path) and path[-2] in _ENTRY_HINTS:
        return _ENTRY_HINTS[path[-2]]
    if kind == "string_type" and isinstance(value, bool | int | float | date):
        return "put it in quotes"
    if kind == "bool_type" and isinstance(value, str) and value.lower() in {"true", "false"}:
        return f"write `{key} = {value.lower()}`, without quotes"
    if kind == "list_type" and isinstance(value, str):
        return f'write `{key} = ["{value}"]`'
    if kind == "list_type" and isinstance(value, dict) and not _is_of_grants(path):
        return f"write `[[{'.'.join(path)}]]`, with two brackets, for each"
    if kind in {"dict_type", "model_type", "model_attributes_type"}:
        if path == ("components",):
            return "write a table `[components.NAME]` for each component"
        if path[0] == "components" and len(path) == 2 and isinstance(value, str):
            return f'write `{key} = {{ path = "{value}" }}`'
        if len(path) == 1:
            return f"write `[{key}]` on a line of its own, and its keys below"
    return ""


_SIZE_KINDS = {"string_too_short", "string_too_long", "too_short", "too_long"}


def _size_problem(path: KeyPath, kind: str, bounds: Mapping[str, Any]) -> SchemaProblem:
    dotted = ".".join(path)
    if kind.endswith("short"):
        is_optional = path[-1] not in {"name", "rule", "item", "reason", "import"}
        return SchemaProblem(
            "bad-value", path, f"`{dotted}` is empty", is_of_value=True,
            hint="add a table `[components.NAME]` for each component" if path == ("components",)
            else "give it a value, or leave the key out" if is_optional else "give it a value",
        )  # fmt: skip
    what = "characters" if kind.startswith("string") else "entries"
    actual = f", and has {bounds['actual_length']}" if bounds.get("actual_length") else ""
    return SchemaProblem(
        "bad-value",
        path,
        f"`{dotted}` can have {bounds['max_length']:,} {what} at most{actual}",
        is_of_value=True,
        hint="shorten it",
    )


def _label_hint(text: str) -> str:
    """A name that is spelt as names are, made of the one that is not."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    label = "-".join(re.findall(r"[a-z0-9]+", spaced.lower()))
    if label[:1].isalpha() and text.isascii():
        return f"use lower-case words joined by hyphens: `{label}`"
    return "use lower-case words joined by hyphens, such as `image-store`"


def _version_hint(text: str) -> str:
    parts = re.fullmatch(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?", text.strip())
    if parts is None:
        return "write a semantic version such as `0.1.0`"
    return f"write a semantic version: `{'.'.join(str(int(each or 0)) for each in parts.groups())}`"


def _pattern_hint(path: KeyPath, value: str) -> str:
    key = path[-1]
    if path[0] == "check":
        return "`wcompose rules` lists rules and groups"
    if key == "version":
        return _version_hint(value)
    if key == "module":
        stem = value.removesuffix(".py").replace("/", ".")
        return (
            f"write the module's name: `{stem}`"
            if stem != value and all(part.isidentifier() for part in stem.split("."))
            else "write a Python module name such as `app` or `package.module`"
        )
    return _label_hint(value)
