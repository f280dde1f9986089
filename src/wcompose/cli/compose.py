"""``wcompose compose``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wcompose.cli.binary_output import (
    STANDARD_OUTPUT,
    is_stream,
    name_of,
    refuse_terminal,
    streamed,
)
from wcompose.cli.session import Session, write_result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wcompose.build.assembly import Part, Written
    from wcompose.graph import Draft, Node


def compose(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]FILE...",
            help="Components; a node is called NAME, or as its file. One file may be named twice "
            "under different names.",
        ),
    ],
    *,
    outputs: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Composition to write; `-` for standard output.",
        ),
    ] = None,
    edge: Annotated[
        list[str] | None,
        typer.Option(
            "--edge",
            "-e",
            metavar="NODE:IMPORT=NODE[:EXPORT]",
            help="Say what fills an import, where more than one export fits.",
        ),
    ] = None,
    outside: Annotated[
        list[str] | None,
        typer.Option(
            "--outside",
            metavar="NODE:IMPORT[ as NAME]",
            help="Leave an import to the outside on purpose.",
        ),
    ] = None,
    export: Annotated[
        list[str] | None,
        typer.Option(
            "--export",
            "-x",
            metavar="NODE[:EXPORT[ as NAME]]",
            help="What the composition exports; unless told, every export that no node uses.",
        ),
    ] = None,
    search: Annotated[
        list[Path] | None,
        typer.Option(
            "--search",
            metavar="DIRECTORY",
            help="Take components from here that export what others import.",
        ),
    ] = None,
    open_: Annotated[
        bool,
        typer.Option("--open", help="Leave every import that nothing exports to the outside."),
    ] = False,
    closed: Annotated[
        bool, typer.Option("--closed", help="Fail if anything but WASI is left to the outside.")
    ] = False,
    strip: Annotated[
        bool, typer.Option("--strip", help="Leave out debug information and names.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would be composed, and write nothing.")
    ] = False,
    why: Annotated[
        list[str] | None,
        typer.Option(
            "--why",
            metavar="NODE[:IMPORT]",
            help="Say how an import was filled, and what else was looked at; write nothing.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", help="Name of the composition.", show_default="the name of the output"
        ),
    ] = None,
    version: Annotated[
        str, typer.Option("--version", help="Version of the composition.", show_default=False)
    ] = "",
    json: Annotated[
        bool, typer.Option("--json", help="Print the plan, or what was written, as JSON.")
    ] = False,
) -> None:
    """Link components into one, without a project file.

    Every import is filled by the export that fits it, through any number of levels; two that import
    the same get the same instance. Nothing is written when anything does not fit.
    """
    from wcompose.build.assembly import check_output, name_parts
    from wcompose.errors import LinkError
    from wcompose.graph.names import counted

    session: Session = context.obj
    output = _output(session, outputs or [], is_shown=plan or bool(why))
    _check_options(plan=plan, why=bool(why), json=json)
    parts = name_parts(files)
    if output is not None and output != STANDARD_OUTPUT:
        check_output(output, parts)
    draft = _draft(
        session,
        parts,
        edge or [],
        outside or [],
        export or [],
        search or [],
        leave_open=open_,
        output=output,
    )
    if why:
        from wcompose.cli.why import show_why

        show_why(session.output, draft, why)
    elif plan:
        _show_plan(session, draft, name or (output.stem if output else "composition"), json=json)
    if draft.findings:
        raise LinkError(draft.findings)
    if closed:
        _check_closed(draft)
    if output is None or plan or why:
        return
    title = name or ("composition" if output == STANDARD_OUTPUT else output.stem)
    written = _write(session, draft, output, title, version, strip=strip)
    graph = draft.graph
    if json and output != STANDARD_OUTPUT:
        import json as json_module

        result = {
            "composition": str(output),
            "digest": written.digest,
            "size": written.size,
            "saved": written.saved,
            "nodes": [
                {
                    "name": node.name,
                    "file": str(node.component.path),
                    "digest": node.component.digest,
                    "size": node.component.size,
                }
                for node in graph.nodes
            ],
        }
        write_result(json_module.dumps(result, indent=2))
    session.reporter.note(
        name_of(output),
        f"{counted(len(graph.nodes), 'component')} with {counted(len(graph.edges), 'edge')}, "
        f"{written.size:,} bytes" + (f"; stripping saved {written.saved:,} bytes" if strip else ""),
    )


def _output(session: Session, outputs: list[Path], *, is_shown: bool) -> Path | None:
    from wcompose.errors import UsageError

    if len(outputs) > 1:
        raise UsageError.of(
            "two-outputs",
            "`--output` is given more than once",
            hint="compose once for each file, or copy it",
        )
    if is_shown:
        return outputs[0] if outputs else None
    if not outputs:
        raise UsageError.of(
            "no-output",
            "nothing says where to write the composition",
            hint="add `--output FILE`, or `--plan` to see what would be composed",
        )
    refuse_terminal(session, outputs[0], "a composition")
    return outputs[0]


def _check_options(*, plan: bool, why: bool, json: bool) -> None:
    from wcompose.errors import UsageError

    if why and plan:
        raise UsageError.of(
            "options-conflict",
            "`--plan` and `--why` do not go together",
            hint="ask for one, then for the other",
        )
    if why and json:
        raise UsageError.of(
            "options-conflict",
            "`--why` answers in words, not in JSON",
            hint="`--plan --json` tells every edge with its reason",
        )


def _draft(
    session: Session,
    parts: tuple[Part, ...],
    edges: list[str],
    outsides: list[str],
    exports: list[str],
    directories: list[Path],
    *,
    leave_open: bool,
    output: Path | None,
) -> Draft:
    from wcompose.build.assembly import read_parts
    from wcompose.build.search import add_found, without_idle
    from wcompose.cli.choices import Choices
    from wcompose.graph.advice import COMMAND
    from wcompose.graph.compose import link_draft
    from wcompose.graph.places import WrittenWorlds
    from wcompose.graph.request import Request

    named = read_parts(parts, session.engine)
    nodes = add_found(named, directories, session.engine, output=output)
    choices = Choices(nodes)
    declared = choices.edges(edges, outsides)
    offers = choices.exports(exports)
    choices.check()

    request = Request(
        declared,
        offers,
        leave_open=leave_open,
        placed=WrittenWorlds(session.engine, session.cache_directory / "wit"),
        advice=COMMAND,
    )

    def link(nodes: Sequence[Node]) -> Draft:
        return link_draft(
            nodes,
            request,
            engine=session.engine,
            directory=session.cache_directory / "types",
        )

    draft = link(nodes)
    wanted = [*named, *(node for node in nodes if node.name in choices.stated)]
    # Homes of types are made for each linking anew.
    known = {node.name for node in nodes}
    kept = [node for node in without_idle(draft, wanted) if node.name in known]
    return draft if len(kept) == len(nodes) else link(kept)


def _show_plan(session: Session, draft: Draft, title: str, *, json: bool) -> None:
    from wcompose.picture.of_graph import picture_of_graph

    picture = picture_of_graph(title, draft.graph, findings=draft.findings)
    if json:
        from wcompose.picture.data import to_json

        write_result(to_json(picture))
        return
    from wcompose.cli.graph import write_tree

    write_tree(session, picture, None)


def _check_closed(draft: Draft) -> None:
    from wcompose.errors import LinkError
    from wcompose.report import Finding, Place

    findings = [
        Finding(
            "import-left",
            f"`{each.name}`, which `{each.importer}` imports, is left to the outside",
            Place(item=f"{each.importer}:{each.import_name}"),
            hint="name one more component that exports it, or leave out `--closed`",
        )
        for each in draft.graph.outsides
        if not each.is_host
    ]
    if findings:
        raise LinkError(findings)


def _write(
    session: Session, draft: Draft, output: Path, title: str, version: str, *, strip: bool
) -> Written:
    from wcompose.build.assembly import write_composition
    from wcompose.graph.compose import About

    about = About(title, version)
    if not is_stream(output):
        return write_composition(
            draft.graph, output, engine=session.engine, about=about, strip=strip
        )
    with streamed(output) as file:
        return write_composition(draft.graph, file, engine=session.engine, about=about, strip=strip)
