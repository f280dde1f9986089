"""``wcompose grants``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wcompose.cli.check import CheckFormat, LevelOption, end, show
from wcompose.cli.learning import (
    LearnRequest,
    learn_grants,
    program_arguments,
    refuse_run_options,
)
from wcompose.cli.session import Session
from wcompose.cli.text_output import save_or_print

if TYPE_CHECKING:
    from wcompose.check.granted import Tools

_WIDEST = 120
"""Columns where the output is no terminal and nobody told a width."""


def grants(
    context: typer.Context,
    target: Annotated[
        Path,
        typer.Argument(
            help="Project directory or file, or any component binary.",
            show_default="the directory you are in",
        ),
    ] = Path(),
    *,
    needed: Annotated[
        bool,
        typer.Option(
            "--needed",
            help="Look at the code of each node: what of its imports can its exports reach, and how.",
        ),
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="OLD",
            help="Find what is granted that was not: a project, a composition, or a git revision.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON; same as `--format json`.")
    ] = False,
    format_: Annotated[
        CheckFormat,
        typer.Option(
            "--format", "-f", help="How it is written; all but text and json find changes."
        ),
    ] = CheckFormat.TEXT,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there, not to standard output."),
    ] = None,
    level: Annotated[
        LevelOption, typer.Option("--level", help="With --against, leave out what weighs less.")
    ] = LevelOption.NOTE,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn",
            help="Run the project with NOTHING HELD BACK, and propose the smallest grants. The "
            "program's arguments stand behind `--`.",
        ),
    ] = False,
    invoke: Annotated[
        str | None,
        typer.Option(
            "--invoke", "-i", metavar="EXPORT", help="With --learn, as for `wcompose run`."
        ),
    ] = None,
    directory: Annotated[
        list[str] | None,
        typer.Option(
            "--dir",
            metavar="[NODE:]HOST[::GUEST][:rw]",
            help="With --learn, a directory that the run may use.",
        ),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option(
            "--env", metavar="[NODE:]NAME[=VALUE]", help="With --learn, a variable to grant."
        ),
    ] = None,
) -> None:
    """Show what each node needs and is granted, what changed in it, or what a run used of it.

    Exit codes: 0 nothing at error level; 100 findings at error level; 1 could not look; 2 wrong usage.
    """
    from wcompose.check.granted import Tools, read_grants
    from wcompose.errors import UsageError

    session: Session = context.obj
    if learn:
        if needed or against is not None or json or format_ is not CheckFormat.TEXT:
            raise UsageError.of(
                "options-conflict",
                "`--learn` writes tables of a project file, and goes with no other way to look",
                hint="run it alone: `wcompose grants --learn . -- ARGS`",
            )
        request = LearnRequest(
            target, invoke, directory or (), env or (), program_arguments(context)
        )
        save_or_print(session, learn_grants(session, request), output)
        return
    refuse_run_options(invoke, directory, env)
    if json:
        format_ = CheckFormat.JSON
    tools = Tools(session.engine, session.cache_directory / "components", session.reporter)
    if against is not None:
        _compare(session, tools, against, target, format_, output, level, analyse=needed)
        return
    if format_ not in {CheckFormat.TEXT, CheckFormat.JSON}:
        raise UsageError.of(
            "options-conflict",
            f"`--format {format_.value}` is for findings, and without `--against` there are none",
            hint="name what to compare with: `--against main`",
        )
    table = read_grants(target, tools, analyse=needed)
    if format_ is CheckFormat.JSON:
        import json as json_module

        text = json_module.dumps(table.to_json(), indent=2) + "\n"
    else:
        from wcompose.grants.page import table_text

        text = table_text(table, _width(session, output))
    save_or_print(session, text, output)


def _width(session: Session, output: Path | None) -> int:
    if output is not None:
        return _WIDEST
    is_told = session.output.is_terminal or bool(os.environ.get("COLUMNS"))
    return session.output.width if is_told else _WIDEST


def _compare(
    session: Session,
    tools: Tools,
    old: str,
    target: Path,
    format_: CheckFormat,
    output: Path | None,
    level: LevelOption,
    *,
    analyse: bool,
) -> None:
    from dataclasses import replace
    from datetime import UTC, datetime

    from wcompose.check.grant_rules import GRANT_RULES
    from wcompose.check.granted import compare_with
    from wcompose.check.outputs import render
    from wcompose.check.settings import LEVELS

    checked = compare_with(old, target, tools, today=datetime.now(UTC).date(), analyse=analyse)
    least = LEVELS[level.value]
    shown = replace(
        checked, judgements=tuple(each for each in checked.judgements if each.level >= least)
    )
    if format_ is CheckFormat.TEXT and output is None and session.output.is_terminal:
        show(session, shown)
    else:
        text = render(shown, format_.value, rules=GRANT_RULES, base=Path.cwd())
        save_or_print(session, text, output)
    end(checked)
