use super::*;
use core::net::IpAddr;

fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}
