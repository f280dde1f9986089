//! Arguments and environment variables that were granted to a node.
//!
//! Lines of the policy: `argument VALUE`, `arguments host`, `variable NAME VALUE`, `variable-host NAME`.
//! Where two lines give the same variable, the first one counts. Nothing is asked of the host unless a
//! line needs it.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

wit_bindgen::generate!({ world: "environment", path: "../wit", generate_all });

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use exports::wasi::cli::environment::Guest;
use gate_policy::{text_at, Policy};
use wasi::cli::environment as host;

const INTERFACE: &str = "wasi:cli/environment";

struct Gate;
export!(Gate);

fn policy() -> &'static Policy {
    Policy::load(wcompose::gates::policy::text, wcompose::gates::audit::record)
}

fn add(variables: &mut Vec<(String, String)>, name: &str, value: &str) {
    if !variables.iter().any(|(known, _)| known == name) {
        variables.push((name.to_owned(), value.to_owned()));
    }
}

impl Guest for Gate {
    fn get_environment() -> Vec<(String, String)> {
        let policy = policy();
        let passes_on = policy.learns() || policy.line("variable-host").is_some();
        let found = if passes_on { host::get_environment() } else { Vec::new() };
        let mut variables = Vec::new();
        for line in policy.lines("variable") {
            add(&mut variables, text_at(line, 0), text_at(line, 1));
        }
        for (name, value) in &found {
            let granted = policy.lines("variable-host").any(|line| text_at(line, 0) == name);
            if granted || policy.learns() {
                add(&mut variables, name, value);
            }
        }
        let function = "get-environment";
        for (name, _) in &variables {
            policy.record(INTERFACE, function, true, name);
        }
        if variables.is_empty() && !passes_on {
            policy.record(INTERFACE, function, false, "");
        }
        variables
    }

    fn get_arguments() -> Vec<String> {
        let policy = policy();
        let fixed: Vec<String> =
            policy.lines("argument").map(|line| text_at(line, 0).to_owned()).collect();
        let passed = policy.line("arguments").is_some_and(|line| text_at(line, 0) == "host");
        let granted = passed || !fixed.is_empty();
        if !policy.decide(INTERFACE, "get-arguments", granted, "") {
            return Vec::new();
        }
        if passed || fixed.is_empty() { host::get_arguments() } else { fixed }
    }

    /// Directories are granted by name; no one of them is where a node is.
    fn initial_cwd() -> Option<String> {
        None
    }
}
