//! Standard streams of a node as files of a directory of the host.
//!
//! Lines of the policy: `stdin file OUTER NAME`, and the same for `stdout` and `stderr`, where OUTER is
//! the name of a directory that the host has opened for the program (a preopen) and NAME a path below it.
//! Where the line says `inherit` or `prefix` the host's stream is handed on (a prefix is put in front by
//! the gate `standard`).
//!
//! A file is opened when its stream is first asked for. What is written goes to its end, and it is made
//! if there is none. The streams are the host's: what goes through them costs nothing. Each time that
//! standard input is asked for, the stream begins at the start of the file, as under wasmtime.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

wit_bindgen::generate!({ world: "redirect", path: "../wit", generate_all });

use alloc::string::String;
use core::cell::OnceCell;

use exports::wasi::cli::{stderr, stdin, stdout};
use gate_policy::{refusal, text_at, Policy, Single};
use wasi::cli::{stderr as host_stderr, stdin as host_stdin, stdout as host_stdout};
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use wasi::io::streams::{InputStream, OutputStream};

struct Gate;
export!(Gate);

refusal!(stdin_refused, "a node is not granted `stdin`");
refusal!(stdout_refused, "a node is not granted `stdout`");
refusal!(stderr_refused, "a node is not granted `stderr`");
refusal!(stdin_failed, "the file for the `stdin` of a node cannot be opened");
refusal!(stdout_failed, "the file for the `stdout` of a node cannot be opened");
refusal!(stderr_failed, "the file for the `stderr` of a node cannot be opened");

type File = Single<OnceCell<Descriptor>>;
static STDIN: File = Single(OnceCell::new());
static STDOUT: File = Single(OnceCell::new());
static STDERR: File = Single(OnceCell::new());

/// Where a stream goes.
enum Place {
    Host,
    File(&'static str, &'static str),
}

/// Where the policy sends a stream: `word` is its name in the policy.
fn place(word: &'static str, interface: &str, function: &str, refused: extern "C" fn() -> !) -> Place {
    let policy = Policy::load(wcompose::gates::policy::text, wcompose::gates::audit::record);
    let found = policy.line(word).and_then(|line| match text_at(line, 0) {
        "inherit" | "prefix" => Some(Place::Host),
        "file" => Some(Place::File(text_at(line, 1), text_at(line, 2))),
        _ => None,
    });
    let mut target = String::new();
    if let Some(Place::File(outer, name)) = found {
        if policy.audits(true) {
            for part in [outer, "/", name, if word == "stdin" { " read" } else { " write" }] {
                target.push_str(part);
            }
        }
    }
    if !policy.decide(interface, function, found.is_some(), &target) {
        refused();
    }
    found.unwrap_or(Place::Host)
}

/// The file `name` below the host's directory `outer`, opened once.
fn file(kept: &'static File, outer: &str, name: &str, writes: bool) -> Option<&'static Descriptor> {
    if kept.0.get().is_none() {
        let (directory, _) = get_directories().into_iter().find(|(_, known)| known == outer)?;
        let (how, access) = if writes {
            (OpenFlags::CREATE, DescriptorFlags::WRITE)
        } else {
            (OpenFlags::empty(), DescriptorFlags::READ)
        };
        let opened = directory.open_at(PathFlags::SYMLINK_FOLLOW, name, how, access).ok()?;
        let _ = kept.0.set(opened);
    }
    kept.0.get()
}

fn output(kept: &'static File, outer: &str, name: &str) -> Option<OutputStream> {
    file(kept, outer, name, true)?.append_via_stream().ok()
}

impl stdin::Guest for Gate {
    fn get_stdin() -> InputStream {
        match place("stdin", "wasi:cli/stdin", "get-stdin", stdin_refused) {
            Place::Host => host_stdin::get_stdin(),
            Place::File(outer, name) => {
                let opened = file(&STDIN, outer, name, false);
                match opened.and_then(|file| file.read_via_stream(0).ok()) {
                    Some(stream) => stream,
                    None => stdin_failed(),
                }
            }
        }
    }
}

impl stdout::Guest for Gate {
    fn get_stdout() -> OutputStream {
        match place("stdout", "wasi:cli/stdout", "get-stdout", stdout_refused) {
            Place::Host => host_stdout::get_stdout(),
            Place::File(outer, name) => match output(&STDOUT, outer, name) {
                Some(stream) => stream,
                None => stdout_failed(),
            },
        }
    }
}

impl stderr::Guest for Gate {
    fn get_stderr() -> OutputStream {
        match place("stderr", "wasi:cli/stderr", "get-stderr", stderr_refused) {
            Place::Host => host_stderr::get_stderr(),
            Place::File(outer, name) => match output(&STDERR, outer, name) {
                Some(stream) => stream,
                None => stderr_failed(),
            },
        }
    }
}
