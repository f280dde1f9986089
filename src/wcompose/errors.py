"""Exceptions: only for "cannot go on".

The tree has three branches, by whose turn it is to act::

    WcomposeError
    ├── UserError                the user's input is at fault: exit code 1
    │   ├── UsageError           the command line itself is at fault: exit code 2
    │   │   ├── Closed           what was called is closed or closing
    │   │   ├── InstanceEnded    an instance was called after its guest had trapped or been stopped
    │   │   ├── InstanceBusy     an instance was called while a call of it was under way
    │   │   └── Full             a pool has no place, and its line no room
    │   │       └── WaitExceeded     the caller stood in a pool's line as long as it wanted to
    │   ├── ProjectError         wcompose.toml or wcompose.lock
    │   ├── ContractError        WIT text or a WIT package
    │   ├── ArtifactError        a file is not the kind of binary that was wanted, or is damaged
    │   ├── LinkError            the components do not make a graph
    │   ├── BuildError           a component could not be built from its source
    │   └── ValueFault           an argument does not parse or does not fit its type
    ├── ToolFailure              we or the machine failed: exit code 1
    │   ├── InstanceLimit        no more instances fit into this process
    │   └── EngineFault          the engine component panicked or overran its bounds: a bug of ours
    └── GuestFault               a component ended before its call did: exit code 1
        ├── Trapped              it trapped: a bug of it, or a lie that the runtime caught
        ├── StackExhausted       its calls nested too deeply
        ├── DeadlineExceeded     its time was over
        ├── FuelExhausted        its fuel was used up
        ├── MemoryExceeded       it wanted more memory than it may have
        ├── OutputExceeded       it wrote more, or gave more back, than it may
        ├── Cancelled            its caller wanted it to stop
        ├── GuestExited          it ended itself
        └── ImportRaised         a function that the host gave to it raised an exception

Every exception carries findings, so that one run can report every problem at once. Text is made
from them at the edge, in ``wcompose.cli``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

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


class InstanceEnded(UsageError):
    """An instance was called after its guest had trapped or been stopped, which is the ``__cause__``."""


class InstanceBusy(UsageError):
    """An instance was called while another call of it was under way."""


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


class InstanceLimit(ToolFailure):
    """No more instances fit into this process: address space, mappings or memory are used up."""


class EngineFault(ToolFailure):
    """The engine component panicked, overran its bounds or broke its contract: a bug of ours."""


class GuestFault(WcomposeError):
    """A component trapped, exited or overran its bounds; its instance is of no use any more."""


class Trapped(GuestFault):
    """It trapped: a bug of it, or a lie about its values that the runtime caught."""


class StackExhausted(GuestFault):
    """Its calls nested too deeply."""


class DeadlineExceeded(GuestFault):
    """Its time was over."""


class FuelExhausted(GuestFault):
    """Its fuel was used up."""


class MemoryExceeded(GuestFault):
    """It wanted more memory, more tables or more instances than it may have.

    Raised where that can be told; see `wcompose.runtime.ends.trap`.
    """


class OutputExceeded(GuestFault):
    """It wrote more to its standard streams, or gave more back, than it may."""


class Cancelled(GuestFault):
    """Its caller, another thread or Ctrl-C, wanted it to stop."""


class GuestExited(GuestFault):
    """It ended itself, by the function that WASI has for that.

    Args:
        findings: what to tell of it.
        code: the status that it ended with.
    """

    def __init__(self, findings: Finding | Iterable[Finding], code: int = 1) -> None:
        super().__init__(findings)
        self.code = code


class ImportRaised(GuestFault):
    """A function that the host gave to it raised an exception, which is this one's ``__cause__``."""


class ResultError(Exception):
    """A function answered with the error of its ``result``; raised by functions of the host's to do so.

    Not one of the tree above: it is an answer, and no work stops for it.

    Args:
        value: the error's payload, none where it has none.
    """

    def __init__(self, value: Any = None) -> None:
        super().__init__(value)
        self.value = value
