"""`THIRD-PARTY.md` names whose work the prebuilt parts contain, and the package has it."""

from __future__ import annotations

import re

import pytest
import tomli
from support import REPOSITORY

PAGE = (REPOSITORY / "THIRD-PARTY.md").read_text("utf-8")
LOCKED = {
    (package["name"], package["version"])
    for package in tomli.loads((REPOSITORY / "components/rust/Cargo.lock").read_text("utf-8"))[
        "package"
    ]
}
SHIPPED, _, REST = PAGE.partition("## In the package\n")[2].partition(
    "\n## In this repository only\n"
)
LISTED = REST.partition("\n## Texts\n")[0]
IN_STANDARD_LIBRARY = {"dlmalloc", "rustc-demangle", "hashbrown"}
"""Crates of which Rust's standard library is made; their versions come with the compiler."""

_ROW = re.compile(r"^\| ([\w-]+) \| (\d[^ |]*) \| ([^|]+) \|", re.MULTILINE)
_SOURCE = re.compile(rb"/cargo/registry/src/[^/]+/([a-zA-Z0-9_-]+?)-(\d+\.[^/]+)/")


def works(table: str) -> dict[tuple[str, str], str]:
    return {(name, version): licence for name, version, licence in _ROW.findall(table)}


def test_every_crate_is_one_that_is_built_with() -> None:
    assert len(works(SHIPPED)) > 50
    assert (works(SHIPPED) | works(LISTED)).keys() <= LOCKED


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("src/wcompose/engine/engine.wasm", SHIPPED),
        ("components/rust/inference/inference.wasm", LISTED),
    ],
    ids=["engine", "inference"],
)
def test_what_a_binary_says_of_its_sources_is_listed(file: str, table: str) -> None:
    found = {
        (name.decode(), version.decode())
        for name, version in _SOURCE.findall((REPOSITORY / file).read_bytes())
    }
    assert len(found) > 20
    missing = {each for each in found if each[0] not in IN_STANDARD_LIBRARY} - works(table).keys()
    assert not missing


def test_a_licence_that_asks_for_its_text_has_it() -> None:
    texts = PAGE.partition("\n## Texts\n")[2]
    headings = {
        name for line in re.findall(r"^### (.*)$", texts, re.MULTILINE) for name in line.split(", ")
    }
    for (name, version), licence in (works(SHIPPED) | works(LISTED)).items():
        offered = licence.split(" AND ")
        if not all("Apache-2.0" in part for part in offered):
            assert f"{name} {version}" in headings, licence
    assert texts.count("```text\n") * 2 == texts.count("```")


def test_every_prebuilt_file_of_the_package_is_accounted_for() -> None:
    """A part that `scripts/rebuild.py` does not know would be on no list."""
    record = tomli.loads((REPOSITORY / "components/prebuilt.toml").read_text("utf-8"))
    recorded = {part["file"] for part in record.values()}
    package = REPOSITORY / "src"
    assert {file.relative_to(REPOSITORY).as_posix() for file in package.rglob("*.wasm")} <= recorded


def test_the_package_has_the_page() -> None:
    project = tomli.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    assert set(project["project"]["license-files"]) == {"LICENSE", "THIRD-PARTY.md"}
