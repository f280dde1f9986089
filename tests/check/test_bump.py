"""Versions that carry changes."""

from __future__ import annotations

import pytest

from wcompose.check.bump import next_version, version_carries
from wcompose.check.model import Bump

BUMPS = (Bump.PATCH, Bump.MINOR, Bump.TRACK)


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ("1.2.3", ("1.2.4", "1.3.0", "2.0.0")),
        ("0.2.6", ("0.2.7", "0.2.7", "0.3.0")),
        ("0.0.3", ("0.0.4", "0.0.4", "0.1.0")),
        ("1.0.0-rc.1", ("1.0.0", "1.0.0", "1.0.0")),
        ("", ("", "", "")),
    ],
)
def test_the_nearest_version_that_carries(old: str, expected: tuple[str, ...]) -> None:
    found = tuple(next_version(old, bump) for bump in BUMPS)
    assert found == expected
    for bump, version in zip(BUMPS, found, strict=True):
        assert not version or version_carries(old, version, bump)
