"""How far the version of a package has to move, and whether it did.

Two versions link when they share a track (Explainer.md, "Canonical Interface Name"; semver.org 2.0.0 for
the order): ``1.2.3`` is on ``1`` and ``0.2.6`` on ``0.2``; ``0.0.3`` and every prerelease stand alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from wcompose.check.model import Bump, Change
from wcompose.contract import Version, parse_version


def required_bump(changes: Iterable[Change]) -> Bump:
    """How far the version has to move for all of the changes."""
    return max((each.bump for each in changes), default=Bump.NONE)


def version_carries(old_version: str, new_version: str, bump: Bump) -> bool:
    """Whether a package that went from one version to another moved as far as it has to.

    Args:
        old_version: the one before; empty for none.
        new_version: the one now; empty for none.
        bump: how far it has to move.

    Returns:
        Also false when the version went down. A version that came or went, or that is none at all,
        makes other names, which nothing built before links to; so it carries everything.
    """
    if old_version == new_version:
        return bump is Bump.NONE
    old, new = parse_version(old_version), parse_version(new_version)
    if old is None or new is None:
        return True
    if new.rank < old.rank:
        return False
    return moved(old, new) >= bump


def next_version(old_version: str, bump: Bump) -> str:
    """The nearest version that carries changes; empty where there is none to start from."""
    old = parse_version(old_version)
    if old is None or old.minor is None or old.patch is None:
        return ""
    if old.prerelease:
        # A prerelease links to nothing but itself: the release carries everything.
        return f"{old.major}.{old.minor}.{old.patch}"
    if bump is Bump.TRACK:
        return f"{old.major + 1}.0.0" if old.major else f"0.{old.minor + 1}.0"
    if bump is Bump.MINOR and old.major:
        return f"{old.major}.{old.minor + 1}.0"
    return f"{old.major}.{old.minor}.{old.patch + 1}"


def moved(old: Version, new: Version) -> Bump:
    """How far a version moved, upwards or downwards."""
    if old.track != new.track:
        return Bump.TRACK
    if old.rank == new.rank:
        # What stands behind a `+` makes no other version.
        return Bump.NONE
    # On `0.y` there is no third number to tell additions from corrections: both move the last one.
    if old.major == 0 or old.minor != new.minor:
        return Bump.MINOR
    return Bump.PATCH
