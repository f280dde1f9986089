//! Fields, numbers and addresses as text, without formatting machinery.

use alloc::string::String;
use core::net::IpAddr;

/// The byte that two hexadecimal digits are, or nothing if they are none.
pub fn hexadecimal(digits: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let mut value = 0;
    for _ in 0..2 {
        let digit = match digits.next()? {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        value = value << 4 | digit;
    }
    Some(value)
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

/// Cut a text at the first such byte, which is ASCII. Smaller than what the standard library has for
/// characters.
pub fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|byte| byte == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// The parts of a text between such bytes, which are ASCII. There is always one.
pub fn parts(text: &str, at: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let whole = rest?;
        let (part, after) = match cut(whole, at) {
            Some((part, after)) => (part, Some(after)),
            None => (whole, None),
        };
        rest = after;
        Some(part)
    })
}
