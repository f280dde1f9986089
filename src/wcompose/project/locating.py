"""Lines and columns for findings about a project that were made when those were not known.

Finding the lines costs the engine's start, and a build that changed nothing has no need of them. So what
is read from a project file knows its key only, and the line is looked up once there is something to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from wcompose.errors import ProjectError
from wcompose.project.load import Locator
from wcompose.project.reading import parse_toml
from wcompose.report import Finding


def locate_findings(
    findings: Iterable[Finding], file: Path, locate: Locator
) -> tuple[Finding, ...]:
    """Findings at keys of a project file, with their lines; others as they are.

    Args:
        findings: what was found, in any place.
        file: the project file.
        locate: finds lines and columns of keys.
    """
    told = tuple(findings)
    if not any(_is_without_line(finding, str(file)) for finding in told):
        return told
    try:
        text, _ = parse_toml(file)
    except ProjectError:
        return told  # it changed since it was read
    places = locate(str(file), text)
    located = []
    for finding in told:
        found = (
            places.get(tuple(finding.place.item.split(".")))
            if _is_without_line(finding, str(file))
            else None
        )
        located.append(finding if found is None else replace(finding, place=found[1]))
    return tuple(located)


def _is_without_line(finding: Finding, file: str) -> bool:
    return finding.place.file == file and not finding.place.line and bool(finding.place.item)
