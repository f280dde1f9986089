"""``wcompose fmt``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wcompose.cli.check import FINDINGS
from wcompose.cli.session import Session, write_result

if TYPE_CHECKING:
    from wcompose.report import Finding

_STANDARD_INPUT = "<stdin>"
_DEPENDENCIES = frozenset({"deps"})


def fmt(
    context: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Files and directories of WIT, projects, or `-` for standard input; the project"
            " that you are in unless told.",
            show_default=False,
        ),
    ] = None,
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; list files that are not in the style."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change.")
    ] = False,
) -> None:
    """Write WIT in one style: that of WASI. Comments and the contract stay as they are.

    Exit codes: 0 done; 100 with `--check`, some file is not in the style; 1 some file is not WIT and
    was left alone; 2 wrong usage.
    """
    from wcompose.errors import ContractError

    session: Session = context.obj
    if paths and "-" in paths:
        _only(paths)
        raise typer.Exit(_standard_input(session, check=check, diff=diff))
    findings: list[Finding] = []
    changed = same = 0
    for file in dict.fromkeys(_files(paths)):
        try:
            is_changed = _format_file(session, file, check=check, diff=diff)
        except ContractError as error:
            findings += error.findings
            continue
        changed += is_changed
        same += not is_changed
    if not session.quiet:
        words = "would be formatted" if check or diff else "formatted"
        session.reporter.note("fmt", f"{_counted(changed)} {words}, {same} left as they are")
    if findings:
        raise ContractError(findings)
    if check and changed:
        raise typer.Exit(FINDINGS)


def _counted(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


def _only(paths: Sequence[str]) -> None:
    if len(paths) > 1:
        from wcompose.errors import UsageError

        raise UsageError.of(
            "standard-input-and-files",
            "standard input and files cannot be formatted in one run",
            hint="name `-` alone, or leave it out",
        )


def _files(paths: Sequence[str] | None) -> Iterator[Path]:
    """The files of WIT that the arguments mean, in order.

    Raises:
        UsageError: a path is missing or holds none.
    """
    from wcompose.check.baseline import contracts_in
    from wcompose.errors import ProjectError, UsageError
    from wcompose.files import tree_files
    from wcompose.project import find_project

    starts = [Path(path) for path in paths or ()]
    if not starts:
        try:
            starts = [find_project(Path()).parent]
        except ProjectError:
            starts = [Path()]
    for start in starts:
        place = contracts_in(start)
        if not place.is_dir():
            yield place
            continue
        try:
            yield from (file for file in tree_files(place, _DEPENDENCIES) if file.suffix == ".wit")
        except OSError as error:
            raise UsageError.of(
                "directory-unreadable",
                f"cannot read `{place}`",
                causes=[(error.strerror or str(error)).lower()],
            ) from None


def _format_file(session: Session, file: Path, *, check: bool, diff: bool) -> bool:
    """Format one file; whether that changes it.

    Raises:
        ContractError: it is not WIT.
        UsageError: it cannot be read or written.
    """
    from wcompose.contract.formatted import SIZE_LIMIT, format_bytes

    try:
        with file.open("rb") as stream:
            data = stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise _failed("read", file, error) from None
    formatted = format_bytes(data, str(file), session.engine)
    if formatted.encode("utf-8") == data:
        return False
    if diff:
        write_result(_difference(data.decode("utf-8"), formatted, str(file)))
    elif check:
        write_result(str(file))
    else:
        _write(file, formatted)
    return True


def _write(file: Path, text: str) -> None:
    from wcompose.files import atomic_output

    try:
        # A link keeps leading to its file, and the file keeps its permissions.
        target = file.resolve(strict=True)
        with atomic_output(target) as temporary:
            temporary.write_bytes(text.encode("utf-8"))
            temporary.chmod(target.stat().st_mode & 0o7777)
    except OSError as error:
        raise _failed("write", file, error) from None


def _failed(verb: str, file: Path, error: OSError) -> Exception:
    from wcompose.errors import UsageError

    return UsageError.of(
        f"file-not-{verb}" if verb == "read" else "file-not-written",
        f"cannot {verb} `{file}`",
        causes=[(error.strerror or str(error)).lower()],
        hint="check the path and its permissions",
    )


def _difference(before: str, after: str, name: str) -> str:
    from difflib import unified_diff

    old, new = (text.splitlines(keepends=True) for text in (before, after))
    lines = unified_diff(old, new, f"{name} (as it is)", f"{name} (formatted)")
    marked = (
        line if line.endswith("\n") else f"{line}\n\\ no line break at the end\n" for line in lines
    )
    return "".join(marked)


def _standard_input(session: Session, *, check: bool, diff: bool) -> int:
    """Format standard input to standard output; the exit code."""
    from wcompose.contract.formatted import SIZE_LIMIT, format_bytes

    data = sys.stdin.buffer.read(SIZE_LIMIT + 1)
    formatted = format_bytes(data, _STANDARD_INPUT, session.engine)
    is_changed = formatted.encode("utf-8") != data
    if diff and is_changed:
        write_result(_difference(data.decode("utf-8"), formatted, _STANDARD_INPUT))
    elif not check and not diff:
        sys.stdout.buffer.write(formatted.encode("utf-8"))
        sys.stdout.buffer.flush()
    return FINDINGS if check and is_changed else 0
