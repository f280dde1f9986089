//! Lines with a text in front.
//!
//! A line is sent to the host when it is whole, so lines of several nodes do not mix. What has no end yet
//! is sent when the node flushes or drops the stream, and when it is longer than `LONGEST`; the rest of
//! that line follows without the text. Only line feeds are looked for: no byte is lost or changed, `\r\n`
//! ends a line as well, and escapes of terminals go through untouched.

use alloc::vec::Vec;
use core::cell::UnsafeCell;

use crate::wasi::io::streams::{OutputStream, StreamError};

/// Bytes of a line that are held back at most.
const LONGEST: usize = 65536;
/// Bytes that one call may write and flush, by the rules of WASI.
const PIECE: usize = 4096;

/// A node may ask for a standard stream many times: all are the same to what reads them.
#[derive(Clone, Copy)]
pub enum Channel {
    Stdout,
    Stderr,
}

/// What a node has written to a channel, with the texts in front, and the host does not have yet.
pub struct Lines {
    bytes: Vec<u8>,
    /// How many of the bytes may be sent: the rest is a line without an end.
    ready: usize,
    within_line: bool,
    is_flushing: bool,
}

struct Channels(UnsafeCell<[Lines; 2]>);
// SAFETY: components have one thread.
unsafe impl Sync for Channels {}

const NOTHING: Lines =
    Lines { bytes: Vec::new(), ready: 0, within_line: false, is_flushing: false };
static CHANNELS: Channels = Channels(UnsafeCell::new([NOTHING; 2]));

impl Channel {
    /// Do something with the lines of this channel.
    pub fn with<T>(self, act: impl FnOnce(&mut Lines) -> T) -> T {
        // SAFETY: one thread, and `act` calls nothing but the host, which does not call back.
        let [stdout, stderr] = unsafe { &mut *CHANNELS.0.get() };
        act(match self {
            Channel::Stdout => stdout,
            Channel::Stderr => stderr,
        })
    }
}

impl Lines {
    /// Take what the node writes.
    pub fn take(&mut self, text: &str, written: &[u8]) {
        for line in written.split_inclusive(|byte| *byte == b'\n') {
            if !self.within_line {
                self.bytes.extend_from_slice(text.as_bytes());
            }
            self.bytes.extend_from_slice(line);
            self.within_line = !line.ends_with(b"\n");
            if !self.within_line || self.bytes.len() - self.ready > LONGEST {
                self.ready = self.bytes.len();
            }
        }
    }

    /// Whether nothing waits for the host to be ready.
    pub fn is_sent(&self) -> bool {
        self.ready == 0 && !self.is_flushing
    }

    /// From now on all may be sent, and the host is to be flushed when it has it.
    pub fn flush(&mut self) {
        self.ready = self.bytes.len();
        self.is_flushing = true;
    }

    /// Send as much as the host takes without waiting.
    pub fn send(&mut self, host: &OutputStream) -> Result<(), StreamError> {
        while self.ready > 0 {
            let permitted = match host.check_write() {
                Ok(permitted) => permitted,
                Err(error) => return self.fail(error),
            };
            let (now, _) = self.bytes.split_at(self.ready);
            let now = now.get(..permitted as usize).unwrap_or(now);
            if now.is_empty() {
                return Ok(());
            }
            let length = now.len();
            if let Err(error) = host.write(now) {
                return self.fail(error);
            }
            self.bytes.drain(..length);
            self.ready -= length;
        }
        if self.is_flushing {
            self.is_flushing = false;
            return host.flush();
        }
        Ok(())
    }

    /// Send all, and wait until the host has it.
    pub fn send_all(&mut self, host: &OutputStream) -> Result<(), StreamError> {
        self.is_flushing = false;
        self.ready = 0;
        let bytes = core::mem::take(&mut self.bytes);
        if bytes.is_empty() {
            return host.blocking_flush();
        }
        for piece in bytes.chunks(PIECE) {
            host.blocking_write_and_flush(piece)?;
        }
        Ok(())
    }

    /// A stream that failed takes nothing any more.
    fn fail(&mut self, error: StreamError) -> Result<(), StreamError> {
        *self = NOTHING;
        Err(error)
    }
}
