"""Reading what nodes are granted and need: of projects, compositions, and git revisions of both."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from wcompose.build import draft_project
from wcompose.check.baseline import exists
from wcompose.check.grant_changes import compare_grants
from wcompose.check.grant_rules import BY_ID
from wcompose.check.model import Checked, Judgement
from wcompose.check.rules import RULES
from wcompose.check.settings import Settings, read_settings
from wcompose.check.suppress import Suppressions
from wcompose.contract import Contract, parse_item_name
from wcompose.errors import ArtifactError, UsageError, UserError
from wcompose.grants.needed import Needed
from wcompose.grants.needs import Needs, needs_of
from wcompose.grants.section import read_section
from wcompose.grants.table import GrantsTable, NodeGrants
from wcompose.project import PROJECT_FILE, Project, find_project, load_project
from wcompose.project.granting import grants_from_json
from wcompose.project.grants import GrantsDeclaration
from wcompose.project.revision import grants_in
from wcompose.report import Level, Place

if TYPE_CHECKING:
    from wcompose.engine import Engine
    from wcompose.progress import Reporter
    from wcompose.project.load import Places

_GIT = "git:"


@dataclass(frozen=True)
class Tools:
    """What reading works with.

    Attributes:
        engine: reads components.
        cache: directory of components built earlier.
        reporter: hears about progress.
    """

    engine: Engine
    cache: Path
    reporter: Reporter


def read_grants(target: Path, tools: Tools, *, analyse: bool = False) -> GrantsTable:
    """What every node of a target needs and is granted.

    Args:
        target: a project, or a component binary.
        tools: what it is read with; nodes of a project that were never built are built.
        analyse: look at the code of each node, and not only at what it imports.

    Raises:
        UserError: it cannot be read; for a composition, its code cannot be told by node.
    """
    if is_project(target):
        return _of_project(
            load_project(find_project(target), tools.engine.locate_toml), target, tools, analyse
        )
    return _of_binary(target, str(target), tools.engine, analyse)


def is_project(target: Path) -> bool:
    """Whether a path is meant as a project."""
    return target.is_dir() or target.suffix == ".toml"


def compare_with(
    old: str, target: Path, tools: Tools, *, today: date, analyse: bool = False
) -> Checked:
    """Judge what a target is granted and needs against what it was and did.

    Args:
        old: a project, a component binary, ``REVISION`` or ``REVISION:PATH``.
        target: a project, or a component binary.
        tools: what they are read with.
        today: the date that decides which suppressions have expired.
        analyse: compare what the code of nodes reaches too; where that cannot be told of both, a note
            says so.

    Raises:
        UsageError: one of them means nothing.
        UserError: one of them cannot be read.
    """
    settings = read_settings_of(target, tools.engine)
    if is_project(target) and not analyse:
        file = find_project(target)
        new = _declared(file.read_bytes() if file.is_file() else b"", str(file))
    else:
        new = read_grants(target, tools, analyse=analyse)
    before = _Baseline(tools, target, analyse=analyse).read(old)
    judgements = list(compare_grants(before, new, _locator(target, tools.engine)))
    if analyse and any(node.needs is None for node in before.nodes):
        rule = BY_ID["need-unknown"]
        judgements.append(
            Judgement(
                rule,
                f"what the nodes of `{before.subject}` need is not known",
                level=rule.level,
                hint="compare with a directory that holds the project as it was",
            )
        )
    suppressions = Suppressions({}, settings, RULES, today)
    kept = suppressions.keep(judgements)
    return Checked.of(kept, [new.subject], suppressions.count)


def read_settings_of(target: Path, engine: Engine) -> Settings:
    """What a project says of rules; the usual for what is none."""
    from wcompose.project import CheckDeclaration

    if not is_project(target):
        return read_settings(CheckDeclaration(), RULES)
    project = load_project(find_project(target), engine.locate_toml)
    places = _places(project.file, engine)

    def locate(path: tuple[str, ...]) -> Place:
        found = places().get(("check", *path))
        return Place(str(project.file)) if found is None else found[1]

    return read_settings(project.check, RULES, locate)


def _places(file: Path, engine: Engine) -> Callable[[], Places]:
    @cache
    def places() -> Places:
        try:
            return engine.locate_toml(str(file), file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            return {}

    return places


def _locator(target: Path, engine: Engine) -> Callable[[str, str], Place]:
    """Where a node's grant stands: its key, or else its table, or else the node's."""
    if not is_project(target):
        return lambda _node, _key: Place(str(target))
    file = find_project(target)
    places = _places(file, engine)

    def locate(node: str, key: str) -> Place:
        path = ("components", node, "grants", key)
        for size in range(len(path), 1, -1):
            if (found := places().get(path[:size])) is not None:
                return found[0]
        return Place(str(file))

    return locate


def _of_project(project: Project, target: Path, tools: Tools, analyse: bool) -> GrantsTable:
    draft = draft_project(project, engine=tools.engine, cache=tools.cache, reporter=tools.reporter)
    left: dict[str, list[str]] = {}
    for outside in draft.graph.outsides:
        if outside.is_host:
            left.setdefault(outside.importer, []).append(outside.import_name)

    @cache
    def analysed(path: Path) -> Needed:
        return Needed.from_json(tools.engine.needed(path))

    grants = {node.name: node.grants for node in project.nodes}
    nodes = [
        NodeGrants(
            node.name,
            grants.get(node.name, GrantsDeclaration()),
            needs_of(
                node.component.world,
                left.get(node.name, ()),
                analysed(node.component.path) if analyse else None,
            ),
        )
        for node in draft.graph.nodes
    ]
    return _table(str(target), nodes, analyse=analyse)


def _table(subject: str, nodes: list[NodeGrants], *, analyse: bool) -> GrantsTable:
    return GrantsTable(subject, tuple(sorted(nodes, key=lambda node: node.name)), analyse)


def _declared(data: bytes, label: str) -> GrantsTable:
    """What a project file says, without looking at any component."""
    grants = grants_in(data, label)
    return _table(label, [NodeGrants(*each) for each in grants.items()], analyse=False)


def _of_binary(file: Path, label: str, engine: Engine, analyse: bool) -> GrantsTable:
    identity = engine.identify(file)
    contract = Contract.from_json(engine.decode(file), {})
    section = read_section(engine.describe(file)) if identity.kind == "component" else None
    if section is None:
        world = contract.world
        if world is None:
            raise AssertionError("a component has a world")
        analysis = Needed.from_json(engine.needed(file)) if analyse else None
        node = NodeGrants(
            PurePosixPath(label).stem,
            GrantsDeclaration(),
            needs_of(world, world.imports, analysis),
            is_gated=False,
        )
        return _table(label, [node], analyse=analyse)
    if analyse:
        raise UsageError.of(
            "needs-of-composition",
            f"`{label}` is a composition, whose code cannot be told by node",
            hint="name the project that it was built from, or one of its components",
        )
    try:
        grants = {name: grants_from_json(each) for name, each in section.nodes.items()}
    except ArtifactError as error:
        raise ArtifactError(
            [replace(each, message=f"`{label}`: {each.message}") for each in error.findings]
        ) from None
    needs = _needs_in(engine.structure(file), set(grants))
    nodes = [NodeGrants(name, each, needs.get(name)) for name, each in grants.items()]
    return _table(label, nodes, analyse=False)


def _needs_in(structure: Mapping[str, Any], nodes: set[str]) -> dict[str, Needs]:
    """What each node of a composition imports of what gates or the host give it."""
    components = structure["components"]
    instances = components[0]["instances"]
    found: dict[str, Needs] = {}
    for made in instances:
        name, index = made["name"], made["component"]
        if name not in nodes or index is None or components[index]["contract"] is None:
            continue
        world = Contract.from_json(components[index]["contract"], {}).world
        if world is None:
            continue
        left = []
        for argument in made["arguments"]:
            source = argument["source"] or {}
            giver = source.get("instance")
            is_node = giver is not None and instances[giver]["name"] in nodes
            item = parse_item_name(argument["name"])
            if not is_node and item is not None:
                left.append(argument["name"])
        found[name] = needs_of(world, left)
    return found


class _Baseline:
    """Reads what is compared with."""

    def __init__(self, tools: Tools, target: Path, *, analyse: bool) -> None:
        self._tools = tools
        self._target = target
        self._analyse = analyse

    def read(self, text: str) -> GrantsTable:
        if not text.startswith(_GIT) and exists(text):
            path = Path(text)
            if not is_project(path):
                return _of_binary(path, text, self._tools.engine, analyse=False)
            if self._analyse:
                return read_grants(path, self._tools, analyse=True)
            file = find_project(path)
            return _declared(file.read_bytes(), str(file))
        return self._of_revision(text.removeprefix(_GIT), text)

    def _of_revision(self, text: str, written: str) -> GrantsTable:
        from wcompose.check.git import Repository

        try:
            repository = Repository(self._target if self._target.is_dir() else self._target.parent)
        except UsageError as error:
            raise _unknown(written, error) from None
        revision, separator, inner = text.partition(":")
        with repository:
            try:
                commit = repository.commit(revision)
            except UsageError as error:
                raise _unknown(written, error) from None
            path = (
                "/".join(PurePosixPath(inner).parts) if separator else self._same(repository.root)
            )
            file = path
            data = repository.read(commit, file, revision)
            if data is None:
                file = f"{path}/{PROJECT_FILE}" if path else PROJECT_FILE
                data = repository.read(commit, file, revision)
        if data is None:
            raise ArtifactError.of(
                "baseline-missing",
                f"`{revision}` has no `{path or PROJECT_FILE}`",
                hint=f"name the path that it had: `{revision}:PATH`",
            )
        label = f"{revision}:{file}"
        if not data.startswith(b"\0asm"):
            return _declared(data, label)
        with tempfile.TemporaryDirectory(prefix="wcompose-") as temporary:
            binary = Path(temporary) / "component.wasm"
            binary.write_bytes(data)
            return _of_binary(binary, label, self._tools.engine, analyse=False)

    def _same(self, root: Path) -> str:
        """Where the target stands, relative to the repository."""
        target = find_project(self._target) if is_project(self._target) else self._target
        try:
            return target.resolve().relative_to(root).as_posix()
        except ValueError:
            raise UsageError.of(
                "path-outside",
                f"`{target}` is not in the repository `{root}`",
                hint="name the path in the revision: `REVISION:PATH`",
            ) from None


def _unknown(written: str, error: UserError) -> UsageError:
    return UsageError.of(
        "baseline-unknown",
        f"`{written}` is no path that exists, and no git revision",
        causes=[finding.message for finding in error.findings if finding.level is Level.ERROR],
        hint="name a project, a composition, or a git revision",
    )
