"""Names of imports and exports, and when one version of an interface stands for another.

Sources of the rules: Explainer.md of the Component Model, "Import and Export Definitions" and
"Canonical Interface Name"; ``wasmparser::names::split_canonical_version`` for tracks; semver.org
2.0.0, clause 11, for the order of versions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

_WORD = r"(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)"
_WORDS = rf"{_WORD}(?:-(?:[a-z0-9]+|[A-Z0-9]+))*"
_LABEL = r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*"
_NAME = re.compile(
    rf"(?P<namespace>{_LABEL}(?::{_LABEL})*):(?P<package>{_LABEL})"
    rf"/(?P<interface>{_LABEL}(?:/{_LABEL})*)(?:@(?P<version>.+))?"
)
_NUMBER = r"0|[1-9][0-9]{0,19}"
_IDENTIFIERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_FULL_VERSION = re.compile(
    rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})"
    rf"(?:-(?P<prerelease>{_IDENTIFIERS}))?(?:\+(?P<build>{_IDENTIFIERS}))?"
)
_TRACK = re.compile(r"(?P<major>[1-9][0-9]{0,19})|0\.(?P<minor>[1-9][0-9]{0,19})")
_LONGEST_NAME = 1024
"""Characters; no tool writes a longer name, and reading one is not worth the time."""

VersionRank: TypeAlias = tuple[bool, int, int, int, bool, tuple[tuple[bool, int, str], ...]]
"""A key that sorts versions."""


@dataclass(frozen=True)
class Version:
    """A version as names spell it: a full one such as ``0.2.9``, or a track: ``0.2``, ``1``.

    Attributes:
        major: the first number.
        minor: the second number; none in a track such as ``1``.
        patch: the third number; none in a track.
        prerelease: what stands behind the ``-``, empty for a release.
        build: what stands behind the ``+``; it takes no part in any comparison.
    """

    major: int
    minor: int | None = None
    patch: int | None = None
    prerelease: str = ""
    build: str = ""

    def __str__(self) -> str:
        numbers = [each for each in (self.major, self.minor, self.patch) if each is not None]
        text = ".".join(map(str, numbers))
        if self.prerelease:
            text += f"-{self.prerelease}"
        if self.build:
            text += f"+{self.build}"
        return text

    @property
    def track(self) -> str:
        """What versions must share to link, as a canonical name spells it.

        ``1.2.3`` is on ``1`` and ``0.2.6`` on ``0.2``; ``0.0.3`` and every prerelease stand alone.
        """
        if not self.prerelease and self.major:
            return str(self.major)
        if not self.prerelease and self.minor:
            return f"0.{self.minor}"
        return str(Version(self.major, self.minor, self.patch, self.prerelease))

    @property
    def rank(self) -> VersionRank:
        """Sorts versions by precedence; a bare track comes before every version on it."""
        unknown = -1
        return (
            True,
            self.major,
            unknown if self.minor is None else self.minor,
            unknown if self.patch is None else self.patch,
            not self.prerelease,
            tuple(map(_identifier_rank, self.prerelease.split("."))) if self.prerelease else (),
        )


@dataclass(frozen=True)
class ItemName:
    """``namespace:package/interface@version``, taken apart."""

    namespace: str
    package: str
    interface: str
    version: Version | None = None

    def __str__(self) -> str:
        return self._spelt("" if self.version is None else str(self.version))

    @property
    def on_track(self) -> str:
        """The canonical spelling, with the track for the version: equal where versions link."""
        return self._spelt("" if self.version is None else self.version.track)

    def _spelt(self, version: str) -> str:
        name = f"{self.namespace}:{self.package}/{self.interface}"
        return f"{name}@{version}" if version else name

    def same_interface(self, other: ItemName) -> bool:
        """Whether both name the same interface, whatever the versions."""
        return (self.namespace, self.package, self.interface) == (
            other.namespace,
            other.package,
            other.interface,
        )

    def matches(self, other: ItemName) -> bool:
        """Whether an import of one name may be filled by an export of the other.

        They do on one version track, or when neither has a version.
        """
        return self.on_track == other.on_track

    def version_rank(self) -> VersionRank:
        """Sorts names of one interface by version; none comes first."""
        return (False, 0, 0, 0, False, ()) if self.version is None else self.version.rank


@lru_cache(maxsize=4096)
def parse_item_name(text: str) -> ItemName | None:
    """Take the name of an interface or a world apart; none for a plain name or a broken one."""
    match = _NAME.fullmatch(text) if len(text) <= _LONGEST_NAME else None
    if match is None:
        return None
    version = None
    if match["version"] is not None:
        version = parse_version(match["version"])
        if version is None:
            return None
    return ItemName(match["namespace"], match["package"], match["interface"], version)


def parse_version(text: str) -> Version | None:
    """Take ``1.2.3``, ``0.2.6-rc.1+build`` or a track apart; none when it is neither."""
    if len(text) > _LONGEST_NAME:
        return None
    if match := _FULL_VERSION.fullmatch(text):
        return Version(
            int(match["major"]),
            int(match["minor"]),
            int(match["patch"]),
            match["prerelease"] or "",
            match["build"] or "",
        )
    if match := _TRACK.fullmatch(text):
        return Version(int(match["major"])) if match["major"] else Version(0, int(match["minor"]))
    return None


def is_extern_name(text: str) -> bool:
    """Whether an import or an export may be called so: ``left-store``, ``acme:shop/store@1.0.0``.

    Each word of a plain name is in lower or in upper case (Explainer.md, "Import and Export
    Definitions", ``label``).
    """
    if len(text) > _LONGEST_NAME:
        return False
    if ":" not in text:
        return bool(re.fullmatch(_WORDS, text))
    item = parse_item_name(text)
    return item is not None and (item.version is None or item.version.patch is not None)


def on_track(name: str) -> str:
    """A name with its version's track; plain names as they are."""
    item = parse_item_name(name)
    return name if item is None else item.on_track


def names_match(import_name: str, export_name: str) -> bool:
    """Whether an export of that name may fill an import of that name."""
    return import_name == export_name or on_track(import_name) == on_track(export_name)


def _identifier_rank(identifier: str) -> tuple[bool, int, str]:
    # Numbers compare as numbers and come before words (semver.org, clause 11.4).
    return (False, int(identifier), "") if identifier.isdigit() else (True, 0, identifier)
