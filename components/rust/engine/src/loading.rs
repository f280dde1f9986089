//! Loading WIT: a directory with `deps/`, a file, or a WIT package in binary form.
//!
//! The rules are those of `wit_parser::Resolve::push_path`, which reads through an operating system
//! that is not there inside WebAssembly. Problems are gathered for as long as later ones can be
//! believed.

use crate::binaries;
use crate::exports::wcompose::engine::contracts::Features;
use crate::places::Sources;
use crate::problems::{from_chain, problem};
use crate::wcompose::engine::types::{FileKind, Problem};
use crate::{files, repair};
use wasmparser::Parser;
use wit_parser::decoding::{decode, DecodedWasm};
use wit_parser::{PackageId, Resolve, SourceMap, Span, UnresolvedPackageGroup};

/// Bytes of WIT text that are read at most; spans are 32-bit.
const TEXT_LIMIT: usize = 64 << 20;
/// Files and directories that one directory may hold.
const ENTRY_LIMIT: usize = 10_000;

/// Parse and resolve a directory, a file, or a WIT package in binary form.
pub fn load(
    path: &str,
    features: &Features,
) -> Result<(Resolve, PackageId, Sources), Vec<Problem>> {
    let mut loader = Loader::new(features);
    let main = match files::entry(path).map_err(|problem| vec![problem])? {
        files::Entry::Directory => {
            let main = loader.package(path);
            let deps = format!("{path}/deps");
            if files::exists(&deps) {
                loader.dependencies(&deps);
            }
            main
        }
        files::Entry::File => match loader.file(path) {
            Some(Parsed::Text(package)) => Some(package),
            Some(Parsed::Binary(package)) => {
                return Ok((loader.resolve, package, Sources::default()))
            }
            None => None,
        },
    };
    loader.finish(main)
}

/// A file of WIT text.
#[derive(Clone)]
pub struct Text {
    pub path: String,
    pub content: String,
}

/// One package as text, parsed.
pub struct Package {
    pub texts: Vec<Text>,
    pub group: UnresolvedPackageGroup,
}

enum Parsed {
    Text(Package),
    Binary(PackageId),
}

/// Reads packages and keeps every problem on the way.
struct Loader {
    resolve: Resolve,
    dependencies: Vec<Package>,
    problems: Vec<Problem>,
    size: usize,
}

impl Loader {
    fn new(features: &Features) -> Loader {
        let mut resolve = Resolve::default();
        match features {
            Features::All => resolve.all_features = true,
            Features::Named(names) => resolve.features.extend(names.iter().cloned()),
        }
        Loader { resolve, dependencies: Vec::new(), problems: Vec::new(), size: 0 }
    }

    /// One package: all WIT files of a directory, without those of directories in it.
    fn package(&mut self, path: &str) -> Option<Package> {
        let names = self.list(path)?;
        let mut texts = Vec::new();
        let mut complete = true;
        for name in names.iter().filter(|name| name.ends_with(".wit")) {
            let file = format!("{path}/{name}");
            match files::entry(&file) {
                Ok(files::Entry::File) => match self.text(&file) {
                    Some(text) => texts.push(text),
                    None => complete = false,
                },
                Ok(files::Entry::Directory) => {}
                Err(problem) => {
                    self.problems.push(problem);
                    complete = false;
                }
            }
        }
        if texts.is_empty() && complete {
            self.problems.push(
                problem("wit-empty", format!("`{path}` holds no WIT file"))
                    .hinting("put the package's `.wit` files there, or name another directory"),
            );
        }
        if texts.is_empty() {
            return None;
        }
        let group = self.parse(&texts, complete)?;
        Some(Package { texts, group })
    }

    fn dependencies(&mut self, path: &str) {
        for name in self.list(path).unwrap_or_default() {
            let entry = format!("{path}/{name}");
            match files::entry(&entry) {
                Ok(files::Entry::Directory) => {
                    let package = self.package(&entry);
                    self.dependencies.extend(package);
                }
                Ok(files::Entry::File) if name.ends_with(".wit") || name.ends_with(".wasm") => {
                    if let Some(Parsed::Text(package)) = self.file(&entry) {
                        self.dependencies.push(package);
                    }
                }
                Ok(files::Entry::File) => {}
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    fn list(&mut self, path: &str) -> Option<Vec<String>> {
        match files::list(path) {
            Ok(names) if names.len() > ENTRY_LIMIT => {
                let message = format!("`{path}` holds more than {ENTRY_LIMIT} files");
                self.problems.push(problem("wit-too-large", message));
                None
            }
            Ok(names) => Some(names),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn file(&mut self, path: &str) -> Option<Parsed> {
        let bytes = self.read(path)?;
        if bytes.starts_with(b"\0asm") {
            return self.binary(path, &bytes).map(Parsed::Binary);
        }
        let texts = vec![self.decode_text(path, bytes)?];
        let group = self.parse(&texts, true)?;
        Some(Parsed::Text(Package { texts, group }))
    }

    fn binary(&mut self, path: &str, bytes: &[u8]) -> Option<PackageId> {
        if let Err(problem) = binaries::framed(path, bytes) {
            self.problems.push(problem);
            return None;
        }
        let decoded = if Parser::is_component(bytes) {
            decode(bytes)
        } else {
            Err(anyhow::anyhow!("it is not a component binary"))
        };
        let merged = match decoded {
            Ok(DecodedWasm::WitPackage(resolve, package)) => self
                .resolve
                .merge(resolve)
                .map(|remap| remap.packages[package.index()]),
            Ok(DecodedWasm::Component(..)) => {
                self.problems.push(
                    problem("not-wit", format!("`{path}` is a component, not a WIT package"))
                        .hinting(format!("print its contract as WIT, and use that: `wcompose inspect --wit {path}`")),
                );
                return None;
            }
            Err(error) => Err(error),
        };
        match merged {
            Ok(package) => Some(package),
            Err(error) => {
                self.problems.push(match binaries::kind(bytes) {
                    (FileKind::Component, _) => {
                        let message = format!("`{path}` cannot be read as a WIT package");
                        from_chain("not-decoded", message, &error)
                    }
                    (_, detail) => {
                        problem("not-wit", format!("`{path}` is {detail}, not a WIT package"))
                            .hinting("name a directory or a file with WIT")
                    }
                });
                None
            }
        }
    }

    fn text(&mut self, path: &str) -> Option<Text> {
        let bytes = self.read(path)?;
        self.decode_text(path, bytes)
    }

    fn read(&mut self, path: &str) -> Option<Vec<u8>> {
        let bytes = match files::read(path) {
            Ok(bytes) => bytes,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        self.size += bytes.len();
        if self.size > TEXT_LIMIT && !bytes.starts_with(b"\0asm") {
            let message = format!("there are more than {TEXT_LIMIT} bytes of WIT up to `{path}`");
            self.problems.push(problem("wit-too-large", message));
            return None;
        }
        Some(bytes)
    }

    fn decode_text(&mut self, path: &str, bytes: Vec<u8>) -> Option<Text> {
        match String::from_utf8(bytes) {
            Ok(content) => Some(Text { path: path.into(), content }),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let mut sources = Sources::default();
                sources.push(path, &String::from_utf8_lossy(error.as_bytes()));
                let at = u32::try_from(valid).unwrap_or(0);
                self.problems.push(
                    problem("wit-encoding", encoding(error.as_bytes(), valid))
                        .at(sources.place(Span::new(at, at + 1)))
                        .hinting("save the file as UTF-8 text"),
                );
                None
            }
        }
    }

    /// Parse one package. When it fails, each of its files is tried alone, so that every file's
    /// syntax errors show; when all can be read, so does what is wrong with their meaning.
    fn parse(&mut self, texts: &[Text], complete: bool) -> Option<UnresolvedPackageGroup> {
        let error = match source_map(texts).parse() {
            Ok(group) => return Some(group).filter(|_| complete),
            Err((_, error)) => error,
        };
        let mut found = Vec::new();
        for text in texts {
            let alone = std::slice::from_ref(text);
            if let Err((_, error)) = source_map(alone).parse() {
                // A file alone may lack the header and the names that its siblings have.
                if repair::is_unread(&error) {
                    found.extend(repair::syntax_problems(error, text));
                }
            }
        }
        if found.is_empty() && complete {
            found = repair::parse_problems(error, texts);
        }
        self.problems.extend(found);
        None
    }

    fn finish(
        mut self,
        main: Option<Package>,
    ) -> Result<(Resolve, PackageId, Sources), Vec<Problem>> {
        let Some(main) = main.filter(|_| self.problems.is_empty()) else {
            return Err(self.problems);
        };
        let mut sources = Sources::default();
        for text in main.texts.iter().chain(self.dependencies.iter().flat_map(|each| &each.texts)) {
            sources.push(&text.path, &text.content);
        }
        let groups: Vec<_> = self.dependencies.iter().map(|each| each.group.clone()).collect();
        let before = self.resolve.clone();
        match self.resolve.push_groups(main.group.clone(), groups) {
            Ok(package) => Ok((self.resolve, package, sources)),
            Err(error) => {
                let packages: Vec<&Package> = std::iter::once(&main).chain(&self.dependencies).collect();
                Err(repair::resolve_problems(error, &before, &self.resolve, &packages, &sources))
            }
        }
    }
}

/// Texts as the parser wants them: it takes an empty block comment for documentation and falls over
/// it, so that becomes as many spaces.
pub fn source_map(texts: &[Text]) -> SourceMap {
    let mut map = SourceMap::default();
    for text in texts {
        map.push_str(&text.path, text.content.replace("/**/", "    "));
    }
    map
}

/// What is wrong with the encoding of a file whose bytes up to `valid` are UTF-8.
fn encoding(bytes: &[u8], valid: usize) -> String {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return "the file is UTF-16, not UTF-8".into();
    }
    format!("byte {valid} of the file is not UTF-8")
}
