"""From nodes with contracts to a graph in which every import is decided."""

from wcompose.graph.model import (
    Candidate,
    Choice,
    Component,
    Draft,
    Edge,
    Graph,
    Node,
    Offer,
    Outside,
    Verdict,
)
from wcompose.graph.plan import draft_graph, is_host_interface, plan_graph

__all__ = [
    "Candidate",
    "Choice",
    "Component",
    "Draft",
    "Edge",
    "Graph",
    "Node",
    "Offer",
    "Outside",
    "Verdict",
    "draft_graph",
    "is_host_interface",
    "plan_graph",
]
