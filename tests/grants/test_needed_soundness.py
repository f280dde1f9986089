"""Whatever random code really calls was told as reachable: the analysis against the runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from wasmtime import (
    Config,
    Func,
    FuncType,
    Instance,
    Module,
    Store,
    Table,
    Trap,
    WasmtimeError,
    wat2wasm,
)
from wasmtime import (
    Engine as Machine,
)

from wcompose.engine import Engine
from wcompose.grants.needed import Needed

HOST = ("one", "two", "three", "four")
INTERFACE = "test:host/log@0.1.0"
FUNCTIONS = 5
"""In each of the two modules, by turns of type ``$plain`` and ``$other``."""
SLOTS = 8
FUEL = 20_000
TYPES = "(type $plain (func (param i32))) (type $other (func (param i32 i32)))"
HOST_IMPORTS = "".join(f'(import "host" "{name}" (func ${name}))' for name in HOST)


@dataclass(frozen=True)
class Program:
    """Two modules: the first owns a table and gives functions, the second fills and uses both."""

    first: str
    second: str


def parameters(function: int) -> str:
    return "i32.const 1" if function % 2 == 0 else "i32.const 1 i32.const 2"


def instruction(kinds: tuple[str, ...], others: bool) -> st.SearchStrategy[str]:
    function = st.integers(0, FUNCTIONS - 1)
    slot = st.integers(0, SLOTS - 1)
    made = {
        "host": st.sampled_from(HOST).map(lambda name: f"call ${name}"),
        "call": function.map(lambda index: f"{parameters(index)} call $f{index}"),
        "far": function.map(lambda index: f"{parameters(index)} call $far{index}"),
        "table": st.tuples(st.booleans(), slot).map(
            lambda told: (
                f"i32.const 1 {'i32.const 2 ' if told[0] else ''}"
                f"local.get 0 i32.const {told[1]} i32.add i32.const {SLOTS - 1} i32.and "
                f"call_indirect $t (type {'$other' if told[0] else '$plain'})"
            )
        ),
        "slot": st.tuples(st.booleans(), slot).map(
            lambda told: (
                f"i32.const 1 {'i32.const 2 ' if told[0] else ''}i32.const {told[1]} "
                f"call_indirect $t (type {'$other' if told[0] else '$plain'})"
            )
        ),
        "set": st.tuples(slot, function).map(
            lambda told: f"i32.const {told[0]} ref.func $f{told[1]} table.set $t"
        ),
        "copy": st.tuples(slot, slot).map(
            lambda told: f"i32.const {told[0]} i32.const {told[1]} i32.const 1 table.copy $t $t"
        ),
        "init": st.tuples(slot, st.integers(0, 1)).map(
            lambda told: f"i32.const {told[0]} i32.const {told[1]} i32.const 1 table.init $t $later"
        ),
        "reference": function.map(
            lambda index: (
                f"{parameters(index)} ref.func $f{index} "
                f"call_ref {'$other' if index % 2 else '$plain'}"
            )
        ),
    }
    chosen = [kind for kind in kinds if others or kind != "far"]
    return st.one_of(*(made[kind] for kind in chosen))


@st.composite
def modules(draw: st.DrawFn, kinds: tuple[str, ...], *, is_second: bool) -> str:
    body = st.lists(instruction(kinds, is_second), max_size=3).map(" ".join)
    functions = "".join(
        f'(func $f{index} (export "f{index}") '
        f"(type {'$other' if index % 2 else '$plain'}) {draw(body)})"
        for index in range(FUNCTIONS)
    )
    elements = draw(st.lists(st.integers(0, FUNCTIONS - 1), min_size=1, max_size=3))
    begin = draw(st.integers(0, SLOTS - 3))
    later = draw(st.lists(st.integers(0, FUNCTIONS - 1), min_size=2, max_size=2))
    imports = f'{TYPES} (import "first" "t" (table $t {SLOTS} funcref))' + "".join(
        f'(import "first" "f{index}" '
        f"(func $far{index} (type {'$other' if index % 2 else '$plain'})))"
        for index in range(FUNCTIONS)
    )
    own = f'{TYPES} {{host}} (table $t (export "t") {SLOTS} funcref)'.format(host=HOST_IMPORTS)
    head = f"{imports} {HOST_IMPORTS}" if is_second else own
    listed = " ".join(f"$f{index}" for index in elements)
    return (
        f"{head} (elem (table $t) (i32.const {begin}) func {listed}) "
        f"(elem $later func {' '.join(f'$f{index}' for index in later)}) "
        f"(elem declare func {' '.join(f'$f{index}' for index in range(FUNCTIONS))}) {functions}"
    )


SECOND = ' (param "b" u32)'
KINDS = ("host", "call", "far", "table", "slot", "set", "copy", "init", "reference")


@st.composite
def programs(draw: st.DrawFn) -> Program:
    # With few kinds of instructions tables stay closed, and the answer is exact.
    kinds = tuple(draw(st.lists(st.sampled_from(KINDS), min_size=2, unique=True)))
    kinds = (*kinds, "host") if not {"host", "call"} & set(kinds) else kinds
    return Program(draw(modules(kinds, is_second=False)), draw(modules(kinds, is_second=True)))


def component(program: Program) -> str:
    exported = " ".join(f'(export "{name}" (func))' for name in HOST)
    lowered = " ".join(f'(core func ${name} (canon lower (func $host "{name}")))' for name in HOST)
    given = " ".join(f'(export "{name}" (func ${name}))' for name in HOST)
    lifts = "".join(
        f'(func (export "{side}{index}") (param "a" u32)'
        f"{SECOND if index % 2 else ''}"
        f' (canon lift (core func ${name} "f{index}")))'
        for side, name in (("a", "first"), ("b", "second"))
        for index in range(FUNCTIONS)
    )
    return f"""(component (import "{INTERFACE}" (instance $host {exported})) {lowered}
      (core instance $given {given})
      (core module $m1 {program.first}) (core module $m2 {program.second})
      (core instance $first (instantiate $m1 (with "host" (instance $given))))
      (core instance $second (instantiate $m2 (with "host" (instance $given))
        (with "first" (instance $first))))
      {lifts})"""


class Run:
    """The same modules, running; `called` is what they called of the host."""

    def __init__(self, machine: Machine, program: Program) -> None:
        self.called: set[str] = set()
        self._store = Store(machine)
        self._store.set_fuel(FUEL)
        first = Module(machine, f"(module {program.first})")
        second = Module(machine, f"(module {program.second})")
        host = {name: self._host(name) for name in HOST}
        one = Instance(self._store, first, [host[each.name or ""] for each in first.imports])
        given = one.exports(self._store)
        two = Instance(
            self._store,
            second,
            [
                host[each.name or ""] if each.module == "host" else given[each.name or ""]
                for each in second.imports
            ],
        )
        assert isinstance(given["t"], Table)
        self._sides = {"a": given, "b": two.exports(self._store)}

    def _host(self, name: str) -> Func:
        return Func(self._store, FuncType([], []), lambda: self.called.add(name))

    def call(self, side: str, index: int, argument: int) -> None:
        self.called.clear()
        self._store.set_fuel(FUEL)
        function = self._sides[side][f"f{index}"]
        assert isinstance(function, Func)
        arguments = [argument, 7] if index % 2 else [argument]
        try:
            function(self._store, *arguments)
        except (Trap, WasmtimeError):
            return  # an empty slot, another type, or no end


def machine() -> Machine:
    configuration = Config()
    configuration.consume_fuel = True
    configuration.wasm_function_references = True
    return Machine(configuration)


@settings(max_examples=150)
@given(
    program=programs(),
    calls=st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, FUNCTIONS - 1), st.integers(0, SLOTS - 1)),
        min_size=5,
        max_size=20,
    ),
)
def test_nothing_is_called_that_was_told_as_out_of_reach(
    engine: Engine, program: Program, calls: list[tuple[str, int, int]]
) -> None:
    with TemporaryDirectory() as directory:
        file = Path(directory, "component.wasm")
        file.write_bytes(bytes(wat2wasm(component(program))))
        needed = Needed.from_json(engine.needed(file))
    reach = {each.function: {entry.name for entry in each.entries} for each in needed.of(INTERFACE)}
    assert not needed.unknown
    run = Run(machine(), program)
    for side, index, argument in calls:
        run.call(side, index, argument)
        for name in run.called:
            assert f"{side}{index}" in reach[name]


def test_random_programs_do_call_the_host(engine: Engine) -> None:
    """A law about calls says nothing where there are none."""
    del engine
    called: list[bool] = []

    @settings(max_examples=60, database=None)
    @given(program=programs())
    def count(program: Program) -> None:
        run = Run(machine(), program)
        for index in range(FUNCTIONS):
            for side in "ab":
                run.call(side, index, 0)
                called.append(bool(run.called))

    count()
    assert sum(called) > len(called) // 20
