//! Patterns for hosts and ports, and what they are held against.

use alloc::string::String;
use core::net::IpAddr;

use crate::text::{cut, parts, unsigned};

/// A host as a node names it: a DNS name in its normal form, or an address.
///
/// There is one way only to write each host here, so that what is judged is what is used:
/// `127.1`, `0x7f000001`, `2130706433` and `010.0.0.1`, which some resolvers take for addresses, are
/// neither addresses nor names and are refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// Lower case, no dot at the end.
    Name(String),
    /// An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) is the IPv4 address.
    Address(IpAddr),
}

impl Target {
    /// Read a host: a name, an IPv4 address, or an IPv6 address with or without brackets.
    pub fn parse(text: &str) -> Option<Target> {
        if let Some(rest) = text.strip_prefix('[') {
            let inner = rest.strip_suffix(']')?;
            return match inner.parse() {
                Ok(IpAddr::V6(address)) => Some(Target::Address(address.to_canonical())),
                _ => None,
            };
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Target::Address(address.to_canonical()));
        }
        name(text).map(Target::Name)
    }
}

/// The normal form of a DNS name: lower case, without the dot at the end. Nothing if it is no name.
///
/// Letters, digits, `-` and `_` in labels of 1 to 63 bytes, 253 in all (RFC 1035, section 2.3.4). The
/// last label must have something that no number has: names that end in a number are addresses to
/// some resolvers (WHATWG URL, "ends in a number").
fn name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.is_empty() || text.len() > 253 {
        return None;
    }
    let mut last = "";
    for label in parts(text, b'.') {
        let fits = matches!(label.len(), 1..=63)
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !fits {
            return None;
        }
        last = label;
    }
    if numeric(last) {
        return None;
    }
    let mut normal = String::from(text);
    normal.make_ascii_lowercase();
    Some(normal)
}

fn numeric(label: &str) -> bool {
    let bytes = label.as_bytes();
    bytes.iter().all(u8::is_ascii_digit)
        || matches!(bytes, [b'0', b'x' | b'X', rest @ ..] if rest.iter().all(u8::is_ascii_hexdigit))
}

/// Which hosts are granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Host {
    /// `*`
    Any,
    /// `api.example.com`
    Name(String),
    /// `*.example.com`, kept as `.example.com`: one or more labels in front.
    Below(String),
    /// `10.0.0.0/8`; an address is a network of all its bits.
    Network(IpAddr, u32),
}

impl Host {
    /// Read a pattern. What is none of these grants nothing.
    pub fn parse(text: &str) -> Option<Host> {
        if text == "*" {
            return Some(Host::Any);
        }
        if let Some(rest) = text.strip_prefix("*.") {
            let mut suffix = String::from(".");
            suffix.push_str(&name(rest)?);
            return Some(Host::Below(suffix));
        }
        if let Some((address, bits)) = cut(text, b'/') {
            return network(address.parse().ok()?, u32::try_from(unsigned(bits)?).ok()?);
        }
        Some(match Target::parse(text)? {
            Target::Name(name) => Host::Name(name),
            Target::Address(address) => Host::Network(address, width(address)),
        })
    }

    /// Whether a host is granted. Names are never granted by addresses, nor addresses by names: a name
    /// pattern must not grant an address that was not looked up.
    pub fn allows(&self, target: &Target) -> bool {
        match target {
            Target::Name(name) => self.allows_name(name),
            Target::Address(address) => self.allows_address(*address),
        }
    }

    /// Whether a name in its normal form (see [`Target`]) is granted.
    pub fn allows_name(&self, name: &str) -> bool {
        match self {
            Host::Any => true,
            Host::Name(own) => own == name,
            Host::Below(suffix) => name.len() > suffix.len() && name.ends_with(suffix.as_str()),
            Host::Network(..) => false,
        }
    }

    /// Whether an address is granted.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            Host::Any => true,
            Host::Network(own, bits) => {
                own.is_ipv4() == address.is_ipv4() && prefix(*own, *bits) == prefix(address, *bits)
            }
            _ => false,
        }
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// A network whose address may be an IPv4 address in IPv6 clothes.
fn network(address: IpAddr, bits: u32) -> Option<Host> {
    if bits > width(address) {
        return None;
    }
    let canonical = address.to_canonical();
    if canonical.is_ipv4() == address.is_ipv4() {
        return Some(Host::Network(address, bits));
    }
    // `::ffff:10.0.0.0/104` is `10.0.0.0/8`. A wider one would be more than IPv4: nobody means that.
    Some(Host::Network(canonical, bits.checked_sub(96)?))
}

/// The first `bits` bits of an address.
fn prefix(address: IpAddr, bits: u32) -> u128 {
    let value = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    value.checked_shr(width(address).saturating_sub(bits)).unwrap_or(0)
}

/// A port as WIT, URLs and policies write it: decimal digits, no leading zero, at most 65535.
pub fn port(text: &str) -> Option<u16> {
    u16::try_from(unsigned(text)?).ok()
}

/// Whether ports grant a port. `ports` is `*`, `default`, or a list such as `443,8000-8080`.
///
/// `default` is granted by the word `default` (80 and 443 for HTTP; 0 where there is none).
pub fn ports_allow(ports: &str, port_used: u16, default: u16) -> bool {
    parts(ports, b',').any(|item| match item {
        "*" => true,
        "default" => default != 0 && port_used == default,
        _ => {
            let (first, last) = cut(item, b'-').unwrap_or((item, item));
            match (port(first), port(last)) {
                (Some(first), Some(last)) => first <= port_used && port_used <= last,
                _ => false,
            }
        }
    })
}

/// Whether `list` is `*`, or has `item` between its commas exactly.
pub fn listed(list: &str, item: &str) -> bool {
    list == "*" || (!item.is_empty() && parts(list, b',').any(|each| each == item))
}
