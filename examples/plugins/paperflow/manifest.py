"""What a plugin asks for, and what it gets: never more than the plan of its tenant.

The manifest lies beside the plugin as `NAME-VERSION.toml`. It is the operator's: an upload's wishes are
held to the plan and written into it, and whoever edits it later changes what the plugin gets.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from paperflow.settings import Plan, Size
from wcompose.report import Finding, Place

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})")
LONGEST_NAME = 40
_SMALLEST = 1 << 16

VariableName = Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]{0,63}$")]
VariableValue = Annotated[str, Field(max_length=4096)]


@dataclass(frozen=True, order=True)
class Version:
    """A version; the highest one of a plugin that works is the active one."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The version that a text is, or none."""
        found = VERSION.fullmatch(text)
        return cls(*map(int, found.groups())) if found else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, order=True)
class PluginId:
    """A plugin in a version; its name says where its files lie."""

    name: str
    version: Version

    @classmethod
    def of(cls, name: str, version: str) -> Self | None:
        """The plugin of this name and version, or none if they are not well formed."""
        parsed = Version.parse(version)
        if parsed is None or len(name) > LONGEST_NAME or not NAME.fullmatch(name):
            return None
        return cls(name, parsed)

    @classmethod
    def of_file(cls, stem: str) -> Self | None:
        """The plugin that a file is named for, `NAME-VERSION`, or none."""
        name, _, version = stem.rpartition("-")
        return cls.of(name, version)

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"


class Manifest(BaseModel):
    """What a plugin gets; what is not told is the plan's.

    Attributes:
        order: place in the chain; plugins with a lower one come first.
        instances: see `Plan`.
        memory: see `Plan`.
        seconds: see `Plan`.
        fuel: see `Plan`.
        output: see `Plan`.
        assets: whether it reads the tenant's assets, as `/assets`.
        variables: its environment variables.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: int = Field(default=100, ge=0, le=10_000)
    instances: int | None = Field(default=None, gt=0)
    memory: Size | None = Field(default=None, ge=_SMALLEST)
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    fuel: int | None = Field(default=None, gt=0)
    output: Size | None = None
    assets: bool = False
    variables: dict[VariableName, VariableValue] = Field(default_factory=dict)

    def beyond(self, plan: Plan) -> Iterator[Finding]:
        """Everything in which it asks for more than a plan has."""
        for key in ("instances", "memory", "seconds", "fuel", "output"):
            asked, most = getattr(self, key), getattr(plan, key)
            if asked is not None and asked > most:
                yield _beyond(key, f"asks for {asked} of `{key}`, and the plan has {most}")
        if self.assets and not plan.assets:
            yield _beyond("assets", "asks for the tenant's assets, and the plan has none")
        if len(self.variables) > plan.variables:
            yield _beyond(
                "variables",
                f"asks for {len(self.variables)} variables, and the plan has {plan.variables}",
            )

    def to_toml(self) -> str:
        """The text of its file."""
        return tomli_w.dumps(self.model_dump(exclude_none=True, exclude_defaults=True))


def _beyond(key: str, message: str) -> Finding:
    return Finding(
        "beyond-plan",
        f"the plugin {message}",
        Place(item=key),
        hint="ask for less, or for another plan",
    )


def read_manifest(file: Path) -> Manifest | list[Finding]:
    """Read the file of a manifest: it, or everything that is wrong with it. No file is an empty one."""
    try:
        with file.open("rb") as stream:
            tables = tomllib.loads(stream.read(1 << 16).decode())
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValueError) as error:
        return [_malformed("", str(error))]
    return parse_manifest(tables)


def parse_manifest(values: object) -> Manifest | list[Finding]:
    """The manifest that values make, or everything that is wrong with them."""
    try:
        return Manifest.model_validate(values)
    except ValidationError as error:
        return [
            _malformed(".".join(map(str, each["loc"])), each["msg"][:1].lower() + each["msg"][1:])
            for each in error.errors()
        ]


def _malformed(item: str, message: str) -> Finding:
    return Finding(
        "manifest-malformed", f"`{item}`: {message}" if item else message, Place(item=item)
    )
