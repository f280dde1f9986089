"""What an instance may reach. Nothing, unless it is named here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.errors import UsageError
from wcompose.report import Finding
from wcompose.runtime.hosting.audit import Use

if TYPE_CHECKING:
    from wasmtime import WasiConfig

Output = Callable[[bytes], None]
"""Hears what a guest writes."""


@dataclass(frozen=True)
class DirectoryGrant:
    """A directory of the host that the guest sees.

    Attributes:
        host: the directory.
        guest: its name for the guest.
        writable: whether the guest may change what is in it.
    """

    host: Path
    guest: str
    writable: bool = False


@dataclass(frozen=True)
class Grants:
    """What an instance may reach.

    Attributes:
        arguments: command line, the program's name first.
        environment: variables.
        directories: directories of the host.
        network: whether it may open connections and look names up.
        stdin: file that it reads as standard input; none for an empty one.
        inherit_stdin: whether it reads our standard input.
        stdout: hears its standard output; none to drop it.
        stderr: hears its standard error; none to drop it.
        audit: hears of every use that its gates record, in a composition that was made for it.
    """

    arguments: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    directories: tuple[DirectoryGrant, ...] = ()
    network: bool = False
    stdin: Path | None = None
    inherit_stdin: bool = False
    stdout: Output | None = None
    stderr: Output | None = None
    audit: Callable[[Use], None] | None = None

    def configuration(self) -> WasiConfig:
        """The runtime's form of it, but for what is written; see `wcompose.native.streams`.

        Raises:
            UsageError: a directory cannot be opened.
        """
        from wasmtime import WasiConfig, WasmtimeError

        configuration = WasiConfig()
        if self.arguments:
            configuration.argv = list(self.arguments)
        if self.environment:
            configuration.env = [list(pair) for pair in self.environment]
        for grant in self.directories:
            try:
                configuration.preopen_dir(str(grant.host), grant.guest, grant.writable)
            except WasmtimeError:
                raise UsageError.of(
                    "directory-unreadable",
                    f"`{grant.host}` cannot be opened for the guest",
                    hint="check its permissions",
                ) from None
        if self.inherit_stdin:
            configuration.inherit_stdin()
        elif self.stdin is not None:
            configuration.stdin_file = str(self.stdin)
        if self.network:
            _allow_network(configuration)
        return configuration

    def check(self) -> None:
        """Make sure that everything named is there.

        Raises:
            UsageError: with every directory or file that is not.
        """
        findings = [
            Finding(
                "directory-missing",
                f"`{grant.host}` is not a directory, so the guest cannot be given it",
                hint="name a directory that exists: `--dir HOST` or `--dir HOST::GUEST`",
            )
            for grant in self.directories
            if not grant.host.is_dir()
        ]
        if self.stdin is not None and not self.stdin.is_file():
            findings.append(
                Finding(
                    "stdin-missing",
                    f"`{self.stdin}` is not a file, so the guest cannot read it",
                    hint="name a file that exists",
                )
            )
        if findings:
            raise UsageError(findings)


def _allow_network(configuration: WasiConfig) -> None:
    from wcompose.native.network import allow_network, missing_switches

    missing = missing_switches()
    if missing:
        raise UsageError.of(
            "network-unavailable",
            "this release of wasmtime-py cannot grant the network",
            causes=[f"it lacks `{name}`" for name in missing],
            hint="install the release that wcompose was tested with: `pip install wasmtime==50.0.1`",
        )
    allow_network(configuration)
