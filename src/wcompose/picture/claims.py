"""What a component says about itself: whoever made it wrote that, so it is told and not acted on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wcompose.errors import UserError
from wcompose.grants.section import read_section
from wcompose.picture.gates import claimed_gate, may_be_prebuilt
from wcompose.project.granting import grants_from_json
from wcompose.project.grants import GrantsDeclaration

LONGEST_NAME = 120
"""Characters of a name from the binary that a node is called by."""

DETAILS = (
    "version",
    "description",
    "authors",
    "licenses",
    "source",
    "homepage",
    "revision",
)
"""Members of a component that tell about it, in words."""


def details_of(component: Mapping[str, Any]) -> dict[str, str]:
    """What a component tells about itself, in words.

    Args:
        component: as in `wcompose.picture.of_binary`.
    """
    details = {name: str(component[name]) for name in DETAILS if component.get(name)}
    tools = (component.get("producers") or {}).get("processed-by") or {}
    if tools:
        named = sorted(f"{name} {version}".strip() for name, version in tools.items())
        details["tools"] = ", ".join(named)
    if node := claimed_gate(component):
        details["gate"] = f"it says that it is a gate of {clipped(node)}, and does not fit as one"
    elif may_be_prebuilt(component):
        details["gate"] = "it takes a policy as gates do, and is none that this release knows"
    return details


def grants_said(composition: Mapping[str, Any]) -> dict[str, GrantsDeclaration]:
    """What a composition says that its nodes are granted; what cannot be read is not said.

    Args:
        composition: as in `wcompose.picture.of_binary`.
    """
    section = read_section(composition)
    said: dict[str, GrantsDeclaration] = {}
    for name, grants in () if section is None else section.nodes.items():
        try:
            said[name] = grants_from_json(grants)
        except UserError:
            continue
    return said


def clipped(name: str) -> str:
    """A name that is no longer than a node's may be."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
