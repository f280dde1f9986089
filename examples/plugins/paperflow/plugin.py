"""A plugin that runs: a pool of instances of one version, for one tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from paperflow import contract
from paperflow.contract import AnyProblem, Document, Problem
from paperflow.documents import size_of
from paperflow.manifest import Manifest, PluginId
from paperflow.sealing import ASSETS
from paperflow.services import Log, PluginLog, Store
from paperflow.settings import Plan
from wcompose import DirectoryGrant, Grants, Limits, ResultError, Runtime, Usage
from wcompose.errors import GuestFault

TABLES = 100_000
"""Elements of each table; a Go program has some thousand."""


class Rejected(Exception):
    """A plugin has a reason not to let a document pass.

    Attributes:
        plugin: which.
        problem: what the plugin says.
    """

    def __init__(self, plugin: PluginId, problem: AnyProblem) -> None:
        super().__init__(f"`{plugin}`: {problem}")
        self.plugin, self.problem = plugin, problem


class Faulted(Exception):
    """A plugin came to an end before its call did; `__cause__` says how.

    Attributes:
        plugin: which.
        fault: how, with findings.
    """

    def __init__(self, plugin: PluginId, fault: GuestFault) -> None:
        super().__init__(f"`{plugin}`: {fault}")
        self.plugin, self.fault = plugin, fault


class Suspended(Exception):
    """A plugin faulted too often, and is not called any more."""

    def __init__(self, plugin: PluginId) -> None:
        super().__init__(f"`{plugin}` is suspended")
        self.plugin = plugin


@dataclass(frozen=True)
class Services:
    """What the plugins of a tenant have in common."""

    store: Store
    log: Log
    assets: Path


@dataclass(frozen=True)
class _Imports:
    """What one plugin imports."""

    store: Store
    log: PluginLog


class Plugin:
    """A version of a plugin with its instances. Start it, call it, and retire it; never forget it.

    Args:
        plugin_id: which it is.
        manifest: what it gets.
        sealed: its component behind its gates.
        plan: what it gets where its manifest does not say.
        services: what it may use.
    """

    def __init__(
        self, plugin_id: PluginId, manifest: Manifest, sealed: Path, plan: Plan, services: Services
    ) -> None:
        self.id = plugin_id
        self.manifest = manifest
        self.description = ""
        self.is_suspended = False
        self.faults = 0
        """How often it faulted since it was started."""
        self._sealed, self._plan, self._services = sealed, plan, services
        self._log = services.log.of(str(plugin_id))
        self._in_a_row = 0
        self._leases = 0
        self._unused = asyncio.Event()
        self._unused.set()

    async def start(self, runtime: Runtime) -> None:
        """Make the first instance and ask it what it does.

        Raises:
            WcomposeError: it cannot be started, or does not answer.
        """
        component = await asyncio.to_thread(runtime.open, self._sealed)
        manifest, plan = self.manifest, self._plan
        given = contract.imports_of(_Imports(self._services.store, self._log))
        self._pool = component.async_pool(
            size=manifest.instances or plan.instances,
            waiting=plan.waiting,
            warm=1,
            grants=self._grants(),
            limits=Limits(
                memory=manifest.memory or plan.memory,
                seconds=manifest.seconds or plan.seconds,
                fuel=manifest.fuel or plan.fuel,
                output=manifest.output or plan.output,
                result=plan.document,
                table_elements=TABLES,
            ),
            imports={name: given[name] for name in given if name in component.imports},
            bindings=contract.BINDINGS,
        )
        await self._pool.__aenter__()
        try:
            description = await self._pool.run(
                lambda instance: contract.Plugin(instance).transformer.describe()
            )
            self.description = description[:200]
        except BaseException:
            await self._pool.close(drain=False)
            raise

    async def transform(self, document: Document) -> Document:
        """Let a document pass through.

        Raises:
            Rejected: the plugin has a reason not to.
            Faulted: it trapped, or overran a bound.
            Suspended: it did so too often.
            Full: too many wait for it already.
        """
        if self.is_suspended:
            raise Suspended(self.id)
        try:
            result = await self._pool.run(
                lambda instance: contract.Plugin(instance).transformer.transform(document)
            )
        except ResultError as error:
            self._in_a_row = 0
            raise Rejected(self.id, error.value) from None
        except GuestFault as fault:
            self.faults += 1
            self._in_a_row += 1
            self.is_suspended = self._in_a_row >= self._plan.faults
            raise Faulted(self.id, fault) from fault
        self._in_a_row = 0
        if size_of(result) > self._plan.document:
            raise Rejected(
                self.id, Problem.Other("it made more of the document than the plan takes")
            )
        return result

    def resume(self) -> None:
        """Call it again although it was suspended."""
        self.is_suspended, self._in_a_row = False, 0

    @property
    def usage(self) -> Usage:
        """What all its calls took together."""
        return self._pool.usage

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Keep it from being retired."""
        self._leases += 1
        self._unused.clear()
        try:
            yield
        finally:
            self._leases -= 1
            if not self._leases:
                self._unused.set()

    async def retire(self) -> None:
        """Wait until nobody has a lease any more, and end its instances."""
        await self._unused.wait()
        await self._pool.close()

    def _grants(self) -> Grants:
        directory = DirectoryGrant(self._services.assets, ASSETS)
        return Grants(
            environment=tuple(sorted(self.manifest.variables.items())),
            directories=(directory,) if self.manifest.assets else (),
            stdout=self._log.hear,
            stderr=self._log.hear,
        )
