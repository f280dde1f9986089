"""One call of the engine component: its files, its bounds, and what becomes of a failure.

Every call gets a store of its own, so nothing of one call reaches another, and a panic or an
overrun ends with it. The engine sees the directories of the files that the call names, read-only,
and for an output the directory that it goes to; it has no environment, no arguments, no network.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from wcompose import __version__
from wcompose.bounds import Limits, Watch
from wcompose.errors import ArtifactError, EngineFault, ToolFailure, UserError
from wcompose.files import digest_file, final_output
from wcompose.images import ImageCache
from wcompose.report import Finding, Place
from wcompose.shipped import ENGINE_FILE

if TYPE_CHECKING:
    from wasmtime.component import Component, Linker

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
            ArtifactError: there is nothing at ``path``, or something that cannot be read.
        """
        try:
            real = path.resolve(strict=True)
            mode = real.stat().st_mode
        except (OSError, RuntimeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error) or "it does not exist"
            raise _unreadable(path, reason.lower()) from None
        if not os.access(real, os.R_OK):
            raise _unreadable(path, "permission denied")
        if stat.S_ISDIR(mode):
            return self._add(path, real, None)
        if not stat.S_ISREG(mode):
            # Reading a pipe or a device could wait for ever.
            raise _unreadable(path, "it is neither a file nor a directory")
        return self._add(path, real.parent, real.name)

    def write(self, path: Path) -> str:
        """The guest path of a file to write.

        Raises:
            ArtifactError: its directory does not exist.
        """
        try:
            directory = path.parent.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ArtifactError.of(
                "file-not-written",
                f"cannot write `{path}`",
                place=Place(str(path)),
                causes=[reason.lower()],
                hint="make its directory first",
            ) from None
        return self._add(path, directory, path.name, writable=True)

    def _add(self, path: Path, directory: Path, name: str | None, *, writable: bool = False) -> str:
        try:
            str(directory / (name or "")).encode()
        except UnicodeEncodeError:
            raise _unreadable(path, "its name is not UTF-8") from None
        root = self._directories.setdefault(
            (directory, writable), f"/opened-{len(self._directories)}"
        )
        guest = root if name is None else f"{root}/{name}"
        # Nobody knows the name of what takes the place of an output.
        self._paths.append(GuestPath(final_output(path) if writable else path, guest))
        return guest

    @property
    def hosts(self) -> tuple[str, ...]:
        """The user's paths, as they were given."""
        return tuple(str(path.host) for path in self._paths)

    def preopens(self) -> list[tuple[str, str, bool]]:
        """Host directory, guest directory, and whether it may be written to."""
        return [
            (str(host), guest, writable) for (host, writable), guest in self._directories.items()
        ]

    def to_host(self, text: str) -> str:
        """Text with guest paths replaced by the user's."""
        if "/opened-" not in text:
            return text
        hosts = {path.guest: str(path.host) for path in self._paths}
        # `/opened-1` must not be found in `/opened-10`, nor `a.wit` in `a.wit2`.
        guests = "|".join(re.escape(guest) for guest in sorted(hosts, key=len, reverse=True))
        return re.sub(rf"({guests})(?![\w-]|\.\w)", lambda match: hosts[match[1]], text)


def _unreadable(path: Path, reason: str) -> ArtifactError:
    return ArtifactError.of(
        "file-unreadable",
        f"cannot read `{path}`",
        place=Place(str(path)),
        causes=[reason],
        hint="check the path and its permissions",
    )


class EngineSession:
    """Opens the engine component once and calls it.

    Args:
        images: where its machine code is kept.
        limits: bounds of one call.
    """

    def __init__(self, images: ImageCache, limits: Limits = LIMITS) -> None:
        self._images = images
        self._limits = limits

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
        self._limits.apply(store)
        watch = Watch(store, self._images.engine, self._limits)
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
            operation = f"{interface}.{function}"
            raise self._failure(operation, opened, said, error, overran=watch.overran) from None

    def _failure(
        self, operation: str, opened: Opened, said: str, error: Exception, *, overran: bool
    ) -> ToolFailure:
        while_doing = (f"while doing `{operation}` for `{'`, `'.join(opened.hosts)}`",)
        if overran:
            return ToolFailure.of(
                "engine-overran",
                f"reading took longer than {self._limits.seconds:.0f} s, and was stopped",
                causes=while_doing,
                hint="the input is too large or too complex",
            )
        if "memory allocation of" in said or "out of memory" in said:
            return ToolFailure.of(
                "engine-overran",
                f"reading needed more than {self._limits.memory >> 20} MiB, and was stopped",
                causes=while_doing,
                hint="the input is too large or too complex",
            )
        trap = [line.strip() for line in str(error).strip().splitlines()]
        # Without a panic's message, an access out of bounds is the stack's end being reached.
        if not said and any(
            words in line for line in trap for words in ("call stack exhausted", "out of bounds")
        ):
            return ToolFailure.of(
                "engine-overran",
                "the input is nested too deeply to be read",
                causes=while_doing,
                hint="flatten what is nested",
            )
        return EngineFault.of(
            "bug",
            f"the engine failed while doing `{operation}`: this is a bug in wcompose",
            causes=[
                *(said.splitlines()[:12] or [trap[-1] if trap else "no message"]),
                f"wcompose {__version__}, engine {digest_file(ENGINE_FILE)[:19]}",
                f"files: {', '.join(opened.hosts) or 'none'}",
            ],
            hint="report it with this message and, if you can, these files",
        )


def findings_of(problems: Sequence[Any], opened: Opened) -> tuple[Finding, ...]:
    """Findings from the engine's problems, in the user's paths."""
    return tuple(_finding(problem, opened) for problem in problems)


def _finding(problem: Any, opened: Opened) -> Finding:
    host = opened.to_host
    if problem.rule == "file-not-written":
        message, _, reason = host(problem.message).partition(": ")
        reason = reason.partition(", similar to")[0].rstrip(".")
        return Finding(
            problem.rule,
            message,
            causes=(reason[:1].lower() + reason[1:],) if reason else (),
            hint="make room, or name a file in a directory that can be written to",
        )
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
    line = place.line
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
