"""Components that give back what they get, made for any types.

By the canonical ABI (the Component Model's `CanonicalABI.md`, "Flattening" and "Loading and storing")
a function's arguments come as up to 16 core values, or as one address when they are more; a result of
more than one core value goes back as an address. Strings and lists lie where `realloc` said, and may
lie there for the result too. So an echo needs no copy: it returns its one core value, or the address
that it got, or it writes its core values down in the layout that they have in memory. Only the last is
work: a variant's core values are those of all its cases joined, and each case reads them as its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wcompose.runtime.crossing.types import ValueType

MOST_FLAT = 16
"""Core values that arguments are passed as at most."""

_SIZES = {
    "bool": 1,
    "s8": 1,
    "u8": 1,
    "s16": 2,
    "u16": 2,
    "s32": 4,
    "u32": 4,
    "s64": 8,
    "u64": 8,
    "f32": 4,
    "f64": 8,
    "char": 4,
}
_CORE = {"s64": "i64", "u64": "i64", "f32": "f32", "f64": "f64"}
_STORES = {"i32": {1: "i32.store8", 2: "i32.store16", 4: "i32.store"}}


@dataclass(frozen=True)
class Layout:
    """What a type takes in memory, in bytes."""

    size: int
    alignment: int


def layout(kind: ValueType) -> Layout:
    """Size and alignment of a type."""
    if kind.kind in _SIZES:
        return Layout(_SIZES[kind.kind], _SIZES[kind.kind])
    match kind.kind:
        case "string" | "list":
            return Layout(8, 4)
        case "flags":
            count = len(kind.members)
            size = 1 if count <= 8 else 2 if count <= 16 else 4
            return Layout(size, size)
        case "record" | "tuple":
            return _sequence([_given(member) for _, member in kind.members])
        case _:
            payloads = [layout(each) for each in _payloads(kind) if each is not None]
            alignment = max([_case_size(kind), *(each.alignment for each in payloads)])
            most = max((each.size for each in payloads), default=0)
            return Layout(_up(_payload_offset(kind) + most, alignment), alignment)


def flat(kind: ValueType) -> list[str]:
    """Core types that a type is flattened to."""
    if kind.kind in _SIZES or kind.kind == "flags":
        return [_CORE.get(kind.kind, "i32")]
    match kind.kind:
        case "string" | "list":
            return ["i32", "i32"]
        case "record" | "tuple":
            return [core for _, member in kind.members for core in flat(_given(member))]
        case _:
            joined: list[str] = []
            for payload in _payloads(kind):
                for index, core in enumerate([] if payload is None else flat(payload)):
                    if index == len(joined):
                        joined.append(core)
                    elif joined[index] != core:
                        joined[index] = "i32" if {joined[index], core} == {"i32", "f32"} else "i64"
            return ["i32", *joined]


def result_of(parameters: Sequence[ValueType]) -> ValueType:
    """What an echo of such parameters gives: the only one, or all of them as a tuple."""
    if len(parameters) == 1:
        return parameters[0]
    return ValueType("tuple", tuple(("", each) for each in parameters))


def echo_component(parameters: Sequence[ValueType]) -> str:
    """The text of a component whose function ``echo`` gives back its parameters; see `result_of`."""
    types = _Types("export")
    signature = _signature(types, parameters)
    return "\n".join(
        [
            "(component",
            *types.lines,
            f"(type $signature {signature})",
            _MEMORY,
            "(core module $m",
            _IMPORTED,
            _core_echo(parameters),
            ")",
            '(core instance $i (instantiate $m (with "memory" (instance $memory))))',
            _LIFTED,
            ")",
        ]
    )


def relay_component(parameters: Sequence[ValueType]) -> str:
    """The text of a component whose function ``echo`` hands all to the function ``relay`` of its host.

    Both have the same type, and ``echo`` gives what ``relay`` gave.
    """
    types = _Types("import")
    signature = _signature(types, parameters)
    return "\n".join(
        [
            "(component",
            *types.lines,
            f"(type $signature {signature})",
            '(import "relay" (func $relay (type $signature)))',
            _MEMORY,
            "(core func $lowered (canon lower (func $relay) (memory $bytes) (realloc $realloc)))",
            "(core module $m",
            _IMPORTED,
            _core_relay(parameters),
            ")",
            '(core instance $i (instantiate $m (with "memory" (instance $memory))',
            '  (with "host" (instance (export "relay" (func $lowered))))))',
            _LIFTED,
            ")",
        ]
    )


_MEMORY = """
(core module $store
(memory (export "memory") 1)
(global $free (mut i32) (i32.const 16))
(func (export "realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32)
  (result i32) (local $at i32)
  (local.set $at (i32.and
    (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
    (i32.sub (i32.const 0) (local.get $align))))
  (global.set $free (i32.add (local.get $at) (local.get $size)))
  (block $enough (loop $more
    (br_if $enough (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
    (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable)))
    (br $more)))
  (memory.copy (local.get $at) (local.get $old) (local.get $was))
  (local.get $at))
(func (export "free") (global.set $free (i32.const 16))))
(core instance $memory (instantiate $store))
(alias core export $memory "memory" (core memory $bytes))
(alias core export $memory "realloc" (core func $realloc))"""
"""Gives memory one piece after another; all of it is free again after each call."""

_IMPORTED = """
(import "memory" "memory" (memory 1))
(import "memory" "realloc" (func $take (param i32 i32 i32 i32) (result i32)))
(import "memory" "free" (func $free))"""

_LIFTED = """
(func $echo (type $signature) (canon lift (core func $i "echo")
  (memory $bytes) (realloc $realloc) (post-return (core func $i "after"))))
(export "echo" (func $echo))"""


class _Types:
    """Type definitions of a component.

    Those that have a name in WIT must be imported or exported before a function may use them.
    """

    def __init__(self, way: str) -> None:
        self._way = way
        self.lines: list[str] = []
        self._known: dict[ValueType, str] = {}

    def use(self, kind: ValueType) -> str:
        """How a type is written where it is used."""
        if kind.kind in _SIZES or kind.kind == "string":
            return kind.kind
        if kind not in self._known:
            definition = self._definition(kind)
            name = f"$t{len(self._known)}"
            self.lines.append(f"(type {name} {definition})")
            if kind.kind in {"record", "variant", "enum", "flags"}:
                bound = (
                    f'(export {name}x "{name[1:]}" (type {name}))'
                    if self._way == "export"
                    else f'(import "{name[1:]}" (type {name}x (eq {name})))'
                )
                self.lines.append(bound)
                name += "x"
            self._known[kind] = name
        return self._known[kind]

    def _definition(self, kind: ValueType) -> str:
        used = [(name, None if one is None else self.use(one)) for name, one in kind.members]
        match kind.kind:
            case "record":
                inner = " ".join(f'(field "{name}" {each})' for name, each in used)
            case "variant":
                inner = " ".join(f'(case "{name}" {each or ""})' for name, each in used)
            case "enum" | "flags":
                inner = " ".join(f'"{name}"' for name, _ in used)
            case "result":
                (_, good), (_, bad) = used
                inner = f"{good or ''} {'' if bad is None else f'(error {bad})'}"
            case _:
                inner = " ".join(str(each) for _, each in used)
        return f"({kind.kind} {inner})"


def _signature(types: _Types, parameters: Sequence[ValueType]) -> str:
    items = [f'(param "p{index}" {types.use(each)})' for index, each in enumerate(parameters)]
    return f"(func {' '.join(items)} (result {types.use(result_of(parameters))}))"


def _core_echo(parameters: Sequence[ValueType]) -> str:
    taken, result = _taken(parameters), result_of(parameters)
    if len(taken) > MOST_FLAT or len(flat(result)) == 1:
        return _core_function(parameters, ["(local.get 0)"])
    sources = [(f"(local.get {index})", core) for index, core in enumerate(taken)]
    lines = [_take(result), *_store(result, 0, sources), "(local.get $to)"]
    return _core_function(parameters, lines)


def _core_relay(parameters: Sequence[ValueType]) -> str:
    taken, result = _taken(parameters), result_of(parameters)
    passed = ["i32"] if len(taken) > MOST_FLAT else taken
    arguments = [f"(local.get {index})" for index in range(len(passed))]
    given = flat(result)
    if len(given) == 1:
        kind = f"(param {' '.join(passed)}) (result {given[0]})"
        lines = [f"(call $relay {' '.join(arguments)})"]
    else:
        # A result of more than one core value is written where the caller says.
        kind = f"(param {' '.join(passed)} i32)"
        lines = [
            _take(result),
            f"(call $relay {' '.join(arguments)} (local.get $to))",
            "(local.get $to)",
        ]
    return f'(import "host" "relay" (func $relay {kind}))\n{_core_function(parameters, lines)}'


def _core_function(parameters: Sequence[ValueType], body: Sequence[str]) -> str:
    taken, given = _taken(parameters), flat(result_of(parameters))
    passed = ["i32"] if len(taken) > MOST_FLAT else taken
    returned = given[0] if len(given) == 1 else "i32"
    return "\n".join(
        [
            f'(func (export "echo") (param {" ".join(passed)}) (result {returned}) (local $to i32)',
            *body,
            ")",
            f'(func (export "after") (param {returned}) (call $free))',
        ]
    )


def _taken(parameters: Sequence[ValueType]) -> list[str]:
    return [core for each in parameters for core in flat(each)]


def _take(result: ValueType) -> str:
    place = layout(result)
    return (
        "(local.set $to (call $take (i32.const 0) (i32.const 0)"
        f" (i32.const {place.alignment}) (i32.const {place.size})))"
    )


def _store(kind: ValueType, offset: int, sources: Sequence[tuple[str, str]]) -> list[str]:
    """Instructions that write core values down as a type; each source is an expression and its type."""
    if kind.kind in _SIZES or kind.kind == "flags":
        ((expression, core),) = sources
        store = _STORES.get(core, {}).get(layout(kind).size, f"{core}.store")
        return [f"({store} offset={offset} (local.get $to) {expression})"]
    match kind.kind:
        case "string" | "list":
            return [
                f"(i32.store offset={offset + 4 * index} (local.get $to) {expression})"
                for index, (expression, _) in enumerate(sources)
            ]
        case "record" | "tuple":
            lines = []
            for _, member in kind.members:
                inner = _given(member)
                place = layout(inner)
                offset = _up(offset, place.alignment)
                count = len(flat(inner))
                lines += _store(inner, offset, sources[:count])
                offset, sources = offset + place.size, sources[count:]
            return lines
        case _:
            return _store_case(kind, offset, sources)


def _store_case(kind: ValueType, offset: int, sources: Sequence[tuple[str, str]]) -> list[str]:
    (case, _), *joined = sources
    store = _STORES["i32"][_case_size(kind)]
    lines = [f"({store} offset={offset} (local.get $to) {case})"]
    for number, payload in enumerate(_payloads(kind)):
        if payload is None:
            continue
        own = [
            (_read_as(expression, core, wanted), wanted)
            for (expression, core), wanted in zip(joined, flat(payload), strict=False)
        ]
        lines += [
            f"(if (i32.eq {case} (i32.const {number})) (then",
            *_store(payload, offset + _payload_offset(kind), own),
            "))",
        ]
    return lines


def _read_as(expression: str, core: str, wanted: str) -> str:
    """A joined core value as a case's own."""
    match core, wanted:
        case "i32", "f32":
            return f"(f32.reinterpret_i32 {expression})"
        case "i64", "i32":
            return f"(i32.wrap_i64 {expression})"
        case "i64", "f32":
            return f"(f32.reinterpret_i32 (i32.wrap_i64 {expression}))"
        case "i64", "f64":
            return f"(f64.reinterpret_i64 {expression})"
        case _:
            return expression


def _sequence(kinds: Sequence[ValueType]) -> Layout:
    size = 0
    for each in map(layout, kinds):
        size = _up(size, each.alignment) + each.size
    alignment = max(layout(each).alignment for each in kinds)
    return Layout(_up(size, alignment), alignment)


def _payloads(kind: ValueType) -> list[ValueType | None]:
    """What the cases of a variant, enum, option or result carry."""
    if kind.kind == "option":
        return [None, kind.only]
    return [member for _, member in kind.members]


def _case_size(kind: ValueType) -> int:
    count = len(_payloads(kind))
    return 1 if count <= 1 << 8 else 2 if count <= 1 << 16 else 4


def _payload_offset(kind: ValueType) -> int:
    alignments = [layout(each).alignment for each in _payloads(kind) if each is not None]
    return _up(_case_size(kind), max(alignments, default=1))


def _given(member: ValueType | None) -> ValueType:
    if member is None:
        raise AssertionError("a field has a type")
    return member


def _up(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment
