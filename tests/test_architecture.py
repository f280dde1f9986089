"""The house: which module may import which, how large one may be, what the package shows."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import wcompose

PACKAGE = Path(__file__).parent.parent / "src" / "wcompose"
STAGES = (
    ("report",),
    ("errors", "texts", "progress", "suggest", "sections"),
    ("lines",),
    ("native",),
    ("files", "bounds", "shipped"),
    ("images",),
    ("engine",),
    ("contract",),
    ("project",),
    ("graph",),
    ("grants",),
    ("picture", "pages"),
    ("build", "runtime"),
    ("bindings", "embedding"),
    ("check",),
    ("cli",),
)
"""A module imports from its own stage's package and from stages before it."""
LEVEL = {name: level for level, names in enumerate(STAGES) for name in names}
ROOMS = (
    ("crossing", "ends"),
    ("hosting",),
    ("instances",),
    ("bindings", "plans"),
    ("component",),
    ("pooling",),
)
"""The same inside `wcompose.runtime`, for what is imported with a module. The first know of none of the
others, not even of their types."""
FLOOR = {name: floor for floor, names in enumerate(ROOMS) for name in names}
LINE_LIMIT = 440
MODULES = sorted(PACKAGE.rglob("*.py"))


def stage_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports_of(path: Path) -> set[str]:
    return imports_in(ast.parse(path.read_text("utf-8")))


def imports_in(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name == "wcompose" or name.startswith("wcompose.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_stages_before_its_own(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if parts in {("__init__",), ("__main__",)}:
        return
    own = parts[0]
    assert own in LEVEL, f"give `{own}` a stage"
    for name in imports_of(path):
        other = stage_of(name)
        if not other or other == own:
            continue
        assert LEVEL[other] < LEVEL[own], f"`{own}` must not import `{name}`"


def imported_at_once(path: Path) -> set[str]:
    """What is imported with a module: neither for a type checker nor when a function is called."""
    tree = ast.parse(path.read_text("utf-8"))
    tree.body = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return imports_in(tree)


def test_rooms_of_the_runtime_stand_on_each_other() -> None:
    house = PACKAGE / "runtime"
    for path in sorted(house.rglob("*.py")):
        own = path.relative_to(house).with_suffix("").parts[0]
        if own == "__init__":
            continue
        assert own in FLOOR, f"give `{own}` a room"
        for name in imports_of(path) if FLOOR[own] == 0 else imported_at_once(path):
            if not name.startswith("wcompose.runtime"):
                continue
            other = [*name.split("."), ""][2]
            assert other == own or FLOOR.get(other, len(ROOMS)) < FLOOR[own], f"{path}: `{name}`"


def test_the_front_door_shows_the_same_names_to_people_and_to_type_checkers() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    typed = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(wcompose.__all__) == sorted(typed)
    for name, home in typed.items():
        module, _, own = home.rpartition(".")
        assert getattr(wcompose, name) is getattr(import_module(module), own), name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_small_enough_to_be_read(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LINE_LIMIT


def test_the_library_neither_prints_nor_reads_the_environment() -> None:
    for path in MODULES:
        is_script = path.name in {"driver.py", "installer.py", "preinit.py"}
        if path.is_relative_to(PACKAGE / "cli") or is_script:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{path} prints"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                where = f"{path}:{node.lineno}"
                assert (node.value.id, node.attr) != ("os", "environ"), where
                assert (node.value.id, node.attr) != ("sys", "argv"), where


def test_nothing_names_a_registry_or_this_workplace() -> None:
    root = PACKAGE.parent.parent
    words = (
        "pypi" + ".org",
        "crates" + ".io",
        "npmjs" + ".",
        "proxy.golang" + ".org",
        "../sha" + "red",
    )
    for path in [*root.rglob("*.md"), *root.rglob("*.toml"), *MODULES]:
        if {"node_modules", ".venv", "build", "target"} & set(path.parts):
            continue
        text = path.read_text("utf-8")
        assert not any(word in text for word in words), path


def test_raw_bindings_stay_in_one_package() -> None:
    """What the C API is given by hand can crash: it is written where all of it can be looked at."""
    for path in MODULES:
        text = path.read_text("utf-8")
        if not path.is_relative_to(PACKAGE / "native"):
            assert not re.search(r"import _(bindings|ffi)\b|wasmtime\._(bindings|ffi)", text), path
