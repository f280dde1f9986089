"""Reporters of the command line."""

from __future__ import annotations

import threading
import time

from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from wcompose.cli.render import printable
from wcompose.progress import WAITING

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
            self._running[printable(subject)] = (printable(work), time.monotonic())
            if self._live is None:
                self._live = Live(
                    get_renderable=self._lines,
                    console=self._console,
                    transient=True,
                    refresh_per_second=10,
                )
                self._live.start()

    def finished(self, subject: str, outcome: str) -> None:
        """Turn its line into a lasting one."""
        with self._lock:
            _, began = self._running.pop(printable(subject), ("", None))
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

    def _lines(self) -> Text:
        """A line for each subject, whatever the width: what does not fit ends in an ellipsis."""
        # A snapshot: the refresh thread reads while workers write.
        running = list(self._running.items())
        # Room for the `^C` that a terminal echoes: it must not begin a line that nobody erases.
        width = max(1, self._console.width - 3)
        names = min(
            max((cell_len(name) for name, _ in running), default=0),
            max(4, min(width // 2, width - 12)),
        )
        lines = []
        for subject, (work, began) in running:
            name = Text(subject, "bold")
            name.truncate(names, overflow="ellipsis", pad=True)
            if work == WAITING:
                line = Text.assemble(("· ", "dim"), name, (f"  {work}", "dim"))
            else:
                seconds = time.monotonic() - began
                line = Text.assemble(self._frame(), " ", name, f"  {seconds:4.1f} s  {work}")
            line.truncate(width, overflow="ellipsis")
            lines.append(line)
        return Text("\n", no_wrap=True, overflow="ignore").join(lines)

    def _frame(self) -> Text:
        frame = self._spinner.render(self._console.get_time())
        return frame if isinstance(frame, Text) else Text("·")


def _elapsed(began: float | None) -> str:
    if began is None:
        return ""
    seconds = time.monotonic() - began
    return f" ({seconds:.1f} s)" if seconds >= 0.1 else ""
