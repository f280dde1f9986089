"""From the text of ``wcompose.toml`` to a `Project`, with every problem found in one run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
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
from wcompose.project.paths import Kind, ProjectPaths
from wcompose.project.reading import parse_toml
from wcompose.project.schema import ComponentTable, EdgeTable, ProjectFile
from wcompose.project.wording import KeyPath, schema_problems
from wcompose.report import Finding, Place, Report
from wcompose.suggest import did_you_mean

Places = Mapping[KeyPath, tuple[Place, Place]]
"""For each dotted key (array elements by index) the place of the key and of its value."""

Locator = Callable[[str, str], Places]
"""Finds the places of all keys, given the file's name and its text. Only asked on errors."""


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
        self._paths = ProjectPaths(self._root, file.parent, self._add)

    def load(self, data: dict[str, Any]) -> Project:
        try:
            table = ProjectFile.model_validate(data)
        except ValidationError as error:
            faulty = []
            details = error.errors(include_url=False, include_context=True)
            for problem in schema_problems(data, details):
                faulty.append(problem.fault)
                self._add(
                    problem.rule,
                    problem.path,
                    problem.message,
                    of_value=problem.is_of_value,
                    hint=problem.hint,
                )
            check_rest(data, faulty, root=self._root, tell=self._add)
            self._check_sound(data, faulty)
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
            for node in self._nodes(table.components, table.components)
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
                else self._paths.existing(("run", "stdin"), table.run.stdin, Kind.FILE),
            ),
            check=check_declaration(table.check),
            carry=self._carry(table.graph.carry),
        )
        if self._findings:
            raise self._error()
        return project

    def _check_sound(self, data: Mapping[str, Any], faulty: Sequence[KeyPath]) -> None:
        """Find what else is wrong with a file that the schema complains about: in what is sound."""

        def is_sound(*path: str) -> bool:
            return not any(
                each[: len(path)] == path or path[: len(each)] == each for each in faulty
            )

        def at(*path: str) -> Any:
            found: Any = data
            for step in path:
                found = found.get(step) if isinstance(found, dict) else None
            return found if is_sound(*path) else None

        for table, key, kind in (("project", "wit", Kind.ANY), ("run", "stdin", Kind.FILE)):
            if isinstance(told := at(table, key), str):
                self._paths.existing((table, key), told, kind)
        # A file whose components are called otherwise has none that could be told of.
        if not isinstance(components := data.get("components"), dict):
            return
        own = [key for key in ComponentTable.model_fields if key != "grants"]
        keys = [ComponentTable.model_fields[key].alias or key for key in own]
        unsound = {each[1] for each in faulty if each[0] == "components" and each[2:3] != ("grants",)
                   and len(each) > 1}  # fmt: skip
        self._nodes(
            {
                name: ComponentTable.model_validate(
                    {key: value for key, value in table.items() if key in keys}
                )
                for name, table in components.items()
                if name not in unsound and isinstance(table, dict)
            },
            components,
        )
        known = sorted(components)
        for index, text in enumerate(_listed(data, "exports")):
            if is_sound(*(path := ("graph", "exports", str(index)))):
                self._offer(path, text, known)
        for index, edge in enumerate(_listed(data, "edges")):
            if is_sound("graph", "edges", str(index)):
                self._edge(index, EdgeTable.model_validate(edge), known)

    def _wit(self, told: str | None, nodes: Sequence[NodeDeclaration]) -> Path | None:
        if told is not None:
            return self._paths.existing(("project", "wit"), told)
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

    def _nodes(
        self, tables: Mapping[str, ComponentTable], known: Collection[str]
    ) -> tuple[NodeDeclaration, ...]:
        """The nodes of sound tables; ``known`` are the names of those and of the others."""
        nodes: dict[str, NodeDeclaration] = {}
        for name, table in tables.items():
            if table.twin is None and (node := self._node(name, table)):
                nodes[name] = node
        for name, table in tables.items():
            if table.twin is None or not self._is_twin(name, table, table.twin, tables, known):
                continue
            if original := nodes.get(table.twin):
                place = self._plain(("components", name))
                nodes[name] = replace(original, name=name, place=place, twin=table.twin)
        return tuple(nodes[name] for name in sorted(nodes))

    def _is_twin(
        self,
        name: str,
        table: ComponentTable,
        twin: str,
        tables: Mapping[str, ComponentTable],
        known: Collection[str],
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
        if twin not in known:
            self._add(
                "unknown-node", (*path, "from"), f"no component is called `{twin}`", of_value=True,
                hint=did_you_mean(twin, [each for each in known if each != name])
                or "name another table under `[components]`",
            )  # fmt: skip
        elif twin in tables and tables[twin].twin is not None:
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
            origin = self._paths.existing((*path, "path"), table.path, Kind.FILE)
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
            language = table.language or ""
            self._add(
                "language-not-built",
                (*path, "language") if language else path,
                f"`{name}` is given as source, and only Python is built from source",
                hint='set `language = "python"`, or build the component and name it with `path`'
                if not language or did_you_mean(language, ["python"])
                else f"build it with the tools of `{language}`, and name the component that they make "
                "with `path`, in the place of `source`",
            )
        if table.world is None:
            self._add(
                "missing-key",
                path,
                f"`[components.{name}]` lacks `world`",
                hint="name the world of the project's WIT that the source implements",
            )
        directory = self._paths.existing((*path, "source"), table.source or "", Kind.DIRECTORY)
        requirements = (
            None
            if table.requirements is None
            else self._paths.existing((*path, "requirements"), table.requirements, Kind.FILE)
        )
        if directory is None:
            return None
        if requirements is None and (directory / "requirements.txt").is_file():
            requirements = directory / "requirements.txt"
        return PythonSource(directory, table.module or "app", requirements)

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
                hint=did_you_mean(node, known) or _nodes_hint(text, known),
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


def _listed(data: Mapping[str, Any], key: str) -> list[Any]:
    graph = data.get("graph")
    found = graph.get(key) if isinstance(graph, dict) else None
    return found if isinstance(found, list) else []


def _nodes_hint(text: str, known: Sequence[str]) -> str:
    """What to write where a text names no node: perhaps it is an interface alone."""
    if "/" in text and text.count(":") == 1 and is_extern_name(text):
        node = known[0] if len(known) == 1 else "NODE"
        return f"write the node before the interface: `{node}:{text}`" + (
            "" if len(known) == 1 else f", with one of {_quoted(known)}"
        )
    return f"there {'is' if len(known) == 1 else 'are'} {_quoted(known)}"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)
