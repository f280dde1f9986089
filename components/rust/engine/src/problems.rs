//! Problems from the crates' errors.

use crate::wcompose::engine::types::{Place, Problem};

pub fn problem(rule: &str, message: impl Into<String>) -> Problem {
    Problem {
        rule: rule.into(),
        message: message.into(),
        place: None,
        causes: Vec::new(),
        hint: String::new(),
        related: Vec::new(),
    }
}

impl Problem {
    pub fn at(mut self, place: Option<Place>) -> Problem {
        self.place = place;
        self
    }

    pub fn hinting(mut self, hint: impl Into<String>) -> Problem {
        self.hint = hint.into();
        self
    }

    pub fn because(mut self, causes: impl IntoIterator<Item = String>) -> Problem {
        self.causes.extend(causes);
        self
    }
}

/// A problem whose causes are the chain of an error.
pub fn from_chain(rule: &str, message: impl Into<String>, error: &anyhow::Error) -> Problem {
    problem(rule, message).because(error.chain().map(|cause| worded(&cause.to_string())))
}

/// An error's text as our messages are worded: lower case at the start, no full stop at the end.
pub fn worded(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        // An acronym keeps its capitals.
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(text[first.len_utf8()..].chars()).collect()
        }
        _ => text.into(),
    }
}

/// The known names that are spelt most like `name`, as a question; empty when none is near.
pub fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut near: Vec<(usize, &str)> = known
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance > 0 && *distance <= (name.len().max(candidate.len()) / 3).max(1)
        })
        .collect();
    near.sort();
    near.dedup();
    match near.first() {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => String::new(),
    }
}

/// Levenshtein distance of two short names.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(128).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().take(128).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
