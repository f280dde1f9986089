//! Clocks of a node that stand still, or the host's with every look at them written down.
//!
//! Lines of the policy: `wall-clock real`, `wall-clock frozen SECONDS NANOSECONDS`,
//! `monotonic-clock real`, `monotonic-clock frozen NANOSECONDS`.
//!
//! A frozen monotonic clock moves on only by what is waited for, and waiting takes no time: what is
//! subscribed to is ready at once, and the clock says then what it would have said. So a program that
//! sleeps goes on immediately, and one that sleeps until a time comes to it.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use core::sync::atomic::{AtomicU64, Ordering};

wit_bindgen::generate!({ world: "clocks", path: "../wit", generate_all });

use exports::wasi::clocks::{monotonic_clock, wall_clock};
use gate_policy::{refusal, text_at, unsigned, Policy};
use wasi::clocks::{monotonic_clock as host_monotonic, wall_clock as host_wall};
use wasi::io::poll::Pollable;

struct Gate;
export!(Gate);

/// Nanoseconds that were waited for while the monotonic clock stood still.
static WAITED: AtomicU64 = AtomicU64::new(0);

fn policy() -> &'static Policy {
    Policy::load(wcompose::gates::policy::text, wcompose::gates::audit::record)
}

refusal!(wall_refused, "a node is not granted `clocks`: `wasi:clocks/wall-clock`");
refusal!(monotonic_refused, "a node is not granted `clocks`: `wasi:clocks/monotonic-clock`");

/// What a clock says.
enum Clock<T> {
    Real,
    Frozen(T),
}

fn wall(function: &str) -> Clock<wall_clock::Datetime> {
    let policy = policy();
    let clock = policy.line("wall-clock").and_then(|line| match text_at(line, 0) {
        "real" => Some(Clock::Real),
        "frozen" => {
            let seconds = unsigned(text_at(line, 1))?;
            let nanoseconds = u32::try_from(unsigned(text_at(line, 2))?).ok()?;
            (nanoseconds < 1_000_000_000)
                .then_some(Clock::Frozen(wall_clock::Datetime { seconds, nanoseconds }))
        }
        _ => None,
    });
    if !policy.decide("wasi:clocks/wall-clock", function, clock.is_some(), "") {
        wall_refused();
    }
    clock.unwrap_or(Clock::Real)
}

fn monotonic(function: &str) -> Clock<u64> {
    let policy = policy();
    let clock = policy.line("monotonic-clock").and_then(|line| match text_at(line, 0) {
        "real" => Some(Clock::Real),
        "frozen" => unsigned(text_at(line, 1)).map(Clock::Frozen),
        _ => None,
    });
    if !policy.decide("wasi:clocks/monotonic-clock", function, clock.is_some(), "") {
        monotonic_refused();
    }
    clock.unwrap_or(Clock::Real)
}

fn same(time: host_wall::Datetime) -> wall_clock::Datetime {
    wall_clock::Datetime { seconds: time.seconds, nanoseconds: time.nanoseconds }
}

impl wall_clock::Guest for Gate {
    fn now() -> wall_clock::Datetime {
        match wall("now") {
            Clock::Real => same(host_wall::now()),
            Clock::Frozen(time) => time,
        }
    }

    fn resolution() -> wall_clock::Datetime {
        match wall("resolution") {
            Clock::Real => same(host_wall::resolution()),
            Clock::Frozen(_) => wall_clock::Datetime { seconds: 0, nanoseconds: 1 },
        }
    }
}

impl monotonic_clock::Guest for Gate {
    fn now() -> u64 {
        match monotonic("now") {
            Clock::Real => host_monotonic::now(),
            Clock::Frozen(start) => start.saturating_add(WAITED.load(Ordering::Relaxed)),
        }
    }

    fn resolution() -> u64 {
        match monotonic("resolution") {
            Clock::Real => host_monotonic::resolution(),
            Clock::Frozen(_) => 1,
        }
    }

    fn subscribe_instant(when: u64) -> Pollable {
        match monotonic("subscribe-instant") {
            Clock::Real => host_monotonic::subscribe_instant(when),
            Clock::Frozen(start) => {
                WAITED.fetch_max(when.saturating_sub(start), Ordering::Relaxed);
                host_monotonic::subscribe_duration(0)
            }
        }
    }

    fn subscribe_duration(when: u64) -> Pollable {
        match monotonic("subscribe-duration") {
            Clock::Real => host_monotonic::subscribe_duration(when),
            Clock::Frozen(start) => {
                // Added up by hand: a sum that wraps around would turn the clock back.
                let waited = WAITED.load(Ordering::Relaxed).saturating_add(when);
                WAITED.store(waited.min(u64::MAX - start), Ordering::Relaxed);
                host_monotonic::subscribe_duration(0)
            }
        }
    }
}
