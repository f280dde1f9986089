"""Makes of what a stranger sent a component that can only do what it was granted.

A plugin is linked behind gates for its grants, with `wcompose build` as a library: that holds it to the
contract, and shuts it off from clocks, files and the network, whatever it imports. Then it is compiled.
All of that happens in a process of its own with bounds on memory and time, since reading and compiling
are not covered by the sandbox that the plugin runs in: a few kilobytes can keep a compiler busy for
minutes. The host itself reads of an upload only its size and its digest.

Run as a program by `Sealer`: `python -I sealing.py PROJECT CACHE MEMORY SECONDS`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wcompose import __version__
from wcompose.files import digest_tree
from wcompose.report import Finding, Place

if TYPE_CHECKING:
    from paperflow.manifest import Manifest
    from wcompose.images import ImageCache
    from wcompose.progress import Reporter

WORLD = "plugin"
INTERFACE = "paperflow:plugins/transformer"
SERVICES = ("paperflow:plugins/store", "paperflow:plugins/log")
ASSETS = "/assets"

_COMPOSITION = "sealed"
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_EMPTY = b"\0asm\x0d\0\x01\0"
"""The smallest component."""
_ANSWER_LIMIT = 1 << 20
_KEPT_REFUSALS = 1000
_KEPT_SEALED = 1000
_BLOCK = 1 << 20


class Refused(Exception):
    """A plugin that cannot be taken, with everything that is wrong with it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(each.message for each in self.findings))


@dataclass(frozen=True)
class SealBounds:
    """What sealing one plugin may take.

    Attributes:
        memory: bytes that the process may have written to.
        seconds: of processor time; of the clock, it gets twice as much.
    """

    memory: int = 2 << 30
    seconds: int = 120


class Sealer:
    """Seals plugins, one at a time, each content once.

    Args:
        contract: directory of the contract.
        directory: where sealed plugins and their machine code are kept.
        bounds: what sealing one may take.
    """

    def __init__(self, contract: Path, directory: Path, bounds: SealBounds | None = None) -> None:
        self._contract = contract
        self._bounds = bounds or SealBounds()
        self._directory = directory
        self.cache = directory / "cache"
        """Where the machine code is."""
        directory.mkdir(parents=True, exist_ok=True)
        # Sealed by another release, it would have to be compiled again: in the child, not in the host.
        self._made_by = (digest_tree(contract), __version__, version("wasmtime"))
        self._turn = asyncio.Lock()
        self._refused: OrderedDict[str, tuple[Finding, ...]] = OrderedDict()

    async def seal(self, plugin: Path, manifest: Manifest) -> Path:
        """The sealed form of a plugin.

        Args:
            plugin: the component as it came.
            manifest: says what it is granted.

        Raises:
            Refused: it does not fit the contract, is no component, or takes too much to compile.
        """
        async with self._turn:
            with tempfile.TemporaryDirectory(prefix="paperflow-", dir=self._directory) as name:
                project = Path(name)
                text = _project_text(manifest)
                # A copy of our own: what is checked is what runs, whatever becomes of the original.
                digest = await asyncio.to_thread(_copy, plugin, project / "plugin.wasm")
                key = hashlib.sha256("\0".join((digest, text, *self._made_by)).encode()).hexdigest()
                target = self._directory / f"{key}.wasm"
                if target.exists():
                    target.touch()
                    return target
                if key not in self._refused:
                    shutil.copytree(self._contract, project / "wit")
                    (project / "wcompose.toml").write_text(text, "utf-8")
                    findings = await self._confined(project)
                    if not findings:
                        (project / "build" / f"{_COMPOSITION}.wasm").replace(target)
                        self._evict()
                        return target
                    self._refused[key] = findings
                    while len(self._refused) > _KEPT_REFUSALS:
                        self._refused.popitem(last=False)
                raise Refused(self._refused[key])

    def _evict(self) -> None:
        """Forget what was not asked for for longest. Who runs it has it in memory."""
        sealed = sorted(self._directory.glob("*.wasm"), key=lambda each: each.stat().st_mtime)
        for each in sealed[:-_KEPT_SEALED]:
            each.unlink()

    async def _confined(self, project: Path) -> tuple[Finding, ...]:
        bounds = self._bounds
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", __file__, str(project), str(self.cache)),
            *(str(bounds.memory), str(bounds.seconds)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=project,
            env={"PATH": os.defpath},
            start_new_session=True,
        )
        answer = b""
        try:
            async with asyncio.timeout(2 * bounds.seconds):
                answer = await _read_all(child)
        except TimeoutError:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
        if child.returncode == 0:
            return ()
        try:
            return tuple(_from_json(each) for each in json.loads(answer))
        except (ValueError, TypeError, KeyError):
            return (
                Finding(
                    "sealing-bounds",
                    "reading and compiling the plugin takes more than "
                    f"{bounds.memory >> 20} MiB or {bounds.seconds} s",
                    hint="make it smaller",
                ),
            )


async def _read_all(child: asyncio.subprocess.Process) -> bytes:
    """What a child says until it ends, and not more than fits."""
    if child.stdout is None:
        raise AssertionError("its output is a pipe")
    answer = b""
    while block := await child.stdout.read(_BLOCK):
        answer = (answer + block)[:_ANSWER_LIMIT]
    await child.wait()
    return answer


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("wb") as writing:
        while block := reading.read(_BLOCK):
            digest.update(block)
            writing.write(block)
    return digest.hexdigest()


def _project_text(manifest: Manifest) -> str:
    """The project of one plugin behind its gates."""
    import tomli_w

    grants: dict[str, Any] = {
        "random": "real",
        # No plan has clocks: a plugin could sleep with them, in a function of the host that no deadline
        # ends. Time stands still instead, and sleeping takes none; Go asks for it before it begins.
        "clocks": {"frozen": _EPOCH},
        "stdout": "inherit",
        "stderr": "inherit",
        "environment": sorted(manifest.variables),
    }
    if manifest.assets:
        grants["filesystem"] = [{"host": "assets", "guest": ASSETS}]
    return tomli_w.dumps(
        {
            "project": {"name": _COMPOSITION, "wit": "wit"},
            "components": {"plugin": {"path": "plugin.wasm", "world": WORLD, "grants": grants}},
            "graph": {
                "exports": [f"plugin:{INTERFACE}"],
                "edges": [{"import": f"plugin:{each}", "outside": True} for each in SERVICES],
            },
        }
    )


def _from_json(told: dict[str, Any]) -> Finding:
    return Finding(
        told["rule"],
        told["message"],
        Place(told["file"], told["line"], told["column"], item=told["item"]),
        causes=tuple(told["causes"]),
        hint=told["hint"],
    )


def _main() -> int:
    project, cache, memory, seconds = sys.argv[1:]
    _confine_time(int(seconds))

    from wcompose.errors import WcomposeError

    try:
        _build(Path(project), Path(cache), int(memory))
    except WcomposeError as error:
        json.dump([_to_json(each, project) for each in error.findings], sys.stdout)
        return 1
    return 0


def _build(project: Path, cache: Path, memory: int) -> None:
    from wcompose import Runtime
    from wcompose.build import build_project
    from wcompose.engine import Engine
    from wcompose.images import ImageCache
    from wcompose.progress import SilentReporter
    from wcompose.project import load_project

    runtime = Runtime(cache=cache, metering=True)
    engine = Engine(ImageCache(cache))

    class Warmed:
        """Compiles the composition for the engine that the host runs plugins on, and for no other."""

        def warm(self, path: Path, *, reporter: Reporter) -> None:  # noqa: ARG002
            runtime.open(path)

    # Nothing of the plugin has been read so far: what is taken now is ours.
    runtime.open(_EMPTY)
    engine.resolve(project / "wit")
    _confine_memory(memory)
    build_project(
        load_project(project / "wcompose.toml", engine.locate_toml),
        engine=lambda: engine,
        images=lambda: cast("ImageCache", Warmed()),
        cache=project / "build",
        reporter=SilentReporter(),
    )


def _to_json(finding: Finding, project: str) -> dict[str, Any]:
    def plain(text: str) -> str:
        return text.replace(f"{project}/", "").replace(project, "the plugin")

    return {
        "rule": finding.rule,
        "message": plain(finding.message),
        "file": plain(finding.place.file),
        "line": finding.place.line,
        "column": finding.place.column,
        "item": finding.place.item,
        "causes": [plain(each) for each in finding.causes],
        "hint": plain(finding.hint),
    }


def _confine_time(seconds: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)


def _confine_memory(memory: int) -> None:
    """Bound what is written to from here on. What the runtime has reserved by now costs nothing."""
    import resource

    status = Path("/proc/self/status").read_text("ascii")
    (taken,) = (int(line.split()[1]) << 10 for line in status.splitlines() if line[:7] == "VmData:")
    resource.setrlimit(resource.RLIMIT_DATA, (taken + memory, taken + memory))


if __name__ == "__main__":
    sys.exit(_main())
