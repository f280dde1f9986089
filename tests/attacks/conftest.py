"""The attackers, each made by its own toolchain, and servers that notice who comes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attacks_support import Servers, Surroundings, lay_out, serving
from scenarios import PROJECT, Scenario
from support import CACHE, Command, only_one

from wcompose.build.python import PythonNode, build_python, fingerprint
from wcompose.images import ImageCache
from wcompose.progress import SilentReporter
from wcompose.runtime import Component, Grants, find_function

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


@pytest.fixture(scope="session")
def known(attacker: Callable[[str], Path], images: ImageCache) -> Callable[[str], list[str]]:
    """The attacks that a toolchain can express, as its attacker tells."""

    def ask(toolchain: str) -> list[str]:
        opened = Component(attacker(toolchain), images)
        function = find_function(opened.functions, "known")
        names: list[str] = opened.instantiate(Grants()).call_plain(function, [])
        return names

    return ask


@pytest.fixture(scope="session")
def composition(
    attacker: Callable[[str], Path],
    command: Command,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Scenario, str], Path]:
    """What `wcompose build` makes of a scenario with the attacker of a toolchain."""
    made: dict[tuple[str, str], Path] = {}

    def build(scenario: Scenario, toolchain: str) -> Path:
        key = (scenario.name, toolchain)
        if key not in made:
            project = tmp_path_factory.mktemp(f"{scenario.name}-{toolchain}")
            shutil.copytree(HERE / "wit", project / "wit")
            shutil.copy(attacker(toolchain), project / "attacker.wasm")
            for name in ("keeper", "driver"):
                shutil.copy(COMPONENTS / f"{name}.wasm", project)
            for name in ("data", "scratch", "keep", "streams"):
                (project / name).mkdir()
            (project / "streams/in.txt").write_text("")
            text = PROJECT.format(toolchain=toolchain, grants=scenario.grants[toolchain])
            (project / "wcompose.toml").write_text(text)
            result = command("build", project)
            assert result.returncode == 0, result.stderr
            made[key] = project / "build" / "siege.wasm"
        return made[key]

    return build
