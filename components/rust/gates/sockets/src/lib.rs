//! To be written.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;
extern crate gate_policy;
