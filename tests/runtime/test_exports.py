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


VERSIONS = (
    ExportedFunction("a:b/i@1.2.3", "go", (), None),
    ExportedFunction("a:b/i@2.0.0", "go", (), None),
    ExportedFunction("a:b/i@2.0.0", "stop-all", (), None),
)


@pytest.mark.parametrize(
    ("wanted", "index"), [("i@1.go", 0), ("a:b/i@1.2#go", 0), ("i@2.0.0.go", 1), ("a:b/i@2#go", 1)]
)
def test_a_version_that_is_told_has_to_be_the_functions(wanted: str, index: int) -> None:
    assert find_function(VERSIONS, wanted) is VERSIONS[index]


@pytest.mark.parametrize(
    ("wanted", "message", "hint"),
    [
        ("i@1.2.4#go", "nothing exported is called `i@1.2.4#go`", "did you mean `a:b/i@1.2.3#go`?"),
        ("a:b/i@2.0.0", "`a:b/i@2.0.0` is an interface", "`a:b/i@2.0.0#go`"),
        ("stop_all", "nothing exported", "did you mean `a:b/i@2.0.0#stop-all`?"),
        ("Stop-All", "nothing exported", "did you mean `a:b/i@2.0.0#stop-all`?"),
        ("", "nothing exported", ""),
    ],
)
def test_a_name_that_means_nothing_is_helped(wanted: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_function(VERSIONS, wanted)
    finding = caught.value.findings[0]
    assert message in finding.message
    assert hint in finding.hint
    assert bool(hint) == bool(finding.hint)


def test_an_ambiguous_name_is_told_with_a_longer_one_that_works() -> None:
    with pytest.raises(UsageError) as caught:
        find_function((FUNCTIONS[0], ExportedFunction("a:b/c", "describe", (), None)), "describe")
    assert "`inference.describe`" in caught.value.findings[0].hint


def test_of_many_functions_the_nearest_is_told_first_and_the_rest_counted() -> None:
    many = [ExportedFunction("a:b/c", f"f{number}", (), None) for number in range(100)]
    with pytest.raises(UsageError) as caught:
        find_function([*many, VERSIONS[2]], "stop-al")
    causes = caught.value.findings[0].causes
    assert causes[0] == "there is `a:b/i@2.0.0#stop-all`"
    assert causes[-1] == "and 89 more"
