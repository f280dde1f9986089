//! What all gates share: the policy of the node behind a gate, patterns for hosts and ports, and the
//! events of an audit.
//!
//! A gate is the same component for every node. What its node may do comes as text through the import
//! `wcompose:gates/policy`, in lines of fields with one space between them. Each field is
//! percent-encoded: every byte that is not printable ASCII, and `%` itself, as `%XX`. The first field
//! says what the line is about; a gate passes over lines that are not for it. What no line grants is
//! denied, and a line that cannot be understood grants nothing.
//!
//! Every node with grants carries gates, so this is written to be small: without the standard library,
//! without formatting, and without messages in panics (nothing here panics on any input).
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod hosts;
mod memory;
mod text;

pub use hosts::{listed, port, ports_allow, Host, Target};
pub use text::{cut, parts, push_address, push_encoded, push_endpoint, push_number, unsigned};

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::mem;

/// What is written down of the decisions of a gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Audit {
    Nothing,
    Denied,
    All,
}

/// The grants of one node, and where decisions about it are told.
pub struct Policy {
    lines: Vec<Vec<String>>,
    audit: Audit,
    learns: bool,
    node: String,
    recorder: fn(&str),
}

/// Something in a `static` of a gate, where there is one thread only.
pub struct Single<T>(pub T);
// SAFETY: components have one thread, and nothing that runs natively has such statics with threads.
unsafe impl<T> Sync for Single<T> {}

static LOADED: Single<OnceCell<Policy>> = Single(OnceCell::new());

impl Policy {
    /// The policy of the node behind this gate, asked for once.
    ///
    /// `text` is the import `wcompose:gates/policy#text`, `recorder` is `wcompose:gates/audit#record`:
    /// `Policy::load(wcompose::gates::policy::text, wcompose::gates::audit::record)`.
    pub fn load(text: fn() -> String, recorder: fn(&str)) -> &'static Policy {
        LOADED.0.get_or_init(|| Policy::parse(&text(), recorder))
    }

    /// Read a policy. Lines that are not well formed are left out.
    pub fn parse(text: &str, recorder: fn(&str)) -> Policy {
        let mut policy = Policy {
            lines: Vec::new(),
            audit: Audit::Nothing,
            learns: false,
            node: String::new(),
            recorder,
        };
        let mut fields = Vec::new();
        let mut field = Vec::new();
        let mut sound = true;
        let mut rest = text.bytes();
        loop {
            let byte = rest.next();
            match byte {
                Some(b' ' | b'\n') | None => match String::from_utf8(mem::take(&mut field)) {
                    Ok(field) => fields.push(field),
                    Err(_) => sound = false,
                },
                Some(b'%') => {
                    let mut ahead = rest.clone();
                    match text::hexadecimal(&mut ahead) {
                        Some(byte) => {
                            field.push(byte);
                            rest = ahead;
                        }
                        // What follows may be the end of the line.
                        None => sound = false,
                    }
                }
                Some(byte) => field.push(byte),
            }
            if matches!(byte, Some(b'\n') | None) {
                let line = mem::take(&mut fields);
                if mem::replace(&mut sound, true) {
                    policy.take(line);
                }
            }
            if byte.is_none() {
                break;
            }
        }
        policy
    }

    fn take(&mut self, line: Vec<String>) {
        match (text_at(&line, 0), text_at(&line, 1)) {
            ("", _) => {}
            ("node", name) => self.node = String::from(name),
            ("audit", "all") => self.audit = Audit::All,
            ("audit", "denied") => self.audit = Audit::Denied,
            ("learn", _) => self.learns = true,
            _ => self.lines.push(line),
        }
    }

    /// The lines about `word`, in their order, each as the decoded fields after the word.
    pub fn lines<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a [String]> + 'a {
        self.lines.iter().filter_map(move |line| match line.split_first() {
            Some((first, rest)) if first == word => Some(rest),
            _ => None,
        })
    }

    /// The first line about `word`.
    pub fn line<'a>(&'a self, word: &'a str) -> Option<&'a [String]> {
        self.lines(word).next()
    }

    /// The node behind this gate.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Whether everything is allowed and written down, to learn what a node needs.
    pub fn learns(&self) -> bool {
        self.learns
    }

    /// Whether a decision would be written down: ask before making a target that costs something.
    pub fn audits(&self, allowed: bool) -> bool {
        match self.audit {
            _ if self.learns => true,
            Audit::All => true,
            Audit::Denied => !allowed,
            Audit::Nothing => false,
        }
    }

    /// Decide: what was granted is allowed, and everything is while learning. Written down if audited.
    ///
    /// `interface` has no version (`wasi:random/random`), `function` is named as in WIT
    /// (`[method]descriptor.open-at`), `target` is what it was about, or empty.
    pub fn decide(&self, interface: &str, function: &str, granted: bool, target: &str) -> bool {
        let allowed = granted || self.learns;
        self.record(interface, function, allowed, target);
        allowed
    }

    /// Write down a decision that was made, if it is audited.
    pub fn record(&self, interface: &str, function: &str, allowed: bool, target: &str) {
        if !self.audits(allowed) {
            return;
        }
        let mut event = String::new();
        for field in [&self.node, interface, function] {
            push_encoded(&mut event, field);
            event.push(' ');
        }
        event.push_str(if allowed { "allowed" } else { "denied" });
        if !target.is_empty() {
            event.push(' ');
            push_encoded(&mut event, target);
        }
        (self.recorder)(&event);
    }
}

/// End the program from a function whose name says why: gates have interfaces without an error of their
/// own, and a trap shows the names of functions only. The names with a space in them are kept in a gate.
#[macro_export]
macro_rules! refusal {
    ($function:ident, $why:literal) => {
        #[unsafe(export_name = $why)]
        #[inline(never)]
        extern "C" fn $function() -> ! {
            // Functions that do the same become one, under one name.
            const OWN: u32 = $crate::told_apart($why);
            core::hint::black_box(OWN);
            #[cfg(target_arch = "wasm32")]
            core::arch::wasm32::unreachable();
            #[cfg(not(target_arch = "wasm32"))]
            panic!($why);
        }
    };
}

/// A number that is another one for another text (FNV-1a).
pub const fn told_apart(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut sum = 0x811c_9dc5_u32;
    let mut at = 0;
    while at < bytes.len() {
        sum = (sum ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    sum
}

/// The field at `index`, or nothing: no index can be out of bounds.
pub fn text_at(fields: &[String], index: usize) -> &str {
    fields.get(index).map_or("", String::as_str)
}

#[cfg(test)]
mod tests;
