//! Reading WIT and binaries into one JSON form.

use crate::exports::wcompose::engine::contracts::{Features, Guest};
use crate::places::Sources;
use crate::problems::{did_you_mean, from_chain, problem, worded};
use crate::wcompose::engine::types::Problem;
use crate::{files, json, report_panics, Engine};
use wit_parser::decoding::{decode, DecodedWasm};
use wit_parser::{
    PackageId, ParseError, ParseErrorKind, Resolve, ResolveError, ResolveErrorKind, SourceMap,
    Span, UnresolvedPackageGroup, WorldId,
};

impl Guest for Engine {
    fn resolve(path: String, features: Features) -> Result<String, Vec<Problem>> {
        report_panics();
        let (resolve, main, sources) = load(&path, &features)?;
        Ok(json::contract(&resolve, Some(main), None, Some(&sources)).to_string())
    }

    fn decode(path: String) -> Result<String, Vec<Problem>> {
        report_panics();
        let (resolve, main, world) = decoded(&path).map_err(|problem| vec![problem])?;
        Ok(json::contract(&resolve, main, world, None).to_string())
    }

    fn print(path: String) -> Result<String, Vec<Problem>> {
        report_panics();
        let is_binary = matches!(files::entry(&path), Ok(files::Entry::File))
            && files::read(&path).map_err(|problem| vec![problem])?.starts_with(b"\0asm");
        let (resolve, main) = if is_binary {
            let bytes = files::read(&path).map_err(|problem| vec![problem])?;
            let decoded = decode(&bytes)
                .map_err(|error| vec![from_chain("not-decoded", not_decoded(&path), &error)])?;
            let main = decoded.package();
            match decoded {
                DecodedWasm::Component(resolve, _) | DecodedWasm::WitPackage(resolve, _) => {
                    (resolve, main)
                }
            }
        } else {
            let (resolve, main, _) = load(&path, &Features::All)?;
            (resolve, main)
        };
        let others: Vec<PackageId> = resolve
            .topological_packages()
            .into_iter()
            .filter(|package| *package != main)
            .collect();
        let mut printer = wit_component::WitPrinter::default();
        printer
            .print(&resolve, main, &others)
            .map_err(|error| vec![from_chain("not-printed", "the contract cannot be printed", &error)])?;
        Ok(printer.output.to_string())
    }
}

fn not_decoded(path: &str) -> String {
    format!("`{path}` cannot be read as a component")
}

/// A component or a WIT package in binary form; the world is that of a component.
pub fn decoded(path: &str) -> Result<(Resolve, Option<PackageId>, Option<WorldId>), Problem> {
    let bytes = files::read(path)?;
    match decode(&bytes) {
        Ok(DecodedWasm::Component(resolve, world)) => {
            let package = resolve.worlds[world].package;
            Ok((resolve, package, Some(world)))
        }
        Ok(DecodedWasm::WitPackage(resolve, package)) => Ok((resolve, Some(package), None)),
        Err(error) => Err(from_chain("not-decoded", not_decoded(path), &error)),
    }
}

/// Parse and resolve a directory, a file, or a WIT package in binary form.
pub fn load(
    path: &str,
    features: &Features,
) -> Result<(Resolve, PackageId, Sources), Vec<Problem>> {
    let mut loader = Loader::new(features);
    let main = match files::entry(path).map_err(|problem| vec![problem])? {
        files::Entry::Directory => {
            let main = loader.directory(path);
            let deps = format!("{path}/deps");
            if files::exists(&deps) {
                loader.dependencies(&deps);
            }
            main
        }
        files::Entry::File => match loader.file(path) {
            Some(Parsed::Text(group)) => Some(group),
            Some(Parsed::Binary(package)) => {
                return Ok((loader.resolve, package, Sources::default()))
            }
            None => None,
        },
    };
    loader.finish(main)
}

enum Parsed {
    Text(UnresolvedPackageGroup),
    Binary(PackageId),
}

/// Reads packages and keeps every problem on the way.
struct Loader {
    resolve: Resolve,
    dependencies: Vec<(Vec<(String, String)>, UnresolvedPackageGroup)>,
    main_files: Vec<(String, String)>,
    problems: Vec<Problem>,
}

impl Loader {
    fn new(features: &Features) -> Loader {
        let mut resolve = Resolve::default();
        match features {
            Features::All => resolve.all_features = true,
            Features::Named(names) => resolve.features.extend(names.iter().cloned()),
        }
        Loader {
            resolve,
            dependencies: Vec::new(),
            main_files: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn directory(&mut self, path: &str) -> Option<UnresolvedPackageGroup> {
        let (files, group) = self.package(path)?;
        self.main_files = files;
        Some(group)
    }

    /// One package: all WIT files of a directory.
    fn package(&mut self, path: &str) -> Option<(Vec<(String, String)>, UnresolvedPackageGroup)> {
        let names = match files::list(path) {
            Ok(names) => names,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        let mut texts = Vec::new();
        let mut complete = true;
        for name in names.iter().filter(|name| name.ends_with(".wit")) {
            let file = format!("{path}/{name}");
            if !matches!(files::entry(&file), Ok(files::Entry::File)) {
                continue;
            }
            match self.text(&file) {
                Some(text) => texts.push((file, text)),
                None => complete = false,
            }
        }
        if texts.is_empty() && complete {
            self.problems.push(
                problem("wit-empty", format!("`{path}` holds no WIT file"))
                    .hinting("put the package's `.wit` files there, or name another directory"),
            );
        }
        if texts.is_empty() || !complete {
            return None;
        }
        let group = self.parse(&texts)?;
        Some((texts, group))
    }

    fn dependencies(&mut self, path: &str) {
        let names = files::list(path).unwrap_or_default();
        for name in names {
            let entry = format!("{path}/{name}");
            match files::entry(&entry) {
                Ok(files::Entry::Directory) => {
                    if let Some(package) = self.package(&entry) {
                        self.dependencies.push(package);
                    }
                }
                Ok(files::Entry::File) if name.ends_with(".wit") || name.ends_with(".wasm") => {
                    let before = std::mem::take(&mut self.main_files);
                    if let Some(Parsed::Text(group)) = self.file(&entry) {
                        let files = std::mem::take(&mut self.main_files);
                        self.dependencies.push((files, group));
                    }
                    self.main_files = before;
                }
                Ok(_) => {}
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    fn file(&mut self, path: &str) -> Option<Parsed> {
        let bytes = match files::read(path) {
            Ok(bytes) => bytes,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        if bytes.starts_with(b"\0asm") {
            return self.binary(path, &bytes);
        }
        let text = self.decode_text(path, bytes)?;
        let texts = vec![(path.to_string(), text)];
        let group = self.parse(&texts)?;
        self.main_files = texts;
        Some(Parsed::Text(group))
    }

    fn binary(&mut self, path: &str, bytes: &[u8]) -> Option<Parsed> {
        let merged = match decode(bytes) {
            Ok(DecodedWasm::WitPackage(resolve, package)) => self
                .resolve
                .merge(resolve)
                .map(|remap| remap.packages[package.index()]),
            Ok(DecodedWasm::Component(..)) => {
                self.problems.push(
                    problem("not-wit", format!("`{path}` is a component, not a WIT package"))
                        .hinting("print its contract as WIT and use that"),
                );
                return None;
            }
            Err(error) => Err(error),
        };
        match merged {
            Ok(package) => Some(Parsed::Binary(package)),
            Err(error) => {
                let message = format!("`{path}` cannot be read as a WIT package");
                self.problems.push(from_chain("not-decoded", message, &error));
                None
            }
        }
    }

    fn text(&mut self, path: &str) -> Option<String> {
        match files::read(path) {
            Ok(bytes) => self.decode_text(path, bytes),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn decode_text(&mut self, path: &str, bytes: Vec<u8>) -> Option<String> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let mut sources = Sources::default();
                sources.push(path, &text);
                let at = u32::try_from(valid).unwrap_or(0);
                self.problems.push(
                    problem("wit-encoding", "the file is not UTF-8")
                        .at(sources.place(Span::new(at, at + 1)))
                        .hinting("save the file as UTF-8"),
                );
                None
            }
        }
    }

    /// Parse one package. When it fails, each of its files is tried alone, so that every file's
    /// first syntax error shows.
    fn parse(&mut self, texts: &[(String, String)]) -> Option<UnresolvedPackageGroup> {
        let (map, sources) = source_map(texts);
        let (_, error) = match map.parse() {
            Ok(group) => return Some(group),
            Err(failed) => failed,
        };
        let mut found = Vec::new();
        for text in texts {
            let (map, sources) = source_map(std::slice::from_ref(text));
            if let Err((_, error)) = map.parse() {
                // Names of sibling files are unknown to a file alone; only syntax counts here.
                if matches!(error.kind(), ParseErrorKind::Lex(_) | ParseErrorKind::Syntax { .. })
                    && !error.to_string().contains("no `package` header")
                {
                    found.push(parse_problem(&error, &sources, texts));
                }
            }
        }
        if found.is_empty() {
            found.push(parse_problem(&error, &sources, texts));
        }
        self.problems.extend(found);
        None
    }

    fn finish(
        mut self,
        main: Option<UnresolvedPackageGroup>,
    ) -> Result<(Resolve, PackageId, Sources), Vec<Problem>> {
        let mut sources = Sources::default();
        let mut groups = Vec::new();
        let main_files = std::mem::take(&mut self.main_files);
        let dependencies = std::mem::take(&mut self.dependencies);
        for (path, text) in &main_files {
            sources.push(path, text);
        }
        for (files, group) in dependencies {
            for (path, text) in &files {
                sources.push(path, text);
            }
            groups.push(group);
        }
        let Some(main) = main.filter(|_| self.problems.is_empty()) else {
            return Err(self.problems);
        };
        match self.resolve.push_groups(main, groups) {
            Ok(package) => Ok((self.resolve, package, sources)),
            Err(error) => Err(vec![resolve_problem(&error, &sources, &self.resolve)]),
        }
    }
}

fn source_map(texts: &[(String, String)]) -> (SourceMap, Sources) {
    let mut map = SourceMap::default();
    let mut sources = Sources::default();
    for (path, text) in texts {
        map.push_str(path, text.as_str());
        sources.push(path, text);
    }
    (map, sources)
}

fn parse_problem(error: &ParseError, sources: &Sources, texts: &[(String, String)]) -> Problem {
    let text = error.to_string();
    let mut lines = text.lines();
    let message = worded(lines.next().unwrap_or_default());
    let place = sources.place(error.kind().span());
    let rest: Vec<String> = lines.map(worded).filter(|line| !line.is_empty()).collect();
    match error.kind() {
        ParseErrorKind::ItemNotFound { name, hint, .. } => {
            let near = did_you_mean(name, words(texts).into_iter());
            let hint = hint.as_deref().map(worded).filter(|_| near.is_empty()).unwrap_or(near);
            problem("wit-name-not-found", message).at(place).hinting(hint)
        }
        ParseErrorKind::TypeCycle { .. } => problem("wit-cycle", message)
            .at(place)
            .because(rest)
            .hinting("break the circle with a resource, or with an index in the place of the value"),
        _ => problem("wit-syntax", message).at(place).because(rest),
    }
}

/// The identifiers that are defined in the texts.
fn words(texts: &[(String, String)]) -> Vec<&str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '-';
    let mut found = Vec::new();
    for (_, text) in texts {
        let mut last = "";
        for word in text.split(|character| !is_word(character)).filter(|word| !word.is_empty()) {
            if matches!(
                last,
                "interface" | "world" | "record" | "variant" | "enum" | "flags" | "resource" | "type"
            ) {
                found.push(word);
            }
            last = word;
        }
    }
    found
}

fn resolve_problem(error: &ResolveError, sources: &Sources, resolve: &Resolve) -> Problem {
    let text = error.to_string();
    let mut lines = text.lines();
    let message = worded(&lines.next().unwrap_or_default().replace('\'', "`"));
    let place = sources.place(error.kind().span());
    match error.kind() {
        ResolveErrorKind::PackageNotFound { requested, known, .. } => {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            let near = did_you_mean(&requested.to_string(), known.iter().map(String::as_str));
            problem("wit-package-not-found", format!("package `{requested}` is not there"))
                .at(place)
                .because((!known.is_empty()).then(|| format!("known packages: {}", known.join(", "))))
                .hinting(if near.is_empty() {
                    format!("put its WIT into `deps/{}`", requested.name)
                } else {
                    near
                })
        }
        ResolveErrorKind::InterfaceNotFound { requested, package, .. }
        | ResolveErrorKind::WorldNotFound { requested, package, .. } => {
            let known = resolve
                .packages
                .iter()
                .filter(|(_, each)| each.name == *package)
                .flat_map(|(_, each)| each.interfaces.keys().chain(each.worlds.keys()));
            let near = did_you_mean(requested, known.map(String::as_str));
            problem("wit-name-not-found", message).at(place).hinting(near)
        }
        ResolveErrorKind::DuplicatePackage { name, span2, .. } => {
            let mut found = problem("wit-duplicate", format!("package `{name}` is defined twice"))
                .at(place)
                .hinting("keep one of the two definitions");
            found.related.extend(sources.place(*span2).map(|place| ("and here".into(), place)));
            found
        }
        ResolveErrorKind::PackageCycle { .. } => problem("wit-cycle", message).at(place),
        _ => problem("wit-semantic", message).at(place).because(lines.map(worded)),
    }
}
