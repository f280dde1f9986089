# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
# type: ignore
"""`paperflow:plugins/log@1.0.0`"""

from typing import Protocol

from wcompose.runtime import enum_class


Level = enum_class("Level", ("debug", "info", "warning", "error"), module=__name__)


class Imports(Protocol):
    """See the stub."""
