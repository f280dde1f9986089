"""The example's host under test, and what tests of it send."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import CACHE, REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "plugins"
GUESTS = EXAMPLE / "guests"
sys.path.insert(0, str(EXAMPLE))

from paperflow.app import make_app  # noqa: E402
from paperflow.host import Host, Places  # noqa: E402
from paperflow.sealing import SealBounds  # noqa: E402
from paperflow.settings import Settings, read_settings  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

TOKENS = {"acme": "acme-demo", "globex": "globex-demo", "operator": "operator-demo"}
INVOICE = {
    "id": "2026-17",
    "title": "Chairs",
    "body": (
        "Twelve chairs at 90 each. Pay by card 4111 1111 1111 1111. "
        "Questions go to sales@acme.example."
    ),
    "tags": ["invoice"],
}


def settings(**changes: Any) -> Settings:
    """The example's own settings; it looks into directories only when asked."""
    return read_settings(EXAMPLE / "paperflow.toml").model_copy(update={"scan": None, **changes})


def plan(name: str, **changes: Any) -> Settings:
    """The example's settings with another plan of that name."""
    found = settings()
    changed = found.plans[name].model_copy(update=changes)
    return found.model_copy(update={"plans": {**found.plans, name: changed}})


@dataclass(frozen=True)
class Service:
    """A running host."""

    client: TestClient
    places: Places

    def put(self, tenant: str, plugin: str, content: bytes | Path, **asked: Any) -> Any:
        """Upload a plugin, `NAME/VERSION`."""
        data = content if isinstance(content, bytes) else content.read_bytes()
        return self.client.put(
            f"/tenants/{tenant}/plugins/{plugin}",
            content=data,
            params=asked,
            headers=bearing(tenant),
        )

    def post(self, tenant: str, document: Any) -> Any:
        """Send a document."""
        return self.client.post(
            f"/tenants/{tenant}/documents", json=document, headers=bearing(tenant)
        )

    def get(self, tenant: str, what: str) -> Any:
        """Ask for something, which is there."""
        response = self.client.get(f"/tenants/{tenant}/{what}", headers=bearing(tenant))
        assert response.status_code == 200, response.text
        return response.json()

    def delete(self, tenant: str, plugin: str) -> Any:
        """Remove a plugin."""
        return self.client.delete(f"/tenants/{tenant}/plugins/{plugin}", headers=bearing(tenant))

    def look(self) -> None:
        """Have the host look into its directories."""
        response = self.client.post("/look", headers=bearing("operator"))
        assert response.status_code == 204, response.text

    def chain(self, tenant: str) -> list[str]:
        """The active plugins."""
        names: list[str] = self.get(tenant, "plugins")["chain"]
        return names


def bearing(who: str) -> dict[str, str]:
    """The header that says who it is."""
    return {"Authorization": f"Bearer {TOKENS[who]}"}


def places(root: Path) -> Places:
    """Directories of a host's own, with machine code that all tests share."""
    return Places(root / "plugins", root / "assets", root / "state", CACHE / "paperflow")


def host(root: Path, given: Settings | None = None, bounds: SealBounds | None = None) -> Host:
    """A host that is not started yet."""
    return Host(given or settings(), places(root), bounds)


def client_of(served: Host) -> TestClient:
    """Talks to a host, which runs while the client is entered."""
    return TestClient(make_app(served))
