"""What a comparison finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from wcompose.contract.types import NO_PLACE
from wcompose.report import Place


class MismatchKind(StrEnum):
    """In what way two items differ."""

    EXTERN_KIND = "extern-kind"
    MISSING_TYPE = "missing-type"
    MISSING_FUNCTION = "missing-function"
    FUNCTION_KIND = "function-kind"
    FUNCTION_ASYNC = "function-async"
    PARAMETER_COUNT = "parameter-count"
    PARAMETER_NAME = "parameter-name"
    PARAMETER_ORDER = "parameter-order"
    PARAMETER_TYPE = "parameter-type"
    RESULT_TYPE = "result-type"
    TYPE_KIND = "type-kind"
    ALIAS_TARGET = "alias-target"
    MEMBER_MISSING = "member-missing"
    MEMBER_EXTRA = "member-extra"
    MEMBER_RENAMED = "member-renamed"
    MEMBER_ORDER = "member-order"
    MEMBER_TYPE = "member-type"
    RESOURCE_IDENTITY = "resource-identity"


@dataclass(frozen=True)
class Mismatch:
    """One difference that keeps one item from standing where another is expected.

    Attributes:
        kind: in what way they differ.
        path: where in the item: ``classify.batch``, ``prediction.runner-up``; empty for the whole.
        message: what differs, in words.
        expected: what is expected there, as WIT; empty when nothing is.
        actual: what is there, as WIT; empty when nothing is.
        expected_place: where the expectation is written, as far as it is known.
        actual_place: where the other side is written, as far as it is known.
        reaches: names of the functions that a difference inside a type reaches, in order.
    """

    kind: MismatchKind
    path: str
    message: str
    expected: str = ""
    actual: str = ""
    expected_place: Place = field(default=NO_PLACE)
    actual_place: Place = field(default=NO_PLACE)
    reaches: tuple[str, ...] = ()
