//! Random numbers of a node from a seed, or the host's with every use written down.
//!
//! Lines of the policy: `random real`, `random seed U64`. The same seed gives the same numbers in every
//! run and under every runtime. The three interfaces have streams of their own, so what one is asked for
//! does not change what another one answers. Numbers from a seed are not for secrets.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod generator;

wit_bindgen::generate!({ world: "random", path: "../wit", generate_all });

use alloc::vec::Vec;
use core::cell::{Cell, OnceCell};

use exports::wasi::random::{insecure, insecure_seed, random};
use gate_policy::{refusal, text_at, unsigned, Policy, Single};
use generator::{mix, Generator};
use wasi::random::{insecure as host_insecure, insecure_seed as host_seed, random as host_random};

struct Gate;
export!(Gate);

refusal!(refused, "a node is not granted `random`");
refusal!(too_many, "a node asked for more random bytes than fit into memory");

/// Set apart what the interfaces answer from the same seed.
const INSECURE: u64 = 1;
const SEED: u64 = 2;

type Stream = Single<OnceCell<Cell<Generator>>>;
static RANDOM_STREAM: Stream = Single(OnceCell::new());
static INSECURE_STREAM: Stream = Single(OnceCell::new());

/// The seed, or nothing for the host's numbers.
fn seed(interface: &str, function: &str) -> Option<u64> {
    let policy = Policy::load(wcompose::gates::policy::text, wcompose::gates::audit::record);
    let found = policy.line("random").and_then(|line| match text_at(line, 0) {
        "real" => Some(None),
        "seed" => unsigned(text_at(line, 1)).map(Some),
        _ => None,
    });
    if !policy.decide(interface, function, found.is_some(), "") {
        refused();
    }
    found.flatten()
}

fn next(stream: &Stream, seed: u64) -> u64 {
    let cell = stream.0.get_or_init(|| Cell::new(Generator::new(seed)));
    let mut generator = cell.get();
    let value = generator.next();
    cell.set(generator);
    value
}

/// The bytes of numbers one after the other, the lowest first; the rest of the last number is not used.
fn bytes(stream: &Stream, seed: u64, length: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    match usize::try_from(length) {
        Ok(length) if bytes.try_reserve_exact(length).is_ok() => {
            while bytes.len() < length {
                let number = next(stream, seed).to_le_bytes();
                for byte in number.into_iter().take(length - bytes.len()) {
                    bytes.push(byte);
                }
            }
            bytes
        }
        _ => too_many(),
    }
}

impl random::Guest for Gate {
    fn get_random_bytes(length: u64) -> Vec<u8> {
        match seed("wasi:random/random", "get-random-bytes") {
            Some(seed) => bytes(&RANDOM_STREAM, seed, length),
            None => host_random::get_random_bytes(length),
        }
    }

    fn get_random_u64() -> u64 {
        match seed("wasi:random/random", "get-random-u64") {
            Some(seed) => next(&RANDOM_STREAM, seed),
            None => host_random::get_random_u64(),
        }
    }
}

impl insecure::Guest for Gate {
    fn get_insecure_random_bytes(length: u64) -> Vec<u8> {
        match seed("wasi:random/insecure", "get-insecure-random-bytes") {
            Some(seed) => bytes(&INSECURE_STREAM, mix(seed ^ INSECURE), length),
            None => host_insecure::get_insecure_random_bytes(length),
        }
    }

    fn get_insecure_random_u64() -> u64 {
        match seed("wasi:random/insecure", "get-insecure-random-u64") {
            Some(seed) => next(&INSECURE_STREAM, mix(seed ^ INSECURE)),
            None => host_insecure::get_insecure_random_u64(),
        }
    }
}

impl insecure_seed::Guest for Gate {
    /// Always the same pair: a host may answer so too.
    fn insecure_seed() -> (u64, u64) {
        match seed("wasi:random/insecure-seed", "insecure-seed") {
            Some(seed) => {
                let mut generator = Generator::new(mix(seed ^ SEED));
                (generator.next(), generator.next())
            }
            None => host_seed::insecure_seed(),
        }
    }
}
