//! What is wrong with a WAVE text that does not parse, and where.

use crate::problems::{problem, worded};
use crate::wcompose::engine::types::Problem;
use std::ops::Range;
use wasm_wave::lex::{Lexer, Token};
use wasm_wave::parser::{ParserError, ParserErrorKind};

/// Where a text stops being WAVE, and what to do about it.
pub fn explain(error: &ParserError, text: &str) -> (Range<usize>, Problem) {
    let span = error.span();
    let (span, message, hint) = match error.kind() {
        ParserErrorKind::UnexpectedEnd => unfinished(text, span),
        ParserErrorKind::InvalidToken => no_token(text, span),
        ParserErrorKind::UnexpectedToken => unexpected(text, span),
        ParserErrorKind::TrailingCharacters => trailing(text, span),
        ParserErrorKind::EmptyTuple => {
            (span, "a tuple has at least one element".into(), String::new())
        }
        ParserErrorKind::DuplicateFlag => {
            let told = format!("flag `{}` stands twice", &text[span.clone()]);
            (span, told, "keep one of the two".into())
        }
        kind => {
            let detail = error.detail().map(|detail| format!(": {}", worded(detail)));
            (span, format!("{kind}{}", detail.unwrap_or_default()), String::new())
        }
    };
    (span, problem("value-syntax", message).hinting(hint))
}

type Told = (Range<usize>, String, String);

/// The text ends too early: the innermost bracket that is open tells where it began.
fn unfinished(text: &str, span: Range<usize>) -> Told {
    let mut open = Vec::new();
    for (token, place) in Lexer::new(text).spanned() {
        match token {
            Ok(Token::BraceOpen | Token::BracketOpen | Token::ParenOpen) => open.push(place),
            Ok(Token::BraceClose | Token::BracketClose | Token::ParenClose) => {
                open.pop();
            }
            _ => {}
        }
    }
    match open.pop() {
        Some(place) => {
            let bracket = &text[place.clone()];
            let other = match bracket {
                "{" => "}",
                "[" => "]",
                _ => ")",
            };
            let told = format!("`{bracket}` is never closed");
            (place, told, format!("is a `{other}` missing at the end?"))
        }
        None if text.trim().is_empty() => (0..0, "it is empty".into(), String::new()),
        None => (span, "it ends too early".into(), String::new()),
    }
}

fn no_token(text: &str, span: Range<usize>) -> Told {
    let start = span.start;
    let rest = &text[start..];
    let line = rest.lines().next().unwrap_or_default();
    match rest.chars().next() {
        Some('"') => bad_string(rest, start),
        Some('\'') => bad_char(line, start),
        Some('+') => (start..start + 1, "a number has no `+` before it".into(), String::new()),
        Some('.') => {
            (start..start + 1, "a number begins with a digit".into(), "write `0.5`, not `.5`".into())
        }
        Some(first) if first.is_alphabetic() || first == '_' => bad_word(rest, start),
        Some(first) => {
            let end = start + first.len_utf8();
            (start..end, format!("`{first}` means nothing here"), String::new())
        }
        None => (span, "it ends too early".into(), String::new()),
    }
}

fn bad_string(rest: &str, start: usize) -> Told {
    let mut characters = rest.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        let at = start + index;
        match character {
            '\n' => {
                let told = "a line break stands in a text".into();
                return (start..at, told, "write `\\n`; or begin and end the text with `\"\"\"`".into());
            }
            '"' => break,
            '\\' => match characters.next().map(|(_, escaped)| escaped) {
                Some('"' | '\'' | '\\' | 't' | 'n' | 'r' | 'u') => {}
                Some(escaped) => {
                    let told = format!("`\\{escaped}` is no escape");
                    let hint = "there are `\\\"`, `\\'`, `\\\\`, `\\t`, `\\n`, `\\r` and `\\u{…}`";
                    return (at..at + 1 + escaped.len_utf8(), told, hint.into());
                }
                None => break,
            },
            _ => {}
        }
    }
    if let Some(index) = rest.find("\\u") {
        let at = start + index;
        let is_whole = rest[index + 2..].starts_with('{') && rest[index..].contains('}');
        if !is_whole {
            return (at..at + 2, "`\\u` names no character".into(), "write it with braces: `\\u{e9}`".into());
        }
    }
    (start..start + 1, "a text is never closed".into(), "is a `\"` missing at the end?".into())
}

fn bad_char(line: &str, start: usize) -> Told {
    let end = line[1..].find('\'').map_or(line.len(), |index| index + 2);
    let shown = &line[..end];
    let (told, hint) = if shown == "''" {
        ("a character is missing between the quotes", String::new())
    } else if shown.len() > 1 && shown.ends_with('\'') {
        let inner = &shown[1..shown.len() - 1];
        ("more than one character stands in single quotes", format!("a text has double quotes: `\"{inner}\"`"))
    } else {
        ("a character is never closed", "is a `'` missing?".into())
    };
    (start..start + shown.len(), told.into(), hint)
}

fn bad_word(rest: &str, start: usize) -> Told {
    let word = word_at(rest);
    let span = start..start + word.len();
    let told = format!("`{word}` is no name");
    let kebab = word.to_lowercase().replace('_', "-");
    let hint = if kebab != word {
        format!("write `{kebab}`, or \"{word}\" if it is a text")
    } else {
        "a text has double quotes".into()
    };
    (span, told, hint)
}

/// The whole of what somebody took for a word or a number.
fn word_at(rest: &str) -> &str {
    let is_part = |character: char| character.is_alphanumeric() || "_-.".contains(character);
    let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
    &rest[..end]
}

fn unexpected(text: &str, span: Range<usize>) -> Told {
    let shown = &text[span.clone()];
    let before = text[..span.start].trim_end().chars().last();
    match shown {
        "," | ")" | "]" | "}" | ":" if matches!(before, Some('[' | '(' | '{' | ',' | ':')) => {
            (span, format!("a value is missing before `{shown}`"), String::new())
        }
        ")" | "]" | "}" => (span, format!("`{shown}` closes nothing that is open"), String::new()),
        "," | ":" => (span, format!("`{shown}` stands where no value can"), String::new()),
        // A word that the lexer has cut where it can be no name any more.
        _ if glued(text, span.start) => {
            let start = word_start(text, span.start);
            let word = word_at(&text[start..]);
            let (told, hint) = no_word(word);
            (start..start + word.len(), told, hint)
        }
        _ => {
            let hint = match before {
                Some(':' | '[' | '(' | '{' | ',') => "",
                _ if is_in_braces(&text[..span.start]) => "is a `:` or a `,` missing before?",
                _ => "is a `,` missing before?",
            };
            let told = format!("`{}` is not expected here", shown.replace('`', "'"));
            (span, told, hint.into())
        }
    }
}

/// Whether the innermost bracket that is open is a brace.
fn is_in_braces(text: &str) -> bool {
    let mut open = Vec::new();
    for token in Lexer::new(text) {
        match token {
            Ok(token @ (Token::BraceOpen | Token::BracketOpen | Token::ParenOpen)) => open.push(token),
            Ok(Token::BraceClose | Token::BracketClose | Token::ParenClose) => drop(open.pop()),
            _ => {}
        }
    }
    open.last() == Some(&Token::BraceOpen)
}

fn trailing(text: &str, span: Range<usize>) -> Told {
    if glued(text, span.start) {
        let start = word_start(text, span.start);
        let word = word_at(&text[start..]);
        let (told, hint) = no_word(word);
        return (start..start + word.len(), told, hint);
    }
    let first = text[span.start..].chars().next();
    let hint = match first {
        Some(')' | ']' | '}') => "is a bracket missing before?",
        Some(',') => "a list has brackets around it: `[1, 2]`",
        _ => "one argument is one value; quotes of the shell keep it together",
    };
    (span.start..text.trim_end().len(), "something stands behind the value".into(), hint.into())
}

/// Whether what begins at a place belongs to the word or number right before it.
fn glued(text: &str, start: usize) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || "_.".contains(character);
    let after = text[start..].chars().next().is_some_and(|each| is_part(each) || each == '-');
    after && text[..start].chars().last().is_some_and(is_part)
}

fn word_start(text: &str, end: usize) -> usize {
    let is_part = |character: char| character.is_alphanumeric() || "_-.".contains(character);
    let before = text[..end].char_indices().rev();
    before.take_while(|(_, each)| is_part(*each)).last().map_or(end, |(index, _)| index)
}

fn no_word(word: &str) -> (String, String) {
    let digits = word.trim_start_matches('-');
    if digits.starts_with(|first: char| first.is_ascii_digit()) {
        let hint = "numbers are decimal, without separators: `255`, `-1`, `2.5e3`";
        return (format!("`{word}` is no number"), hint.into());
    }
    let kebab = word.to_lowercase().replace('_', "-");
    (format!("`{word}` is no name"), format!("write `{kebab}`, or \"{word}\" if it is a text"))
}
