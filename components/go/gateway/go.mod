// The generated bindings import their own packages under this name. The build adds them, and the
// package that they need, in a copy of this directory: see ../BUILD.md.
module wit_component

go 1.26
