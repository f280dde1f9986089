"""Packages of bindings for many worlds, in one directory."""

from __future__ import annotations

import pytest
from bindings_support import WORLDS, Written, package_of

from wcompose.bindings import store_package
from wcompose.engine import Engine


@pytest.fixture(scope="session")
def written(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Written:
    root = tmp_path_factory.mktemp("bindings")
    packages = {world: package_of(engine, world) for world in WORLDS}
    for package in packages.values():
        store_package(package, root)
    return Written(root, packages)
