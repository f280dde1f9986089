"""What a check or a comparison found, for people and for the places where CI shows things.

Every format is deterministic and has no dates. Text from contracts is hostile here: control characters,
those that turn the direction of text, and what means something in a format are all made harmless.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from wcompose.check.model import Change, Checked, Rule
from wcompose.check.outputs import changes as _changes
from wcompose.check.outputs.changes import Verdict
from wcompose.check.outputs.places import Places

__all__ = [
    "CHANGE_FORMATS",
    "FORMATS",
    "Verdict",
    "output_schema",
    "render",
    "render_changes",
]

FORMATS = ("text", "json", "junit", "github", "gitlab", "sarif", "markdown")
"""Formats of a check."""
CHANGE_FORMATS = ("text", "json", "markdown")
"""Formats of a comparison."""

_MODULES = {"json": "data"}


def render(
    checked: Checked, format_: str, *, rules: Iterable[Rule] = (), base: Path | None = None
) -> str:
    """What a check found, in one of `FORMATS`.

    Args:
        checked: what it found.
        format_: the format.
        rules: the rules that were on; a test report lists those that found nothing too.
        base: absolute path of the directory that files are told relative to.
    """
    if format_ not in FORMATS:
        raise ValueError(f"unknown format: {format_}")
    module = import_module(f"{__name__}.{_MODULES.get(format_, format_)}")
    write: Callable[[Checked, tuple[Rule, ...], Places], str] = module.render
    return write(checked, tuple(rules), Places(checked.subjects, base))


def render_changes(
    changes: Iterable[Change], format_: str, *, verdict: Verdict | None = None
) -> str:
    """What two contracts differ in, in one of `CHANGE_FORMATS`.

    Args:
        changes: the changes to show.
        format_: the format.
        verdict: what the whole comparison came to; none for what these changes come to.
    """
    if format_ not in CHANGE_FORMATS:
        raise ValueError(f"unknown format: {format_}")
    shown = tuple(changes)
    write: Callable[[tuple[Change, ...], Verdict], str] = getattr(_changes, f"as_{format_}")
    return write(shown, verdict or Verdict.of(shown))


def output_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the ``json`` format.

    Args:
        name: ``check`` or ``diff``.
    """
    text = resources.files(__name__).joinpath(f"{name}.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
