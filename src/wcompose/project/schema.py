"""The shape of ``wcompose.toml``, told once.

The models are both the check of a file and the source of the JSON Schema that ships with the
package (`json_schema`). They hold what the file says; `wcompose.project.load` turns that into a
`Project` whose paths exist and whose names refer to something.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from wcompose.project.grant_tables import AllOrSome, GrantsTable, Label, Table, Text

Version = Annotated[
    str,
    StringConstraints(
        pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$",
        max_length=128,
    ),
]
"""A semantic version."""

RuleName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*$", max_length=64)
]
"""A rule or a group of rules, as `wcompose rules` spells it; or in capitals joined by underscores."""


class ProjectTable(Table):
    """``[project]``: what the composition is called and where its contracts are."""

    name: Label = Field(description="Name of the composition; the output is build/<name>.wasm.")
    version: Version = Field(default="0.0.0", description="Version of the composition.")
    description: str = Field(default="", description="One line about it.", max_length=1024)
    wit: Text | None = Field(
        default=None,
        description="Directory or file with the WIT contracts; `wit` unless told, if it is there.",
    )
    strip: bool = Field(
        default=False, description="Leave debug information and names out of the composition."
    )


class ComponentTable(Table):
    """``[components.NAME]``: one node of the graph."""

    language: Label | None = Field(
        default=None,
        description="Source language. `python` is built from `source`; others are prebuilt.",
    )
    path: Text | None = Field(default=None, description="Prebuilt component binary.")
    source: Text | None = Field(
        default=None, description="Directory of the Python source that the node is built from."
    )
    module: (
        Annotated[
            str,
            StringConstraints(
                pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$", max_length=256
            ),
        ]
        | None
    ) = Field(default=None, description="Python module with the exports; `app` unless told.")
    requirements: Text | None = Field(
        default=None, description="Requirements file with the dependencies of the Python source."
    )
    world: Text | None = Field(
        default=None, description="World in the project's WIT that the node stands in."
    )
    twin: Label | None = Field(
        default=None,
        alias="from",
        description="Another node, of whose component this one is a second instance: it has a state "
        "and edges of its own, and grants of its own.",
    )
    grants: GrantsTable | None = Field(
        default=None,
        description="What it may reach of the world outside; nothing unless told.",
    )


class EdgeTable(Table):
    """``[[graph.edges]]``: one choice that the planner shall not make by itself."""

    importing: Text = Field(
        alias="import", description="What is wired: `NODE:IMPORT`, such as `gateway:acme:db/store`."
    )
    source: Text | None = Field(
        default=None,
        alias="from",
        description="Node that provides it, or `NODE:EXPORT` when its name differs.",
    )
    outside: bool = Field(
        default=False, description="Leave it an import of the composition on purpose."
    )
    name: Text | None = Field(
        default=None,
        alias="as",
        description="What the composition calls an import that is left outside; its own name unless "
        "told.",
    )
    host: bool = Field(default=False, description="Leave it to the host that runs the composition.")


class GraphTable(Table):
    """``[graph]``: what the whole offers, and the choices that are not unique."""

    exports: list[Text] | None = Field(
        default=None,
        description="What the composition exports, each `NODE:EXPORT` or `NODE:EXPORT as NAME`; "
        "unless told, every export that no other node uses.",
        max_length=1024,
    )
    carry: AllOrSome = Field(
        default=False,
        description="Exported interfaces, each `NAMESPACE:PACKAGE/INTERFACE` with its version or "
        "without, whose lists of numbers cross to the host as texts, which is a hundred times as fast "
        "where they are long; `true` for all that have any.",
    )
    edges: list[EdgeTable] = Field(default_factory=list, max_length=10_000)


class RunTable(Table):
    """``[run]``: what ``wcompose run`` does when nothing else is asked."""

    invoke: Text | None = Field(
        default=None, description="Exported function to call; otherwise `wasi:cli/run` is run."
    )
    arguments: list[str] = Field(
        default_factory=list,
        description="Arguments of the program, or WAVE values of the function.",
        max_length=1024,
    )
    stdin: Text | None = Field(default=None, description="File given as standard input.")


class IgnoreTable(Table):
    """An entry of `ignore` in ``[check]``: one finding that is known and accepted."""

    rule: RuleName = Field(description="Rule of the finding.")
    item: Text = Field(
        description="Item of the finding, such as `acme:shop/cart.add`; `*` stands for anything."
    )
    reason: Text = Field(description="Why it is accepted.")
    until: date | None = Field(
        default=None,
        description="Last day on which it is, such as `2027-01-01`; for ever unless told.",
    )


class CheckTable(Table):
    """``[check]``: which rules ``wcompose check`` applies, and how much they weigh."""

    use: list[RuleName] | None = Field(
        default=None,
        description="Rules and groups of rules that are on: `minimal`, `basic` (with `minimal`), "
        "`standard` (with `basic`), `style`, `comments`, `optional`, `breaking`; `default` is what is "
        "on unless told.",
        max_length=1024,
    )
    without: list[RuleName] = Field(
        default_factory=list,
        alias="except",
        description="Rules and groups of rules that are off all the same.",
        max_length=1024,
    )
    level: dict[RuleName, Literal["error", "warning", "note"]] = Field(
        default_factory=dict,
        description="How much the findings of a rule, or of a group, weigh: `error`, `warning` or "
        "`note`.",
        max_length=1024,
    )
    ignore: list[IgnoreTable] = Field(
        default_factory=list,
        description="Findings that are accepted, each a table with `rule`, `item` and `reason`.",
        max_length=10_000,
    )


class ProjectFile(Table):
    """The whole file."""

    project: ProjectTable
    components: dict[Label, ComponentTable] = Field(min_length=1, max_length=10_000)
    profiles: dict[Label, GrantsTable] = Field(default_factory=dict, max_length=1024)
    graph: GraphTable = Field(default_factory=GraphTable)
    run: RunTable = Field(default_factory=RunTable)
    check: CheckTable = Field(default_factory=CheckTable)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``wcompose.toml``, for editors and other tools."""
    schema = ProjectFile.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "wcompose.toml",
    }
