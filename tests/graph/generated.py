"""Components by the hundred, made from text: each adds one to the sum of those that it imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import wasmtime


def interface(number: int) -> str:
    """Name of the interface that component ``number`` exports."""
    return f"demo:sums/i{number}"


def component_text(number: int, used: Sequence[int], own: int = 1) -> str:
    """The component that exports ``interface(number)``, with ``sum: func() -> u64``.

    Args:
        number: its number.
        used: numbers of those whose sums it adds up.
        own: what it adds itself.
    """
    places = range(len(used))
    imports = "".join(
        f'(import "{interface(each)}" (instance $i{place} (export "sum" (func (result u64)))))\n'
        f'(core func $c{place} (canon lower (func $i{place} "sum")))\n'
        for place, each in enumerate(used)
    )
    core_imports = "".join(
        f'(import "" "{place}" (func $f{place} (result i64)))\n' for place in places
    )
    body = f"(i64.const {own})" + "".join(f" (i64.add (call $f{place}))" for place in places)
    given = "".join(f'(export "{place}" (func $c{place}))' for place in places)
    return f"""(component
{imports}
(core module $m
{core_imports}
(func (export "sum") (result i64) {body}))
(core instance $k (instantiate $m (with "" (instance {given}))))
(func $sum (result u64) (canon lift (core func $k "sum")))
(instance $out (export "sum" (func $sum)))
(export "{interface(number)}" (instance $out)))
"""


def write_component(directory: Path, number: int, used: Sequence[int], own: int = 1) -> Path:
    """Write the component's binary; its file is called ``nNUMBER.wasm``."""
    file = directory / f"n{number}.wasm"
    file.write_bytes(bytes(wasmtime.wat2wasm(component_text(number, used, own))))
    return file


# Components that do more ----------------------------------------------------------------------

HOST_FUNCTIONS = 4
"""Functions of an interface that the host provides, each of which a component may leave out."""


@dataclass(frozen=True)
class Need:
    """Something that a part imports, and adds to its total.

    Attributes:
        kind: ``sum``, ``weigh`` (takes a record), ``things`` (has a resource), ``next`` (gives that
            resource), ``function`` (a bare one), ``host`` (of the host), or ``types`` (only that).
        name: the import.
        home: place of the ``things`` among the needs that a ``next`` takes its resource from.
        functions: those of the host's that are imported.
        wrong: how the import differs from what is exported; empty for not at all.
    """

    kind: str
    name: str
    home: int = 0
    functions: tuple[int, ...] = ()
    wrong: str = ""


WRONGS = {
    "sum": ("result", "missing", "parameter", "async"),
    "weigh": ("field", "order", "type", "label", "record"),
    "things": ("handle", "missing", "kind"),
    "next": ("borrowed", "missing"),
    "function": ("result", "parameter", "async"),
}
"""Ways in which an import can differ from the export that it is meant for, by kind."""


@dataclass(frozen=True)
class Part:
    """A component: what it adds itself, what it imports, and the names of what it exports.

    Attributes:
        own: what it adds to its total.
        needs: what it imports.
        sums: interfaces with ``sum: func() -> u64``; the number of the interface is added.
        weigh: interface with a record and ``weigh: func(at: point) -> u64``.
        things: interface that makes a resource.
        passes: interface that gives a resource: the part's own one, or that of the need ``source``.
        source: place among the needs of what gives the resource; none for the part's own.
        functions: bare functions, which give 100 more than the total.
    """

    own: int
    needs: tuple[Need, ...] = ()
    sums: tuple[str, ...] = ()
    weigh: str = ""
    things: str = ""
    passes: str = ""
    source: int | None = None
    functions: tuple[str, ...] = ()

    @property
    def exports(self) -> tuple[str, ...]:
        """The names of what it exports."""
        names = (*self.sums, self.weigh, self.things, self.passes, *self.functions)
        return tuple(name for name in names if name)

    def text(self) -> str:
        """The component as text."""
        imports: list[str] = []
        given: list[str] = []
        core: list[str] = []
        terms: list[str] = []
        for place, need in enumerate(self.needs):
            imports.append(_import_text(place, need))
            for name, lowering, kind in _lowered(place, need):
                imports.append(f"(core func ${name} {lowering})")
                given.append(f'(export "{name}" (func ${name}))')
                core.append(f'(import "" "{name}" (func ${name} {kind}))')
            terms += _terms(place, need, self.own)
        if self.things:
            imports.append(
                "(type $mine (resource (rep i32)))\n(core func $new (canon resource.new $mine))"
            )
            given.append('(export "new" (func $new))')
            core.append('(import "" "new" (func $new (param i32) (result i32)))')
        return "\n".join(
            [
                "(component",
                *imports,
                "(core module $m",
                *core,
                *self._core(terms),
                ")",
                f'(core instance $k (instantiate $m (with "" (instance {" ".join(given)}))))',
                *self._exports(),
                ")",
            ]
        )

    def _core(self, terms: Sequence[str]) -> list[str]:
        total = f"(i64.const {self.own})" + "".join(f" (i64.add {term})" for term in terms)
        lines = [
            "(global $known (mut i32) (i32.const 0)) (global $sum (mut i64) (i64.const 0))",
            "(func $total (result i64) (local $handle i32)",
            "(if (i32.eqz (global.get $known))",
            f"(then (global.set $sum {total}) (global.set $known (i32.const 1))))",
            "(global.get $sum))",
        ]
        for number, _ in enumerate(self.sums):
            lines.append(
                f'(func (export "sum{number}") (result i64) '
                f"(i64.add (call $total) (i64.const {number})))"
            )
        if self.functions:
            lines.append(
                '(func (export "plain") (result i64) (i64.add (call $total) (i64.const 100)))'
            )
        if self.weigh:
            lines.append(
                '(func (export "weigh") (param i64 i64) (result i64) '
                "(i64.add (local.get 0) (i64.add (i64.mul (local.get 1) (i64.const 2)) "
                f"(i64.const {self.own}))))"
            )
        if self.things:
            lines.append(
                '(func $make (export "make") (param i64) (result i32) '
                "(call $new (i32.wrap_i64 (local.get 0))))\n"
                '(func (export "value") (param i32) (result i64) '
                f"(i64.add (i64.extend_i32_u (local.get 0)) (i64.const {self.own})))"
            )
        if self.passes:
            maker = f"(call $make (i64.const {self.own}))"
            if self.source is not None:
                is_home = self.needs[self.source].kind == "things"
                maker = (
                    f"(call $make{self.source} (i64.const {self.own}))"
                    if is_home
                    else f"(call $next{self.source})"
                )
            lines.append(f'(func (export "next") (result i32) {maker})')
        return lines

    def _exports(self) -> list[str]:
        lines = []
        for number, name in enumerate(self.sums):
            lines.append(
                f'(func $sum{number} (result u64) (canon lift (core func $k "sum{number}")))\n'
                f'(instance $sums{number} (export "sum" (func $sum{number})))\n'
                f'(export "{name}" (instance $sums{number}))'
            )
        for number, name in enumerate(self.functions):
            lines.append(
                f'(func $plain{number} (result u64) (canon lift (core func $k "plain")))\n'
                f'(export "{name}" (func $plain{number}))'
            )
        if self.weigh:
            lines.append(_WEIGH_EXPORT.replace("NAME", self.weigh))
        if self.things:
            lines.append(_THINGS_EXPORT.replace("NAME", self.things))
        if self.passes:
            thing = "$exported"
            if self.source is not None:
                need = self.needs[self.source]
                thing = f"$t{self.source if need.kind == 'things' else need.home}"
            lines.append(_PASSES_EXPORT.replace("NAME", self.passes).replace("THING", thing))
        return lines


# An exported interface must name its types itself, which takes a component around its functions.
_WEIGH_EXPORT = """\
(type $point (record (field "x" u64) (field "y" u64)))
(func $weigh (param "at" $point) (result u64) (canon lift (core func $k "weigh")))
(component $weighs
(type $r (record (field "x" u64) (field "y" u64)))
(import "point" (type $p (eq $r)))
(import "weigh" (func $f (param "at" $p) (result u64)))
(export $q "point" (type $p))
(export "weigh" (func $f) (func (param "at" $q) (result u64))))
(instance $weighing (instantiate $weighs
(with "point" (type $point)) (with "weigh" (func $weigh))))
(export "NAME" (instance $weighing))"""

_THINGS_EXPORT = """\
(func $make (param "of" u64) (result (own $mine)) (canon lift (core func $k "make")))
(func $value (param "of" (borrow $mine)) (result u64) (canon lift (core func $k "value")))
(component $makes
(import "thing" (type $t (sub resource)))
(import "make" (func $m (param "of" u64) (result (own $t))))
(import "value" (func $v (param "of" (borrow $t)) (result u64)))
(export $u "thing" (type $t))
(export "make" (func $m) (func (param "of" u64) (result (own $u))))
(export "value" (func $v) (func (param "of" (borrow $u)) (result u64))))
(instance $making (instantiate $makes
(with "thing" (type $mine)) (with "make" (func $make)) (with "value" (func $value))))
(export $made "NAME" (instance $making))
(alias export $made "thing" (type $exported))"""

_PASSES_EXPORT = """\
(func $next (result (own THING)) (canon lift (core func $k "next")))
(component $gives
(import "thing" (type $t (sub resource)))
(import "next" (func $n (result (own $t))))
(export $u "thing" (type $t))
(export "next" (func $n) (func (result (own $u)))))
(instance $giving (instantiate $gives (with "thing" (type THING)) (with "next" (func $next))))
(export "NAME" (instance $giving))"""


def _import_text(place: int, need: Need) -> str:
    wrong = need.wrong
    absent = '(export "absent" (func))' if wrong == "missing" else ""
    kind = "async " if wrong == "async" else ""
    parameter = '(param "of" u64) ' if wrong == "parameter" else ""
    result = "u32" if wrong == "result" else "u64"
    match need.kind:
        case "sum":
            inner = f'(export "sum" (func {kind}{parameter}(result {result}))) {absent}'
        case "weigh":
            y = "z" if wrong == "field" else "y"
            fields = ['(field "x" u64)', f'(field "{y}" {"s64" if wrong == "type" else "u64"})']
            if wrong == "order":
                fields.reverse()
            if wrong == "record":
                fields.append('(field "more" u64)')
            label = "of" if wrong == "label" else "at"
            inner = (
                f'(type $r (record {" ".join(fields)})) (export "point" (type $p (eq $r))) '
                f'(export "weigh" (func (param "{label}" $p) (result u64)))'
            )
        case "things":
            handle = "(own $t)" if wrong == "handle" else "(borrow $t)"
            more = '(export "other" (type (sub resource)))' if wrong == "kind" else ""
            inner = (
                '(export "thing" (type $t (sub resource))) '
                '(export "make" (func (param "of" u64) (result (own $t)))) '
                f'(export "value" (func (param "of" {handle}) (result u64))) {absent}{more}'
            )
        case "next":
            more = '(param "of" (borrow $w)) ' if wrong == "borrowed" else ""
            inner = (
                f'(alias outer 1 $t{need.home} (type $u)) (export "thing" (type $w (eq $u))) '
                f'(export "next" (func {more}(result (own $w)))) {absent}'
            )
        case "function":
            return f'(import "{need.name}" (func $i{place} {kind}{parameter}(result {result})))'
        case "host":
            inner = host_text(need.functions)
        case _:
            inner = '(type $k u64) (export "kind" (type (eq $k)))'
    text = f'(import "{need.name}" (instance $i{place} {inner}))'
    if need.kind == "things":
        text += f'\n(alias export $i{place} "thing" (type $t{place}))'
    return text


def host_text(functions: Iterable[int]) -> str:
    """What an interface of the host has, as text."""
    return " ".join(f'(export "f{each}" (func (result u64)))' for each in functions)


def _lowered(place: int, need: Need) -> list[tuple[str, str, str]]:
    """Core functions of an import: name, what defines it, type."""

    def of(function: str) -> str:
        return f'(canon lower (func $i{place} "{function}"))'

    result = "(result i32)" if need.wrong == "result" else "(result i64)"
    parameters = "(param i64)" if need.wrong == "parameter" else ""
    match need.kind:
        case "sum":
            return [(f"sum{place}", of("sum"), f"{parameters} {result}")]
        case "weigh":
            more = "i64" if need.wrong == "record" else ""
            return [(f"weigh{place}", of("weigh"), f"(param i64 i64 {more}) (result i64)")]
        case "things":
            return [
                (f"make{place}", of("make"), "(param i64) (result i32)"),
                (f"value{place}", of("value"), "(param i32) (result i64)"),
                (f"drop{place}", f"(canon resource.drop $t{place})", "(param i32)"),
            ]
        case "next":
            more = "(param i32)" if need.wrong == "borrowed" else ""
            return [(f"next{place}", of("next"), f"{more} (result i32)")]
        case "function":
            return [(f"f{place}", f"(canon lower (func $i{place}))", f"{parameters} {result}")]
        case "host":
            return [(f"h{place}f{each}", of(f"f{each}"), "(result i64)") for each in need.functions]
        case _:
            return []


def _terms(place: int, need: Need, own: int) -> list[str]:
    """What an import adds to the total."""
    argument = " (i64.const 0)" if need.wrong == "parameter" else ""
    match need.kind:
        case "sum" | "function":
            call = f"(call ${need.kind[0] if need.kind == 'function' else 'sum'}{place}{argument})"
            return [f"(i64.extend_i32_u {call})" if need.wrong == "result" else call]
        case "weigh":
            more = "(i64.const 0)" if need.wrong == "record" else ""
            return [f"(call $weigh{place} (i64.const {own}) (i64.const {place}) {more})"]
        case "things":
            return [_spent(place, f"(call $make{place} (i64.const {own}))")]
        case "next":
            argument = "(i32.const 0)" if need.wrong == "borrowed" else ""
            return [_spent(need.home, f"(call $next{place} {argument})")]
        case "host":
            return [f"(call $h{place}f{each})" for each in need.functions]
        case _:
            return []


def _spent(home: int, handle: str) -> str:
    """The value of a thing, which is dropped."""
    return (
        f"(block (result i64) (local.set $handle {handle}) (call $value{home} (local.get $handle)) "
        f"(call $drop{home} (local.get $handle)))"
    )
