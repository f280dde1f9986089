"""From nodes with contracts to a graph in which every import is decided."""

from wcompose.graph.model import (
    Candidate,
    Choice,
    Component,
    Edge,
    Graph,
    Node,
    Offer,
    Outside,
    Verdict,
)
from wcompose.graph.plan import plan_graph

__all__ = [
    "Candidate",
    "Choice",
    "Component",
    "Edge",
    "Graph",
    "Node",
    "Offer",
    "Outside",
    "Verdict",
    "plan_graph",
]
