"""What must hold for any graph of real components: accepted ones run, refused ones never could."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import wasmtime
from generated import HOST_FUNCTIONS, WRONGS, Need, Part, host_text
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from random_graphs import LEFT_OUT, Chance, draw, endpoint, host_number
from wasmtime import component as wasm

from wcompose.contract import InterfaceExtern
from wcompose.engine import Engine
from wcompose.errors import LinkError, UserError
from wcompose.graph import Component, Graph, Node, draft_graph, plan_graph
from wcompose.graph.compose import compose_graph, link, read_component
from wcompose.graph.request import Request
from wcompose.project import EdgeDeclaration, Endpoint, OfferDeclaration
from wcompose.report import Place

Reader = Callable[[str], Component]

SEEDS = st.integers(0, 2**32 - 1)


def many(count: int) -> settings:
    """So many examples; each takes as long as it takes, and what failed is told with its seed."""
    return settings(
        max_examples=count,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )


@pytest.fixture(scope="module")
def read(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Gives the component of a text; each text is made and read once."""
    directory = tmp_path_factory.mktemp("parts")
    known: dict[str, Component] = {}

    def component(text: str) -> Component:
        if text not in known:
            file = directory / f"{sha256(text.encode()).hexdigest()[:24]}.wasm"
            file.write_bytes(bytes(wasmtime.wat2wasm(text)))
            known[text] = read_component(engine, file)
        return known[text]

    return component


@pytest.fixture(scope="module")
def quick() -> wasmtime.Engine:
    """A runtime that compiles fast rather than well."""
    config = wasmtime.Config()
    config.cranelift_opt_level = "none"
    return wasmtime.Engine(config)


def nodes_of(graph: Chance, read: Reader) -> list[Node]:
    return [Node(name, read(part.text())) for name, part in graph.parts.items()]


def instantiated(
    quick: wasmtime.Engine, file: Path, graph: Graph
) -> tuple[wasmtime.Store, wasm.Instance]:
    """The composition, with a host that gives all that a host may be asked for."""
    linker = wasm.Linker(quick)
    with linker.root() as root:
        for name in sorted({each.name for each in graph.outsides}):
            with root.add_instance(name) as instance:
                if name.startswith("wasi:"):
                    for each in range(HOST_FUNCTIONS):
                        number = host_number(name, each)
                        instance.add_func(f"f{each}", lambda _, number=number: number)
                else:
                    instance.add_func("sum", lambda _: LEFT_OUT)
    store = wasmtime.Store(quick)
    return store, linker.instantiate(store, wasm.Component(quick, file.read_bytes()))


def answer(store: wasmtime.Store, instance: wasm.Instance, export: str) -> int:
    outer = instance.get_export_index(store, export)
    assert outer is not None, f"nothing is exported as {export}"
    index = instance.get_export_index(store, "sum", outer)
    assert index is not None
    function = instance.get_func(store, index)
    assert function is not None
    return int(function(store))


def check_accepted(
    size: int, seed: int, engine: Engine, read: Reader, quick: wasmtime.Engine, directory: Path
) -> None:
    note(f"graph: draw({size}, {seed})")
    drawn = draw(size, seed)
    nodes = nodes_of(drawn, read)
    output, again = directory / "out.wasm", directory / "again.wasm"
    graph = link(nodes, drawn.edges, drawn.exports, engine=engine, directory=directory / "types")
    wanted = {
        (name, need.name): (source.node, source.name)
        for name, part in drawn.parts.items()
        for need, source in zip(part.needs, drawn.filled[name], strict=True)
        if source is not None and source.node
    }
    made = {
        (edge.importer, edge.import_name): (edge.exporter, edge.export_name)
        for edge in graph.edges
        if edge.exporter in drawn.parts
    }
    assert made == wanted
    compose_graph(graph, engine, output)
    engine.validate(output)
    world = read_component(engine, output).world
    assert sorted(world.imports) == sorted({each.name for each in graph.outsides})
    assert list(world.exports) == [each.name for each in graph.offers]
    for offer in graph.offers:
        # A resource that is exported is still that of the interface it comes from.
        outer, inner = (
            world.exports[offer.name],
            graph.node(offer.exporter).exports[offer.export_name],
        )
        assert isinstance(outer, InterfaceExtern)
        assert isinstance(inner, InterfaceExtern)
        assert outer.interface.used_interfaces == inner.interface.used_interfaces
    store, instance = instantiated(quick, output, graph)
    for name, number in drawn.answers().items():
        assert answer(store, instance, name) == number

    chance = random.Random(seed)  # noqa: S311 - drawn again by its seed
    edges = list(drawn.edges)
    chance.shuffle(nodes)
    chance.shuffle(edges)
    shuffled = link(nodes, edges, drawn.exports, engine=engine, directory=directory / "types")
    compose_graph(shuffled, engine, again)
    assert again.read_bytes() == output.read_bytes()
    # Where nothing is asked for, what is offered and what is wrong is the same too.
    drafts = [
        draft_graph(some, Request(stated))
        for some, stated in ((nodes, edges), (nodes_of(drawn, read), drawn.edges))
    ]
    assert drafts[0] == drafts[1]


@given(size=st.integers(1, 24), seed=SEEDS)
@many(100)
def test_what_is_accepted_composes_runs_and_is_always_the_same(
    engine: Engine,
    read: Reader,
    quick: wasmtime.Engine,
    tmp_path_factory: pytest.TempPathFactory,
    size: int,
    seed: int,
) -> None:
    check_accepted(size, seed, engine, read, quick, tmp_path_factory.mktemp("small"))


@given(size=st.integers(100, 200), seed=SEEDS)
@many(4)
def test_large_graphs_too(
    engine: Engine,
    read: Reader,
    quick: wasmtime.Engine,
    tmp_path_factory: pytest.TempPathFactory,
    size: int,
    seed: int,
) -> None:
    check_accepted(size, seed, engine, read, quick, tmp_path_factory.mktemp("large"))


# What is refused ------------------------------------------------------------------------------


def everything_stated(drawn: Chance) -> list[EdgeDeclaration]:
    """An edge for each import that a node fills, and for each that is left to the outside."""
    return [
        EdgeDeclaration(
            Endpoint(name, need.name, Place(item=name)),
            endpoint(f"{source.node}:{source.name}") if source.node else None,
            "" if source.node else source.name,
        )
        for name, part in drawn.parts.items()
        for need, source in zip(part.needs, drawn.filled[name], strict=True)
        if source is not None
    ]


def forced_text(drawn: Chance) -> str:
    """The composition as text, whether it is right or not: no planner and no engine had a say."""
    numbers: dict[Part, int] = {}
    outsides: dict[str, str] = {}
    lines: list[str] = []
    for name, part in drawn.parts.items():
        if part not in numbers:
            numbers[part] = len(numbers)
            lines.append(part.text().replace("(component", f"(component $c{numbers[part]}", 1))
        arguments = []
        for need, source in zip(part.needs, drawn.filled[name], strict=True):
            if source is not None and source.node:
                sort = "func" if need.kind == "function" else "instance"
                argument = f'({sort} ${source.node} "{source.name}")'
            else:
                outside = need.name if source is None else source.name
                if outside not in outsides:
                    outsides[outside] = f"$o{len(outsides)}"
                    lines.append(
                        f'(import "{outside}" (instance {outsides[outside]} {inner(need)}))'
                    )
                argument = f"(instance {outsides[outside]})"
            arguments.append(f'(with "{need.name}" {argument})')
        lines.append(f"(instance ${name} (instantiate $c{numbers[part]} {' '.join(arguments)}))")
    for each in drawn.exports:
        node, name = each.exporting.node, each.exporting.name
        lines.append(f'(export "{each.name or name}" (instance ${node} "{name}"))')
    # Imports come first, so that each has a name before it is used.
    return "\n".join(
        ["(component", *sorted(lines, key=lambda line: "(import" not in line[:8]), ")"]
    )


def inner(need: Need) -> str:
    """What an instance that the whole imports must have."""
    if need.kind == "host":
        return host_text(range(HOST_FUNCTIONS))
    if need.kind == "types":
        return '(type $k u64) (export "kind" (type (eq $k)))'
    return '(export "sum" (func (result u64)))'


def is_valid(engine: Engine, text: str, file: Path) -> bool:
    """What the official validator says."""
    file.write_bytes(bytes(wasmtime.wat2wasm(text)))
    try:
        engine.validate(file)
    except UserError:
        return False
    return True


def check_refused(
    drawn: Chance, wanted: set[str], engine: Engine, read: Reader, directory: Path
) -> None:
    with pytest.raises(LinkError) as caught:
        plan_graph(nodes_of(drawn, read), everything_stated(drawn), drawn.exports)
    rules = {each.rule for each in caught.value.findings}
    assert rules
    assert rules <= wanted
    assert not is_valid(engine, forced_text(drawn), directory / "forced.wasm")


def spoilt(drawn: Chance, chance: random.Random) -> Chance | None:
    """The same graph with one import that expects another type; none if nothing is linked."""
    places = [
        (name, place)
        for name, part in drawn.parts.items()
        for place, (_, source) in enumerate(zip(part.needs, drawn.filled[name], strict=True))
        if source is not None and source.node
    ]
    if not places:
        return None
    name, place = chance.choice(places)
    part = drawn.parts[name]
    needs = list(part.needs)
    needs[place] = replace(needs[place], wrong=chance.choice(WRONGS[needs[place].kind]))
    note(f"{name} expects another {needs[place].name}: {needs[place].wrong}")
    return replace(drawn, parts={**drawn.parts, name: replace(part, needs=tuple(needs))})


def torn(drawn: Chance, chance: random.Random) -> Chance | None:
    """The same graph where one node gets a resource and its home from two nodes."""
    users = [
        (name, need)
        for name, part in drawn.parts.items()
        for need in part.needs
        if need.kind == "next"
    ]
    if not users:
        return None
    name, need = chance.choice(users)
    note(f"{name} gets the resource of {need.name} from another node")
    filled = list(drawn.filled[name])
    home = filled[need.home]
    assert home is not None
    filled[need.home] = replace(home, node="another")
    another = Part(own=1, things=home.name)
    return replace(
        drawn,
        parts={"another": another, **drawn.parts},
        filled={"another": [], **drawn.filled, name: filled},
    )


@given(size=st.integers(2, 30), seed=SEEDS)
@many(100)
def test_what_is_refused_for_its_types_the_validator_refuses_too(
    engine: Engine,
    read: Reader,
    tmp_path_factory: pytest.TempPathFactory,
    size: int,
    seed: int,
) -> None:
    note(f"graph: draw({size}, {seed})")
    drawn = draw(size, seed)
    chance = random.Random(seed)  # noqa: S311 - drawn again by its seed
    directory = tmp_path_factory.mktemp("refused")
    plan_graph(nodes_of(drawn, read), everything_stated(drawn), drawn.exports)
    assert is_valid(engine, forced_text(drawn), directory / "right.wasm")
    wrong = spoilt(drawn, chance)
    if wrong is not None:
        mismatches = {"type-mismatch", "async-mismatch"}
        check_refused(wrong, mismatches, engine, read, directory)
    wrong = torn(drawn, chance)
    if wrong is not None:
        check_refused(wrong, {"resource-two-providers"}, engine, read, directory)


# Whatever is stated ---------------------------------------------------------------------------

WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", ":", "@", "as", "demo:sums/i0", "demo:sums/i1@0.2", "f1", "n0", "wasi:a/b"]
    ),
)
LABELS = st.from_regex(r"[a-z][a-z0-9]{0,3}(-[a-z][a-z0-9]{0,3}){0,2}", fullmatch=True)


def drawn_edge(
    data: st.DataObject, imports: list[Endpoint], exports: list[Endpoint]
) -> EdgeDeclaration:
    """An edge between names that are there, whether they fit or not; or one to the outside."""
    importing = data.draw(st.sampled_from(imports))
    stem = importing.name.partition("/")[0]
    alike = [each for each in exports if each.name.partition("/")[0] == stem]
    if data.draw(st.integers(0, 9)) == 0:
        return EdgeDeclaration(importing, None, data.draw(LABELS), data.draw(st.booleans()))
    is_near = data.draw(st.integers(0, 9)) > 0
    chosen = alike if alike and is_near else exports
    return EdgeDeclaration(importing, data.draw(st.sampled_from(chosen)))


@given(size=st.integers(2, 10), seed=SEEDS, data=st.data())
@many(150)
def test_whatever_edges_are_stated_what_is_accepted_composes(
    engine: Engine,
    read: Reader,
    quick: wasmtime.Engine,
    tmp_path_factory: pytest.TempPathFactory,
    size: int,
    seed: int,
    data: st.DataObject,
) -> None:
    note(f"graph: draw({size}, {seed})")
    drawn, directory = draw(size, seed), tmp_path_factory.mktemp("stated")
    nodes = nodes_of(drawn, read)
    imports = [
        Endpoint(node.name, name, Place(item=name)) for node in nodes for name in node.imports
    ]
    exports = [
        Endpoint(node.name, name, Place(item=name)) for node in nodes for name in node.exports
    ]
    edges = {(each.importing.node, each.importing.name): each for each in drawn.edges}
    for _ in range(data.draw(st.integers(0, 3)) if imports else 0):
        edge = drawn_edge(data, imports, exports)
        edges[edge.importing.node, edge.importing.name] = edge
    asked = data.draw(st.lists(st.sampled_from(exports), min_size=1, max_size=3, unique=True))
    offers = [OfferDeclaration(each, data.draw(st.one_of(st.just(""), LABELS))) for each in asked]
    output = directory / "out.wasm"
    try:
        graph = link(
            nodes, list(edges.values()), offers, engine=engine, directory=directory / "types"
        )
    except LinkError as error:
        note(str(error))
        return
    compose_graph(graph, engine, output)
    engine.validate(output)


@given(
    size=st.integers(1, 6),
    seed=SEEDS,
    edges=st.lists(
        st.tuples(WORDS, WORDS, st.none() | st.tuples(WORDS, WORDS), WORDS, st.booleans())
    ),
    exports=st.none() | st.lists(st.tuples(WORDS, WORDS, WORDS)),
)
@many(150)
def test_no_statement_brings_the_planner_down(
    read: Reader,
    size: int,
    seed: int,
    edges: list[tuple[str, str, tuple[str, str] | None, str, bool]],
    exports: list[tuple[str, str, str]] | None,
) -> None:
    def end(node: str, name: str) -> Endpoint:
        return Endpoint(node, name, Place(item=f"{node}:{name}"))

    drawn = draw(size, seed)
    nodes = nodes_of(drawn, read)
    stated = [
        EdgeDeclaration(end(node, name), None if source is None else end(*source), outside, is_host)
        for node, name, source, outside, is_host in edges
    ]
    offers = (
        None
        if exports is None
        else [OfferDeclaration(end(node, name), other) for node, name, other in exports]
    )
    for more in (stated, [*everything_stated(drawn), *stated]):
        with contextlib.suppress(LinkError):
            plan_graph(nodes, more, offers)
