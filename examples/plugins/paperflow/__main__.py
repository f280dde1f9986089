"""`python -m paperflow`: start the service. `python -m paperflow token`: make a token."""

from __future__ import annotations

import argparse
import hashlib
import secrets
from pathlib import Path

from paperflow.app import make_app
from paperflow.host import Host, Places
from paperflow.settings import read_settings

CONNECTIONS = 500
"""Connections at the same time; others are answered with 503."""


def main() -> None:
    """Parse arguments and serve."""
    here = Path(__file__).parent.parent
    parser = argparse.ArgumentParser(prog="paperflow", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("serve", "token"), default="serve")
    parser.add_argument("--settings", type=Path, default=here / "paperflow.toml")
    parser.add_argument("--root", type=Path, default=here / "state", help="where all else lies")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    if options.command == "token":
        token = secrets.token_urlsafe(32)
        print(f"token:  {token}\nsha256: {hashlib.sha256(token.encode()).hexdigest()}")  # noqa: T201
        return
    import uvicorn

    host = Host(read_settings(options.settings), Places.below(options.root))
    uvicorn.run(make_app(host), host="127.0.0.1", port=options.port, limit_concurrency=CONNECTIONS)


if __name__ == "__main__":
    main()
