"""Choices about a graph as the command line states them: `--edge`, `--outside`, `--export`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wcompose.graph import Node
    from wcompose.project import EdgeDeclaration, Endpoint, OfferDeclaration
    from wcompose.report import Finding

_EDGE = "NODE:IMPORT=NODE` or `NODE:IMPORT=NODE:EXPORT"
_OUTSIDE = "NODE:IMPORT` or `NODE:IMPORT as NAME"
_EXPORT = "NODE`, `NODE:EXPORT` or `NODE:EXPORT as NAME"


def there_are(nodes: Collection[str]) -> str:
    """A hint that lists the nodes."""
    from wcompose.graph.names import listed

    return f"there {'is only' if len(nodes) == 1 else 'are'} {listed(nodes)}"


class Choices:
    """Reads options; collects what is wrong with them.

    Args:
        nodes: the nodes that options may name.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._findings: list[Finding] = []
        self.stated: set[str] = set()
        """Nodes that the options name as exporting something."""

    def check(self) -> None:
        """Refuse options that name no node or have no form that is known.

        Raises:
            UsageError: with everything that is wrong.
        """
        if self._findings:
            from wcompose.errors import UsageError
            from wcompose.report import Report

            raise UsageError(Report.of(self._findings).findings)

    def edges(self, texts: Sequence[str], outsides: Sequence[str]) -> list[EdgeDeclaration]:
        """Read `--edge` and `--outside`.

        Args:
            texts: each `NODE:IMPORT=NODE` or `NODE:IMPORT=NODE:EXPORT`.
            outsides: each `NODE:IMPORT` or `NODE:IMPORT as NAME`.
        """
        from wcompose.project import EdgeDeclaration

        edges: list[EdgeDeclaration] = []
        for text in texts:
            importing, separator, source = text.partition("=")
            if not separator or not importing.strip() or not source.strip():
                self._wrong("--edge", text, _EDGE)
                continue
            edges.append(
                EdgeDeclaration(
                    self._endpoint("--edge", importing, _EDGE),
                    self._endpoint("--edge", source),
                )
            )
        for text in outsides:
            importing, name = self._renamed("--outside", text, _OUTSIDE)
            edges.append(
                EdgeDeclaration(self._endpoint("--outside", importing, _OUTSIDE), None, name)
            )
        return edges

    def exports(self, texts: Sequence[str]) -> list[OfferDeclaration] | None:
        """`NODE:EXPORT`, `NODE:EXPORT as NAME`, or `NODE` for all that it exports; none for no text."""
        from wcompose.project import Endpoint, OfferDeclaration

        if not texts:
            return None
        offers: list[OfferDeclaration] = []
        for text in texts:
            exporting, name = self._renamed("--export", text, _EXPORT)
            endpoint = self._endpoint("--export", exporting)
            if endpoint.name:
                offers.append(OfferDeclaration(endpoint, name))
            elif name:
                self._wrong("--export", text, "NODE:EXPORT as NAME")
            elif endpoint.node in self._nodes:
                offers += [
                    OfferDeclaration(Endpoint(endpoint.node, each, endpoint.place))
                    for each in self._nodes[endpoint.node].exports
                ]
        return offers

    def _renamed(self, option: str, text: str, form: str) -> tuple[str, str]:
        """What stands before and behind ``as``; the latter is empty where there is none."""
        from wcompose.contract import is_extern_name
        from wcompose.report import Finding, Place

        subject, separator, name = (part.strip() for part in f"{text} ".partition(" as "))
        if not separator.strip():
            return subject, ""
        if not name:
            self._wrong(option, text, form)
        elif not is_extern_name(name):
            self._findings.append(
                Finding(
                    "bad-name",
                    f"`{name}` is no name for an import or export",
                    Place(option, item=text.strip()),
                    hint="names are like `store` or `acme:shop/store@1.0.0`",
                )
            )
        return subject, name

    def _endpoint(self, option: str, text: str, form: str = "") -> Endpoint:
        """Read ``NODE:NAME``; with a ``form`` to show, a node alone is not enough."""
        from wcompose.project import Endpoint
        from wcompose.report import Finding, Place
        from wcompose.suggest import did_you_mean

        node, _, name = text.strip().partition(":")
        place = Place(option, item=text.strip())
        if not node:
            self._wrong(option, text, form or "NODE` or `NODE:EXPORT")
        elif node not in self._nodes:
            self._findings.append(
                Finding(
                    "unknown-node",
                    f"no node is called `{node}`",
                    place,
                    hint=did_you_mean(node, self._nodes) or there_are(self._nodes),
                )
            )
        elif form and not name:
            self._wrong(option, text, form)
        if not form:
            self.stated.add(node)
        return Endpoint(node, name, place)

    def _wrong(self, option: str, text: str, form: str) -> None:
        from wcompose.report import Finding, Place

        self._findings.append(
            Finding(
                "bad-value",
                f"`{text}` is not what `{option}` takes",
                Place(option, item=text),
                hint=f"write `{form}`",
            )
        )
