"""What a Python node is made of: its files, their digest, and what can be told of them unread."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wcompose.build.python.wording import STANDARD_MODULES
from wcompose.errors import BuildError
from wcompose.files import digest_file
from wcompose.report import Finding, Place
from wcompose.suggest import did_you_mean

FILE_LIMIT = 20_000
"""Files that a node may have."""
SIZE_LIMIT = 256 << 20
"""Bytes that the files of a node may have together."""

RESERVED_MODULES = frozenset(
    {
        "componentize_py_async_support",
        "componentize_py_runtime",
        "componentize_py_types",
        "poll_loop",
        "wcompose_comparing",
        "wcompose_preinit",
        "wcompose_telling",
        "wit_world",
    }
)
"""Top-level modules that the builder puts beside a node's own."""

_IGNORED = frozenset({"__pycache__"})
_IGNORED_IN_PROJECTS = frozenset({"build", "wcompose.lock", "wcompose.toml"})
_FIXED_TIME = 315_532_800  # 1980-01-01, which every file system can hold


@dataclass(frozen=True)
class SourceTree:
    """The files of a node, in the order of their names.

    Attributes:
        root: the node's directory.
        files: paths relative to ``root``.
        left_out: links to directories, and links that lead out of ``root``, relative to it.
    """

    root: Path
    files: tuple[Path, ...]
    left_out: tuple[Path, ...]

    @property
    def modules(self) -> frozenset[str]:
        """Names of the modules and packages at the top."""
        names = set()
        for file in self.files:
            if len(file.parts) > 1:
                names.add(file.parts[0])
            elif file.suffix == ".py":
                names.add(file.stem)
        return frozenset(name for name in names if name.isidentifier())

    @property
    def hidden(self) -> tuple[str, ...]:
        """Names of modules at the top that nothing can import: the standard library's come first."""
        return tuple(sorted(self.modules & STANDARD_MODULES))

    def digest(self) -> str:
        """Digest of the names and contents of all files."""
        whole = hashlib.sha256()
        for file in self.files:
            whole.update(file.as_posix().encode() + b"\0")
            whole.update(digest_file(self.root / file).encode() + b"\n")
        return "sha256:" + whole.hexdigest()

    def copy_to(self, directory: Path, node: str) -> None:
        """Copy all files into a new directory, with times that do not depend on the day.

        Raises:
            BuildError: a file of ``node`` cannot be read any more.
        """
        directory.mkdir()
        for file in self.files:
            target = directory / file
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(self.root / file, target)
            except OSError as error:
                raise _unreadable(self.root, node, error) from None
            os.utime(target, (_FIXED_TIME, _FIXED_TIME))


def read_sources(root: Path, node: str) -> SourceTree:
    """List the files of a Python node.

    Hidden files, byte code, virtual environments and, in the root of a project, what wcompose
    itself reads and writes there do not belong to the node.

    Args:
        root: the node's directory.
        node: its name, for findings.

    Raises:
        BuildError: the directory cannot be read, or holds more than ``FILE_LIMIT`` files or
            ``SIZE_LIMIT`` bytes.
    """
    files: list[Path] = []
    left_out: list[Path] = []
    size = 0
    place = Place(str(root), item=node)
    try:
        real_root = root.resolve(strict=True)
        for path in _walk(root):
            file = path.relative_to(root)
            if path.is_symlink() and (
                path.is_dir() or not path.resolve().is_relative_to(real_root)
            ):
                left_out.append(file)
                continue
            if not path.is_file():
                continue
            files.append(file)
            size += path.stat().st_size
            if len(files) > FILE_LIMIT or size > SIZE_LIMIT:
                raise BuildError.of(
                    "source-too-large",
                    f"the source of `{node}` has more than {FILE_LIMIT:,} files or "
                    f"{SIZE_LIMIT >> 20} MiB",
                    place=place,
                    hint="give the node a directory of its own that holds its modules only",
                )
    except OSError as error:
        raise _unreadable(root, node, error) from None
    files.sort(key=lambda file: file.parts)
    return SourceTree(root, tuple(files), tuple(sorted(left_out)))


def _unreadable(root: Path, node: str, error: OSError) -> BuildError:
    return BuildError.of(
        "source-unreadable",
        f"the source of `{node}` cannot be read",
        place=Place(str(root), item=node),
        causes=[f"`{error.filename or root}`: {(error.strerror or str(error)).lower()}"],
        hint="check `source` in `wcompose.toml` and the permissions of the directory",
    )


def _walk(root: Path) -> Iterator[Path]:
    for directory, directories, names in os.walk(root, onerror=_raise):
        here = Path(directory)
        yield from (here / name for name in directories if (here / name).is_symlink())
        ignored = _IGNORED
        if here == root and "wcompose.toml" in names:
            ignored |= _IGNORED_IN_PROJECTS
        directories[:] = sorted(
            name
            for name in directories
            if name not in ignored
            and not name.startswith(".")
            and not (here / name / "pyvenv.cfg").exists()
        )
        for name in names:
            if name not in ignored and not name.startswith(".") and not name.endswith(".pyc"):
                yield here / name


def _raise(error: OSError) -> None:
    raise error


def check_module(tree: SourceTree, module: str, node: str, packages: Path | None) -> None:
    """Find out early whether a node's module can be found at all.

    Args:
        tree: the node's files.
        module: dotted name of the module with the exports.
        node: name of the node.
        packages: directory of installed requirements, which may hold the module too.

    Raises:
        BuildError: with a finding for the module, and one for each module that takes a name which
            the builder needs.
    """
    findings = [
        Finding(
            "reserved-module",
            f"a module of `{node}` is named `{name}` like one that componentize-py generates",
            Place(str(_file_of(tree, name)), item=node),
            hint=f"rename `{name}`",
        )
        for name in sorted(tree.modules & RESERVED_MODULES)
    ]
    head = module.partition(".")[0]
    if head in STANDARD_MODULES:
        findings.append(
            Finding(
                "hidden-module",
                f"module `{module}` of `{node}` is hidden by the standard library's `{head}`",
                Place(str(_file_of(tree, head)), item=node),
                hint="rename it, and `module` in `wcompose.toml` with it",
            )
        )
    elif head not in RESERVED_MODULES and not _has_module(tree, module, packages):
        findings.append(
            Finding(
                "module-not-found",
                f"there is no module `{module}` in the source of `{node}`",
                Place(str(tree.root), item=node),
                causes=(f"neither `{module.replace('.', '/')}.py` nor a package of that name",),
                hint=did_you_mean(module, tree.modules)
                or "set `module` in `wcompose.toml` to the module that holds the exports",
            )
        )
    if findings:
        raise BuildError(findings)


def _has_module(tree: SourceTree, module: str, packages: Path | None) -> bool:
    path = Path(*module.split("."))
    names = {file.as_posix() for file in tree.files}
    if path.with_suffix(".py").as_posix() in names:
        return True
    if any(name.startswith(f"{path.as_posix()}/") for name in names):
        return True
    return packages is not None and (
        (packages / path).is_dir() or (packages / path).with_suffix(".py").is_file()
    )


def _file_of(tree: SourceTree, module: str) -> Path:
    file = Path(f"{module}.py")
    return tree.root / (file if file in tree.files else module)
