//! Finds what has to be hidden. Both kinds hold no letters outside of ASCII, so bytes will do.

/// What was found.
pub enum Kind {
    Email,
    Card,
}

impl Kind {
    /// What stands in its place.
    pub fn placeholder(&self) -> &'static str {
        match self {
            Kind::Email => "[e-mail]",
            Kind::Card => "[card]",
        }
    }
}

/// Where something has to be hidden, in bytes.
pub struct Found {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
}

/// Everything that has to be hidden, from front to back.
pub fn secrets(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let next = match bytes[at] {
            b'@' => email(bytes, at, found.last().map_or(0, |last: &Found| last.end)),
            b'0'..=b'9' if at == 0 || !bytes[at - 1].is_ascii_alphanumeric() => card(bytes, at),
            _ => None,
        };
        match next {
            Some(one) => {
                at = one.end;
                found.push(one);
            }
            None => at += 1,
        }
    }
    found
}

/// The address around an `@`, not reaching before `from`.
fn email(bytes: &[u8], at: usize, from: usize) -> Option<Found> {
    let local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
    let before = bytes[from..at].iter().rev().take_while(|&byte| local(byte)).count();
    let mut after = bytes[at + 1..].iter().take_while(|&byte| host(byte)).count();
    // The full stop behind an address at the end of a sentence is no part of it.
    while after > 0 && b".-".contains(&bytes[at + after]) {
        after -= 1;
    }
    let has_dot = bytes[at + 1..at + 1 + after].contains(&b'.');
    (before > 0 && has_dot).then_some(Found {
        start: at - before,
        end: at + 1 + after,
        kind: Kind::Email,
    })
}

/// The card number that begins at a digit: 13 to 19 digits, in groups or not, with the right sum.
fn card(bytes: &[u8], at: usize) -> Option<Found> {
    let mut digits = Vec::with_capacity(19);
    let mut end = at;
    for (index, byte) in bytes.iter().enumerate().skip(at) {
        match byte {
            b'0'..=b'9' => {
                digits.push(byte - b'0');
                end = index + 1;
            }
            b' ' | b'-' if end == index => {}
            _ => break,
        }
        if digits.len() > 19 {
            return None;
        }
    }
    (digits.len() >= 13 && luhn(&digits)).then_some(Found { start: at, end, kind: Kind::Card })
}

/// The check sum of card numbers (ISO/IEC 7812-1, annex B).
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, &digit)| {
            let digit = u32::from(digit);
            match index % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum % 10 == 0
}
