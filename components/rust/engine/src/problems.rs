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
    let causes = error.chain().flat_map(|cause| in_words(&cause.to_string()));
    problem(rule, message).because(causes.collect::<Vec<_>>())
}

/// The lines of an error's text, without the numbers that only the crates understand.
pub fn in_words(text: &str) -> Vec<String> {
    let numbers = [" (ResourceId", " (at offset 0x"];
    let lines = text.lines().map(|line| {
        let end = numbers.iter().filter_map(|number| line.find(number)).min();
        worded(&line[..end.unwrap_or(line.len())])
    });
    lines.filter(|line| !line.is_empty()).collect()
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

/// Edits between two short names: characters put in, left out, replaced, or swapped with the next.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(128).collect();
    let right: Vec<char> = right.chars().take(128).collect();
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=right.len()).collect();
    for i in 1..=left.len() {
        for j in 1..=right.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[left.len()][right.len()]
}
