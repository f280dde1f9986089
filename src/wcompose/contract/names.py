"""Names of interfaces, and which versions of them mean the same.

Rules from the Component Model's Explainer.md, "Canonical Interface Name", as `wasmparser`
(``names::split_canonical_version``) implements them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NAME = re.compile(
    r"(?P<namespace>[a-z][a-z0-9-]*(?::[a-z][a-z0-9-]*)*):(?P<package>[a-zA-Z][a-zA-Z0-9-]*)"
    r"/(?P<interface>[a-zA-Z][a-zA-Z0-9-]*(?:/[a-zA-Z][a-zA-Z0-9-]*)*)(?:@(?P<version>.+))?"
)
_VERSION = re.compile(
    r"(?P<major>0|[1-9]\d*)(?:\.(?P<minor>0|[1-9]\d*)(?:\.(?P<patch>0|[1-9]\d*)"
    r"(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+(?P<build>[0-9A-Za-z.-]+))?)?)?"
)


@dataclass(frozen=True)
class Version:
    """A version of a package: full (``0.2.9``) or canonical (``0.2``, ``1``).

    Attributes:
        text: as it is written.
        numbers: major, minor and patch; as many as are written.
        pre: identifiers of the pre-release, empty when there are none.
    """

    text: str
    numbers: tuple[int, ...]
    pre: tuple[str, ...] = ()

    @property
    def track(self) -> str:
        """What versions must share to link: ``1``, ``0.2``; the exact version below that.

        Build metadata is no part of it on a track, and a pre-release is only ever itself.
        """
        major, minor, patch = (*self.numbers, 0, 0)[:3]
        if self.pre:
            return f"{major}.{minor}.{patch}-{'.'.join(self.pre)}"
        if major:
            return str(major)
        return f"0.{minor}" if minor else self.text

    @property
    def rank(self) -> tuple[object, ...]:
        """Sorts versions as semver.org, clause 11 has it: a pre-release before its release."""
        pre = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre)
        return ((*self.numbers, 0, 0)[:3], not self.pre, pre)


@dataclass(frozen=True)
class ItemName:
    """``namespace:package/interface@version``, taken apart."""

    namespace: str
    package: str
    interface: str
    version: Version | None

    def same_interface(self, other: ItemName) -> bool:
        """Whether both name the same interface, whatever the version."""
        return (self.namespace, self.package, self.interface) == (
            other.namespace,
            other.package,
            other.interface,
        )

    def matches(self, other: ItemName) -> bool:
        """Whether an import of this name may be filled by an export of the other."""
        if not self.same_interface(other):
            return False
        if self.version is None or other.version is None:
            return self.version is other.version
        return self.version.track == other.version.track

    def version_rank(self) -> tuple[object, ...]:
        """Sorts names of one interface by version."""
        return () if self.version is None else self.version.rank

    @property
    def on_track(self) -> str:
        """The name with its track in the place of its version: equal where versions link."""
        name = f"{self.namespace}:{self.package}/{self.interface}"
        return name if self.version is None else f"{name}@{self.version.track}"


@lru_cache(maxsize=4096)
def parse_item_name(text: str) -> ItemName | None:
    """Take an interface's name apart; none for a plain name."""
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    version = None
    if match["version"] is not None:
        version = parse_version(match["version"])
        if version is None:
            return None
    return ItemName(match["namespace"], match["package"], match["interface"], version)


def parse_version(text: str) -> Version | None:
    """Take a version apart; none when it is not one."""
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    numbers = tuple(int(match[part]) for part in ("major", "minor", "patch") if match[part])
    pre = tuple(match["pre"].split(".")) if match["pre"] else ()
    return Version(text, numbers, pre)


def on_track(name: str) -> str:
    """A name with its version's track; plain names as they are."""
    item = parse_item_name(name)
    return name if item is None else item.on_track
