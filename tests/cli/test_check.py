"""`wcompose check` and `wcompose rules` as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from check.repositories import Git
from support import REPOSITORY

GOOD = """\
/// A shop.
package acme:shop@1.0.0;

/// A cart.
interface cart {
  /// Puts something in.
  add: func(item: string);
}

/// The shop.
world shop {
  export cart;
}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Git:
    git = Git(tmp_path / "shop")
    git.write("wit/shop.wit", GOOD)
    git.commit()
    return git


def test_sound_contracts_end_with_0(command, shop: Git) -> None:
    result = command("check", cwd=shop.root)
    assert result.returncode == 0, result.stdout
    assert "error" not in result.stdout


def test_findings_end_with_100_and_are_the_result(command, shop: Git) -> None:
    shop.write("wit/shop.wit", GOOD.replace("item: string", "item: strin"))
    result = command("check", cwd=shop.root)
    assert result.returncode == 100
    assert "wit/shop.wit:7:19" in result.stdout
    assert "Traceback" not in result.stderr


def test_a_break_ends_with_100_and_names_the_item(command, shop: Git) -> None:
    shop.write("wit/shop.wit", GOOD.replace("item: string", "item: u32"))
    result = command("check", "--against", "HEAD", cwd=shop.root)
    assert result.returncode == 100
    assert "func-param-type" in result.stdout
    assert "acme:shop/cart.add" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nothing",), 2),
        (("--against", "nothing"), 2),
        (("--format", "xml"), 2),
        (("--side", "none"), 2),
        (("--output", "wit"), 2),
        (("--against", "HEAD:nothing"), 1),
    ],
)
def test_exit_codes_of_what_could_not_be_checked(
    command, shop: Git, arguments: tuple[str, ...], code: int
) -> None:
    result = command("check", *arguments, cwd=shop.root)
    assert result.returncode == code, result.stderr
    assert result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "format_", ["text", "json", "junit", "github", "gitlab", "sarif", "markdown"]
)
def test_every_format_is_written_to_standard_output_and_to_a_file(
    command, shop: Git, format_: str
) -> None:
    shop.write("wit/shop.wit", GOOD.replace("item: string", "item: strin"))
    arguments = ("check", "--format", format_)
    printed = command(*arguments, cwd=shop.root)
    assert printed.returncode == 100, printed.stderr
    written = command(*arguments, "--output", "findings", cwd=shop.root)
    assert written.returncode == 100
    assert written.stdout == ""
    assert (shop.root / "findings").read_text().rstrip("\n") == printed.stdout.rstrip("\n")


def test_the_level_hides_and_does_not_forgive(command, shop: Git) -> None:
    shop.write("wit/shop.wit", GOOD.replace("item: string", "class: strin"))
    shown = command("check", "--level", "error", cwd=shop.root)
    assert shown.returncode == 100
    assert "warning[" not in shown.stdout


def test_this_repository_holds_its_own_contracts(command, flagship: Path) -> None:
    result = command("check", cwd=REPOSITORY)
    assert "error[" not in result.stdout.replace("error[lock-differs]", "")


def test_rules_are_printed_in_every_format(command) -> None:
    text = command("rules")
    assert text.returncode == 0
    assert "func-no-delete" in text.stdout
    rules = json.loads(command("rules", "--format", "json").stdout)["rules"]
    assert {"id", "kind", "group", "level", "default", "summary", "reason", "bad", "good"} == set(
        rules[0]
    )
    page = command("rules", "--format", "md").stdout
    assert all(rule["id"] in page and rule["id"] in text.stdout for rule in rules)


def test_one_rule_is_told_with_its_reason(command) -> None:
    result = command("rules", "FUNC_NO_DELETE")
    assert result.stdout.startswith("func-no-delete (breaking, error)\n")
    assert "before:" in result.stdout
    wrong = command("rules", "func-no-delet")
    assert wrong.returncode == 2
    assert "did you mean `func-no-delete`" in wrong.stderr
