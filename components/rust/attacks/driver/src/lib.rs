//! Runs one attack as a program, or asks the keeper for a file (`secret PATH`). Its arguments, after
//! its own name, are the attack and its arguments. It prints `got: TEXT` or `held: TEXT`.

wit_bindgen::generate!({ world: "driver", path: "../../../../tests/attacks/wit" });

use wasip2::cli::{environment, stdout};
use wcompose::attacks::{attacks, secrets};

struct Driver;

fn print(text: &str) {
    let out = stdout::get_stdout();
    for piece in text.as_bytes().chunks(4096) {
        out.blocking_write_and_flush(piece).expect("standard output is open");
    }
}

impl wasip2::exports::cli::run::Guest for Driver {
    fn run() -> Result<(), ()> {
        let arguments = environment::get_arguments();
        let [_, attack, rest @ ..] = &arguments[..] else {
            return Err(());
        };
        if attack == "secret" {
            match secrets::file(&rest.join("\n")) {
                Ok(text) => print(&format!("got: {text}\n")),
                Err(text) => print(&format!("held: {text}\n")),
            }
            return Ok(());
        }
        match attacks::attack(attack, &rest.join("\n")) {
            Ok(text) => print(&format!("got: {text}\n")),
            Err(text) => print(&format!("held: {text}\n")),
        }
        Ok(())
    }
}

wasip2::cli::command::export!(Driver);
