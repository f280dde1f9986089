# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
"""`paperflow:plugins/store@1.0.0`

Texts that the plugins of one tenant keep from document to document. Nobody else sees them.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol, TypeAlias, final

from wcompose import Variant


class StoreError(Variant):
    """Why a text was not kept."""

    Full: TypeAlias = _StoreError_Full
    NotANumber: TypeAlias = _StoreError_NotANumber
    Other: TypeAlias = _StoreError_Other


@final
@dataclass(frozen=True, slots=True)
class _StoreError_Full(StoreError):
    """The tenant's plan keeps no more; carries the bytes that it keeps."""

    value: int

    def __init__(self, value: int) -> None: ...


@final
@dataclass(frozen=True, slots=True)
class _StoreError_NotANumber(StoreError):
    """There is a text under this key that is no number."""


@final
@dataclass(frozen=True, slots=True)
class _StoreError_Other(StoreError):
    """Any other reason."""

    value: str

    def __init__(self, value: str) -> None: ...


AnyStoreError: TypeAlias = StoreError.Full | StoreError.NotANumber | StoreError.Other
"""Any of the cases of `StoreError`: a `match` over it can be checked for all."""


class Imports(Protocol):
    """What a host gives for `paperflow:plugins/store@1.0.0`.

    A function whose result is a `result` gives the value, or raises `ResultError`.
    """

    @abstractmethod
    def get(self, key: str, /) -> str | None:
        """The text that is kept under a key, if there is one."""

    @abstractmethod
    def set(self, key: str, value: str, /) -> None:
        """Keep a text.

        Raises:
            ResultError: its `value` is `AnyStoreError`.
        """

    @abstractmethod
    def remove(self, key: str, /) -> bool:
        """Forget a text; gives whether there was one."""

    @abstractmethod
    def add(self, key: str, amount: int, /) -> int:
        """Add to the number that is kept under a key, 0 if there is none, and give the sum. No other
        plugin comes in between.

        Raises:
            ResultError: its `value` is `AnyStoreError`.
        """
