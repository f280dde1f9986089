"""The project file and its lock: text on disk to checked objects."""

from wcompose.project.checks import CHECK_FILE, load_check_file
from wcompose.project.load import PROJECT_FILE, find_project, load_project
from wcompose.project.model import (
    CheckDeclaration,
    EdgeDeclaration,
    Endpoint,
    IgnoreDeclaration,
    NodeDeclaration,
    OfferDeclaration,
    Project,
    PythonSource,
    RunDeclaration,
)

__all__ = [
    "CHECK_FILE",
    "PROJECT_FILE",
    "CheckDeclaration",
    "EdgeDeclaration",
    "Endpoint",
    "IgnoreDeclaration",
    "NodeDeclaration",
    "OfferDeclaration",
    "Project",
    "PythonSource",
    "RunDeclaration",
    "find_project",
    "load_check_file",
    "load_project",
]
