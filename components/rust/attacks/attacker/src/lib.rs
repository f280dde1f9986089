//! Tries to reach what it was not given, by the functions of WASI directly: nothing in between tidies
//! a path or a name up, and a handle is a number.

wit_bindgen::generate!({ world: "attacker", path: "../../../../tests/attacks/wit" });

mod files;
mod handles;
mod requests;
mod sockets;
mod surroundings;

use exports::wcompose::attacks::attacks::Guest;

/// What an attack got, or why it got nothing.
type Outcome = Result<String, String>;

/// An attack by name.
type Attack = (&'static str, fn(&[&str]) -> Outcome);

struct Attacker;

fn every_attack() -> impl Iterator<Item = &'static Attack> {
    [
        files::ATTACKS,
        handles::ATTACKS,
        requests::ATTACKS,
        sockets::ATTACKS,
        surroundings::ATTACKS,
    ]
    .into_iter()
    .flatten()
}

/// One of the arguments, or an empty text.
fn at<'a>(arguments: &[&'a str], index: usize) -> &'a str {
    arguments.get(index).copied().unwrap_or_default()
}

impl Guest for Attacker {
    fn known() -> Vec<String> {
        every_attack().map(|(name, _)| name.to_string()).collect()
    }

    fn attack(name: String, argument: String) -> Outcome {
        let arguments: Vec<&str> = argument.split('\n').collect();
        match every_attack().find(|(known, _)| *known == name) {
            Some((_, attack)) => attack(&arguments),
            None => Err("unknown attack".to_string()),
        }
    }
}

export!(Attacker);
