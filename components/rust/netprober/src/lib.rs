//! Does what a test tells it to, one step a call, and says what came of it. What one step opened is
//! there in the next: one socket of each kind, and its streams.

wit_bindgen::generate!({
    path: "../gates/wit",
    world: "netprober",
    inline: "
        package wcompose:netprober@0.1.0;

        interface probe {
          /// One step: a word and what it needs. `-` is none. Errors are named as in WIT.
          step: func(words: list<string>) -> string;

          /// Several, for hosts that call a function once.
          steps: func(script: list<list<string>>) -> list<string>;
        }

        world netprober {
          import wasi:io/poll@0.2.12;
          import wasi:io/streams@0.2.12;
          import wasi:clocks/monotonic-clock@0.2.12;
          import wasi:http/types@0.2.12;
          import wasi:http/outgoing-handler@0.2.12;
          import wasi:sockets/network@0.2.12;
          import wasi:sockets/instance-network@0.2.12;
          import wasi:sockets/ip-name-lookup@0.2.12;
          import wasi:sockets/tcp@0.2.12;
          import wasi:sockets/tcp-create-socket@0.2.12;
          import wasi:sockets/udp@0.2.12;
          import wasi:sockets/udp-create-socket@0.2.12;
          export probe;
        }
    ",
    generate_all,
});

mod http;
mod lookup;
mod tcp;
mod udp;
mod words;

use std::cell::RefCell;

use exports::wcompose::netprober::probe::Guest;
use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::io::poll::{poll, Pollable};

/// Nanoseconds after which a step gives up.
const PATIENCE: u64 = 10_000_000_000;

#[derive(Default)]
struct Opened {
    tcp: tcp::Opened,
    udp: udp::Opened,
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
            ["http", rest @ ..] => http::step(rest),
            ["lookup", name] => lookup::step(name),
            ["tcp", rest @ ..] => tcp::step(&mut opened.tcp, rest),
            ["udp", rest @ ..] => udp::step(&mut opened.udp, rest),
            _ => Err("unknown step".to_owned()),
        });
        done.unwrap_or_else(|error| format!("error: {error}"))
    }

    fn steps(script: Vec<Vec<String>>) -> Vec<String> {
        script.into_iter().map(Self::step).collect()
    }
}

/// Wait for something, but not for ever. Whether it is there.
fn wait(pollable: &Pollable) -> bool {
    poll(&[pollable, &subscribe_duration(PATIENCE)]).contains(&0)
}
