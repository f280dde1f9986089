//! Handles are numbers: forged, used after they were dropped, used as a handle of something else.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use wasip2::io::poll::Pollable;
use wasip2::io::streams::{InputStream, OutputStream};
use wasip2::sockets::network::Network;

use crate::{at, Attack, Outcome};

pub const ATTACKS: &[Attack] = &[
    ("handle-copied", |_| copied()),
    ("handle-forged", |arguments| {
        look(unsafe { Descriptor::from_handle(number(arguments)?) }, at(arguments, 1))
    }),
    ("stream-forged", |arguments| {
        let stream = unsafe { OutputStream::from_handle(number(arguments)?) };
        let told = stream.check_write().map(|free| format!("{free} bytes may be written"));
        core::mem::forget(stream);
        told.map_err(|_| "closed".to_string())
    }),
    ("pollable-forged", |arguments| {
        let pollable = unsafe { Pollable::from_handle(number(arguments)?) };
        let told = format!("ready: {}", pollable.ready());
        core::mem::forget(pollable);
        Ok(told)
    }),
    ("network-forged", |arguments| {
        let network = unsafe { Network::from_handle(number(arguments)?) };
        let told = wasip2::sockets::ip_name_lookup::resolve_addresses(&network, "localhost");
        core::mem::forget(network);
        told.map(|_| "looked up".to_string()).map_err(|code| code.name().to_string())
    }),
    ("handle-reused", |_| {
        let (directory, _) = get_directories().into_iter().next().ok_or("no directories")?;
        let number = directory.handle();
        drop(directory);
        look(unsafe { Descriptor::from_handle(number) }, "")
    }),
    ("handle-dropped-twice", |_| {
        let (directory, _) = get_directories().into_iter().next().ok_or("no directories")?;
        let number = directory.handle();
        drop(directory);
        drop(unsafe { Descriptor::from_handle(number) });
        Ok("dropped twice".to_string())
    }),
    ("handle-of-another-type", |_| {
        let pollable = subscribe_duration(0);
        look(unsafe { Descriptor::from_handle(pollable.handle()) }, "")
    }),
    ("stream-of-another-type", |_| {
        let (directory, _) = get_directories().into_iter().next().ok_or("no directories")?;
        let stream = unsafe { InputStream::from_handle(directory.handle()) };
        let told = stream.read(16).map(|bytes| format!("{} bytes", bytes.len()));
        core::mem::forget(stream);
        told.map_err(|_| "closed".to_string())
    }),
];

fn number(arguments: &[&str]) -> Result<u32, String> {
    at(arguments, 0).parse().map_err(|_| "no number".to_string())
}

/// Reads a file below a handle that may not be ours, and keeps the handle.
fn look(descriptor: Descriptor, path: &str) -> Outcome {
    let told = if path.is_empty() {
        descriptor.get_type().map(|kind| format!("{kind:?}"))
    } else {
        descriptor
            .open_at(PathFlags::empty(), path, OpenFlags::empty(), DescriptorFlags::READ)
            .and_then(|file| file.read(4096, 0))
            .map(|(bytes, _)| String::from_utf8_lossy(&bytes).into_owned())
    };
    core::mem::forget(descriptor);
    told.map_err(|code| code.name().to_string())
}

/// Not an attack: a number that is a handle of ours works, so the other attacks do what they say.
fn copied() -> Outcome {
    let (directory, _) = get_directories().into_iter().next().ok_or("no directories")?;
    look(unsafe { Descriptor::from_handle(directory.handle()) }, "")
}
