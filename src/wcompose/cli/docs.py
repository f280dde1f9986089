"""``wcompose docs``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wcompose.cli.session import Session
from wcompose.cli.text_output import save_or_print


class DocsFormat(StrEnum):
    """What the page is written as."""

    HTML = "html"
    MARKDOWN = "md"


def docs(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]",
            help="WIT, a WIT package in binary form, a component or a project; the project that you"
            " are in unless told.",
            show_default=False,
        ),
    ] = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there, not to standard output."),
    ] = None,
    format_: Annotated[
        DocsFormat | None,
        typer.Option(
            "--format",
            "-f",
            help="What is written; unless told, as the output is named, and html otherwise.",
            show_default=False,
        ),
    ] = None,
    world: Annotated[
        str | None,
        typer.Option(
            "--world", "-w", metavar="WORLD", help="Show only this world and its interfaces."
        ),
    ] = None,
) -> None:
    """Turn a contract into one page for people, with links between types."""
    from wcompose.check.baseline import load_path
    from wcompose.errors import ProjectError
    from wcompose.pages import outline, to_html, to_markdown
    from wcompose.project import find_project

    session: Session = context.obj
    if path is None:
        try:
            path = find_project(Path()).parent
        except ProjectError:
            path = Path()
    subject = load_path(path, session.engine)
    page = outline(subject.contract, Path(subject.label).stem or subject.label, world)
    if format_ is None:
        is_markdown = output is not None and output.suffix.lower() in {".md", ".markdown"}
        format_ = DocsFormat.MARKDOWN if is_markdown else DocsFormat.HTML
    text = to_html(page) if format_ is DocsFormat.HTML else to_markdown(page)
    save_or_print(session, text, output)
