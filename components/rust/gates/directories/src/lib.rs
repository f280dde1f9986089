//! Directories that a node may change, all of them: it gets the host's own descriptors.
//!
//! Lines of the policy: `directory OUTER GUEST write`. Any other line shows nothing here: a directory
//! that may only be read needs the gate `filesystem`, which stands before every descriptor.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;

wit_bindgen::generate!({ world: "directories", path: "../wit", generate_all });

use exports::wasi::filesystem::preopens::{Descriptor, Guest};
use gate_policy::{text_at, Policy};
use wasi::filesystem::preopens;

struct Gate;
export!(Gate);

fn policy() -> &'static Policy {
    Policy::load(wcompose::gates::policy::text, wcompose::gates::audit::record)
}

impl Guest for Gate {
    fn get_directories() -> Vec<(Descriptor, String)> {
        let mut shown = Vec::new();
        for line in policy().lines("directory") {
            if text_at(line, 2) != "write" {
                continue;
            }
            // Asked again for each line: two grants of one directory are two descriptors.
            let mut found = preopens::get_directories().into_iter();
            if let Some((host, _)) = found.find(|(_, name)| name == text_at(line, 0)) {
                shown.push((host, String::from(text_at(line, 1))));
            }
        }
        shown
    }
}
