// The generated bindings import their own packages under this name; `scripts/rebuild.py` adds them,
// and the package that they need, in a copy of this directory.
module wit_component

go 1.26
