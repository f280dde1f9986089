"""The guests of the runtime's tests are components, and have the functions that their worlds name."""

from __future__ import annotations

from typing import Any

import pytest
import wasmtime
from guests import BUILT, LANGUAGES, NAMES, WIT, WRITTEN, guest
from wasmtime import component

from wcompose.engine import Engine

WORLDS = {
    "cell": "small",
    "flooder": "flooder",
    "hostile-rust": "hostile-owner",
    "hostile-go": "hostile-writer",
    **{f"echo-{each}": "echo" for each in LANGUAGES},
    **{f"echo-host-{each}": "echo-host" for each in LANGUAGES},
    **{name: world for name, (_, _, world) in BUILT.items()},
    **WRITTEN,
}
ALONE = ("cell", "echo-rust", "hostile-rust", *WRITTEN)
"""Those that import nothing; the others bring WASI, of which our worlds say nothing."""


def test_every_guest_has_a_world() -> None:
    assert set(WORLDS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_is_a_component_with_the_functions_of_its_world(name: str, engine: Engine) -> None:
    engine.validate(guest(name))
    wanted = functions(engine.resolve(WIT), WORLDS[name])
    assert wanted
    # What Python's toolchain leaves has one more, by which it was made ready.
    assert functions(engine.decode(guest(name)), "root") - {"None.init"} == wanted


def functions(contract: dict[str, Any], name: str) -> set[str]:
    """All functions that a world exports."""
    resolved = contract["resolve"]
    (world,) = (each for each in resolved["worlds"] if each["name"] == name)
    found = set()
    for item in world["exports"].values():
        if "function" in item:
            found.add(item["function"]["name"])
        else:
            interface = resolved["interfaces"][item["interface"]["id"]]
            found |= {f"{interface['name']}.{each}" for each in interface["functions"]}
    return found


@pytest.mark.parametrize("name", ALONE)
def test_fits_its_world(name: str, engine: Engine) -> None:
    assert not engine.fits_world(guest(name), WIT, WORLDS[name])


def test_another_world_would_not_do(engine: Engine) -> None:
    assert engine.fits_world(guest("cell"), WIT, "echo")


@pytest.mark.parametrize("name", ALONE)
def test_imports_nothing(name: str) -> None:
    engine = wasmtime.Engine()
    file = component.Component.from_file(engine, str(guest(name)))
    assert not file.type.imports(engine)


def test_a_cell_is_small() -> None:
    assert guest("cell").stat().st_size < 20_000
    store = wasmtime.Store()
    # One page of memory is all that it may have.
    store.set_limits(memory_size=1 << 16)
    file = component.Component.from_file(store.engine, str(guest("cell")))
    instance = component.Linker(store.engine).instantiate(store, file)
    interface = instance.get_export_index(store, "wcompose:echo/cell@0.1.0")
    keep = instance.get_func(store, instance.get_export_index(store, "keep", interface))
    assert keep is not None
    before = []
    for each in (7, 2**64 - 1, 0):
        before.append(keep(store, each))
        keep.post_return(store)
    assert before == [0, 7, 2**64 - 1]
