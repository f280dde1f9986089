//! Writes more than anybody wants to read.

wit_bindgen::generate!({ world: "flooder", path: "../../../../tests/runtime/wit" });

use exports::wcompose::echo::flood::{Guest, Target};
use wasip2::cli::{stderr, stdout};
use wasip2::io::streams::{OutputStream, StreamError};

/// What `blocking-write-and-flush` takes at most.
const MOST: usize = 4096;
const LINE: usize = 64;

struct Flooder;

fn open(target: Target) -> OutputStream {
    match target {
        Target::StandardOutput => stdout::get_stdout(),
        Target::StandardError => stderr::get_stderr(),
    }
}

fn write(stream: &OutputStream, bytes: &[u8]) -> Result<(), StreamError> {
    bytes.chunks(MOST).try_for_each(|chunk| stream.blocking_write_and_flush(chunk))
}

impl Guest for Flooder {
    fn say(text: String, to: Target) -> Result<(), String> {
        write(&open(to), text.as_bytes()).map_err(|error| error.to_string())
    }

    fn flood(size: u64, to: Target) -> u64 {
        let lines: Vec<u8> =
            (0..MOST).map(|at| if at % LINE == LINE - 1 { b'\n' } else { b'x' }).collect();
        let stream = open(to);
        let mut taken = 0;
        while taken < size {
            let rest = usize::try_from(size - taken).unwrap_or(MOST);
            let piece = &lines[..lines.len().min(rest)];
            if write(&stream, piece).is_err() {
                break;
            }
            taken += piece.len() as u64;
        }
        taken
    }
}

export!(Flooder);
