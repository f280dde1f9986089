"""What becomes of each import of WASI that one node has: passed on, refused, or gated.

Resources tie interfaces together. A stream that the host's filesystem gives is the host's stream, so a
node that gets the one from the host must get the other from there too. Hence the second step: from what
is granted, along the resources that interfaces use of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from wcompose.contract import Extern, FunctionExtern, InterfaceExtern, TypeDef, resources_in
from wcompose.grants.interfaces import (
    CLOCKS,
    DIRECTORIES,
    ENVIRONMENT,
    FILESYSTEM,
    HTTP,
    PLUMBING,
    RANDOM,
    REDIRECT,
    SOCKETS,
    STANDARD,
    Gate,
    base_name,
    is_known,
)
from wcompose.graph import Node
from wcompose.project.grants import (
    ClockKind,
    GrantsDeclaration,
    RandomKind,
    StreamGrant,
    StreamKind,
)
from wcompose.report import Finding


class Recording(Enum):
    """Which uses are recorded while a composition runs."""

    NONE = ""
    DENIED = "denied"
    ALL = "all"
    LEARN = "learn"
    """All, and nothing is denied."""


class Direct(Enum):
    """What becomes of an import that no prebuilt gate stands before."""

    HOST = "host"
    """It is the host's own."""
    REFUSED = "refused"


Fate = Direct | Gate


@dataclass(frozen=True)
class Decision:
    """What becomes of a node's imports of WASI.

    Attributes:
        fates: by import, as the binary spells it.
        findings: grants that cannot stand together.
        redirects: whether a stream behind the gate of all streams goes to a file, for which another
            gate stands behind that one.
    """

    fates: Mapping[str, Fate]
    findings: tuple[Finding, ...] = ()
    redirects: bool = False

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The prebuilt gates that the node needs, by name."""
        found = {fate for fate in self.fates.values() if isinstance(fate, Gate)}
        if self.redirects:
            found.add(REDIRECT)
        return tuple(sorted(found, key=lambda gate: gate.name))


def decide(
    node: Node,
    imports: Iterable[str],
    grants: GrantsDeclaration,
    recording: Recording = Recording.NONE,
) -> Decision:
    """Decide about every import of WASI that a node leaves to the host.

    Args:
        node: the node.
        imports: the imports in question.
        grants: what the node is granted.
        recording: what is recorded; where passed uses are, a gate stands before what it can stand
            before.
    """
    names = tuple(imports)
    decision = _decide(node, names, grants, recording, wraps=False)
    if _asks_at_start(node) and _lacks_streams(decision):
        gentle = _decide(node, names, grants, recording, wraps=True)
        return decision if gentle.findings else gentle
    return decision


def _asks_at_start(node: Node) -> bool:
    """Whether a program asks for its standard streams before its first line runs: Go's runtime does.

    A stream of the host's kind that is closed cannot be made, so it would trap there.
    """
    return node.language.lower() == "go"


def _lacks_streams(decision: Decision) -> bool:
    """Whether asking for a standard stream would trap: others of its kind are the host's."""
    fates = {base_name(name): fate for name, fate in decision.fates.items()}
    refused = (fates.get(f"wasi:cli/{name}") for name in ("stdin", "stdout", "stderr"))
    return fates.get("wasi:io/streams") is Direct.HOST and Direct.REFUSED in refused


def _decide(
    node: Node,
    names: tuple[str, ...],
    grants: GrantsDeclaration,
    recording: Recording,
    *,
    wraps: bool,
) -> Decision:
    wanted = _Wishes(grants, recording, wraps=wraps)
    fates: dict[str, Fate] = {}
    for name in names:
        fate = wanted.fate(name)
        if fate is not None:
            fates[name] = fate
    findings: list[Finding] = []
    open_ends = list(fates)

    def require(home: str, needed: Fate, reason: str) -> None:
        current = fates.setdefault(home, needed)
        if current is not needed:
            findings.append(_torn(node, reason, home, grants))
        elif home not in open_ends:
            open_ends.append(home)

    for home in _shared(node, names):
        require(home, Direct.HOST, "what it shares with others")
    for name in open_ends:  # grows on the way
        fate = fates[name]
        if fate is Direct.REFUSED:
            continue
        for home in _homes(node.imports.get(name), names):
            is_same_gate = isinstance(fate, Gate) and base_name(home) in fate.interfaces
            require(home, fate if is_same_gate else Direct.HOST, f"`{base_name(name)}`")
    for name in names:
        fates.setdefault(name, Direct.REFUSED)
    return Decision(
        {name: fates[name] for name in names},
        tuple(dict.fromkeys(findings)),
        redirects=STANDARD in fates.values() and wanted.has_files,
    )


class _Wishes:
    """What a node's grants say of one interface at a time."""

    def __init__(self, grants: GrantsDeclaration, recording: Recording, *, wraps: bool) -> None:
        self._grants = grants
        self._learns = recording is Recording.LEARN
        self._hears = recording is not Recording.NONE
        self._hears_all = recording in {Recording.ALL, Recording.LEARN}
        streams = (grants.stdin, grants.stdout, grants.stderr)
        # One gate answers for all streams and files as soon as it must for any stream.
        self._wraps = wraps or any(
            each.kind in {StreamKind.NULL, StreamKind.PREFIX} for each in streams
        )
        self.has_files = any(each.kind is StreamKind.FILE for each in streams)

    def fate(self, name: str) -> Fate | None:
        """None for what follows from others: plumbing, and what is refused unless it is needed."""
        if not is_known(name):
            return Direct.HOST if self._learns or self._is_listed(name) else Direct.REFUSED
        package, _, interface = base_name(name).partition("/")
        match package:
            case "wasi:cli":
                return self._command(interface)
            case "wasi:clocks":
                return self._clock(interface)
            case "wasi:random":
                return self._random()
            case "wasi:filesystem":
                return self._files(interface)
            case "wasi:sockets":
                granted = self._grants.tcp or self._grants.udp or self._grants.lookup
                return SOCKETS if granted or self._learns else Direct.REFUSED
            case "wasi:http" | "wasi:io":
                return self._plumbing(base_name(name))
            case _:
                return Direct.HOST if self._learns or self._is_listed(name) else Direct.REFUSED

    def _command(self, interface: str) -> Fate | None:
        grants = self._grants
        match interface:
            case "environment":
                granted = grants.environment or grants.arguments is not False
                return ENVIRONMENT if granted or self._learns else Direct.REFUSED
            case "exit":
                return Direct.HOST if grants.exit or self._learns else Direct.REFUSED
            case "stdin":
                return self._stream(grants.stdin)
            case "stdout":
                return self._stream(grants.stdout)
            case "stderr":
                return self._stream(grants.stderr)
            case "terminal-stdin":
                return self._terminal(grants.stdin)
            case "terminal-stdout":
                return self._terminal(grants.stdout)
            case "terminal-stderr":
                return self._terminal(grants.stderr)
            case _:
                return None  # `terminal-input` and `-output`: types of handles that others give

    def _stream(self, grant: StreamGrant) -> Fate:
        if self._learns and not self._wraps:
            return REDIRECT  # hands on the host's, and tells of it
        match grant.kind:
            case StreamKind.FILE:
                return STANDARD if self._wraps else REDIRECT
            case StreamKind.NONE if not (self._wraps or self._learns):
                return Direct.REFUSED
            case _:
                return STANDARD if self._wraps else Direct.HOST

    def _terminal(self, grant: StreamGrant) -> Fate:
        is_open = grant.kind is StreamKind.INHERIT and not self._wraps
        return Direct.HOST if is_open or self._learns else Direct.REFUSED

    def _clock(self, interface: str) -> Fate:
        kind = self._grants.clocks.kind
        if kind is ClockKind.NONE and not self._learns:
            return Direct.REFUSED
        is_gated = kind is ClockKind.FROZEN or self._hears_all
        return (
            CLOCKS if is_gated and f"wasi:clocks/{interface}" in CLOCKS.interfaces else Direct.HOST
        )

    def _random(self) -> Fate:
        kind = self._grants.random.kind
        if kind is RandomKind.NONE and not self._learns:
            return Direct.REFUSED
        return RANDOM if kind is RandomKind.SEEDED or self._hears_all else Direct.HOST

    def _files(self, interface: str) -> Fate:
        directories = self._grants.filesystem
        if not (directories or self._learns):
            return Direct.REFUSED
        if self._wraps:
            return STANDARD
        if self._hears or not all(each.write for each in directories):
            return FILESYSTEM
        # Nothing in them is forbidden, so only which ones there are is decided.
        return DIRECTORIES if interface == "preopens" else Direct.HOST

    def _plumbing(self, base: str) -> Fate | None:
        if base in HTTP.interfaces:
            return HTTP if self._grants.http or self._learns else Direct.REFUSED
        if base in PLUMBING:
            return None
        return Direct.HOST if self._learns or self._is_listed(base) else Direct.REFUSED

    def _is_listed(self, name: str) -> bool:
        return any(each in {name, base_name(name)} for each in self._grants.imports)


def _homes(extern: Extern | None, names: Iterable[str]) -> Iterator[str]:
    """Imports whose resources an import or export uses."""
    used: Iterable[TypeDef] = ()
    if isinstance(extern, InterfaceExtern):
        types = extern.interface.types.values()
        used = (each for each in types if each.is_resource and each.root is not each)
    elif isinstance(extern, FunctionExtern):
        used = resources_in(extern.function)
    known = set(names)
    for resource in used:
        if resource.root.owner.name in known:
            yield resource.root.owner.name


def _shared(node: Node, names: Iterable[str]) -> Iterator[str]:
    """Plumbing whose resources cross to other nodes, or to whoever calls: they must be the host's."""
    known = set(names)
    for name, extern in [*node.imports.items(), *node.exports.items()]:
        if name in known and extern is node.imports.get(name):
            continue
        for home in _homes(extern, known):
            if base_name(home) in PLUMBING:
                yield home


def _torn(node: Node, reason: str, home: str, grants: GrantsDeclaration) -> Finding:
    return Finding(
        "grants-torn",
        f"the grants of `{node.name}` cannot stand together: {reason} needs the host's own "
        f"`{base_name(home)}`, and another grant puts something else in its place",
        grants.place,
        hint='let its streams be `"inherit"`, a file, or none, instead of `"prefix"` or `"null"`'
        if base_name(home) == "wasi:io/streams"
        else f"grant what opens `{base_name(home)}` too",
    )
