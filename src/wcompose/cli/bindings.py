"""``wcompose bindings``."""

from __future__ import annotations

import contextlib
import keyword
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wcompose.cli.check import FINDINGS
from wcompose.cli.session import Session, write_result

if TYPE_CHECKING:
    from wcompose.bindings import Package
    from wcompose.contract import Contract, World

bindings = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Write typed bindings for programs that call components.",
)


@bindings.callback()
def group() -> None:
    """Write typed bindings for programs that call components."""


@bindings.command("python-host")
def python_host(
    context: typer.Context,
    target: Annotated[
        Path,
        typer.Argument(
            metavar="[TARGET]",
            help="Project directory or file (built when stale), a component, or WIT with a world.",
            show_default="the project you are in",
        ),
    ] = Path(),
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Where the package is put: `DIR/MODULE`.",
            show_default="the directory you are in",
        ),
    ] = Path(),
    world: Annotated[
        str | None,
        typer.Option(
            "--world",
            "-w",
            metavar="WORLD",
            help="World in the WIT; of a project: that one and not what its build exports.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="MODULE",
            help="What the package is called; by default after the world, as in `shop_host`.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; list files that are not up to date."),
    ] = False,
) -> None:
    """Write a Python package with the types and functions of a component, for the host that calls it.

    Exit codes: 0 done; 100 with `--check`, some file is not up to date; 1 cannot go on; 2 wrong usage.
    """
    from wcompose.bindings import differing_files, store_package, write_package

    session: Session = context.obj
    if name is not None:
        _check_name(name)
    subject = _subject(session, target, world)
    package = write_package(
        subject.world, subject.title, name=name or "", documented=subject.documented
    )
    _tell_left_out(session, package)
    differing = differing_files(package, output) if check else store_package(package, output)
    if check:
        for path in differing:
            write_result(str(path))
    if not session.quiet:
        words = "would change" if check else "changed"
        count = f"{len(differing)} file{'' if len(differing) == 1 else 's'}"
        rest = len(package.files) - sum(path.name in package.files for path in differing)
        session.reporter.note(package.name, f"{count} {words}, {rest} up to date")
    if check and differing:
        raise typer.Exit(FINDINGS)


@dataclass(frozen=True)
class _Subject:
    """What bindings are written for: a world, what it is called, and where its documentation is."""

    world: World
    title: str
    documented: Contract | None = None


def _subject(session: Session, target: Path, world: str | None) -> _Subject:
    from wcompose.check.baseline import load_path
    from wcompose.contract import Contract
    from wcompose.errors import ProjectError, UsageError
    from wcompose.project import PROJECT_FILE, find_project

    if target == Path():
        try:
            target = find_project(target)
        except ProjectError:
            target = Path()
    is_project = target.name == PROJECT_FILE or (target / PROJECT_FILE).is_file()
    if is_project and world is None and target.exists():
        from wcompose.build import build_project

        project = session.load_project(target)
        result = build_project(
            project,
            engine=lambda: session.engine,
            images=lambda: session.images,
            cache=session.cache_directory / "components",
            reporter=session.reporter,
        )
        contract = Contract.from_json(session.engine.decode(result.composition))
        documented = None
        # A project of components alone has no WIT of its own.
        with contextlib.suppress(UsageError):
            documented = load_path(target, session.engine).contract
        built = contract.find_world() if contract.world is None else contract.world
        return _Subject(built, project.name, documented)
    contract = load_path(target, session.engine).contract
    if contract.world is None:
        found = contract.find_world(world)
        return _Subject(found, found.name)
    if world is not None:
        raise UsageError.of(
            "world-of-component",
            f"`{target}` is a component: it has one world, and no name for it",
            hint="leave `--world` out, or name WIT",
        )
    return _Subject(contract.world, target.name.partition(".")[0])


def _check_name(name: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name) or not name.isascii():
        from wcompose.errors import UsageError

        raise UsageError.of(
            "bad-value",
            f"`{name}` is no name for a Python package",
            hint="letters, digits and underscores will do, as in `shop_host`",
        )


def _tell_left_out(session: Session, package: Package) -> None:
    for function, reason in package.left_out:
        session.reporter.note(package.name, f"left out `{function}`: {reason}")
