"""The ``[check]`` table: in ``wcompose.toml``, or as a file of its own beside WIT without a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from wcompose.errors import ProjectError
from wcompose.project.model import CheckDeclaration, IgnoreDeclaration
from wcompose.project.reading import parse_toml
from wcompose.project.schema import CheckTable
from wcompose.project.wording import schema_problem
from wcompose.report import Finding, Place, Report

if TYPE_CHECKING:
    from wcompose.project.load import Locator

CHECK_FILE = "wcompose-check.toml"


def check_declaration(table: CheckTable) -> CheckDeclaration:
    """What a ``[check]`` table says."""
    return CheckDeclaration(
        use=None if table.use is None else tuple(table.use),
        without=tuple(table.without),
        levels=dict(table.level),
        ignores=tuple(
            IgnoreDeclaration(each.rule, each.item, each.reason, each.until)
            for each in table.ignore
        ),
    )


def load_check_file(file: Path, locate: Locator) -> CheckDeclaration:
    """Read a ``wcompose-check.toml``: the keys of ``[check]`` without its header.

    Args:
        file: the file.
        locate: finds lines and columns of keys; only called when there is something to report.

    Raises:
        ProjectError: with every problem of the file.
    """
    text, data = parse_toml(file)
    try:
        return check_declaration(CheckTable.model_validate(data))
    except ValidationError as error:
        places = locate(str(file), text)
        findings = []
        for detail in error.errors(include_url=False, include_context=True):
            problem = schema_problem({"check": data}, {**detail, "loc": ("check", *detail["loc"])})
            path = problem.path[1:]
            found = next(
                (places[path[:size]] for size in range(len(path), 0, -1) if path[:size] in places),
                None,
            )
            place = Place(str(file)) if found is None else found[1 if problem.is_of_value else 0]
            findings.append(Finding(problem.rule, problem.message, place, hint=problem.hint))
        raise ProjectError(Report.of(findings).findings) from None
