//! What a gate needs instead of the standard library: an allocator and a panic handler.
//!
//! Blocks have sizes that are powers of two and are kept in one list per size when they are free. It is a
//! tenth of a general allocator, and gates allocate the same few sizes again and again.
#![cfg(target_arch = "wasm32")]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::UnsafeCell;
use core::ptr::null_mut;

const SMALLEST: u32 = 4; // 16 bytes: also what every block is aligned to
const LARGEST: u32 = 30;
const PAGE: usize = 65536;

struct Blocks(UnsafeCell<State>);

struct State {
    free: [*mut u8; (LARGEST - SMALLEST + 1) as usize],
    start: usize,
    end: usize,
}

// SAFETY: components have one thread.
unsafe impl Sync for Blocks {}

#[global_allocator]
static BLOCKS: Blocks = Blocks(UnsafeCell::new(State {
    free: [null_mut(); (LARGEST - SMALLEST + 1) as usize],
    start: 0,
    end: 0,
}));

/// The power of two that a layout gets, or nothing if it is too large or too strictly aligned.
fn class(size: usize, align: usize) -> Option<u32> {
    let bits = usize::BITS - size.saturating_sub(1).leading_zeros();
    let class = if bits < SMALLEST { SMALLEST } else { bits };
    (class <= LARGEST && align <= 1 << SMALLEST).then_some(class)
}

impl State {
    /// New memory for a block. Memory grows in whole pages and never shrinks.
    fn carve(&mut self, size: usize) -> *mut u8 {
        if self.end - self.start < size {
            let pages = size.div_ceil(PAGE);
            let grown = wasm32::memory_grow::<0>(pages);
            if grown == usize::MAX {
                return null_mut();
            }
            let grown = grown * PAGE;
            if grown != self.end {
                self.start = grown;
            }
            // The last page of four gigabytes ends at zero.
            match grown.checked_add(pages * PAGE) {
                Some(end) => self.end = end,
                None => return null_mut(),
            }
        }
        let block = self.start;
        self.start += size;
        block as *mut u8
    }
}

// SAFETY: blocks are disjoint, at least as large as their layout and aligned to 16 bytes.
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class(layout.size(), layout.align()) else {
            return null_mut();
        };
        // SAFETY: one thread, and nothing called below comes back here.
        let state = unsafe { &mut *self.0.get() };
        let Some(list) = state.free.get_mut((class - SMALLEST) as usize) else {
            return null_mut();
        };
        let block = *list;
        if block.is_null() {
            return state.carve(1 << class);
        }
        // SAFETY: a free block holds the next one.
        *list = unsafe { *block.cast::<*mut u8>() };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = class(layout.size(), layout.align()) else {
            return;
        };
        // SAFETY: as above; `block` came from `alloc` with the same layout.
        let state = unsafe { &mut *self.0.get() };
        if let Some(list) = state.free.get_mut((class - SMALLEST) as usize) {
            // SAFETY: the block is free and has room for a pointer.
            unsafe { *block.cast::<*mut u8>() = *list };
            *list = block;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if class(layout.size(), layout.align()) == class(size, layout.align()) {
            return block;
        }
        // SAFETY: as the caller promises.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                let kept = if size < layout.size() { size } else { layout.size() };
                core::ptr::copy_nonoverlapping(block, moved, kept);
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}
