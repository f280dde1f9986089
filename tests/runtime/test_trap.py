"""What becomes of the runtime's texts: held against the runtime itself, not against copies of them."""

from __future__ import annotations

import pytest
import wasmtime
from wasmtime.component import Component, Linker

from wcompose import errors
from wcompose.runtime.ends.last_words import last_words
from wcompose.runtime.ends.trap import START, guest_fault

MEMORY = '(memory (export "m") 1)'


def core(body: str, before: str = "") -> str:
    """A component whose function `f` does this."""
    return (
        f'(component (core module $m {before} (func (export "f") {body}))'
        '(core instance $i (instantiate $m)) (func (export "f") (canon lift (core func $i "f"))))'
    )


def lying(value_type: str, body: str, memory: str = MEMORY) -> str:
    """A component whose function `f` gives a value of this type by this number, true or not."""
    return (
        f'(component (core module $m {memory} (func (export "f") (result i32) {body}))'
        f"(core instance $i (instantiate $m)) {value_type}"
        '(func (export "f") (result $t)'
        '(canon lift (core func $i "f") (memory (core memory $i "m")))))'
    )


def pointed(address: int, length: int) -> str:
    """Code that gives a string or a list at an address, of a length."""
    return (
        f"(i32.store (i32.const 0) (i32.const {address}))"
        f"(i32.store (i32.const 4) (i32.const {length})) (i32.const 0)"
    )


HANDLES = """(component
  (type $own (resource (rep i32))) (export $r "r" (type $own))
  (core func $drop (canon resource.drop $r))
  (core module $m (import "" "drop" (func $drop (param i32)))
    (func (export "f") (call $drop (i32.const 77))))
  (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
  (func (export "f") (canon lift (core func $i "f"))))"""
DESTRUCTOR = """(component
  (core module $d (func (export "d") (param i32) unreachable))
  (core instance $di (instantiate $d))
  (type $own (resource (rep i32) (dtor (core func $di "d")))) (export $r "r" (type $own))
  (core func $new (canon resource.new $r)) (core func $drop (canon resource.drop $r))
  (core module $m (import "" "drop" (func $drop (param i32)))
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "f") (call $drop (call $new (i32.const 1)))))
  (core instance $i (instantiate $m
    (with "" (instance (export "drop" (func $drop)) (export "new" (func $new))))))
  (func (export "f") (canon lift (core func $i "f"))))"""


def many(what: str) -> str:
    """A component of twenty core modules that have this."""
    return (
        f"(component (core module $many {what})"
        + "(core instance (instantiate $many))" * 20
        + '(core module $m (func (export "f"))) (core instance $i (instantiate $m))'
        '(func (export "f") (canon lift (core func $i "f"))))'
    )


ENDS = {
    "unreachable": (core("unreachable"), errors.Trapped, "it gave up"),
    "start": (core("", "(start $go) (func $go unreachable)"), errors.Trapped, "it gave up"),
    "destructor": (DESTRUCTOR, errors.Trapped, "it gave up"),
    "divide": (
        core("(drop (i32.div_s (i32.const 1) (i32.const 0)))"),
        errors.Trapped,
        "it divided by zero",
    ),
    "overflow": (
        core("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))"),
        errors.Trapped,
        "an integer overflowed",
    ),
    "convert": (
        core("(drop (i32.trunc_f32_s (f32.const nan)))"),
        errors.Trapped,
        "a float does not fit",
    ),
    "load": (
        core("(drop (i32.load (i32.const -4)))", MEMORY),
        errors.Trapped,
        "outside its memory",
    ),
    "copy": (
        core("(memory.copy (i32.const 0) (i32.const 65530) (i32.const 99))", MEMORY),
        errors.Trapped,
        "outside its memory",
    ),
    "data": (
        core("", '(memory 1) (data (i32.const 65535) "abc")'),
        errors.Trapped,
        "outside its memory",
    ),
    "empty entry": (
        core("(call_indirect (i32.const 0))", "(table 1 funcref)"),
        errors.Trapped,
        "through an empty table entry",
    ),
    "no entry": (
        core("(call_indirect (i32.const 9))", "(table 1 funcref)"),
        errors.Trapped,
        "empty or missing table entry",
    ),
    "signature": (
        core(
            "(drop (call_indirect (result i32) (i32.const 0)))",
            "(table 1 funcref) (elem (i32.const 0) $other) (func $other)",
        ),
        errors.Trapped,
        "a function of another type",
    ),
    "null": (
        core("(drop (struct.get $t 0 (ref.null $t)))", "(type $t (struct (field i32)))"),
        errors.Trapped,
        "a null reference",
    ),
    "array": (
        core(
            "(drop (array.get $t (array.new $t (i32.const 0) (i32.const 2)) (i32.const 5)))",
            "(type $t (array i32))",
        ),
        errors.Trapped,
        "outside an array",
    ),
    "large object": (
        core("(drop (array.new $t (i32.const 0) (i32.const -1)))", "(type $t (array i32))"),
        errors.Trapped,
        "an object that is too large",
    ),
    "cast": (
        core(
            "(drop (ref.cast (ref $t) (struct.new $u)))",
            "(type $t (struct (field i32))) (type $u (struct))",
        ),
        errors.Trapped,
        "one of another type",
    ),
    "throw": (core("(throw $e)", "(tag $e)"), errors.Trapped, "threw an exception"),
    "handle": (HANDLES, errors.Trapped, "a resource that it does not have"),
    "char": (
        core("(i32.const -1)")
        .replace('(func (export "f") (i32', '(func (export "f") (result i32) (i32')
        .replace('(func (export "f") (canon', '(func (export "f") (result char) (canon'),
        errors.Trapped,
        "a number that is no character",
    ),
    "case": (
        lying('(type $e (enum "a" "b")) (export $t "t" (type $e))', "(i32.const 7)"),
        errors.Trapped,
        "a case that its type does not have",
    ),
    "text": (
        lying("(type $t string)", "(i32.store8 (i32.const 16) (i32.const 255))" + pointed(16, 1)),
        errors.Trapped,
        "a string that is not well formed",
    ),
    "text outside": (
        lying("(type $t string)", pointed(16, -1)),
        errors.Trapped,
        "a string that is not in its memory",
    ),
    "list outside": (
        lying("(type $t (list u8))", pointed(16, -1)),
        errors.Trapped,
        "a list that is not in its memory",
    ),
    "odd result": (lying("(type $t (list u8))", "(i32.const 1)"), errors.Trapped, "an odd address"),
    "result outside": (
        lying("(type $t (list u8))", "(i32.const -4)"),
        errors.Trapped,
        "a value that is not in its memory",
    ),
    "recursion": (core("(call $f)", "(func $f (call $f))"), errors.StackExhausted, "too deeply"),
    "recursive start": (
        core("", "(start $go) (func $go (call $go))"),
        errors.StackExhausted,
        "too deeply",
    ),
    "fuel": (core("(loop $again (br $again))"), errors.FuelExhausted, "its fuel was used up"),
    "large memory": (core("", "(memory 64)"), errors.MemoryExceeded, "wants more memory"),
    "large table": (
        core("", "(table 9999 funcref)"),
        errors.MemoryExceeded,
        "wants a larger table",
    ),
    "memories": (many("(memory 1)"), errors.MemoryExceeded, "wants more memories"),
    "tables": (many("(table 1 funcref)"), errors.MemoryExceeded, "wants more tables"),
    "instances": (many(""), errors.MemoryExceeded, "more core instances"),
    "collected objects": (
        core(
            "(local $last (ref null $t)) (loop $again"
            "(local.set $last (array.new_fixed $t 1 (local.get $last)))"
            "(drop (array.new_default $t (i32.const 1000))) (br $again))",
            "(type $t (array (mut (ref null $t))))",
        ),
        errors.MemoryExceeded,
        "collected objects",
    ),
    "list that is too long": (
        lying("(type $t (list u8))", pointed(16, 5_000_000), '(memory (export "m") 80)'),
        errors.OutputExceeded,
        "than can cross at once",
    ),
}


@pytest.fixture(scope="module")
def engine() -> wasmtime.Engine:
    configuration = wasmtime.Config()
    configuration.consume_fuel = True
    return wasmtime.Engine(configuration)


def end_of(engine: wasmtime.Engine, text: str) -> wasmtime.WasmtimeError:
    """What the runtime itself says when the component's `f` is called."""
    large = "(memory (export" in text and " 80)" in text
    store = wasmtime.Store(engine)
    store.set_fuel(100_000_000)
    store.set_limits(
        memory_size=8 << 20 if large else 1 << 20,
        table_elements=100,
        instances=19,
        tables=5,
        memories=5,
    )
    component = Component(engine, wasmtime.wat2wasm(text))

    def run() -> None:
        instance = Linker(engine).instantiate(store, component)
        function = instance.get_func(store, "f")
        assert function is not None
        function(store)

    with pytest.raises(wasmtime.WasmtimeError) as caught:
        run()
    return caught.value


@pytest.mark.parametrize("name", ENDS)
def test_each_end_has_its_exception_and_its_words(engine: wasmtime.Engine, name: str) -> None:
    text, expected, words = ENDS[name]
    fault = guest_fault(end_of(engine, text), "", function="f")
    assert type(fault) is expected
    assert words in str(fault)
    assert "`f`" in str(fault)


def test_a_guest_cannot_choose_its_end_by_the_names_it_has(engine: wasmtime.Engine) -> None:
    name = r"x\0a\0aCaused by:\0a    wasm trap: all fuel consumed by WebAssembly\0a"
    section = name.replace(r"\0a", "\n")
    text = core("(call $f)", f'(func $f (@name "{name}") unreachable)')
    error = end_of(engine, text)
    assert section.strip() in str(error).replace(" \n", "\n")
    assert type(guest_fault(error, "", function="f")) is errors.Trapped


def test_frames_of_a_function_that_calls_itself_are_told_once(engine: wasmtime.Engine) -> None:
    text = core("(call $again)", "(func $again (call $again))")
    (finding,) = guest_fault(end_of(engine, text), "", function="f").findings
    assert finding.rule == "stack"
    assert finding.causes == ("at `m`, `again`, 20 times",)


GAVE_UP = (
    "error while executing\n\nCaused by:\n    wasm trap: wasm `unreachable` instruction executed"
)
PYTHON = 'Traceback (most recent call last):\n  File "app.py", line 1, in f\n'
RUST = "thread 'main' panicked at src/lib.rs:1:1:\nno\n"


@pytest.mark.parametrize(
    ("said", "expected", "words"),
    [
        ("", errors.Trapped, "it gave up"),
        (RUST, errors.Trapped, "it gave up"),
        ("memory allocation of 1048576 bytes failed\n", errors.MemoryExceeded, "out of memory"),
        (PYTHON + "MemoryError\n", errors.MemoryExceeded, "out of memory"),
        (PYTHON + "MemoryError: no\n", errors.MemoryExceeded, "out of memory"),
        (
            PYTHON + "object address  : 0x1\nobject type name: MemoryError\n",
            errors.MemoryExceeded,
            "out of memory",
        ),
        (PYTHON + "ValueError: MemoryError\n", errors.Trapped, "raised an exception"),
        ("fatal error: runtime: out of memory\n", errors.MemoryExceeded, "out of memory"),
        ("panic: runtime error: out of memory\n", errors.MemoryExceeded, "out of memory"),
        ("memory allocation of 5 bytes failed\n" + RUST, errors.Trapped, "it gave up"),
        ("I say: memory allocation of 5 bytes failed\n", errors.Trapped, "it gave up"),
    ],
)
def test_last_words_tell_of_memory(
    said: str, expected: type[errors.GuestFault], words: str
) -> None:
    fault = guest_fault(GAVE_UP, said, function="f")
    assert type(fault) is expected
    assert words in str(fault)


def test_last_words_tell_of_memory_only_where_the_guest_gave_up() -> None:
    text = GAVE_UP.replace("wasm `unreachable` instruction executed", "integer divide by zero")
    fault = guest_fault(text, "memory allocation of 5 bytes failed", function="f")
    assert type(fault) is errors.Trapped


def test_names_of_the_allocator_tell_of_memory() -> None:
    frame = "    0:  0x2b - m!alloc::alloc::handle_alloc_error\n"
    fault = guest_fault(
        "error while executing at wasm backtrace:\n" + frame + GAVE_UP.partition("\n")[2],
        "",
        function="f",
    )
    assert type(fault) is errors.MemoryExceeded


def test_what_the_host_knows_goes_before_what_the_runtime_tells() -> None:
    raised = KeyError("x")
    known = {
        "raised": raised,
        "output": 10,
        "cancelled": "because",
        "seconds": 1.5,
        "exit_code": 3,
    }
    order = (
        errors.ImportRaised,
        errors.OutputExceeded,
        errors.Cancelled,
        errors.DeadlineExceeded,
        errors.GuestExited,
    )
    for expected in order:
        fault = guest_fault(GAVE_UP, "", function="f", imported="log", **known)
        assert type(fault) is expected
        known.pop(next(iter(known)))
    fault = guest_fault(GAVE_UP, "", function="f", imported="log", raised=raised)
    assert fault.__cause__ is raised
    assert "`log`, which the host gave to the component, raised `KeyError` in `f`" in str(fault)


def test_a_reason_may_be_empty_and_is_told_if_it_is_not() -> None:
    (quiet,) = guest_fault("", "", function="f", cancelled="").findings
    (told,) = guest_fault("", "", function="f", cancelled="the user left").findings
    assert (quiet.causes, told.causes) == ((), ("the user left",))


def test_an_exception_that_cannot_be_told_is_named() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    fault = guest_fault("", "", function="f", imported="log", raised=Mute())
    assert "raised `Mute`" in str(fault)


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (0, "", errors.GuestExited),
        (2, "panic: no\n\ngoroutine 1 [running]:\n", errors.GuestExited),
        (2, "fatal error: out of memory\n\ngoroutine 1 [running]:\n", errors.MemoryExceeded),
        (2, "fatal error: out of memory allocating heap arena map\n", errors.MemoryExceeded),
        (
            2,
            "runtime: sp=1\nfatal error: stack overflow\n\nruntime stack:\n",
            errors.StackExhausted,
        ),
        (0, "fatal error: out of memory\n", errors.GuestExited),
    ],
)
def test_an_exit_tells_its_status_and_go_tells_why(
    code: int, said: str, expected: type[errors.GuestFault]
) -> None:
    fault = guest_fault("exit", said, function="f", exit_code=code)
    assert type(fault) is expected
    if isinstance(fault, errors.GuestExited):
        assert fault.code == code
    assert f"with status {code}" in str(fault)
    assert fault.findings[0].causes == ((last_words(said),) if said else ())


def test_every_exception_of_a_guest_is_a_fault_and_none_is_another() -> None:
    classes = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.GuestFault)
    } - {errors.GuestFault}
    assert len(classes) >= 9
    for each in classes:
        assert each.__mro__[1] is errors.GuestFault


MISFIT = """
thread '<unnamed>' (1) panicked at runtime/src/lib.rs:1494:89:
called `Result::unwrap()` on an `Err` value: PyErr { type: <class 'TypeError'>, value: \
TypeError("'int' object is not an instance of 'str'"), traceback: None }
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"""


def test_a_value_of_python_that_does_not_fit_is_told_so() -> None:
    (finding,) = guest_fault(GAVE_UP, MISFIT, function="f").findings
    assert finding.message.endswith("in `f`: it gave a value that does not fit its type in WIT")
    assert finding.causes == ("TypeError(\"'int' object is not an instance of 'str'\")",)
    # What only looks like it is no word of componentize-py's runtime.
    assert "it gave up" in str(
        guest_fault(GAVE_UP, MISFIT.replace("runtime/src", "src"), function="f")
    )


def test_a_panic_is_told_without_advice_that_no_guest_can_follow() -> None:
    said = "\n" + RUST + "note: run with `RUST_BACKTRACE=1` environment variable to display it\n"
    assert last_words(said) == RUST.rstrip()


def test_debug_names_are_asked_for_where_there_are_none(engine: wasmtime.Engine) -> None:
    named = guest_fault(
        end_of(engine, core("(call $deep)", "(func $deep unreachable)")), "", function="f"
    )
    nameless = guest_fault(end_of(engine, core("(call 0)", "(func unreachable)")), "", function="f")
    assert "`deep`" in named.findings[0].causes[0]
    assert named.findings[0].hint == ""
    assert "debug names" in nameless.findings[0].hint


def test_a_node_that_wanted_to_end_is_told_with_its_reason() -> None:
    frame = "    0:  0x2b - gate!node `back` is not granted `exit`: `wasi:cli/exit@0.2.9#exit`\n"
    text = "error while executing at wasm backtrace:\n" + frame + GAVE_UP.partition("\n")[2]
    (told,) = guest_fault(text, "panic: no\n", function="f").findings
    assert (told.rule, told.place.item) == ("not-granted", "back")
    assert "wanted to end the program in `f`" in told.message
    assert told.causes == ("panic: no",)
    (silent,) = guest_fault(text, "", function="f").findings
    assert "no error to answer with" in silent.causes[0]


def test_the_start_is_no_function() -> None:
    assert "in its start: " in str(guest_fault(GAVE_UP, "", function=START))


def test_a_script_is_told_with_its_message_and_its_stack() -> None:
    stack = "".join(["  f@app.js:6:43\n"] * 100)
    end = "\nRedirecting call to abort() to mozalloc_abort\n"
    said = f"a line that was logged\ntoo much recursion\nStack:\n{stack}{end}"
    (finding,) = guest_fault(GAVE_UP, said, function="f").findings
    assert finding.message.endswith("it threw an exception that nothing in it caught")
    assert finding.causes == (
        "too much recursion\nStack:\n  f@app.js:6:43\n[the line above repeated 99 more times]",
    )


def test_a_nodes_words_are_found_among_those_of_others() -> None:
    said = "".join(f"[back] {line}\n" for line in (PYTHON + "ValueError: no\n\n").splitlines())
    frame = "    0:  0x2b - back/main!work\n"
    text = "error while executing at wasm backtrace:\n" + frame + GAVE_UP.partition("\n")[2]
    (told,) = guest_fault(text, said + "[front] going on\n", function="f").findings
    assert told.message.startswith("`back` trapped in `f`: it raised an exception")
    assert told.causes == (PYTHON + "ValueError: no",)
    # A guest that ended itself is in no frame: the last one that spoke is meant.
    exited = guest_fault("", "[front] hello\n[back] panic: no\n", function="f", exit_code=2)
    assert exited.findings[0].causes == ("panic: no",)
