"""How the library tells what it is doing: a port that the caller fills.

The library never prints. Commands fill the port with live lines; tests and embedders may leave it
silent. Calls may come from several threads at once.
"""

from __future__ import annotations

from typing import Protocol

WAITING = "waiting"
"""The work of a subject whose turn has not come."""


class Reporter(Protocol):
    """Hears about steps of work. A step belongs to a subject: a node, or the whole."""

    def started(self, subject: str, work: str) -> None:
        """``work`` (such as ``building with componentize-py``) began for ``subject``."""

    def finished(self, subject: str, outcome: str) -> None:
        """The last work of ``subject`` ended; ``outcome`` in a few words."""

    def note(self, subject: str, message: str) -> None:
        """Something worth knowing that is neither an error nor progress."""


class SilentReporter:
    """Says nothing."""

    def started(self, subject: str, work: str) -> None:
        """Ignore it."""

    def finished(self, subject: str, outcome: str) -> None:
        """Ignore it."""

    def note(self, subject: str, message: str) -> None:
        """Ignore it."""
