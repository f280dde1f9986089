"""What the planner says when an import cannot be filled: each disaster in its own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wcompose.contract import (
    Extern,
    InterfaceExtern,
    Mismatch,
    MismatchKind,
    TypeDef,
    parse_item_name,
)
from wcompose.graph.advice import Advice
from wcompose.graph.candidates import Similar
from wcompose.graph.model import Candidate, Node, Outside
from wcompose.graph.names import listed
from wcompose.graph.resources import Conflict, Origin
from wcompose.report import Finding, Place

_TOLD = 3
"""Differences between two interfaces that are told where they are different ones anyway."""


def ambiguous(
    node: Node, name: str, finalists: Sequence[Candidate], nodes: Sequence[Node], advice: Advice
) -> Finding:
    """More than one export fits an import equally well."""
    exporters = listed([candidate.exporter for candidate in finalists])
    item = f"{node.name}:{name}"
    names = {candidate.exporter for candidate in finalists}
    middlewares = [
        each.name
        for each in nodes
        if each.name in names and finalists[0].export_name in each.imports
    ]
    causes: tuple[str, ...] = ()
    meant = finalists[0]
    if len(middlewares) == 1:
        (middleware,) = middlewares
        meant = next(each for each in finalists if each.exporter == middleware)
        causes = (
            f"`{middleware}` imports the same interface, so it can stand in front of the other",
        )
    source = _endpoint(meant, name)
    return Finding(
        "ambiguous-import",
        f"`{item}` is exported by {exporters}",
        Place(item=item),
        causes=causes,
        hint=f"state the one that is meant: {advice.edge(item, source)}",
    )


def refused(
    node: Node, name: str, candidates: Sequence[Candidate], advice: Advice
) -> Iterator[Finding]:
    """Exports have the import's name, and none of them fits."""
    fitting_track = [each for each in candidates if each.mismatches]
    for candidate in fitting_track:
        if _is_another(name, candidate):
            yield _other_interface(node, name, candidate)
            continue
        for mismatch in candidate.mismatches:
            yield _misfit(node, name, candidate, mismatch)
    if not fitting_track:
        for candidate in candidates:
            yield _other_track(node, name, candidate, advice)


def unmet(
    node: Node,
    name: str,
    extern: Extern,
    near: Sequence[Similar],
    same: Sequence[Similar],
    users: Sequence[tuple[str, str, str]],
    advice: Advice,
) -> Finding:
    """Nothing exports what a node imports.

    Args:
        node: the node.
        name: the import.
        extern: its type.
        near: exports with similar names.
        same: exports of the interface that the import has a name of its own for.
        users: node, export and resource of those that use a resource of the interface.
        advice: words for hints.
    """
    item = f"{node.name}:{name}"
    leave = f"leave it to the outside: {advice.outside(item)}"
    causes = tuple(
        f"`{each.exporter}` exports `{each.export_name}`: {each.reason}" for each in near
    )
    interface = _stands_for(name, extern)
    if interface:
        causes = (f"`{name}` is the name that `{node.name}` itself gives to `{interface}`",)
    if len(same) > 1:
        causes += (f"`{interface}` is exported by {listed([each.exporter for each in same])}",)
    if same:
        edge = advice.edge(item, f"{same[0].exporter}:{same[0].export_name}")
        hint = f"say which export is meant: {edge}"
    elif near:
        edge = advice.edge(item, f"{near[0].exporter}:{near[0].export_name}")
        hint = f"if `{near[0].export_name}` is meant, say so: {edge}; if not, {leave}"
    elif users:
        hint = (
            f"let `{users[0][0]}` export `{name}` too, or {advice.component} that exports it, "
            f"or {leave}"
        )
    else:
        wanted = f"`{interface}`" if interface else "it"
        hint = f"{advice.component} that exports {wanted}, or {leave}"
    causes += tuple(
        f"`{user}` exports `{export}`, which uses resource `{resource}` of it, and does not "
        "export the resource itself"
        for user, export, resource in users
    )
    return Finding(
        "unmet-import",
        f"nothing exports `{name}`, which `{node.name}` imports",
        Place(item=item),
        causes=causes,
        hint=hint,
    )


def two_providers(conflict: Conflict, advice: Advice) -> Finding:
    """A node would take two resources for one."""
    importer, name, home = conflict.importer, conflict.import_name, conflict.home
    expected, given = conflict.expected, conflict.given
    item = f"{importer}:{name}"
    return Finding(
        "resource-two-providers",
        f"`{importer}` would take two resources for one `{conflict.resource}`: what fills `{name}` "
        f"does not mean the `{conflict.resource}` of what fills `{home}`",
        Place(item=item),
        causes=(f"by `{home}` it is {expected}", f"by `{name}` it is {given}"),
        hint=_one_provider(importer, name, home, expected, given, advice),
    )


def _one_provider(
    importer: str, name: str, home: str, expected: Origin, given: Origin, advice: Advice
) -> str:
    if not (expected.node or given.node):
        return (
            "both come from outside, so leave both there under one name, "
            f"`{expected.interface}` or `{given.interface}`"
        )
    if given.node:
        edge = advice.edge(f"{importer}:{home}", f"{given.node}:{given.interface}")
        return f"let both come from one: {edge}"
    return (
        f"`{name}` comes from outside or uses what does: fill it inside too, or leave "
        f"`{home}` to the outside: {advice.outside(f'{importer}:{home}')}"
    )


def outside_conflict(
    name: str, first: str, second: str, mismatches: Iterable[Mismatch], *, renamed: bool
) -> Iterator[Finding]:
    """Two nodes leave one import to the outside and expect different types of it."""
    for mismatch in mismatches:
        yield Finding(
            "outside-conflict",
            f"`{first}` and `{second}` both leave `{name}` to the outside, and expect different "
            f"types: {mismatch.message}",
            Place(item=f"{second}:{name}"),
            causes=_sides("expected", first, "expected", second, mismatch),
            hint="give one of them another name outside"
            if renamed
            else f"rebuild `{first}` or `{second}` from the same contract",
        )


def outside_name_taken(name: str, first: Outside, second: Outside) -> Finding:
    """An import is to have the name outside that another one has already."""
    own, moved = sorted((first, second), key=lambda each: each.import_name != name)
    return Finding(
        "outside-conflict",
        f"`{moved.importer}:{moved.import_name}` is to be imported as `{name}`, which is what "
        f"`{own.importer}` imports",
        Place(item=f"{moved.importer}:{moved.import_name}"),
        hint="give it another name outside",
    )


def outside_names_alike(taken: str, second: Outside) -> Finding:
    """Two imports of the whole have names that validators take for one."""
    return Finding(
        "import-names-alike",
        f"`{taken}` and `{second.name}` cannot both be imported: hyphens and letter case alone do not "
        "tell names apart",
        Place(item=f"{second.importer}:{second.import_name}"),
        hint="give one of them another name",
    )


def moved_home(user: Outside, home: Outside, resource: str) -> Finding:
    """An import uses a resource of one that has another name outside."""
    return Finding(
        "resource-renamed",
        f"`{user.importer}:{user.import_name}` is left to the outside and uses resource `{resource}` "
        f"of `{home.import_name}`, which is left there as `{home.name}`",
        Place(item=f"{user.importer}:{user.import_name}"),
        hint=f"leave `{home.importer}:{home.import_name}` to the outside under its own name, "
        "or fill both inside",
    )


def too_many(what: str, count: int, most: int) -> Finding:
    """A ceiling of the official validator."""
    return Finding(
        "limit-exceeded",
        f"the graph has {count:,} {what}, and validators take no more than {most:,}",
        hint="compose less at a time, or make several nodes from one component: what is shared "
        "counts once",
    )


def _is_another(name: str, candidate: Candidate) -> bool:
    """Whether an edge was stated to an interface that is another by its name too."""
    item, other = parse_item_name(name), parse_item_name(candidate.export_name)
    return item is not None and other is not None and not item.same_interface(other)


def _other_interface(node: Node, name: str, candidate: Candidate) -> Finding:
    told = [each.message for each in candidate.mismatches[:_TOLD]]
    more = len(candidate.mismatches) - len(told)
    return Finding(
        "other-interface",
        f"`{candidate.exporter}:{candidate.export_name}` is stated for `{node.name}:{name}`, and is "
        "another interface",
        Place(item=f"{node.name}:{name}"),
        causes=(*told, *((f"and {more} more",) if more else ())),
        hint="name an export of the same interface, or one of the same functions",
    )


def _misfit(node: Node, name: str, candidate: Candidate, mismatch: Mismatch) -> Finding:
    rule = "type-mismatch"
    hint = f"rebuild `{node.name}` or `{candidate.exporter}` from the same contract"
    if mismatch.kind is MismatchKind.FUNCTION_ASYNC:
        rule = "async-mismatch"
        hint = (
            "an async function and a sync one are different types and never link: rebuild "
            f"`{node.name}` or `{candidate.exporter}`, or put a component between them that has the one "
            "and calls the other"
        )
    elif mismatch.kind is MismatchKind.RESOURCE_IDENTITY:
        rule = "resource-mismatch"
        hint = (
            "a resource is equal only to itself: take it from the same interface in both "
            f"contracts, and rebuild `{node.name}` or `{candidate.exporter}`"
        )
    return Finding(
        rule,
        f"`{node.name}:{name}` does not fit the export of `{candidate.exporter}`: "
        f"{mismatch.message}",
        Place(item=_path(node.name, name, mismatch.path)),
        causes=_sides("expected", node.name, "offered", candidate.exporter, mismatch),
        hint=hint,
    )


def _other_track(node: Node, name: str, candidate: Candidate, advice: Advice) -> Finding:
    item, other = parse_item_name(name), parse_item_name(candidate.export_name)
    hint = "bring both to one version track (one major version, or one minor version below 1.0)"
    words = "versions of different tracks never link"
    if item is not None and other is not None:
        if item.version is None or other.version is None:
            words = "a name with a version and one without never link"
            hint = "give both a version of one track, or neither"
        elif item.version.prerelease or other.version.prerelease:
            words = "a prerelease links to nothing but itself"
            hint = "build both from one version"
        elif (item.version.major, item.version.minor) == (other.version.major, other.version.minor):
            words = "a version below 0.1 links to nothing but itself"
            hint = "build both from one version"
    return Finding(
        "version-track",
        f"`{node.name}` imports `{name}`, and `{candidate.exporter}` exports "
        f"`{candidate.export_name}`: {words}",
        Place(item=f"{node.name}:{name}"),
        hint=f"{hint}, or leave it to the outside: {advice.outside(f'{node.name}:{name}')}",
    )


def users_of(node: Node, name: str, nodes: Iterable[Node]) -> Iterator[tuple[str, str, str]]:
    """Nodes that export something with a resource of an interface that they only import.

    The node that asks counts too, and comes first.
    """
    for each in sorted(nodes, key=lambda other: other.name != node.name):
        home = each.imports.get(name)
        if name in each.exports or not isinstance(home, InterfaceExtern):
            continue
        own = {id(resource) for resource in home.interface.types.values()}
        for export, extern in each.exports.items():
            if not isinstance(extern, InterfaceExtern):
                continue
            for resource in extern.interface.types.values():
                if _is_taken(resource, own):
                    yield each.name, export, resource.name


def _stands_for(name: str, extern: Extern) -> str:
    """The interface that an import has a plain name of the node's own for; empty for none."""
    if not isinstance(extern, InterfaceExtern) or parse_item_name(name) is not None:
        return ""
    return extern.interface.name if parse_item_name(extern.interface.name) is not None else ""


def _is_taken(resource: TypeDef, own: set[int]) -> bool:
    return resource.is_resource and resource.root is not resource and id(resource.root) in own


def _path(node: str, name: str, path: str) -> str:
    """Path of a mismatch; that of a bare function begins with the function's own name."""
    inner = path.removeprefix(name).lstrip(".")
    return f"{node}:{name}.{inner}" if inner else f"{node}:{name}"


def _sides(
    verb: str, importer: str, other_verb: str, exporter: str, mismatch: Mismatch
) -> tuple[str, ...]:
    return tuple(
        f"{word} by `{node}`: `{text}`" + (f" ({place})" if str(place) else "")
        for word, node, text, place in (
            (verb, importer, mismatch.expected, mismatch.expected_place),
            (other_verb, exporter, mismatch.actual, mismatch.actual_place),
        )
        if text
    )


def _endpoint(candidate: Candidate, name: str) -> str:
    if candidate.export_name == name:
        return candidate.exporter
    return f"{candidate.exporter}:{candidate.export_name}"
