"""From tables of grants to `GrantsDeclaration`, with every problem found in one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wcompose.errors import ArtifactError
from wcompose.project.grant_reading import KeyPath, Tell, Told, join, read_table
from wcompose.project.grant_rules import grant_conflicts
from wcompose.project.grant_tables import GrantsTable
from wcompose.project.grants import GrantsDeclaration
from wcompose.report import Place
from wcompose.suggest import did_you_mean

JOINED_LIMIT = 50_000
"""Entries of lists of all nodes and profiles at most, each with those of its profiles."""


def load_grants(
    profiles: Mapping[str, GrantsTable],
    nodes: Mapping[str, GrantsTable],
    *,
    root: Path,
    file: str,
    tell: Tell,
) -> dict[str, GrantsDeclaration]:
    """What each node is granted, profiles joined.

    Args:
        profiles: tables of ``[profiles]``.
        nodes: for each node with grants its table.
        root: directory of the project.
        file: name of the project file, for places.
        tell: takes the problems; what is wrong is granted to nobody.
    """
    read = {name: read_table(("profiles", name), table, tell) for name, table in profiles.items()}
    whole: dict[str, Told] = {}
    left = JOINED_LIMIT

    def joined(path: KeyPath, used: Iterable[str], own: Told) -> Told:
        nonlocal left
        parts = [*(whole[each] for each in used), own]
        size = sum(part.size for part in parts)
        if size > left:
            if left >= 0:
                tell(
                    "grants-too-many", path,
                    f"with their profiles, nodes have more than {JOINED_LIMIT:,} grants",
                    hint="grant a directory, a pattern or a network in the place of many entries",
                )  # fmt: skip
            left = -1
            return own
        left -= size
        return join(parts)

    for name, used in _in_order(profiles, tell):
        whole[name] = joined(("profiles", name), used, read[name])
    found: dict[str, GrantsDeclaration] = {}
    for name, table in nodes.items():
        path: KeyPath = ("components", name, "grants")
        used = [each for _, each in _known_profiles(path, table, profiles, tell)]
        told = joined(path, used, read_table(path, table, tell))
        found[name] = told.declaration(Place(file, item=".".join(path)))
        for conflict in grant_conflicts(found[name], root):
            tell(
                conflict.rule, told.path(conflict.key, conflict.index), conflict.message,
                hint=conflict.hint,
            )  # fmt: skip
    return found


def check_rest(
    data: Mapping[str, Any], faulty: Iterable[KeyPath], *, root: Path, tell: Tell
) -> None:
    """Find what else is wrong with the grants of a file that the schema complains about.

    Args:
        data: content of the file.
        faulty: paths of what the schema complains about.
        root: directory of the project.
        tell: takes the problems.
    """
    bad = {path[:size] for path in faulty for size in range(1, len(path) + 1)}
    whole = set(faulty)
    replaced: set[KeyPath] = set()

    def kept(path: KeyPath, value: Any) -> Any:
        """A value whose faulty elements are replaced by others; none if it is at fault itself."""
        if path not in bad:
            return value
        if path in whole or not isinstance(value, list) or path[-1] not in _STAND_INS:
            return None
        found = list(value)
        for index in range(len(found)):
            if (*path, str(index)) in bad:
                found[index] = _STAND_INS[path[-1]]
                replaced.add((*path, str(index)))
        return found

    def tables(key: str, *inner: str) -> Iterator[tuple[str, GrantsTable]]:
        named = data.get(key)
        for name, outer in named.items() if isinstance(named, dict) else ():
            path: KeyPath = (key, name, *inner)
            table = outer
            for step in inner:
                table = table.get(step) if isinstance(table, dict) else None
            items = table.items() if isinstance(table, dict) and path not in whole else ()
            found = {each: kept((*path, each), value) for each, value in items}
            try:
                yield (
                    name,
                    GrantsTable.model_validate(
                        {each: value for each, value in found.items() if value is not None}
                    ),
                )
            except ValidationError:
                yield name, GrantsTable()

    def tell_new(
        rule: str, path: KeyPath, message: str, /, *, of_value: bool = False, hint: str = ""
    ) -> None:
        if not any(path[:size] in replaced for size in range(1, len(path) + 1)):
            tell(rule, path, message, of_value=of_value, hint=hint)

    profiles, nodes = dict(tables("profiles")), dict(tables("components", "grants"))
    load_grants(profiles, nodes, root=root, file="", tell=tell_new)


_STAND_INS: Mapping[str, Any] = {
    "profiles": "x",
    "filesystem": {"host": ".", "guest": "/\ufdd0"},
    "environment": "\ufdd0",
    "arguments": "",
    "http": "https://x",
    "tcp": {"connect": "x", "ports": 1},
    "udp": {"send": "x", "ports": 1},
    "lookup": "x",
    "imports": "x",
}
"""For each list an element that nothing is wrong with: others keep their places, and are checked."""


def grants_from_json(data: Any) -> GrantsDeclaration:
    """What `GrantsDeclaration.to_json` wrote.

    Args:
        data: the parsed JSON.

    Raises:
        ArtifactError: it is nothing that was written so.
    """
    problems: list[str] = []

    def tell(_rule: str, _path: KeyPath, message: str, **_: object) -> None:
        problems.append(message)

    try:
        found = read_table((), GrantsTable.model_validate(data), tell).declaration(Place())
    except ValidationError as error:
        problems += [str(each["msg"]).lower() for each in error.errors(include_url=False)]
    if problems:
        raise ArtifactError.of(
            "grants-damaged", "what is recorded as granted cannot be read", causes=problems[:20]
        )
    return found


def _known_profiles(
    path: KeyPath, table: GrantsTable, profiles: Mapping[str, GrantsTable], tell: Tell
) -> list[tuple[int, str]]:
    known = []
    for index, name in enumerate(table.profiles):
        if name in profiles:
            known.append((index, name))
            continue
        tell(
            "unknown-profile", (*path, "profiles", str(index)), f"no profile is called `{name}`",
            of_value=True,
            hint=did_you_mean(name, profiles) or f"add a table `[profiles.{name}]`",
        )  # fmt: skip
    return known


def _in_order(profiles: Mapping[str, GrantsTable], tell: Tell) -> list[tuple[str, list[str]]]:
    """Each profile with those that it has, behind all of those; what closes a circle is left out."""
    used = {
        name: _known_profiles(("profiles", name), table, profiles, tell)
        for name, table in profiles.items()
    }
    kept: dict[str, list[str]] = {name: [] for name in profiles}
    order: list[str] = []
    done: set[str] = set()
    for start in sorted(profiles):
        trail = [] if start in done else [start]
        waiting = [iter(used[start])]
        while trail:
            name = trail[-1]
            index, child = next(waiting[-1], (0, None))
            if child is None:
                order.append(name)
                done.add(name)
                trail.pop()
                waiting.pop()
            elif child in trail:
                circle = [*trail[trail.index(child) :], child]
                tell(
                    "cyclic-profiles", ("profiles", name, "profiles", str(index)),
                    f"`{child}` contains itself: " + " → ".join(f"`{each}`" for each in circle),
                    of_value=True,
                    hint="take one of them out",
                )  # fmt: skip
            else:
                kept[name].append(child)
                if child not in done:
                    trail.append(child)
                    waiting.append(iter(used[child]))
    return [(name, kept[name]) for name in order]
