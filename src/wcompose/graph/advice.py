"""What to type next, as the user works: with a project file, or with components alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """Words for hints.

    Attributes:
        is_command: whether choices are stated on the command line and not in a project file.
    """

    is_command: bool = False

    def edge(self, importing: str, source: str) -> str:
        """How to say which export fills an import."""
        if self.is_command:
            return f"`--edge '{importing}={source}'`"
        return f'`[[graph.edges]]` with `import = "{importing}"` and `from = "{source}"`'

    def outside(self, importing: str) -> str:
        """How to leave an import to the outside."""
        if self.is_command:
            return f"`--outside '{importing}'`"
        return f'`[[graph.edges]]` with `import = "{importing}"` and `outside = true`'

    def export(self, exporting: str) -> str:
        """How to say what the whole exports."""
        if self.is_command:
            return f"`--export '{exporting}'`"
        return f'`[graph]` with `exports = ["{exporting}"]`'

    def export_as(self, exporting: str, name: str) -> str:
        """How to export something under another name."""
        return self.export(f"{exporting} as {name}")

    @property
    def component(self) -> str:
        """How to add a component."""
        if self.is_command:
            return "name one more file"
        return "add a component under `[components]`"


PROJECT = Advice()
COMMAND = Advice(is_command=True)
