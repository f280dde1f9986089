"""The attackers, each made by its own toolchain, and servers that notice who comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attacks_support import Servers, Surroundings, lay_out, serving
from support import CACHE, only_one

from wcompose.build.python import PythonNode, build_python, fingerprint
from wcompose.progress import SilentReporter

HERE = Path(__file__).parent
COMPONENTS = HERE / "components"


@pytest.fixture(scope="session")
def attacker() -> Callable[[str], Path]:
    """The attacker of a toolchain; the one in Python is built, once for each content of its source."""

    def find(toolchain: str) -> Path:
        if toolchain != "python":
            return COMPONENTS / f"{toolchain}-attacker.wasm"
        node = PythonNode(
            "attacker", COMPONENTS / "python", "intruder", None, "attacker", HERE / "wit"
        )
        built = CACHE / "python" / f"{fingerprint(node).removeprefix('sha256:')}.wasm"
        with only_one("python-attacker"):
            if not built.exists():
                built.parent.mkdir(parents=True, exist_ok=True)
                build_python(node, built, SilentReporter())
        return built

    return find


@pytest.fixture
def servers() -> Iterator[Servers]:
    with serving() as running:
        yield running


@pytest.fixture
def fresh(tmp_path: Path, servers: Servers) -> Callable[[], Surroundings]:
    """Directories that nothing was done to yet."""
    made = 0

    def make() -> Surroundings:
        nonlocal made
        made += 1
        host = tmp_path.resolve() / f"host-{made}"
        lay_out(host)
        return Surroundings(host, servers)

    return make
