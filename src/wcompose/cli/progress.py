"""Reporters of the command line."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from wcompose.cli.render import printable

TICK = "✓"


class PlainReporter:
    """One line for each finished piece of work; for logs and pipes."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self._console = console
        self._verbose = verbose
        self._lock = threading.Lock()
        self._began: dict[str, float] = {}

    def started(self, subject: str, work: str) -> None:
        """Remember when it began; tell it when asked to be verbose."""
        with self._lock:
            self._began[subject] = time.monotonic()
            if self._verbose:
                self._line(subject, work)

    def finished(self, subject: str, outcome: str) -> None:
        """Tell what became of it, and how long it took when that was noticeable."""
        with self._lock:
            self._line(subject, outcome + _elapsed(self._began.pop(subject, None)))

    def note(self, subject: str, message: str) -> None:
        """Tell it."""
        with self._lock:
            self._line(subject, message)

    def _line(self, subject: str, message: str) -> None:
        self._console.print(f"{printable(subject)}: {printable(message)}", soft_wrap=True)


class LiveReporter:
    """A line for each subject, with a spinner while it is worked on; for terminals."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self._console = console
        self._verbose = verbose
        self._lock = threading.Lock()
        self._running: dict[str, tuple[str, float]] = {}
        self._live: Live | None = None
        self._spinner = Spinner("dots", style="cyan")

    def started(self, subject: str, work: str) -> None:
        """Show it with a spinner."""
        with self._lock:
            self._running[subject] = (printable(work), time.monotonic())
            if self._live is None:
                self._live = Live(
                    get_renderable=self._table,
                    console=self._console,
                    transient=True,
                    refresh_per_second=10,
                )
                self._live.start()

    def finished(self, subject: str, outcome: str) -> None:
        """Turn its line into a lasting one."""
        with self._lock:
            _, began = self._running.pop(subject, ("", None))
            line = Text.assemble(
                (f"{TICK} ", "green"),
                (printable(subject), "bold"),
                f"  {printable(outcome)}",
                (_elapsed(began), "dim"),
            )
            self._console.print(line)
            self._stop_when_idle()

    def note(self, subject: str, message: str) -> None:
        """Show it above the live lines."""
        with self._lock:
            self._console.print(
                Text.assemble(
                    ("· ", "cyan"), (printable(subject), "bold"), f"  {printable(message)}"
                )
            )

    def close(self) -> None:
        """Remove the live lines, whatever is still running."""
        with self._lock:
            self._running.clear()
            self._stop_when_idle()

    def _stop_when_idle(self) -> None:
        if not self._running and self._live is not None:
            self._live.stop()
            self._live = None

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for cells in self._rows():
            table.add_row(*cells)
        return table

    def _rows(self) -> Iterator[tuple[Spinner, Text, Text]]:
        # A snapshot: the refresh thread reads while workers write.
        for subject, (work, began) in list(self._running.items()):
            yield self._spinner, Text(subject, "bold"), Text(work + _elapsed(began))


def _elapsed(began: float | None) -> str:
    if began is None:
        return ""
    seconds = time.monotonic() - began
    return f" ({seconds:.1f} s)" if seconds >= 0.1 else ""
