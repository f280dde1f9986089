"""Functions and resources of the host's, as the C API knows them: one function each for all of them.

The functions of Python's that are called must not raise: what they do would be lost in the C API.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from wasmtime import _ffi as ffi

from wcompose.native.calls import pointer_of, read_error

Answer = Callable[[int, int, int, int, int, int, int], int]
"""``(number, context, type, arguments, count, results, count)`` gives an error's address, or zero."""
Destroy = Callable[[int, int, int], int]
"""``(number, context, representation)`` likewise."""

_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_size_t
_ANSWER = ctypes.CFUNCTYPE(_SIZE, *[_SIZE] * 7)
_DESTROY = ctypes.CFUNCTYPE(_SIZE, _SIZE, _SIZE, ctypes.c_uint32)


def _foreign(name: str, *arguments: Any) -> Any:
    function = ffi.dll[f"wasmtime_component_linker_instance_{name}"]
    function.restype, function.argtypes = _POINTER, arguments
    return function


_add_function = _foreign("add_func", _POINTER, ctypes.c_char_p, _SIZE, _ANSWER, _SIZE, _POINTER)
_add_resource = _foreign(
    "add_resource", _POINTER, ctypes.c_char_p, _SIZE, _POINTER, _DESTROY, _SIZE, _POINTER
)


class Hosting:
    """Fills imports.

    Args:
        answer: called when a guest calls a function.
        destroy: called when a guest drops a resource.
    """

    def __init__(self, answer: Answer, destroy: Destroy) -> None:
        self._answer = _ANSWER(answer)
        self._destroy = _DESTROY(destroy)

    def add_function(self, place: Any, name: str, number: int) -> None:
        """Fill a function.

        Args:
            place: wasmtime-py's `LinkerInstance`.
            name: of the function.
            number: what ``answer`` is told.

        Raises:
            WasmtimeError: there is one of that name.
        """
        text = name.encode()
        error = _add_function(pointer_of(place), text, len(text), self._answer, number, None)
        if error:
            raise read_error(error)

    def add_resource(self, place: Any, name: str, kind: Any) -> None:
        """Fill a resource's type.

        Args:
            place: wasmtime-py's `LinkerInstance`.
            name: of the resource.
            kind: wasmtime-py's `ResourceType`.

        Raises:
            WasmtimeError: there is one of that name.
        """
        text = name.encode()
        error = _add_resource(
            pointer_of(place), text, len(text), pointer_of(kind), self._destroy, 0, None
        )
        if error:
            raise read_error(error)
