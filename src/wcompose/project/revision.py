"""Grants out of the text of a project file alone: of a revision, whose components are not at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli
from pydantic import ValidationError

from wcompose.errors import ProjectError
from wcompose.project.granting import load_grants
from wcompose.project.grants import GrantsDeclaration
from wcompose.project.reading import SIZE_LIMIT
from wcompose.project.schema import ProjectFile
from wcompose.project.wording import KeyPath, schema_problem
from wcompose.report import Finding, Place, Report


def grants_in(data: bytes, label: str) -> dict[str, GrantsDeclaration]:
    """What each node of a project is granted.

    Args:
        data: content of the project file.
        label: what it is called in messages.

    Raises:
        ProjectError: with what is wrong with the file, places without lines.
    """
    try:
        if len(data) > SIZE_LIMIT:
            raise ValueError(f"it is larger than {SIZE_LIMIT:,} bytes")
        content: dict[str, Any] = tomli.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ProjectError.of(
            "project-syntax", f"`{label}` cannot be read", causes=[str(error)], place=Place(label)
        ) from None
    findings: list[Finding] = []

    def tell(
        rule: str, path: KeyPath, message: str, /, *, of_value: bool = False, hint: str = ""
    ) -> None:
        del of_value
        findings.append(Finding(rule, message, Place(label, item=".".join(path)), hint=hint))

    found: dict[str, GrantsDeclaration] = {}
    try:
        table = ProjectFile.model_validate(content)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=True):
            problem = schema_problem(content, detail)
            tell(problem.rule, problem.path, problem.message, hint=problem.hint)
    else:
        told = {name: each.grants for name, each in table.components.items() if each.grants}
        read = load_grants(table.profiles, told, root=Path(), file=label, tell=tell)
        found = {name: read.get(name, GrantsDeclaration()) for name in table.components}
    if findings:
        raise ProjectError(Report.of(findings).findings)
    return found
