"""The component binaries that ship with wcompose.

In a module of their own, because a build that changes nothing looks at them without opening any.
"""

from __future__ import annotations

from pathlib import Path

ENGINE_FILE = Path(__file__).with_name("engine") / "engine.wasm"
"""The engine; see `wcompose.engine`."""

GATES_DIRECTORY = Path(__file__).with_name("grants") / "gates"
"""The prebuilt gates, a file each; see `wcompose.grants.interfaces`."""
