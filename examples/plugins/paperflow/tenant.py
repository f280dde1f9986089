"""A tenant: the plugins in its directory, the chain that is active, and what it has used."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import stat
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from paperflow.contract import Document
from paperflow.manifest import Manifest, PluginId, read_manifest
from paperflow.plugin import Plugin, Services
from paperflow.sealing import Refused, Sealer
from paperflow.settings import Plan
from wcompose import Runtime
from wcompose.errors import WcomposeError
from wcompose.files import atomic_output, write_atomically
from wcompose.report import Finding

_LOGGER = logging.getLogger(__name__)

Identity = tuple[int, ...]
"""Of a file: changes when its content does."""


class AlreadyThere(Exception):
    """There is another plugin of that name and version."""


@dataclass(frozen=True)
class Offer:
    """A plugin that lies in the directory."""

    id: PluginId
    file: Path
    identity: tuple[Identity, Identity]

    @property
    def manifest_file(self) -> Path:
        """Where its manifest is, if it has one."""
        return self.file.with_suffix(".toml")

    def is_same_component(self, other: Offer) -> bool:
        """Whether another one differs from it in the manifest at most."""
        return (self.id, self.identity[0]) == (other.id, other.identity[0])


@dataclass
class Totals:
    """What plugins have used."""

    calls: int = 0
    seconds: float = 0.0
    fuel: int = 0
    output: int = 0
    faults: int = 0

    def add(self, plugin: Plugin) -> None:
        """Count what a plugin has used since it was started."""
        usage = plugin.usage
        self.calls += usage.calls
        self.seconds += usage.seconds
        self.fuel += usage.fuel
        self.output += usage.output
        self.faults += plugin.faults


@dataclass(frozen=True)
class State:
    """What became of a plugin in the directory.

    Attributes:
        id: which.
        state: `active`, `installed` (another version is active), `suspended` or `refused`.
        description: what it says that it does, if it was started.
        findings: why it was refused; or what is wrong in its manifest, while it goes on with the old.
    """

    id: PluginId
    state: str
    description: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass
class _Book:
    """What is known about the directory."""

    offers: dict[PluginId, Offer] = field(default_factory=dict)
    refused: dict[PluginId, tuple[Offer, tuple[Finding, ...]]] = field(default_factory=dict)
    active: dict[str, tuple[Offer, Plugin]] = field(default_factory=dict)


class Tenant:
    """One tenant. What it does to its plugins is done one after the other; documents pass meanwhile.

    Args:
        plan: what it has.
        directory: where its plugins lie; made when needed.
        services: what its plugins use.
        sealer: seals them.
        runtime: runs them.
    """

    def __init__(
        self, plan: Plan, directory: Path, services: Services, sealer: Sealer, runtime: Runtime
    ) -> None:
        self.plan = plan
        self.services = services
        self.documents = 0
        """How many passed."""
        self.under_way = 0
        """How many are on their way."""
        self._directory = directory
        self._sealer, self._runtime = sealer, runtime
        self._book = _Book()
        self._retired: dict[str, Totals] = {}
        self._turn = asyncio.Lock()
        self._leaving: dict[asyncio.Task[None], Plugin] = {}
        directory.mkdir(parents=True, exist_ok=True)

    @property
    def chain(self) -> tuple[Plugin, ...]:
        """The plugins that documents pass through, the first one first."""
        plugins = [plugin for _, plugin in self._book.active.values()]
        return tuple(sorted(plugins, key=lambda each: (each.manifest.order, each.id.name)))

    @property
    def states(self) -> tuple[State, ...]:
        """Every plugin in the directory."""
        return tuple(self._state(each) for each in sorted(self._book.offers))

    @property
    def usage(self) -> dict[str, Totals]:
        """What was used since the host was started, by the names of plugins."""
        totals = {name: Totals(**vars(each)) for name, each in self._retired.items()}
        for plugin in (*self.chain, *self._leaving.values()):
            totals.setdefault(plugin.id.name, Totals()).add(plugin)
        return totals

    async def pass_through(self, document: Document) -> tuple[Document, tuple[Plugin, ...]]:
        """Send a document through the chain as it is now, whatever changes meanwhile.

        Returns:
            What came out, and what it passed through.

        Raises:
            Exception: see `Plugin.transform`.
        """
        with ExitStack() as leases:
            chain = self.chain
            for plugin in chain:
                leases.enter_context(plugin.lease())
            self.under_way += 1
            leases.callback(self._arrive)
            for plugin in chain:
                document = await plugin.transform(document)
        self.documents += 1
        return document, chain

    def _arrive(self) -> None:
        self.under_way -= 1

    async def look(self) -> None:
        """Bring the chain to what the directory holds now."""
        async with self._turn:
            await self._settle()

    async def install(
        self, plugin_id: PluginId, upload: Path, manifest: Manifest
    ) -> tuple[State, bool]:
        """Put a plugin into the directory, if it can be taken.

        It takes the place in the chain of the version before it, unless it asks for another.

        Args:
            plugin_id: which it is.
            upload: the file that came; it is moved.
            manifest: what it asks for.

        Returns:
            What became of it, and whether it was not there already.

        Raises:
            Refused: it asks for too much, does not fit the contract, or cannot be started. Nothing has
                changed then.
            AlreadyThere: there is another one of that name and version.
        """
        async with self._turn:
            file = self._directory / f"{plugin_id}.wasm"
            if file.exists():
                if not await asyncio.to_thread(_same, file, upload):
                    raise AlreadyThere
                return self._state(plugin_id), False
            active = self._book.active.get(plugin_id.name)
            if active is not None and "order" not in manifest.model_fields_set:
                manifest = manifest.model_copy(update={"order": active[1].manifest.order})
            self._check_versions(plugin_id)
            await self._sealed(upload, manifest)
            write_atomically(file.with_suffix(".toml"), manifest.to_toml().encode())
            with atomic_output(file) as temporary:
                shutil.move(upload, temporary)
            await self._settle()
            state = self._state(plugin_id)
            if state.state == "refused":
                self._delete(file)
                await self._settle()
                raise Refused(state.findings)
            return state, True

    async def remove(self, plugin_id: PluginId) -> bool:
        """Take a plugin out of the directory; gives whether it was there."""
        async with self._turn:
            file = self._directory / f"{plugin_id}.wasm"
            if not file.exists():
                return False
            self._delete(file)
            await self._settle()
            return True

    async def close(self) -> None:
        """Let what is under way come to its end, and take nothing new."""
        async with self._turn:
            for name in list(self._book.active):
                self._retire(name)
            while self._leaving:
                await asyncio.wait(self._leaving)
            self.services.store.close()

    def _state(self, plugin_id: PluginId) -> State:
        _, findings = self._book.refused.get(plugin_id, (None, ()))
        _, plugin = self._book.active.get(plugin_id.name, (None, None))
        if plugin is None or plugin.id != plugin_id:
            return State(plugin_id, "refused" if findings else "installed", findings=findings)
        state = "suspended" if plugin.is_suspended else "active"
        return State(plugin_id, state, plugin.description, findings)

    async def _settle(self) -> None:
        book = self._book
        book.offers = await asyncio.to_thread(_offers, self._directory)
        book.refused = {
            key: (offer, findings)
            for key, (offer, findings) in book.refused.items()
            if book.offers.get(key) == offer
        }
        names = {each.name for each in book.offers}
        for name in sorted({*names, *book.active}):
            versions = [book.offers[key] for key in sorted(book.offers) if key.name == name]
            await self._choose(name, versions[::-1])

    async def _choose(self, name: str, offers: Sequence[Offer]) -> None:
        """Make the first of several versions active that can be."""
        book = self._book
        for offer in offers:
            active = book.active.get(name)
            if active is not None and active[0] == offer:
                return
            if offer.id not in book.refused:
                try:
                    plugin = await self._started(offer, is_new=active is None)
                except Refused as refusal:
                    book.refused[offer.id] = (offer, refusal.findings)
            if offer.id in book.refused:
                if active is not None and active[0].is_same_component(offer):
                    return  # its manifest was edited and is wrong now: it goes on as it was
                continue
            # No request comes between these: the next one finds the new version, warm.
            self._retire(name)
            book.active[name] = (offer, plugin)
            return
        self._retire(name)

    def _check_versions(self, plugin_id: PluginId) -> None:
        if sum(each.name == plugin_id.name for each in self._book.offers) >= self.plan.versions:
            raise Refused(
                [
                    Finding(
                        "too-many-versions",
                        f"the plan has {self.plan.versions} versions of a plugin",
                        hint="remove one first",
                    )
                ]
            )

    async def _started(self, offer: Offer, *, is_new: bool) -> Plugin:
        if is_new and len(self._book.active) >= self.plan.plugins:
            raise Refused(
                [
                    Finding(
                        "too-many-plugins",
                        f"the plan has {self.plan.plugins} plugins, and all are taken",
                        hint="remove one first",
                    )
                ]
            )
        if offer.file.stat().st_size > self.plan.upload:
            raise Refused([too_large(self.plan.upload)])
        manifest = read_manifest(offer.manifest_file)
        if not isinstance(manifest, Manifest):
            raise Refused(manifest)
        sealed = await self._sealed(offer.file, manifest)
        plugin = Plugin(offer.id, manifest, sealed, self.plan, self.services)
        try:
            await plugin.start(self._runtime)
        except WcomposeError as error:
            raise Refused(error.findings) from error
        return plugin

    async def _sealed(self, file: Path, manifest: Manifest) -> Path:
        if beyond := list(manifest.beyond(self.plan)):
            raise Refused(beyond)
        return await self._sealer.seal(file, manifest)

    def _retire(self, name: str) -> None:
        """Take a plugin out of the chain; it ends when the last document has passed."""
        _, plugin = self._book.active.pop(name, (None, None))
        if plugin is None:
            return

        async def leave() -> None:
            try:
                await plugin.retire()
            except WcomposeError:
                _LOGGER.exception("retiring `%s`", plugin.id)

        def left(task: asyncio.Task[None]) -> None:
            del self._leaving[task]
            self._retired.setdefault(name, Totals()).add(plugin)

        task = asyncio.create_task(leave())
        self._leaving[task] = plugin
        task.add_done_callback(left)

    @staticmethod
    def _delete(file: Path) -> None:
        # The manifest last: without it, the plugin would get what its plan has.
        file.unlink(missing_ok=True)
        file.with_suffix(".toml").unlink(missing_ok=True)


def too_large(limit: int) -> Finding:
    """A plugin has more bytes than the plan takes."""
    return Finding(
        "upload-too-large",
        f"the plugin has more than {limit:,} bytes",
        hint="strip debug information and names: `wcompose build --strip`",
    )


def _offers(directory: Path) -> dict[PluginId, Offer]:
    found = {}
    with os.scandir(directory) as entries:
        for entry in entries:
            file = Path(entry.path)
            plugin_id = PluginId.of_file(file.stem) if file.suffix == ".wasm" else None
            identity = _identity(file)
            if plugin_id is None or identity is None:
                continue
            manifest = _identity(file.with_suffix(".toml")) or ()
            found[plugin_id] = Offer(plugin_id, file, (identity, manifest))
    return found


def _identity(file: Path) -> Identity | None:
    """What changes when a file does; none if it is no plain file. Links are not followed."""
    try:
        status = file.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _same(left: Path, right: Path) -> bool:
    return left.read_bytes() == right.read_bytes()
