//! What is around a program: variables, arguments, standard input, clocks, chance, its end.

use wasip2::cli::{environment, exit, stderr, stdin, stdout, terminal_stdin, terminal_stdout};
use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::io::streams::{OutputStream, StreamError};
use wasip2::random::{insecure, insecure_seed, random};

use crate::{at, Attack, Outcome};

pub const ATTACKS: &[Attack] = &[
    ("environment", |_| variables()),
    ("arguments", |_| arguments()),
    ("working-directory", |_| environment::initial_cwd().ok_or("none".to_string())),
    ("stdin", |_| standard_input()),
    ("stdout", |arguments| say(stdout::get_stdout(), at(arguments, 0))),
    ("stderr", |arguments| say(stderr::get_stderr(), at(arguments, 0))),
    ("terminal", |_| terminal()),
    ("wall-clock", |_| {
        let now = wall_clock::now();
        Ok(format!("{}", now.seconds))
    }),
    ("monotonic-clock", |_| Ok(format!("{}", monotonic_clock::now()))),
    ("sleep", |_| {
        monotonic_clock::subscribe_duration(1_000_000).block();
        Ok("slept".to_string())
    }),
    ("random", |_| Ok(hexadecimal(&random::get_random_bytes(16)))),
    ("random-number", |_| Ok(hexadecimal(&random::get_random_u64().to_be_bytes()))),
    ("insecure-random", |_| Ok(hexadecimal(&insecure::get_insecure_random_bytes(16)))),
    ("random-seed", |_| {
        let (low, high) = insecure_seed::insecure_seed();
        Ok(hexadecimal(&[low.to_be_bytes(), high.to_be_bytes()].concat()))
    }),
    ("exit", |_| {
        exit::exit(Err(()));
        Err("still here".to_string())
    }),
    ("abort", |_| core::arch::wasm32::unreachable()),
];

fn variables() -> Outcome {
    let mut all: Vec<String> = environment::get_environment()
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    all.sort();
    if all.is_empty() {
        return Err("empty".to_string());
    }
    Ok(all.join(" "))
}

fn arguments() -> Outcome {
    let all = environment::get_arguments();
    if all.is_empty() {
        return Err("empty".to_string());
    }
    Ok(all.join(" "))
}

fn standard_input() -> Outcome {
    match stdin::get_stdin().blocking_read(4096) {
        Ok(bytes) if bytes.is_empty() => Err("empty".to_string()),
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(StreamError::Closed) => Err("closed".to_string()),
        Err(StreamError::LastOperationFailed(_)) => Err("failed".to_string()),
    }
}

fn say(stream: OutputStream, text: &str) -> Outcome {
    match stream.blocking_write_and_flush(text.as_bytes()) {
        Ok(()) => Ok("said".to_string()),
        Err(StreamError::Closed) => Err("closed".to_string()),
        Err(StreamError::LastOperationFailed(_)) => Err("failed".to_string()),
    }
}

fn terminal() -> Outcome {
    if terminal_stdin::get_terminal_stdin().is_some()
        || terminal_stdout::get_terminal_stdout().is_some()
    {
        return Ok("a terminal".to_string());
    }
    Err("none".to_string())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
