"""Grants for one run, from the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wcompose.project import GrantsDeclaration

RunGrant = tuple[str | None, "GrantsDeclaration"]
"""To whom, none for every node, and what."""

_NODE_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9_-]+:.*", re.DOTALL)
_EVERY = ("", "*", "all")
"""What stands for every node where only a node is told; a node of that name comes first."""


@dataclass(frozen=True)
class GrantOptions:
    """The options of ``wcompose run`` that grant something, as they were typed.

    Attributes:
        directories: of ``--dir``, each ``[NODE:]HOST[::GUEST][:rw]``.
        variables: of ``--env``, each ``[NODE:]NAME[=VALUE]``.
        http: of ``--allow-http``, each ``[NODE:]URL`` or ``[NODE:]HOST[:PORTS]``.
        tcp: of ``--allow-tcp``, each ``[NODE:]HOST:PORTS``.
        udp: of ``--allow-udp``, likewise.
        lookup: of ``--allow-lookup``, each ``[NODE:]NAME``.
        clocks: of ``--allow-clocks``, each a node, or ``all``.
        random: of ``--allow-random``, likewise.
        stdio: of ``--allow-stdio``, likewise.
        all: of ``--allow-all``, likewise.
    """

    directories: Sequence[str] = ()
    variables: Sequence[str] = ()
    http: Sequence[str] = ()
    tcp: Sequence[str] = ()
    udp: Sequence[str] = ()
    lookup: Sequence[str] = ()
    clocks: Sequence[str] = ()
    random: Sequence[str] = ()
    stdio: Sequence[str] = ()
    all: Sequence[str] = ()


_OPTIONS = {"directories": "--dir", "variables": "--env"} | {
    key: f"--allow-{key}"
    for key in ("http", "tcp", "udp", "lookup", "clocks", "random", "stdio", "all")
}


def run_grants(options: GrantOptions, nodes: Collection[str], here: Path) -> tuple[RunGrant, ...]:
    """What the command line grants, and to whom.

    Args:
        options: what was typed.
        nodes: names of the target's nodes. Only such a name in front of a colon is a node.
        here: the directory that relative directories start from.

    Raises:
        UsageError: with every text that grants nothing.
    """
    from wcompose.errors import UsageError
    from wcompose.project.grant_texts import GrantTextError
    from wcompose.report import Finding

    found: list[RunGrant] = []
    findings: list[Finding] = []
    for key, option in _OPTIONS.items():
        for text in getattr(options, key):
            try:
                found.append(_read(key, text, nodes, here))
            except GrantTextError as error:
                message = f"`{option} {text}`: {error.message}"
                findings.append(Finding("bad-grant", message, hint=error.hint))
    if findings:
        raise UsageError(findings)
    return tuple(found)


def with_run_grants(
    declared: Mapping[str, GrantsDeclaration], extra: Sequence[RunGrant], root: Path
) -> dict[str, GrantsDeclaration]:
    """What each node is granted in one run: what is declared, and what the command line adds.

    Lists are joined; of two directories with one place in the node, of two variables with one
    name, and of single values the later counts, the command line behind the declaration.

    Args:
        declared: what each node is granted in the project.
        extra: what the command line grants.
        root: what declared directories are relative to.

    Raises:
        UsageError: something does not go together.
    """
    from wcompose.errors import UsageError
    from wcompose.project import GrantsDeclaration
    from wcompose.project.grant_rules import grant_conflicts
    from wcompose.report import Finding

    whole = dict(declared)
    for target, grants in extra:
        for node in whole if target is None else (target,):
            whole[node] = _joined(whole.get(node, GrantsDeclaration()), grants)
    findings = [
        Finding(conflict.rule, f"`{node}`: {conflict.message}", hint=conflict.hint)
        for node, grants in whole.items()
        if grants != declared.get(node)
        for conflict in grant_conflicts(grants, root)
    ]
    if findings:
        raise UsageError(findings)
    return whole


def _joined(first: GrantsDeclaration, later: GrantsDeclaration) -> GrantsDeclaration:
    from wcompose.project import GrantsDeclaration

    nothing = GrantsDeclaration()
    guests = {each.guest for each in later.filesystem}
    names = {each.name for each in later.environment}
    first = replace(
        first,
        filesystem=tuple(each for each in first.filesystem if each.guest not in guests),
        environment=tuple(each for each in first.environment if each.name not in names),
    )
    changed: dict[str, Any] = {}
    for each in fields(first):
        told = getattr(later, each.name)
        if each.name == "place" or told == getattr(nothing, each.name):
            continue
        is_list = isinstance(told, tuple) and each.name != "arguments"
        changed[each.name] = (
            tuple(dict.fromkeys((*getattr(first, each.name), *told))) if is_list else told
        )
    return replace(first, **changed)


def _read(key: str, text: str, nodes: Collection[str], here: Path) -> RunGrant:
    from wcompose.project.grant_texts import GrantTextError

    if key in ("clocks", "random", "stdio", "all"):
        return _node(text, nodes), _whole(key)
    node, rest = split_node(text, nodes)
    if key in ("directories", "variables"):
        # These read almost any text, also one that was meant to begin with a node.
        _refuse_near_node(text, nodes)
    try:
        return node, _grants(key, rest, here)
    except GrantTextError:
        name, colon, behind = text.partition(":")
        if node is not None and re.fullmatch(r"[0-9,*-]+", rest):
            raise GrantTextError(
                f"`{node}` is a node, and behind it is no host",
                f"write `{node}:HOST:{rest}`, or `:{text}` to grant a host of that name to all",
            ) from None
        if colon and name not in nodes and _is_grant(key, behind, here):
            _refuse_near_node(text, nodes)
        raise


def _grants(key: str, text: str, here: Path) -> GrantsDeclaration:
    return _directory(text, here) if key == "directories" else _READERS[key](text)


def _is_grant(key: str, text: str, here: Path) -> bool:
    from wcompose.project.grant_texts import GrantTextError

    try:
        _grants(key, text, here)
    except GrantTextError:
        return False
    return True


def split_node(text: str, nodes: Collection[str]) -> tuple[str | None, str]:
    """The node in front of a grant, if there is one, and the rest.

    Only the name of a node of the target is taken for one, so a drive of Windows, a scheme or a
    host is none. Neither is what two slashes or a second colon follow: ``http://…`` is a URL and
    ``data::/data`` a directory, whatever nodes are called. What follows a colon at the very
    beginning is for every node, also if it looks like one: ``:db:5432``.

    Args:
        text: what was typed.
        nodes: names of the target's nodes.
    """
    name, colon, rest = text.partition(":")
    if colon and not name and not rest.startswith(":"):
        return None, rest
    if name in nodes and colon and not rest.startswith((":", "//")):
        return name, rest
    return None, text


def _node(text: str, nodes: Collection[str]) -> str | None:
    from wcompose.project.grant_texts import GrantTextError
    from wcompose.suggest import did_you_mean

    if text in nodes:
        return text
    if text in _EVERY:
        return None
    raise GrantTextError(
        f"no node is called `{text}`",
        did_you_mean(text, nodes)
        or ("there are " + ", ".join(f"`{each}`" for each in sorted(nodes)) if nodes else ""),
    )


def _refuse_near_node(text: str, nodes: Collection[str]) -> None:
    from wcompose.project.grant_texts import GrantTextError
    from wcompose.suggest import did_you_mean

    name, _, rest = text.partition(":")
    if name in nodes or rest.startswith((":", "//")) or not _NODE_LIKE.fullmatch(text):
        return
    if hint := did_you_mean(name.lower(), nodes):
        raise GrantTextError(
            f"no node is called `{name}`", f"{hint} For every node, write `:{text}`"
        )


def usual_grants() -> GrantsDeclaration:
    """What a component without gates reaches unless it is told otherwise."""
    from wcompose.project import (
        ClockGrant,
        ClockKind,
        GrantsDeclaration,
        RandomGrant,
        RandomKind,
        StreamGrant,
        StreamKind,
    )

    stream = StreamGrant(StreamKind.INHERIT)
    return GrantsDeclaration(
        arguments=True,
        stdin=stream,
        stdout=stream,
        stderr=stream,
        clocks=ClockGrant(ClockKind.REAL),
        random=RandomGrant(RandomKind.REAL),
        exit=True,
    )


def _whole(key: str) -> GrantsDeclaration:
    """What an option grants that needs no more words than a node."""
    from wcompose.project import GrantsDeclaration

    usual = usual_grants()
    if key == "clocks":
        return GrantsDeclaration(clocks=usual.clocks)
    if key == "random":
        return GrantsDeclaration(random=usual.random)
    if key == "stdio":
        return GrantsDeclaration(stdin=usual.stdin, stdout=usual.stdout, stderr=usual.stderr)

    network = whole_network()
    return replace(
        usual, http=network.http, tcp=network.tcp, udp=network.udp, lookup=network.lookup
    )


def whole_network() -> GrantsDeclaration:
    """Everything that there is of a network."""
    from wcompose.project import (
        ANY_HOST,
        ANY_PORT,
        GrantsDeclaration,
        HttpGrant,
        SocketDirection,
        SocketGrant,
    )

    def sockets(*directions: SocketDirection) -> tuple[SocketGrant, ...]:
        return tuple(SocketGrant(each, ANY_HOST, ANY_PORT) for each in directions)

    return GrantsDeclaration(
        http=(HttpGrant("*", ANY_HOST, ANY_PORT),),
        tcp=sockets(SocketDirection.CONNECT, SocketDirection.LISTEN),
        udp=sockets(SocketDirection.SEND, SocketDirection.BIND),
        lookup=(ANY_HOST,),
    )


def _directory(text: str, here: Path) -> GrantsDeclaration:
    from wcompose.project import DirectoryGrant, GrantsDeclaration
    from wcompose.project.grant_texts import (
        GrantTextError,
        normal_guest,
        read_directory,
        read_guest,
    )

    plain, is_writable = (text[:-3], True) if text.endswith(":rw") else (text, False)
    host, separator, guest = plain.partition("::")
    path = read_directory(host)
    if not separator:
        parts = path.as_posix().split("/")
        if path.drive or ".." in parts:
            raise GrantTextError(
                f"it is not told by which path `{host}` is seen",
                f"write `{host}::{normal_guest(path.name)}`",
            )
        guest = normal_guest(path.as_posix())
    return GrantsDeclaration(
        filesystem=(DirectoryGrant(here / path, read_guest(guest), is_writable),)
    )


def _variable(text: str) -> GrantsDeclaration:
    from wcompose.project import GrantsDeclaration, VariableGrant
    from wcompose.project.grant_texts import read_text, read_variable

    name, has_value, value = text.partition("=")
    grant = VariableGrant(read_variable(name), read_text(value) if has_value else None)
    return GrantsDeclaration(environment=(grant,))


def _http(text: str) -> GrantsDeclaration:
    from wcompose.project import GrantsDeclaration
    from wcompose.project.grant_hosts import read_url

    return GrantsDeclaration(http=(read_url(text, may_be_host=True),))


def _tcp(text: str) -> GrantsDeclaration:
    from wcompose.project import GrantsDeclaration, SocketDirection, SocketGrant
    from wcompose.project.grant_hosts import read_target

    return GrantsDeclaration(tcp=(SocketGrant(SocketDirection.CONNECT, *read_target(text)),))


def _udp(text: str) -> GrantsDeclaration:
    from wcompose.project import GrantsDeclaration, SocketDirection, SocketGrant
    from wcompose.project.grant_hosts import read_target

    return GrantsDeclaration(udp=(SocketGrant(SocketDirection.SEND, *read_target(text)),))


def _lookup(text: str) -> GrantsDeclaration:
    from wcompose.project import GrantsDeclaration
    from wcompose.project.grant_hosts import read_lookup

    return GrantsDeclaration(lookup=(read_lookup(text),))


_READERS: Mapping[str, Callable[[str], GrantsDeclaration]] = {
    "variables": _variable,
    "http": _http,
    "tcp": _tcp,
    "udp": _udp,
    "lookup": _lookup,
}
