"""``wcompose run``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from wcompose.cli.arguments import from_json, from_wave
from wcompose.cli.granting import GrantOptions
from wcompose.cli.permitting import Permissions, Permitted, RunRequest, permit
from wcompose.cli.session import Session, write_result

if TYPE_CHECKING:
    from wcompose.images import ImageCache
    from wcompose.project import Project
    from wcompose.report import Finding
    from wcompose.runtime import Component, ExportedFunction, Grants, Instance

_NEGATIVE_NUMBER = re.compile(r"-(\d|\.\d|inf\b)")
_MARK = "\0"
SOURCE_ROOT = "/0"
"""Where componentize-py puts the first directory of a Python node's search path: its source."""


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
            metavar="[TARGET]",
            help="Project directory or file (built when stale), or any component file.",
            show_default="the project you are in",
        ),
    ] = ".",
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ARGS]...",
            help="Arguments: WAVE values for a function (`@FILE` reads one from a file), texts for "
            "a program. Put `--` before arguments that begin with a dash.",
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
        typer.Option(
            "--network", help="Open the whole network to a component without gates of its own."
        ),
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

    A project's nodes reach what its grants name, and what options add for this run. A component without
    gates reaches its arguments, standard streams, clocks and randomness, and what options grant.
    A function that returns an error makes the exit code 1; a program's own exit code is passed on.
    """
    from wcompose.runtime import Component, Limits

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
        opened = Component(permitted.file, images, session.reporter)
        write_result("\n".join(str(function) for function in opened.functions))
        return
    code, _ = perform(session, request, permitted, limits, images=images, as_json=json)
    raise typer.Exit(code)


def perform(
    session: Session,
    request: RunRequest,
    permitted: Permitted,
    limits: Any,
    *,
    images: ImageCache | None = None,
    as_json: bool = False,
    show: Callable[[str], None] = write_result,
) -> tuple[int, bool]:
    """Run a program, or call one function.

    Args:
        session: the command line's.
        request: what to run.
        permitted: what it takes.
        limits: of `wcompose.runtime`.
        images: those of the engine that it runs on; none for the usual ones.
        as_json: whether arguments and results are JSON, not WAVE.
        show: takes the result of a function.

    Returns:
        The exit code, and whether the guest ended everything with it.

    Raises:
        GuestFault: it trapped, with the user's files in its traceback.
    """
    from wcompose.errors import GuestFault
    from wcompose.runtime import Component

    opened = Component(permitted.file, images or session.images, session.reporter)
    try:
        if request.invoke is None and opened.program is not None:
            instance = opened.instantiate(permitted.grants, limits)
            return _run_program(instance, opened.program), instance.exit_code is not None
        return _call(session, opened, request, permitted.grants, limits, show, as_json=as_json)
    except GuestFault as fault:
        fault.findings = tuple(_in_source(each, request.sources) for each in fault.findings)
        raise
    finally:
        _take_back_colours(permitted.grants)


def _take_back_colours(grants: Grants) -> None:
    """End what a guest began on our terminal."""
    from wcompose.cli.terminal import TerminalText

    for output in (grants.stdout, grants.stderr):
        if isinstance(output, TerminalText):
            output.close()


def _in_source(finding: Finding, sources: Mapping[str, Path]) -> Finding:
    """A fault whose traceback names the user's files, not those of the frozen interpreter."""
    from dataclasses import replace

    source = sources.get(finding.place.item)
    if source is None:
        return finding
    causes = tuple(each.replace(f'"{SOURCE_ROOT}/', f'"{source}/') for each in finding.causes)
    return replace(finding, causes=causes)


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
        raise UsageError.of(
            "target-missing",
            f"`{path}` does not exist",
            hint="name a component or a project; to pass arguments to the project you are in, "
            f"write `wcompose run . {'--invoke … ' if has_call else ''}{path}`",
        )
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


def _run_program(instance: Instance, program: ExportedFunction) -> int:
    outcome = instance.call_plain(program, [])
    if instance.exit_code is not None:
        return instance.exit_code
    return 0 if outcome is None or "ok" in outcome else 1


def _call(
    session: Session,
    opened: Component,
    request: RunRequest,
    grants: Grants,
    limits: Any,
    show: Callable[[str], None],
    *,
    as_json: bool,
) -> tuple[int, bool]:
    from wcompose.runtime import find_function

    function, texts = _function(session, opened, request, find_function)
    values = (
        [from_json(text, number) for number, text in enumerate(texts, 1)]
        if as_json
        else from_wave(session, function, texts)
    )
    from wcompose.runtime.crossing.plan import check_arguments

    check_arguments(function, values)
    instance = opened.instantiate(grants, limits)
    result = instance.call_plain(function, values)
    _take_back_colours(grants)
    if instance.exit_code is not None:
        return instance.exit_code, True
    if function.result is not None:
        if as_json or not function.result.has_text:
            show(json_text(result))
        else:
            show(session.engine.print_value(function.result.expression(), result))
    instance.close()
    return 1 if isinstance(result, dict) and _is_error(function, result) else 0, False


def json_text(value: Any) -> str:
    """A value as JSON in which no character has power over a terminal; letters stay as they are."""
    import json

    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def _is_error(function: ExportedFunction, result: dict[str, Any]) -> bool:
    return function.result is not None and function.result.kind == "result" and "err" in result


def _function(
    session: Session,
    opened: Component,
    request: RunRequest,
    find: Any,
) -> tuple[ExportedFunction, Sequence[str]]:
    from dataclasses import replace

    from wcompose.errors import UsageError

    if request.invoke is None:
        names = [f"`{function.full_name}`" for function in opened.functions]
        raise UsageError.of(
            "nothing-to-run",
            f"`{request.file.name}` is not a program: it does not export `wasi:cli/run`",
            causes=[f"it exports {name}" for name in names[:20]],
            hint="call one of its functions: `--invoke EXPORT`"
            if names
            else "it exports no function at all",
        )
    if "(" in request.invoke:
        try:
            name, texts = session.engine.parse_call(request.invoke)
        except UsageError as error:
            raise UsageError(
                replace(each, place=replace(each.place, file="--invoke")) for each in error.findings
            ) from None
        if request.arguments:
            raise UsageError.of(
                "arguments-twice",
                "arguments stand both in `--invoke` and behind it",
                hint="keep one of the two",
            )
        return find(opened.functions, name), texts
    return find(opened.functions, request.invoke), request.arguments
