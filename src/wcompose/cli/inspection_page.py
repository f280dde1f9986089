"""An inspection as a page for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from wcompose.cli.render import printable
from wcompose.contract import (
    Extern,
    FunctionExtern,
    Interface,
    InterfaceExtern,
    ItemName,
    TypeDef,
    parse_item_name,
)
from wcompose.contract.text import definition_text, function_text
from wcompose.picture.inspection import Inspection, own_interfaces, own_worlds
from wcompose.picture.parts import METADATA, Part

_MOST_ROWS = 60
"""Rows of one list; the JSON has all."""
_MOST_MODULES = 12
"""Core modules that are told without being asked for."""
_LONGEST_VALUE = 600
_LONGEST_LABEL = 44
_INDENT = 2
_SHORTEST = 12
"""Columns that a text gets even in a terminal that is narrower."""
_FULL_TABLE = 68
"""Columns from which sizes are told with their parts."""
_WORDS = {"licenses": "licences"}

_PLAIN = str.maketrans("–…", "-~")

_Row = tuple[str, str]


def print_inspection(
    console: Console, inspection: Inspection, *, with_modules: bool = False
) -> None:
    """Print what a file is, in the console's width and without trailing spaces.

    Args:
        console: where to.
        inspection: what to print.
        with_modules: whether all core modules are told, those of a composition's components too.
    """
    page = _Page(console)
    page.wrapped(Text.assemble((_line(inspection.file), "bold"), f" is {_kind(inspection)}"))
    page.rows(_facts(inspection))
    if inspection.world is not None:
        page.section("imports", list(_extern_rows(inspection.world.imports)))
        page.section("exports", list(_extern_rows(inspection.world.exports)))
    elif inspection.contract is not None:
        page.section(
            "worlds",
            [
                (each.external_name, _counts(imports=len(each.imports), exports=len(each.exports)))
                for each in own_worlds(inspection.contract)
            ],
        )
        page.section(
            "interfaces",
            [(each.name, _members(each)) for each in own_interfaces(inspection.contract)],
        )
    if inspection.whole is not None and inspection.kind in {"component", "core-module"}:
        weights = list(_weights(inspection.whole, with_modules=with_modules))
        page.sizes(inspection.whole, weights)
    if inspection.next_step and not inspection.problems:
        page.blank()
        page.wrapped(Text.assemble(("next: ", "bold green"), _line(inspection.next_step)), 6)


@dataclass(frozen=True)
class _Weight:
    """A row of the table of sizes."""

    name: str
    language: str
    sizes: tuple[int, int, int, int]
    """Code, data, custom sections and the total."""
    depth: int = 0


class _Page:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = console.width
        self._has_unicode = console.encoding.startswith("utf")

    def blank(self) -> None:
        self._console.print()

    def wrapped(self, text: Text, hang: int = 0) -> None:
        """Print a text; lines after the first are indented by ``hang``."""
        for index, line in enumerate(self._lines(text, self._width - hang)):
            self._put(Text(" " * hang if index else "").append_text(line))

    def section(self, title: str, rows: Sequence[_Row]) -> None:
        self.blank()
        self._put(Text(title, "bold"))
        if not rows:
            self._put(Text(" " * _INDENT + "none", "dim"))
        self.rows(rows[:_MOST_ROWS])
        if len(rows) > _MOST_ROWS:
            self.wrapped(Text(f"  … and {len(rows) - _MOST_ROWS:,} more: `--json` has all", "dim"))

    def rows(self, rows: Sequence[_Row]) -> None:
        """Print labels with values beside them, or below where a label is long."""
        cleaned = [(_line(label), _line(value)) for label, value in rows]
        limit = max(min(_LONGEST_LABEL, self._width // 2), 1)
        fitting = [cell_len(label) for label, _ in cleaned if cell_len(label) <= limit]
        column = max(fitting, default=0)
        indent = " " * _INDENT
        for label, value in cleaned:
            if cell_len(label) <= column:
                start = indent + set_cell_size(label, column) + "  "
            else:
                for line in self._lines(Text(label), self._width - _INDENT):
                    self._put(Text(indent + line.plain, "cyan"))
                start = indent * 3
            room = self._width - len(start)
            for index, line in enumerate(self._lines(Text(value), room)):
                lead = start if index == 0 else " " * cell_len(start)
                self._put(Text.assemble((lead, "cyan"), line.plain))

    def sizes(self, whole: Part, weights: Sequence[_Weight]) -> None:
        """Print the table of sizes: a row for each weight, then one for the whole."""
        is_full = self._width >= _FULL_TABLE
        title = ("sizes", "language", *(("code", "data", "custom") if is_full else ()), "total", "")
        rows = [title]
        for weight in (*weights, _sum("all", [whole], 0)):
            sizes = [_size(each) for each in weight.sizes]
            name = "  " * (weight.depth + 1) + weight.name
            share = _share(weight.sizes[-1], whole.size)
            rows.append((name, weight.language, *(sizes if is_full else sizes[-1:]), share))
        columns = [max(cell_len(row[index]) for row in rows) for index in range(len(title))]
        is_told = any(row[1] for row in rows[1:])
        if not is_told or self._width < sum(columns[1:]) + 2 * len(columns) + _SHORTEST:
            columns[1] = 0
            rows = [(row[0], "", *row[2:]) for row in rows]
        gaps = 2 * (sum(1 for each in columns if each) - 1)
        columns[0] = max(min(columns[0], self._width - sum(columns[1:]) - gaps), _SHORTEST)
        self.blank()
        for index, row in enumerate(rows):
            cells = [_cropped(row[0], columns[0])]
            if columns[1]:
                cells.append(set_cell_size(row[1], columns[1]))
            cells += [
                " " * (width - cell_len(cell)) + cell
                for cell, width in zip(row[2:], columns[2:], strict=True)
            ]
            self._put(Text("  ".join(cells).rstrip(), _table_style(index, len(rows))))

    def _lines(self, text: Text, width: int) -> Iterator[Text]:
        lines = text.wrap(self._console, max(width, _SHORTEST))
        for line in lines or [Text()]:
            line.rstrip()
            yield line

    def _put(self, line: Text) -> None:
        line.rstrip()
        if not self._has_unicode:
            # One character for one, so that columns and colours stay where they are.
            plain = line.plain.translate(_PLAIN)
            line.plain = plain.encode("ascii", "replace").decode("ascii")
        self._console.print(line, soft_wrap=True, highlight=False)


def _kind(inspection: Inspection) -> str:
    if inspection.whole is not None and inspection.is_composition:
        return f"a composition of {_counts(components=len(inspection.whole.leaves))}"
    return printable(inspection.detail)


def _facts(inspection: Inspection) -> list[_Row]:
    facts = []
    if inspection.digest:
        facts += [("size", f"{inspection.size:,} bytes"), ("digest", inspection.digest)]
    facts += [
        (_WORDS.get(name, name), inspection.metadata[name])
        for name in METADATA
        if name in inspection.metadata
    ]
    if inspection.languages:
        facts.append(("language", ", ".join(inspection.languages)))
    if inspection.tools:
        facts.append(
            ("tools", ", ".join(f"{name} {version}".strip() for name, version in inspection.tools))
        )
    if inspection.capabilities:
        facts.append(("needs", ", ".join(inspection.capabilities)))
    if inspection.core is not None:
        core = inspection.core
        facts.append(
            ("imports", str(core.imports) + " (WASI preview 1 too)" * core.imports_preview1)
        )
        facts.append(("exports", str(core.exports)))
        facts.append(("contract", "embedded" if core.carries_contract else "none embedded"))
    if inspection.contract is not None and inspection.world is None and inspection.contract.package:
        facts.append(("package", inspection.contract.package))
    return facts


def _extern_rows(externs: Mapping[str, Extern]) -> Iterator[_Row]:
    """Our own interfaces, functions and types as they come, then WASI by package."""
    host: dict[str, list[ItemName]] = {}
    for name, extern in externs.items():
        item = parse_item_name(name)
        if item is not None and item.namespace == "wasi" and isinstance(extern, InterfaceExtern):
            host.setdefault(f"{item.namespace}:{item.package}", []).append(item)
        elif isinstance(extern, InterfaceExtern):
            yield name, _members(extern.interface)
        elif isinstance(extern, FunctionExtern):
            yield name, function_text(extern.function)
        else:
            yield name, definition_text(extern.type)
    for package, items in sorted(host.items()):
        items.sort(key=lambda item: item.version_rank())
        versions = list(dict.fromkeys(str(item.version) for item in items if item.version))
        span = "–".join(versions if len(versions) < 2 else (versions[0], versions[-1]))
        interfaces = ", ".join(sorted({item.interface for item in items}))
        yield f"{package}@{span}" if span else package, interfaces


def _members(interface: Interface) -> str:
    own = [
        each
        for each in interface.types.values()
        if not (isinstance(each.definition, TypeDef) and each.definition.owner != each.owner)
    ]
    return _counts(
        functions=len(interface.functions),
        resources=sum(each.is_resource for each in own),
        types=sum(not each.is_resource for each in own),
    )


def _counts(**counts: int) -> str:
    told = [
        f"{count:,} {word if count != 1 else word.removesuffix('s')}"
        for word, count in counts.items()
        if count
    ]
    return ", ".join(told) or "empty"


def _weights(whole: Part, *, with_modules: bool, depth: int = 0) -> Iterator[_Weight]:
    """The parts of a component, largest first, and what of it is in none of them."""
    parts = whole.components if whole.is_composition else (*whole.components, *whole.modules)
    if not parts:
        return
    labelled = sorted(_labelled(whole, parts), key=lambda pair: -pair[1].size)
    most = _MOST_ROWS if with_modules or whole.is_composition else _MOST_MODULES
    shown = labelled[:most]
    for label, part in shown:
        yield _weight(part, label, depth)
        if part.is_composition or (with_modules and part.kind == "component"):
            yield from _weights(part, with_modules=with_modules, depth=depth + 1)
    smaller = [part for _, part in labelled[most:]]
    if smaller:
        yield _sum(f"{len(smaller):,} smaller ones", smaller, depth)
    rest = tuple(
        own - sum(each)
        for own, *each in zip(_sizes(whole), *(_sizes(part) for part in parts), strict=True)
    )
    yield _Weight("types and wiring", "", (rest[0], rest[1], rest[2], rest[3]), depth)


def _labelled(whole: Part, parts: Sequence[Part]) -> Iterator[tuple[str, Part]]:
    """Each part with a name that tells it from the others."""
    own = [_line(part.name.removeprefix(f"{whole.name}/")) for part in parts]
    names = [
        name or ("core module" if part.kind == "module" else "component")
        for name, part in zip(own, parts, strict=True)
    ]
    several = {name for name, count in Counter(names).items() if count > 1}
    numbers: Counter[str] = Counter()
    for name, part in zip(names, parts, strict=True):
        numbers[name] += 1
        yield f"{name} {numbers[name]}" if name in several else name, part


def _weight(part: Part, label: str, depth: int = 0) -> _Weight:
    return _Weight(label, _line(part.language), _sizes(part), depth)


def _sum(label: str, parts: Sequence[Part], depth: int) -> _Weight:
    code, data, custom, total = (sum(each) for each in zip(*map(_sizes, parts), strict=True))
    return _Weight(label, "", (code, data, custom, total), depth)


def _sizes(part: Part) -> tuple[int, int, int, int]:
    return part.code, part.data, part.custom, part.size


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} B" if count else "–"
    return f"{count / 1e3:.1f} kB" if count < 999_950 else f"{count / 1e6:.1f} MB"


def _share(part: int, whole: int) -> str:
    share = 100 * part / whole if whole else 100.0
    return f"{share:.1f} %" if share >= 0.05 else "<0.1 %"


def _table_style(index: int, count: int) -> str:
    return "bold" if index == 0 else "dim" if index == count - 1 else "none"


def _cropped(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    # What tells names apart stands at their ends as often as at their beginnings.
    end = (width - 1) // 3
    start = set_cell_size(text, width - 1 - end).rstrip()
    return set_cell_size(f"{start}…{text[-end:]}", width)


def _line(text: str) -> str:
    """A text from a file on one line, and not longer than a page bears."""
    text = printable(" ".join(text[: 2 * _LONGEST_VALUE].split()))
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"
