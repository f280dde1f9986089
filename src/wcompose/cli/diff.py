"""``wcompose diff``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wcompose.cli.check import FINDINGS, SideOption
from wcompose.cli.session import Session
from wcompose.cli.text_output import save_or_print

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wcompose.check.model import Change, Effect


class DiffFormat(StrEnum):
    """How changes are written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class Category(StrEnum):
    """What stops working."""

    LINK = "LINK"
    HOST = "HOST"
    SOURCE = "SOURCE"


def diff(
    context: typer.Context,
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="The contract before: a path, a git revision (`main`, `HEAD~3:wit`), or `lock`.",
            show_default=False,
        ),
    ],
    new: Annotated[
        str,
        typer.Argument(
            metavar="NEW", help="The contract now, in any of these forms.", show_default=False
        ),
    ],
    *,
    breaking: Annotated[
        bool, typer.Option("--breaking", help="Show only what breaks somebody.")
    ] = False,
    side: Annotated[
        SideOption, typer.Option("--side", help="Whose breaks count.")
    ] = SideOption.BOTH,
    category: Annotated[
        list[Category] | None,
        typer.Option(
            "--category",
            case_sensitive=False,
            help="Show only what stops this from working; may be repeated.",
        ),
    ] = None,
    format_: Annotated[
        DiffFormat, typer.Option("--format", "-f", help="How changes are written.")
    ] = DiffFormat.TEXT,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there, not to standard output."),
    ] = None,
) -> None:
    """Say what changed between two contracts, whom it breaks, and which version it needs.

    Exit codes: 0 the version carries the changes; 100 it does not; 1 could not compare; 2 wrong usage.
    """
    from wcompose.check.model import Effect, Side
    from wcompose.check.outputs import Verdict, render_changes
    from wcompose.check.run import diff as compare

    session: Session = context.obj
    difference = compare(old, new, session.engine, directory=Path(), side=Side(side.value))
    changes = shown_changes(
        difference.changes,
        is_breaking=breaking or bool(category),
        effects={Effect(each.value) for each in category or ()},
    )
    verdict = Verdict(
        difference.old.label, difference.new.label, difference.required, difference.unmet
    )
    save_or_print(session, render_changes(changes, format_.value, verdict=verdict), output)
    if difference.unmet is not None:
        if not session.quiet:
            from wcompose.cli.render import print_findings

            print_findings(session.errors, [difference.unmet.to_finding()])
        raise typer.Exit(FINDINGS)


def shown_changes(
    changes: Iterable[Change], *, is_breaking: bool, effects: set[Effect]
) -> tuple[Change, ...]:
    """The changes that were asked for.

    Args:
        changes: all of them.
        is_breaking: leave out what breaks nobody.
        effects: what must stop working; empty for anything.
    """
    return tuple(
        change
        for change in changes
        if not is_breaking
        or any(not effects or effects & set(each.effects) for each in change.judgements)
    )
