"""Which components in a binary are the gates that come with this tool, told by all of their bytes.

Composing names what it composes and writes once what stands in it more than once; nothing else of a
gate changes. So custom sections take no part in the comparison, and an alias of what stands at the
beginning of the whole counts as that (Component Model, Binary.md: sections and alias definitions).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wcompose.sections import COMPONENT, CUSTOM, HEADER, CutShort, sections, unsigned

_MODULE, _NESTED, _ALIASES = 1, 4, 6
_MODULE_ALIAS = b"\x01\x00\x11\x02"
"""An alias section of one outer alias of a core module, up to how far out it stands."""
_NESTED_ALIAS = b"\x01\x04\x02"
"""The same of a component."""
_DEEPEST = 100
_MOST_SECTIONS = 1_000_000


def prebuilt_gates(
    binary: Path, gates: Mapping[str, Path], sizes: Iterable[int]
) -> Mapping[int, str]:
    """Which of our gates the components of certain sizes are.

    Args:
        binary: any component, of whoever's making; it has been read without fault before.
        gates: files of gates, by their names.
        sizes: bytes of the components in question.

    Returns:
        Names of gates, by sizes in bytes. A size is left out as soon as one component that has it is
        no gate, or another one.

    Raises:
        OSError: a file cannot be read.
    """
    wanted = set(sizes)
    if not wanted:
        return {}
    known = {_Binary(file.read_bytes()).digest_of_all(): name for name, file in gates.items()}
    whole = _Binary(binary.read_bytes())
    found: dict[int, set[str]] = {}
    for part in whole.components():
        if len(part) in wanted:
            found.setdefault(len(part), set()).add(known.get(whole.digest(part), ""))
    return {size: name for size, (name, *others) in found.items() if name and not others}


@dataclass(frozen=True)
class _Part:
    """A component or core module in a binary.

    Attributes:
        start: where it begins, in bytes.
        end: where it ends.
        depth: how many components it stands in.
        before: how many core modules and components stand before it at the beginning of the whole,
            or before that of which it is a part; only those can be meant by an alias in it.
    """

    start: int
    end: int
    depth: int
    before: tuple[int, int]

    def __len__(self) -> int:
        return self.end - self.start


class _Binary:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._whole = _Part(0, len(data), 0, (0, 0))
        self._left = _MOST_SECTIONS
        self._first: tuple[list[_Part], list[_Part]] = ([], [])
        """Core modules and components at the beginning, which aliases mean by their numbers."""
        self._digests: dict[tuple[int, int], str] = {}

    def digest_of_all(self) -> str:
        return self.digest(self._whole)

    def components(self) -> Iterator[_Part]:
        """All components in it, at any depth; none any more where it is cut short."""
        is_beginning = True
        try:
            for identifier, start, end in self._sections(self._whole):
                modules, components = self._first
                part = _Part(start, end, 1, (len(modules), len(components)))
                if identifier == _MODULE and is_beginning:
                    modules.append(part)
                elif identifier == _NESTED:
                    if is_beginning:
                        components.append(part)
                    yield part
                    yield from self._inside(part)
                elif identifier != CUSTOM:
                    is_beginning = False
        except CutShort:
            return

    def _inside(self, part: _Part) -> Iterator[_Part]:
        if part.depth >= _DEEPEST:
            return
        for identifier, start, end in self._sections(part):
            if identifier == _NESTED:
                inner = _Part(start, end, part.depth + 1, part.before)
                yield inner
                yield from self._inside(inner)

    def digest(self, part: _Part) -> str:
        """A digest of what a part is, whatever it is called; empty where it is cut short."""
        try:
            return self._digest(part)
        except CutShort:
            return ""

    def _digest(self, part: _Part) -> str:
        key = (part.start, part.depth)
        if key not in self._digests:
            if part.depth > _DEEPEST:
                raise CutShort
            is_component = self._data[part.start + 4 : part.start + HEADER] == COMPONENT
            found = hashlib.sha256(self._data[part.start : part.start + HEADER])
            for identifier, start, end in self._sections(part):
                if identifier == CUSTOM:
                    continue
                inner: _Part | None = None
                kind = identifier
                if is_component and identifier in {_MODULE, _NESTED}:
                    inner = _Part(start, end, part.depth + 1, part.before)
                elif is_component and identifier == _ALIASES:
                    kind, inner = self._meant(part, start, end)
                content = self._data[start:end] if inner is None else self._digest(inner).encode()
                found.update(bytes([kind]) + len(content).to_bytes(8, "little") + content)
            self._digests[key] = found.hexdigest()
        return self._digests[key]

    def _meant(self, part: _Part, start: int, end: int) -> tuple[int, _Part | None]:
        """What an alias section in a part stands for, where it was put in the place of that."""
        for kind, beginning in ((_MODULE, _MODULE_ALIAS), (_NESTED, _NESTED_ALIAS)):
            if not self._data.startswith(beginning, start):
                continue
            count, after = unsigned(self._data, start + len(beginning), end)
            index, after = unsigned(self._data, after, end)
            is_module = kind == _MODULE
            before = part.before[0 if is_module else 1]
            if count == part.depth and index < before and after == end:
                return kind, self._first[0 if is_module else 1][index]
        return _ALIASES, None

    def _sections(self, part: _Part) -> Iterator[tuple[int, int, int]]:
        """Identifier, beginning and end of the content of each section of a part."""
        for section in sections(self._data, part.start, part.end):
            self._left -= 1
            if self._left < 0:
                raise CutShort
            yield section
