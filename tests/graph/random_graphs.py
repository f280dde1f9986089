"""Graphs of real components by chance, what each import is meant to get, and what the whole answers.

The answers come from a model that knows nothing of the planner: who gives what is drawn first, and an
edge is stated wherever names alone would not lead to that.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from generated import HOST_FUNCTIONS, Need, Part

from wcompose.contract import ItemName, parse_item_name
from wcompose.project import EdgeDeclaration, Endpoint, OfferDeclaration
from wcompose.report import Place

MASK = (1 << 64) - 1
LEFT_OUT = 5
"""What the host gives for an import of a node that is left to the outside."""

_VERSIONS = ("0.2.0", "0.2.4", "0.2.10", "1.0.0", "1.3.0")


@dataclass(frozen=True)
class Given:
    """What fills one import: a node and its export, or the outside (no node) under a name."""

    node: str
    name: str


@dataclass
class Chance:
    """A graph that was drawn.

    Attributes:
        parts: component of each node, in an order in which providers come first.
        filled: what fills each need of each node, by its place; none for the host and for types.
        edges: what has to be stated.
        exports: what is asked of the whole; whose names begin with ``answer-`` have a ``sum``.
    """

    parts: dict[str, Part] = field(default_factory=dict)
    filled: dict[str, list[Given | None]] = field(default_factory=dict)
    edges: list[EdgeDeclaration] = field(default_factory=list)
    exports: list[OfferDeclaration] = field(default_factory=list)

    def total(self) -> dict[str, int]:
        """What each node's total comes to."""
        totals: dict[str, int] = {}
        for name, part in self.parts.items():
            found = part.own
            for place, need in enumerate(part.needs):
                found += self._term(name, part, place, need, totals)
            totals[name] = found & MASK
        return totals

    def answers(self) -> dict[str, int]:
        """What `sum` of each export of the whole is to give, by the export's name."""
        totals = self.total()
        return {
            each.name or each.exporting.name: (
                totals[each.exporting.node]
                + self.parts[each.exporting.node].sums.index(each.exporting.name)
            )
            & MASK
            for each in self.exports
            if each.name.startswith("answer-")
        }

    def _term(self, name: str, part: Part, place: int, need: Need, totals: dict[str, int]) -> int:
        given = self.filled[name][place]
        if need.kind == "host":
            return sum(host_number(need.name, each) for each in need.functions)
        if given is None:
            return 0
        if not given.node:
            return LEFT_OUT
        provider = self.parts[given.node]
        match need.kind:
            case "sum":
                return totals[given.node] + provider.sums.index(given.name)
            case "weigh":
                return part.own + 2 * place + provider.own
            case "things":
                return part.own + provider.own
            case "next":
                caller, maker = self.origin(given.node)
                return self.parts[caller].own + self.parts[maker].own
            case _:
                return totals[given.node] + 100

    def origin(self, name: str) -> tuple[str, str]:
        """Of the resource that a node passes on: the node that asks for it, the one that makes it."""
        part = self.parts[name]
        if part.source is None:
            return name, name
        given = self.filled[name][part.source]
        assert given is not None
        if part.needs[part.source].kind == "things":
            return name, given.node
        return self.origin(given.node)


def host_number(name: str, function: int) -> int:
    """What the host gives for function ``function`` of an interface, whatever its version."""
    number = int(name.partition("@")[0].rpartition("h")[2])
    return number * HOST_FUNCTIONS + function + 1


def draw(size: int, seed: int) -> Chance:
    """A graph of ``size`` nodes that can be composed."""
    return _Drawing(size, random.Random(seed)).draw()  # noqa: S311 - drawn again by its seed


def endpoint(text: str) -> Endpoint:
    """``NODE:NAME``, or ``NODE``."""
    node, _, name = text.partition(":")
    return Endpoint(node, name, Place(item=text))


class _Drawing:
    def __init__(self, size: int, chance: random.Random) -> None:
        self._random = chance
        self._size = size
        self._graph = Chance()
        self._exporters: dict[str, list[Given]] = {}

    def draw(self) -> Chance:
        names = [f"n{number}" for number in range(self._size)]
        self._random.shuffle(names)
        for number, name in enumerate(names):
            if number > 1 and self._random.random() < 0.1:
                self._add_twin(name, names[number - 1])
            else:
                self._add(name, number)
        self._state_edges()
        self._ask(names)
        return self._graph

    def _add(self, name: str, number: int) -> None:
        needs: list[Need] = []
        filled: list[Given | None] = []

        def need(kind: str, given: Given | None, spelt: str = "", **more: object) -> None:
            wanted = spelt or (given.name if given is not None else "")
            if not any(_stem(each.name) == _stem(wanted) for each in needs):
                needs.append(replace(Need(kind, wanted), **more))  # type: ignore[arg-type]
                filled.append(given)

        for given in self._some("sum", 3):
            need("sum", given, self._respelt(given.name))
        for kind in ("weigh", "things", "function"):
            for given in self._some(kind, 1):
                need(kind, given)
        for given in self._some("next", 1):
            self._need_next(given, needs, filled)
        if self._random.random() < 0.2:
            functions = sorted(
                self._random.sample(range(HOST_FUNCTIONS), self._random.randint(1, HOST_FUNCTIONS))
            )
            patch = self._random.randint(0, 3)
            host = f"wasi:numbers/h{self._random.randint(0, 2)}@0.2.{patch}"
            need("host", None, host, functions=tuple(functions))
        if self._random.random() < 0.1:
            need("types", None, f"demo:kinds/k{self._random.randint(0, 2)}")
        if self._random.random() < 0.1:
            need("sum", Given("", f"left-{number}"), f"demo:left/l{number}")
        self._finish(name, self._part(number, needs), filled)

    def _need_next(self, given: Given, needs: list[Need], filled: list[Given | None]) -> None:
        """Import what gives a resource, and its home from the node that makes it."""
        _, maker = self._graph.origin(given.node)
        home = Given(maker, self._graph.parts[maker].things)
        if any(each.kind == "things" for each in needs):
            place = next(at for at, each in enumerate(needs) if each.kind == "things")
            if filled[place] != home:
                return
        else:
            place = len(needs)
            needs.append(Need("things", home.name))
            filled.append(home)
        needs.append(Need("next", given.name, home=place))
        filled.append(given)

    def _part(self, number: int, needs: list[Need]) -> Part:
        chance = self._random.random
        sums = [self._spelling(number)]
        if chance() < 0.2:
            sums.append(f"demo:more/m{number}")
        if number and chance() < 0.1:
            # One more node that exports what an earlier one does, in whatever version.
            sums[0] = self._spelling(self._random.randrange(number))
        things = f"demo:things/t{number}" if chance() < 0.25 else ""
        sources = [at for at, each in enumerate(needs) if each.kind in {"things", "next"}]
        passes, source = "", None
        if (sources or things) and chance() < 0.6:
            passes = f"demo:passes/p{number}"
            source = self._random.choice(sources) if sources and chance() < 0.7 else None
            if source is None and not things:
                source = sources[0]
        return Part(
            own=self._random.randint(1, 1000),
            needs=tuple(needs),
            sums=tuple(sums),
            weigh=f"demo:weigh/w{number}" if chance() < 0.2 else "",
            things=things,
            passes=passes,
            source=source,
            functions=(f"f{number}",) if chance() < 0.15 else (),
        )

    def _add_twin(self, name: str, other: str) -> None:
        """One more node of a component, with what can be other providers."""
        part = self._graph.parts[other]
        filled: list[Given | None] = []
        for need, same in zip(part.needs, self._graph.filled[other], strict=True):
            choices = [
                each for each in self._exporters.get(_stem(need.name), ()) if each.node != other
            ]
            is_free = need.kind == "sum" and same is not None and same.node and choices
            filled.append(self._random.choice(choices) if is_free else same)
        self._finish(name, part, filled)

    def _finish(self, name: str, part: Part, filled: list[Given | None]) -> None:
        self._graph.parts[name] = part
        self._graph.filled[name] = filled
        for export in part.exports:
            self._exporters.setdefault(_stem(export), []).append(Given(name, export))

    def _some(self, kind: str, most: int) -> list[Given]:
        """Exports of a kind, of earlier nodes."""
        known = [
            Given(name, export)
            for name, part in list(self._graph.parts.items())[-12:]
            for export in _of_kind(part, kind)
        ]
        count = self._random.randint(0, most)
        return self._random.sample(known, min(count, len(known)))

    def _spelling(self, number: int) -> str:
        """Name of an interface: of one number always with a version, or always without one."""
        name = f"demo:sums/i{number}"
        return name if number % 3 else f"{name}@{self._random.choice(_VERSIONS)}"

    def _respelt(self, name: str) -> str:
        """The same interface, perhaps of another version on its track."""
        item = parse_item_name(name)
        if item is None or item.version is None or self._random.random() < 0.5:
            return name
        stem = name.partition("@")[0]
        return f"{stem}@{item.version.track}" + (".7" if item.version.major == 0 else ".7.0")

    def _state_edges(self) -> None:
        """State each edge that names do not lead to, and now and then one that they do."""
        for name, part in self._graph.parts.items():
            for need, given in zip(part.needs, self._graph.filled[name], strict=True):
                if given is None:
                    continue
                importing = Endpoint(name, need.name, Place(item=f"{name}:{need.name}"))
                if not given.node:
                    self._graph.edges.append(EdgeDeclaration(importing, None, given.name))
                elif self._found(name, need.name) != [given] or self._random.random() < 0.1:
                    source = endpoint(f"{given.node}:{given.name}")
                    self._graph.edges.append(EdgeDeclaration(importing, source))

    def _found(self, name: str, wanted: str) -> list[Given]:
        """The exports that names lead to: the same one, or else the highest version on the track."""
        exports = [each for each in self._exporters[_stem(wanted)] if each.node != name]
        same = [each for each in exports if each.name == wanted]
        if same:
            return same
        best = max(_item(each.name).version_rank() for each in exports)
        return [each for each in exports if _item(each.name).version_rank() == best]

    def _ask(self, names: Sequence[str]) -> None:
        for number, name in enumerate(dict.fromkeys((names[-1], self._random.choice(names)))):
            self._graph.exports.append(
                OfferDeclaration(
                    endpoint(f"{name}:{self._graph.parts[name].sums[0]}"), f"answer-{number}"
                )
            )
        # What gives a resource can be exported only with the interface that the resource is of.
        givers = [name for name in names if self._graph.parts[name].passes]
        if givers and self._random.random() < 0.5:
            name = self._random.choice(givers)
            export = endpoint(f"{name}:{self._graph.parts[name].passes}")
            self._graph.exports.append(OfferDeclaration(export))


def _item(name: str) -> ItemName:
    item = parse_item_name(name)
    assert item is not None
    return item


def _stem(name: str) -> str:
    """What names must share for one to mean the other: the interface and its version track."""
    item = parse_item_name(name)
    if item is None or item.version is None:
        return name
    return f"{name.partition('@')[0]}@{item.version.track}"


def _of_kind(part: Part, kind: str) -> tuple[str, ...]:
    match kind:
        case "sum":
            return part.sums
        case "function":
            return part.functions
        case "weigh":
            names = (part.weigh,)
        case "things":
            names = (part.things,)
        case _:
            names = (part.passes,)
    return tuple(name for name in names if name)
