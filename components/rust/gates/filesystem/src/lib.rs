//! Directories that were granted to a node. Streams stay the host's own.
//!
//! Lines of the policy: `directory OUTER GUEST read|write`, see `files`.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

wit_bindgen::generate!({
    world: "filesystem",
    path: "../wit",
    generate_all,
    merge_structurally_equal_types: true,
});

mod files;

use gate_policy::Policy;

struct Gate;
export!(Gate);

fn policy() -> &'static Policy {
    Policy::load(wcompose::gates::policy::text, wcompose::gates::audit::record)
}

/// How streams of the host become streams of the node: they are the same.
mod streams {
    use crate::wasi::io::streams::{InputStream, OutputStream};

    pub fn input(stream: InputStream) -> InputStream {
        stream
    }

    pub fn output(stream: OutputStream) -> OutputStream {
        stream
    }
}
