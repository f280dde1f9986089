"""What touches the runtime's raw bindings; nothing outside this package does.

wasmtime-py wraps the runtime's C API in objects that cost microseconds a call, and leaves parts of it
out. The modules here call the C API with plain integers for pointers: an address that is passed in must
come from here, and its owner must be alive. Callers keep to that, so that nothing they do can crash.
"""
