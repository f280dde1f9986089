"""``wcompose grants --learn``: run with nothing held back, and propose the smallest grants."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from wcompose.cli.granting import GrantOptions, run_grants, with_run_grants

if TYPE_CHECKING:
    from wcompose.cli.permitting import Permitted, RunRequest
    from wcompose.cli.session import Session
    from wcompose.grants.learned_directories import GivenDirectory
    from wcompose.grants.learning import Learned
    from wcompose.project import GrantsDeclaration, Project
    from wcompose.runtime.hosting.audit import Use

_LEARN = "--learn"
_ARGUMENTS = "wcompose.learning.arguments"
_MOST_USES = 10_000
"""Different uses that are remembered: a guest chooses how many there are."""


class GrantsCommand(TyperCommand):
    """With ``--learn``, leaves what stands behind ``--`` to the program that is run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the program's arguments away before options are read."""
        own, dashes, rest = args, "", list[str]()
        if "--" in args:
            place = args.index("--")
            own, dashes, rest = args[:place], args[place], args[place + 1 :]
        if _LEARN not in own or not dashes:
            return super().parse_args(ctx, args)
        ctx.meta[_ARGUMENTS] = tuple(rest)
        return super().parse_args(ctx, own)


@dataclass(frozen=True)
class LearnRequest:
    """What to run to learn from it.

    Attributes:
        target: the project.
        invoke: the function to call; none to run it as a program.
        directories: of ``--dir``.
        variables: of ``--env``.
        arguments: of the function or the program.
    """

    target: Path
    invoke: str | None = None
    directories: Sequence[str] = ()
    variables: Sequence[str] = ()
    arguments: Sequence[str] = ()


def program_arguments(context: Any) -> tuple[str, ...]:
    """What stood behind ``--``."""
    found: tuple[str, ...] = context.meta.get(_ARGUMENTS, ())
    return found


def refuse_run_options(invoke: str | None, directories: object, variables: object) -> None:
    """Refuse options of a run where nothing is run.

    Raises:
        UsageError: there are some.
    """
    from wcompose.errors import UsageError

    named = {"--invoke": invoke, "--dir": directories, "--env": variables}
    if told := [name for name, value in named.items() if value]:
        raise UsageError.of(
            "options-conflict",
            f"`{told[0]}` is for a run, and nothing is run without `{_LEARN}`",
            hint=f"add `{_LEARN}`, which runs the project with nothing held back",
        )


@dataclass
class _Listener:
    """What gates and streams tell in one run."""

    uses: Counter[Use] = field(default_factory=Counter)
    lost: int = 0
    written: set[str] = field(default_factory=set)

    def hear(self, use: Use) -> None:
        if use in self.uses or len(self.uses) < _MOST_USES:
            self.uses[use] += 1
        else:
            self.lost += 1

    def stream(self, name: str) -> Any:
        """Standard output is for the proposal, so what the program writes goes to standard error."""

        def write(data: bytes) -> None:
            self.written.add(name)
            sys.stderr.buffer.write(data)
            sys.stderr.buffer.flush()

        return write


def learn_grants(session: Session, request: LearnRequest) -> str:
    """Run a project with nothing held back, and propose the smallest grants for each node.

    Args:
        session: the command line's.
        request: what to run.

    Returns:
        The proposal, as tables of a project file.

    Raises:
        UsageError: the target is no project.
        UserError: it cannot be built, or its grants cannot be read.
    """
    from wcompose.cli.performing import perform
    from wcompose.cli.run import read_request
    from wcompose.errors import GuestFault, UsageError
    from wcompose.grants.proposal import proposal_text
    from wcompose.runtime import Limits

    run = read_request(session, str(request.target), request.invoke, request.arguments)
    if run.project is None:
        raise UsageError.of(
            "learning-needs-project",
            f"`{request.target}` is a component, and grants are learned of a project's nodes",
            hint="name the project that it was built from",
        )
    project = run.project
    given = _given(project, request)
    listener = _Listener()
    permitted = _all_permitted(session, run, project, given, listener)
    # On standard error whatever else is silenced: this is the one command that holds nothing back.
    sys.stderr.write(
        f"this run of `{project.name}` holds nothing back: its nodes reach the network, clocks, "
        "random numbers, all variables of the environment, arguments and streams; of files, what "
        "the project and `--dir` name\n"
    )
    sys.stderr.flush()
    whole = (
        f"Learned from one run of `{project.name}` in which nothing was held back. It shows what "
        "this run used and no more: another one may need more, or other things."
    )
    about = [whole, "Each table takes the place of the node's own, profiles included."]
    fault: GuestFault | None = None
    exited = False

    def unlink() -> None:
        # It would hold nothing back wherever it is run.
        permitted.file.unlink(missing_ok=True)

    try:
        code, exited = perform(session, run, permitted, Limits(), show=_show, cleanup=unlink)
    except GuestFault as error:
        fault = error
        about.append(f"THE RUN DID NOT FINISH: {error.findings[0].message}")
    else:
        if code:
            about.append(
                f"The run failed with status {code}: what it would do otherwise is not here."
            )
    finally:
        unlink()
    if listener.lost:
        about.append(f"{listener.lost} more uses were too many to remember, and are not here.")
    text = proposal_text(_learned(session, project, given, listener, exited=exited), about)
    if fault is not None:
        sys.stderr.write("the run did not finish; this is what it used until then\n")
    return text


def _show(text: str) -> None:
    sys.stderr.write(text + "\n")


def _given(project: Project, request: LearnRequest) -> dict[str, GrantsDeclaration]:
    """What nodes are granted in the run beside everything: their own grants, and directories."""
    from wcompose.build.gating import declared_grants

    options = GrantOptions(directories=request.directories, variables=request.variables)
    declared = declared_grants(project)
    extra = run_grants(options, declared, Path.cwd())
    return with_run_grants(declared, extra, project.root)


def _all_permitted(
    session: Session,
    run: RunRequest,
    project: Project,
    given: Mapping[str, GrantsDeclaration],
    listener: _Listener,
) -> Permitted:
    from wcompose.build.pipeline import build_variant
    from wcompose.cli.permitting import Permitted, everything_there_is
    from wcompose.grants.decide import Recording
    from wcompose.grants.learning import learning_grants
    from wcompose.runtime.hosting.shared import host_grants

    grants = {name: learning_grants(each) for name, each in given.items()}
    file = build_variant(
        project,
        grants,
        Recording.LEARN,
        engine=session.engine,
        cache=session.cache_directory / "components",
        reporter=session.reporter,
    )
    everything = everything_there_is(run, listener.hear)
    host = host_grants(grants, everything, root=project.root, variables=os.environ)
    host = replace(
        host,
        arguments=everything.arguments,
        environment=tuple(sorted(os.environ.items())),
        network=True,
        stdin=everything.stdin,
        inherit_stdin=everything.inherit_stdin,
        stdout=listener.stream("stdout"),
        stderr=listener.stream("stderr"),
    )
    return Permitted(file, host)


def _learned(
    session: Session,
    project: Project,
    given: Mapping[str, GrantsDeclaration],
    listener: _Listener,
    *,
    exited: bool,
) -> list[Learned]:
    from wcompose.check.granted import Tools, read_grants
    from wcompose.grants.learned_directories import HostView
    from wcompose.grants.learned_uses import SeenUse
    from wcompose.grants.learning import Observed, learn
    from wcompose.progress import SilentReporter

    tools = Tools(session.engine, session.cache_directory / "components", SilentReporter())
    needs = {each.name: each.needs for each in read_grants(project.file, tools).nodes}
    view = HostView(Path.is_dir, lambda path: Path(os.path.realpath(path)))
    uses: dict[str, list[SeenUse]] = {}
    for use, count in listener.uses.items():
        seen = SeenUse(use.interface, use.function, use.allowed, use.target, count)
        uses.setdefault(use.node, []).append(seen)
    directories = _directories(given, project.root)
    found = []
    for node in project.nodes:
        need = needs.get(node.name)
        observed = Observed(
            node.name,
            today=node.grants,
            given=given[node.name],
            uses=uses.get(node.name, ()),
            directories=directories[node.name],
            may_exit=exited and need is not None and need.of("exit") is not None,
            silent=frozenset({"stdout", "stderr"} - listener.written),
        )
        found.append(learn(observed, root=project.root, view=view))
    return found


def _directories(
    given: Mapping[str, GrantsDeclaration], root: Path
) -> dict[str, tuple[GivenDirectory, ...]]:
    """What each node sees while learning: its own directories, and those of others by outer names."""
    from wcompose.grants.directories import name_directories
    from wcompose.grants.learned_directories import GivenDirectory

    named = name_directories(given)
    opened = {each.outer: each for each in named.host}
    found = {}
    for node in given:
        own = {each.guest: named.outer[node][each.guest] for each in given[node].filesystem}
        seen = own | {outer: outer for outer in opened if outer not in own}
        found[node] = tuple(
            GivenDirectory(guest, root / opened[outer].host, opened[outer].write)
            for guest, outer in seen.items()
        )
    return found
