"""From the text of ``wcompose.toml`` to a `Project`, with every problem found in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wcompose.contract import is_extern_name
from wcompose.errors import ProjectError
from wcompose.project.checks import check_declaration
from wcompose.project.granting import check_rest, load_grants
from wcompose.project.model import (
    NOT_CARRIED,
    CarriedInterface,
    CarryDeclaration,
    EdgeDeclaration,
    Endpoint,
    NodeDeclaration,
    OfferDeclaration,
    Project,
    PythonSource,
    RunDeclaration,
)
from wcompose.project.reading import parse_toml
from wcompose.project.schema import ComponentTable, EdgeTable, ProjectFile
from wcompose.project.wording import KeyPath, schema_problem
from wcompose.report import Finding, Place, Report
from wcompose.suggest import did_you_mean

PROJECT_FILE = "wcompose.toml"
Places = Mapping[KeyPath, tuple[Place, Place]]
"""For each dotted key (array elements by index) the place of the key and of its value."""

Locator = Callable[[str, str], Places]
"""Finds the places of all keys, given the file's name and its text. Only asked on errors."""


def find_project(start: Path) -> Path:
    """The project file that ``start`` means: itself, in it, or in the nearest directory above.

    Args:
        start: a project file or a directory.

    Raises:
        ProjectError: there is none; says where it was looked for.
    """
    if start.is_file():
        return start
    if not start.exists():
        raise ProjectError.of(
            "project-missing",
            f"`{start}` does not exist",
            hint=f"give a directory with a `{PROJECT_FILE}`, or the file itself",
        )
    absolute = start.resolve()
    for directory in (absolute, *absolute.parents):
        candidate = directory / PROJECT_FILE
        if candidate.is_file():
            return start / PROJECT_FILE if directory == absolute else candidate
    raise ProjectError.of(
        "project-missing",
        f"no `{PROJECT_FILE}` in `{start}` or any directory above it",
        hint=f"go to the project's directory, or write a `{PROJECT_FILE}` with `[project]` and "
        "one `[components.NAME]` for each component",
    )


def load_project(file: Path, locate: Locator) -> Project:
    """Read and check a project file.

    Args:
        file: the ``wcompose.toml``.
        locate: finds lines and columns of keys; only called when there is something to report.

    Raises:
        ProjectError: with every problem of the file.
    """
    text, data = parse_toml(file)
    return _Loader(file, text, locate).load(data)


class _Loader:
    """Checks one file. Collects findings; places are looked up once, when the first is made."""

    def __init__(self, file: Path, text: str, locate: Locator) -> None:
        self._file = file
        self._root = file.resolve().parent
        self._text = text
        self._locate = locate
        self._places: Places | None = None
        self._findings: list[Finding] = []

    def load(self, data: dict[str, Any]) -> Project:
        try:
            table = ProjectFile.model_validate(data)
        except ValidationError as error:
            faulty = []
            for detail in error.errors(include_url=False, include_context=True):
                problem = schema_problem(data, detail)
                faulty.append(problem.path)
                self._add(
                    problem.rule,
                    problem.path,
                    problem.message,
                    of_value=problem.is_of_value,
                    hint=problem.hint,
                )
            check_rest(data, faulty, root=self._root, tell=self._add)
            raise self._error() from None
        grants = load_grants(
            table.profiles,
            {name: each.grants for name, each in table.components.items() if each.grants},
            root=self._root,
            file=str(self._file),
            tell=self._add,
        )
        nodes = tuple(
            replace(node, grants=grants.get(node.name, node.grants))
            for node in self._nodes(table.components)
        )
        known = sorted(table.components)
        exports = table.graph.exports
        project = Project(
            file=self._file,
            name=table.project.name,
            version=table.project.version,
            description=table.project.description,
            strip=table.project.strip,
            wit=self._wit(table.project.wit, nodes),
            nodes=nodes,
            exports=None
            if exports is None
            else tuple(
                self._offer(("graph", "exports", str(index)), text, known)
                for index, text in enumerate(exports)
            ),
            edges=tuple(
                self._edge(index, edge, known) for index, edge in enumerate(table.graph.edges)
            ),
            run=RunDeclaration(
                invoke=table.run.invoke,
                arguments=tuple(table.run.arguments),
                stdin=None
                if table.run.stdin is None
                else self._existing(("run", "stdin"), table.run.stdin),
            ),
            check=check_declaration(table.check),
            carry=self._carry(table.graph.carry),
        )
        if self._findings:
            raise self._error()
        return project

    def _wit(self, told: str | None, nodes: Sequence[NodeDeclaration]) -> Path | None:
        if told is not None:
            return self._existing(("project", "wit"), told)
        if (self._root / "wit").exists():
            return self._file.parent / "wit"
        for node in nodes:
            if node.world is not None:
                self._add(
                    "path-missing",
                    ("components", node.name, "world"),
                    f"`{node.name}` names a world, and the project has no `wit` directory",
                    hint='put the contracts into `wit`, or name them: `wit = "…"` in `[project]`',
                )
        return None

    def _error(self) -> ProjectError:
        return ProjectError(Report.of(self._findings).findings)

    def _add(
        self, rule: str, path: KeyPath, message: str, *, of_value: bool = False, hint: str = ""
    ) -> None:
        place = self._place(path, of_value=of_value)
        self._findings.append(Finding(rule, message, place, hint=hint))

    def _place(self, path: KeyPath, *, of_value: bool = False) -> Place:
        if self._places is None:
            self._places = self._locate(str(self._file), self._text)
        for length in range(len(path), 0, -1):
            if found := self._places.get(path[:length]):
                return found[1] if of_value and length == len(path) else found[0]
        return Place(str(self._file))

    def _nodes(self, tables: Mapping[str, ComponentTable]) -> tuple[NodeDeclaration, ...]:
        nodes: dict[str, NodeDeclaration] = {}
        for name, table in tables.items():
            if table.twin is None and (node := self._node(name, table)):
                nodes[name] = node
        for name, table in tables.items():
            if table.twin is None or not self._is_twin(name, table, table.twin, tables):
                continue
            if original := nodes.get(table.twin):
                place = self._plain(("components", name))
                nodes[name] = replace(original, name=name, place=place, twin=table.twin)
        return tuple(nodes[name] for name in sorted(nodes))

    def _is_twin(
        self, name: str, table: ComponentTable, twin: str, tables: Mapping[str, ComponentTable]
    ) -> bool:
        """Whether a table with `from` says that and nothing else, and means a node."""
        path: KeyPath = ("components", name)
        before = len(self._findings)
        for key in ("language", "path", "source", "module", "requirements", "world"):
            if getattr(table, key) is not None:
                self._add(
                    "contradiction",
                    (*path, key),
                    f"`{name}` has both `from` and `{key}`",
                    hint=f"keep `from` to take the component of `{twin}` as it is",
                )
        if twin not in tables:
            self._add(
                "unknown-node", (*path, "from"), f"no component is called `{twin}`", of_value=True,
                hint=did_you_mean(twin, [each for each in tables if each != name])
                or "name another table under `[components]`",
            )  # fmt: skip
        elif tables[twin].twin is not None:
            self._add(
                "contradiction", (*path, "from"), f"`{twin}` is a second instance itself",
                of_value=True, hint=f'write `from = "{tables[twin].twin}"`',
            )  # fmt: skip
        return len(self._findings) == before

    def _node(self, name: str, table: ComponentTable) -> NodeDeclaration | None:
        path: KeyPath = ("components", name)
        before = len(self._findings)
        origin: Path | PythonSource | None = None
        if table.path is not None and table.source is not None:
            self._add(
                "contradiction",
                (*path, "source"),
                f"`{name}` has both `path` and `source`",
                hint="keep `path` for a prebuilt component, `source` for one that is built",
            )
        elif table.path is not None:
            origin = self._existing((*path, "path"), table.path, want_file=True)
            for key in ("module", "requirements"):
                if getattr(table, key) is not None:
                    self._add(
                        "contradiction",
                        (*path, key),
                        f"`{key}` means nothing for the prebuilt component `{name}`",
                        hint=f"remove `{key}`, or give `source` in the place of `path`",
                    )
        elif table.source is not None:
            origin = self._python_source(path, name, table)
        else:
            self._add(
                "missing-key",
                path,
                f"`[components.{name}]` has neither `path` nor `source`",
                hint='add `path = "….wasm"` for a prebuilt component, or `language = "python"` '
                "with `source`",
            )
        if origin is None or len(self._findings) > before:
            return None
        return NodeDeclaration(name, table.language or "", origin, table.world, self._plain(path))

    def _plain(self, path: KeyPath) -> Place:
        """A place without line and column: asking for those costs the engine's start."""
        return Place(str(self._file), item=".".join(path))

    def _python_source(
        self, path: KeyPath, name: str, table: ComponentTable
    ) -> PythonSource | None:
        if table.language != "python":
            self._add(
                "language-not-built",
                (*path, "language") if table.language else path,
                f"`{name}` is given as source, and only Python is built from source",
                hint='set `language = "python"`, or build the component and name it with `path`',
            )
        if table.world is None:
            self._add(
                "missing-key",
                path,
                f"`[components.{name}]` lacks `world`",
                hint="name the world of the project's WIT that the source implements",
            )
        directory = self._existing((*path, "source"), table.source or "", want_directory=True)
        requirements = (
            None
            if table.requirements is None
            else self._existing((*path, "requirements"), table.requirements, want_file=True)
        )
        if directory is None:
            return None
        if requirements is None and (directory / "requirements.txt").is_file():
            requirements = directory / "requirements.txt"
        return PythonSource(directory, table.module or "app", requirements)

    def _existing(
        self, path: KeyPath, text: str, *, want_file: bool = False, want_directory: bool = False
    ) -> Path | None:
        """A path below the project's directory that exists; a finding and none otherwise."""
        joined = self._root / text
        resolved = joined.resolve()
        dotted = ".".join(path)
        if Path(text).is_absolute() or not resolved.is_relative_to(self._root):
            self._add(
                "path-outside",
                path,
                f"`{dotted}` leaves the project: `{text}`",
                of_value=True,
                hint="name a path below the directory of the project file",
            )
            return None
        if not resolved.exists():
            near = did_you_mean(
                joined.name,
                [entry.name for entry in joined.parent.iterdir()] if joined.parent.is_dir() else [],
            )
            self._add(
                "path-missing", path, f"`{dotted}` names `{text}`, which does not exist",
                of_value=True, hint=near or "build the file first, or mend the path",
            )  # fmt: skip
            return None
        if want_file and not resolved.is_file():
            self._add(
                "path-kind", path, f"`{dotted}` names `{text}`, which is not a file", of_value=True
            )
            return None
        if want_directory and not resolved.is_dir():
            self._add(
                "path-kind",
                path,
                f"`{dotted}` names `{text}`, which is not a directory",
                of_value=True,
            )
            return None
        return self._file.parent / text

    def _endpoint(
        self, path: KeyPath, text: str, known: Sequence[str], *, name_needed: bool = True
    ) -> Endpoint:
        node, _, name = text.partition(":")
        if not name and name_needed:
            self._add(
                "bad-value",
                path,
                f"`{text}` is not of the form `NODE:NAME`",
                of_value=True,
                hint="write the node, a colon and the interface, such as "
                "`gateway:digits:vision/handler`",
            )
        elif node not in known:
            self._add(
                "unknown-node",
                path,
                f"no component is called `{node}`",
                of_value=True,
                hint=did_you_mean(node, known)
                or "there are " + ", ".join(f"`{each}`" for each in known),
            )
        return Endpoint(node, name, self._plain(path))

    def _offer(self, path: KeyPath, text: str, known: Sequence[str]) -> OfferDeclaration:
        exporting, separator, name = text.partition(" as ")
        if separator and not name.strip():
            self._add(
                "bad-value", path, f"`{text}` gives no name behind `as`", of_value=True,
                hint="write `NODE:EXPORT as NAME`, or leave `as` out",
            )  # fmt: skip
        self._check_name(path, name.strip())
        return OfferDeclaration(self._endpoint(path, exporting.strip(), known), name.strip())

    def _carry(self, told: bool | list[str]) -> CarryDeclaration:
        if not told:
            return NOT_CARRIED
        path: KeyPath = ("graph", "carry")
        if told is True:
            return CarryDeclaration(is_all=True, place=self._plain(path))
        for index, name in enumerate(told):
            self._check_name((*path, str(index)), name)
        interfaces = tuple(CarriedInterface(name, self._plain(path)) for name in told)
        return CarryDeclaration(interfaces=interfaces, place=self._plain(path))

    def _check_name(self, path: KeyPath, name: str) -> None:
        """Whether an import or an export of the composition may be called so."""
        if name and not is_extern_name(name):
            self._add(
                "bad-name", path, f"`{name}` is no name for an import or export", of_value=True,
                hint="names are like `store` or `acme:shop/store@1.0.0`",
            )  # fmt: skip

    def _edge(self, index: int, edge: EdgeTable, known: Sequence[str]) -> EdgeDeclaration:
        path: KeyPath = ("graph", "edges", str(index))
        importing = edge.importing
        told = [
            key
            for key, value in (
                ("from", edge.source is not None),
                ("outside", edge.outside),
                ("host", edge.host),
            )
            if value
        ]
        for key in told[1:]:
            self._add(
                "contradiction", (*path, key), f"`{importing}` has both `{told[0]}` and `{key}`",
                hint="keep one of them",
            )  # fmt: skip
        if not told:
            self._add(
                "missing-key", path,
                f"the edge of `{importing}` has neither `from` nor `outside`",
                hint='add `from = "NODE"`, or `outside = true` to leave it an import of the whole',
            )  # fmt: skip
        self._check_name((*path, "as"), edge.name or "")
        if edge.name is not None and "from" in told:
            self._add(
                "contradiction", (*path, "as"), f"`as` means nothing for `{importing}`",
                hint="it names an import that is left outside: remove it",
            )  # fmt: skip
        return EdgeDeclaration(
            self._endpoint((*path, "import"), importing, known),
            None
            if edge.source is None
            else self._endpoint((*path, "from"), edge.source, known, name_needed=False),
            outside=edge.name or "",
            is_host=edge.host,
        )
