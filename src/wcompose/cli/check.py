"""``wcompose check``."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wcompose.cli.session import Session
from wcompose.cli.text_output import save_or_print

if TYPE_CHECKING:
    from wcompose.check.model import Checked

FINDINGS = 100
"""Exit code where something was found at error level."""


class CheckFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    GITLAB = "gitlab"
    SARIF = "sarif"
    MARKDOWN = "markdown"


class SideOption(StrEnum):
    """Whose breaks count."""

    IMPORT = "import"
    EXPORT = "export"
    BOTH = "both"


class LevelOption(StrEnum):
    """The least that a finding must weigh to be shown."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


def check(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Projects, directories or files of WIT, package binaries, components; the project or "
            "the `wit` that is here unless told.",
            show_default=False,
        ),
    ] = None,
    *,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="BASELINE",
            help="Find what breaks since then: a path, a git revision (`main`, `v1.2:wit`), or `lock`.",
        ),
    ] = None,
    side: Annotated[
        SideOption, typer.Option("--side", help="Whose breaks count.")
    ] = SideOption.BOTH,
    format_: Annotated[
        CheckFormat, typer.Option("--format", "-f", help="How findings are written.")
    ] = CheckFormat.TEXT,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there, not to standard output."),
    ] = None,
    level: Annotated[
        LevelOption, typer.Option("--level", help="Leave out what weighs less.")
    ] = LevelOption.NOTE,
) -> None:
    """Hold contracts to the rules: does all parse, fit and link, and does nothing break.

    Exit codes: 0 nothing at error level; 100 findings at error level; 1 could not check; 2 wrong usage.
    """
    from datetime import UTC, datetime

    from wcompose.check.model import Side
    from wcompose.check.outputs import render
    from wcompose.check.run import Conditions, run_checks
    from wcompose.check.settings import LEVELS

    session: Session = context.obj
    conditions = Conditions(
        today=datetime.now(UTC).date(),
        cache=session.cache_directory / "components",
        against=against,
        side=Side(side.value),
    )
    run = run_checks(paths or [], conditions, session.engine)
    checked = run.checked
    least = LEVELS[level.value]
    shown = replace(
        checked, judgements=tuple(each for each in checked.judgements if each.level >= least)
    )
    if format_ is CheckFormat.TEXT and output is None and session.output.is_terminal:
        show(session, shown)
    else:
        text = render(shown, format_.value, rules=run.rules, base=Path.cwd())
        save_or_print(session, text, output)
    end(checked)


def show(session: Session, checked: Checked) -> None:
    """Show findings in a terminal: in colour, and as wide as it is."""
    from wcompose.check.outputs.text import to_finding
    from wcompose.check.outputs.wording import summary
    from wcompose.cli.render import print_findings

    print_findings(session.output, map(to_finding, checked.judgements))
    if checked.judgements:
        session.output.print()
    session.output.print(summary(checked))


def end(checked: Checked) -> None:
    """End with the code that says whether something was found at error level."""
    if checked.has_errors:
        raise typer.Exit(FINDINGS)
