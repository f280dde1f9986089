//! The smallest guest that has a state: as many of them as can be are made at once.
#![cfg_attr(target_arch = "wasm32", no_std)]

wit_bindgen::generate!({ world: "small", path: "../../../../tests/runtime/wit" });

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use exports::wcompose::echo::cell::Guest;

static KEPT: AtomicU64 = AtomicU64::new(0);

struct Cell;

impl Guest for Cell {
    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    fn keep(it: u64) -> u64 {
        KEPT.swap(it, Relaxed)
    }
}

/// The bindings could allocate; nothing here does.
#[cfg(target_arch = "wasm32")]
struct NoHeap;

#[cfg(target_arch = "wasm32")]
unsafe impl core::alloc::GlobalAlloc for NoHeap {
    unsafe fn alloc(&self, _: core::alloc::Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: core::alloc::Layout) {}
}

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static HEAP: NoHeap = NoHeap;

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

export!(Cell);
