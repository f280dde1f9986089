"""One call of the engine component: its files, its bounds, and what becomes of a failure.

Every call gets a store of its own, so nothing of one call reaches another, and a panic or an overrun
ends with it. The engine sees the directories of the files that the call names, read-only, and for an
output the directory that it goes to; it has no environment, no arguments and no network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from wcompose import __version__
from wcompose.bounds import Limits, Watch
from wcompose.errors import ArtifactError, EngineFault, ToolFailure, UserError
from wcompose.images import ImageCache
from wcompose.report import Finding, Place

if TYPE_CHECKING:
    from wasmtime.component import Component, Linker

ENGINE_FILE = Path(__file__).with_name("engine.wasm")
PACKAGE = "wcompose:engine"
LIMITS = Limits(memory=3 << 30, seconds=120.0)
"""Bounds of one call; a 200 MB component needs about 1.2 GB and 5 s."""

_STDERR_LIMIT = 1 << 16


@dataclass(frozen=True)
class GuestPath:
    """A file or directory as the engine sees it."""

    host: Path
    guest: str


class Opened:
    """The directories of one call, and the way back from guest paths to the user's."""

    def __init__(self) -> None:
        self._directories: dict[tuple[Path, bool], str] = {}
        self._paths: list[GuestPath] = []

    def read(self, path: Path) -> str:
        """The guest path of a file or directory to read.

        Raises:
            ArtifactError: there is nothing at ``path``.
        """
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ArtifactError.of(
                "file-unreadable",
                f"cannot read `{path}`",
                place=Place(str(path)),
                causes=[(reason or "it does not exist").lower()],
                hint="check the path and its permissions",
            ) from None
        if real.is_dir():
            return self._add(path, real, None)
        return self._add(path, real.parent, real.name)

    def write(self, path: Path) -> str:
        """The guest path of a file to write; its directory must exist."""
        return self._add(path, path.parent.resolve(strict=True), path.name, writable=True)

    def _add(self, path: Path, directory: Path, name: str | None, *, writable: bool = False) -> str:
        root = self._directories.setdefault(
            (directory, writable), f"/{len(self._directories)}"
        )
        guest = root if name is None else f"{root}/{name}"
        self._paths.append(GuestPath(path, guest))
        return guest

    def preopens(self) -> list[tuple[str, str, bool]]:
        """Host directory, guest directory, and whether it may be written to."""
        return [
            (str(host), guest, writable)
            for (host, writable), guest in self._directories.items()
        ]

    def to_host(self, text: str) -> str:
        """Text with guest paths replaced by the user's."""
        for path in sorted(self._paths, key=lambda path: -len(path.guest)):
            at = text.find(path.guest)
            while at >= 0:
                end = at + len(path.guest)
                # `/1` must not be found in `/10`, nor `a.wit` in `a.wit2`.
                if end == len(text) or not (text[end].isalnum() or text[end] in "-_."):
                    text = text[:at] + str(path.host) + text[end:]
                    end = at + len(str(path.host))
                at = text.find(path.guest, end)
        return text


class EngineSession:
    """Opens the engine component once and calls it.

    Args:
        images: where its machine code is kept.
    """

    def __init__(self, images: ImageCache) -> None:
        self._images = images

    @cached_property
    def _component(self) -> Component:
        return self._images.open(ENGINE_FILE)

    @cached_property
    def _linker(self) -> Linker:
        from wasmtime.component import Linker

        linker = Linker(self._images.engine)
        linker.add_wasip2()
        return linker

    def call(self, interface: str, function: str, opened: Opened, *arguments: Any) -> Any:
        """Call one function of the engine.

        Args:
            interface: name of the interface, without package and version.
            function: name of the function.
            opened: the files that it may use.
            arguments: as wasmtime-py takes them.

        Raises:
            EngineFault: it panicked.
            ToolFailure: it overran its bounds.
        """
        from wasmtime import Store, WasiConfig, WasmtimeError

        written = bytearray()

        def keep(data: bytes) -> int:
            written.extend(data[: max(0, _STDERR_LIMIT - len(written))])
            return len(data)

        store = Store(self._images.engine)
        LIMITS.apply(store)
        watch = Watch(store, self._images.engine, LIMITS)
        configuration = WasiConfig()
        configuration.stderr_custom = keep
        for host, guest, writable in opened.preopens():
            configuration.preopen_dir(host, guest, writable)
        store.set_wasi(configuration)
        try:
            with watch.calling():
                instance = self._linker.instantiate(store, self._component)
                home = instance.get_export_index(store, f"{PACKAGE}/{interface}@0.1.0")
                index = instance.get_export_index(store, function, home)
                callee = None if index is None else instance.get_func(store, index)
                if callee is None:
                    raise EngineFault.of("engine-contract", f"the engine lacks `{function}`")
                return callee(store, *arguments)
        except WasmtimeError as error:
            said = opened.to_host(written.decode("utf-8", "replace")).strip()
            raise _failure(f"{interface}.{function}", opened, watch, said, error) from None


def _failure(
    operation: str, opened: Opened, watch: Watch, said: str, error: Exception
) -> ToolFailure:
    if watch.overran:
        return ToolFailure.of(
            "engine-overran",
            f"reading took longer than {LIMITS.seconds:.0f} s, and was stopped",
            causes=[f"while doing `{operation}`"],
            hint="the input is too large or too deeply nested",
        )
    if "memory allocation of" in said or "out of memory" in said:
        return ToolFailure.of(
            "engine-overran",
            f"reading needed more than {LIMITS.memory >> 30} GB of memory, and was stopped",
            causes=[f"while doing `{operation}`"],
            hint="the input is too large or too deeply nested",
        )
    trap = str(error).strip().splitlines()
    if not said and any("call stack exhausted" in line for line in trap):
        return ToolFailure.of(
            "engine-overran",
            "the input is nested too deeply to be read",
            causes=[f"while doing `{operation}`"],
            hint="flatten what is nested",
        )
    return EngineFault.of(
        "bug",
        f"the engine failed while doing `{operation}`",
        causes=[
            *(said.splitlines()[:12] or [trap[-1] if trap else "no message"]),
            f"wcompose {__version__}; files: "
            + (", ".join(str(path.host) for path in opened._paths) or "none"),  # noqa: SLF001
        ],
        hint="this is a bug in wcompose: report it with this message and these files",
    )


def findings_of(problems: Sequence[Any], opened: Opened) -> tuple[Finding, ...]:
    """Findings from the engine's problems, in the user's paths."""
    return tuple(_finding(problem, opened) for problem in problems)


def _finding(problem: Any, opened: Opened) -> Finding:
    host = opened.to_host
    return Finding(
        rule=problem.rule,
        message=host(problem.message),
        place=Place() if problem.place is None else place_of(problem.place, host),
        causes=tuple(host(cause) for cause in problem.causes),
        hint=host(problem.hint),
        related=tuple((label, place_of(place, host)) for label, place in problem.related),
    )


def place_of(place: Any, host: Callable[[str], str] = str) -> Place:
    """A place from the engine's record."""
    line = getattr(place, "line")
    same_line = getattr(place, "end-line") == line
    source: str = place.source
    return Place(
        file=host(place.file),
        line=line,
        column=place.column,
        end_column=getattr(place, "end-column") if same_line else len(source) + 1,
        source=source,
    )


def record(**members: Any) -> SimpleNamespace:
    """A record for the engine: underscores stand for hyphens."""
    return SimpleNamespace(**{name.replace("_", "-"): value for name, value in members.items()})


def unwrap(result: Any, opened: Opened, error: type[UserError]) -> Any:
    """The value of a `result` whose error is a problem or a list of problems.

    Raises:
        UserError: of the given class, with the findings.
    """
    from wasmtime.component import Variant

    if isinstance(result, Variant):
        if result.tag == "ok":
            return result.payload
        result = result.payload
        problems = result if isinstance(result, list) else [result]
    elif isinstance(result, list):
        problems = result
    elif hasattr(result, "rule"):
        problems = [result]
    else:
        return result
    raise error(findings_of(problems, opened))
