"""Components without a project: named files in, a graph or a composition out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.errors import ArtifactError, UsageError, UserError
from wcompose.files import atomic_output, digest_file
from wcompose.graph import Component, Graph, Node
from wcompose.graph.compose import About, compose_graph, read_component
from wcompose.picture.languages import language_of
from wcompose.report import Finding, Place, Report

if TYPE_CHECKING:
    from wcompose.engine import Engine

_LABEL = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_WORKERS = 4
"""Components that are read at a time; reading waits for the engine, which uses every core."""


@dataclass(frozen=True)
class Part:
    """A component file, and what its node is called."""

    name: str
    file: Path


@dataclass(frozen=True)
class Written:
    """A composition that was written.

    Attributes:
        size: bytes.
        digest: ``sha256:…``.
        saved: bytes that stripping took away; 0 where nothing was stripped.
    """

    size: int
    digest: str
    saved: int = 0


def name_parts(texts: Iterable[str]) -> tuple[Part, ...]:
    """The parts that ``FILE`` or ``NAME=FILE`` mean; a file without a name is called by its stem.

    Raises:
        UsageError: with every name that is none, or that two parts have.
    """
    parts: list[Part] = []
    findings: list[Finding] = []
    for text in texts:
        part, finding = _named(text)
        if finding is not None:
            findings.append(finding)
            continue
        twin = next((each for each in parts if each.name == part.name), None)
        if twin is None:
            parts.append(part)
            continue
        other = f"{part.name}-2"
        findings.append(
            Finding(
                "node-twice",
                f"`{twin.file}` and `{part.file}` would both be the node `{part.name}`",
                hint=f"give one another name: `{other}={part.file}`",
            )
        )
    if findings:
        raise UsageError(findings)
    return tuple(parts)


def _named(text: str) -> tuple[Part, Finding | None]:
    name, separator, file = text.partition("=")
    if separator and _LABEL.fullmatch(name) and file:
        return Part(name, Path(file)), None
    path = Path(text)
    if text in {"", "-"}:
        return Part("", path), Finding(
            "no-file",
            f"`{text}` names no file",
            hint="components are read from files: name one",
        )
    if separator and file and "/" not in name and not path.exists() and Path(file).exists():
        return Part("", path), Finding(
            "node-unnamed",
            f"`{name}` is no name for a node: it takes lower-case words joined by hyphens",
            hint=f"write `{_label(name) or 'node'}={file}`",
        )
    label = label_of(path)
    if label is None:
        words = _label(f"node-{path.stem}")
        return Part("", path), Finding(
            "node-unnamed",
            f"no name for a node can be made of `{path.name}`",
            hint=f"give it one: `{words}={text}`",
        )
    return Part(label, path), None


def label_of(file: Path) -> str | None:
    """A node's name for a file: ``image-store`` for ``Image_Store.wasm``; none if it gives none."""
    return _label(file.stem.removesuffix(".component"))


def _label(text: str) -> str | None:
    label = "-".join(re.findall(r"[a-z0-9]+", text.lower()))
    return label if _LABEL.fullmatch(label) else None


def check_output(output: Path, parts: Iterable[Part]) -> None:
    """Refuse to write a composition where it must not go, before anything is read.

    Raises:
        UsageError: the output is a directory, or one of the components that are composed.
    """
    if output.is_dir():
        raise UsageError.of(
            "output-is-directory",
            f"`{output}` is a directory",
            hint=f"name a file in it: `--output {output / 'composition.wasm'}`",
        )
    for part in parts:
        if output.exists() and part.file.exists() and output.samefile(part.file):
            raise UsageError.of(
                "output-is-input",
                f"`{output}` is one of the components that are composed",
                hint="write the composition to another file",
            )


def read_parts(parts: Sequence[Part], engine: Engine) -> tuple[Node, ...]:
    """Read every part; each file once, however many nodes are made from it.

    Raises:
        ArtifactError: with every file that is no component.
    """
    files = list(dict.fromkeys(part.file for part in parts))
    findings: list[Finding] = []
    read: dict[Path, tuple[Component, str]] = {}

    def one(file: Path) -> tuple[Component, str] | tuple[Finding, ...]:
        try:
            return read_component(engine, file), language_of(engine.describe(file))
        except UserError as error:
            return tuple(_at(finding, file) for finding in error.findings)

    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="wcompose-read") as pool:
        for file, result in zip(files, pool.map(one, files), strict=True):
            if isinstance(result[0], Component):
                read[file] = (result[0], str(result[1]))
            else:
                findings += [each for each in result if isinstance(each, Finding)]
    if findings:
        raise ArtifactError(Report.of(findings).findings)
    return tuple(Node(part.name, *read[part.file]) for part in parts)


def write_composition(
    graph: Graph, output: Path, *, engine: Engine, about: About | None = None, strip: bool = False
) -> Written:
    """Compose a graph into a file, whole or not at all.

    Args:
        graph: what to compose.
        output: the composition.
        engine: composes, validates and strips.
        about: what the composition tells of itself.
        strip: whether debug information and names are left out.

    Raises:
        LinkError: the official validator refuses what the planner accepted.
        UsageError: the output cannot be written.
    """
    with telling_unwritable(output), atomic_output(output) as temporary:
        temporary.touch()
        compose_graph(graph, engine, temporary, about)
        saved = strip_file(temporary, engine) if strip else 0
        return Written(temporary.stat().st_size, digest_file(temporary), saved)


@contextmanager
def telling_unwritable(output: Path) -> Iterator[None]:
    """Make of an `OSError` in the block a `UsageError` that names the output."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader went away, which is no fault of the output
    except OSError as error:
        raise UsageError.of(
            "output-unwritable",
            f"cannot write `{output}`",
            causes=[(error.strerror or str(error)).lower()],
            hint="name a file in a directory that you may write to",
        ) from None


def strip_file(file: Path, engine: Engine) -> int:
    """Take debug information and names out of a binary, in place; gives the bytes saved."""
    before = file.stat().st_size
    with atomic_output(file) as temporary:
        engine.strip(file, temporary)
    return before - file.stat().st_size


def _at(finding: Finding, file: Path) -> Finding:
    from dataclasses import replace

    return finding if str(finding.place) else replace(finding, place=Place(str(file)))
