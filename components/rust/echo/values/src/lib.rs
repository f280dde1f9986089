//! Gives back every kind of value, and owns counters. It imports nothing.

wit_bindgen::generate!({ world: "echo", path: "../../../../tests/runtime/wit" });

mod bulk;
mod counters;
mod values;

struct Echo;

impl Guest for Echo {
    fn greet(name: String) -> String {
        format!("hello, {name}")
    }
}

export!(Echo);
