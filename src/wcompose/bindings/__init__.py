"""Bindings: a component's world as a package of Python, for hosts that call it.

The package has a module for each interface with classes for its types, stubs that tell editors and type
checkers every call and value, and the types of all functions, which the runtime compares with the
component's own before anything is called.
"""

from wcompose.bindings.package import Package, write_package
from wcompose.bindings.store import differing_files, store_package

__all__ = ["Package", "differing_files", "store_package", "write_package"]
