"""A picture as a tree in a terminal: who uses whom, from what is offered down to the host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from wcompose.cli.render import printable
from wcompose.contract import parse_item_name
from wcompose.picture import Picture, PictureNode
from wcompose.picture.arrows import grant_lines
from wcompose.picture.card import badge_words, short_name, size_words
from wcompose.picture.model import NodeKind

_TRAILING = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)
"""What wrapping leaves at the end of a line."""
GUIDE = 4
"""Columns by which a child stands to the right of its parent."""
LEAST_ROOM = 28
"""Columns that a node's own lines need; one that has fewer is shown further below."""


def tree_text(console: Console, picture: Picture) -> str:
    """A picture as a tree, as wide as the console is, in its colours and its characters."""
    with console.capture() as capture:
        console.print(_Grower(console, picture).whole(), highlight=False)
    return _TRAILING.sub(r"\1", capture.get())


class _Grower:
    def __init__(self, console: Console, picture: Picture) -> None:
        self._is_ascii = console.options.ascii_only
        self._deepest = max(2, (console.width - LEAST_ROOM) // GUIDE)
        self._picture = picture
        self._nodes = {node.name: node for node in picture.nodes}
        self._uses: dict[str, dict[str, dict[str, None]]] = {name: {} for name in self._nodes}
        self._users: dict[str, set[str]] = {name: set() for name in self._nodes}
        for edge in picture.edges:
            used = self._uses[edge.importer].setdefault(edge.exporter, {})
            used[short_name(edge.import_name)] = None
            self._users[edge.exporter].add(edge.importer)
        self._open: dict[str, dict[str, None]] = {}
        for problem in picture.problems:
            if problem.import_name:
                names = self._open.setdefault(problem.node, {})
                names[short_name(problem.import_name)] = None
        self._shown: set[str] = set()
        self._later: list[str] = []

    def whole(self) -> Tree:
        picture = self._picture
        head = self._text(("bold", picture.title))
        if picture.size:
            head.append("  " + size_words(picture.size), "dim")
        tree = Tree(head, guide_style="dim")
        offered: dict[str, dict[str, None]] = {}
        for offer in picture.offers:
            offered.setdefault(offer.exporter, {})[offer.name] = None
        for name, names in offered.items():
            self._grow(tree, name, self._words("offers", names), 1)
        self._grow_later(tree)
        for name in self._unreached():
            if name not in self._shown:
                self._grow(tree, name, None, 1)
                self._grow_later(tree)
        self._add_imports(tree)
        return tree

    def _grow_later(self, tree: Tree) -> None:
        while self._later:
            name = self._later.pop(0)
            if name not in self._shown:
                self._grow(tree, name, None, 1)

    def _unreached(self) -> Iterator[str]:
        """Nodes that nothing offered leads to: those that nobody uses first."""
        names = [name for name, node in self._nodes.items() if node.kind is not NodeKind.GROUP]
        yield from (name for name in names if not self._users[name])
        yield from names

    def _grow(self, parent: Tree, name: str, why: Text | None, depth: int) -> None:
        node = self._nodes[name]
        label = self._text(("bold", node.name))
        if name in self._shown:
            label.append("  (see above)", "dim")
            parent.add(_stacked(label, why))
            return
        if depth > self._deepest:
            label.append("  (see below)", "dim")
            parent.add(_stacked(label, why))
            if name not in self._later:
                self._later.append(name)
            return
        self._shown.add(name)
        facts = self._facts(node)
        if facts:
            label.append("  " + self._spelt(facts), "dim")
        grants = (self._words(word, names) for word, names in grant_lines(node))
        branch = parent.add(_stacked(label, why, *grants))
        for used, names in self._uses[name].items():
            self._grow(branch, used, self._words("for", names), depth + 1)
        for missing in self._open.get(name, ()):
            branch.add(self._text(("bold red", missing), ("red", "  nothing fills it")))

    def _facts(self, node: PictureNode) -> str:
        facts = [badge_words(node)] if badge_words(node) else []
        if node.size and node.kind is not NodeKind.MISSING:
            facts.append(size_words(node.size))
        if node.component:
            facts.append(f"from {printable(node.component)}")
        users = len(self._users[node.name])
        if users > 1:
            facts.append(f"shared by {users}")
        return ", ".join(facts)

    def _add_imports(self, tree: Tree) -> None:
        """What the whole imports: WASI by package, everything else by name and who needs it."""
        packages: dict[str, dict[str, None]] = {}
        others: dict[str, dict[str, None]] = {}
        for each in sorted(self._picture.outsides, key=lambda each: each.name):
            item = parse_item_name(each.name)
            if each.is_host and item is not None:
                version = f"@{item.version}" if item.version else ""
                package = f"{item.namespace}:{item.package}{version}"
                packages.setdefault(package, {})[item.interface] = None
            else:
                others.setdefault(each.name, {})[each.importer] = None
        if packages:
            branch = tree.add(self._text(("", "imports from the host")))
            for package, interfaces in packages.items():
                branch.add(self._joined(self._text(("", f"{package}  ")), interfaces))
        if others:
            branch = tree.add(self._text(("", "imports from outside")))
            for name, importers in others.items():
                branch.add(self._joined(self._text(("", name), ("dim", "  for ")), importers))

    def _words(self, word: str, names: Iterable[str]) -> Text:
        return self._joined(self._text(("", f"{word} ")), names)

    def _joined(self, text: Text, names: Iterable[str]) -> Text:
        return text.append(self._spelt(", ".join(map(printable, names))), "dim")

    def _text(self, *parts: tuple[str, str]) -> Text:
        text = Text()
        for style, part in parts:
            text.append(self._spelt(printable(part)), style or None)
        return text

    def _spelt(self, text: str) -> str:
        text = text.replace("\n", " ")
        if not self._is_ascii:
            return text
        return text.replace("…", "...").encode("ascii", "backslashreplace").decode()


def _stacked(*lines: Text | None) -> Text:
    return Text("\n").join(line for line in lines if line is not None)
