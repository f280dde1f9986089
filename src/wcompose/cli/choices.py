"""Choices about a graph as the command line states them: `--edge`, `--outside`, `--export`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wcompose.graph import Node
    from wcompose.project import EdgeDeclaration, Endpoint, OfferDeclaration
    from wcompose.report import Finding


class Choices:
    """Reads options; collects what is wrong with them.

    Args:
        nodes: the nodes that options may name.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._findings: list[Finding] = []

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
        """`NODE:IMPORT=NODE`, `NODE:IMPORT=NODE:EXPORT`, and `NODE:IMPORT` or
        `NODE:IMPORT as NAME` for what is left outside."""
        from wcompose.project import EdgeDeclaration

        edges: list[EdgeDeclaration] = []
        for text in texts:
            importing, separator, source = text.partition("=")
            if not separator:
                self._wrong("--edge", text, "NODE:IMPORT=NODE` or `NODE:IMPORT=NODE:EXPORT")
                continue
            edges.append(
                EdgeDeclaration(
                    self._endpoint("--edge", importing),
                    self._endpoint("--edge", source, needs_name=False),
                )
            )
        for text in outsides:
            importing, _, name = text.partition(" as ")
            edges.append(
                EdgeDeclaration(self._endpoint("--outside", importing), None, name.strip())
            )
        return edges

    def exports(self, texts: Sequence[str]) -> list[OfferDeclaration] | None:
        """`NODE:EXPORT`, `NODE:EXPORT as NAME`, or `NODE` for all that it exports; none for no text."""
        from wcompose.project import Endpoint, OfferDeclaration

        if not texts:
            return None
        offers: list[OfferDeclaration] = []
        for text in texts:
            exporting, _, name = text.partition(" as ")
            endpoint = self._endpoint("--export", exporting, needs_name=False)
            if endpoint.name:
                offers.append(OfferDeclaration(endpoint, name.strip()))
            elif endpoint.node in self._nodes:
                offers += [
                    OfferDeclaration(Endpoint(endpoint.node, each, endpoint.place))
                    for each in self._nodes[endpoint.node].exports
                ]
        return offers

    def _endpoint(self, option: str, text: str, *, needs_name: bool = True) -> Endpoint:
        from wcompose.graph.names import listed
        from wcompose.project import Endpoint
        from wcompose.report import Finding, Place
        from wcompose.suggest import did_you_mean

        node, _, name = text.strip().partition(":")
        place = Place(option, item=text.strip())
        if node not in self._nodes:
            self._findings.append(
                Finding(
                    "unknown-node",
                    f"no node is called `{node}`",
                    place,
                    hint=did_you_mean(node, self._nodes) or f"there are {listed(self._nodes)}",
                )
            )
        elif needs_name and not name:
            self._wrong(option, text, "NODE:IMPORT")
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
