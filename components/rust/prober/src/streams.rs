//! Steps with streams and what waits for them.

use crate::wasi::cli::{stderr, stdin, stdout};
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::filesystem::types::filesystem_error_code;
use crate::wasi::io::poll::poll;
use crate::wasi::io::streams::StreamError;
use crate::words::{bytes, kept, number, shown};
use crate::{Done, Opened};

fn named(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_owned(),
        StreamError::LastOperationFailed(error) => match filesystem_error_code(&error) {
            Some(code) => format!("failed: {}", code.name()),
            None => format!("failed: {}", error.to_debug_string()),
        },
    }
}

fn nothing(done: Result<(), StreamError>) -> Done {
    done.map(|()| "done".to_owned()).map_err(named)
}

fn count(done: Result<u64, StreamError>) -> Done {
    done.map(|count| count.to_string()).map_err(named)
}

pub fn step(opened: &mut Opened, words: &[&str]) -> Done {
    match *words {
        ["stdin", name] => {
            opened.inputs.insert(name.to_owned(), stdin::get_stdin());
            Ok("done".to_owned())
        }
        ["stdout", name] => {
            opened.outputs.insert(name.to_owned(), stdout::get_stdout());
            Ok("done".to_owned())
        }
        ["stderr", name] => {
            opened.outputs.insert(name.to_owned(), stderr::get_stderr());
            Ok("done".to_owned())
        }
        ["read", name, size] => {
            let read = kept(&opened.inputs, name)?.read(number(size)?);
            read.map(|bytes| shown(&bytes)).map_err(named)
        }
        ["blocking-read", name, size] => {
            let read = kept(&opened.inputs, name)?.blocking_read(number(size)?);
            read.map(|bytes| shown(&bytes)).map_err(named)
        }
        ["skip", name, size] => count(kept(&opened.inputs, name)?.skip(number(size)?)),
        ["blocking-skip", name, size] => {
            count(kept(&opened.inputs, name)?.blocking_skip(number(size)?))
        }
        ["check-write", name] => count(kept(&opened.outputs, name)?.check_write()),
        ["write", name, text] => nothing(kept(&opened.outputs, name)?.write(&bytes(text))),
        ["write-flush", name, text] => {
            nothing(kept(&opened.outputs, name)?.blocking_write_and_flush(&bytes(text)))
        }
        ["flush", name] => nothing(kept(&opened.outputs, name)?.flush()),
        ["blocking-flush", name] => nothing(kept(&opened.outputs, name)?.blocking_flush()),
        ["zeroes", name, size] => nothing(kept(&opened.outputs, name)?.write_zeroes(number(size)?)),
        ["zeroes-flush", name, size] => {
            nothing(kept(&opened.outputs, name)?.blocking_write_zeroes_and_flush(number(size)?))
        }
        ["splice", name, from, size] => {
            let from = kept(&opened.inputs, from)?;
            count(kept(&opened.outputs, name)?.splice(from, number(size)?))
        }
        ["blocking-splice", name, from, size] => {
            let from = kept(&opened.inputs, from)?;
            count(kept(&opened.outputs, name)?.blocking_splice(from, number(size)?))
        }
        // As a guest writes that does not block: never more than is permitted, waiting in between.
        ["write-all", name, text] => {
            let stream = kept(&opened.outputs, name)?;
            let text = bytes(text);
            let mut rest = text.as_slice();
            let mut waits = 0;
            while !rest.is_empty() {
                let permitted = stream.check_write().map_err(named)? as usize;
                if permitted == 0 {
                    stream.subscribe().block();
                    waits += 1;
                    if waits > 10_000 {
                        return Err("waits without end".to_owned());
                    }
                    continue;
                }
                let (now, later) = rest.split_at(permitted.min(rest.len()));
                stream.write(now).map_err(named)?;
                rest = later;
            }
            Ok("done".to_owned())
        }
        ["subscribe", name, to] => {
            let pollable = match opened.inputs.get(to) {
                Some(stream) => stream.subscribe(),
                None => kept(&opened.outputs, to)?.subscribe(),
            };
            opened.pollables.insert(name.to_owned(), pollable);
            Ok("done".to_owned())
        }
        ["after", name, nanoseconds] => {
            opened.pollables.insert(name.to_owned(), subscribe_duration(number(nanoseconds)?));
            Ok("done".to_owned())
        }
        ["ready", name] => Ok(kept(&opened.pollables, name)?.ready().to_string()),
        ["block", name] => {
            kept(&opened.pollables, name)?.block();
            Ok("done".to_owned())
        }
        ["poll", ref names @ ..] => {
            let mut all = Vec::new();
            for name in names {
                all.push(kept(&opened.pollables, name)?);
            }
            let ready = poll(&all).into_iter().map(|index| names[index as usize]);
            Ok(ready.collect::<Vec<&str>>().join(" "))
        }
        // Many lines, to compare how long they take.
        ["timed", name, line, times] => {
            let line = bytes(line);
            for _ in 0..number(times)? {
                kept(&opened.outputs, name)?.blocking_write_and_flush(&line).map_err(named)?;
            }
            Ok("done".to_owned())
        }
        _ => Err("unknown step".to_owned()),
    }
}
