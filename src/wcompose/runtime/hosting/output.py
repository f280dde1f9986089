"""What each node of a composition writes, told apart."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

_NAMED = re.compile(rb"\[([a-z0-9-]+)\] ")
"""What the gate of standard streams puts before each line; see `wcompose.grants.policy`."""
LINE_LIMIT = 1 << 16
"""Bytes of a line that are kept until its end comes; more of it is handed over before."""


class OutputByNode:
    """Hears a composition's standard output or error, and hands over each line with its node.

    For compositions whose nodes are granted their streams as ``"prefix"``, or that were opened with
    ``by_node=True``. One for each stream and instance: ``Grants(stdout=OutputByNode(hear))``.

    Args:
        hear: takes the name of a node, empty where a line has none, and the line with its end.
    """

    def __init__(self, hear: Callable[[str, bytes], None]) -> None:
        self._hear = hear
        self._rest = b""
        self._lock = threading.Lock()

    def __call__(self, data: bytes) -> None:
        """Take what was written."""
        with self._lock:
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._tell(line + b"\n")
            if len(self._rest) > LINE_LIMIT:
                self._tell(self._rest)
                self._rest = b""

    def close(self) -> None:
        """Hand over a last line that has no end."""
        with self._lock:
            rest, self._rest = self._rest, b""
            if rest:
                self._tell(rest)

    def _tell(self, line: bytes) -> None:
        match = _NAMED.match(line)
        if match is None:
            self._hear("", line)
        else:
            self._hear(match[1].decode(), line[match.end() :])
