"""Languages of components, from what tools left in them."""

from __future__ import annotations

from typing import Any

import pytest
from support import BENCH, REPOSITORY

from wcompose.engine import Engine
from wcompose.picture.languages import is_composition, language_name, language_of

Json = dict[str, Any]


def module(size: int = 10, name: str = "", **producers: str) -> Json:
    """A core module; a producer's field has underscores for hyphens, and one value."""
    fields = {field.replace("_", "-"): {value: "1"} for field, value in producers.items()}
    return {"kind": "module", "name": name, "size": size, "producers": fields}


def component(*children: Json, name: str = "", **producers: str) -> Json:
    return module(name=name, **producers) | {"kind": "component", "children": list(children)}


ADAPTER = module(size=20_000, language="Rust", processed_by="rustc")


@pytest.mark.parametrize(
    ("description", "language"),
    [
        (component(module(processed_by="wit-component")), ""),
        (component(module(language="Go", size=900), module(language="Rust", size=20)), "Go"),
        (component(module(language="Rust", size=20), module(language="Go", size=900)), "Go"),
        (
            component(ADAPTER, module(size=3_000_000), module(size=500, processed_by="TinyGo")),
            "Rust",
        ),
        (component(ADAPTER, module(size=30_000, processed_by="Go cmd/compile")), "Go"),
        (component(module(processed_by="wit-bindgen-rust")), "Rust"),
        (component(ADAPTER, module(), name="x", language="zig"), "Zig"),
        (component(ADAPTER, module(name="libpython3.14.so")), "Python"),
        (component(ADAPTER, module(name="analysis/libpython3.14.so")), "Python"),
        (component(ADAPTER, module(), processed_by="componentize-py"), "Python"),
        (component(ADAPTER, module(processed_by="ComponentizeJS")), "JavaScript"),
        (component(ADAPTER, module(name="starlingmonkey.wasm")), "JavaScript"),
        (component(module(processed_by="clang", language="C11")), "C"),
        (component(module(processed_by="clang")), "C"),
        (component(module(processed_by="wit-bindgen-c")), "C"),
        (component(module(processed_by="moonc v0.1")), "MoonBit"),
        (component(module(language="C_plus_plus_14")), "C++"),
        (module(language="Rust"), "Rust"),
        ({"name": None, "producers": None, "modules": None, "languages": ["go"]}, "Go"),
        ({"languages": ["Go", "Rust"]}, ""),
        ({}, ""),
    ],
)
def test_a_language_is_told_by_what_weighs_most(description: Json, language: str) -> None:
    assert language_of(description) == language


def test_both_forms_of_the_engine_tell_the_same() -> None:
    modules = [module(language="Go", size=900), ADAPTER | {"size": 20}]
    described = component(*modules)
    structured = {"name": "", "producers": {}, "modules": modules, "instances": []}
    assert language_of(described) == language_of(structured) == "Go"


def test_a_composition_has_no_language_unless_it_says_so() -> None:
    whole = component(component(module(language="Go")), component(module(language="Rust")))
    assert is_composition(whole)
    assert language_of(whole) == ""
    assert language_of({**whole, "producers": {"language": {"Python": ""}}}) == "Python"


def test_components_without_code_make_no_composition() -> None:
    # The shims that `wit-component` puts around what it exports.
    assert not is_composition(component(module(), component(), component(component())))
    assert is_composition(component(component(component(module()))))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rust", "Rust"),
        ("Go, rust", "Go, Rust"),
        ("c++", "C++"),
        ("COBOL", "COBOL"),
        ("", ""),
        (" , ", ""),
    ],
)
def test_languages_are_spelt_as_people_write_them(text: str, name: str) -> None:
    assert language_name(text) == name


@pytest.mark.parametrize(
    ("file", "language"),
    [
        (BENCH / "go-caller.wasm", "Go"),
        (BENCH / "go-callee.wasm", "Go"),
        (BENCH / "rust-callee.wasm", "Rust"),
        (REPOSITORY / "components" / "go" / "gateway" / "gateway.wasm", "Go"),
        (REPOSITORY / "components" / "rust" / "inference" / "inference.wasm", "Rust"),
    ],
)
def test_real_components(engine: Engine, file: Any, language: str) -> None:
    assert language_of(engine.describe(file)) == language
