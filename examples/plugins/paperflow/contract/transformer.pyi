# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
"""`paperflow:plugins/transformer@1.0.0`

What a plugin does.
"""

from typing import Protocol

from .documents import AnyProblem, Document as Document, Problem as Problem


class Exports(Protocol):
    """What the component exports of `paperflow:plugins/transformer@1.0.0`."""

    def describe(self) -> str:
        """What the plugin does, in one sentence. Asked when it is installed, and must cost next to nothing.
        """

    def transform(self, document: Document) -> Document:
        """Let a document pass, changed or not, or say why not.

        Raises:
            ResultError: its `value` is `AnyProblem`.
        """
