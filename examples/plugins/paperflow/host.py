"""The host: all tenants, what they share, and the one that looks for new plugins."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from paperflow.plugin import Services
from paperflow.sealing import SealBounds, Sealer
from paperflow.services import Log, Store
from paperflow.settings import Settings
from paperflow.tenant import Tenant
from wcompose import Runtime

_LOGGER = logging.getLogger(__name__)
CONTRACT = Path(__file__).parent.parent / "wit"


@dataclass(frozen=True)
class Places:
    """Where things lie.

    Attributes:
        plugins: a directory for each tenant, with its plugins and their manifests.
        assets: a directory for each tenant, with what its plugins may read.
        state: what the host keeps for itself: the stores, and uploads until they are taken.
        sealed: plugins behind their gates, and their machine code. Whoever removes it waits longer
            for the next start.
    """

    plugins: Path
    assets: Path
    state: Path
    sealed: Path

    @classmethod
    def below(cls, root: Path) -> Places:
        """The usual names below one directory."""
        return cls(root / "plugins", root / "assets", root / "state", root / "sealed")


class Host:
    """All tenants.

    Args:
        settings: what the operator decided.
        places: where things lie.
        bounds: what sealing one plugin may take.
    """

    def __init__(
        self, settings: Settings, places: Places, bounds: SealBounds | None = None
    ) -> None:
        self.settings = settings
        self.places = places
        for each in (places.plugins, places.assets, places.state / "stores"):
            each.mkdir(parents=True, exist_ok=True)
        self.uploads = places.state / "uploads"
        """Where uploads lie until they are taken."""
        self.uploads.mkdir(exist_ok=True)
        sealer = Sealer(CONTRACT, places.sealed, bounds)
        runtime = Runtime(cache=sealer.cache, metering=True)
        self.tenants = {
            name: self._tenant(name, sealer, runtime) for name in sorted(settings.tenants)
        }

    def _tenant(self, name: str, sealer: Sealer, runtime: Runtime) -> Tenant:
        plan = self.settings.plan_of(name)
        assets = self.places.assets / name
        assets.mkdir(exist_ok=True)
        store = Store(self.places.state / "stores" / f"{name}.sqlite", plan.store)
        services = Services(store, Log(), assets)
        return Tenant(plan, self.places.plugins / name, services, sealer, runtime)

    async def look(self) -> None:
        """Bring all chains to what the plugin directory holds now."""
        for name, tenant in self.tenants.items():
            try:
                await tenant.look()
            except Exception:
                # A disk that fails, or a directory that went away, is one tenant's trouble.
                _LOGGER.exception("looking at the plugins of `%s`", name)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Host]:
        """Start what is in the plugin directory, watch it meanwhile, and end without losing a call."""
        for left_over in self.uploads.iterdir():
            left_over.unlink()
        await self.look()
        watching = asyncio.create_task(self._watch())
        try:
            yield self
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
            for tenant in self.tenants.values():
                await tenant.close()

    async def _watch(self) -> None:
        while self.settings.scan is not None:
            await asyncio.sleep(self.settings.scan)
            await self.look()
