"""``wcompose inspect``."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wcompose.cli.session import Session, write_result

if TYPE_CHECKING:
    from rich.console import Console

_WIDEST = 160
"""Columns where the output is no terminal and nobody told a width."""


def inspect(
    context: typer.Context,
    file: Annotated[
        Path,
        # Whether it can be read is told as for every other file.
        typer.Argument(help="Any file, or a directory of WIT.", show_default=False, readable=False),
    ],
    *,
    wit: Annotated[
        bool, typer.Option("--wit", help="Print its contract as WIT text only.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    modules: Annotated[
        bool,
        typer.Option(
            "--modules", help="Show the core modules in every component of a composition."
        ),
    ] = False,
) -> None:
    """Say what a file is: its contract, what made it, and what weighs in it."""
    from wcompose.errors import ArtifactError, UsageError
    from wcompose.picture.inspection import inspect_file, read_wit

    session: Session = context.obj
    if wit and json:
        raise UsageError.of(
            "options-conflict",
            "`--wit` and `--json` do not go together",
            hint="the JSON holds the WIT text as `wit`",
        )
    if wit:
        _write_wit(session, read_wit(session.engine, file))
        return
    inspection = inspect_file(session.engine, file, with_wit=json)
    if json:
        import json as json_module

        write_result(json_module.dumps(inspection.to_json(), indent=2))
    else:
        from wcompose.cli.inspection_page import print_inspection

        print_inspection(_console(session), inspection, with_modules=modules)
    if inspection.problems:
        raise ArtifactError(inspection.problems)


def _write_wit(session: Session, text: str) -> None:
    stream = sys.stdout
    if session.output.is_terminal:
        from wcompose.cli.render import printable

        # Documentation out of a binary may hold anything.
        text = printable(text, keep_tabs=True)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    elif isinstance(stream, io.TextIOWrapper):
        # WIT is UTF-8, whatever the locale is.
        stream.reconfigure(encoding="utf-8")
    write_result(text)


def _console(session: Session) -> Console:
    from rich.console import Console

    if session.output.is_terminal or os.environ.get("COLUMNS"):
        return session.output
    return Console(width=_WIDEST, highlight=False, markup=False, emoji=False)
