"""What a node is granted and denied, in few words: for cards, lines of trees and the like."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from wcompose.grants.needs import CAPABILITIES
from wcompose.grants.words import http_words, socket_words
from wcompose.picture.capabilities import capabilities_of
from wcompose.project.grants import (
    ClockGrant,
    DirectoryGrant,
    GrantsDeclaration,
    StreamGrant,
    StreamKind,
    VariableGrant,
    time_text,
)

MOST = 4
"""Names of one kind that are told; what is more is counted."""
LONGEST = 60
"""Characters of one name."""

_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "stdio": ("stdin", "stdout", "stderr"),
    "network": ("tcp", "udp", "lookup"),
}
_FAMILY = {key: family for family, keys in _FAMILIES.items() for key in keys}
_WORDS = {"http": "http out"}


def key_words(
    keys: Collection[str], asked: Collection[str], imports: Iterable[str] = ()
) -> tuple[str, ...]:
    """Keys of a grants table as pictures call what they open, such as ``stdio``.

    Args:
        keys: the keys.
        asked: all that the node needs a grant for: what is called by one word is so called where all
            of it that is asked for is among the keys.
        imports: the interfaces that the key ``imports`` stands for.
    """
    words: dict[str, None] = {}
    for key in CAPABILITIES:
        if key not in keys:
            continue
        family = _FAMILY.get(key, "")
        if family and all(each in keys for each in _FAMILIES[family] if each in asked):
            words[family] = None
        elif key == "imports":
            words |= dict.fromkeys(capabilities_of(imports))
        else:
            words[_WORDS.get(key, key)] = None
    return tuple(words)


def short_words(grants: GrantsDeclaration) -> tuple[str, ...]:
    """All that is granted, such as ``filesystem /data (read)``, ``clocks``, ``random (seed 7)``."""
    words: dict[str, None] = {}
    streams = {(each.kind, each.file) for each in (grants.stdin, grants.stdout, grants.stderr)}
    are_open = streams == {(StreamKind.INHERIT, None)}
    for key in CAPABILITIES:
        is_stream = key in _FAMILIES["stdio"]
        words |= dict.fromkeys(("stdio",) if is_stream and are_open else words_of(grants, key))
    return tuple(words)


def words_of(grants: GrantsDeclaration, key: str) -> tuple[str, ...]:
    """What is granted of one key of the grants table; nothing where it is not granted at all."""
    match key:
        case "filesystem":
            shown = tuple(map(_directory, grants.filesystem[:MOST]))
            more = len(grants.filesystem) - MOST
            return (*shown, f"{more} more directories") if more > 0 else shown
        case "environment":
            return _list(key, map(_variable, grants.environment))
        case "arguments":
            if isinstance(grants.arguments, bool):
                return (key,) if grants.arguments else ()
            return (f"{key} (fixed)",)
        case "stdin" | "stdout" | "stderr":
            return _stream(key, getattr(grants, key))
        case "clocks":
            return _clocks(grants.clocks)
        case "random":
            if grants.random.seed is not None:
                return (f"{key} (seed {grants.random.seed})",)
            return (key,) if grants.random.kind.value != "none" else ()
        case "http":
            return _list("http out", map(http_words, grants.http))
        case "tcp" | "udp":
            return _list(key, map(socket_words, getattr(grants, key)))
        case "lookup":
            return _list(key, grants.lookup)
        case "exit":
            return (key,) if grants.exit else ()
        case _:
            return tuple(map(_cut, grants.imports))


def _list(key: str, names: Iterable[str]) -> tuple[str, ...]:
    every = [_cut(name) for name in names]
    more = len(every) - MOST
    shown = every if more <= 0 else [*every[:MOST], f"{more} more"]
    return (f"{key} ({'; '.join(shown)})",) if shown else ()


def _directory(grant: DirectoryGrant) -> str:
    return f"filesystem {_cut(grant.guest)} ({'read and write' if grant.write else 'read'})"


def _variable(grant: VariableGrant) -> str:
    return grant.name if grant.value is None else f"{grant.name}={grant.value}"


def _stream(key: str, grant: StreamGrant) -> tuple[str, ...]:
    match grant.kind:
        case StreamKind.NONE:
            return ()
        case StreamKind.INHERIT:
            return (key,)
        case StreamKind.NULL:
            return (f"{key} ({'empty' if key == 'stdin' else 'thrown away'})",)
        case StreamKind.PREFIX:
            return (f"{key} (prefixed)",)
        case StreamKind.FILE:
            return (f"{key} (file {_cut('' if grant.file is None else grant.file.as_posix())})",)


def _clocks(grant: ClockGrant) -> tuple[str, ...]:
    if grant.at is not None:
        return (f"clocks (frozen at {time_text(grant.at)})",)
    return ("clocks",) if grant.kind.value != "none" else ()


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
