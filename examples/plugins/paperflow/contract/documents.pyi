# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
"""`paperflow:plugins/documents@1.0.0`

What goes through a pipeline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

from wcompose import Variant


@final
@dataclass(frozen=True, slots=True)
class Attribute:
    """Something that is known about a document."""

    name: str
    """What it is, such as `invoice-number`."""
    value: str
    """What is known."""

    def __init__(self, name: str, value: str) -> None: ...


@final
@dataclass(frozen=True, slots=True)
class Document:
    """A document."""

    id: str
    """Identifies it among all documents of its tenant."""
    title: str
    """One line."""
    body: str
    """The text."""
    tags: list[str]
    """Words to find it by."""
    attributes: list[Attribute]
    """What is known about it, in the order in which it was found out."""

    def __init__(
        self,
        id: str,
        title: str,
        body: str,
        tags: Sequence[str],
        attributes: Sequence[Attribute],
    ) -> None: ...


class Problem(Variant):
    """Why a plugin does not let a document pass."""

    Unsuitable: TypeAlias = _Problem_Unsuitable
    Unavailable: TypeAlias = _Problem_Unavailable
    Other: TypeAlias = _Problem_Other


@final
@dataclass(frozen=True, slots=True)
class _Problem_Unsuitable(Problem):
    """It is not the kind of document that the plugin works on; says what is missing."""

    value: str

    def __init__(self, value: str) -> None: ...


@final
@dataclass(frozen=True, slots=True)
class _Problem_Unavailable(Problem):
    """The plugin lacks something outside of the document; says what."""

    value: str

    def __init__(self, value: str) -> None: ...


@final
@dataclass(frozen=True, slots=True)
class _Problem_Other(Problem):
    """Any other reason."""

    value: str

    def __init__(self, value: str) -> None: ...


AnyProblem: TypeAlias = Problem.Unsuitable | Problem.Unavailable | Problem.Other
"""Any of the cases of `Problem`: a `match` over it can be checked for all."""
