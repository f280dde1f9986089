//! More than one problem a run: the crates stop at the first error, so what it is about is mended in
//! a copy and the copy is read again. What is mended keeps its length, so places stay what they are,
//! and what may only follow from the mending is not told.

use crate::advice::is_duplicate;
use crate::around::{uncommented, Around};
use crate::loading::{source_map, Package, Text};
use crate::places::Sources;
use crate::wcompose::engine::types::Problem;
use crate::wording;
use std::collections::BTreeSet;
use std::ops::Range;
use wit_parser::{
    AstItem, ParseError, ParseErrorKind, Resolve, ResolveError, ResolveErrorKind, SourceMap, Span,
    UnresolvedPackageGroup,
};

/// Problems that are looked for at most.
const ROUNDS: usize = 50;
/// Stands in for an unknown type.
const SOME_TYPE: &str = "u8";

/// The first syntax error of a file, and those behind it.
pub fn syntax_problems(error: ParseError, text: &Text) -> Vec<Problem> {
    let told = std::slice::from_ref(text);
    let mut found = vec![wording::parse_problem(&error, told)];
    let mut mended = text.clone();
    let mut error = error;
    let mut last = 0;
    while found.len() < ROUNDS {
        let Some(end) = mend_syntax(&error, &mut mended.content, last) else { break };
        last = end;
        error = match source_map(std::slice::from_ref(&mended)).parse() {
            Err((_, error)) => error,
            Ok(_) => break,
        };
        // An end of file that comes too early may come from what was taken out.
        if !is_unread(&error) || !(last..text.content.len()).contains(&start(&error)) {
            break;
        }
        found.push(wording::parse_problem(&error, told));
    }
    found
}

/// Whether an error is one of reading the text, and not of what it means.
pub fn is_unread(error: &ParseError) -> bool {
    match error.kind() {
        kind if !kind.span().is_known() => false,
        ParseErrorKind::Lex(_) => true,
        ParseErrorKind::Syntax { message, .. } => message.starts_with("expected "),
        _ => false,
    }
}

/// Where a known span begins.
fn start(error: &ParseError) -> usize {
    error.kind().span().start() as usize
}

/// Take what cannot be read out of a text: the end of what was taken out.
fn mend_syntax(error: &ParseError, text: &mut String, last: usize) -> Option<usize> {
    if !is_unread(error) || !(last..text.len()).contains(&start(error)) {
        return None;
    }
    let at = start(error);
    let plain = uncommented(text);
    let around = Around::new(&plain, at);
    let message = error.kind().to_string();
    if message == "expected a type, found keyword `func`" {
        return None; // something before it is not closed
    }
    if around.before().is_empty() {
        return None; // it is no WIT at all
    }
    let word = around.word();
    let wanted = message.split(", found ").next().unwrap_or_default();
    let is_name = wanted.contains("identifier");
    if is_name && !word.is_empty() && around.next() != Some('<') {
        let range = at..at + word.len();
        let end = range.end;
        let name = unused(&plain, word.len())?;
        text.replace_range(range, &name);
        return Some(end);
    }
    let range = around.statement()?;
    if plain[range.clone()].trim_start().starts_with("package") {
        return None; // all that follows belongs to it
    }
    let end = range.end;
    blank(text, range);
    Some(end)
}

/// The first error of a package whose files can be read, and what else is wrong in it.
pub fn parse_problems(error: ParseError, texts: &[Text]) -> Vec<Problem> {
    let mut found = vec![wording::parse_problem(&error, texts)];
    let mut mended = texts.to_vec();
    let mut unsure = BTreeSet::new();
    let mut error = error;
    for _ in 0..ROUNDS {
        if !mend(&error, &mut mended, &mut unsure) {
            break;
        }
        error = match source_map(&mended).parse() {
            Err((_, error)) => error,
            Ok(_) => break,
        };
        // A text that cannot be read any more was mended badly.
        if is_unread(&error) {
            break;
        }
        if !is_unsure(&error, &unsure) {
            found.push(wording::parse_problem(&error, texts));
        }
    }
    found
}

/// Whether an error is about a name that only went missing with what was taken out.
fn is_unsure(error: &ParseError, unsure: &BTreeSet<String>) -> bool {
    matches!(error.kind(), ParseErrorKind::ItemNotFound { name, .. } if unsure.contains(name))
}

/// Mend what an error is about; whether that could be done.
fn mend(error: &ParseError, texts: &mut [Text], unsure: &mut BTreeSet<String>) -> bool {
    let span = error.kind().span();
    let Some((text, at)) = place(texts, span) else { return false };
    let length = (span.end() - span.start()) as usize;
    let plain = uncommented(text);
    let around = Around::new(&plain, at);
    match error.kind() {
        ParseErrorKind::ItemNotFound { name, .. } => {
            if plain.get(at..at + length) != Some(name.as_str()) {
                return false;
            }
            if is_of_statement(&around, &plain) {
                return blank_statement(text, &around, &plain, unsure);
            }
            if length < SOME_TYPE.len() {
                // No type has so short a name.
                return plain_function(&around, &plain).is_some_and(|range| {
                    blank(text, range);
                    true
                });
            }
            text.replace_range(at..at + length, &format!("{SOME_TYPE:length$}"));
            true
        }
        ParseErrorKind::Syntax { message, .. } => {
            if is_of_statement(&around, &plain) {
                return blank_statement(text, &around, &plain, unsure);
            }
            if message.starts_with("empty ") {
                return blank_declaration(text, at, length, &plain, unsure);
            }
            let renamed = is_duplicate(message) && plain[at..].starts_with(around.word());
            let name = unused(&plain, around.word().len()).filter(|_| renamed);
            match name {
                Some(name) => {
                    text.replace_range(at..at + name.len(), &name);
                    true
                }
                None => false,
            }
        }
        _ => false,
    }
}

/// The text that a span lies in, and where in it.
fn place(texts: &mut [Text], span: Span) -> Option<(&mut String, usize)> {
    if !span.is_known() {
        return None;
    }
    let mut at = span.start() as usize;
    for text in texts {
        if at <= text.content.len() {
            return Some((&mut text.content, at));
        }
        // The parser lays the files end to end with a line break after each.
        at -= text.content.len() + 1;
    }
    None
}

/// Whether a place is in a `use`, or names what a world imports, exports or includes.
fn is_of_statement(around: &Around, plain: &str) -> bool {
    let Some(range) = around.statement() else { return false };
    let text = without_gates(&plain[range]);
    let first = text.split_whitespace().next().unwrap_or("");
    first == "use" || first == "include" || (matches!(first, "import" | "export") && !text.contains('('))
}

/// A statement without the gates before it, such as `@since(version = 1.0.0)`.
fn without_gates(statement: &str) -> &str {
    let mut text = statement.trim_start();
    while text.starts_with('@') {
        match text.find(')') {
            Some(end) => text = text[end + 1..].trim_start(),
            None => break,
        }
    }
    text
}

/// The statement around a place, where it is a function's.
fn plain_function(around: &Around, plain: &str) -> Option<Range<usize>> {
    around.statement().filter(|range| plain[range.clone()].contains("func"))
}

/// Take a statement out; the names that it brings are not missed.
fn blank_statement(text: &mut String, around: &Around, plain: &str, unsure: &mut BTreeSet<String>) -> bool {
    let Some(range) = around.statement() else { return false };
    let names = plain[range.clone()].split_once('{').map_or("", |(_, names)| names);
    for name in names.split([',', '}', ';']) {
        unsure.extend(name.split_whitespace().last().map(|name| name.trim_start_matches('%').into()));
    }
    blank(text, range);
    true
}

/// Take a declaration out that has no member; its name is not missed.
fn blank_declaration(
    text: &mut String,
    at: usize,
    length: usize,
    plain: &str,
    unsure: &mut BTreeSet<String>,
) -> bool {
    let start = plain[..at].rfind([';', '{', '}']).map_or(0, |index| index + 1);
    let Some(end) = plain[at..].find('}') else { return false };
    if plain[at..at + end].contains(';') {
        return false;
    }
    unsure.insert(plain[at..at + length].trim_start_matches('%').into());
    blank(text, start..at + end + 1);
    true
}

/// Spaces in the place of everything but line breaks.
fn blank(text: &mut String, range: Range<usize>) {
    let blanks: String =
        text[range.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(range, &blanks);
}

/// A name of a length that the text does not have.
fn unused(text: &str, length: usize) -> Option<String> {
    let words: BTreeSet<&str> = text.split(|each: char| !each.is_alphanumeric()).collect();
    ('a'..='z')
        .rev()
        .map(|letter| letter.to_string().repeat(length))
        .find(|name| length > 0 && !words.contains(name.as_str()))
}

/// The first error between packages, and what else is missing between them.
pub fn resolve_problems(
    error: ResolveError,
    before: &Resolve,
    after: &Resolve,
    packages: &[&Package],
    sources: &Sources,
) -> Vec<Problem> {
    let known = known(before, packages);
    let mut found = vec![wording::resolve_problem(&error, sources, after, &known)];
    let mut groups: Vec<UnresolvedPackageGroup> =
        packages.iter().map(|package| package.group.clone()).collect();
    let mut texts: Vec<Vec<Text>> = packages.iter().map(|package| package.texts.clone()).collect();
    let mut stand_ins: Vec<UnresolvedPackageGroup> = Vec::new();
    let mut unsure = BTreeSet::new();
    let mut error = error;
    while found.len() < ROUNDS {
        if let Some(stand_in) = stand_in(&error, packages) {
            stand_ins.push(stand_in);
        } else if !mend_use(&error, &mut texts, &mut groups, &mut unsure) {
            break;
        }
        let main = groups[0].clone();
        let others = groups[1..].iter().chain(&stand_ins).cloned().collect();
        error = match before.clone().push_groups(main, others) {
            Err(error) => error,
            Ok(_) => break,
        };
        // Any other kind may come from the stand-ins, which are not what they stand for.
        if !is_missing(&error) {
            break;
        }
        found.push(wording::resolve_problem(&error, sources, after, &known));
    }
    found
}

fn is_missing(error: &ResolveError) -> bool {
    match error.kind() {
        ResolveErrorKind::PackageNotFound { .. }
        | ResolveErrorKind::InterfaceNotFound { .. }
        | ResolveErrorKind::WorldNotFound { .. } => true,
        ResolveErrorKind::Semantic { message, .. } => message.contains("not defined in"),
        _ => false,
    }
}

/// Take a statement out that names what another package does not have, and read its package again.
fn mend_use(
    error: &ResolveError,
    texts: &mut [Vec<Text>],
    groups: &mut [UnresolvedPackageGroup],
    unsure: &mut BTreeSet<String>,
) -> bool {
    let span = error.kind().span();
    if !is_missing(error) || !span.is_known() {
        return false;
    }
    let mut offset = 0;
    for (texts, group) in texts.iter_mut().zip(groups) {
        let length: usize = texts.iter().map(|text| text.content.len() + 1).sum();
        let start = span.start() as usize;
        if start < offset + length {
            let at = u32::try_from(start - offset).unwrap_or(0);
            let Some((text, at)) = place(texts, Span::new(at, at + 1)) else { return false };
            let plain = uncommented(text);
            let around = Around::new(&plain, at);
            if !is_of_statement(&around, &plain) || !blank_statement(text, &around, &plain, unsure) {
                return false;
            }
            return match read_again(texts, unsure) {
                Some(read) => {
                    *group = read;
                    true
                }
                None => false,
            };
        }
        offset += length;
    }
    false
}

/// A package that was mended, read again; what went missing with that is mended, too.
fn read_again(texts: &mut [Text], unsure: &mut BTreeSet<String>) -> Option<UnresolvedPackageGroup> {
    for _ in 0..ROUNDS {
        match source_map(texts).parse() {
            Ok(group) => return Some(group),
            Err((_, error)) if is_unsure(&error, unsure) => {
                if !mend(&error, texts, unsure) {
                    return None;
                }
            }
            Err(_) => return None,
        }
    }
    None
}

/// The names of all packages that were read.
fn known(before: &Resolve, packages: &[&Package]) -> Vec<String> {
    let groups = packages.iter().map(|package| &package.group);
    let texts = groups.flat_map(|group| group.nested.iter().chain([&group.main]));
    let mut names: Vec<String> = texts
        .map(|package| package.name.to_string())
        .chain(before.packages.iter().map(|(_, package)| package.name.to_string()))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// A package with the items that others want from a missing one.
fn stand_in(error: &ResolveError, packages: &[&Package]) -> Option<UnresolvedPackageGroup> {
    let ResolveErrorKind::PackageNotFound { requested, .. } = error.kind() else { return None };
    let mut text = format!("package {requested};\n");
    let mut written: Vec<String> = Vec::new();
    for group in packages.iter().map(|package| &package.group) {
        for package in group.nested.iter().chain([&group.main]) {
            for (name, (item, _)) in package.foreign_deps.get(requested).into_iter().flatten() {
                if written.contains(name) {
                    continue;
                }
                written.push(name.clone());
                match item {
                    AstItem::Interface(id) => {
                        let types = package.interfaces[*id].types.keys();
                        let types: String = types.map(|name| format!("  type %{name} = u8;\n")).collect();
                        text.push_str(&format!("interface %{name} {{\n{types}}}\n"));
                    }
                    AstItem::World(_) => text.push_str(&format!("world %{name} {{}}\n")),
                }
            }
        }
    }
    let mut map = SourceMap::default();
    map.push_str("", text);
    map.parse().ok()
}
