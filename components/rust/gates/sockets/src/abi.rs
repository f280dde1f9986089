//! Values as they lie in memory (Component Model, canonical ABI), and handing calls on.

use alloc::alloc::{dealloc, Layout};
use alloc::boxed::Box;
use core::cell::UnsafeCell;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use gate_policy::Single;

/// Cases of `wasi:sockets/network#error-code`.
#[derive(Clone, Copy)]
pub enum Error {
    AccessDenied = 1,
    InvalidState = 9,
}

/// Room for a function's result, which no result here exceeds. It is fetched before the next call.
#[repr(align(8))]
struct Room([u8; 40]);
static ANSWER: Single<UnsafeCell<Room>> = Single(UnsafeCell::new(Room([0; 40])));

pub fn answer() -> *mut u8 {
    ANSWER.0.get().cast()
}

/// Answer with an error. `at` is where a result keeps its value: 1, 4 or 8, as the value is aligned.
pub fn failed(error: Error, at: usize) -> *mut u8 {
    let answer = answer();
    // SAFETY: within the answer.
    unsafe {
        *answer = 1;
        *answer.add(at) = error as u8;
    }
    answer
}

/// Whether the host answered with a value.
pub fn succeeded() -> bool {
    // SAFETY: a result starts with its discriminant.
    unsafe { *answer() == 0 }
}

/// A handle in the answer, each of which takes four bytes: the first one lies at 1.
pub fn handle(at: usize) -> &'static mut u32 {
    // SAFETY: a word of the answer; one thread, and nobody keeps it.
    unsafe { &mut *answer().cast::<u32>().add(at) }
}

/// What a node holds instead of a handle of the host. All start with that handle, see `forward`.
pub trait Wrapper: Sized {
    /// The canonical built-in that makes a handle of a resource of this component.
    fn register(own: *mut Self) -> u32;

    /// A handle for the node.
    fn give(self) -> u32 {
        Self::register(Box::into_raw(Box::new(self)))
    }
}

/// `ip-socket-address` as parameters: after its case, the port and what follows.
pub type Numbers = [u32; 11];

pub fn endpoint(case: u32, numbers: &Numbers) -> (IpAddr, u16) {
    let [port, a, b, c, d, e, f, g, h, i, _] = *numbers;
    let address = if case == 0 {
        IpAddr::V4(Ipv4Addr::new(a as u8, b as u8, c as u8, d as u8))
    } else {
        // `a` is the flow, the last one is the scope.
        let groups = [b, c, d, e, f, g, h, i].map(|group| group as u16);
        IpAddr::V6(Ipv6Addr::from(groups)).to_canonical()
    };
    (address, port as u16)
}

/// `ip-socket-address` in memory: its case at 0, the port at 4, an IPv4 address at 6, an IPv6 address
/// at 12.
#[repr(C, align(4))]
pub struct SocketAddress([u8; 32]);

impl SocketAddress {
    pub fn read(&self) -> (IpAddr, u16) {
        let bytes = &self.0;
        let at = if bytes[0] == 0 { 6 } else { 12 };
        let mut field = [0; 16];
        field.copy_from_slice(&bytes[at..at + 16]);
        (address(bytes[0], &field), u16::from_le_bytes([bytes[4], bytes[5]]))
    }
}

/// An address in memory.
pub fn address(case: u8, bytes: &[u8; 16]) -> IpAddr {
    let [a, b, c, d, ..] = *bytes;
    if case == 0 {
        return IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    }
    // Groups lie as numbers do: the lower byte first.
    let mut octets = *bytes;
    for group in octets.chunks_exact_mut(2) {
        group.swap(0, 1);
    }
    IpAddr::V6(Ipv6Addr::from(octets)).to_canonical()
}

/// Free what the other side had allocated here for a list or a text.
///
/// # Safety
/// It was allocated with this size and alignment, and is not used any more.
pub unsafe fn free(start: *mut u8, size: usize, align: usize) {
    if size != 0 {
        // SAFETY: as the caller promises; such a layout was allocated.
        unsafe { dealloc(start, Layout::from_size_align_unchecked(size, align)) }
    }
}

/// Methods that only change the handle they are called on.
///
/// `(…)` gives what they answer where results lie, `(…) -> plain` a number.
macro_rules! forward {
    ($module:literal: $($export:literal = $import:literal ($($name:ident: $type:ty),*) $(-> $plain:ty)?;)*) => { $(
        const _: () = {
            $crate::abi::forward!(@one $module $export $import ($($name: $type),*) $($plain)?);
        };
    )* };
    (@one $module:literal $export:literal $import:literal ($($name:ident: $type:ty),*)) => {
        #[link(wasm_import_module = $module)]
        unsafe extern "C" {
            #[link_name = $import]
            fn host(handle: u32, $($name: $type,)* answer: *mut u8);
        }
        #[unsafe(export_name = $export)]
        unsafe extern "C" fn own(own: *const u32, $($name: $type),*) -> *mut u8 {
            let answer = $crate::abi::answer();
            // SAFETY: every wrapper starts with the host's handle, and the node's handle keeps it alive.
            unsafe { host(*own, $($name,)* answer) };
            answer
        }
    };
    (@one $module:literal $export:literal $import:literal ($($name:ident: $type:ty),*) $plain:ty) => {
        #[link(wasm_import_module = $module)]
        unsafe extern "C" {
            #[link_name = $import]
            fn host(handle: u32, $($name: $type,)*) -> $plain;
        }
        #[unsafe(export_name = $export)]
        unsafe extern "C" fn own(own: *const u32, $($name: $type),*) -> $plain {
            // SAFETY: as above.
            unsafe { host(*own, $($name,)*) }
        }
    };
}
pub(crate) use forward;

/// A resource of this component: how handles of it are made, and what happens when the last one goes.
macro_rules! resource {
    ($type:ty, $module:literal, $own:literal, $new:literal, $drop:literal, $destructor:literal) => {
        impl $crate::abi::Wrapper for $type {
            fn register(own: *mut Self) -> u32 {
                #[link(wasm_import_module = $own)]
                unsafe extern "C" {
                    #[link_name = $new]
                    fn register(own: *mut u8) -> u32;
                }
                // SAFETY: any number may represent a resource.
                unsafe { register(own.cast()) }
            }
        }

        const _: () = {
            #[link(wasm_import_module = $module)]
            unsafe extern "C" {
                #[link_name = $drop]
                fn host(handle: u32);
            }
            #[unsafe(export_name = $destructor)]
            unsafe extern "C" fn own(own: *mut $type) {
                // SAFETY: this is called once for each that was registered.
                unsafe {
                    let gone = alloc::boxed::Box::from_raw(own);
                    host(gone.handle);
                }
            }
        };
    };
}
pub(crate) use resource;
