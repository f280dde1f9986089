//! Misbehaves as it is told.

wit_bindgen::generate!({ world: "hostile-owner", path: "../../../../tests/runtime/wit" });

mod bombs;

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use exports::wcompose::echo::hostile::Guest;

static CALLS: AtomicU64 = AtomicU64::new(0);

struct Hostile;

fn called() {
    CALLS.fetch_add(1, Relaxed);
}

fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

impl Guest for Hostile {
    fn spin() {
        called();
        spin();
    }

    fn work(rounds: u64) -> u64 {
        called();
        // A step of a generator of numbers: no compiler can do without the loop.
        (0..rounds).fold(1, |state: u64, _| {
            let state = state ^ (state << 13);
            let state = state ^ (state >> 7);
            state ^ (state << 17)
        })
    }

    fn eat(size: u64) -> u64 {
        const PAGE: u64 = 1 << 16;
        called();
        let mut got = 0;
        while got < size {
            let mut page: Vec<u8> = Vec::new();
            if page.try_reserve_exact(PAGE as usize).is_err() {
                break;
            }
            page.resize(PAGE as usize, 1);
            black_box(page.leak());
            got += PAGE;
        }
        got
    }

    fn recurse(depth: u64) -> u64 {
        called();
        deeper(depth)
    }

    fn panic(message: String) {
        called();
        panic!("{message}");
    }

    fn huge_list(size: u64) -> Vec<u8> {
        called();
        vec![0; address(size)]
    }

    fn huge_string(size: u64) -> String {
        called();
        "x".repeat(address(size))
    }

    fn calls() -> u64 {
        called();
        CALLS.load(Relaxed)
    }
}

/// A size in memory; a trap if it is none.
fn address(size: u64) -> usize {
    usize::try_from(size).unwrap()
}

#[inline(never)]
fn deeper(depth: u64) -> u64 {
    if depth == 0 {
        return 0;
    }
    1 + black_box(deeper as fn(u64) -> u64)(depth - 1)
}

export!(Hostile);
