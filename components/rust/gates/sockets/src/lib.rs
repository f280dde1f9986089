//! Sockets that reach what was granted, and nothing else.
//!
//! Lines of the policy: `tcp-connect HOST PORTS`, `tcp-listen HOST PORTS`, `udp-send HOST PORTS`,
//! `udp-bind HOST PORTS`, `lookup NAME-PATTERN`. What no line grants is answered with `access-denied`.
//!
//! - Connecting: the address must be in a line, or a name of a line must have been resolved to it
//!   through this gate. A name that may be connected or sent to may be looked up, too. A granted name is
//!   as good as its resolution: whoever runs it may point it anywhere (DNS rebinding). What a name was
//!   resolved to stays granted until [`names`] forgets it.
//! - Addresses are compared in one form: IPv4 in IPv6 clothes is IPv4. Scopes of IPv6 do not count.
//! - Names are ASCII (`xn--` where they are not); texts that some resolver takes for an address without
//!   being one plainly (`127.1`) are refused, also while learning.
//! - Listening and binding: by address only. A socket may be bound to port 0 of the unspecified address
//!   for connecting or sending, if there is a line for that; it may not listen then.
//! - Datagrams: each is held against the lines. A socket that was bound by a line hears everybody, and
//!   may answer those that it heard; any other hears only whom it may send to, the rest is dropped.
//!
//! Streams of TCP and pollables are the host's own: data passes at full speed. All of this is written
//! on the canonical ABI itself: most functions only change the handle that they are called on, and what
//! is exported has the types of what is imported, so arguments and results are handed on as they are.
//! Bindings would read and write every value twice, which made three times as large a gate.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg(target_arch = "wasm32")]

extern crate alloc;

// For the type section, policy and audit.
wit_bindgen::generate!({ world: "sockets", path: "../wit", generate_all });

mod abi;
mod grants;
mod names;
mod network;
mod tcp;
mod udp;
