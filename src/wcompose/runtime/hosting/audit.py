"""The audit log: what nodes used, and what they were denied, as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

TARGET_LIMIT = 4096
"""Characters of a target that are kept: guests choose it."""


@dataclass(frozen=True)
class Use:
    """One use of something outside, or an attempt at it.

    Attributes:
        node: who.
        interface: of what, without its version.
        function: by what.
        allowed: whether it was.
        target: what it was about: a path, an address, a name; empty where there is nothing to tell.
    """

    node: str
    interface: str
    function: str
    allowed: bool
    target: str = ""

    def to_json(self) -> dict[str, Any]:
        """The use as JSON values."""
        told = {
            "node": self.node,
            "interface": self.interface,
            "function": self.function,
            "decision": "allowed" if self.allowed else "denied",
        }
        return told | ({"target": self.target} if self.target else {})


def read_use(event: str) -> Use:
    """The use that a gate's event tells of; see `wcompose.grants.policy.event`."""
    words = [unquote(word, errors="replace") for word in event.split(" ")]
    words += [""] * (5 - len(words))
    node, interface, function, decision, target = words[:5]
    return Use(node, interface, function, decision == "allowed", target[:TARGET_LIMIT])


def json_lines(write: Callable[[str], object]) -> Callable[[Use], None]:
    """Something that writes each use as one line of JSON, with its time in UTC.

    Args:
        write: takes each line, its end included.
    """

    def hear(use: Use) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"time": now} | use.to_json(), ensure_ascii=False)
        write(line + "\n")

    return hear
