"""`wcompose bindings python-host` as a person runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import REPOSITORY, Command

SHOP = Path(__file__).parent / "wit" / "shop"
CLASHES = Path(__file__).parent / "wit" / "clashes"
ECHO = REPOSITORY / "tests" / "runtime" / "components" / "echo-rust.wasm"


def test_it_writes_a_package_and_then_nothing_more(command: Command, tmp_path: Path) -> None:
    result = command("bindings", "python-host", SHOP, "-o", tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    package = tmp_path / "shop_host"
    assert sorted(each.name for each in package.iterdir()) == [
        *("__init__.py", "__init__.pyi", "_bindings.py", "cart.py", "cart.pyi"),
        *("money.py", "money.pyi", "py.typed", "stock.py", "stock.pyi"),
    ]
    assert "shop_host: 10 files changed, 0 up to date" in result.stderr
    before = {each: each.stat().st_mtime_ns for each in package.iterdir()}
    result = command("bindings", "python-host", SHOP, "-o", tmp_path)
    assert "0 files changed, 10 up to date" in result.stderr
    assert {each: each.stat().st_mtime_ns for each in package.iterdir()} == before


def test_check_lists_what_is_not_up_to_date(command: Command, tmp_path: Path) -> None:
    arguments = ("bindings", "python-host", SHOP, "-o", tmp_path, "--check")
    result = command(*arguments)
    assert result.returncode == 100
    assert len(result.stdout.splitlines()) == 10
    assert not (tmp_path / "shop_host").exists()
    command(*arguments[:-1])
    result = command(*arguments)
    assert (result.returncode, result.stdout) == (0, "")
    package = tmp_path / "shop_host"
    (package / "cart.pyi").write_text((package / "cart.pyi").read_text() + "# more\n")
    (package / "money.py").unlink()
    (package / "gone.py").write_bytes((package / "cart.py").read_bytes())
    result = command(*arguments)
    assert result.returncode == 100
    assert result.stdout.splitlines() == [
        str(package / name) for name in ("cart.pyi", "gone.py", "money.py")
    ]


def test_files_of_an_earlier_world_go_and_those_of_others_stay(
    command: Command, tmp_path: Path
) -> None:
    options = ("--name", "mine", "-o", tmp_path)
    assert command("bindings", "python-host", CLASHES, *options).returncode == 0
    package = tmp_path / "mine"
    (package / "helpers.py").write_text("HELP = 1\n")
    assert command("bindings", "python-host", SHOP, *options).returncode == 0
    names = {each.name for each in package.iterdir()}
    assert "words.pyi" not in names
    assert {"helpers.py", "cart.py"} <= names


def test_a_file_that_is_not_ours_is_not_written_over(command: Command, tmp_path: Path) -> None:
    package = tmp_path / "shop_host"
    package.mkdir()
    (package / "stock.py").write_text("precious = True\n")
    result = command("bindings", "python-host", SHOP, "-o", tmp_path)
    assert result.returncode == 2
    assert "was not made by `wcompose bindings`" in result.stderr
    assert [each.name for each in package.iterdir()] == ["stock.py"]
    assert (package / "stock.py").read_text() == "precious = True\n"


def test_a_component_is_called_after_its_file(command: Command, tmp_path: Path) -> None:
    result = command("bindings", "python-host", ECHO, "-o", tmp_path)
    assert result.returncode == 0, result.stderr
    text = (tmp_path / "echo_rust_host" / "__init__.pyi").read_text()
    assert "class EchoRust:" in text
    assert "def counters(self) -> _counters_Exports:" in text


def test_a_project_is_built_and_documented(
    command: Command, flagship: Path, tmp_path: Path
) -> None:
    result = command("bindings", "python-host", REPOSITORY, "-o", tmp_path)
    assert result.returncode == 0, result.stderr
    package = tmp_path / "digits_host"
    assert "class Digits:" in (package / "__init__.pyi").read_text()
    stub = (package / "handler.pyi").read_text()
    assert '"""Answer a request. Every failure is a response; there is no error."""' in stub
    # The world of a node, which imports from others.
    result = command("bindings", "python-host", REPOSITORY, "-w", "data", "-o", tmp_path)
    assert result.returncode == 0, result.stderr
    assert "class DataImports(Protocol):" in (tmp_path / "data_host" / "__init__.pyi").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.wit"], 2, "does not exist"),
        ([str(SHOP), "-w", "shoop"], 1, "did you mean `shop`"),
        ([str(SHOP), "--name", "not-a-name"], 2, "is no name for a Python package"),
        ([str(SHOP), "--name", "class"], 2, "is no name for a Python package"),
        ([str(ECHO), "-w", "echo"], 2, "it has one world"),
        ([str(ECHO.parent.parent / "wit")], 1, "name one of"),
    ],
)
def test_mistakes_are_told(
    command: Command, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    result = command("bindings", "python-host", *arguments, cwd=tmp_path)
    assert result.returncode == code, result.stderr
    assert words in result.stderr
    assert list(tmp_path.iterdir()) == []
