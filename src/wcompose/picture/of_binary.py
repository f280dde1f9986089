"""The picture of any composed binary, from what the engine reads in it.

The engine's ``structure`` gives JSON: ``{"components": [C, …]}``. The first ``C`` is the file
itself, and every component that is defined in it, at any depth, is one entry, however often it is
instantiated. ``C`` is an object of

- ``name``: as its ``component-name`` section says, or empty
- ``size``, ``code``, ``data``, ``custom``: bytes, those of everything in it included
- ``has_code``: whether it has a core module, at any depth or by an alias of an outer one
- ``leaf``: whether it is a single component as compilers make them: core modules, and components
  without code around them. Its ``instances`` are not told
- ``producers``: ``{field: {name: version}}`` of its own section
- ``languages``: those that the producers of anything in it name, sorted
- ``modules``: its own core modules, ``[{"name", "size", "producers", "shared"}]``; ``shared`` for
  one that it takes from around it
- ``version``, ``description``, ``authors``, ``licenses``, ``source``, ``homepage``, ``revision``:
  where told
- ``imports``: ``[{"name", "kind"}]``; a kind is ``instance``, ``func``, ``type``, ``component``,
  ``module`` or ``value``
- ``exports``: ``[{"name", "kind", "source": SOURCE or null}]``
- ``contract``: as `wcompose.contract.Contract.from_json` reads it, or null
- ``instances``: those that it instantiates, in order: ``[{"component": index into "components" or
  null, "imported": name of the imported component in that case, "name", "arguments": [{"name",
  "kind", "source": SOURCE}]}]``

``SOURCE`` is one of

- ``{"kind": "import", "name"}``: an import of the component it stands in; with ``item``, an export
  of it
- ``{"kind": "export", "instance": index into "instances", "name"}``
- ``{"kind": "instance", "instance"}``: a whole instance
- ``{"kind": "bundle", "items": [{"name", "source": SOURCE}]}``: an instance put together from items
- ``{"kind": "own"}``: defined in the component itself

What is instantiated becomes nodes. A component with code is one; a composition in the composition
is a group, and edges go through its border to the node that is meant. A component without code that
only passes on what it was given, as ``wasm-tools compose`` makes them, is looked through. One that
holds types of its own is a node of kind `NodeKind.TYPES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import PurePath
from typing import Any, TypeAlias

from wcompose.contract.carried import is_carrier
from wcompose.errors import ArtifactError, EngineFault
from wcompose.graph import is_host_interface
from wcompose.picture.capabilities import capabilities_of
from wcompose.picture.claims import clipped, details_of
from wcompose.picture.gates import called
from wcompose.picture.gathering import Composition, GatheredGrants
from wcompose.picture.languages import language_of
from wcompose.picture.model import (
    NodeKind,
    Picture,
    PictureEdge,
    PictureNode,
    PictureOffer,
    PictureOutside,
    Port,
)
from wcompose.picture.ports import Ports, filled_words, is_value_type, main_export
from wcompose.picture.sources import (
    OWN,
    Bundle,
    Everything,
    FromNode,
    FromOutside,
    Origin,
    Source,
    evaluate,
    origins,
    trace,
)
from wcompose.report import Place

MOST_INSTANCES = 5_000
"""Instances that are drawn; wasmtime refuses more than 1,000 in one component."""
DEEPEST = 100
"""Compositions in compositions, as they are instantiated."""

_Json: TypeAlias = Mapping[str, Any]


def picture_of_binary(
    structure: Mapping[str, Any],
    *,
    subject: str,
    size: int,
    digest: str,
    prebuilt: Mapping[int, str] | None = None,
    with_gates: bool = False,
) -> Picture:
    """The picture of a component binary; one that is no composition is a single node.

    Args:
        structure: what `wcompose.engine.Engine.structure` gave.
        subject: the file, as the user named it.
        size: its bytes.
        digest: its ``sha256:…``.
        prebuilt: gates that come with this tool, by the sizes of their components in the binary.
        with_gates: draw gates as nodes, and not as a part of the node that they belong to.

    Raises:
        ArtifactError: it instantiates so much that nobody could look at it.
        EngineFault: the structure is not what the engine has agreed to give.
    """
    try:
        drawing = _Drawing(structure["components"], subject, prebuilt or {})
        return drawing.draw(size, digest, with_gates=with_gates)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise EngineFault.of(
            "structure-malformed",
            "the engine described a component in a form that is not agreed",
            causes=(f"{type(error).__name__}: {error}",),
            hint=f"this is a bug in wcompose: report it with `{subject}`",
        ) from error


class _Drawing:
    def __init__(self, components: list[_Json], subject: str, prebuilt: Mapping[int, str]) -> None:
        self._components = components
        self._subject = subject
        self._grants = GatheredGrants(prebuilt)
        self._indices: dict[str, int] = {}
        self._nodes: dict[str, PictureNode] = {}
        self._edges: set[tuple[str, str, str, str]] = set()
        self._outsides: set[tuple[str, str, str]] = set()
        self._ports = Ports(components)
        self._parts: dict[int, bool] = {}
        self._numbers: dict[str, int] = {}
        self._count = self._depth = 0

    def draw(self, size: int, digest: str, *, with_gates: bool) -> Picture:
        root = self._components[0]
        title = clipped(root.get("name") or "") or PurePath(self._subject).stem
        imports: dict[str, Source] = {
            each["name"]: FromOutside(each["name"]) for each in root["imports"]
        }
        if root.get("leaf") or not self._has_parts(0):
            exports: Mapping[str, Source] = {
                each["name"]: FromNode(title, each["name"]) for each in root["exports"]
            }
            kind = NodeKind.COMPONENT if root["has_code"] else NodeKind.TYPES
            self._add(title, 0, kind, "", imports, component="")
        else:
            exports = self._inside(0, imports, "")
        picture = Picture(
            title=title,
            subject=self._subject,
            size=size,
            digest=digest,
            nodes=tuple(self._completed()),
            edges=tuple(PictureEdge(*each) for each in sorted(self._edges)),
            outsides=tuple(
                PictureOutside(*each, is_host=is_host_interface(each[2]))
                for each in sorted(self._outsides)
            ),
            offers=tuple(
                PictureOffer(origin.node, origin.export, each["name"])
                for each in root["exports"]
                if each["kind"] != "type"
                for origin in self._origins(exports.get(each["name"]), 0, "exports", each["name"])
                if isinstance(origin, FromNode)
            ),
        )
        return self._grants.tell(picture, self._functions, fold=not with_gates)

    # Instances

    def _inside(self, index: int, imports: Mapping[str, Source], group: str) -> dict[str, Source]:
        """Draw what a composition instantiates, and give its exports."""
        self._enter()
        instances: list[Source] = []
        names: dict[int, str] = {}
        for place, json in enumerate(self._components[index]["instances"]):
            before = len(self._nodes)
            wanted = (json["component"], "imports")
            arguments = {
                each["name"]: self._own(
                    evaluate(each["source"], imports, instances), each, wanted, index, group
                )
                for each in json["arguments"]
            }
            instances.append(self._instantiate(json, arguments, group))
            if name := next(islice(self._nodes, before, None), ""):
                names[place] = name
        self._depth -= 1
        composition = Composition(self._components, index, self._ports)
        self._nodes |= self._grants.gather(composition, names, self._nodes)
        offered = (index, "exports")
        return {
            each["name"]: self._own(
                evaluate(each["source"], imports, instances), each, offered, index, group
            )
            for each in self._components[index]["exports"]
            if each["source"] is not None
        }

    def _functions(self, node: str, import_name: str) -> tuple[str, ...]:
        index = self._indices.get(node)
        return () if index is None else self._ports.functions(index, "imports", import_name)

    def _own(
        self,
        source: Source,
        named: _Json,
        side: tuple[int | None, str],
        index: int,
        group: str,
    ) -> Source:
        """The source; or a node for code of a composition itself, where the source is made of that.

        Args:
            source: what an argument or an export is.
            named: the argument or the export.
            side: the component whose contract tells what it has to be, and whether as an import.
            index: the composition.
            group: its node, empty for the whole.
        """
        component, word = side
        is_code = named["kind"] == "func" or (
            component is not None and bool(self._ports.functions(component, word, named["name"]))
        )
        if not is_code or not self._components[index]["modules"] or origins(source):
            return source
        return FromNode(self._own_code(index, group), named["name"])

    def _instantiate(self, json: _Json, arguments: Mapping[str, Source], group: str) -> Source:
        self._take()
        index = json["component"]
        if index is None:
            name = self._free_name(json["name"] or json["imported"], group)
            self._add_missing(name, json["imported"], arguments, group)
            return Everything(name)
        component = self._components[index]
        if not self._has_parts(index):
            return self._without_code(index, json, arguments, group)
        name = self._free_name(
            called(self._components, json) or main_export(component) or f"component {index}", group
        )
        is_leaf = bool(component.get("leaf"))
        kind = NodeKind.COMPONENT if is_leaf else NodeKind.GROUP
        if is_leaf and is_carrier([each["name"] for each in component["exports"]]):
            kind = NodeKind.CARRIER
        self._add(name, index, kind, group, arguments, component=component["name"])
        return Everything(name) if is_leaf else Bundle(self._inside(index, arguments, name))

    def _without_code(
        self, index: int, json: _Json, arguments: Mapping[str, Source], group: str
    ) -> Source:
        """What an instance without code passes on; its own types are a node."""
        exports = self._passed_on(index, arguments)
        names: list[str] = []

        def own_types() -> Source:
            if not names:
                names.append(self._free_name(called(self._components, json) or "types", group))
                component = self._components[index]["name"]
                self._add(names[0], index, NodeKind.TYPES, group, arguments, component=component)
            return Everything(names[0])

        items: dict[str, Source] = {}
        for each in self._components[index]["exports"]:
            source = exports.get(each["name"], OWN)
            items[each["name"]] = source
            if each["kind"] == "instance":
                traced = trace(source, own_types)
                if traced is not source:
                    items[each["name"]] = FromNode(names[0], each["name"])
        return Bundle(items)

    def _passed_on(self, index: int, imports: Mapping[str, Source]) -> dict[str, Source]:
        self._enter()
        self._take()
        component = self._components[index]
        instances: list[Source] = []
        for json in component.get("instances") or ():
            arguments = {
                each["name"]: evaluate(each["source"], imports, instances)
                for each in json["arguments"]
            }
            instances.append(Bundle(self._passed_on(json["component"], arguments)))
        self._depth -= 1
        return {
            each["name"]: evaluate(each["source"], imports, instances)
            for each in component["exports"]
            if each["source"] is not None
        }

    def _take(self) -> None:
        self._count += 1
        if self._count > MOST_INSTANCES:
            raise self._too_large(f"instantiates more than {MOST_INSTANCES:,} components")

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._too_large(f"nests compositions more than {DEEPEST} deep")

    def _too_large(self, how: str) -> ArtifactError:
        return ArtifactError.of(
            "picture-too-large",
            f"`{self._subject}` {how}",
            place=Place(self._subject),
            hint="look at the components that it is made of instead",
        )

    def _has_parts(self, index: int) -> bool:
        """Whether there is anything to draw in a component: code, or a component that it imports."""
        if index not in self._parts:
            component = self._components[index]
            self._enter()
            self._parts[index] = bool(component["has_code"]) or any(
                each["component"] is None or self._has_parts(each["component"])
                for each in component.get("instances") or ()
            )
            self._depth -= 1
        return self._parts[index]

    # Nodes

    def _free_name(self, wanted: str, group: str) -> str:
        wanted = clipped(wanted)
        name = path = f"{group}/{wanted}" if group else wanted
        while name in self._nodes:
            self._numbers[path] = self._numbers.get(path, 1) + 1
            name = f"{path} {self._numbers[path]}"
        return name

    def _add(
        self,
        name: str,
        index: int,
        kind: NodeKind,
        group: str,
        arguments: Mapping[str, Source],
        *,
        component: str,
    ) -> None:
        json = self._components[index]
        self._indices[name] = index
        asked: list[str] = []
        imports = []
        for each in json["imports"]:
            filled = self._origins(arguments.get(each["name"]), index, "imports", each["name"])
            extern = self._ports.extern(index, "imports", each["name"])
            if kind is not NodeKind.GROUP and not is_value_type(extern):
                asked += self._connect(name, each["name"], filled)
            words = filled_words(each["name"], filled, is_given=each["name"] in arguments)
            imports.append(self._ports.port(index, "imports", each["name"], words))
        own = name.removeprefix(f"{group}/")
        self._nodes[name] = PictureNode(
            name=name,
            kind=kind,
            language="" if kind is NodeKind.GROUP else language_of(json),
            size=json["size"],
            component="" if component == own else component,
            parent=group,
            capabilities=capabilities_of(asked),
            imports=tuple(imports),
            exports=tuple(
                self._ports.port(index, "exports", each["name"]) for each in json["exports"]
            ),
            details=details_of(json),
        )

    def _add_missing(
        self, name: str, imported: str, arguments: Mapping[str, Source], group: str
    ) -> None:
        imports = []
        for argument, source in arguments.items():
            filled = origins(source)
            self._connect(name, argument, filled)
            imports.append(Port(argument, filled_by=filled_words(argument, filled, is_given=True)))
        self._nodes[name] = PictureNode(
            name,
            NodeKind.MISSING,
            component="" if imported == name else imported,
            parent=group,
            imports=tuple(imports),
        )

    def _own_code(self, index: int, group: str) -> str:
        """The node for core code that stands in a composition itself."""
        name = f"{group}/own code" if group else "own code"
        if name not in self._nodes:
            json = self._components[index]
            modules = [each for each in json["modules"] if not each.get("shared")]
            self._nodes[name] = PictureNode(
                name,
                language=language_of({**json, "producers": {}}),
                size=sum(each["size"] for each in modules),
                parent=group,
            )
        return name

    def _connect(self, importer: str, import_name: str, filled: tuple[Origin, ...]) -> list[str]:
        """Note what fills an import; gives its name when that is the host."""
        asked = []
        for origin in filled:
            if isinstance(origin, FromNode):
                self._edges.add((importer, import_name, origin.node, origin.export))
            else:
                self._outsides.add((importer, import_name, origin.name))
                if is_host_interface(origin.name):
                    asked.append(import_name)
        return asked

    def _completed(self) -> Iterator[PictureNode]:
        """The nodes; what a component that is not there exports is known by who uses it."""
        used: dict[str, set[str]] = {}
        for _, _, exporter, export in self._edges:
            used.setdefault(exporter, set()).add(export)
        for node in self._nodes.values():
            if node.exports or node.kind is NodeKind.GROUP:
                yield node
            else:
                ports = tuple(Port(each) for each in sorted(used.get(node.name, ())))
                yield replace(node, exports=ports)

    def _origins(
        self, source: Source | None, index: int, side: str, name: str
    ) -> tuple[Origin, ...]:
        return origins(source, self._ports.functions(index, side, name))
