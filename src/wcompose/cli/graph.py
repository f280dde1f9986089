"""``wcompose graph``."""

from __future__ import annotations

import io
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wcompose.cli.session import Session, write_result
from wcompose.cli.text_output import is_file, save_or_print

if TYPE_CHECKING:
    from wcompose.graph import Draft
    from wcompose.picture import Picture
    from wcompose.progress import Reporter
    from wcompose.report import Finding

_WIDEST = 120
"""Columns of a tree where the output is no terminal and nobody told a width."""


class Format(StrEnum):
    """How a graph is drawn."""

    TREE = "tree"
    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"
    HTML = "html"
    JSON = "json"


_SUFFIXES = {
    ".dot": Format.DOT,
    ".gv": Format.DOT,
    ".htm": Format.HTML,
    ".html": Format.HTML,
    ".json": Format.JSON,
    ".mermaid": Format.MERMAID,
    ".mmd": Format.MERMAID,
    ".svg": Format.SVG,
}


def graph(
    context: typer.Context,
    target: Annotated[
        Path,
        typer.Argument(
            help="Project directory or file, or any component binary.",
            show_default="the directory you are in",
        ),
    ] = Path(),
    *,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            "-f",
            help="How it is drawn.",
            show_default="as the suffix of --output says, or tree",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write instead of printing.")
    ] = None,
    gates: Annotated[
        bool,
        typer.Option(
            "--gates", help="Draw the gates of a binary as nodes, and not as a part of theirs."
        ),
    ] = False,
    why: Annotated[
        list[str] | None,
        typer.Option(
            "--why",
            metavar="NODE[:IMPORT]",
            help="Say how an import was filled, and what else was looked at; may be repeated.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show who uses whom: of a project, or of any composed component.

    A project is planned from its components as they are; those that were never built are built.
    """
    from wcompose.errors import LinkError, UsageError

    session: Session = context.obj
    is_project = target.is_dir() or target.suffix == ".toml"
    if why and not is_project:
        raise UsageError.of(
            "why-needs-a-project",
            f"`{target}` is a binary, which does not tell why it was linked as it is",
            hint="use `--why` on the project that it was built from",
        )
    if gates and is_project:
        raise UsageError.of(
            "gates-need-a-binary",
            f"`{target}` is a project, which has no gates before it is built",
            hint="use `--gates` on the binary that is built from it",
        )
    if not is_project:
        _write(session, _of_binary(session, target, with_gates=gates), format_, output)
        return
    draft, findings, picture = _of_project(session, target)
    if why:
        from wcompose.cli.why import show_why

        show_why(session.output, draft, why)
    else:
        _write(session, picture, format_, output)
    if findings:
        raise LinkError(findings)


def _of_project(session: Session, target: Path) -> tuple[Draft, tuple[Finding, ...], Picture]:
    """The plan of a project, all that keeps it from being composed, and its picture."""
    from wcompose.build import draft_project
    from wcompose.build.carrying import add_carriers
    from wcompose.build.gating import declared_grants
    from wcompose.errors import LinkError
    from wcompose.grants.wiring import decide_all
    from wcompose.picture.of_graph import picture_of_graph

    project = session.load_project(target)
    draft = draft_project(
        project,
        engine=session.engine,
        cache=session.cache_directory / "components",
        reporter=session.reporter if session.verbose else _OnlyBuilding(session.reporter),
    )
    carried = draft.graph
    carrying: tuple[Finding, ...] = ()
    if not draft.findings:
        try:
            carried = add_carriers(
                carried, project.carry, engine=session.engine, directory=project.state / "gates"
            )
        except LinkError as error:
            carrying = error.findings
    grants = declared_grants(project)
    decisions = decide_all(draft.graph, grants).values()
    findings = (*draft.findings, *carrying, *(each for made in decisions for each in made.findings))
    picture = picture_of_graph(
        project.name, carried, subject=str(project.file), findings=findings, grants=grants
    )
    return draft, findings, picture


def _of_binary(session: Session, file: Path, *, with_gates: bool) -> Picture:
    from wcompose.errors import ArtifactError
    from wcompose.files import digest_file
    from wcompose.grants.interfaces import GATES
    from wcompose.picture.gate_bytes import prebuilt_gates
    from wcompose.picture.gates import possible_sizes
    from wcompose.picture.of_binary import picture_of_binary

    try:
        structure = session.engine.structure(file)
    except ArtifactError:
        # Says what the file is instead, where it is no component at all.
        session.engine.decode(file)
        raise
    gates = {gate.name: gate.file for gate in GATES}
    return picture_of_binary(
        structure,
        subject=str(file),
        size=file.stat().st_size,
        digest=digest_file(file),
        prebuilt=prebuilt_gates(file, gates, possible_sizes(structure["components"])),
        with_gates=with_gates,
    )


def _write(
    session: Session,
    picture: Picture,
    format_: Format | None,
    output: Path | None,
) -> None:
    if format_ is None:
        format_ = _SUFFIXES.get(output.suffix.lower()) if output else None
    if format_ in {None, Format.TREE}:
        write_tree(session, picture, output)
        return
    save_or_print(session, _text(picture, format_ or Format.TREE), output)


def _text(picture: Picture, format_: Format) -> str:
    match format_:
        case Format.MERMAID:
            from wcompose.picture.mermaid import to_mermaid

            return to_mermaid(picture)
        case Format.DOT:
            from wcompose.picture.dot import to_dot

            return to_dot(picture)
        case Format.SVG:
            from wcompose.picture.svg import to_svg

            return to_svg(picture)
        case Format.HTML:
            from wcompose.picture.html import to_html

            return to_html(picture)
        case _:
            from wcompose.picture.data import to_json

            return to_json(picture)


def write_tree(session: Session, picture: Picture, output: Path | None) -> None:
    """Print the tree of a picture, or write it to a file."""
    from rich.console import Console

    from wcompose.cli.tree import tree_text

    if is_file(output):
        console = Console(file=io.StringIO(), width=_WIDEST, color_system=None)
        save_or_print(session, tree_text(console, picture), output)
        return
    console = session.output
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        console = Console(width=_WIDEST)
    write_result(tree_text(console, picture))


class _OnlyBuilding:
    """Passes on what takes long; that a file was read is no news to who wants a picture."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._building: set[str] = set()

    def started(self, subject: str, work: str) -> None:
        if work.startswith("building"):
            self._building.add(subject)
            self._reporter.started(subject, work)

    def finished(self, subject: str, outcome: str) -> None:
        if subject in self._building:
            self._building.discard(subject)
            self._reporter.finished(subject, outcome)

    def note(self, subject: str, message: str) -> None:
        self._reporter.note(subject, message)
