"""``wcompose encode``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wcompose.cli.binary_output import is_stream, name_of, refuse_terminal, streamed
from wcompose.cli.session import Session


def encode(
    context: typer.Context,
    module: Annotated[Path, typer.Argument(help="Core module (`.wasm`).", readable=False)],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Component to write; `-` for standard output.")
    ],
    wit: Annotated[
        Path | None,
        typer.Option(
            "--wit",
            help="WIT to embed, for a module that does not carry its own contract.",
            readable=False,
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
    from wcompose.errors import UsageError
    from wcompose.files import atomic_output

    session: Session = context.obj
    refuse_terminal(session, output, "a component")
    if output.exists() and module.exists() and output.samefile(module):
        raise UsageError.of(
            "output-is-input",
            f"`{output}` is the module that is encoded",
            hint="write the component to another file",
        )

    def write(file: Path) -> int:
        session.engine.encode(module, file, wit=wit, world=world, adapt_preview1=adapt_preview1)
        return file.stat().st_size

    if is_stream(output) and not output.is_dir():
        with streamed(output) as temporary:
            size = write(temporary)
    else:
        with telling_unwritable(output), atomic_output(output) as temporary:
            size = write(temporary)
    session.reporter.note(name_of(output), f"a component of {size:,} bytes")
