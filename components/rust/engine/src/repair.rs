//! More than one problem a run: the crates stop at the first error, so what it is about is mended in
//! a copy and the copy is read again. Only kinds of error whose mending cannot cause others are
//! treated so.

use crate::loading::{source_map, Package, Text};
use crate::places::Sources;
use crate::wcompose::engine::types::Problem;
use crate::wording;
use wit_parser::{
    AstItem, ParseError, ParseErrorKind, Resolve, ResolveError, ResolveErrorKind, SourceMap,
    UnresolvedPackageGroup,
};

/// Problems that are looked for at most.
const ROUNDS: usize = 25;
/// Stands in for an unknown type.
const SOME_TYPE: &str = "u8";

/// The first error of a package and the unknown type names behind it.
pub fn parse_problems(error: ParseError, texts: &[Text]) -> Vec<Problem> {
    let mut found = vec![wording::parse_problem(&error, texts)];
    let mut mended = texts.to_vec();
    let mut error = error;
    while found.len() < ROUNDS && mend(&error, &mut mended) {
        error = match source_map(&mended).parse() {
            Err((_, error)) => error,
            Ok(_) => break,
        };
        if !matches!(error.kind(), ParseErrorKind::ItemNotFound { .. }) {
            break;
        }
        found.push(wording::parse_problem(&error, texts));
    }
    found
}

/// Put a known type in the place of an unknown name, without moving anything behind it.
fn mend(error: &ParseError, texts: &mut [Text]) -> bool {
    let ParseErrorKind::ItemNotFound { span, name, .. } = error.kind() else { return false };
    if name.len() < SOME_TYPE.len() {
        return false;
    }
    let (mut start, end) = (span.start() as usize, span.end() as usize);
    let length = end - start;
    for text in texts {
        if start <= text.content.len() {
            if text.content.get(start..start + length) != Some(name.as_str()) {
                return false;
            }
            let stand_in = format!("{SOME_TYPE:length$}");
            text.content.replace_range(start..start + length, &stand_in);
            return true;
        }
        // The parser lays the files end to end with a line break after each.
        start -= text.content.len() + 1;
    }
    false
}

/// The first error between packages and the missing packages behind it.
pub fn resolve_problems(
    error: ResolveError,
    before: &Resolve,
    after: &Resolve,
    packages: &[&Package],
    sources: &Sources,
) -> Vec<Problem> {
    let known = known(before, packages);
    let mut found = vec![wording::resolve_problem(&error, sources, after, &known)];
    let mut stand_ins: Vec<UnresolvedPackageGroup> = Vec::new();
    let mut error = error;
    while found.len() < ROUNDS {
        let Some(stand_in) = stand_in(&error, packages) else { break };
        stand_ins.push(stand_in);
        let mut groups = packages.iter().map(|package| package.group.clone());
        let Some(main) = groups.next() else { break };
        let groups = groups.chain(stand_ins.iter().cloned()).collect();
        error = match before.clone().push_groups(main, groups) {
            Err(error) => error,
            Ok(_) => break,
        };
        // Any other kind may come from the stand-ins, which are not what they stand for.
        if !matches!(error.kind(), ResolveErrorKind::PackageNotFound { .. }) {
            break;
        }
        found.push(wording::resolve_problem(&error, sources, after, &known));
    }
    found
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
                        let types: String =
                            types.map(|name| format!("  type %{name} = u8;\n")).collect();
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
