"""What a run may reach: which composition it takes, and what the host opens for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wcompose.cli.granting import (
    GrantOptions,
    RunGrant,
    run_grants,
    usual_grants,
    whole_network,
    with_run_grants,
)

if TYPE_CHECKING:
    from wcompose.cli.session import Session
    from wcompose.grants.decide import Recording
    from wcompose.grants.section import GrantsSection
    from wcompose.project import GrantsDeclaration, Project
    from wcompose.runtime import Grants
    from wcompose.runtime.hosting.audit import Use


@dataclass(frozen=True)
class RunRequest:
    """What a run was asked to do.

    Attributes:
        file: the component.
        project: the project that it was built from; none for a file.
        invoke: the function to call; none to run it as a program.
        arguments: of the function or the program.
        stdin: file for standard input; none for the caller's.
        name: what to call the program, as its first argument.
        sources: directory of each node that is built from source, to find a traceback's files.
    """

    file: Path
    project: Project | None
    invoke: str | None
    arguments: tuple[str, ...]
    stdin: Path | None
    name: str
    sources: Mapping[str, Path]


@dataclass(frozen=True)
class Permissions:
    """What the command line says of permissions.

    Attributes:
        options: what it grants.
        network: whether everything there is gets the whole network.
        audit: file for uses; none to record nothing.
        audit_all: whether allowed uses are recorded too.
    """

    options: GrantOptions
    network: bool = False
    audit: Path | None = None
    audit_all: bool = False

    @property
    def recording(self) -> Recording:
        """Which uses gates record."""
        from wcompose.grants.decide import Recording

        if self.audit is None:
            return Recording.NONE
        return Recording.ALL if self.audit_all else Recording.DENIED

    @property
    def needs_gates(self) -> bool:
        """Whether a component must get gates of its own for what was asked."""
        options = self.options
        fine = (options.http, options.tcp, options.udp, options.lookup, options.clocks)
        return self.audit is not None or any((*fine, options.random, options.stdio, options.all))


@dataclass(frozen=True)
class Permitted:
    """What a run takes.

    Attributes:
        file: the composition.
        grants: what the host opens for it.
        silent: nodes of a project whose standard error nobody hears.
    """

    file: Path
    grants: Grants
    silent: frozenset[str] = frozenset()


def permit(session: Session, request: RunRequest, asked: Permissions) -> Permitted:
    """Decide what a run may reach, and make the composition that holds it to that.

    A project is composed anew, beside its own composition, when the command line grants something.
    A file that has gates keeps them: options open the host for it, and its gates still decide. A
    component without gates gets some when an option needs them.

    Raises:
        UsageError: with everything that cannot be granted.
    """
    from wcompose.errors import UsageError

    if asked.audit_all and asked.audit is None:
        raise UsageError.of(
            "audit-without-file",
            "`--audit-all` says how much is recorded, and nothing says where",
            hint="add `--audit FILE`",
        )
    everything = everything_there_is(request, _hearer(asked.audit))
    if request.project is not None:
        return _project(session, request.project, request.file, asked, everything)
    section = _section(request.file)
    if section is not None:
        return Permitted(request.file, _gated_file(request.file, section, asked, everything))
    if not asked.needs_gates:
        return Permitted(request.file, _ungated(asked, everything))
    return _with_gates(session, request.file, asked, everything)


def _project(
    session: Session, project: Project, file: Path, asked: Permissions, everything: Grants
) -> Permitted:
    import os

    from wcompose.build.gating import declared_grants
    from wcompose.build.pipeline import build_variant
    from wcompose.project import StreamKind
    from wcompose.runtime.hosting.shared import host_grants

    grants: Mapping[str, GrantsDeclaration] = declared_grants(project)
    extra = _asked_for(asked, grants)
    if extra:
        grants = with_run_grants(grants, extra, project.root)
    if extra or asked.audit is not None:
        file = build_variant(
            project,
            grants,
            asked.recording,
            engine=session.engine,
            cache=session.cache_directory / "components",
            reporter=session.reporter,
        )
    host = host_grants(grants, everything, root=project.root, variables=os.environ)
    heard = {StreamKind.INHERIT, StreamKind.PREFIX}
    silent = {name for name, each in grants.items() if each.stderr.kind not in heard}
    return Permitted(file, host, frozenset(silent))


def _asked_for(asked: Permissions, nodes: Collection[str]) -> tuple[RunGrant, ...]:
    """What the command line grants to nodes; `--network` is for all of them."""
    extra = run_grants(asked.options, nodes, Path.cwd())
    return (*extra, (None, whole_network())) if asked.network else extra


def _gated_file(
    file: Path, section: GrantsSection, asked: Permissions, everything: Grants
) -> Grants:
    """What the host opens for a composition with gates: what options say, and streams."""
    from wcompose.errors import UsageError

    if asked.needs_gates:
        raise UsageError.of(
            "gates-stand",
            f"`{file.name}` has gates of its own, which decide what its nodes reach",
            hint="grant it in the project and build again; here `--dir`, `--env` and `--network` open "
            "what its gates ask for",
        )
    plain = _ungated(asked, everything)
    missing = [
        f"`--dir {host}::{outer}{':rw' if write else ''}`"
        for outer, (host, write) in sorted(section.directories.items())
        if outer not in {each.guest for each in plain.directories}
    ]
    if missing and plain.directories:
        raise UsageError.of(
            "directory-not-asked-for",
            f"`{file.name}` asks for other directories",
            causes=[f"its gates look for {each}" for each in missing],
            hint="call each directory as its gates do",
        )
    return plain


def _with_gates(session: Session, file: Path, asked: Permissions, everything: Grants) -> Permitted:
    """A component without gates, composed with some for this run."""
    import json
    import os

    from wcompose.build.assembly import label_of
    from wcompose.build.gating import compose_gated
    from wcompose.files import atomic_output, digest_bytes
    from wcompose.graph import Node
    from wcompose.graph.compose import About, link, read_component
    from wcompose.runtime.hosting.shared import host_grants

    name = label_of(file) or "component"
    grants = with_run_grants({name: usual_grants()}, _asked_for(asked, [name]), Path.cwd())
    host = host_grants(grants, everything, root=Path.cwd(), variables=os.environ)
    component = read_component(session.engine, file)
    told = json.dumps([each.to_json() for each in grants.values()], sort_keys=True)
    text = f"{component.digest} {name} {asked.recording.value} {told}"
    digest = digest_bytes(text.encode()).removeprefix("sha256:")[:32]
    directory = session.cache_directory / "gated"
    output = directory / f"{digest}.wasm"
    if not output.exists():
        directory.mkdir(parents=True, exist_ok=True)
        graph = link([Node(name, component)], (), None, engine=session.engine, directory=directory)
        with atomic_output(output) as temporary:
            compose_gated(
                graph,
                grants,
                session.engine,
                temporary,
                about=About(name),
                directory=directory,
                recording=asked.recording,
            )
    return Permitted(output, host)


def _ungated(asked: Permissions, everything: Grants) -> Grants:
    """What the host opens for one that has it all to itself."""
    import os

    from wcompose.errors import UsageError
    from wcompose.report import Finding
    from wcompose.runtime import DirectoryGrant

    granted = run_grants(replace(asked.options, variables=()), (), Path())
    directories = tuple(
        DirectoryGrant(each.host, each.guest, each.write)
        for _, one in granted
        for each in one.filesystem
    )
    environment: list[tuple[str, str]] = []
    findings: list[Finding] = []
    for text in asked.options.variables:
        name, has_value, value = text.partition("=")
        if not has_value and name not in os.environ:
            findings.append(
                Finding(
                    "variable-missing",
                    f"`{name}` is not set here, so it cannot be passed on",
                    hint=f"give it a value: `--env {name}=VALUE`",
                )
            )
        environment.append((name, value if has_value else os.environ.get(name, "")))
    if findings:
        raise UsageError(findings)
    return replace(
        everything,
        directories=directories,
        environment=tuple(environment),
        network=asked.network,
    )


def everything_there_is(request: RunRequest, audit: Callable[[Use], None] | None) -> Grants:
    """The arguments and streams that there are to give."""
    from wcompose.cli.terminal import TerminalText
    from wcompose.runtime import Grants

    def forward(stream: Any) -> Any:
        def write(data: bytes) -> None:
            stream.buffer.write(data)
            stream.buffer.flush()

        return TerminalText(write) if stream.isatty() else write

    return Grants(
        arguments=(request.name, *request.arguments) if request.invoke is None else (request.name,),
        stdin=request.stdin,
        inherit_stdin=request.stdin is None,
        stdout=forward(sys.stdout),
        stderr=forward(sys.stderr),
        audit=audit,
    )


def _hearer(file: Path | None) -> Callable[[Use], None] | None:
    """What writes uses to a file, line by line."""
    from wcompose.errors import UsageError
    from wcompose.runtime.hosting.audit import json_lines

    if file is None:
        return None
    if str(file) == "-":
        return json_lines(sys.stderr.write)
    try:
        # Open to the end of the process: a trap must not lose what led to it.
        stream = file.open("w", encoding="utf-8", buffering=1)
    except OSError as error:
        raise UsageError.of(
            "audit-unwritable",
            f"cannot write the audit log `{file}`",
            causes=[(error.strerror or str(error)).lower()],
            hint="name a file in a directory that you may write to",
        ) from None
    return json_lines(stream.write)


def _section(file: Path) -> GrantsSection | None:
    """What a file tells of its grants, if it has gates."""
    from wcompose.grants.section import section_of

    try:
        return section_of(file)
    except OSError:
        return None  # opening it says what is wrong
