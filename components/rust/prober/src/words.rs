//! Words to values and back.

use std::collections::HashMap;

/// What an earlier step kept under a name.
pub fn kept<'a, T>(from: &'a HashMap<String, T>, name: &str) -> Result<&'a T, String> {
    from.get(name).ok_or_else(|| format!("nothing is open as {name}"))
}

pub fn number(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("{word} is no number"))
}

/// Bytes as a string of characters with the same numbers.
pub fn bytes(word: &str) -> Vec<u8> {
    word.chars().map(|character| character as u8).collect()
}

pub fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| *byte as char).collect()
}
