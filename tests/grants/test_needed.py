"""Which imports a component can reach: small components whose every call is known, and real ones."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path

import pytest
import wasmtime
from needed_cases import CASES, HOST, Case, module
from support import CACHE, REPOSITORY

from wcompose.build import draft_project
from wcompose.engine import Engine
from wcompose.errors import ArtifactError
from wcompose.grants.needed import EntryKind, Needed, NeededImport
from wcompose.progress import SilentReporter
from wcompose.project import load_project

INTERFACE = "test:host/log@0.1.0"
MARKS = {EntryKind.EXPORT: "", EntryKind.DESTRUCTOR: "~"}
COMPONENTS = REPOSITORY / "tests" / "composing" / "components"
TOKENS = "wcompose:tokens"


def needed(engine: Engine, file: Path) -> Needed:
    return Needed.from_json(engine.needed(file))


def needed_of(engine: Engine, directory: Path, text: str) -> Needed:
    file = directory / "component.wasm"
    file.write_bytes(bytes(wasmtime.wat2wasm(text)))
    engine.validate(file)
    return needed(engine, file)


def marks(found: NeededImport) -> tuple[str, ...]:
    return tuple(
        sorted(
            "!" if each.kind is EntryKind.INSTANTIATION else MARKS[each.kind] + each.name
            for each in found.entries
        )
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_exactly_what_can_be_called_is_reached(engine: Engine, tmp_path: Path, case: Case) -> None:
    found = needed_of(engine, tmp_path, case.text)
    one, two = found.of(INTERFACE)
    assert (one.function, two.function) == ("one", "two")
    assert (marks(one), marks(two)) == (case.one, case.two)
    assert (one.guesses, two.guesses) == case.guesses
    assert bool(found.unknown) == case.unknown
    assert found.is_everything == all(
        any(each.kind is EntryKind.EXPORT for each in function.entries) for function in (one, two)
    )


def test_the_way_is_told_in_the_names_of_functions(engine: Engine, tmp_path: Path) -> None:
    body = """
      (type $plain (func)) (table 2 funcref) (elem (i32.const 0) func $write)
      (func $write call $one)
      (func $run (local i32) local.get 0 call_indirect (type $plain))
      (func $a (export "a") call $run) (func (export "b"))"""
    found = needed_of(engine, tmp_path, module(body))
    one, two = found.of(INTERFACE)
    steps = [(each.module, each.function, each.by) for each in one.why]
    assert steps == [("m", "a", "call"), ("m", "run", "call"), ("m", "write", "table")]
    assert one.left_out == 0
    assert two.why == ()


def test_a_long_way_is_cut_in_the_middle(engine: Engine, tmp_path: Path) -> None:
    chain = "".join(f"(func $f{place} call $f{place + 1})" for place in range(50))
    body = f'(func (export "a") call $f0) (func (export "b")) {chain} (func $f50 call $one)'
    one = needed_of(engine, tmp_path, module(body)).of(INTERFACE)[0]
    names = [each.function for each in one.why]
    assert names == ["a", "f0", "f1", "f2", "f47", "f48", "f49", "f50"]
    assert one.left_out == 44


def test_calls_as_deep_as_can_be_are_followed(engine: Engine, tmp_path: Path) -> None:
    count = 30_000
    chain = "".join(f"(func $f{place} call $f{place + 1})" for place in range(count))
    body = f'(func (export "a") call $f0) (func (export "b")) {chain} (func $f{count} call $one)'
    found = needed_of(engine, tmp_path, module(body))
    assert INTERFACE in found.interfaces
    assert [bool(each.entries) for each in found.imports] == [True, False]


def test_instances_beyond_number_are_refused(engine: Engine, tmp_path: Path) -> None:
    # Each component makes ten of the one before: ten million million in all.
    inner = "(component $c0 (core module $m (func)) (core instance (instantiate $m)))"
    for level in range(1, 14):
        many = "".join(f"(instance (instantiate $c{level - 1}))" for _ in range(10))
        inner = f"(component $c{level} {inner} {many})"
    file = tmp_path / "many.wasm"
    file.write_bytes(bytes(wasmtime.wat2wasm(f"(component {inner} (instance (instantiate $c13)))")))
    with pytest.raises(ArtifactError) as caught:
        engine.needed(file)
    (finding,) = caught.value.findings
    assert finding.message == f"`{file}` cannot be followed"
    assert finding.causes == ("it instantiates too much to be followed",)


def test_damaged_components_are_refused(engine: Engine, tmp_path: Path) -> None:
    whole = bytes(wasmtime.wat2wasm(CASES["shared-table"].text))
    file = tmp_path / "damaged.wasm"
    answered = []
    for end in range(0, len(whole), 7):
        file.write_bytes(whole[:end])
        with contextlib.suppress(ArtifactError):
            answered.append(needed(engine, file))
    # One that ends where a section does is whole, and exports less.
    assert len(answered) < len(whole) // 7 // 4
    assert not any(each.entries for each in answered)


def test_changed_bytes_end_in_an_answer_or_a_refusal(engine: Engine, tmp_path: Path) -> None:
    whole = bytes(wasmtime.wat2wasm(CASES["two-instances"].text))
    file = tmp_path / "changed.wasm"
    answered = 0
    for place, change in itertools.product(range(8, len(whole), 5), (0x01, 0x80)):
        changed = bytearray(whole)
        changed[place] ^= change
        file.write_bytes(bytes(changed))
        try:
            needed(engine, file)
            answered += 1
        except ArtifactError:
            pass
    assert answered


def test_no_component_is_refused(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "module.wasm"
    file.write_bytes(bytes(wasmtime.wat2wasm("(module)")))
    with pytest.raises(ArtifactError) as caught:
        engine.needed(file)
    assert caught.value.findings[0].causes == ("it is no component",)


def test_a_component_without_imports_needs_nothing(engine: Engine, tmp_path: Path) -> None:
    assert needed_of(engine, tmp_path, "(component)") == Needed()


def test_functions_of_the_world_have_no_interface(engine: Engine, tmp_path: Path) -> None:
    text = """(component
      (import "ask" (func $ask)) (import "tell" (func $tell))
      (export "again" (func $ask)))"""
    ask, tell = needed_of(engine, tmp_path, text).of("")
    assert (ask.function, marks(ask)) == ("ask", ("again",))
    assert (tell.function, marks(tell)) == ("tell", ())


def test_interfaces_are_told_of_which_something_is_reached(engine: Engine, tmp_path: Path) -> None:
    text = module('(func (export "a") call $one)', exports=("a",))
    assert needed_of(engine, tmp_path, text).interfaces == (INTERFACE,)
    text = f"(component {HOST})"
    assert needed_of(engine, tmp_path, text).interfaces == ()


def test_the_rust_node_of_the_flagship_needs_nothing(engine: Engine) -> None:
    found = needed(engine, REPOSITORY / "components/rust/inference/inference.wasm")
    assert found.imports == ()
    assert not found.is_everything
    assert not found.interpreter


def test_a_rust_component_uses_each_function_from_where_it_says(engine: Engine) -> None:
    found = needed(engine, COMPONENTS / "relay.wasm")
    desk = f"{TOKENS}/desk@0.1.0"
    from_exports = {each.function: marks(each) for each in found.of(f"{TOKENS}/vault@0.1.0")}
    readers = ("close", "discard", "exchange", "read")
    assert from_exports == {
        "[method]token.add": (f"{desk}#exchange",),
        "[method]token.label": tuple(f"{desk}#{name}" for name in readers),
    }
    assert not any(each.guesses for each in found.imports)
    assert not found.unknown


def test_the_go_node_of_the_flagship_reaches_what_its_runtime_does(engine: Engine) -> None:
    found = needed(engine, REPOSITORY / "components/go/gateway/gateway.wasm")
    exports = {each.name for each in found.entries if each.kind is EntryKind.EXPORT}
    assert exports == {"digits:vision/handler@0.1.0#handle", "wasi:cli/run@0.2.6#run"}
    clock = next(name for name in found.interfaces if name.startswith("wasi:clocks/wall-clock@"))
    (now,) = (each for each in found.of(clock) if each.function == "now")
    # Go's runtime starts, and asks for the time, when the component is made.
    assert EntryKind.INSTANTIATION in {each.kind for each in now.entries}
    assert "digits:vision/analysis@0.1.0" in found.interfaces


@pytest.mark.usefixtures("flagship")
def test_python_may_use_all_that_its_interpreter_can(engine: Engine) -> None:
    project = load_project(REPOSITORY / "wcompose.toml", engine.locate_toml)
    draft = draft_project(
        project, engine=engine, cache=CACHE / "components", reporter=SilentReporter()
    )
    (analysis,) = (each for each in draft.graph.nodes if each.name == "analysis")
    found = needed(engine, analysis.component.path)
    assert found.interpreter == "CPython"
    exports = {each for each in found.entries if each.kind is EntryKind.EXPORT}
    assert exports
    reached = [each for each in found.imports if each.is_reached]
    assert all(exports <= set(each.entries) for each in reached)
    packages = {each.interface.partition("/")[0] for each in reached}
    assert packages >= {"wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:random", "wasi:sockets"}
