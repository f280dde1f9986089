"""What is taken for a list of numbers, for type checkers: generated stubs speak of these.

Anything with the buffer protocol is taken at run time. ``collections.abc.Buffer`` is there from Python
3.12 on, and before that numpy's own stubs do not say that its arrays have the protocol: the array
interface does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from typing_extensions import Buffer


class ArrayInterface(Protocol):
    """An array of another package: numpy's, and those that are like it."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Its memory and the kind of its items."""


Integers: TypeAlias = "Buffer | ArrayInterface | Sequence[int]"
"""A list of integers."""

Reals: TypeAlias = "Buffer | ArrayInterface | Sequence[float]"
"""A list of floating-point numbers."""
