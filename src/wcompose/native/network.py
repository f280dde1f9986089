"""The network, which the C API can grant and wasmtime-py does not wrap."""

from __future__ import annotations

from typing import Any

_NAMES = ("wasi_config_inherit_network", "wasi_config_allow_ip_name_lookup")


def missing_switches() -> list[str]:
    """What this release of wasmtime-py lacks to grant the network."""
    from wasmtime import _bindings as bindings

    return [name for name in _NAMES if not hasattr(bindings, name)]


def allow_network(configuration: Any) -> None:
    """Grant all of the network, and looking names up, to a `WasiConfig`."""
    from wasmtime import _bindings as bindings

    bindings.wasi_config_inherit_network(configuration.ptr())
    bindings.wasi_config_allow_ip_name_lookup(configuration.ptr(), True)
