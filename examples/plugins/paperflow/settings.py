"""What the operator decides: the plans, and which tenant has which. Read once, when the host starts."""

from __future__ import annotations

import hashlib
import hmac
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_SIZE = re.compile(r"(\d{1,9})\s*(B|KiB|MiB|GiB)?")
_UNITS = {None: 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def to_bytes(value: Any) -> Any:
    """A size such as `64 MiB` in bytes; anything else as it is, for others to judge."""
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(found[1]) * _UNITS[found[2]] if found else value


Size = Annotated[int, BeforeValidator(to_bytes), Field(gt=0, lt=1 << 40)]
"""Bytes, in TOML as a number or as `64 MiB`."""

TenantName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Plan(_Table):
    """What a tenant pays for. A plugin may ask for less of it, never for more.

    Attributes:
        plugins: plugins in a chain.
        versions: versions of a plugin, the active one and others.
        upload: bytes of a plugin.
        document: bytes of a document, before and after each plugin.
        store: bytes of keys and values in the tenant's store.
        instances: instances of each plugin, and so calls at the same time.
        waiting: callers that may wait for an instance of a plugin.
        memory: bytes of memory of an instance.
        seconds: time of one call.
        fuel: instructions, roughly, of one call.
        output: bytes that one call may write to its standard output and error.
        assets: whether plugins may read the tenant's assets.
        variables: environment variables that a plugin may be given.
        faults: faults in a row after which a plugin is suspended.
    """

    plugins: int = Field(gt=0)
    versions: int = Field(default=5, gt=0)
    upload: Size
    document: Size
    store: Size
    instances: int = Field(gt=0, le=64)
    waiting: int = Field(ge=0)
    memory: Size
    seconds: float = Field(gt=0)
    fuel: int = Field(gt=0)
    output: Size
    assets: bool = False
    variables: int = Field(default=0, ge=0)
    faults: int = Field(default=5, gt=0)


class TenantSettings(_Table):
    """A tenant.

    Attributes:
        plan: name of its plan.
        token: SHA-256, in hex, of the token that its requests bear.
    """

    plan: str
    token: str = Field(pattern=r"^[0-9a-f]{64}$")


class Settings(_Table):
    """The settings file.

    Attributes:
        operator: SHA-256, in hex, of the operator's token.
        plans: by name.
        tenants: by name.
        scan: seconds between two looks at the plugin directory; none to look only when asked.
    """

    operator: str = Field(pattern=r"^[0-9a-f]{64}$")
    plans: dict[str, Plan]
    tenants: dict[TenantName, TenantSettings]
    scan: float | None = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _plans_exist(self) -> Settings:
        for name, tenant in self.tenants.items():
            if tenant.plan not in self.plans:
                raise ValueError(f"tenant `{name}` has plan `{tenant.plan}`, which does not exist")
        return self

    def plan_of(self, tenant: str) -> Plan:
        """The plan of a tenant."""
        return self.plans[self.tenants[tenant].plan]


def read_settings(path: Path) -> Settings:
    """Read the settings file.

    Raises:
        pydantic.ValidationError: with everything that is wrong in it.
    """
    return Settings.model_validate(tomllib.loads(path.read_text("utf-8")))


def matches(token: str, digest: str) -> bool:
    """Whether a token is the one whose digest was noted; as slow for a wrong one as for the right."""
    return hmac.compare_digest(hashlib.sha256(token.encode()).hexdigest(), digest)
