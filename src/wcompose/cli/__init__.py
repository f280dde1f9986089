"""The command line. Thin: a command parses its arguments, calls a stage, and renders the result."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells have it."""
TERMINATED = 143
"""Exit code after a request to end: 128 + SIGTERM."""


def main() -> NoReturn:
    """Run the command line and exit."""
    # Ended by an exception, so that children are stopped and temporary files removed on the way.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    _open_streams()
    sys.exit(_run(sys.argv[1:]))


def _open_streams() -> None:
    """Put something in the place of standard streams that our caller has closed, as `>&-` does."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:
            # Else the next file that is opened would be taken for the stream.
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
        setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _run(arguments: list[str]) -> int:
    from wcompose.errors import WcomposeError

    try:
        from wcompose.cli.app import app

        result = app(args=arguments, prog_name="wcompose", standalone_mode=False)
    except WcomposeError as error:
        from rich.console import Console

        from wcompose.cli.render import print_findings

        print_findings(Console(stderr=True, highlight=False, markup=False), error.findings)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away, as `head` does. Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence
        return _end_of_other(error, verbose=bool({"-v", "--verbose"} & set(arguments)))
    return result if isinstance(result, int) else 0


def _end_of_other(error: Exception, *, verbose: bool) -> int:
    """Exit code after an exception that is not ours: usage errors of click, aborts, and bugs."""
    import typer

    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, typer.Abort):
        sys.stderr.write("aborted\n")
        return 1
    from wcompose.cli.usage import EXIT_CODE, is_usage_error, usage_finding

    if is_usage_error(error):
        from rich.console import Console

        from wcompose.cli.render import print_findings

        console = Console(stderr=True, highlight=False, markup=False)
        print_findings(console, [usage_finding(error)])
        return EXIT_CODE
    show = getattr(error, "show", None)
    if show is not None and hasattr(error, "exit_code"):
        show()
        return int(error.exit_code)
    if verbose:
        import traceback

        traceback.print_exception(error)
    sys.stderr.write(
        f"error[bug]: wcompose failed unexpectedly: {type(error).__name__}: {error}\n"
        "  hint: this is a bug in wcompose; run the command again with `wcompose --verbose …` and "
        "report what it prints\n"
    )
    return 1
