"""Builds a component from Python source with componentize-py, from the outside.

componentize-py links CPython, the node's modules and generated bindings into one component, starts
it once, lets it import everything, and freezes its memory. Here it runs in a child process, with a
search path of the node's own files and requirements and nothing else, and what it says becomes
findings. The same source gives the same bytes: `docs/explanation/python-builds.md` tells how.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from wcompose.build.python import diagnose
from wcompose.build.python.environment import LIBRARY_NAME, environment_library, library_source
from wcompose.build.python.mapping import Mapped
from wcompose.build.python.packages import install_requirements
from wcompose.build.python.process import Failure, call_componentize
from wcompose.build.python.requirements import requirement_lines
from wcompose.build.python.settling import settle
from wcompose.build.python.sources import SourceTree, check_module, read_sources
from wcompose.errors import BuildError
from wcompose.files import (
    atomic_output,
    digest_file,
    digest_tree,
    scratch_directory,
    tree_files,
    write_atomically,
)
from wcompose.progress import Reporter
from wcompose.report import Place

__all__ = ["PythonNode", "build_python", "fingerprint", "write_bindings"]

BUILD_TIMEOUT = 300.0
"""Seconds that a build may take; a small node takes five to eight."""
_REVISION = 2
"""Counted up when the same input gives another component."""
_BOOT_MODULE = "wcompose_preinit"
_BOOT_HELPERS = ("comparing", "telling")


@dataclass(frozen=True)
class PythonNode:
    """A node that is built from Python source.

    Attributes:
        name: name of the node.
        directory: root of its modules.
        module: dotted name of the module with the exports.
        requirements: its requirements file, if it has one.
        world: name of the world it stands in; empty when the contracts have only one.
        wit: directory or file of the contracts.
    """

    name: str
    directory: Path
    module: str
    requirements: Path | None
    world: str
    wit: Path


def fingerprint(node: PythonNode) -> str:
    """Digest of all that a node's component is made from, tools included, as ``sha256:<hex>``.

    Neither times nor the place of the files matter, nor does the name of the node.

    Raises:
        BuildError: the source, the contracts or the requirements cannot be read.
    """
    return _fingerprint(node, read_sources(node.directory, node.name))


def _fingerprint(node: PythonNode, tree: SourceTree) -> str:
    try:
        wit = digest_tree(node.wit) if node.wit.is_dir() else digest_file(node.wit)
        source = tree.digest()
    except OSError as error:
        raise BuildError.of(
            "source-unreadable",
            f"`{error.filename or node.wit}` cannot be read",
            place=Place(item=node.name),
            causes=[(error.strerror or str(error)).lower()],
        ) from None
    requirements = requirement_lines(node.requirements, node.name) if node.requirements else ()
    whole = hashlib.sha256()
    for part in (
        f"revision {_REVISION}",
        f"componentize-py {version('componentize-py')}",
        library_source(),
        *_boot_sources(node.module).values(),
        node.module,
        node.world,
        wit,
        source,
        *requirements,
    ):
        whole.update(part.encode() + b"\0")
    return "sha256:" + whole.hexdigest()


def build_python(
    node: PythonNode,
    output: Path,
    reporter: Reporter,
    *,
    packages: Path | None = None,
    cancelled: threading.Event | None = None,
    timeout: float = BUILD_TIMEOUT,
) -> str:
    """Build a node's component.

    Args:
        node: what to build.
        output: the component, written whole or not at all.
        reporter: hears about progress.
        packages: directory that keeps installed requirements from build to build.
        cancelled: set, from another thread, when the component is no longer wanted.
        timeout: seconds that componentize-py may take.

    Returns:
        The fingerprint of what was built. It differs from one that was taken earlier when a file
        has changed since.

    Raises:
        BuildError: with every finding about the source, or a file changed during the build.
        ToolFailure: componentize-py is missing, or was killed.
    """
    tree = read_sources(node.directory, node.name)
    for link in tree.left_out:
        reporter.note(node.name, f"`{link}` is left out: it is a link to a directory or leads out")
    for name in tree.hidden:
        reporter.note(
            node.name,
            f"`{name}` is never imported: the standard library's `{name}` comes before it",
        )
    with scratch_directory() as work:
        installed = (
            install_requirements(
                node.requirements, node.name, packages or work / "cache", reporter, cancelled
            )
            if node.requirements
            else None
        )
        check_module(tree, node.module, node.name, installed)
        # Taken before the copy and again after the build, so that what it says was built, was.
        digest = _fingerprint(node, tree)
        source, boot = work / "source", work / "boot"
        tree.copy_to(source, node.name)
        boot.mkdir()
        _write_boot(boot, node, digest)
        path = [source, *([installed] if installed else []), boot]
        _tell_distributions(boot, path)
        made = work / "component.wasm"
        failure = call_componentize(
            {
                "operation": "componentize",
                "wit": str(node.wit.resolve()),
                "world": node.world,
                "python_path": [str(entry) for entry in path],
                "module": _BOOT_MODULE,
                "bindings": str(work / "bindings"),
                "modules": str(boot / "modules.txt"),
                "output": str(made),
            },
            work,
            node=node.name,
            timeout=timeout,
            cancelled=cancelled,
        )
        if failure is not None:
            roots = {"/0": node.directory}
            if installed and node.requirements:
                roots["/1"] = node.requirements.parent / "(requirements)"
            raise _error(node, failure, boot / "facts.json", roots)
        if fingerprint(node) != digest:
            raise BuildError.of(
                "source-changed",
                f"the source of `{node.name}` changed while it was built",
                place=Place(str(node.directory), item=node.name),
                hint="build again",
            )
        component = made.read_bytes()
        settled = settle(component, node.name)
        if settled is None:
            reporter.note(
                node.name,
                "built by a componentize-py that wcompose does not know: the next build of the same"
                " source may differ in some bytes",
            )
        with atomic_output(output) as temporary:
            temporary.write_bytes(settled or component)
    return digest


def write_bindings(
    node: PythonNode, directory: Path, *, cancelled: threading.Event | None = None
) -> None:
    """Write the bindings of a node's world, for editors and type checkers.

    The files are those that componentize-py generates anew for every build; the ones written here
    take no part in it. Files that are up to date are left alone, others are not removed.

    Args:
        node: whose world.
        directory: where to; made when it is not there.
        cancelled: set, from another thread, when they are no longer wanted.

    Raises:
        BuildError: the contracts do not parse, or there is no such world.
        ToolFailure: componentize-py is missing, or was killed.
    """
    with scratch_directory() as work:
        made = work / "bindings"
        made.mkdir()
        failure = call_componentize(
            {
                "operation": "bindings",
                "wit": str(node.wit.resolve()),
                "world": node.world,
                "output": str(made),
            },
            work,
            node=node.name,
            timeout=BUILD_TIMEOUT,
            cancelled=cancelled,
        )
        if failure is not None:
            raise _error(node, failure, work / "facts.json", {})
        for file in tree_files(made):
            target = directory / file.relative_to(made)
            data = file.read_bytes()
            if not target.is_file() or target.read_bytes() != data:
                write_atomically(target, data)


def _write_boot(directory: Path, node: PythonNode, digest: str) -> None:
    """Put beside the node's modules what prepares and checks them; see `preinit`."""
    for name, text in _boot_sources(node.module).items():
        (directory / f"{name}.py").write_text(text, encoding="utf-8")
    # The numbers depend on the content, so that no two programs share them and each build has the
    # same. A seed of zero would switch the randomization of hashes off.
    seed, guard = (int(digest.removeprefix("sha256:")[at : at + 8], 16) for at in (0, 8))
    (directory / LIBRARY_NAME).write_bytes(environment_library(seed or 1, guard))


def _tell_distributions(boot: Path, path: Sequence[Path]) -> None:
    """Leave the places of the installed packages for `early`, as the interpreter sees them."""
    places = [
        f"/{index}/{found.name}\n"
        for index, root in enumerate(path)
        for found in sorted(root.glob("*.dist-info"))
    ]
    (boot / "distributions.txt").write_text("".join(places), encoding="utf-8")


def _boot_sources(module: str) -> dict[str, str]:
    """The modules that import and check a node's own, by their names."""
    here = Path(__file__)
    texts = {
        f"wcompose_{name}": here.with_name(f"{name}.py").read_text(encoding="utf-8")
        for name in _BOOT_HELPERS
    }
    boot = here.with_name("preinit.py").read_text(encoding="utf-8")
    return texts | {_BOOT_MODULE: f"{boot}\n\nprepare({module!r})\n"}


def _error(node: PythonNode, failure: Failure, facts: Path, roots: dict[str, Path]) -> BuildError:
    mapped = Mapped(
        node=node.name,
        module=node.module,
        world=node.world,
        wit=node.wit,
        source=node.directory,
        requirements=node.requirements,
        roots=roots,
    )
    found = diagnose.read_facts(facts)
    if found:
        return BuildError(diagnose.findings_of_facts(found, mapped))
    return BuildError(diagnose.findings_of_text(failure.text, mapped, is_panic=failure.is_panic))
