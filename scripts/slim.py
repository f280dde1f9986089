"""Make a component small that was encoded by `wit-component`: what nobody reads goes or gets short.

- Custom sections go: names of functions, instances and aliases, and notes about tools. Only names with a
  space in them stay: a trap tells nothing but the names of the functions it went through, and gates
  refuse with functions whose names are sentences (`refusal!` in `components/rust/gates/policy`).
- The names that core modules, and components inside, import are known inside the component only, where
  they are repeated: each becomes one or two letters. So do names that core modules export. What the
  component itself imports and exports keeps its names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

IS_COMPONENT = 0x0001_000D
CUSTOM = 0
# Sections of a core module.
IMPORT, EXPORT = 2, 7
# Sections of a component.
CORE_MODULE, CORE_INSTANCE, COMPONENT, INSTANCE, ALIAS, COMPONENT_IMPORT = 1, 2, 4, 5, 6, 10
FUNCTION_NAMES = 1
LETTERS = b"abcdefghijklmnopqrstuvwxyz"
INSIDE = b"import-"
"""What `wit-component` has in front of all that a component inside imports."""


class Reader:
    """Bytes of a section, read from the front. They are our own encoder's, so not hostile."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self.data)

    def byte(self) -> int:
        """The next byte."""
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """An unsigned LEB128 number."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self) -> bytes:
        """Bytes with their length in front."""
        size = self.number()
        self.at += size
        return self.data[self.at - size : self.at]

    def since(self, start: int) -> bytes:
        """What was read from there on."""
        return self.data[start : self.at]


class Names:
    """Short names, handed out in the order in which the long ones are met."""

    def __init__(self) -> None:
        self._short: dict[bytes, bytes] = {}

    def __call__(self, name: bytes) -> bytes:
        """The same name for the same name, as text of a binary."""
        if name not in self._short:
            count, short = len(self._short), b""
            while count >= 0:
                count, letter = divmod(count, len(LETTERS))
                short += LETTERS[letter : letter + 1]
                count -= 1
            self._short[name] = short
        return _text(self._short[name])


Change = Callable[[bytes, Names], bytes]
"""Makes a section smaller."""


def slim(component: bytes) -> bytes:
    """The same component, smaller.

    Args:
        component: as `wit-component` encodes it.

    Raises:
        ValueError: it has something that this does not know.
    """
    if int.from_bytes(component[4:8], "little") != IS_COMPONENT:
        raise ValueError("not a component")
    changes: dict[int, Change] = {
        CORE_MODULE: _module,
        CORE_INSTANCE: _core_instances,
        COMPONENT: _component_inside,
        INSTANCE: _instances,
        ALIAS: _aliases,
    }
    return _component(component, changes, Names())


def _component_inside(binary: bytes, names: Names) -> bytes:
    return _component(binary, {COMPONENT_IMPORT: _component_imports}, names)


def _component(binary: bytes, changes: Mapping[int, Change], names: Names) -> bytes:
    kept = binary[:8]
    for kind, section in _sections(binary):
        if kind != CUSTOM:
            kept += _section(kind, changes[kind](section, names) if kind in changes else section)
    return kept


def _module(binary: bytes, names: Names) -> bytes:
    kept = binary[:8]
    for kind, section in _sections(binary):
        if kind == IMPORT:
            kept += _section(kind, _imports(section, names))
        elif kind == EXPORT:
            kept += _section(kind, _exports(section, names))
        elif kind != CUSTOM:
            kept += _section(kind, section)
        elif section.startswith(_text(b"name")) and (told := _telling(section[5:])):
            kept += _section(CUSTOM, _text(b"name") + _section(FUNCTION_NAMES, told))
    return kept


def _sections(binary: bytes) -> list[tuple[int, bytes]]:
    reader = Reader(binary)
    reader.at = 8
    sections = []
    while reader:
        sections.append((reader.byte(), reader.text()))
    return sections


def _imports(section: bytes, names: Names) -> bytes:
    reader = Reader(section)
    count = reader.number()
    kept = _number(count)
    for _ in range(count):
        kept += names(reader.text()) + names(reader.text())
        start = reader.at
        kind = reader.byte()
        if kind == 0:  # a function: its type
            reader.number()
        elif kind == 1:  # a table: type of its elements, limits
            reader.byte()
            _limits(reader)
        elif kind == 2:  # a memory
            _limits(reader)
        else:
            raise ValueError(f"an import of kind {kind}")
        kept += reader.since(start)
    return kept


def _limits(reader: Reader) -> None:
    for _ in range(1 + (reader.byte() & 1)):
        reader.number()


def _exports(section: bytes, names: Names) -> bytes:
    """What is exported under a sentence, only to have that name, is exported no more."""
    reader = Reader(section)
    kept = []
    for _ in range(reader.number()):
        name = reader.text()
        start = reader.at
        reader.byte()
        reader.number()
        if b" " not in name:
            kept.append(names(name) + reader.since(start))
    return _number(len(kept)) + b"".join(kept)


def _core_instances(section: bytes, names: Names) -> bytes:
    reader = Reader(section)
    count = reader.number()
    kept = _number(count)
    for _ in range(count):
        start = reader.at
        if reader.byte() == 0:  # of a module, which comes first
            reader.number()
        number = reader.number()
        kept += reader.since(start)
        for _ in range(number):
            kept += names(reader.text())
            start = reader.at
            reader.byte()
            reader.number()
            kept += reader.since(start)
    return kept


def _instances(section: bytes, names: Names) -> bytes:
    reader = Reader(section)
    count = reader.number()
    kept = _number(count)
    for _ in range(count):
        start = reader.at
        if reader.byte() != 0:
            raise ValueError("an instance that is not of a component")
        reader.number()
        number = reader.number()
        kept += reader.since(start)
        for _ in range(number):
            kept += _inside(reader.text(), names)
            start = reader.at
            if reader.byte() == 0:
                reader.byte()
            reader.number()
            kept += reader.since(start)
    return kept


def _component_imports(section: bytes, names: Names) -> bytes:
    reader = Reader(section)
    count = reader.number()
    kept = _number(count)
    for _ in range(count):
        kept += bytes([reader.byte()]) + _inside(reader.text(), names)
        start = reader.at
        kind = reader.byte()
        if kind == 3:  # a type: equal to another one, or a resource
            if reader.byte() == 0:
                reader.number()
        elif kind in {1, 5}:  # a function, an instance
            reader.number()
        else:
            raise ValueError(f"an import of kind {kind} in a component inside")
        kept += reader.since(start)
    return kept


def _inside(name: bytes, names: Names) -> bytes:
    if not name.startswith(INSIDE):
        raise ValueError(f"{name!r} is imported inside")
    return names(name)


def _aliases(section: bytes, names: Names) -> bytes:
    reader = Reader(section)
    count = reader.number()
    kept = _number(count)
    for _ in range(count):
        start = reader.at
        if reader.byte() == 0:  # something of core: what
            reader.byte()
        target = reader.byte()
        reader.number()
        if target == 1:  # an export of a core instance
            kept += reader.since(start) + names(reader.text())
        elif target == 0:  # an export of an instance
            reader.text()
            kept += reader.since(start)
        else:  # something of a component around this one
            reader.number()
            kept += reader.since(start)
    return kept


def _telling(names: bytes) -> bytes:
    """The name map of functions with telling names; empty if there are none."""
    reader = Reader(names)
    while reader:
        kind, part = reader.byte(), Reader(reader.text())
        if kind == FUNCTION_NAMES:
            pairs = [(part.number(), part.text()) for _ in range(part.number())]
            kept = [_number(index) + _text(name) for index, name in pairs if b" " in name]
            return _number(len(kept)) + b"".join(kept) if kept else b""
    return b""


def _number(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _text(text: bytes) -> bytes:
    return _number(len(text)) + text


def _section(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _text(body)
