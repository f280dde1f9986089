"""The project file and its lock: text on disk to checked objects."""

from wcompose.project.load import PROJECT_FILE, find_project, load_project
from wcompose.project.model import (
    EdgeDeclaration,
    Endpoint,
    NodeDeclaration,
    OfferDeclaration,
    Project,
    PythonSource,
    RunDeclaration,
)

__all__ = [
    "PROJECT_FILE",
    "EdgeDeclaration",
    "Endpoint",
    "NodeDeclaration",
    "OfferDeclaration",
    "Project",
    "PythonSource",
    "RunDeclaration",
    "find_project",
    "load_project",
]
