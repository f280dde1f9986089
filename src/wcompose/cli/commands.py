"""The table of commands. Their modules are small; what they call is imported when they run."""

from __future__ import annotations

import typer

from wcompose.cli import (
    bindings,
    build,
    check,
    compose,
    diff,
    docs,
    encode,
    fmt,
    grants,
    graph,
    inspect,
    learning,
    rules,
    run,
)


def register(app: typer.Typer) -> None:
    """Add every command to the application."""
    app.command("build")(build.build)
    app.command("compose")(compose.compose)
    app.command("run", cls=run.RunCommand)(run.run)
    app.command("encode")(encode.encode)
    app.command("inspect")(inspect.inspect)
    app.command("graph")(graph.graph)
    app.command("grants", cls=learning.GrantsCommand)(grants.grants)
    app.command("check")(check.check)
    app.command("diff")(diff.diff)
    app.command("rules")(rules.rules)
    app.command("fmt")(fmt.fmt)
    app.command("docs")(docs.docs)
    app.add_typer(bindings.bindings, name="bindings")
