# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
# type: ignore
"""`paperflow:plugins/store@1.0.0`"""

from typing import Protocol

from wcompose.runtime import variant_class


StoreError = variant_class(
    "StoreError",
    (("full", True), ("not-a-number", False), ("other", True)),
    module=__name__,
)
AnyStoreError = StoreError.Full | StoreError.NotANumber | StoreError.Other


class Imports(Protocol):
    """See the stub."""
