"""``wcompose run``."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from wcompose.cli.granting import GrantOptions
from wcompose.cli.performing import open_component, perform, refuse_without_functions
from wcompose.cli.permitting import Permissions, RunRequest, permit
from wcompose.cli.session import Session, write_result

if TYPE_CHECKING:
    from wcompose.project import Project

_NEGATIVE_NUMBER = re.compile(r"-(\d|\.\d|inf\b|Infinity\b|nan\b)")
_MARK = "\0"


class RunCommand(TyperCommand):
    """Takes ``-5`` for an argument of the guest, not for an option of ours."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Mark negative numbers, so that the parser leaves them alone; not an option's value."""
        if "--" not in args:
            takes_value = {
                name
                for parameter in self.params
                if not getattr(parameter, "is_flag", True)
                for name in parameter.opts
            }
            args = [
                _MARK + arg if _NEGATIVE_NUMBER.match(arg) and before not in takes_value else arg
                for before, arg in zip(("", *args), args, strict=False)
            ]
        return super().parse_args(ctx, args)


def run(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="Project directory or file (built when stale), or any component file.",
            show_default="the project you are in",
        ),
    ] = ".",
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ARGS",
            help="WAVE values for a function (`@FILE` reads one from a file, `@-` from standard input), "
            "texts for a program. Put `--` before those that begin with a dash.",
            show_default=False,
        ),
    ] = None,
    *,
    invoke: Annotated[
        str | None,
        typer.Option(
            "--invoke",
            "-i",
            metavar="EXPORT",
            help="Exported function to call, as short as is unique: `classify`, "
            "`inference.classify`, or a whole call `add(1, 2)`.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Take arguments and print results as JSON, not WAVE.")
    ] = False,
    directory: Annotated[
        list[str] | None,
        typer.Option(
            "--dir",
            metavar="[NODE:]HOST[::GUEST][:rw]",
            help="Grant a directory to read; `:rw` grants writing too.",
        ),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option(
            "--env", metavar="[NODE:]NAME[=VALUE]", help="Grant a variable, by default ours."
        ),
    ] = None,
    allow_http: Annotated[
        list[str] | None,
        typer.Option("--allow-http", metavar="[NODE:]URL", help="Grant requests to a host."),
    ] = None,
    allow_tcp: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-tcp", metavar="[NODE:]HOST:PORTS", help="Grant connections to a host."
        ),
    ] = None,
    allow_udp: Annotated[
        list[str] | None,
        typer.Option("--allow-udp", metavar="[NODE:]HOST:PORTS", help="Grant datagrams to a host."),
    ] = None,
    allow_lookup: Annotated[
        list[str] | None,
        typer.Option("--allow-lookup", metavar="[NODE:]NAME", help="Grant looking up a name."),
    ] = None,
    allow_clocks: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-clocks", metavar="NODE", help="Grant the clocks; `all` for all nodes."
        ),
    ] = None,
    allow_random: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-random", metavar="NODE", help="Grant randomness; `all` for all nodes."
        ),
    ] = None,
    allow_stdio: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-stdio", metavar="NODE", help="Grant our streams; `all` for all nodes."
        ),
    ] = None,
    allow_all: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-all", metavar="NODE", help="Grant all but directories and variables."
        ),
    ] = None,
    network: Annotated[
        bool,
        typer.Option("--network", help="Grant the whole network, to every node of a project."),
    ] = False,
    audit: Annotated[
        Path | None,
        typer.Option(
            "--audit",
            metavar="FILE",
            help="Write what was denied as lines of JSON; `-` for standard error.",
        ),
    ] = None,
    audit_all: Annotated[
        bool, typer.Option("--audit-all", help="With `--audit`: what was allowed, too.")
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", min=0.0, help="Stop the guest after so long."),
    ] = None,
    memory: Annotated[
        int,
        typer.Option("--memory", metavar="MIB", min=1, help="Largest memory a module may have."),
    ] = 2048,
    fuel: Annotated[
        int | None,
        typer.Option(
            "--fuel",
            metavar="UNITS",
            min=0,
            help="Stop the guest after so much work, about one for an instruction.",
        ),
    ] = None,
    stack: Annotated[
        int,
        typer.Option("--stack", metavar="KIB", min=64, help="Stack that the guest may use."),
    ] = 1024,
    max_output: Annotated[
        int,
        typer.Option(
            "--max-output",
            metavar="BYTES",
            min=0,
            help="Stop the guest when it writes more to its standard streams.",
        ),
    ] = 1 << 30,
    list_exports: Annotated[
        bool, typer.Option("--list", help="List what can be called, and call nothing.")
    ] = False,
) -> None:
    """Run a project or a component: a program (`wasi:cli/run`), or one exported function.

    A project's nodes reach what its grants name, and what options add for this run.

    Any other component reaches its arguments, streams, clocks, random numbers, and what options grant.

    A function that returns an error makes the exit code 1; a program's own exit code is passed on.
    """
    from wcompose.bounds import Limits

    session: Session = context.obj
    texts = [each.removeprefix(_MARK) for each in arguments or ()]
    options = GrantOptions(
        directories=directory or (),
        variables=env or (),
        http=allow_http or (),
        tcp=allow_tcp or (),
        udp=allow_udp or (),
        lookup=allow_lookup or (),
        clocks=allow_clocks or (),
        random=allow_random or (),
        stdio=allow_stdio or (),
        all=allow_all or (),
    )
    asked = Permissions(options, network=network, audit=audit, audit_all=audit_all)
    request = read_request(session, target.removeprefix(_MARK), invoke, texts)
    permitted = permit(session, request, asked)
    limits = Limits(memory=memory << 20, seconds=timeout, fuel=fuel, output=max_output)
    images = session.images_for(metering=fuel is not None, stack=stack << 10)
    if list_exports:
        from wcompose.cli.listing import callable_functions, list_text

        opened = open_component(session, permitted.file, images)
        refuse_without_functions(session, opened, permitted.file)
        write_result(list_text(callable_functions(opened)))
        return
    code, _ = perform(session, request, permitted, limits, images=images, as_json=json)
    raise typer.Exit(code)


def read_request(
    session: Session, target: str, invoke: str | None, arguments: Sequence[str]
) -> RunRequest:
    """What the command line means, completed by the project's ``[run]`` table."""
    path = Path(target)
    if path.is_file() and path.suffix != ".toml":
        return RunRequest(path, None, invoke, tuple(arguments), None, path.name, {})
    project = _project(session, path, is_default=target == ".", has_call=invoke is not None)
    from wcompose.build import build_project
    from wcompose.project import PythonSource

    result = build_project(
        project,
        engine=lambda: session.engine,
        images=lambda: session.images,
        cache=session.cache_directory / "components",
        reporter=session.reporter,
    )
    told = project.run
    # The file stands in for a person's typing, not for what somebody pipes in.
    wants_file = invoke is None and (not arguments or sys.stdin.isatty())
    return RunRequest(
        file=result.composition,
        project=project,
        invoke=invoke or told.invoke,
        arguments=tuple(arguments) or (told.arguments if invoke is None else ()),
        stdin=told.stdin if wants_file else None,
        name=project.name,
        sources={
            node.name: node.origin.directory
            for node in project.nodes
            if isinstance(node.origin, PythonSource)
        },
    )


def _project(session: Session, path: Path, *, is_default: bool, has_call: bool) -> Project:
    from wcompose.errors import ProjectError, UsageError

    if not path.exists():
        raise _missing(path, has_call=has_call)
    try:
        return session.load_project(path)
    except ProjectError as error:
        if is_default and error.findings[0].rule == "project-missing":
            raise UsageError.of(
                "target-missing",
                "there is no project here, and no component was named",
                hint="name a component: `wcompose run FILE.wasm`, or go to a project's directory",
            ) from None
        raise


def _missing(path: Path, *, has_call: bool) -> Exception:
    """What a target that does not exist may be: a link, a file with a typing error, an argument."""
    from wcompose.errors import ProjectError, UsageError
    from wcompose.project import find_project
    from wcompose.suggest import nearest

    if path.is_symlink():
        return UsageError.of(
            "target-missing",
            f"`{path}` is a link to what does not exist",
            causes=[f"it points to `{path.readlink()}`"],
            hint="name the component itself",
        )
    try:
        beside = {each.stem: each for each in path.parent.iterdir() if each.suffix == ".wasm"}
    except OSError:
        beside = {}
    near = nearest(path.stem, beside)
    hint = f"did you mean `{beside[near[0]]}`?" if near else ""
    if not hint and not path.suffix and path.name == str(path):
        try:
            find_project(Path())
        except ProjectError:
            hint = "name a component: `wcompose run FILE.wasm`, or go to a project's directory"
        else:
            call = "--invoke EXPORT " if has_call else ""
            hint = f"to pass it to the project you are in, write `wcompose run . {call}-- {path}`"
    return UsageError.of(
        "target-missing",
        f"`{path}` does not exist",
        hint=hint or "name a component's file, or a project's directory",
    )
