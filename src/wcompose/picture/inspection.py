"""What a file is: a component, a core module, a contract or something else, and all it tells."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from wcompose.contract import (
    Contract,
    Extern,
    FunctionExtern,
    Interface,
    InterfaceExtern,
    World,
)
from wcompose.contract.text import definition_text, function_text
from wcompose.engine import Engine, Identity
from wcompose.errors import ArtifactError, WcomposeError
from wcompose.files import digest_file
from wcompose.picture.capabilities import capabilities_of
from wcompose.picture.core_module import CoreModule, read_core_module
from wcompose.picture.parts import Part
from wcompose.report import Finding, Place

_BINARIES = {"component", "core-module", "wit-package"}
_PROGRAM = "wasi:cli/run"
_NEXT_STEPS = {
    "wit-package": "it only holds a contract: `wcompose inspect {file} --wit` prints it",
    "core-module": "make a component of it first: `wcompose encode {file} -o {stem}.component.wasm`",
    "wit-text": "it only holds a contract: `wcompose inspect {file} --wit` prints it in order",
    "wasm-text": "turn it into a binary first: `wasm-tools parse {file} -o {stem}.binary.wasm`",
    "damaged": "copy it or build it again",
    "empty": "build it again",
    "other": "name a binary (`.wasm`) or WIT",
}
_NOT_FOUND = {"wit-name-not-found", "wit-package-not-found"}
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Inspection:
    """All that a file tells.

    Attributes:
        file: as the user named it.
        kind: a case of `file-kind` in the engine's contract, such as ``component``.
        detail: the kind in words.
        size: bytes; 0 for a directory.
        digest: ``sha256:…``; empty for a directory.
        is_valid: the validator's verdict on a binary; none for anything else.
        whole: the binary with what is nested in it; none when it is no binary or cannot be read.
        languages: what it was written in, sorted.
        tools: name and version of everything that took part in making it, sorted.
        contract: what a component imports and exports, or what WIT holds.
        core: what a core module needs to become a component.
        wit: the contract as WIT text; empty when it was not asked for or there is none.
        next_step: what to type next; empty when there is no advice.
        problems: why not everything could be read.
    """

    file: str
    kind: str
    detail: str
    size: int
    digest: str
    is_valid: bool | None = None
    whole: Part | None = None
    languages: tuple[str, ...] = ()
    tools: tuple[tuple[str, str], ...] = ()
    contract: Contract | None = field(default=None, repr=False)
    core: CoreModule | None = None
    wit: str = field(default="", repr=False)
    next_step: str = ""
    problems: tuple[Finding, ...] = ()

    @property
    def is_composition(self) -> bool:
        """Whether it only holds other components."""
        return self.whole is not None and self.kind == "component" and self.whole.is_composition

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the file says about itself; see `wcompose.picture.parts.METADATA`."""
        return {} if self.whole is None else self.whole.metadata

    @property
    def world(self) -> World | None:
        """What a component imports and exports; none for anything else."""
        return None if self.contract is None else self.contract.world

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What a component may ask of its host, in words, sorted."""
        return () if self.world is None else capabilities_of(self.world.imports)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values; ``docs/reference/inspect.md`` describes them."""
        world = self.world
        return {
            "file": self.file,
            "kind": self.kind,
            "detail": self.detail,
            "size": self.size,
            "digest": self.digest or None,
            "valid": self.is_valid,
            "composition": self.is_composition,
            "metadata": dict(self.metadata),
            "languages": list(self.languages),
            "tools": [{"name": name, "version": version} for name, version in self.tools],
            "capabilities": list(self.capabilities),
            "imports": _externs_json(world.imports if world else {}),
            "exports": _externs_json(world.exports if world else {}),
            "package": None if self.contract is None or world else self.contract.package or None,
            "worlds": [
                {
                    "name": each.external_name,
                    "imports": list(each.imports),
                    "exports": list(each.exports),
                }
                for each in own_worlds(self.contract)
            ],
            "interfaces": [_interface_json(each) for each in own_interfaces(self.contract)],
            "core": None
            if self.core is None
            else {
                "imports": self.core.imports,
                "exports": self.core.exports,
                "carries_contract": self.core.carries_contract,
                "imports_preview1": self.core.imports_preview1,
            },
            "sizes": None if self.whole is None else self.whole.to_json(),
            "wit": self.wit or None,
            "next": self.next_step or None,
            "problems": [_problem_json(each) for each in self.problems],
        }


def inspect_file(engine: Engine, path: Path, *, with_wit: bool = False) -> Inspection:
    """Say what a file is and everything that it tells; about half a second for 30 MB of code.

    What cannot be read of it becomes a problem of the result.

    Args:
        engine: the engine.
        path: a file of any kind, or a directory of WIT.
        with_wit: whether to print its contract as WIT text too.

    Raises:
        ArtifactError: there is nothing to read, or a directory without WIT.
    """
    return _Inspector(engine, path).inspect(with_wit=with_wit)


def read_wit(engine: Engine, path: Path) -> str:
    """The contract of a component, of a WIT package or of WIT as WIT text.

    Raises:
        ContractError: there is none, or it cannot be read.
        ArtifactError: there is nothing to read, or what there is holds no contract.
    """
    if not path.is_dir():
        identity = engine.identify(path)
        if identity.kind not in {"component", "wit-package", "wit-text"}:
            raise ArtifactError.of(
                "no-contract",
                f"`{path}` is {identity.detail}, which holds no contract to print",
                place=Place(str(path)),
                hint=_next_step(path, identity, None, None),
            )
    return engine.print_wit(path)


def own_worlds(contract: Contract | None) -> tuple[World, ...]:
    """The worlds of the main package of WIT; none of a component's."""
    if contract is None or contract.world is not None:
        return ()
    return tuple(each for each in contract.worlds.values() if each.package == contract.package)


def own_interfaces(contract: Contract | None) -> tuple[Interface, ...]:
    """The interfaces of the main package of WIT; none of a component's."""
    if contract is None or contract.world is not None:
        return ()
    stem, _, version = contract.package.partition("@")
    return tuple(
        each
        for name, each in contract.interfaces.items()
        if name.startswith(f"{stem}/") and name.partition("@")[2] == version
    )


class _Inspector:
    """One inspection: what fails is noted, and the rest goes on."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._problems: list[Finding] = []

    def inspect(self, *, with_wit: bool) -> Inspection:
        identity = self._identify()
        kind = identity.kind
        is_valid, whole = self._verdict(identity), None
        if kind in _BINARIES:
            description = self._try(lambda: self._engine.describe(self._path))
            whole = None if description is None else Part.from_json(description)
        contract = self._contract(kind)
        core = None
        if kind == "core-module" and whole is not None:
            core = read_core_module(self._path, imports=whole.imports, exports=whole.exports)
        wit = None
        if with_wit and contract is not None:
            wit = self._try(lambda: self._engine.print_wit(self._path))
        return Inspection(
            file=str(self._path),
            kind=kind,
            detail=identity.detail,
            size=identity.size,
            digest="" if self._path.is_dir() else digest_file(self._path),
            is_valid=is_valid,
            whole=whole,
            languages=() if whole is None else whole.languages,
            tools=() if whole is None else whole.tools,
            contract=contract,
            core=core,
            wit=wit or "",
            next_step=_next_step(self._path, identity, contract, core),
            problems=tuple(dict.fromkeys(self._problems)),
        )

    def _identify(self) -> Identity:
        identity = self._engine.identify(self._path)
        if not self._path.is_dir():
            return identity
        if any(self._path.glob("*.wit")):
            return Identity("wit-text", 0, "a directory of WIT")
        raise ArtifactError.of(
            "not-inspected",
            f"`{self._path}` is a directory without WIT files",
            hint="name a file, or a directory that holds `.wit` files",
        )

    def _verdict(self, identity: Identity) -> bool | None:
        if identity.kind == "damaged":
            self._problems.append(
                Finding(
                    "damaged",
                    f"`{self._path}` is {identity.detail}",
                    place=Place(str(self._path)),
                    hint=_NEXT_STEPS["damaged"],
                )
            )
            return False
        if identity.kind not in _BINARIES:
            return None
        self._try(lambda: self._engine.validate(self._path))
        self._problems[:] = [
            each if each.hint else replace(each, hint="build it again") for each in self._problems
        ]
        return not self._problems

    def _contract(self, kind: str) -> Contract | None:
        before = len(self._problems)
        contract = None
        if kind in {"wit-package", "wit-text"}:
            contract = self._try(lambda: Contract.from_json(self._engine.resolve(self._path)))
            if contract is None:
                self._problems[:] = [self._advised(each) for each in self._problems]
        elif kind == "component":
            contract = self._try(lambda: Contract.from_json(self._engine.decode(self._path)))
        if before and contract is None:
            # What is not valid cannot be decoded: the verdict has told why.
            del self._problems[before:]
        return contract

    def _advised(self, finding: Finding) -> Finding:
        """A name that a file alone does not have may stand in a file beside it."""
        is_part = not self._path.is_dir() and finding.rule in _NOT_FOUND
        if not is_part or finding.hint or len(list(self._path.parent.glob("*.wit"))) < 2:
            return finding
        directory = shlex.quote(str(self._path.parent))
        return replace(
            finding,
            hint=f"the package may have more files: `wcompose inspect {directory}` reads them all",
        )

    def _try(self, read: Callable[[], _Result]) -> _Result | None:
        try:
            return read()
        except WcomposeError as error:
            self._problems += error.findings
            return None


def _next_step(
    path: Path, identity: Identity, contract: Contract | None, core: CoreModule | None
) -> str:
    file = shlex.quote(str(path))
    stem = shlex.quote(path.stem)
    if core is not None:
        options = " --wit WIT --world WORLD" if core.needs_contract else ""
        adapter = " --adapt-preview1" if core.imports_preview1 else ""
        return (
            "make a component of it: "
            f"`wcompose encode {file}{options}{adapter} -o {stem}.component.wasm`"
        )
    if identity.kind != "component":
        return _NEXT_STEPS.get(identity.kind, "").format(file=file, stem=stem)
    if contract is None or contract.world is None or not contract.world.exports:
        return ""
    exports = contract.world.exports
    if any(name.partition("@")[0] == _PROGRAM for name in exports):
        return f"it is a program: `wcompose run {file}`"
    if any(
        isinstance(each, FunctionExtern)
        or (isinstance(each, InterfaceExtern) and each.interface.functions)
        for each in exports.values()
    ):
        return f"`wcompose run {file} --list` lists the functions that can be called"
    return ""


def _externs_json(externs: Mapping[str, Extern]) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = []
    for name, extern in externs.items():
        if isinstance(extern, InterfaceExtern):
            result.append({"name": name, "kind": "interface", **_members_json(extern.interface)})
        elif isinstance(extern, FunctionExtern):
            result.append(
                {"name": name, "kind": "function", "type": function_text(extern.function)}
            )
        else:
            result.append({"name": name, "kind": "type", "type": definition_text(extern.type)})
    return result


def _interface_json(interface: Interface) -> dict[str, Any]:
    return {"name": interface.name, **_members_json(interface)}


def _members_json(interface: Interface) -> dict[str, Any]:
    return {
        "functions": [
            {"name": name, "type": function_text(each)}
            for name, each in interface.functions.items()
        ],
        "types": [
            {"name": name, "type": definition_text(each)} for name, each in interface.types.items()
        ],
    }


def _problem_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "message": finding.message,
        "place": str(finding.place) or None,
        "causes": list(finding.causes),
        "hint": finding.hint or None,
    }
