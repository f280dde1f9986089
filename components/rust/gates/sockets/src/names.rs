//! Looking names up, and what they were resolved to.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::net::IpAddr;

use gate_policy::{push_address, Single, Target};

use crate::abi::{address, answer, failed, forward, handle, resource, succeeded, Error, Wrapper};
use crate::grants::{any_host, policy};

const INTERFACE: &str = "wasi:sockets/ip-name-lookup";
/// Addresses that are remembered; after so many, the oldest ones are forgotten.
const MOST: usize = 1024;
/// Bytes of a name that is none, in an audit.
const SHOWN: usize = 256;

static KNOWN: Single<Cell<Vec<(IpAddr, String)>>> = Single(Cell::new(Vec::new()));

/// Whether a name that was resolved to an address passes a test.
pub fn any(address: IpAddr, test: impl Fn(&str) -> bool) -> bool {
    let known = KNOWN.0.take();
    let found = known.iter().any(|(each, name)| *each == address && test(name));
    KNOWN.0.set(known);
    found
}

/// Remember an address; written down if all is, so that what is reached later can be told by name.
fn remember(address: IpAddr, name: &str) {
    if any(address, |known| known == name) {
        return;
    }
    if policy().audits(true) {
        let mut target = String::from(name);
        target.push(' ');
        push_address(&mut target, address);
        policy().record(INTERFACE, "[method]resolve-address-stream.resolve-next-address", true, &target);
    }
    let mut known = KNOWN.0.take();
    if known.len() >= MOST {
        known.remove(0);
    }
    known.push((address, String::from(name)));
    KNOWN.0.set(known);
}

/// A lookup under way. Nothing is remembered of a text that is an address already.
#[repr(C)]
struct Lookup {
    handle: u32,
    name: Option<String>,
}

resource!(
    Lookup,
    "wasi:sockets/ip-name-lookup@0.2.12",
    "[export]wasi:sockets/ip-name-lookup@0.2.12",
    "[resource-new]resolve-address-stream",
    "[resource-drop]resolve-address-stream",
    "wasi:sockets/ip-name-lookup@0.2.12#[dtor]resolve-address-stream"
);

forward! { "wasi:sockets/ip-name-lookup@0.2.12":
    "wasi:sockets/ip-name-lookup@0.2.12#[method]resolve-address-stream.subscribe"
        = "[method]resolve-address-stream.subscribe" () -> u32;
}

#[link(wasm_import_module = "wasi:sockets/ip-name-lookup@0.2.12")]
unsafe extern "C" {
    #[link_name = "resolve-addresses"]
    fn host_resolve(network: u32, name: *const u8, length: usize, answer: *mut u8);
    #[link_name = "[method]resolve-address-stream.resolve-next-address"]
    fn host_next(stream: u32, answer: *mut u8);
}

#[unsafe(export_name = "wasi:sockets/ip-name-lookup@0.2.12#resolve-addresses")]
unsafe extern "C" fn resolve(network: u32, start: *mut u8, length: usize) -> *mut u8 {
    // SAFETY: a text that was allocated here for the node, and is UTF-8.
    let text = unsafe { String::from_utf8_unchecked(Vec::from_raw_parts(start, length, length)) };
    let Some(name) = granted(&text) else {
        return failed(Error::AccessDenied, 4);
    };
    // SAFETY: the text outlives the call.
    unsafe { host_resolve(network, text.as_ptr(), text.len(), answer()) };
    if succeeded() {
        let stream = handle(1);
        *stream = Lookup { handle: *stream, name }.give();
    }
    answer()
}

/// The name to remember addresses by, or none for an address; nothing at all if it is not granted.
fn granted(text: &str) -> Option<Option<String>> {
    const FUNCTION: &str = "resolve-addresses";
    let Some(target) = Target::parse(text) else {
        let mut shown = String::from(text);
        while shown.len() > SHOWN {
            shown.pop();
        }
        policy().record(INTERFACE, FUNCTION, false, &shown);
        return None;
    };
    let allowed = any_host(|host| host.allows(&target));
    if !policy().decide(INTERFACE, FUNCTION, allowed, text) {
        return None;
    }
    Some(match target {
        Target::Name(name) => Some(name),
        Target::Address(_) => None,
    })
}

#[unsafe(export_name = "wasi:sockets/ip-name-lookup@0.2.12#[method]resolve-address-stream.resolve-next-address")]
unsafe extern "C" fn next(own: &Lookup) -> *mut u8 {
    let answer = answer();
    // SAFETY: of `option<ip-address>`, whether there is one lies at 2, its case at 4, the address at 6.
    unsafe {
        host_next(own.handle, answer);
        if let (true, 1, Some(name)) = (succeeded(), *answer.add(2), &own.name) {
            remember(address(*answer.add(4), &*answer.add(6).cast()), name);
        }
    }
    answer
}
