//! The parser's errors as problems: a rule, a message, a place, and what to do about it.

use crate::advice::{self, foreign_type, is_duplicate};
use crate::around::{uncommented, Around};
use crate::loading::Text;
use crate::places::Sources;
use crate::problems::{did_you_mean, problem, worded};
use crate::wcompose::engine::types::Problem;
use wit_parser::{PackageName, ParseError, ParseErrorKind, Resolve, ResolveError, ResolveErrorKind, Span};

const HEADER: &str = "no `package` header";

/// Whether an error only says that no file of the package names it.
pub fn lacks_header(error: &ParseError) -> bool {
    matches!(error.kind(), ParseErrorKind::Syntax { message, .. } if message.contains(HEADER))
}

/// A problem of one package, whose files are `texts` in the order in which they were parsed.
pub fn parse_problem(error: &ParseError, texts: &[Text]) -> Problem {
    let mut sources = Sources::default();
    for text in texts {
        sources.push(&text.path, &text.content);
    }
    let text = error.to_string();
    let mut lines = text.lines();
    let message = worded(lines.next().unwrap_or_default());
    let place = sources.place(error.kind().span());
    let rest: Vec<String> = lines.map(worded).filter(|line| !line.is_empty()).collect();
    match error.kind() {
        ParseErrorKind::ItemNotFound { name, hint, .. } => {
            let near = did_you_mean(name, words(texts).into_iter());
            let hint = match (foreign_type(name), hint) {
                (Some(meant), _) => meant,
                (_, Some(hint)) if near.is_empty() => worded(hint),
                _ => near,
            };
            problem("wit-name-not-found", message).at(place).hinting(hint)
        }
        ParseErrorKind::TypeCycle { kind, .. } => problem("wit-cycle", message)
            .at(place)
            .because(rest)
            .hinting(if kind == "type" {
                "break the circle with a resource, or with an index in the place of the value"
            } else {
                "leave out the `include` or `use` that closes the circle"
            }),
        _ if lacks_header(error) => {
            let place = texts.first().and_then(|_| sources.place(Span::new(0, 1)));
            problem("wit-syntax", "no file of the package says its name")
                .at(place)
                .hinting("begin one of its files with `package namespace:name@0.1.0;`")
        }
        kind => {
            let rule = if is_duplicate(&message) { "wit-duplicate" } else { "wit-syntax" };
            let advice = advise(&message, kind.span(), texts, &sources);
            let place = match advice.length {
                Some(length) => {
                    let start = kind.span().start();
                    let length = u32::try_from(length).unwrap_or(1);
                    sources.place(Span::new(start, start + length))
                }
                None => place,
            };
            let mut found = problem(rule, advice.message.unwrap_or_else(|| in_backticks(&message)))
                .at(place)
                .because(rest)
                .hinting(advice.hint);
            found.related.extend(advice.related);
            found
        }
    }
}

fn advise(message: &str, span: Span, texts: &[Text], sources: &Sources) -> advice::Advice {
    if !span.is_known() {
        return advice::Advice::default();
    }
    let (mut at, mut offset) = (span.start() as usize, 0);
    for text in texts {
        if at <= text.content.len() {
            let plain = uncommented(&text.content);
            return advice::on_syntax(message, &Around::new(&plain, at), sources, offset);
        }
        at -= text.content.len() + 1;
        offset += text.content.len() + 1;
    }
    advice::Advice::default()
}

/// The parser's signs and names between backticks, as all of ours are.
fn in_backticks(message: &str) -> String {
    if message.matches('\'').count() % 2 == 0 && !message.contains("`'") {
        return message.replace('\'', "`");
    }
    message.into()
}

/// The identifiers that are defined in the texts.
fn words(texts: &[Text]) -> Vec<&str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '-';
    let mut found = Vec::new();
    for text in texts {
        let mut last = "";
        let words = text.content.split(|character| !is_word(character));
        for word in words.filter(|word| !word.is_empty()) {
            if matches!(
                last,
                "interface" | "world" | "record" | "variant" | "enum" | "flags" | "resource" | "type"
            ) {
                found.push(word);
            }
            last = word;
        }
    }
    found.extend(PRIMITIVES);
    found
}

const PRIMITIVES: [&str; 13] = [
    "bool", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64", "f32", "f64", "char", "string",
];

/// A problem between packages; `known` are the packages that were read.
pub fn resolve_problem(
    error: &ResolveError,
    sources: &Sources,
    resolve: &Resolve,
    known: &[String],
) -> Problem {
    let text = error.to_string();
    let mut lines = text.lines();
    let message = worded(&lines.next().unwrap_or_default().replace('\'', "`"));
    let place = sources.place(error.kind().span());
    match error.kind() {
        ResolveErrorKind::PackageNotFound { requested, .. } => {
            let near = did_you_mean(&requested.to_string(), known.iter().map(String::as_str));
            problem("wit-package-not-found", format!("package `{requested}` is not there"))
                .at(place)
                .because((known.len() > 1).then(|| format!("known packages: {}", known.join(", "))))
                .hinting(match versions(requested, known) {
                    Some(versions) => versions,
                    None if near.is_empty() => format!("put its WIT into `deps/{}`", requested.name),
                    None => near,
                })
        }
        ResolveErrorKind::InterfaceNotFound { requested, package, .. }
        | ResolveErrorKind::WorldNotFound { requested, package, .. } => {
            let items = resolve
                .packages
                .iter()
                .filter(|(_, each)| each.name == *package)
                .flat_map(|(_, each)| each.interfaces.keys().chain(each.worlds.keys()));
            let near = did_you_mean(requested, items.map(String::as_str));
            problem("wit-name-not-found", message).at(place).hinting(near)
        }
        ResolveErrorKind::DuplicatePackage { name, span2, .. } => {
            let mut found = problem("wit-duplicate", format!("package `{name}` is defined twice"))
                .at(place)
                .hinting("keep one of the two definitions");
            found.related.extend(sources.place(*span2).map(|place| ("and here".into(), place)));
            found
        }
        ResolveErrorKind::PackageCycle { .. } => problem("wit-cycle", message)
            .at(place)
            .hinting("move what both need into a package of its own"),
        ResolveErrorKind::Semantic { message: words, .. } if words.contains("not defined in") => {
            let name = words.split('`').nth(1).unwrap_or_default();
            let items = resolve.interfaces.iter().flat_map(|(_, each)| each.types.keys());
            let near = did_you_mean(name, items.map(String::as_str));
            problem("wit-name-not-found", message).at(place).hinting(if near.is_empty() {
                "`use` takes types that the interface defines: define it there, or leave it out".into()
            } else {
                near
            })
        }
        kind => {
            let rule = match kind {
                ResolveErrorKind::ItemShadowing { .. } => "wit-duplicate",
                _ => "wit-semantic",
            };
            let hint = if text.contains("feature not being activated") {
                "turn its feature on, or gate this item by the same feature"
            } else if text.contains("unreleased version") {
                "raise the version of the package, or name one that is there"
            } else if let ResolveErrorKind::ItemShadowing { name, .. } = kind {
                return problem(rule, message).at(place).hinting(format!(
                    "keep one of the two, or rename it: `include … with {{ {name} as other-{name} }}`"
                ));
            } else {
                ""
            };
            problem(rule, message).at(place).because(lines.map(worded)).hinting(hint)
        }
    }
}

/// What to write where a package is there, and only its version is not the one that is asked for.
fn versions(requested: &PackageName, known: &[String]) -> Option<String> {
    let name = format!("{}:{}", requested.namespace, requested.name);
    let there: Vec<String> = known
        .iter()
        .filter(|each| each.split('@').next() == Some(&name))
        .map(|each| format!("`{each}`"))
        .collect();
    (!there.is_empty()).then(|| {
        let (verb, meant) = if there.len() == 1 { ("is", "that") } else { ("are", "one") };
        format!("there {verb} {}: name {meant} version", there.join(" and "))
    })
}
