//! Directories that were granted to a node, and standard streams that are changed on the way.
//!
//! Lines of the policy, beside those of the module `files`:
//!
//!     stdin inherit | stdin empty
//!     stdout inherit | stdout discard | stdout prefix TEXT       (the same for stderr)
//!
//! `stdin file …`, `stdout file …` and `stderr file …` are the host's stream here: what is imported comes
//! from the gate `redirect` then. Without a line, input has ended and output is closed.
//!
//! The node has one type of streams, so all of its streams are this gate's; most of them only hand on
//! what the host does. Errors and pollables are the host's own.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

wit_bindgen::generate!({
    world: "standard",
    path: "../wit",
    generate_all,
    merge_structurally_equal_types: true,
});

#[path = "../../filesystem/src/files.rs"]
mod files;
mod lines;
mod streams;

use exports::wasi::cli::{stderr, stdin, stdout};
use exports::wasi::io::streams::{InputStream, OutputStream};
use gate_policy::{text_at, Policy};
use lines::Channel;
use streams::{Input, Output};

struct Gate;
export!(Gate);

fn policy() -> &'static Policy {
    Policy::load(wcompose::gates::policy::text, wcompose::gates::audit::record)
}

impl stdin::Guest for Gate {
    fn get_stdin() -> InputStream {
        let policy = policy();
        let word = policy.line("stdin").map_or("", |line| text_at(line, 0));
        let granted = matches!(word, "inherit" | "file" | "empty");
        let allowed = policy.decide("wasi:cli/stdin", "get-stdin", granted, "");
        InputStream::new(if allowed && word != "empty" {
            Input::Host(wasi::cli::stdin::get_stdin())
        } else {
            Input::Ended
        })
    }
}

impl stdout::Guest for Gate {
    fn get_stdout() -> OutputStream {
        let host = wasi::cli::stdout::get_stdout;
        output("wasi:cli/stdout", "get-stdout", "stdout", Channel::Stdout, host)
    }
}

impl stderr::Guest for Gate {
    fn get_stderr() -> OutputStream {
        let host = wasi::cli::stderr::get_stderr;
        output("wasi:cli/stderr", "get-stderr", "stderr", Channel::Stderr, host)
    }
}

fn output(
    interface: &str,
    function: &str,
    word: &str,
    channel: Channel,
    host: fn() -> wasi::io::streams::OutputStream,
) -> OutputStream {
    let policy = policy();
    let line = policy.line(word).unwrap_or_default();
    let kind = text_at(line, 0);
    let granted = matches!(kind, "inherit" | "file" | "discard" | "prefix");
    let allowed = policy.decide(interface, function, granted, "");
    OutputStream::new(match kind {
        _ if !allowed => Output::Closed,
        "discard" => Output::Discard,
        "prefix" => Output::lines(host(), channel, text_at(line, 1)),
        _ => Output::Host(host()),
    })
}
