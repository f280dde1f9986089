"""wcompose: compose WebAssembly components written in different languages into one."""

__version__ = "0.1.0"
