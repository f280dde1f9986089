"""Loading a contract in any form: directory, file, binary, git revision, or what the lock knows."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import tomli

from wcompose.build.inputs import wit_digest
from wcompose.contract import Contract
from wcompose.errors import ArtifactError, ProjectError, UsageError, UserError
from wcompose.project import PROJECT_FILE, find_project
from wcompose.project.lock import read_lock
from wcompose.report import Finding, Place

if TYPE_CHECKING:
    from dulwich.objects import Commit

    from wcompose.check.git import Extracted, Repository
    from wcompose.engine import Engine

LOCK = "lock"
"""The word for the contracts that ``wcompose.lock`` was made of."""
WIT_SIZE_LIMIT = 16 << 20
"""Bytes of a WIT file whose lines are shown."""

_GIT = "git:"
_PARTS = (".wit", ".wat", ".wasm")
"""Files of a WIT directory that the engine reads."""


@dataclass(frozen=True)
class Subject:
    """A contract that was loaded.

    Attributes:
        label: what it is called: the path, or ``main:wit``.
        contract: the contract.
        texts: text of each of its WIT files, by the name that places have.
        is_component: whether it was read out of a component binary.
        package_files: files that are not of dependencies.
    """

    label: str
    contract: Contract
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_component: bool = False
    package_files: tuple[str, ...] = field(default=(), repr=False)


def load_path(path: Path, engine: Engine) -> Subject:
    """Load what a path means: a WIT directory or file, a package binary, or a component.

    A directory with a ``wcompose.toml`` means that project's contracts; one without any WIT in it
    means the ``wit`` in it.

    Raises:
        UserError: with every problem of it.
    """
    return _read(contracts_in(path), engine)


def contracts_in(path: Path) -> Path:
    """The WIT or binary that a path means.

    Raises:
        UsageError: there is nothing there, or no contract in it.
    """
    if path.name == PROJECT_FILE and path.is_file():
        path = path.parent
    if not path.is_dir():
        if path.exists():
            return path
        raise UsageError.of(
            "path-missing",
            f"`{path}` does not exist",
            hint="name a directory or file of WIT, a component, or a project",
        )
    if (path / PROJECT_FILE).is_file():
        with contextlib.suppress(OSError):
            inner = _wit_of_project((path / PROJECT_FILE).read_bytes())
            if (path / inner).exists():
                return path / inner
    elif has_wit(path):
        return path
    if (path / "wit").is_dir():
        return path / "wit"
    raise UsageError.of(
        "contract-missing",
        f"there is no contract in `{path}`",
        hint="name a directory with `.wit` files, a component, or a project",
    )


def has_wit(directory: Path) -> bool:
    """Whether WIT files stand in a directory itself.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return any(each.suffix == ".wit" for each in directory.iterdir())
    except OSError as error:
        raise UsageError.of(
            "directory-unreadable",
            f"cannot read `{directory}`",
            causes=[(error.strerror or str(error)).lower()],
            hint="check the path and its permissions",
        ) from None


def exists(text: str) -> bool:
    """Whether a text is a path to something."""
    try:
        return bool(text) and Path(text).exists()
    except (OSError, ValueError):
        return False


class Baselines:
    """Loads contracts to compare with.

    Args:
        engine: reads them.
        directory: what ``REVISION:./PATH`` is relative to; and where the repository and the project are
            looked for, unless it is known where the contract stands now.
    """

    def __init__(self, engine: Engine, directory: Path) -> None:
        self._engine = engine
        self._directory = directory

    def load(self, text: str, like: Path | None = None) -> Subject:
        """Load a contract.

        A path that exists wins over a revision of the same name; ``git:`` in front forces the
        revision.

        Args:
            text: a path, ``REVISION``, ``REVISION:PATH`` (``REVISION:./PATH`` for one that is relative
                to the directory) or ``lock``.
            like: where the contract stands now, for a revision without a path; none to look for it as
                in the directory.

        Raises:
            UsageError: the text means nothing.
            UserError: what it means cannot be read.
        """
        if not text.startswith(_GIT):
            if exists(text):
                return load_path(Path(text), self._engine)
            if text == LOCK:
                return self._of_lock(like)
            if _is_path(text):
                raise UsageError.of(
                    "path-missing",
                    f"`{text}` does not exist",
                    hint="name a directory or file of WIT, a component, or a git revision",
                )
        return self._of_revision(text.removeprefix(_GIT), text, like)

    def _of_revision(self, text: str, written: str, like: Path | None) -> Subject:
        from wcompose.check.git import Repository

        try:
            repository = Repository(self._start(like))
        except UsageError as error:
            if written.startswith(_GIT):
                raise
            raise UsageError.of(
                "baseline-unknown",
                f"`{written}` is no path that exists, and no git revision",
                causes=[finding.message for finding in error.findings],
                hint="name a directory or file of WIT, a component, or a git revision",
            ) from None
        with repository:
            return self._at_revision(repository, text, written, like)

    def _at_revision(
        self, repository: Repository, text: str, written: str, like: Path | None
    ) -> Subject:
        revision, separator, inner = text.partition(":")
        try:
            commit = repository.commit(revision)
        except UsageError as error:
            if written.startswith(_GIT):
                raise
            first = error.findings[0]
            raise UsageError(
                replace(first, causes=(*first.causes, f"and no path `{written}` exists"))
            ) from None
        path = (
            self._inner_path(repository, inner) if separator else self._same_path(repository, like)
        )
        path = self._contracts_at(repository, commit, path, revision, is_told=bool(separator))
        return self._extracted(repository, commit, path, revision)

    def _start(self, like: Path | None) -> Path:
        """Where the repository, or the project, is looked for."""
        if like is None:
            return self._directory
        return like if like.is_dir() else like.parent

    def _inner_path(self, repository: Repository, inner: str) -> str:
        """The path behind ``REVISION:``, relative to the repository."""
        if inner.startswith(("./", "../")) or inner == ".":
            return _relative(repository, self._directory / inner)
        return "/".join(part for part in PurePosixPath(inner).parts if part not in {"/", "."})

    def _same_path(self, repository: Repository, like: Path | None) -> str:
        return _relative(repository, self._directory if like is None else like)

    def _contracts_at(
        self, repository: Repository, commit: Commit, path: str, revision: str, *, is_told: bool
    ) -> str:
        """The WIT or binary that a path in a commit means, as `contracts_in` has it for the disk."""
        names = repository.names(commit, path, revision)
        prefix = f"{path}/" if path else ""
        if PROJECT_FILE in names:
            data = repository.read(commit, prefix + PROJECT_FILE, revision)
            inner = PurePosixPath(prefix, _wit_of_project(data or b""))
            return "/".join(inner.parts)
        if not any(name.endswith(".wit") for name in names) and "wit" in names:
            return f"{prefix}wit"
        if not names and repository.find(commit, path, revision) is None:
            raise ArtifactError.of(
                "baseline-missing",
                f"`{revision}` has no `{path or 'wit'}`",
                hint=f"name the path that it had: `{revision}:PATH`"
                if not is_told
                else f"`git ls-tree {revision}` lists what it has",
            )
        return path

    def _extracted(
        self, repository: Repository, commit: Commit, path: str, revision: str
    ) -> Subject:
        label = f"{revision}:{path}"
        with tempfile.TemporaryDirectory(prefix="wcompose-") as temporary:
            out = repository.extract(commit, path, Path(temporary), revision, _is_part)
            if out is None:
                raise ArtifactError.of("baseline-missing", f"`{revision}` has no `{path}`")
            return _renamed(out, label, self._engine)

    def _of_lock(self, like: Path | None) -> Subject:
        """The contracts of which the lock holds the digest: those on disk, or of a commit."""
        from wcompose.check.git import Repository

        start = self._start(like)
        try:
            root = find_project(start).parent
        except ProjectError:
            root = start
        file = root / "wcompose.lock"
        lock = read_lock(file)
        if lock is None or not lock.wit_digest:
            raise ArtifactError.of(
                "lock-missing",
                f"there is no `{file}`" if lock is None else f"`{file}` knows no contracts",
                hint="run `wcompose build`, or name a git revision",
            )
        wit = like or contracts_in(root)
        if wit_digest(wit) == lock.wit_digest:
            return _read(wit, self._engine)
        try:
            repository = Repository(root)
        except UsageError as error:
            raise _digest_only(file, [each.message for each in error.findings]) from None
        with repository:
            path = _relative(repository, wit)
            seen: set[bytes] = set()
            looked = 0
            for commit in repository.history(repository.commit("HEAD")):
                revision = bytes(commit.id)[:10].decode("ascii")
                looked += 1
                found = repository.find(commit, path, revision)
                if found is None or found[1] in seen:
                    continue
                seen.add(found[1])
                with tempfile.TemporaryDirectory(prefix="wcompose-") as temporary:
                    out = repository.extract(commit, path, Path(temporary), revision)
                    if out is not None and wit_digest(out.path) == lock.wit_digest:
                        return _renamed(out, f"{revision}:{path}", self._engine)
        raise _digest_only(file, [f"none of the last {looked:,} commits has these contracts"])


def _digest_only(file: Path, causes: Iterable[str]) -> ArtifactError:
    return ArtifactError.of(
        "baseline-missing",
        f"`{file}` holds only a digest of its contracts, and they are nowhere to be found",
        causes=causes,
        hint="name a git revision or a directory",
    )


def _read(path: Path, engine: Engine) -> Subject:
    is_component = path.is_file() and engine.identify(path).kind == "component"
    data = engine.decode(path) if is_component else engine.resolve(path)
    texts = {name: _text(Path(name)) for name in data["files"]}
    own = tuple(name for name in texts if not _is_dependency(Path(name), path))
    return Subject(str(path), Contract.from_json(data, texts), texts, is_component, own)


def _renamed(out: Extracted, label: str, engine: Engine) -> Subject:
    """Load what was extracted; places say the revision and not the temporary file."""
    path = str(out.path)
    try:
        is_component = out.path.is_file() and engine.identify(out.path).kind == "component"
        data: dict[str, Any] = (engine.decode if is_component else engine.resolve)(out.path)
    except UserError as error:
        raise type(error)(
            [_renamed_finding(finding, path, label, out.links) for finding in error.findings]
        ) from None
    names = [name.replace(path, label, 1) for name in data["files"]]
    texts = {name: _text(Path(file)) for name, file in zip(names, data["files"], strict=True)}
    own = tuple(
        name
        for name, file in zip(names, data["files"], strict=True)
        if not _is_dependency(Path(file), out.path)
    )
    contract = Contract.from_json({**data, "files": names}, texts)
    return Subject(label, contract, texts, is_component, own)


def _renamed_finding(finding: Finding, path: str, label: str, links: list[str]) -> Finding:
    def at(place: Place) -> Place:
        return replace(place, file=place.file.replace(path, label))

    left_out = [f"`{each}` is a link, and links are not followed" for each in links[:3]]
    return replace(
        finding,
        message=finding.message.replace(path, label),
        causes=(*(each.replace(path, label) for each in finding.causes), *left_out),
        hint=finding.hint.replace(path, label),
        place=at(finding.place),
        related=tuple((words.replace(path, label), at(place)) for words, place in finding.related),
    )


def _text(file: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if file.stat().st_size <= WIT_SIZE_LIMIT:
            return file.read_text("utf-8")
    return ""


def _is_dependency(file: Path, root: Path) -> bool:
    try:
        return "deps" in file.relative_to(root).parts[:-1]
    except ValueError:
        return False


def _is_part(name: str) -> bool:
    return name.endswith(_PARTS)


def _is_path(text: str) -> bool:
    """Whether a text can only be meant as a path."""
    return text.startswith((".", "/")) or (text.endswith((".wit", ".wasm")) and ":" not in text)


def _relative(repository: Repository, path: Path) -> str:
    try:
        relative = path.resolve().relative_to(repository.root)
    except ValueError:
        raise UsageError.of(
            "path-outside",
            f"`{path}` is not in the repository `{repository.root}`",
            hint="name the path in the revision: `REVISION:PATH`",
        ) from None
    return "" if relative == Path() else relative.as_posix()


def _wit_of_project(data: bytes) -> str:
    """Where a project file says that the contracts are."""
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        told = tomli.loads(data.decode("utf-8-sig"))["project"]["wit"]
        if isinstance(told, str):
            return told
    return "wit"
