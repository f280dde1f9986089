"""The C API of components, called with plain integers for pointers.

Prototypes of our own: those of wasmtime-py take objects that are dear to make. Sources of the rules that
are kept here: ``wasmtime-c-api-impl`` 50, modules ``component::func``, ``component::linker``,
``component::val`` and ``store``.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from wasmtime import _ffi as ffi

from wcompose.native.memory import check_layout

if TYPE_CHECKING:
    from wasmtime import WasmtimeError

_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_size_t

VALUE_SIZE = 32
"""Bytes of a tagged value (``wasmtime_component_val_t``): its kind at 0, its payload at 8."""
ENTRY_SIZE = 48
"""Bytes of a field of a record: length and address of its name, then its value."""
FUNCTION_SIZE = ctypes.sizeof(ffi.wasmtime_component_func_t)
INSTANCE_SIZE = ctypes.sizeof(ffi.wasmtime_component_instance_t)

KINDS = {
    "bool": 0,
    "s8": 1,
    "u8": 2,
    "s16": 3,
    "u16": 4,
    "s32": 5,
    "u32": 6,
    "s64": 7,
    "u64": 8,
    "f32": 9,
    "f64": 10,
    "char": 11,
    "string": 12,
    "list": 13,
    "record": 14,
    "tuple": 15,
    "variant": 16,
    "enum": 17,
    "option": 18,
    "result": 19,
    "flags": 20,
    "own": 21,
    "borrow": 21,
}
"""The tags of values (``WASMTIME_COMPONENT_*`` in ``wasmtime/component/val.h``)."""

check_layout()


def _foreign(name: str, result: Any, *arguments: Any) -> Any:
    # Taken by index, a function is a new object, and wasmtime-py's own prototype stays as it is.
    function = ffi.dll[name]
    function.restype, function.argtypes = result, arguments
    return function


call_function = _foreign(
    "wasmtime_component_func_call",
    _POINTER, _POINTER, _POINTER, _POINTER, _SIZE, _POINTER, _SIZE,
)  # fmt: skip
"""``(function, context, arguments, count, results, count)`` gives the address of an error, or none.

Arguments are read and copied before the guest runs, and stay ours. Results have to hold values before
(plain false does), and are the caller's to delete after."""
delete_value = _foreign("wasmtime_component_val_delete", None, _POINTER)
"""Frees what a value owns, and leaves it as it was: write a plain false (zeros) over it after."""
clone_value = _foreign("wasmtime_component_val_clone", None, _POINTER, _POINTER)
"""``(from, to)``: a deep copy that the runtime owns, over a value that owns nothing."""

new_store = _foreign("wasmtime_store_new", _POINTER, _POINTER, _POINTER, _POINTER)
delete_store = _foreign("wasmtime_store_delete", None, _POINTER)
context_of = _foreign("wasmtime_store_context", _POINTER, _POINTER)
_limit = ctypes.c_int64
limit_store = _foreign(
    "wasmtime_store_limiter", None, _POINTER, _limit, _limit, _limit, _limit, _limit
)
set_epoch_deadline = _foreign(
    "wasmtime_context_set_epoch_deadline", None, _POINTER, ctypes.c_uint64
)
set_fuel = _foreign("wasmtime_context_set_fuel", _POINTER, _POINTER, ctypes.c_uint64)
_get_fuel = _foreign("wasmtime_context_get_fuel", _POINTER, _POINTER, _POINTER)
set_wasi = _foreign("wasmtime_context_set_wasi", _POINTER, _POINTER, _POINTER)
set_wasi_http = _foreign("wasmtime_context_set_wasi_http", None, _POINTER)

instantiate = _foreign(
    "wasmtime_component_linker_instantiate", _POINTER, _POINTER, _POINTER, _POINTER, _POINTER
)
"""``(linker, context, component, instance)``: the instance's place takes `INSTANCE_SIZE` bytes."""
export_index = _foreign(
    "wasmtime_component_get_export_index", _POINTER, _POINTER, _POINTER, _POINTER, _SIZE
)
"""``(component, index of an interface or none, name, length)``; good for every instance."""
delete_export_index = _foreign("wasmtime_component_export_index_delete", None, _POINTER)
find_function = _foreign(
    "wasmtime_component_instance_get_func", ctypes.c_bool, _POINTER, _POINTER, _POINTER, _POINTER
)
"""``(instance, context, index, function)``: the function's place takes `FUNCTION_SIZE` bytes."""

same_resource_type = _foreign(
    "wasmtime_component_resource_type_equal", ctypes.c_bool, _POINTER, _POINTER
)
clone_resource = _foreign("wasmtime_component_resource_any_clone", _POINTER, _POINTER)
delete_resource = _foreign("wasmtime_component_resource_any_delete", None, _POINTER)
"""Frees the handle's memory on our side; the resource lives on."""
drop_resource = _foreign("wasmtime_component_resource_any_drop", _POINTER, _POINTER, _POINTER)
"""``(context, resource)``: ends an owned one, its destructor may run; or gives a borrowed one back."""
new_host_resource = _foreign(
    "wasmtime_component_resource_host_new",
    _POINTER,
    ctypes.c_bool,
    ctypes.c_uint32,
    ctypes.c_uint32,
)
delete_host_resource = _foreign("wasmtime_component_resource_host_delete", None, _POINTER)
host_resource_number = _foreign("wasmtime_component_resource_host_rep", ctypes.c_uint32, _POINTER)
_any_to_host = _foreign(
    "wasmtime_component_resource_any_to_host", _POINTER, _POINTER, _POINTER, _POINTER
)
_host_to_any = _foreign(
    "wasmtime_component_resource_host_to_any", _POINTER, _POINTER, _POINTER, _POINTER
)
_new_error = _foreign("wasmtime_error_new", _POINTER, ctypes.c_char_p)
_delete_error = _foreign("wasmtime_error_delete", None, _POINTER)


def pointer_of(managed: Any) -> int:
    """Address of what one of wasmtime-py's objects owns; good while that object is."""
    return ctypes.cast(managed.ptr(), ctypes.c_void_p).value or 0


def consume(managed: Any) -> int:
    """The same, taken away from the object."""
    return ctypes.cast(managed._consume(), ctypes.c_void_p).value or 0  # noqa: SLF001


def fuel_of(context: int) -> int:
    """Fuel that is left in a store; none where its engine does not meter."""
    left = ctypes.c_uint64(0)
    error = _get_fuel(context, ctypes.addressof(left))
    if error:
        _delete_error(error)
        return 0
    return left.value


def make_error(message: str) -> int:
    """An error for the runtime, which owns it from then on."""
    return int(_new_error(message.replace("\0", "").encode("utf-8", "replace")))


def read_error(error: int) -> WasmtimeError:
    """The exception for an error that a call gave."""
    from wasmtime import WasmtimeError

    return WasmtimeError._from_ptr(  # noqa: SLF001
        ctypes.cast(error, ctypes.POINTER(ffi.wasmtime_error_t))
    )


def to_host_resource(context: int, resource: int) -> int:
    """The host's own resource behind a handle, which has to be of the host.

    Raises:
        WasmtimeError: it is a guest's.
    """
    found = ctypes.c_void_p()
    error = _any_to_host(context, resource, ctypes.addressof(found))
    if error:
        raise read_error(error)
    return found.value or 0


def to_any_resource(context: int, host_resource: int) -> int:
    """A handle for the host's own resource.

    Raises:
        WasmtimeError: the store has no room for it.
    """
    found = ctypes.c_void_p()
    error = _host_to_any(context, host_resource, ctypes.addressof(found))
    if error:
        raise read_error(error)
    return found.value or 0
