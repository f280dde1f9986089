//! The official WIT, validation and composition crates behind one component contract.
//!
//! Nothing is decided here that the crates do not decide: this component reads files, calls them,
//! and says what they found with the places where they found it. See `wit/engine.wit`.

use std::alloc::{GlobalAlloc, Layout, System};

mod advice;
mod around;
mod binaries;
mod carrying;
mod composing;
mod contracts;
mod core_modules;
mod describe;
mod encoding;
mod files;
mod gating;
mod json;
mod loading;
mod naming;
mod places;
mod problems;
mod reach;
mod refusal;
mod repair;
mod sharing;
mod strip;
mod structure;
mod texts;
mod toml;
mod values;
mod wave_fit;
mod wave_syntax;
mod wording;

wit_bindgen::generate!({
    world: "engine",
    path: "wit",
});

struct Engine;

export!(Engine);

/// Tell the host what a panic said: without an operating system nobody else does.
fn report_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|information| {
            say(format!("{information}\n").as_bytes());
        }));
    });
}

fn say(text: &[u8]) {
    let stream = wasip2::cli::stderr::get_stderr();
    for part in text.chunks(4096) {
        let _ = stream.blocking_write_and_flush(part);
    }
}

/// The system's allocator, which says so when the host's bound on memory is reached: the standard
/// library would end without a word.
struct Bounded;

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        whole(System.alloc(layout))
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        whole(System.alloc_zeroed(layout))
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        whole(System.realloc(pointer, layout, size))
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        System.dealloc(pointer, layout);
    }
}

fn whole(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null() {
        // Nothing may be allocated from here on.
        say(b"out of memory\n");
        std::process::abort();
    }
    pointer
}
