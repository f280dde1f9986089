"""Grants that were learned, as tables of a project file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from wcompose.grants.learning import Learned
from wcompose.grants.needs import CAPABILITIES
from wcompose.project.grants import (
    ANY_PORT,
    DirectoryGrant,
    GrantsDeclaration,
    HttpGrant,
    Ports,
    SocketGrant,
    StreamGrant,
    VariableGrant,
    ports_text,
    time_text,
)
from wcompose.texts import printable

_WIDTH = 100


def proposal_text(learned: Sequence[Learned], about: Iterable[str]) -> str:
    """Tables to paste into a project file, each line with what it rests on.

    What guests chose, such as paths, stands in texts and comments here, and cannot leave them.

    Args:
        learned: what was learned of each node.
        about: what to say first, one paragraph each.
    """
    blocks = ["\n".join(line for text in about for line in _comment(text))]
    blocks += ["\n".join(_table(each)) for each in learned]
    return "\n\n".join(blocks) + "\n"


def _table(learned: Learned) -> Iterator[str]:
    yield f"[components.{learned.node}.grants]"
    is_told = False
    for key in CAPABILITIES:
        entries = tuple(_entries(learned.grants, key))
        if not entries:
            continue
        is_told = True
        reasons = learned.reasons.get(key, ())
        if isinstance(getattr(learned.grants, key), tuple) and key != "arguments":
            yield f"{key} = ["
            for index, entry in enumerate(entries):
                if index < len(reasons) and (not index or reasons[index] != reasons[index - 1]):
                    yield from _comment(reasons[index], "    ")
                yield f"    {entry},"
            yield "]"
        else:
            for reason in reasons:
                yield from _comment(reason)
            yield f"{key} = {entries[0]}"
    if not is_told:
        known = (
            "nothing to grant is known" if learned.remarks else "it used nothing that needs a grant"
        )
        yield f"# {known}"
    for remark in learned.remarks:
        yield from _comment(remark)
    if learned.unused:
        yield "# granted today, and not used in this run, or not in full:"
        for unused in learned.unused:
            yield from _comment(unused, mark="#   ")


def _comment(text: str, indent: str = "", mark: str = "# ") -> Iterator[str]:
    """A comment, which nothing in the text can end."""
    safe = printable(" ".join(text.split("\n")))
    width = _WIDTH - len(indent) - len(mark)
    for line in wrap(safe, width, break_long_words=False, break_on_hyphens=False) or [""]:
        yield f"{indent}{mark}{line}".rstrip()


def _entries(grants: GrantsDeclaration, key: str) -> Iterator[str]:
    match key:
        case "filesystem":
            yield from map(_directory, grants.filesystem)
        case "environment":
            yield from map(_variable, grants.environment)
        case "arguments":
            if isinstance(grants.arguments, tuple):
                yield "[" + ", ".join(map(_quoted, grants.arguments)) + "]"
            elif grants.arguments:
                yield "true"
        case "stdin" | "stdout" | "stderr":
            stream: StreamGrant = getattr(grants, key)
            if stream.file is not None:
                yield f"{{ file = {_quoted(stream.file.as_posix())} }}"
            elif stream != StreamGrant():
                yield _quoted(stream.kind.value)
        case "clocks":
            if grants.clocks.at is not None:
                yield f"{{ frozen = {time_text(grants.clocks.at)} }}"
            elif grants.clocks.kind.value != "none":
                yield _quoted(grants.clocks.kind.value)
        case "random":
            if grants.random.seed is not None:
                yield f"{{ seed = {grants.random.seed} }}"
            elif grants.random.kind.value != "none":
                yield _quoted(grants.random.kind.value)
        case "http":
            yield from map(_request, grants.http)
        case "tcp" | "udp":
            yield from map(_socket, getattr(grants, key))
        case "lookup" | "imports":
            yield from map(_quoted, getattr(grants, key))
        case "exit" if grants.exit:
            yield "true"


def _directory(grant: DirectoryGrant) -> str:
    write = ", write = true" if grant.write else ""
    host, guest = _quoted(grant.host.as_posix()), _quoted(grant.guest)
    return f"{{ host = {host}, guest = {guest}{write} }}"


def _variable(grant: VariableGrant) -> str:
    if grant.value is None:
        return _quoted(grant.name)
    return f"{{ name = {_quoted(grant.name)}, value = {_quoted(grant.value)} }}"


def _request(grant: HttpGrant) -> str:
    ports = f", ports = {_ports(grant.ports)}" if grant.ports else ""
    methods = ", ".join(map(_quoted, grant.methods))
    told = f", methods = [{methods}]" if methods else ""
    return f"{{ scheme = {_quoted(grant.scheme)}, host = {_quoted(grant.host)}{ports}{told} }}"


def _socket(grant: SocketGrant) -> str:
    return f"{{ {grant.direction.value} = {_quoted(grant.host)}, ports = {_ports(grant.ports)} }}"


def _ports(ports: Ports) -> str:
    if ports == ANY_PORT:
        return '"*"'
    told = (
        str(first) if first == last else _quoted(f"{ports_text(((first, last),))}")
        for first, last in ports
    )
    return f"[{', '.join(told)}]"


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's escapes are its own, and DEL needs one too.

    Raises:
        UnicodeEncodeError: it is no text that a file can hold.
    """
    text.encode("utf-8")
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
