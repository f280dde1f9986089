//! Fields, numbers and addresses as text, without formatting machinery.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

/// A field with its `%XX` decoded, or nothing if it is malformed or not UTF-8.
pub fn decode(field: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            hexadecimal(rest.next()?)? << 4 | hexadecimal(rest.next()?)?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Append a field: what is not printable ASCII, and `%`, as `%XX`.
pub fn push_encoded(out: &mut String, field: &str) {
    for byte in field.bytes() {
        if matches!(byte, 0x21..=0x7e) && byte != b'%' {
            out.push(byte as char);
        } else {
            out.push('%');
            push_digit(out, byte >> 4, b'A');
            push_digit(out, byte & 15, b'A');
        }
    }
}

fn push_digit(out: &mut String, digit: u8, letters: u8) {
    out.push(if digit < 10 { b'0' + digit } else { letters + digit - 10 } as char);
}

/// A number as this project writes it: decimal digits only, no sign, no leading zero.
pub fn unsigned(text: &str) -> Option<u64> {
    if text.is_empty() || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    let mut value = 0u64;
    for digit in text.bytes() {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    Some(value)
}

/// Append a number in decimal digits.
pub fn push_number(out: &mut String, value: u64) {
    if value >= 10 {
        push_number(out, value / 10);
    }
    out.push((b'0' + (value % 10) as u8) as char);
}

/// Append an address: `10.0.0.1`, or `fd00::1` as RFC 5952 writes it.
pub fn push_address(out: &mut String, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            for (index, byte) in address.octets().into_iter().enumerate() {
                if index > 0 {
                    out.push('.');
                }
                push_number(out, u64::from(byte));
            }
        }
        IpAddr::V6(address) => push_groups(out, address.segments()),
    }
}

fn push_groups(out: &mut String, groups: [u16; 8]) {
    // The first longest run of at least two zeros becomes `::`.
    let (mut from, mut length) = (8, 1);
    let mut run = 0;
    for (index, group) in groups.into_iter().enumerate() {
        run = if group == 0 { run + 1 } else { 0 };
        if run > length {
            (from, length) = (index + 1 - run, run);
        }
    }
    for (index, group) in groups.into_iter().enumerate() {
        if index == from {
            out.push_str("::");
        }
        if index >= from && index < from + length {
            continue;
        }
        if index > 0 && index != from + length {
            out.push(':');
        }
        let mut started = false;
        for shift in [12, 8, 4, 0] {
            let digit = (group >> shift & 15) as u8;
            started |= digit != 0 || shift == 0;
            if started {
                push_digit(out, digit, b'a');
            }
        }
    }
}

/// Append an address and a port: `10.0.0.1:5432`, `[fd00::1]:5432`.
pub fn push_endpoint(out: &mut String, address: IpAddr, port: u16) {
    if address.is_ipv6() {
        out.push('[');
    }
    push_address(out, address);
    if address.is_ipv6() {
        out.push(']');
    }
    out.push(':');
    push_number(out, u64::from(port));
}
