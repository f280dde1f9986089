//! Does what a test tells it to, one step a call, and says what came of it. What one step opened is kept
//! under a name, and is there in the next.

wit_bindgen::generate!({
    path: "../gates/wit",
    world: "prober",
    inline: "
        package wcompose:prober@0.1.0;

        interface probe {
          /// One step: a word and what it needs. Errors are named as in WIT.
          step: func(words: list<string>) -> string;
        }

        world prober {
          import wasi:io/error@0.2.12;
          import wasi:io/poll@0.2.12;
          import wasi:io/streams@0.2.12;
          import wasi:clocks/wall-clock@0.2.12;
          import wasi:clocks/monotonic-clock@0.2.12;
          import wasi:cli/stdin@0.2.12;
          import wasi:cli/stdout@0.2.12;
          import wasi:cli/stderr@0.2.12;
          import wasi:filesystem/types@0.2.12;
          import wasi:filesystem/preopens@0.2.12;
          export probe;
        }
    ",
    generate_all,
});

mod files;
mod streams;
mod words;

use std::cell::RefCell;
use std::collections::HashMap;

use exports::wcompose::prober::probe::Guest;
use wasi::filesystem::types::Descriptor;
use wasi::io::poll::Pollable;
use wasi::io::streams::{InputStream, OutputStream};

/// What came of a step, or the name of the error.
type Done = Result<String, String>;

/// What earlier steps opened. A pollable goes before its stream.
#[derive(Default)]
struct Opened {
    pollables: HashMap<String, Pollable>,
    inputs: HashMap<String, InputStream>,
    outputs: HashMap<String, OutputStream>,
    descriptors: HashMap<String, Descriptor>,
}

thread_local! {
    static OPENED: RefCell<Opened> = RefCell::default();
}

struct Prober;
export!(Prober);

impl Guest for Prober {
    fn step(words: Vec<String>) -> String {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let done = OPENED.with_borrow_mut(|opened| match words.as_slice() {
            ["drop", name] => {
                let dropped = opened.pollables.remove(*name).is_some()
                    || opened.inputs.remove(*name).is_some()
                    || opened.outputs.remove(*name).is_some()
                    || opened.descriptors.remove(*name).is_some();
                Ok(dropped.to_string())
            }
            ["file", rest @ ..] => files::step(opened, rest),
            ["stream", rest @ ..] => streams::step(opened, rest),
            _ => Err("unknown step".to_owned()),
        });
        done.unwrap_or_else(|error| format!("error: {error}"))
    }
}
