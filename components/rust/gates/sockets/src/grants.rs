//! What the lines say of addresses and names.

use alloc::string::String;
use core::net::IpAddr;

use gate_policy::{ports_allow, push_endpoint, text_at, Host, Policy};

use crate::{names, wcompose};

pub const CONNECT: &str = "tcp-connect";
pub const LISTEN: &str = "tcp-listen";
pub const SEND: &str = "udp-send";
pub const BIND: &str = "udp-bind";

/// An address with its port.
pub type Endpoint = (IpAddr, u16);

pub fn policy() -> &'static Policy {
    Policy::load(wcompose::gates::policy::text, wcompose::gates::audit::record)
}

/// Whether a line about `word` grants an address, itself or by a name that was resolved to it.
pub fn reaches(word: &str, (address, port): Endpoint) -> bool {
    policy().lines(word).any(|line| {
        ports_allow(text_at(line, 1), port, 0)
            && Host::parse(text_at(line, 0)).is_some_and(|host| {
                host.allows_address(address) || names::any(address, |name| host.allows_name(name))
            })
    })
}

/// Whether a line about `word` grants an address of this side.
pub fn offers(word: &str, (address, port): Endpoint) -> bool {
    policy().lines(word).any(|line| {
        ports_allow(text_at(line, 1), port, 0)
            && Host::parse(text_at(line, 0)).is_some_and(|host| host.allows_address(address))
    })
}

/// Whether binding to an address is only what connecting or sending takes: no port that others could
/// know, on no address in particular.
pub fn is_implied(word: &str, (address, port): Endpoint) -> bool {
    port == 0 && address.is_unspecified() && (policy().learns() || policy().line(word).is_some())
}

/// Whether a line about connecting, sending or looking up has a host that `test` likes.
pub fn any_host(test: impl Fn(&Host) -> bool) -> bool {
    ["lookup", CONNECT, SEND].into_iter().any(|word| {
        policy().lines(word).any(|line| Host::parse(text_at(line, 0)).is_some_and(|host| test(&host)))
    })
}

/// Decide about an address; written down if that is wanted.
pub fn decide(interface: &str, function: &str, granted: bool, (address, port): Endpoint) -> bool {
    let policy = policy();
    let mut target = String::new();
    if policy.audits(granted || policy.learns()) {
        push_endpoint(&mut target, address, port);
    }
    policy.decide(interface, function, granted, &target)
}

/// Tell of a socket that a node makes, where it is learned from: some hosts make none, and then nobody
/// hears what it was for.
pub fn made(interface: &str, function: &str) {
    let policy = policy();
    if policy.learns() {
        policy.record(interface, function, true, "");
    }
}
