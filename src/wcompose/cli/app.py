"""The command line: its commands, what is common to them, and how a run ends."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from wcompose import __version__
from wcompose.cli import commands
from wcompose.cli.session import Session

app = typer.Typer(
    name="wcompose",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Compose WebAssembly components written in different languages into one, and run it.",
    epilog="Exit codes: 0 success; 1 cannot go on; 2 wrong usage; `run` passes on the program's own.",
)
commands.register(app)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(
            f"wcompose {__version__} (wasmtime {version('wasmtime')}, "
            f"componentize-py {version('componentize-py')}, "
            f"Python {'.'.join(map(str, sys.version_info[:3]))})"
        )
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing but results and errors.")
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Say what happens on the way; show tracebacks."),
    ] = False,
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool,
        typer.Option(
            "--version",
            "-V",
            callback=_print_version,
            is_eager=True,
            help="Show versions and exit.",
        ),
    ] = False,
) -> None:
    """Settings that every command shares."""
    session = Session(quiet=quiet, verbose=verbose)
    context.obj = session
    context.call_on_close(session.close)
