# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
"""`paperflow:plugins/log@1.0.0`

Lines for the people who look after a tenant's pipeline.
"""

from abc import abstractmethod
from enum import Enum
from typing import Protocol


class Level(Enum):
    """How much a line matters."""

    DEBUG = "debug"
    """For whoever writes the plugin."""
    INFO = "info"
    """Worth knowing."""
    WARNING = "warning"
    """Somebody should look at it some time."""
    ERROR = "error"
    """Somebody should look at it now."""


class Imports(Protocol):
    """What a host gives for `paperflow:plugins/log@1.0.0`.

    A function whose result is a `result` gives the value, or raises `ResultError`.
    """

    @abstractmethod
    def write(self, level: Level, message: str, /) -> None:
        """Write a line. Long ones are cut, and a tenant's oldest lines go when there are many."""
