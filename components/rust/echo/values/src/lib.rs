//! Gives back every kind of value, and owns counters. It imports nothing.

wit_bindgen::generate!({ world: "echo", path: "../../../../tests/runtime/wit" });

mod bulk;
mod counters;
mod values;

struct Echo;

export!(Echo);
