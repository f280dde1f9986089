# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
# type: ignore
"""`paperflow:plugins/transformer@1.0.0`"""

from typing import Protocol

from .documents import Document as Document, Problem as Problem


class Exports(Protocol):
    """See the stub."""
