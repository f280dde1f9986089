//! The called side of the benchmarks, in Rust.

wit_bindgen::generate!({ world: "callee", path: "../../../benches/components/wit" });

use exports::wcompose::bench::target::Guest;

struct Callee;

impl Guest for Callee {
    fn add(left: i64, right: i64) -> i64 {
        left.wrapping_add(right)
    }

    fn take(data: Vec<u8>) -> u64 {
        match (data.first(), data.last()) {
            (Some(&first), Some(&last)) => data.len() as u64 + u64::from(first) + u64::from(last),
            _ => 0,
        }
    }
}

export!(Callee);
