"""Rules about packages, files and what a package depends on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from wcompose.check.lint_items import Found, LintedPackage, joined
from wcompose.contract.names import ItemName, parse_item_name
from wcompose.report import Place

_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_COMMON_FILES = frozenset({"deps", "main", "package", "world", "worlds"})
"""Names of files that say what they hold in another way."""


def package_versioned(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    version = package.version
    if version is None:
        yield Found(
            f"`{package.stem}` has no version",
            package.stem,
            package.header,
            f"write `package {package.stem}@0.1.0;`",
        )
    elif version.prerelease:
        yield Found(
            f"`{package.contract.package}` is a prerelease, which links to nothing but itself",
            package.stem,
            package.header,
            "release it before others build on it",
            key="prerelease",
        )


def package_directory(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for file in package.outlines:
        for name, place in file.nested:
            stem = name.partition("@")[0]
            yield Found(
                f"`{name}` is written inside of `{file.package or package.contract.package}`",
                stem,
                place,
                f"move it to `deps/{stem.replace(':', '-')}.wit`",
                key=name,
            )


def file_name(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    files = package.outlines
    for each in files:
        stem = PurePath(each.file).stem
        place = each.items[0][2] if each.items else each.package_place
        place = Place(each.file, place.line, place.column, place.end_column, source=place.source)
        item = f"{package.stem}/{each.items[0][1]}" if each.items else package.stem
        if not _KEBAB.fullmatch(stem):
            yield Found(
                f"the file name `{stem}` is not lower-case words joined by hyphens",
                item,
                place,
                f"rename it to `{_kebab(stem)}.wit`",
                key="kebab",
            )
            continue
        if len(files) == 1 or len(each.items) != 1:
            # Several things have a name in common at most: `stdio` for `stdin` and `stdout`.
            continue
        ((kind, name, _),) = each.items
        known = {name.lower(), *_COMMON_FILES, package.stem.rpartition(":")[2].lower()}
        if stem not in known:
            yield Found(
                f"`{stem}.wit` holds {kind} `{name}` and nothing else",
                item,
                place,
                f"rename it to `{name.lower()}.wit`",
                key="name",
            )


def _kebab(stem: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", stem)
    return re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-") or "types"


def dep_versioned(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    for stem in _foreign_stems(package):
        names = [each for each in _known_packages(package) if _stem(each) == stem]
        if any(each.version is None for each in names):
            place = _first_mention(package, stem)
            yield Found(
                f"`{stem}` is used without a version",
                stem,
                place,
                f"give it one in its `package` line, and write `{stem}/…@0.1.0` here",
            )


def dep_single_track_version(package: LintedPackage) -> Iterator[Found]:
    """See the table."""
    tracks: dict[tuple[str, str], dict[str, ItemName]] = {}
    for name in _known_packages(package):
        if name.version is not None:
            versions = tracks.setdefault((_stem(name), name.version.track), {})
            versions.setdefault(str(name.version), name)
    for (stem, track), versions in tracks.items():
        if len(versions) > 1:
            ordered = sorted(versions, key=lambda text: versions[text].version_rank())
            yield Found(
                f"`{stem}` is there in {len(versions)} versions of one track: {joined(ordered)}",
                stem,
                _first_mention(package, stem),
                f"keep {ordered[-1]} only: versions of track {track} stand for each other",
                key=track,
            )


def _known_packages(package: LintedPackage) -> list[ItemName]:
    names = (*package.contract.interfaces, *package.contract.worlds)
    return [item for name in names if (item := parse_item_name(name)) is not None]


def _stem(name: ItemName) -> str:
    return f"{name.namespace}:{name.package}"


def _foreign_stems(package: LintedPackage) -> list[str]:
    """Other packages that the package itself refers to, in order."""
    found = [each.package for each in package.mentions if each.package]
    for _, type_ in package.uses:
        source = type_.definition
        owner = getattr(source, "owner", None)
        if owner is not None and "/" in owner.name:
            found.append(owner.name.partition("/")[0])
    for world in package.worlds:
        found += [
            name.partition("/")[0] for name in (*world.imports, *world.exports) if "/" in name
        ]
    return [each for each in dict.fromkeys(found) if each != package.stem]


def _first_mention(package: LintedPackage, stem: str) -> Place:
    for each in package.mentions:
        if each.package == stem:
            return each.place
    return package.header
