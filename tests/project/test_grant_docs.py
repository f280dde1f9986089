"""The page on granting says what is so: its project loads, and its errors are the ones that are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.text import Text
from support import REPOSITORY

from wcompose.cli.granting import GrantOptions, run_grants
from wcompose.cli.render import finding_lines
from wcompose.engine import Engine
from wcompose.errors import ProjectError
from wcompose.grants.answers import refusal
from wcompose.project import load_project

PAGE = REPOSITORY / "docs" / "how-to" / "grant-permissions.md"
_BLOCK = re.compile(r"```toml\n(?P<text>.*?)```\n(?:\n```text\n(?P<shown>.*?)```\n)?", re.DOTALL)


def write_project(root: Path, text: str) -> Path:
    (root / "wit").mkdir()
    (root / "reports").mkdir()
    (root / "orders.wasm").write_bytes(b"\0asm")
    file = root / "wcompose.toml"
    file.write_text(text, "utf-8")
    return file


def test_the_project_of_the_page_is_read(tmp_path: Path, engine: Engine) -> None:
    blocks = [found for found in _BLOCK.finditer(PAGE.read_text("utf-8")) if not found["shown"]]
    file = write_project(tmp_path, "\n".join(found["text"] for found in blocks))
    grants = {
        node.name: node.grants.to_json() for node in load_project(file, engine.locate_toml).nodes
    }
    program = {"clocks": "real", "random": "real", "stderr": "inherit"}
    assert grants == {
        "orders": {
            **program,
            "tcp": [{"connect": "db.example.com", "ports": "5432"}],
            "environment": [{"name": "PGPASSWORD"}, {"name": "PGUSER", "value": "orders"}],
        },
        "reports": {
            **program,
            "filesystem": [
                {"host": "data/templates", "guest": "/templates", "write": False},
                {"host": "../out", "guest": "/out", "write": True},
            ],
            "stdout": "prefix",
        },
    }


def test_the_error_of_the_page_is_the_error(tmp_path: Path, engine: Engine) -> None:
    first, *_, last = _BLOCK.finditer(PAGE.read_text("utf-8"))
    file = write_project(tmp_path, f"{first['text']}\n{last['text']}")
    with pytest.raises(ProjectError) as caught:
        load_project(file, engine.locate_toml)
    lines: list[Text] = []
    for finding in caught.value.findings:
        lines += finding_lines(finding)
    shown = "\n".join(line.plain for line in lines).replace(f"{tmp_path}/", "") + "\n"
    assert last["shown"] == shown


def test_the_trap_of_the_page_is_worded_so() -> None:
    told = refusal("orders", "wasi:random/random@0.2.0", "get-random-bytes")
    assert f"\n    {told}\n" in PAGE.read_text("utf-8")


def test_the_options_of_the_page_are_read() -> None:
    found = run_grants(
        GrantOptions(directories=["orders:seed::/seed"], tcp=["orders:[::1]:5432", ":orders:80"]),
        {"orders", "reports"},
        Path("/here"),
    )
    assert [node for node, _ in found] == ["orders", "orders", None]


def test_links_lead_somewhere() -> None:
    (link,) = re.findall(r"\]\(([^)#]*)#([^)]*)\)", PAGE.read_text("utf-8"))
    target = (PAGE.parent / link[0]).read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", target, re.MULTILINE)
    assert link[1] in {re.sub(r"[^a-z0-9 -]", "", each.lower()) for each in headings}
