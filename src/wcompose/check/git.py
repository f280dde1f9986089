"""Files of a git revision, read out of the repository's objects; nothing is checked out or run.

Revisions are spelt as in gitrevisions(7): names of branches, tags and remote branches, object names in
full or shortened, each with any of ``~N``, ``^N``, ``^{}`` and ``^{commit}`` behind it.
"""

from __future__ import annotations

import functools
import heapq
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NoReturn, ParamSpec, Self, TypeVar

from wcompose.errors import ArtifactError, UsageError, WcomposeError
from wcompose.suggest import did_you_mean

if TYPE_CHECKING:
    from dulwich.objects import Commit, ShaFile, Tree
    from dulwich.repo import Repo

MOST_FILES = 10_000
"""Files that are taken out of one revision."""
MOST_BYTES = 256 << 20
"""Bytes that are taken out of one revision."""
DEEPEST = 64
"""Directories in directories that are read."""
MOST_COMMITS = 2_000
"""Commits that are looked at when history is searched."""

_REVISION = re.compile(r"(?P<base>[^~^:]+)(?P<steps>(?:~[0-9]*|\^(?:\{[a-z]*\}|[0-9]*))*)")
_STEP = re.compile(r"~(?P<back>[0-9]*)|\^\{(?P<kind>[a-z]*)\}|\^(?P<parent>[0-9]*)")
_OBJECT_NAME = re.compile(r"[0-9a-f]{4,64}")
_FILE, _LINK, _MODULE = 0o100000, 0o120000, 0o160000
_KINDS = 0o170000
_POINTER = b"version https://git-lfs.github.com/spec/"


@dataclass
class Extracted:
    """What was taken out of a revision.

    Attributes:
        path: the file or directory that it was written to.
        links: symbolic links and submodules that were left out, relative to ``path``.
    """

    path: Path
    links: list[str] = field(default_factory=list)
    files: int = 0
    size: int = 0


_P = ParamSpec("_P")
_T = TypeVar("_T")


def _telling_damage(method: Callable[_P, _T]) -> Callable[_P, _T]:
    """Make a method that reads the repository end in an error of ours whatever it meets."""

    @functools.wraps(method)
    def read(*arguments: _P.args, **named: _P.kwargs) -> _T:
        try:
            return method(*arguments, **named)
        except WcomposeError:
            raise
        except Exception as error:  # noqa: BLE001 - damaged files make dulwich raise anything
            raise ArtifactError.of(
                "repository-damaged",
                "the git repository cannot be read",
                causes=[f"{type(error).__name__}: {error}"[:300]],
                hint="`git fsck` says what is damaged",
            ) from None

    return read


class Repository:
    """A repository, to be read only.

    Args:
        directory: where it is looked for: there or in a directory above.

    Raises:
        UsageError: there is none.
    """

    def __init__(self, directory: Path) -> None:
        from dulwich.errors import NotGitRepository
        from dulwich.repo import Repo

        try:
            self._repository: Repo = Repo.discover(str(directory.resolve()))
        except Exception as error:  # noqa: BLE001 - damaged files make dulwich raise anything
            causes = [] if isinstance(error, NotGitRepository) else [str(error)]
            raise UsageError.of(
                "repository-missing",
                f"`{directory}` is in no git repository",
                causes=causes,
                hint="name a path, or go to the repository",
            ) from None
        self.root = Path(self._repository.path).resolve()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._repository.close()

    @_telling_damage
    def commit(self, revision: str) -> Commit:
        """The commit that a revision means.

        Raises:
            UsageError: it means none.
            ArtifactError: it, or what it leads to, was not fetched.
        """
        match = _REVISION.fullmatch(revision)
        if match is None:
            raise UsageError.of(
                "revision-malformed",
                f"`{revision}` is no revision that can be read",
                hint="write a branch, a tag or a commit, with `~2`, `^` or `^{}` behind it if wanted",
            )
        found = self._named(match["base"], revision)
        for step in _STEP.finditer(match["steps"]):
            if step["kind"] is None:
                found = self._ancestor(found, step, revision)
        return self._peeled(found, revision)

    def _named(self, name: str, revision: str) -> ShaFile:
        found = self._reference(name)
        if found is None and _OBJECT_NAME.fullmatch(name):
            found = self._by_object_name(name)
        if found is not None:
            return self._object(found, revision)
        if self._repository.get_shallow():
            raise ArtifactError.of(
                "revision-not-fetched",
                f"this clone has no `{name}`: it is shallow",
                causes=["a shallow clone holds a few commits, and mostly one branch"],
                hint=f"fetch it: {_fetch(name)}",
            )
        raise UsageError.of(
            "revision-unknown",
            f"no branch, tag or commit is called `{name}`",
            hint=did_you_mean(name, self._short_references())
            or (
                f"fetch it: {_fetch(name)}"
                if self._has_remotes()
                else "`git branch` and `git tag` list what there is"
            ),
        )

    def _reference(self, name: str) -> bytes | None:
        """What a name refers to, in the order of gitrevisions(7); then as `git switch` guesses."""
        name = "HEAD" if name == "@" else name
        if name == "FETCH_HEAD":
            return self._fetch_head()
        for pattern in ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}",
                        "refs/remotes/{}/HEAD"):  # fmt: skip
            full = pattern.format(name)
            if pattern == "{}" and not (name.startswith("refs/") or name.isupper() or "_" in name):
                continue
            if (found := self._value(full)) is not None:
                return found
        guesses = {
            value
            for each in self._all_references()
            if each.startswith("refs/remotes/") and each.split("/", 3)[3:] == [name]
            if (value := self._value(each)) is not None
        }
        return guesses.pop() if len(guesses) == 1 else None

    def _value(self, reference: str) -> bytes | None:
        with suppress(KeyError, ValueError, OSError):
            return bytes(self._repository.refs[reference.encode()])  # type: ignore[index]
        return None

    def _fetch_head(self) -> bytes | None:
        with suppress(OSError):
            text = Path(self._repository.controldir(), "FETCH_HEAD").read_bytes()
            first = text.split(None, 1)[0] if text.strip() else b""
            return first if re.fullmatch(rb"[0-9a-f]{40,64}", first) else None
        return None

    def _all_references(self) -> list[str]:
        return sorted(each.decode("utf-8", "replace") for each in self._repository.refs.allkeys())

    def _short_references(self) -> list[str]:
        return [re.sub(r"^refs/(heads|tags|remotes)/", "", each) for each in self._all_references()]

    def _has_remotes(self) -> bool:
        return any(each.startswith("refs/remotes/") for each in self._all_references())

    def _by_object_name(self, prefix: str) -> bytes | None:
        from dulwich.objects import Commit
        from dulwich.objectspec import AmbiguousShortId, scan_for_short_id

        store = self._repository.object_store
        name = prefix.encode()
        with suppress(KeyError, ValueError):
            if len(prefix) in {40, 64}:
                return name if name in store else None  # type: ignore[operator]
            try:
                return bytes(scan_for_short_id(store, name, Commit).id)
            except AmbiguousShortId:
                raise UsageError.of(
                    "revision-ambiguous",
                    f"`{prefix}` begins the names of several commits",
                    hint="write more of it",
                ) from None
        return None

    def _ancestor(self, found: ShaFile, step: re.Match[str], revision: str) -> Commit:
        commit = self._peeled(found, revision)
        if step["back"] is not None:
            for _ in range(min(int(step["back"] or 1), 1 << 20)):
                commit = self._parent(commit, 1, revision)
            return commit
        number = int(step["parent"] or 1)
        return self._parent(commit, number, revision) if number else commit

    def _parent(self, commit: Commit, number: int, revision: str) -> Commit:
        if len(commit.parents) < number:
            if not commit.parents:
                raise UsageError.of(
                    "revision-unknown",
                    f"`{revision}` leads behind the first commit",
                    hint="go back fewer steps",
                )
            raise UsageError.of(
                "revision-unknown",
                f"`{revision}`: commit `{_short(commit)}` has {len(commit.parents)} parent"
                f"{'s' if len(commit.parents) > 1 else ''}",
                hint="take `^1`",
            )
        return self._peeled(self._object(commit.parents[number - 1], revision), revision)

    def _object(self, name: bytes, revision: str) -> ShaFile:
        try:
            return self._repository.object_store[name]  # type: ignore[index]
        except KeyError:
            self._refuse_missing(revision)

    def _refuse_missing(self, revision: str) -> NoReturn:
        is_shallow = bool(self._repository.get_shallow())
        raise ArtifactError.of(
            "revision-not-fetched",
            f"this clone does not hold all of `{revision}`",
            causes=["the clone is shallow" if is_shallow else "objects of it are missing"],
            hint="fetch them: `git fetch --unshallow`, or in CI clone with the whole history "
            "(`fetch-depth: 0`)"
            if is_shallow
            else f"fetch them: `git archive {revision} > /dev/null` does it in a partial clone",
        )

    def _peeled(self, found: ShaFile, revision: str) -> Commit:
        from dulwich.objects import Commit, Tag

        for _ in range(DEEPEST):
            if not isinstance(found, Tag):
                break
            found = self._object(found.object[1], revision)
        if isinstance(found, Commit):
            return found
        raise UsageError.of(
            "revision-unknown",
            f"`{revision}` is a {found.type_name.decode('ascii', 'replace')}, not a commit",
            hint="write `COMMIT:PATH` for what is in a commit",
        )

    @_telling_damage
    def find(self, commit: Commit, path: str, revision: str) -> tuple[int, bytes] | None:
        """Mode and name of the object at a path; none where there is nothing.

        Args:
            commit: the commit.
            path: relative to the repository, parts joined by ``/``; empty for its root.
            revision: what the user called the commit.
        """
        from dulwich.objects import Tree

        mode, name = 0o040000, bytes(commit.tree)
        for part in PurePosixPath(path).parts:
            tree = self._object(name, revision)
            if not isinstance(tree, Tree):
                return None
            try:
                mode, name = tree[part.encode()]
            except KeyError:
                return None
        return mode, name

    @_telling_damage
    def names(self, commit: Commit, path: str, revision: str) -> list[str]:
        """What stands in a directory of a commit; nothing where there is none."""
        from dulwich.objects import Tree

        found = self.find(commit, path, revision)
        tree = None if found is None else self._object(found[1], revision)
        if not isinstance(tree, Tree):
            return []
        return [entry.path.decode("utf-8", "replace") for entry in tree.iteritems()]

    @_telling_damage
    def read(self, commit: Commit, path: str, revision: str) -> bytes | None:
        """Content of a file of a commit; none where there is no file."""
        from dulwich.objects import Blob

        found = self.find(commit, path, revision)
        if found is None or found[0] & _KINDS != _FILE:
            return None
        blob = self._object(found[1], revision)
        return blob.as_raw_string() if isinstance(blob, Blob) else None

    @_telling_damage
    def extract(
        self,
        commit: Commit,
        path: str,
        target: Path,
        revision: str,
        wanted: Callable[[str], bool] = lambda _: True,
    ) -> Extracted | None:
        """Write what stands at a path of a commit into a directory that is empty.

        Links and submodules are left out, so nothing leads out of ``target``.

        Args:
            commit: the commit.
            path: as for `find`.
            target: the directory; the file or directory goes there under its own name.
            revision: what the user called the commit.
            wanted: tells by its name whether a file in a directory is taken.

        Raises:
            ArtifactError: it is too large, or not all of it was fetched.
        """
        found = self.find(commit, path, revision)
        if found is None:
            return None
        mode, name = found
        out = Extracted(target / (PurePosixPath(path).name or "tree"))
        if mode & _KINDS in {_LINK, _MODULE}:
            raise ArtifactError.of(
                "revision-link",
                f"`{path}` of `{revision}` is a "
                f"{'symbolic link' if mode & _KINDS == _LINK else 'submodule'}, which is not followed",
                hint="name what it leads to",
            )
        if mode & _KINDS == _FILE:
            self._write(name, out.path, out, revision)
        else:
            out.path.mkdir()
            for below, each in self._files(name, "", revision, out, 0):
                if wanted(below):
                    file = out.path.joinpath(*below.split("/"))
                    file.parent.mkdir(parents=True, exist_ok=True)
                    self._write(each, file, out, revision)
        return out

    def _files(
        self, name: bytes, prefix: str, revision: str, out: Extracted, depth: int
    ) -> Iterator[tuple[str, bytes]]:
        tree: Tree = self._object(name, revision)  # type: ignore[assignment]
        for entry in tree.iteritems(name_order=True):
            part = entry.path.decode("utf-8", "surrogateescape")
            # Git refuses such names; a repository made by hand may hold them.
            if part in {"", ".", ".."} or {"/", "\\", "\0"} & set(part) or not part.isprintable():
                continue
            below = f"{prefix}{part}"
            kind = entry.mode & _KINDS
            if kind in {_LINK, _MODULE}:
                out.links.append(below)
            elif kind == _FILE:
                yield below, entry.sha
            elif depth < DEEPEST:
                yield from self._files(entry.sha, f"{below}/", revision, out, depth + 1)

    def _write(self, name: bytes, file: Path, out: Extracted, revision: str) -> None:
        data = self._object(name, revision).as_raw_string()
        out.files += 1
        out.size += len(data)
        if out.files > MOST_FILES or out.size > MOST_BYTES:
            raise ArtifactError.of(
                "revision-too-large",
                f"`{revision}` holds more than {MOST_FILES:,} files or {MOST_BYTES >> 20} MiB there",
                hint="name a directory of WIT in it: `REVISION:PATH`",
            )
        if data.startswith(_POINTER):
            raise ArtifactError.of(
                "revision-pointer",
                f"`{file.name}` of `{revision}` is kept outside git, in git-lfs",
                hint="check it out and name the file",
            )
        file.write_bytes(data)

    def history(self, start: Commit) -> Iterator[Commit]:
        """A commit and those before it, the latest first, as far as they were fetched."""
        waiting = [(-start.commit_time, bytes(start.id), start)]
        seen = {bytes(start.id)}
        for _ in range(MOST_COMMITS):
            if not waiting:
                return
            commit = heapq.heappop(waiting)[2]
            yield commit
            for before in self._before(commit):
                if bytes(before.id) not in seen:
                    seen.add(bytes(before.id))
                    heapq.heappush(waiting, (-before.commit_time, bytes(before.id), before))

    @_telling_damage
    def _before(self, commit: Commit) -> list[Commit]:
        """The parents of a commit that were fetched."""
        from dulwich.objects import Commit

        store = self._repository.object_store
        found = [store[parent] for parent in commit.parents if parent in store]
        return [each for each in found if isinstance(each, Commit)]


def _short(commit: Commit) -> str:
    return bytes(commit.id)[:10].decode("ascii")


def _fetch(name: str) -> str:
    remote, separator, branch = name.partition("/")
    if separator and remote in {"origin", "upstream"}:
        return f"`git fetch --depth=1 {remote} {branch}:refs/remotes/{name}`"
    return f"`git fetch --depth=1 origin {name}`, then name `FETCH_HEAD`"
