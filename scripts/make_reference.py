"""Write what is generated: the JSON Schema of `wcompose.toml`, its page in the docs, that of the rules.

python scripts/make_reference.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from wcompose.check.rules import rules_page
from wcompose.project.grant_tables import (
    DirectoryTable,
    FileTable,
    FrozenTable,
    GrantsTable,
    HttpTable,
    SeedTable,
    Table,
    TcpTable,
    UdpTable,
    VariableTable,
)
from wcompose.project.schema import (
    CheckTable,
    ComponentTable,
    EdgeTable,
    GraphTable,
    IgnoreTable,
    ProjectTable,
    RunTable,
    json_schema,
)

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "src/wcompose/project/wcompose.schema.json"
PAGE = ROOT / "docs/reference/project-file.md"
RULES_PAGE = ROOT / "docs/reference/rules.md"

HEAD = """\
# `wcompose.toml`

<!-- Written by scripts/make_reference.py. -->

The project file. Unknown keys are errors. Paths are relative to the file and stay below its
directory; only what grants name may lie elsewhere. Editors that know JSON Schema can check it with
`wcompose/project/wcompose.schema.json` of the installed package.
"""
TABLES: tuple[tuple[str, type[Table]], ...] = (
    ("[project]", ProjectTable),
    ("[components.NAME]", ComponentTable),
    ("[components.NAME.grants]", GrantsTable),
    ("[[….grants.filesystem]]", DirectoryTable),
    ("[[….grants.environment]]", VariableTable),
    ("[[….grants.http]]", HttpTable),
    ("[[….grants.tcp]]", TcpTable),
    ("[[….grants.udp]]", UdpTable),
    ("[….grants.stdin], stdout, stderr", FileTable),
    ("[….grants.clocks]", FrozenTable),
    ("[….grants.random]", SeedTable),
    ("[graph]", GraphTable),
    ("[[graph.edges]]", EdgeTable),
    ("[run]", RunTable),
    ("[check]", CheckTable),
    ("[[check.ignore]]", IgnoreTable),
)


NOTES: dict[type[Table], str] = {
    GrantsTable: """
A node without this table, or without a key of it, does not get that: its calls are answered by the
interface's own error, or end it where there is none. `[profiles.NAME]` has the same keys, and grants
nothing until a node or another profile names it in `profiles`:

```toml
[profiles.service]
clocks = "real"
stderr = "inherit"

[components.gateway.grants]
profiles = ["service"]
tcp = [{ connect = "db.example.com", ports = 5432 }]
```

Lists of a profile and of a node are joined; of two variables with one name, that of the node counts.
`"none"`, `"null"` and `false` take away what a profile grants, an entry of a list is not taken away.
A node with `from` has grants of its own, none of those of its original.

A directory that is granted to read only must not lie inside of one that the same node may write. A
node with `http`, `tcp` or `udp` cannot have `"null"` or `"prefix"` as a standard stream.

A host is a name, an address, a network or `*`. A name does not grant its address to one who asks for the
address; letters of other scripts are written as they go over the wire (`xn--…`). `*.example.com` means
every name below `example.com`, and not `example.com`.
[How to grant permissions](../how-to/grant-permissions.md) has examples.
""",
    HttpTable: '\nA text is short for scheme, host and ports: `"https://api.example.com:8443"`.\n',
    TcpTable: """
The runtime inside `wcompose run` cannot open TCP or UDP to a component yet; the `wasmtime` command and
jco can. HTTP and looking up names work in all three.
""",
    VariableTable: '\nA text is the name of a variable that is passed on: `"TZ"`.\n',
}
"""What a page says about a table besides its keys."""

DEFAULTS: dict[tuple[type[Table], str], str] = {
    (ProjectTable, "wit"): "`wit`, if it is there",
    (ComponentTable, "module"): '`"app"`',
    (ComponentTable, "grants"): "`{}`",
    (GrantsTable, "arguments"): "`false`",
    (GrantsTable, "exit"): "`false`",
    **{(GrantsTable, key): '`"none"`' for key in ("stdin", "stdout", "stderr", "clocks", "random")},
    (HttpTable, "ports"): "the scheme's",
    (HttpTable, "methods"): "all",
}
"""What holds where a key is not told and the schema alone does not say it."""


def schema_text() -> str:
    """The JSON Schema as it ships."""
    return json.dumps(json_schema(), indent=2) + "\n"


def page_text() -> str:
    """The page of the docs."""
    parts = [HEAD]
    for title, table in TABLES:
        rows = [
            f"| `{field.alias or name}` | {_type_word(table, field.alias or name)} "
            f"| {DEFAULTS.get((table, name)) or _default_word(field)} | {field.description} |"
            for name, field in table.model_fields.items()
            if field.description
        ]
        summary = (table.__doc__ or "").partition(": ")[2].strip().splitlines()[0]
        parts.append(
            f"\n## `{title}`\n\n{summary[:1].upper()}{summary[1:]}\n\n"
            "| key | type | default | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
        )
        parts.append(NOTES.get(table, ""))
    return "".join(parts)


def _type_word(table: type[Table], key: str) -> str:
    schema: dict[str, Any] = table.model_json_schema(by_alias=True)
    kinds = list(dict.fromkeys(_kinds(schema["properties"][key])))
    needed = ", needed" if key in schema.get("required", ()) else ""
    return f"{' or '.join(kinds)}{needed}"


def _kinds(value: dict[str, Any]) -> Iterator[str]:
    """The kinds of value that a schema takes, in the words of TOML."""
    for each in value.get("anyOf") or value.get("oneOf") or [value]:
        if "anyOf" in each or "oneOf" in each:
            yield from _kinds(each)
        elif each.get("format", "").startswith("date"):
            yield "date"
        elif each.get("type", "object") != "null":
            yield {"object": "table"}.get(each.get("type", "object"), each.get("type", "table"))


def _default_word(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if (
        default is None
        or default is PydanticUndefined
        or (isinstance(default, str) and not default)
    ):
        return ""
    return f"`{json.dumps(default)}`"


def main() -> None:
    """Write all of them."""
    SCHEMA.write_text(schema_text())
    PAGE.write_text(page_text())
    RULES_PAGE.write_text(rules_page())


if __name__ == "__main__":
    main()
