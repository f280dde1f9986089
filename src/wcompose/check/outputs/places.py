"""Where judgements are, as paths that CI knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from wcompose.check.model import Judgement
from wcompose.report import Place
from wcompose.texts import printable

_OF_REVISION = re.compile(r"[^:]{2,}:(?P<path>.+)", re.DOTALL)
"""``main:wit/shop.wit``; one letter in front of the colon is a drive."""


@dataclass(frozen=True)
class Spot:
    """A place in a file that exists now.

    Attributes:
        file: path with slashes, relative where it can be; empty when none is known.
        line: 1-based line, 0 when unknown.
        column: 1-based column in code points, 0 when unknown.
        end_column: column behind the last character, 0 when unknown.
        is_absolute: whether the path says where it is by itself.
    """

    file: str
    line: int = 0
    column: int = 0
    end_column: int = 0
    is_absolute: bool = False

    @property
    def uri(self) -> str:
        """The file as a relative reference, or a ``file`` URI where it is absolute."""
        try:
            data = self.file.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            data = self.file.encode("utf-8", "replace")
        if not self.is_absolute:
            return quote(data, safe="/")
        return f"file:///{quote(data, safe='/:').lstrip('/')}"

    @property
    def shown(self) -> str:
        """Path, line and column for people."""
        text = printable(self.file.replace("\n", " "))
        if text and self.line:
            text += f":{self.line}"
            text += f":{self.column}" if self.column else ""
        return text


@dataclass(frozen=True)
class Places:
    """Finds the files of judgements.

    Attributes:
        subjects: what was checked, in words: mostly paths.
        base: absolute path of the directory that files are told relative to.
    """

    subjects: tuple[str, ...] = ()
    base: Path | None = None

    def spot(self, place: Place) -> Spot:
        """Where a place is.

        A place in a git revision becomes the file of that name without a line, as its lines are those
        of another time. The file may be gone.
        """
        path = self._of_revision(place.file)
        if path is not None:
            return self._at(path)
        end = place.end_column if place.end_column > place.column else 0
        return self._at(place.file, place.line, place.column, end)

    def shown(self, place: Place) -> str:
        """Where a place is, for people: in a revision with its line, which is none of now."""
        if not place.file:
            return ""
        if self._of_revision(place.file) is not None:
            return printable(str(place).replace("\n", " "))
        return self.spot(place).shown

    def spot_of(self, judgement: Judgement) -> Spot:
        """Where a judgement is; one without a file is where its subject is."""
        if judgement.place.file:
            return self.spot(judgement.place)
        return self._at(self.subject_of(judgement))

    def subject_of(self, judgement: Judgement) -> str:
        """The subject that a judgement belongs to; the first where that does not show."""
        file = judgement.place.file
        found = self._subject(self._of_revision(file) or file)
        return found or (self.subjects[0] if self.subjects else "")

    def _of_revision(self, file: str) -> str | None:
        """The path of a file in a revision; none for one on disk."""
        match = _OF_REVISION.fullmatch(file)
        return None if match is None or self._subject(file) is not None else match["path"]

    def _subject(self, file: str) -> str | None:
        """The innermost subject that holds a file."""
        if not file:
            return None
        path = _posix(file)
        for place in (path, *path.parents):
            if place in self._held:
                return self._held[place]
        return None

    @cached_property
    def _held(self) -> dict[PurePosixPath, str]:
        """The subject that a file is, or that all files below a directory belong to."""
        held: dict[PurePosixPath, str] = {}
        for subject in self.subjects:
            path = _posix(subject)
            held.setdefault(path, subject)
            if path.suffix == ".toml":
                held.setdefault(path.parent, subject)
        return held

    def _at(self, file: str, line: int = 0, column: int = 0, end_column: int = 0) -> Spot:
        if not file:
            return Spot("", line, column, end_column)
        path = Path(file)
        if self.base is not None and path.is_absolute() and path.is_relative_to(self.base):
            path = path.relative_to(self.base)
        return Spot(path.as_posix(), line, column, end_column, path.is_absolute())


def _posix(text: str) -> PurePosixPath:
    return PurePosixPath(Path(text).as_posix())
