"""The engine: the official WIT, validation and composition crates, as a component of our own.

See `components/rust/engine` for its source, `wit/engine.wit` there for its contract.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wcompose import __version__
from wcompose.bounds import Limits
from wcompose.engine.plan import Plan
from wcompose.engine.session import (
    LIMITS,
    EngineSession,
    Opened,
    findings_of,
    place_of,
    record,
    unwrap,
)
from wcompose.errors import ArtifactError, ContractError, LinkError, UsageError, ValueFault
from wcompose.images import ImageCache
from wcompose.report import Finding, Place

__all__ = ["Engine", "Identity", "Plan"]

_NOT_A_COMPONENT_HINTS = {
    "core-module": "make a component of it first: `wcompose encode {file} -o {stem}.component.wasm`",
    "wit-package": "it only holds a contract: name a component that implements it",
    "wit-text": "it only holds a contract: name a component that implements it",
    "wasm-text": "turn it into a binary first: `wasm-tools parse {file} -o {stem}.binary.wasm`",
    "damaged": "copy it or build it again",
    "empty": "build it again",
    "other": "name a component binary (`.wasm`)",
}
_NOT_ABOUT_THE_MODULE = {"world-not-found", "file-unreadable", "file-not-written"}
_OTHER_HINTS = (
    ("a web page", "what was downloaded is a page about the file: get the file itself"),
    ("a file packed", "unpack it first"),
    ("a zip archive", "unpack it first"),
    ("a native program", "build it for WebAssembly, such as for the target `wasm32-wasip2`"),
    ("a component in version", "build it again with tools of today, or take a newer wcompose"),
)
"""What to do about some kinds of file that the engine tells apart in words only."""


@dataclass(frozen=True)
class Identity:
    """What a file is.

    Attributes:
        kind: a case of `file-kind` in the engine's contract, such as ``component``.
        size: bytes.
        detail: in words.
    """

    kind: str
    size: int
    detail: str


class Engine:
    """The engine's functions with paths, findings and exceptions.

    Opening it costs a few milliseconds, or two to three seconds the first time after an
    installation. It may be used from several threads at once.

    Args:
        images: where its machine code is kept.
        limits: bounds of one call.
    """

    def __init__(self, images: ImageCache, limits: Limits = LIMITS) -> None:
        self._session = EngineSession(images, limits)

    def resolve(self, path: Path, features: Sequence[str] | None = None) -> dict[str, Any]:
        """Parse and resolve WIT: a directory with ``deps/``, a file, or a package in binary form.

        Args:
            path: what to read.
            features: gated features that take part; none for all.

        Returns:
            The contract as JSON values; see `wcompose.contract.Contract.from_json`.

        Raises:
            ContractError: with every problem that can be found in one run.
        """
        opened = Opened()
        guest = opened.read(path)
        # The variant `features`: wasmtime-py takes the bare payload where that tells the case.
        chosen = None if features is None else list(features)
        result = self._session.call("contracts", "resolve", opened, guest, chosen)
        return _contract(unwrap(result, opened, ContractError), opened)

    def decode(self, path: Path) -> dict[str, Any]:
        """Read the contract of a component binary; see `resolve` for the form.

        Raises:
            ArtifactError: it is no component, or it is damaged; says what it is.
        """
        opened = Opened()
        guest = opened.read(path)
        result = self._session.call("contracts", "decode", opened, guest)
        try:
            contract = _contract(unwrap(result, opened, ArtifactError), opened)
        except ArtifactError as error:
            raise self._not_a_component(path, error) from None
        if contract["world"] is None:
            raise self._not_a_component(path, None)
        return contract

    def print_wit(self, path: Path) -> str:
        """The contract of WIT or a binary as WIT text.

        Raises:
            ContractError: it cannot be read.
        """
        opened = Opened()
        result = self._session.call("contracts", "print", opened, opened.read(path))
        return str(unwrap(result, opened, ContractError))

    def identify(self, path: Path) -> Identity:
        """Say what a file is, by its content.

        Raises:
            ArtifactError: it cannot be read.
        """
        opened = Opened()
        guest = opened.read(path)
        if path.is_dir():
            return Identity("other", 0, "a directory")
        result = self._session.call("binaries", "identify", opened, guest)
        identity = unwrap(result, opened, ArtifactError)
        return Identity(identity.kind, identity.size, identity.detail)

    def validate(self, path: Path) -> None:
        """Validate a binary with every feature that the runtime enables.

        Raises:
            ArtifactError: it is not valid.
        """
        opened = Opened()
        result = self._session.call("binaries", "validate", opened, opened.read(path))
        unwrap(result, opened, ArtifactError)

    def fits_world(self, component: Path, wit: Path, world: str | None) -> tuple[Finding, ...]:
        """The official verdict whether a component fits a world; nothing when it does.

        Raises:
            ContractError: the WIT or the component cannot be read.
        """
        opened = Opened()
        guests = opened.read(component), opened.read(wit)
        result = self._session.call("binaries", "fits-world", opened, *guests, world)
        return findings_of(unwrap(result, opened, ContractError), opened)

    def encode(
        self,
        core: Path,
        output: Path,
        *,
        wit: Path | None = None,
        world: str | None = None,
        adapt_preview1: bool = False,
    ) -> None:
        """Make a component of a core module.

        Args:
            core: the module.
            output: the component; written by the engine, so name a temporary file.
            wit: contract to embed, when the module does not carry its own.
            world: world in it.
            adapt_preview1: put the WASI preview 1 adapter under it.

        Raises:
            ArtifactError: with what is missing.
        """
        opened = Opened()
        guest = opened.read(core)
        contract = None if wit is None else opened.read(wit)
        target = opened.write(output)
        result = self._session.call(
            "binaries", "encode", opened, guest, contract, world, adapt_preview1, target
        )
        try:
            unwrap(result, opened, ArtifactError)
        except ArtifactError as error:
            raise ArtifactError(
                finding
                if str(finding.place) or finding.rule in _NOT_ABOUT_THE_MODULE
                else replace(finding, place=Place(str(core)))
                for finding in error.findings
            ) from None

    def describe(self, path: Path) -> dict[str, Any]:
        """Names, producers, versions, licences and sizes of a binary and all nested in it.

        Raises:
            ArtifactError: it is not WebAssembly.
        """
        opened = Opened()
        result = self._session.call("binaries", "describe", opened, opened.read(path))
        description: dict[str, Any] = json.loads(unwrap(result, opened, ArtifactError))
        return description

    def structure(self, path: Path) -> dict[str, Any]:
        """Every component in a component, what each is instantiated with, and what it gives.

        Raises:
            ArtifactError: it is no component, or it is damaged.
        """
        opened = Opened()
        result = self._session.call("binaries", "structure", opened, opened.read(path))
        structure: dict[str, Any] = json.loads(unwrap(result, opened, ArtifactError))
        return structure

    def needed(self, path: Path) -> dict[str, Any]:
        """Which imported functions a component's exports can reach, and how.

        Returns:
            JSON values; see `wcompose.grants.needed.Needed.from_json`.

        Raises:
            ArtifactError: it is no component, it is damaged, or it instantiates too much to be followed.
        """
        opened = Opened()
        result = self._session.call("binaries", "needed", opened, opened.read(path))
        needed: dict[str, Any] = json.loads(unwrap(result, opened, ArtifactError))
        return needed

    def strip(self, path: Path, output: Path) -> None:
        """Write a binary without debug information and names.

        Args:
            path: what to strip.
            output: what is left; written by the engine, so name a temporary file.

        Raises:
            ArtifactError: it is not WebAssembly.
        """
        opened = Opened()
        guest, target = opened.read(path), opened.write(output)
        unwrap(
            self._session.call("binaries", "strip", opened, guest, target), opened, ArtifactError
        )

    def compose(self, plan: Plan, output: Path) -> None:
        """Compose and validate.

        Args:
            plan: the graph.
            output: the composition; written by the engine, so name a temporary file.

        Raises:
            LinkError: the validator refuses it.
        """
        opened = Opened()
        argument = record(
            name=plan.name,
            version=plan.version,
            description=plan.description,
            grants=plan.grants,
            tool=("wcompose", __version__),
            sources=[record(path=opened.read(source.path)) for source in plan.sources],
            nodes=[
                record(name=node.name, source=node.source, language=node.language)
                for node in plan.nodes
            ],
            edges=[
                record(
                    importer=edge.importer,
                    import_name=edge.import_name,
                    exporter=edge.exporter,
                    export_name=edge.export_name,
                    item=edge.item,
                )
                for edge in plan.edges
            ],
            outsides=[
                record(importer=each.importer, import_name=each.import_name, name=each.name)
                for each in plan.outsides
            ],
            offers=[
                record(exporter=offer.exporter, export_name=offer.export_name, name=offer.name)
                for offer in plan.offers
            ],
        )
        target = opened.write(output)
        result = self._session.call("composing", "compose", opened, argument, target)
        unwrap(result, opened, LinkError)

    def provide_types(
        self, components: Sequence[Path], interfaces: Sequence[str], output: Path
    ) -> None:
        """Write a component that exports interfaces of value types and nothing else.

        Raises:
            LinkError: the components disagree on one of them.
        """
        opened = Opened()
        guests = [opened.read(component) for component in components]
        target = opened.write(output)
        result = self._session.call(
            "composing", "provide-types", opened, guests, list(interfaces), target
        )
        unwrap(result, opened, LinkError)

    def make_gate(self, component: Path, request: str, output: Path) -> None:
        """Write the component that answers for what a node is not granted.

        Args:
            component: the node's binary.
            request: JSON: the node's name, its policy, and the answer of every refused function; see
                `components/rust/engine/wit/engine.wit`, interface ``gating``.
            output: the gate.

        Raises:
            LinkError: an answer does not fit its function.
        """
        opened = Opened()
        guest, target = opened.read(component), opened.write(output)
        result = self._session.call("gating", "make-gate", opened, guest, request, target)
        unwrap(result, opened, LinkError)

    def make_carrier(
        self, component: Path, interface: str, name: str, output: Path
    ) -> tuple[str, ...]:
        """Write the component that gives an interface with its lists of numbers as texts.

        Args:
            component: the binary that exports the interface.
            interface: the export.
            name: what the whole calls it.
            output: the carrier.

        Returns:
            The functions that it carries; where there are none, nothing is written.

        Raises:
            LinkError: the interface has what cannot be carried.
        """
        opened = Opened()
        guest, target = opened.read(component), opened.write(output)
        result = self._session.call(
            "carrying", "make-carrier", opened, guest, interface, name, target
        )
        return tuple(map(str, unwrap(result, opened, LinkError)))

    def parse_values(
        self, types: Sequence[Mapping[str, Any]], texts: Sequence[str]
    ) -> list[Any | Finding]:
        """Parse WAVE texts; for each the JSON value, or what is wrong with it.

        Args:
            types: type expressions, as many as texts; see `wcompose.runtime.crossing.values`.
            texts: the texts.
        """
        opened = Opened()
        results = self._session.call(
            "texts", "parse-values", opened, [json.dumps(each) for each in types], list(texts)
        )
        return [
            json.loads(result) if isinstance(result, str) else findings_of([result], opened)[0]
            for result in results
        ]

    def print_value(self, value_type: Mapping[str, Any], value: Any) -> str:
        """A JSON value as WAVE.

        Raises:
            ValueFault: the value has no text form.
        """
        result = self._session.call(
            "texts", "print-value", Opened(), json.dumps(value_type), json.dumps(value)
        )
        if result.tag == "err":
            raise ValueFault.of(
                "value-without-text", f"the value has no text form: {result.payload}"
            )
        return str(result.payload)

    def parse_call(self, text: str) -> tuple[str, list[str]]:
        """Split ``name(a, b)`` into the name and the text of each argument.

        Raises:
            UsageError: it is not such a text.
        """
        opened = Opened()
        result = unwrap(self._session.call("texts", "parse-call", opened, text), opened, UsageError)
        return str(result[0]), list(result[1])

    def locate_toml(self, file: str, text: str) -> dict[tuple[str, ...], tuple[Place, Place]]:
        """Where every key of a TOML text stands: the place of the key and that of its value."""
        result = self._session.call("texts", "locate-toml", Opened(), file, text)
        if not isinstance(result, list):
            return {}
        return {tuple(path): (place_of(key), place_of(value)) for path, key, value in result}

    def _not_a_component(self, path: Path, error: ArtifactError | None) -> ArtifactError:
        identity = self.identify(path)
        if identity.kind == "component":
            if error is None:
                raise AssertionError("a component has a world")
            return error
        hint = next(
            (hint for words, hint in _OTHER_HINTS if identity.detail.startswith(words)),
            _NOT_A_COMPONENT_HINTS.get(identity.kind, ""),
        )
        # That a damaged component is none helps nobody.
        end = "" if identity.kind == "damaged" else ", not a component"
        return ArtifactError.of(
            "not-a-component",
            f"`{path}` is {identity.detail}{end}",
            place=Place(str(path)),
            hint=hint.format(file=path, stem=str(path).removesuffix(".wasm")),
        )


def _contract(text: str, opened: Opened) -> dict[str, Any]:
    contract: dict[str, Any] = json.loads(text)
    contract["files"] = [opened.to_host(file) for file in contract["files"]]
    return contract
