//! What stands around a place in WIT text, for whoever mends a mistake or says how to.

use std::ops::Range;

/// A text without its comments, of the same length, so that offsets stay what they are.
pub fn uncommented(text: &str) -> String {
    let mut kept = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    while at < bytes.len() {
        let rest = &bytes[at..];
        if depth == 0 && rest.starts_with(b"//") {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            kept.extend(std::iter::repeat_n(b' ', end));
            at += end;
        } else if rest.starts_with(b"/*") || (depth > 0 && rest.starts_with(b"*/")) {
            depth = if rest[0] == b'/' { depth + 1 } else { depth - 1 };
            kept.extend(b"  ");
            at += 2;
        } else {
            kept.push(if depth > 0 && rest[0] != b'\n' { b' ' } else { rest[0] });
            at += 1;
        }
    }
    // Comments begin and end with ASCII, so what is kept is whole characters.
    String::from_utf8(kept).unwrap_or_else(|_| text.into())
}

/// A place in a text without comments.
pub struct Around<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Around<'a> {
    pub fn new(text: &'a str, at: usize) -> Around<'a> {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        Around { text, at }
    }

    pub fn before(&self) -> &'a str {
        self.text[..self.at].trim_end()
    }

    pub fn after(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The identifier that begins here, however it is spelt.
    pub fn word(&self) -> &'a str {
        let rest = self.after();
        let end = rest.find(|each: char| !is_of_word(each)).unwrap_or(rest.len());
        // The hyphen of an arrow is no part of the name before it.
        rest[..end].strip_suffix('-').filter(|_| rest[end..].starts_with('>')).unwrap_or(&rest[..end])
    }

    /// What follows the word that begins here.
    pub fn next(&self) -> Option<char> {
        self.after().trim_start_matches(is_of_word).trim_start().chars().next()
    }

    /// The word before this place; empty where something else is.
    pub fn previous_word(&self) -> &'a str {
        let before = self.before();
        &before[before
            .rfind(|each: char| !is_of_word(each))
            .map_or(0, |index| index + before[index..].chars().next().map_or(1, char::len_utf8))..]
    }

    /// From behind the statement before this place to behind the semicolon that ends this one.
    ///
    /// None where a brace comes before that.
    pub fn statement(&self) -> Option<Range<usize>> {
        let mut start = self.at;
        let start = loop {
            let Some(found) = self.text[..start].rfind([';', '{', '}']) else { break 0 };
            let before = self.text[..found].trim_end();
            let is_of_use = before.ends_with('.') || before.ends_with("with");
            if !(self.text.as_bytes()[found] == b'{' && is_of_use) {
                break found + 1;
            }
            start = found;
        };
        let mut end = self.at;
        let is_of_use = self.text[start..].split_whitespace().next() == Some("use");
        loop {
            let found = end + self.text[end..].find([';', '{', '}'])?;
            match self.text.as_bytes()[found] {
                b';' => return Some(start..found + 1),
                _ if is_of_use => end = found + 1,
                _ => return None,
            }
        }
    }

    /// The braces before this place that nothing has closed: where they stand, the innermost last.
    pub fn open_braces(&self) -> Vec<usize> {
        let mut open = Vec::new();
        for (index, byte) in self.text[..self.at].bytes().enumerate() {
            match byte {
                b'{' => open.push(index),
                b'}' => drop(open.pop()),
                _ => {}
            }
        }
        open
    }

    /// The words before a brace on its line, such as `record point`.
    pub fn title(&self, brace: usize) -> &'a str {
        let before = self.text[..brace].trim_end();
        before[before.rfind([';', '{', '}', '\n']).map_or(0, |index| index + 1)..].trim()
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_' | '%')
}
