"""`wcompose run` bounds what it runs, and says which option allows more."""

from __future__ import annotations

import pytest
from support import REPOSITORY, Command

COMPONENTS = REPOSITORY / "tests" / "runtime" / "components"


@pytest.mark.parametrize(
    ("arguments", "rule", "option"),
    [
        (("hostile-rust.wasm", "--fuel", "1000000", "-i", "hostile#spin"), "fuel", "--fuel"),
        (("hostile-rust.wasm", "--timeout", "0.2", "-i", "hostile#spin"), "deadline", "--timeout"),
        (
            ("hostile-rust.wasm", "--stack", "64", "-i", "hostile#recurse", "30000"),
            "stack",
            "--stack",
        ),
        (
            ("flooder.wasm", "--max-output", "1000", "-i", "flood", "1000000000", "standard-error"),
            "output",
            "--max-output",
        ),
        (
            ("hostile-go.wasm", "--memory", "64", "-i", "hostile#eat", "1000000000"),
            "memory",
            "--memory",
        ),
        (("hostile-rust.wasm", "-i", "hostile#huge-list", "5000000"), "output", "several parts"),
    ],
)
def test_each_bound_ends_the_run_with_its_own_words(
    command: Command, arguments: tuple[str, ...], rule: str, option: str
) -> None:
    result = command("run", COMPONENTS / arguments[0], *arguments[1:])
    assert result.returncode == 1
    assert f"error[{rule}]" in result.stderr
    assert option in result.stderr.partition("hint: ")[2]
    assert "Traceback" not in result.stderr
    assert len(result.stdout) <= 1000


def test_what_stays_within_its_bounds_runs(command: Command) -> None:
    result = command(
        "run", COMPONENTS / "hostile-rust.wasm", "--fuel", "1000000", "--stack", "128",
        "--max-output", "0", "--timeout", "60", "-i", "hostile#recurse", "100",
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (0, "100\n"), result.stderr


@pytest.mark.parametrize(
    "option", [("--stack", "99999999"), ("--stack", "63"), ("--fuel", "-1"), ("--max-output", "x")]
)
def test_bounds_that_make_no_sense_are_wrong_usage(
    command: Command, option: tuple[str, str]
) -> None:
    result = command("run", COMPONENTS / "hostile-rust.wasm", *option, "-i", "hostile#calls")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
