"""What the host gives to plugins: a store and a log for each tenant, called from pools' threads."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from paperflow.contract import Level, StoreError
from wcompose import ResultError

LONGEST_LINE = 500
KEPT_LINES = 1000


class Store:
    """The texts of one tenant, as `paperflow:plugins/store`.

    Args:
        file: where they lie.
        limit: bytes of all keys and values.
    """

    def __init__(self, file: Path, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS texts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
        )
        self._used: int = self._database.execute(
            "SELECT COALESCE(SUM(LENGTH(CAST(key AS BLOB)) + LENGTH(CAST(value AS BLOB))), 0) FROM texts"
        ).fetchone()[0]

    @property
    def used(self) -> int:
        """Bytes of all keys and values."""
        return self._used

    def get(self, key: str) -> str | None:
        """See `store.get` in the contract."""
        with self._lock:
            return self._find(key)

    def set(self, key: str, value: str) -> None:
        """See `store.set` in the contract."""
        with self._lock:
            self._keep(key, value)

    def remove(self, key: str) -> bool:
        """See `store.remove` in the contract."""
        with self._lock:
            old = self._find(key)
            if old is None:
                return False
            self._database.execute("DELETE FROM texts WHERE key = ?", (key,))
            self._used -= _size(key, old)
            return True

    def add(self, key: str, amount: int) -> int:
        """See `store.add` in the contract."""
        with self._lock:
            try:
                total = int(self._find(key) or 0) + amount
            except ValueError:
                raise ResultError(StoreError.NotANumber()) from None
            if not -(1 << 63) <= total < 1 << 63:
                raise ResultError(StoreError.Other("the sum does not fit into 64 bits"))
            self._keep(key, str(total))
            return total

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _find(self, key: str) -> str | None:
        row = self._database.execute("SELECT value FROM texts WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _keep(self, key: str, value: str) -> None:
        old = self._find(key)
        used = self._used + _size(key, value) - (0 if old is None else _size(key, old))
        if used > self._limit:
            raise ResultError(StoreError.Full(self._limit))
        self._database.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (key, value))
        self._used = used


def _size(key: str, value: str) -> int:
    return len(key.encode()) + len(value.encode())


@dataclass(frozen=True)
class Line:
    """A line of a log."""

    plugin: str
    level: str
    message: str


class Log:
    """The last lines of one tenant."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=KEPT_LINES)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is kept, the oldest first."""
        return tuple(self._lines.copy())

    def of(self, plugin: str) -> PluginLog:
        """The log as a plugin sees it."""
        return PluginLog(self, plugin)

    def keep(self, line: Line) -> None:
        """Add a line; the oldest goes if there are too many."""
        self._lines.append(line)


class PluginLog:
    """The log of one plugin, as `paperflow:plugins/log`."""

    def __init__(self, log: Log, plugin: str) -> None:
        self._log, self._plugin = log, plugin

    def write(self, level: Level, message: str) -> None:
        """See `log.write` in the contract."""
        self._keep(level.value, message)

    def hear(self, data: bytes) -> None:
        """Keep what is written to a standard stream."""
        for line in data.decode("utf-8", "replace").splitlines():
            self._keep("printed", line)

    def _keep(self, level: str, message: str) -> None:
        if len(message) > LONGEST_LINE:
            message = message[: LONGEST_LINE - 1] + "…"
        # Whoever reads the log in a terminal shall not be fooled by what moves the cursor.
        clean = "".join(each if each.isprintable() else "\ufffd" for each in message)
        self._log.keep(Line(self._plugin, level, clean))
