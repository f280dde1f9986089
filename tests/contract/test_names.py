"""Names, versions and tracks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wcompose.contract import (
    ItemName,
    Version,
    is_extern_name,
    names_match,
    parse_item_name,
    parse_version,
)

# The acceptance table of `wasmparser::names::split_canonical_version`.
TRACKS = {
    "1.2.3": "1",
    "10.0.0": "10",
    "0.2.9": "0.2",
    "0.10.1": "0.10",
    "0.0.1": "0.0.1",
    "0.0.0": "0.0.0",
    "0.2.6-rc.1": "0.2.6-rc.1",
    "1.0.0-alpha": "1.0.0-alpha",
    "1.0.0+build.7": "1",
    "0.2.6+a": "0.2",
    "0.0.1+a": "0.0.1",
    "1.0.0-rc.1+x": "1.0.0-rc.1",
    "1": "1",
    "0.2": "0.2",
}


@pytest.mark.parametrize(("text", "track"), TRACKS.items())
def test_track(text: str, track: str) -> None:
    version = parse_version(text)
    assert version is not None
    assert version.track == track
    assert str(version) == text
    again = parse_version(track)
    assert again is not None
    assert again.track == track


@pytest.mark.parametrize(
    "text",
    ["", "0", "0.0", "1.2", "1.0", "01.2.3", "1.2.03", "1.2.3.4", "1.2.x", "v1.2.3", "1.2.3-",
     "1.2.3+", "1.2.3-a..b", "1.2.3 ", " 1", "1.2.3\n", "٣.0.0", "-1.0.0", "1" * 2000],
)  # fmt: skip
def test_no_version(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("wasi:cli/run@0.2.6", ("wasi", "cli", "run", "0.2.6")),
        ("wasi:cli/run@0.2", ("wasi", "cli", "run", "0.2")),
        ("a:b/c", ("a", "b", "c", None)),
        ("my-space:HTTP-2/get-4", ("my-space", "HTTP-2", "get-4", None)),
        ("a:b:c/d", ("a:b", "c", "d", None)),
    ],
)
def test_item_name(name: str, parts: tuple[str, str, str, str | None]) -> None:
    item = parse_item_name(name)
    assert item is not None
    version = None if item.version is None else str(item.version)
    assert (item.namespace, item.package, item.interface, version) == parts
    assert str(item) == name


@pytest.mark.parametrize(
    "name",
    ["", "run", "a:b", "a/b", "a:b/", ":b/c", "a:b/c@", "a:b/c@x", "a:b/c@1.2", "a:b/c d",
     "a:b/c--d", "a:b/-c", "[method]a.b", "a:b/c\n", "a:" + "b" * 2000 + "/c"],
)  # fmt: skip
def test_no_item_name(name: str) -> None:
    assert parse_item_name(name) is None


@pytest.mark.parametrize(
    ("one", "other", "links"),
    [
        ("a:b/i@0.2.9", "a:b/i@0.2.12", True),
        ("a:b/i@1.2.3", "a:b/i@1.9.0", True),
        ("a:b/i@0.2", "a:b/i@0.2.9", True),
        ("a:b/i@1", "a:b/i@1.0.0+build", True),
        ("a:b/i@0.2.6+a", "a:b/i@0.2.6+b", True),
        ("a:b/i@0.0.1", "a:b/i@0.0.1", True),
        ("a:b/i", "a:b/i", True),
        ("plain", "plain", True),
        ("a:b/i@0.2.0", "a:b/i@0.3.0", False),
        ("a:b/i@2.0.0", "a:b/i@1.0.0", False),
        ("a:b/i@0.0.1", "a:b/i@0.0.2", False),
        ("a:b/i@0.2.6-rc.1", "a:b/i@0.2.6", False),
        ("a:b/i@0.2.6-rc.1", "a:b/i@0.2.6-rc.2", False),
        ("a:b/i", "a:b/i@1.0.0", False),
        ("a:b/i@1.0.0", "a:b/j@1.0.0", False),
        ("a:b/i@1.0.0", "a:c/i@1.0.0", False),
        ("plain", "other", False),
        ("plain", "a:b/plain", False),
    ],
)
def test_names_match(one: str, other: str, *, links: bool) -> None:
    assert names_match(one, other) is links
    assert names_match(other, one) is links


def test_order_of_versions() -> None:
    # The example of semver.org 2.0.0, clause 11.4, with a track before what is on it.
    rising = [
        "a:b/i",
        "a:b/i@0.2",
        "a:b/i@0.2.0-rc.1",
        "a:b/i@0.2.0",
        "a:b/i@0.2.9",
        "a:b/i@0.2.10",
        "a:b/i@1",
        "a:b/i@1.0.0-alpha",
        "a:b/i@1.0.0-alpha.1",
        "a:b/i@1.0.0-alpha.beta",
        "a:b/i@1.0.0-beta",
        "a:b/i@1.0.0-beta.2",
        "a:b/i@1.0.0-beta.11",
        "a:b/i@1.0.0-rc.1",
        "a:b/i@1.0.0",
        "a:b/i@1.0.1",
    ]
    items = [item for each in rising if (item := parse_item_name(each))]
    assert len(items) == len(rising)
    assert all(one.version_rank() < two.version_rank() for one, two in pairwise(items))


IDENTIFIER = st.from_regex(r"[0-9A-Za-z-]{1,6}", fullmatch=True)
VERSIONS = st.builds(
    Version,
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
    st.lists(IDENTIFIER, max_size=2).map(".".join),
    st.lists(IDENTIFIER, max_size=2).map(".".join),
)


@given(VERSIONS)
def test_versions_are_read_as_they_are_written(version: Version) -> None:
    assert parse_version(str(version)) == version
    name = ItemName("a", "b", "i", version)
    assert parse_item_name(str(name)) == name


@given(VERSIONS, VERSIONS, VERSIONS)
def test_linking_is_an_equivalence(one: Version, two: Version, three: Version) -> None:
    names = [str(ItemName("a", "b", "i", each)) for each in (one, two, three)]
    assert names_match(names[0], names[0])
    assert names_match(names[0], names[1]) == names_match(names[1], names[0])
    if names_match(names[0], names[1]) and names_match(names[1], names[2]):
        assert names_match(names[0], names[2])
    if one.rank == two.rank:
        assert names_match(names[0], names[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("store", True),
        ("left-store2", True),
        ("FOO-bar", True),
        ("a-0b", True),
        ("acme:shop/store", True),
        ("acme:shop/store@1.0.0-rc.1", True),
        ("Foo", False),
        ("x_y", False),
        ("two words", False),
        ("-a", False),
        ("acme:shop/store@1", False),
        ("", False),
    ],
)
def test_what_an_import_may_be_called(text: str, expected: bool) -> None:
    assert is_extern_name(text) is expected
