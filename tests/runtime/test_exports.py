"""Short names of exported functions."""

from __future__ import annotations

import pytest

from wcompose.errors import UsageError
from wcompose.runtime import ExportedFunction, find_function

INFERENCE = "digits:vision/inference@0.1.0"
FUNCTIONS = (
    ExportedFunction(INFERENCE, "describe", (), None),
    ExportedFunction(INFERENCE, "[constructor]classifier", (), None),
    ExportedFunction(INFERENCE, "[method]classifier.classify", (), None),
    ExportedFunction("digits:vision/handler@0.1.0", "handle", (), None),
    ExportedFunction("digits:other/handler@1.2.3-rc.1", "handle", (), None),
    ExportedFunction("", "classify-all", (), None),
)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("describe", 0),
        ("inference.describe", 0),
        ("inference#describe", 0),
        ("digits:vision/inference.describe", 0),
        ("digits:vision/inference#describe", 0),
        ("digits:vision/inference@0.1.0#describe", 0),
        ("digits:vision/inference@0.1.0.describe", 0),
        ("classify", 2),
        ("classifier.classify", 2),
        ("inference.classify", 2),
        ("inference#[method]classifier.classify", 2),
        ("digits:vision/handler.handle", 3),
        ("digits:other/handler@1.2.3-rc.1#handle", 4),
        ("classify-all", 5),
    ],
)
def test_a_name_means_one_function(wanted: str, index: int) -> None:
    assert find_function(FUNCTIONS, wanted) is FUNCTIONS[index]


def test_an_ambiguous_name_lists_its_meanings() -> None:
    with pytest.raises(UsageError) as caught:
        find_function(FUNCTIONS, "handle")
    assert caught.value.findings[0].causes == (
        "`digits:vision/handler@0.1.0#handle`",
        "`digits:other/handler@1.2.3-rc.1#handle`",
    )


def test_an_unknown_name_is_told_with_a_near_one() -> None:
    with pytest.raises(UsageError) as caught:
        find_function(FUNCTIONS, "inference.descibe")
    assert caught.value.findings[0].hint == f"did you mean `{INFERENCE}#describe`?"
    with pytest.raises(UsageError):
        find_function(FUNCTIONS, "")
