"""Everything a build depends on, as digests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from wcompose import __version__
from wcompose.build.python import PythonNode, fingerprint
from wcompose.errors import ArtifactError, UserError
from wcompose.files import digest_file, digest_tree
from wcompose.project import NodeDeclaration, Project, PythonSource
from wcompose.report import Finding, Place
from wcompose.shipped import ENGINE_FILE, GATES_DIRECTORY

COMPONENT_SIZE_LIMIT = 1 << 29
"""Bytes of a component that are read at most: 512 MiB."""


@dataclass(frozen=True)
class Inputs:
    """Digests of what goes into a build.

    Attributes:
        wit: digest of the contracts.
        nodes: for each node the digest of its binary or of all that it is built from.
        digest: digest of everything, the project file and this tool included.
    """

    wit: str
    nodes: dict[str, str]
    digest: str


def gather_inputs(project: Project) -> Inputs:
    """Digest a project's inputs.

    Raises:
        UserError: with a finding for every input that cannot be read.
    """
    findings: list[Finding] = []
    nodes: dict[str, str] = {}
    wit = "" if project.wit is None else wit_digest(project.wit)
    for node in project.nodes:
        if node.twin:
            continue
        try:
            nodes[node.name] = _node_digest(project, node)
        except UserError as error:
            findings += error.findings
    if findings:
        raise ArtifactError(findings)
    nodes |= {node.name: nodes[node.twin] for node in project.nodes if node.twin}
    whole = hashlib.sha256()
    for part in (
        f"wcompose {__version__}",
        digest_file(ENGINE_FILE),
        *(digest_file(gate) for gate in sorted(GATES_DIRECTORY.glob("*.wasm"))),
        digest_file(project.file),
        wit,
        *(f"{name} {digest}" for name, digest in sorted(nodes.items())),
    ):
        whole.update(part.encode() + b"\0")
    return Inputs(wit, nodes, "sha256:" + whole.hexdigest())


def wit_digest(path: Path) -> str:
    """Digest of contracts: of a directory with everything in it, or of a file."""
    return digest_tree(path) if path.is_dir() else digest_file(path)


def python_node(project: Project, node: NodeDeclaration, source: PythonSource) -> PythonNode:
    """What the Python builder needs to know of a node."""
    return PythonNode(
        name=node.name,
        directory=source.directory,
        module=source.module,
        requirements=source.requirements,
        world=node.world or "",
        wit=project.wit or project.root,
    )


def _node_digest(project: Project, node: NodeDeclaration) -> str:
    if isinstance(node.origin, PythonSource):
        return fingerprint(python_node(project, node, node.origin))
    try:
        size = node.origin.stat().st_size
        if size <= COMPONENT_SIZE_LIMIT:
            return digest_file(node.origin)
    except OSError as error:
        raise ArtifactError.of(
            "component-unreadable",
            f"cannot read `{node.origin}`",
            place=Place(str(node.origin), item=node.name),
            causes=[(error.strerror or str(error)).lower()],
            hint="check the path and its permissions",
        ) from None
    raise ArtifactError.of(
        "component-too-large",
        f"`{node.origin}` has {size:,} bytes, more than {COMPONENT_SIZE_LIMIT:,}",
        place=Place(str(node.origin), item=node.name),
        hint="strip debug information from the component",
    )
