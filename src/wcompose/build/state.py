"""What the last build was made of, so that a build that changes nothing does nothing.

Compared by content, never by time stamps: a checkout, a copy or a clock that goes backwards changes
nothing, and an edit within the same second is seen.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from wcompose.files import digest_file, write_atomically

STATE_FILE = "state.json"


@dataclass(frozen=True)
class BuildState:
    """A build that succeeded.

    Attributes:
        inputs: digest of everything that went in, tools included.
        composition: digest of the composition that came out.
        lock: digest of the lock that came out.
    """

    inputs: str
    composition: str
    lock: str


def read_state(directory: Path) -> BuildState | None:
    """The last build's state; none when there is none or it cannot be read."""
    file = directory / STATE_FILE
    if not file.is_file():
        return None
    try:
        data = json.loads(file.read_bytes())
        return BuildState(**{key: str(data[key]) for key in ("inputs", "composition", "lock")})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(directory: Path, state: BuildState) -> None:
    """Remember a build."""
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(state), indent=2, sort_keys=True) + "\n"
    write_atomically(directory / STATE_FILE, text.encode())


def is_current(state: BuildState | None, inputs: str, composition: Path, lock: Path) -> bool:
    """Whether the outputs on disk are those of a build of these very inputs."""
    if state is None or state.inputs != inputs:
        return False
    try:
        return digest_file(lock) == state.lock and digest_file(composition) == state.composition
    except OSError:
        return False
