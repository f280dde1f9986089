"""Components in text whose every call is known, to hold the analysis to.

All import the interface `test:host/log@0.1.0` with the functions `one` and `two`. What is
expected names exports, `!` for instantiation, and destructors with `~` in front.
"""

from __future__ import annotations

from dataclasses import dataclass

HOST = """
  (import "test:host/log@0.1.0" (instance $host
    (export "one" (func)) (export "two" (func))))
  (core func $one (canon lower (func $host "one")))
  (core func $two (canon lower (func $host "two")))
  (core instance $given (export "one" (func $one)) (export "two" (func $two)))
"""
"""The interface, lowered, as what core modules are given."""

IMPORTS = '(import "host" "one" (func $one)) (import "host" "two" (func $two))'


@dataclass(frozen=True)
class Case:
    """A component and which exports reach which import.

    Attributes:
        text: the component.
        one: what reaches `one`, sorted.
        two: what reaches `two`, sorted.
        guesses: calls by type on the ways to both.
        unknown: whether something cannot be followed.
    """

    text: str
    one: tuple[str, ...] = ()
    two: tuple[str, ...] = ()
    guesses: tuple[int, int] = (0, 0)
    unknown: bool = False


def module(body: str, exports: tuple[str, ...] = ("a", "b"), *, before: str = "") -> str:
    """A component of one core module, whose functions it exports under their names."""
    lifts = "".join(
        f'(func (export "{name}") (canon lift (core func $i "{name}")))' for name in exports
    )
    return f"""(component {HOST} {before}
      (core module $m {IMPORTS} {body})
      (core instance $i (instantiate $m (with "host" (instance $given))))
      {lifts})"""


SHIM = f"""(component
  (import "test:host/log@0.1.0" (instance $host (export "one" (func)) (export "two" (func))))
  (core module $shim
    (table (export "$imports") 2 2 funcref)
    (type $plain (func))
    (func (export "0") i32.const 0 call_indirect (type $plain))
    (func (export "1") i32.const 1 call_indirect (type $plain)))
  (core instance $shim (instantiate $shim))
  (core module $m {IMPORTS}
    (func (export "a") call $one) (func (export "b") call $two))
  (core instance $i (instantiate $m (with "host" (instance
    (export "one" (func $shim "0")) (export "two" (func $shim "1"))))))
  (core func $one (canon lower (func $host "one")))
  (core func $two (canon lower (func $host "two")))
  (core module $fixup
    (import "" "0" (func $0)) (import "" "1" (func $1))
    (import "" "$imports" (table 2 2 funcref))
    (elem (i32.const 0) func $0 $1))
  (core instance (instantiate $fixup (with "" (instance
    (export "0" (func $one)) (export "1" (func $two)) (export "$imports" (table $shim "$imports"))))))
  (func (export "a") (canon lift (core func $i "a")))
  (func (export "b") (canon lift (core func $i "b"))))"""

SHARED_TABLE = f"""(component {HOST}
  (core module $owner
    (type $plain (func)) (type $other (func (param i32)))
    (table (export "table") 4 funcref)
    (func (export "a") (param i32) local.get 0 call_indirect (type $plain))
    (func (export "b") (param i32) i32.const 0 local.get 0 call_indirect (type $other)))
  (core instance $o (instantiate $owner))
  (core module $filler {IMPORTS}
    (import "owner" "table" (table 4 funcref))
    (func $number (param i32) call $two)
    (elem (i32.const 1) func $one $number))
  (core instance (instantiate $filler
    (with "host" (instance $given)) (with "owner" (instance $o))))
  (func (export "a") (param "x" u32) (canon lift (core func $o "a")))
  (func (export "b") (param "x" u32) (canon lift (core func $o "b"))))"""

REALLOC = """(component
  (import "test:host/log@0.1.0" (instance $host
    (export "one" (func (result string))) (export "two" (func))))
  (core func $two (canon lower (func $host "two")))
  (core module $memory
    (import "host" "two" (func $two))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) call $two i32.const 0))
  (core instance $memory (instantiate $memory
    (with "host" (instance (export "two" (func $two))))))
  (core func $one (canon lower (func $host "one")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $m
    (import "host" "one" (func $one (param i32)))
    (func (export "a") i32.const 0 call $one) (func (export "b")))
  (core instance $i (instantiate $m (with "host" (instance (export "one" (func $one))))))
  (func (export "a") (canon lift (core func $i "a")))
  (func (export "b") (canon lift (core func $i "b"))))"""

POST_RETURN = f"""(component {HOST}
  (core module $m {IMPORTS}
    (memory (export "memory") 1)
    (func (export "a") (result i32) call $one i32.const 0)
    (func (export "after") (param i32) call $two))
  (core instance $i (instantiate $m (with "host" (instance $given))))
  (func (export "a") (result string) (canon lift (core func $i "a")
    (memory (core memory $i "memory")) (post-return (core func $i "after")))))"""

RESOURCE = f"""(component {HOST}
  (core module $m {IMPORTS}
    (func (export "end") (param i32) call $one))
  (core instance $i (instantiate $m (with "host" (instance $given))))
  (type $thing (resource (rep i32) (dtor (core func $i "end"))))
  (core func $drop (canon resource.drop $thing))
  (core module $user
    (import "r" "drop" (func $drop (param i32)))
    (func (export "a") i32.const 0 call $drop) (func (export "b")))
  (core instance $u (instantiate $user (with "r" (instance (export "drop" (func $drop))))))
  (export "thing" (type $thing))
  (func (export "a") (canon lift (core func $u "a")))
  (func (export "b") (canon lift (core func $u "b"))))"""

TWICE = """(component
  (import "test:host/log@0.1.0" (instance $host (export "one" (func)) (export "two" (func))))
  (component $inner
    (import "do" (func $do))
    (core func $do (canon lower (func $do)))
    (core module $m (import "" "do" (func $do)) (func (export "go") call $do))
    (core instance $i (instantiate $m (with "" (instance (export "do" (func $do))))))
    (func (export "go") (canon lift (core func $i "go"))))
  (instance $first (instantiate $inner (with "do" (func $host "one"))))
  (instance $second (instantiate $inner (with "do" (func $host "two"))))
  (instance $third (instantiate $inner (with "do" (func $first "go"))))
  (export "a" (func $third "go"))
  (export "b" (func $second "go")))"""

OUTER = f"""(component {HOST}
  (core module $m {IMPORTS} (func (export "a") call $one))
  (component $inner
    (import "log" (instance $log (export "one" (func)) (export "two" (func))))
    (core func $one (canon lower (func $log "one")))
    (core func $two (canon lower (func $log "two")))
    (alias outer 1 $m (core module $again))
    (core instance $i (instantiate $again (with "host" (instance
      (export "one" (func $two)) (export "two" (func $one))))))
    (func (export "a") (canon lift (core func $i "a"))))
  (instance $inner (instantiate $inner (with "log" (instance $host))))
  (export "a" (func $inner "a")))"""

UNKNOWN_MODULE = f"""(component {HOST}
  (import "code" (core module $m (import "host" "one" (func)) (export "a" (func))))
  (core instance $i (instantiate $m (with "host" (instance $given))))
  (func (export "a") (canon lift (core func $i "a"))))"""

CASES: dict[str, Case] = {
    "direct": Case(
        module('(func (export "a") call $inner) (func $inner call $one) (func (export "b"))'),
        one=("a",),
    ),
    "tail-call": Case(
        module('(func (export "a") return_call $two) (func (export "b") call $one)'),
        one=("b",),
        two=("a",),
    ),
    "recursion": Case(
        module(
            '(func $a (export "a") call $b) (func $b (export "b") call $c) (func $c call $a call $two)'
        ),
        two=("a", "b"),
    ),
    "start": Case(
        module('(func $s call $one) (start $s) (func (export "a")) (func (export "b") call $two)'),
        one=("!",),
        two=("b",),
    ),
    "shim": Case(SHIM, one=("a",), two=("b",)),
    "shared-table": Case(SHARED_TABLE, one=("a",), two=("b",), guesses=(1, 1)),
    "table-by-type": Case(
        module(
            """(type $plain (func)) (table 2 funcref) (elem (i32.const 0) func $one)
            (func (export "a") (local i32) local.get 0 call_indirect (type $plain))
            (func (export "b") i32.const 1 call_indirect (type $plain))"""
        ),
        one=("a",),
        guesses=(1, 0),
    ),
    "slot-out-of-a-segment-at-an-unknown-place": Case(
        module(
            """(type $plain (func)) (table 2 funcref) (global $g i32 (i32.const 1))
            (elem (offset (global.get $g)) func $one)
            (func (export "a") i32.const 1 call_indirect (type $plain))
            (func (export "b"))"""
        ),
        one=("a",),
        guesses=(1, 0),
    ),
    "slot-after-copy": Case(
        module(
            """(type $plain (func)) (table 4 funcref) (elem (i32.const 0) func $one)
            (func (export "a") i32.const 3 call_indirect (type $plain))
            (func (export "b") i32.const 3 i32.const 0 i32.const 1 table.copy)"""
        ),
        one=("a",),
        guesses=(1, 0),
    ),
    "table-init": Case(
        module(
            """(type $plain (func)) (table 4 funcref) (elem $later func $two)
            (func (export "a") i32.const 3 call_indirect (type $plain))
            (func (export "b") i32.const 0 i32.const 0 i32.const 1 table.init $later)"""
        ),
        two=("a",),
        guesses=(0, 1),
    ),
    "table-set": Case(
        module(
            """(type $plain (func)) (table 4 funcref) (elem declare func $two)
            (func (export "a") i32.const 3 call_indirect (type $plain))
            (func (export "b") i32.const 0 ref.func $two table.set)"""
        ),
        two=("a",),
        guesses=(0, 1),
    ),
    "table-grown-with-a-function": Case(
        module(
            """(type $plain (func)) (table 0 funcref) (elem declare func $two)
            (func (export "a") i32.const 0 call_indirect (type $plain))
            (func (export "b") ref.func $two i32.const 1 table.grow drop)"""
        ),
        two=("a",),
        guesses=(0, 1),
    ),
    "table-copied-from-another": Case(
        module(
            """(type $plain (func)) (table $from 4 funcref) (table $to 4 funcref)
            (elem (table $from) (i32.const 0) func $one)
            (func (export "a") i32.const 0 call_indirect $to (type $plain))
            (func (export "b")
              i32.const 0 i32.const 0 i32.const 1 table.copy $to $from)"""
        ),
        one=("a",),
        guesses=(1, 0),
    ),
    "table-of-a-first-function": Case(
        module(
            """(type $plain (func)) (table 4 funcref (ref.func $two))
            (func (export "a") i32.const 0 call_indirect (type $plain)) (func (export "b"))"""
        ),
        two=("a",),
        guesses=(0, 1),
    ),
    "reference": Case(
        module(
            """(type $plain (func)) (elem declare func $one)
            (func (export "a") ref.func $one call_ref $plain) (func (export "b"))"""
        ),
        one=("a",),
        guesses=(1, 0),
    ),
    "reference-in-a-global": Case(
        module(
            """(type $plain (func)) (global $g (ref $plain) (ref.func $two))
            (func (export "a") global.get $g call_ref $plain) (func (export "b"))"""
        ),
        two=("a",),
        guesses=(0, 1),
    ),
    "subtype": Case(
        module(
            """(type $base (sub (func (param i64))))
            (type $more (sub final $base (func (param i64))))
            (table 2 funcref) (elem (i32.const 0) func $f)
            (func $f (type $more) call $one)
            (func (export "a") (local i32) i64.const 0 local.get 0 call_indirect (type $base))
            (func (export "b"))"""
        ),
        one=("a",),
        guesses=(1, 0),
    ),
    "group-of-one": Case(
        module(
            """(rec (type $grouped (func (param i64)))) (type $plain (func (param i64)))
            (table 2 funcref) (elem (i32.const 0) func $f)
            (func $f (type $grouped) call $one)
            (func (export "a") (local i32) i64.const 0 local.get 0 call_indirect (type $plain))
            (func (export "b"))"""
        ),
        one=("a",),
        guesses=(1, 0),
    ),
    "realloc": Case(REALLOC, one=("a",), two=("a",)),
    "post-return": Case(POST_RETURN, one=("a",), two=("a",)),
    "resource": Case(RESOURCE, one=("a", "~thing")),
    "two-instances": Case(TWICE, one=("a",), two=("b",)),
    "outer-alias": Case(OUTER, two=("a",)),
    "module-that-is-imported": Case(UNKNOWN_MODULE, one=("a",), two=("a",), unknown=True),
}
