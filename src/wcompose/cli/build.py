"""``wcompose build``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wcompose.cli.session import Session, write_result


def build(
    context: typer.Context,
    project: Annotated[
        Path,
        typer.Argument(
            help="Project directory or file; a directory above it is looked in too.",
            show_default="the directory you are in",
        ),
    ] = Path(),
    *,
    locked: Annotated[
        bool, typer.Option("--locked", help="Fail if the result differs from wcompose.lock.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Build every node anew, cached or not.")
    ] = False,
    strip: Annotated[
        bool, typer.Option("--strip", help="Leave out debug information and names.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was built as JSON.")] = False,
) -> None:
    """Build a project: make its components, check and link them, write build/NAME.wasm.

    Only what changed is built again. Writes wcompose.lock beside the project file.
    """
    from wcompose.build import build_project

    session: Session = context.obj
    result = build_project(
        session.load_project(project),
        engine=lambda: session.engine,
        images=lambda: session.images,
        cache=session.cache_directory / "components",
        reporter=session.reporter,
        locked=locked,
        force=force,
        strip=strip,
    )
    if result.is_fresh:
        session.reporter.note(result.composition.name, "up to date")
    if json:
        import json as json_module

        write_result(json_module.dumps(result.to_json(), indent=2))
