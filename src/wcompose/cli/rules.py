"""``wcompose rules``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from wcompose.cli.session import write_result


class RulesFormat(StrEnum):
    """How the table is written."""

    TEXT = "text"
    MARKDOWN = "md"
    JSON = "json"


def rules(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Rules or groups to show; all unless told.", show_default=False),
    ] = None,
    *,
    format_: Annotated[
        RulesFormat, typer.Option("--format", "-f", help="How the table is written.")
    ] = RulesFormat.TEXT,
) -> None:
    """Print the rules that contracts are held to, with their reasons."""
    from wcompose.check.rules import RULES, rule_text, rules_json, rules_page, rules_text
    from wcompose.check.settings import normal
    from wcompose.errors import UsageError
    from wcompose.report import Finding
    from wcompose.suggest import did_you_mean

    wanted = [normal(name) for name in names or ()]
    known = {rule.id for rule in RULES} | {rule.group for rule in RULES}
    unknown = [
        Finding(
            "unknown-rule",
            f"no rule or group is called `{name}`",
            hint=did_you_mean(name, known) or "`wcompose rules` lists them",
        )
        for name in wanted
        if name not in known
    ]
    if unknown:
        raise UsageError(unknown)
    chosen = [rule for rule in RULES if not wanted or {rule.id, rule.group} & set(wanted)]
    if format_ is RulesFormat.JSON:
        write_result(rules_json(chosen))
    elif format_ is RulesFormat.MARKDOWN:
        write_result(rules_page(chosen))
    elif wanted and all(rule.id in wanted for rule in chosen):
        write_result("\n".join(rule_text(rule) for rule in chosen))
    else:
        write_result(rules_text(chosen))
