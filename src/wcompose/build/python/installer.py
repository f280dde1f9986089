"""The child process that runs pip; a script of its own, run by path.

It keeps from pip what the caller's environment would say about *what* is installed, so that only the
requirements file decides. *Where* packages come from, and how they are reached, stays the caller's.
"""

from __future__ import annotations

import os
import runpy
import sys

_KEPT = frozenset(
    f"PIP_{name}"
    for name in (
        *("INDEX_URL", "EXTRA_INDEX_URL", "NO_INDEX", "FIND_LINKS", "TRUSTED_HOST", "CONFIG_FILE"),
        *("PROXY", "CERT", "CLIENT_CERT", "TIMEOUT", "DEFAULT_TIMEOUT", "RETRIES", "CACHE_DIR"),
        *("NO_CACHE_DIR", "KEYRING_PROVIDER", "USE_FEATURE", "USE_DEPRECATED"),
    )
)


def main(arguments: list[str]) -> None:
    """Run pip, for the process whose id comes first, with the arguments that follow."""
    from driver import _die_with  # type: ignore[import-not-found]

    # This directory came first on the path, and its modules are not meant for pip.
    del sys.path[0]
    del sys.modules["driver"]
    parent, *command = arguments
    _die_with(int(parent))
    for name in [name for name in os.environ if name.startswith("PIP_") and name not in _KEPT]:
        del os.environ[name]
    sys.argv[1:] = command
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
