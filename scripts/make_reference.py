"""Write what is generated: the JSON Schema of `wcompose.toml`, its page in the docs, that of the rules.

python scripts/make_reference.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wcompose.check.rules import rules_page
from wcompose.project.schema import (
    CheckTable,
    ComponentTable,
    EdgeTable,
    GraphTable,
    IgnoreTable,
    ProjectTable,
    RunTable,
    Table,
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
directory. Editors that know JSON Schema can check it with `wcompose/project/wcompose.schema.json` of
the installed package.
"""
TABLES: tuple[tuple[str, type[Table]], ...] = (
    ("[project]", ProjectTable),
    ("[components.NAME]", ComponentTable),
    ("[graph]", GraphTable),
    ("[[graph.edges]]", EdgeTable),
    ("[run]", RunTable),
    ("[check]", CheckTable),
    ("[[check.ignore]]", IgnoreTable),
)


def schema_text() -> str:
    """The JSON Schema as it ships."""
    return json.dumps(json_schema(), indent=2) + "\n"


def page_text() -> str:
    """The page of the docs."""
    parts = [HEAD]
    for title, table in TABLES:
        rows = [
            f"| `{field.alias or name}` | {_type_word(table, field.alias or name)} "
            f"| {field.description} |"
            for name, field in table.model_fields.items()
            if field.description
        ]
        summary = (table.__doc__ or "").partition(": ")[2].strip().splitlines()[0]
        parts.append(
            f"\n## `{title}`\n\n{summary[:1].upper()}{summary[1:]}\n\n"
            "| key | type | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"
        )
    return "".join(parts)


def _type_word(table: type[Table], key: str) -> str:
    schema: dict[str, Any] = table.model_json_schema(by_alias=True)
    value = schema["properties"][key]
    kinds = [each.get("type") for each in value.get("anyOf", [value]) if each.get("type") != "null"]
    needed = ", needed" if key in schema.get("required", ()) else ""
    return f"{kinds[0] or 'table'}{needed}"


def main() -> None:
    """Write all of them."""
    SCHEMA.write_text(schema_text())
    PAGE.write_text(page_text())
    RULES_PAGE.write_text(rules_page())


if __name__ == "__main__":
    main()
