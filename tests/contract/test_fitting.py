"""`fits_world`: everything that keeps a component from standing where a world is wanted.

A case is a file of ``worlds/``: the world `w` as it is wanted, the world `w` of the component, and
the findings. Names of the namespace `wasi` are ambient.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wcompose.contract import Contract, fits_world
from wcompose.report import Finding, Report

from .cases import check, sections

CASES = sorted((Path(__file__).parent / "worlds").glob("*.txt"))


def is_ambient(name: str) -> bool:
    return name.startswith("wasi:")


def told(findings: tuple[Finding, ...]) -> str:
    lines = []
    for each in Report.of(findings):
        place = each.place
        where = f"{Path(place.file).name}:{place.line}:{place.column}-{place.end_column}"
        lines += [f"{each.rule}: {each.message}", f"  at {where} {place.item}"]
        lines += [f"  | {place.source}", f"    {' ' * (place.column - 1)}^"]
        lines += [f"  because {cause}" for cause in each.causes]
        lines += [f"  hint: {each.hint}"]
        lines += [
            f"  {label}: {Path(other.file).name}:{other.line}:{other.column}"
            for label, other in each.related
        ]
    return "".join(f"{line}\n" for line in lines) or "fits\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path, read: Callable[..., Contract]) -> None:
    texts = sections(case)
    wanted, component = (
        read(texts[side], f"{side}.wit").find_world("w") for side in ("wanted", "component")
    )
    found = fits_world(component, wanted, subject="node", ambient=is_ambient)
    check(case, "findings", told(found))
    for world in (wanted, component):
        assert fits_world(world, world) == ()


def test_nothing_is_ambient_unless_told(read: Callable[..., Contract]) -> None:
    wasi = "package wasi:cli@0.2.6 { interface run { run: func(); } }"
    wanted = read(f"package a:b; world w {{}} {wasi}", "wanted.wit").find_world("w")
    component = read(f"package a:b; world w {{ import wasi:cli/run@0.2.6; }} {wasi}").find_world(
        "w"
    )
    assert fits_world(component, wanted, ambient=is_ambient) == ()
    (finding,) = fits_world(component, wanted)
    assert finding.rule == "world-import-extra"
    assert fits_world(wanted, component) == ()  # it may import less
