"""`wcompose diff` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from check.repositories import Git
from support import REPOSITORY

SHOP = """\
package acme:shop@1.0.0;

interface cart {
  add: func(item: string);
  clear: func();
}
"""
INFERENCE = REPOSITORY / "components/rust/inference/inference.wasm"


@pytest.fixture
def shop(tmp_path: Path) -> Git:
    git = Git(tmp_path / "shop")
    git.write("wit/shop.wit", SHOP)
    git.commit()
    git("tag", "--annotate", "v1", "--message", "one")
    git.write(
        "wit/shop.wit",
        SHOP.replace("  clear: func();", "  count: func() -> u32;").replace("string", "u32"),
    )
    return git


def test_it_says_what_was_added_changed_and_removed(command, shop: Git) -> None:
    result = command("diff", "v1", "wit", cwd=shop.root)
    assert result.returncode == 100
    for words in ("count", "clear", "add"):
        assert words in result.stdout
    assert "version-bump-sufficient" in result.stderr


def test_the_same_contract_has_no_changes(command, shop: Git) -> None:
    for old, new in (("v1", "HEAD"), ("wit", "wit"), (str(INFERENCE), str(INFERENCE))):
        result = command("diff", "--format", "json", old, new, cwd=shop.root)
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout)["changes"] == []


def test_only_what_breaks_and_only_whom(command, shop: Git) -> None:
    def items(*options: str) -> list[str]:
        result = command("diff", "--format", "json", *options, "v1", "wit", cwd=shop.root)
        return [each["item"] for each in json.loads(result.stdout)["changes"]]

    name = "acme:shop/cart"
    everything = {f"{name}.{each}" for each in ("add", "clear", "count")}
    assert {
        item.rsplit(".", 1)[0] if item.count(".") > 1 else item for item in items()
    } >= everything - {f"{name}.add"}
    importers = items("--breaking", "--side", "import")
    assert f"{name}.clear" in importers
    assert f"{name}.count" not in importers
    exporters = items("--breaking", "--side", "export")
    assert f"{name}.count" in exporters
    assert f"{name}.clear" not in exporters
    assert items("--category", "LINK")


def test_a_new_track_carries_everything(command, shop: Git) -> None:
    file = shop.root / "wit/shop.wit"
    file.write_text(file.read_text().replace("1.0.0", "2.0.0"))
    result = command("diff", "v1", "wit", cwd=shop.root)
    assert result.returncode == 0, result.stderr
    assert result.stdout


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("nothing", "wit", 2), ("wit", "nothing", 2), ("v1:nothing", "wit", 1), ("lock", "wit", 1)],
)
def test_exit_codes_of_what_could_not_be_compared(
    command, shop: Git, old: str, new: str, code: int
) -> None:
    result = command("diff", old, new, cwd=shop.root)
    assert result.returncode == code, result.stderr
    assert "hint:" in result.stderr
    assert "Traceback" not in result.stderr
