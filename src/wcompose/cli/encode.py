"""``wcompose encode``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wcompose.cli.session import Session


def encode(
    context: typer.Context,
    module: Annotated[Path, typer.Argument(help="Core module (`.wasm`).")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Component to write.")],
    wit: Annotated[
        Path | None,
        typer.Option(
            "--wit", help="WIT to embed, for a module that does not carry its own contract."
        ),
    ] = None,
    world: Annotated[
        str | None, typer.Option("--world", "-w", help="World in it that the module implements.")
    ] = None,
    adapt_preview1: Annotated[
        bool,
        typer.Option("--adapt-preview1", help="Put the WASI preview 1 adapter under the module."),
    ] = False,
) -> None:
    """Make a component of a core module, as compilers without component support write them."""
    from wcompose.build.assembly import telling_unwritable
    from wcompose.files import atomic_output

    session: Session = context.obj
    with telling_unwritable(output), atomic_output(output) as temporary:
        session.engine.encode(
            module, temporary, wit=wit, world=world, adapt_preview1=adapt_preview1
        )
    session.reporter.note(output.name, f"a component of {output.stat().st_size:,} bytes")
