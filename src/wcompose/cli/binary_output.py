"""Where a command writes a binary: a file, a pipe, a device, or standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wcompose.cli.session import Session

STANDARD_OUTPUT = Path("-")


def is_stream(output: Path) -> bool:
    """Whether an output is written to and stays what it is: standard output, a pipe, a device."""
    return output == STANDARD_OUTPUT or (output.exists() and not output.is_file())


def name_of(output: Path) -> str:
    """What an output is called in a note."""
    return "standard output" if output == STANDARD_OUTPUT else output.name


def refuse_terminal(session: Session, output: Path, noun: str) -> None:
    """Keep bytes that are no text from a terminal.

    Args:
        session: knows where standard output goes.
        output: where the binary is to go.
        noun: what it is, such as ``a composition``.

    Raises:
        UsageError: it would go to a terminal.
    """
    if output == STANDARD_OUTPUT and session.output.is_terminal:
        from wcompose.errors import UsageError

        raise UsageError.of(
            "binary-to-terminal",
            f"standard output is a terminal, and {noun} is binary",
            hint="add `--output FILE`, or send it to another program with `|`",
        )


@contextmanager
def streamed(output: Path) -> Iterator[Path]:
    """A temporary file that goes into a stream when the block ends well.

    Args:
        output: an output of which `is_stream` holds.

    Raises:
        UsageError: it cannot be written to.
    """
    import shutil
    import tempfile

    from wcompose.build.assembly import telling_unwritable

    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "composition.wasm"
        yield file
        with (
            telling_unwritable(output),
            file.open("rb") as source,
            nullcontext(sys.stdout.buffer)
            if output == STANDARD_OUTPUT
            else output.open("wb") as target,
        ):
            shutil.copyfileobj(source, target)
            target.flush()
