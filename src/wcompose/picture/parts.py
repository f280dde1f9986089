"""A binary as a tree: the components and core modules nested in it, what each says and weighs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wcompose.picture.languages import language_of

METADATA = (
    "name",
    "version",
    "description",
    "authors",
    "licenses",
    "source",
    "revision",
    "homepage",
)
"""What a binary may say about itself (Component Model tool conventions, "Metadata"), in order."""


@dataclass(frozen=True)
class Part:
    """A component or a core module in a binary, or the binary itself.

    Attributes:
        kind: ``component`` or ``module``.
        name: the name that it gives itself; empty when it has none.
        language: as people write it; empty when it is not known and for a composition.
        size: bytes of all of it.
        code: bytes of its code sections, those of nested parts included.
        data: bytes of its data sections, likewise.
        custom: bytes of its custom sections, likewise.
        imports: how many imports it has.
        exports: how many exports it has.
        producers: ``{field: {name: version}}``, its own only.
        metadata: what it says about itself; see `METADATA`.
        parts: what is nested in it, in order.
    """

    kind: str
    name: str
    language: str
    size: int
    code: int
    data: int
    custom: int
    imports: int
    exports: int
    producers: Mapping[str, Mapping[str, str]] = field(repr=False)
    metadata: Mapping[str, str] = field(repr=False)
    parts: tuple[Part, ...] = field(default=(), repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Part:
        """Read what `wcompose.engine.Engine.describe` gives.

        Recursive: the engine refuses what nests deeper than 100 components.
        """
        parts = tuple(map(cls.from_json, data.get("children", ())))
        code, data_bytes, custom = (
            int(data[member]) + sum(getattr(part, member) for part in parts)
            for member in ("code", "data", "custom")
        )
        return cls(
            kind=data["kind"],
            name=data.get("name", ""),
            language="" if _is_composition(data["kind"], parts) else _language(data),
            size=data["size"],
            code=code,
            data=data_bytes,
            custom=custom,
            imports=data["imports"],
            exports=data["exports"],
            producers=data.get("producers", {}),
            metadata={name: data[name] for name in METADATA if name in data},
            parts=parts,
        )

    @property
    def is_composition(self) -> bool:
        """Whether it holds components that have code, and no core module of its own."""
        return _is_composition(self.kind, self.parts)

    @property
    def has_code(self) -> bool:
        """Whether it is a core module or holds one, at any depth."""
        return self.kind == "module" or any(part.has_code for part in self.parts)

    @property
    def components(self) -> tuple[Part, ...]:
        """The components directly in it that have code; what only wires others has none."""
        return tuple(part for part in self.parts if part.kind == "component" and part.has_code)

    @property
    def modules(self) -> tuple[Part, ...]:
        """The core modules directly in it."""
        return tuple(part for part in self.parts if part.kind == "module")

    @property
    def leaves(self) -> tuple[Part, ...]:
        """The components that a composition is made of, through compositions in it; else itself."""
        if not self.is_composition:
            return (self,)
        return tuple(leaf for part in self.components for leaf in part.leaves)

    @property
    def languages(self) -> tuple[str, ...]:
        """What its leaves were written in: sorted, each once."""
        return tuple(sorted({leaf.language for leaf in self.leaves} - {""}))

    @property
    def tools(self) -> tuple[tuple[str, str], ...]:
        """Name and version of everything that took part in making it, at any depth, sorted."""
        return tuple(
            sorted(
                {
                    (name, version)
                    for part in self.walk()
                    for kind in ("processed-by", "sdk")
                    for name, version in part.producers.get(kind, {}).items()
                }
            )
        )

    def walk(self) -> Iterator[Part]:
        """This part and all that is nested in it, outermost first."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "kind": self.kind,
            "name": self.name or None,
            "language": self.language or None,
            "size": self.size,
            "code": self.code,
            "data": self.data,
            "custom": self.custom,
            "imports": self.imports,
            "exports": self.exports,
            "producers": {name: dict(values) for name, values in self.producers.items()},
            "metadata": dict(self.metadata),
            "parts": [part.to_json() for part in self.parts],
        }


def _is_composition(kind: str, parts: tuple[Part, ...]) -> bool:
    return (
        kind == "component"
        and any(part.kind == "component" and part.has_code for part in parts)
        and not any(part.kind == "module" for part in parts)
    )


def _language(data: Mapping[str, Any]) -> str:
    return language_of({**data, "modules": list(_modules(data))})


def _modules(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for child in data.get("children", ()):
        if child["kind"] == "module":
            yield child
        else:
            yield from _modules(child)
