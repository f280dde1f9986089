//! The streams of a node: the host's, or something that stands for one.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;

use crate::exports::wasi::io::streams::{
    Guest, GuestInputStream, GuestOutputStream, InputStream, InputStreamBorrow, OutputStream,
    Pollable, StreamError,
};
use crate::lines::{Channel, Lines};
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::io::streams as host;
use crate::Gate;
use gate_policy::refusal;

/// Bytes that are permitted at once where nobody else sets a bound.
const PERMIT: u64 = 65536;
/// Bytes that one call may write and flush, by the rules of WASI.
const PIECE: u64 = 4096;

impl Guest for Gate {
    type InputStream = Input;
    type OutputStream = Output;
}

/// A stream of the host, for the node.
pub fn input(stream: host::InputStream) -> InputStream {
    InputStream::new(Input::Host(stream))
}

/// A stream of the host, for the node.
pub fn output(stream: host::OutputStream) -> OutputStream {
    OutputStream::new(Output::Host(stream))
}

pub enum Input {
    Host(host::InputStream),
    Ended,
}

impl Input {
    fn host(&self) -> Result<&host::InputStream, StreamError> {
        match self {
            Input::Host(stream) => Ok(stream),
            Input::Ended => Err(StreamError::Closed),
        }
    }
}

/// What is always ready. A host may want to be asked once before it says so.
fn ready() -> Pollable {
    let pollable = subscribe_duration(0);
    pollable.block();
    pollable
}

impl GuestInputStream for Input {
    fn read(&self, length: u64) -> Result<Vec<u8>, StreamError> {
        self.host()?.read(length)
    }

    fn blocking_read(&self, length: u64) -> Result<Vec<u8>, StreamError> {
        self.host()?.blocking_read(length)
    }

    fn skip(&self, length: u64) -> Result<u64, StreamError> {
        self.host()?.skip(length)
    }

    fn blocking_skip(&self, length: u64) -> Result<u64, StreamError> {
        self.host()?.blocking_skip(length)
    }

    fn subscribe(&self) -> Pollable {
        self.host().map_or_else(|_| ready(), host::InputStream::subscribe)
    }
}

pub enum Output {
    Host(host::OutputStream),
    Closed,
    /// Takes all, and hands on nothing.
    Discard,
    Lines(Prefixed),
}

/// A stream of the host that gets a text in front of each line.
pub struct Prefixed {
    host: host::OutputStream,
    channel: Channel,
    text: String,
    /// Bytes that `check-write` permitted and the node has not written.
    permitted: Cell<u64>,
}

refusal!(over_budget, "the node wrote more to a stream than `check-write` permitted");
refusal!(over_piece, "the node wrote more than 4096 bytes to a stream in a call that flushes");

impl Output {
    pub fn lines(host: host::OutputStream, channel: Channel, text: &str) -> Output {
        Output::Lines(Prefixed { host, channel, text: text.into(), permitted: Cell::new(0) })
    }
}

impl Prefixed {
    fn with<T>(&self, act: impl FnOnce(&mut Lines) -> T) -> T {
        self.channel.with(act)
    }

    /// None is permitted while anything waits for the host: so what waits is bounded, and who waits for
    /// a permit waits for the host.
    fn check_write(&self) -> Result<u64, StreamError> {
        let is_sent = self.with(|lines| {
            lines.send(&self.host)?;
            Ok(lines.is_sent())
        })?;
        let permitted = self.host.check_write()?;
        let permitted = if is_sent && permitted > PERMIT { PERMIT } else { permitted };
        self.permitted.set(if is_sent { permitted } else { 0 });
        Ok(self.permitted.get())
    }

    fn write(&self, written: &[u8]) -> Result<(), StreamError> {
        match self.permitted.get().checked_sub(written.len() as u64) {
            Some(left) => self.permitted.set(left),
            None => over_budget(),
        }
        self.with(|lines| {
            lines.take(&self.text, written);
            lines.send(&self.host)
        })
    }

    fn flush(&self) -> Result<(), StreamError> {
        self.permitted.set(0);
        self.with(|lines| {
            lines.flush();
            lines.send(&self.host)
        })
    }

    fn write_and_flush(&self, written: &[u8]) -> Result<(), StreamError> {
        if written.len() as u64 > PIECE {
            over_piece();
        }
        self.permitted.set(0);
        self.with(|lines| {
            lines.take(&self.text, written);
            lines.send_all(&self.host)
        })
    }
}

impl Drop for Prefixed {
    fn drop(&mut self) {
        // Nobody is left to hear of an error.
        let _ = self.with(|lines| lines.send_all(&self.host));
    }
}

fn zeroes(length: u64) -> Vec<u8> {
    if length > PERMIT {
        over_budget();
    }
    alloc::vec![0; length as usize]
}

impl GuestOutputStream for Output {
    fn check_write(&self) -> Result<u64, StreamError> {
        match self {
            Output::Host(stream) => stream.check_write(),
            Output::Closed => Err(StreamError::Closed),
            Output::Discard => Ok(PERMIT),
            Output::Lines(stream) => stream.check_write(),
        }
    }

    fn write(&self, contents: Vec<u8>) -> Result<(), StreamError> {
        match self {
            Output::Host(stream) => stream.write(&contents),
            Output::Closed => Err(StreamError::Closed),
            Output::Discard => Ok(()),
            Output::Lines(stream) => stream.write(&contents),
        }
    }

    fn blocking_write_and_flush(&self, contents: Vec<u8>) -> Result<(), StreamError> {
        match self {
            Output::Host(stream) => stream.blocking_write_and_flush(&contents),
            Output::Closed => Err(StreamError::Closed),
            Output::Discard => Ok(()),
            Output::Lines(stream) => stream.write_and_flush(&contents),
        }
    }

    fn flush(&self) -> Result<(), StreamError> {
        match self {
            Output::Host(stream) => stream.flush(),
            Output::Closed => Err(StreamError::Closed),
            Output::Discard => Ok(()),
            Output::Lines(stream) => stream.flush(),
        }
    }

    fn blocking_flush(&self) -> Result<(), StreamError> {
        match self {
            Output::Host(stream) => stream.blocking_flush(),
            Output::Closed => Err(StreamError::Closed),
            Output::Discard => Ok(()),
            Output::Lines(stream) => stream.write_and_flush(&[]),
        }
    }

    fn subscribe(&self) -> Pollable {
        match self {
            Output::Host(stream) => stream.subscribe(),
            Output::Closed | Output::Discard => ready(),
            Output::Lines(stream) => stream.host.subscribe(),
        }
    }

    fn write_zeroes(&self, length: u64) -> Result<(), StreamError> {
        match self {
            Output::Host(stream) => stream.write_zeroes(length),
            Output::Closed => Err(StreamError::Closed),
            Output::Discard => Ok(()),
            Output::Lines(stream) => stream.write(&zeroes(length)),
        }
    }

    fn blocking_write_zeroes_and_flush(&self, length: u64) -> Result<(), StreamError> {
        match self {
            Output::Host(stream) => stream.blocking_write_zeroes_and_flush(length),
            Output::Closed => Err(StreamError::Closed),
            Output::Discard => Ok(()),
            Output::Lines(stream) => stream.write_and_flush(&zeroes(length)),
        }
    }

    fn splice(&self, from: InputStreamBorrow<'_>, length: u64) -> Result<u64, StreamError> {
        let from = from.get::<Input>().host()?;
        if let Output::Host(stream) = self {
            return stream.splice(from, length);
        }
        let permitted = self.check_write()?.min(length);
        if permitted == 0 {
            return Ok(0);
        }
        let bytes = from.read(permitted)?;
        let count = bytes.len() as u64;
        self.write(bytes)?;
        Ok(count)
    }

    fn blocking_splice(&self, from: InputStreamBorrow<'_>, length: u64) -> Result<u64, StreamError> {
        let from = from.get::<Input>().host()?;
        if let Output::Host(stream) = self {
            return stream.blocking_splice(from, length);
        }
        loop {
            let permitted = self.check_write()?;
            if permitted == 0 {
                self.subscribe().block();
                continue;
            }
            if length == 0 {
                return Ok(0);
            }
            let bytes = from.blocking_read(permitted.min(length))?;
            let count = bytes.len() as u64;
            self.write(bytes)?;
            return Ok(count);
        }
    }
}
