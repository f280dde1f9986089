"""Exceptions: only for "cannot go on".

The tree has three branches, by whose turn it is to act::

    WcomposeError
    ├── UserError                the user's input is at fault: exit code 1
    │   ├── UsageError           the command line itself is at fault: exit code 2
    │   │   ├── Closed           what was called is closed or closing
    │   │   └── Full             a pool has no place, and its line no room
    │   │       └── WaitExceeded     the caller stood in a pool's line as long as it wanted to
    │   ├── ProjectError         wcompose.toml or wcompose.lock
    │   ├── ContractError        WIT text or a WIT package
    │   ├── ArtifactError        a file is not the kind of binary that was wanted, or is damaged
    │   ├── LinkError            the components do not make a graph
    │   ├── BuildError           a component could not be built from its source
    │   └── ValueFault           an argument does not parse or does not fit its type
    ├── ToolFailure              we or the machine failed: exit code 1
    │   └── EngineFault          the engine component panicked or overran its bounds: a bug of ours
    └── GuestFault               a component trapped, exited or overran its bounds: exit code 1

Every exception carries findings, so that one run can report every problem at once. Text is made
from them at the edge, in ``wcompose.cli``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self

from wcompose.report import Finding, Place


class WcomposeError(Exception):
    """Something that stops the work, with every finding that was made on the way.

    Args:
        findings: one finding or several; never none.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = (
            (findings,) if isinstance(findings, Finding) else tuple(findings)
        )
        if not self.findings:
            raise ValueError("an error needs at least one finding")
        super().__init__("; ".join(finding.message for finding in self.findings))

    @classmethod
    def of(
        cls,
        rule: str,
        message: str,
        *,
        place: Place | None = None,
        causes: Iterable[str] = (),
        hint: str = "",
    ) -> Self:
        """Make an error of this class from a single finding; see `Finding` for the words."""
        return cls(Finding(rule, message, place or Place(), causes=tuple(causes), hint=hint))


class UserError(WcomposeError):
    """What the user gave cannot be worked with."""


class UsageError(UserError):
    """The command line names something that does not exist or does not go together."""

    exit_code = 2


class Closed(UsageError):
    """What was called is closed, or closing and takes nothing new."""


class Full(UsageError):
    """A pool has no place free, and as many callers wait as may: try again later, or somewhere else."""


class WaitExceeded(Full, TimeoutError):
    """A caller waited for a place in a pool as long as it wanted to, and got none."""


class ProjectError(UserError):
    """The project file or its lock is missing, malformed or contradicts itself."""


class ContractError(UserError):
    """WIT does not parse or does not resolve."""


class ArtifactError(UserError):
    """A file is not the kind of binary that was wanted, or is damaged."""


class LinkError(UserError):
    """The components do not make a graph."""


class BuildError(UserError):
    """A component could not be built from its source."""


class ValueFault(UserError):
    """An argument does not parse or does not fit the type of its parameter."""


class ToolFailure(WcomposeError):
    """The tool or the machine failed at something that should have worked."""


class EngineFault(ToolFailure):
    """The engine component panicked, overran its bounds or broke its contract: a bug of ours."""


class GuestFault(WcomposeError):
    """A component trapped, exited with a failure, or overran its bounds."""
