//! `lookup NAME`: its addresses.

use crate::wait;
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::wasi::sockets::network::ErrorCode;
use crate::words::{named, plain};

pub fn step(name: &str) -> Result<String, String> {
    let stream = resolve_addresses(&instance_network(), name).map_err(named)?;
    let mut found = Vec::new();
    loop {
        match stream.resolve_next_address() {
            Ok(Some(address)) => found.push(plain(address)),
            Ok(None) => return Ok(found.join(" ")),
            Err(ErrorCode::WouldBlock) if wait(&stream.subscribe()) => {}
            Err(error) => return Err(named(error)),
        }
    }
}
