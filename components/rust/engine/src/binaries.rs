//! Looking at and making binaries.

use crate::describe;
use crate::exports::wcompose::engine::binaries::{Guest, Identity};
use crate::exports::wcompose::engine::contracts::Features;
use crate::problems::{did_you_mean, from_chain, problem, worded};
use crate::wcompose::engine::types::{FileKind, Problem};
use crate::{encoding, files, loading, reach, report_panics, strip, structure, Engine};
use wasmparser::{BinaryReaderError, Parser, Payload, Validator, WasmFeatures};
use wit_parser::{Resolve, WorldId};

impl Guest for Engine {
    fn identify(path: String) -> Result<Identity, Problem> {
        report_panics();
        let bytes = files::read(&path)?;
        let (kind, detail) = kind(&bytes);
        Ok(Identity { kind, size: bytes.len() as u64, detail })
    }

    fn validate(path: String) -> Result<(), Problem> {
        report_panics();
        let bytes = files::read(&path)?;
        validated(&bytes).map_err(|error| {
            let (kind, detail) = kind(&bytes);
            if kind != FileKind::Component && kind != FileKind::CoreModule {
                return problem("invalid", format!("`{path}` is {detail}"));
            }
            problem("invalid", format!("`{path}` is not valid")).because(
                std::iter::once(format!("{} (at byte {})", worded(error.message()), error.offset()))
                    .chain(describe::surroundings(&bytes, error.offset())),
            )
        })
    }

    fn fits_world(
        component: String,
        wit: String,
        world_name: Option<String>,
    ) -> Result<Vec<Problem>, Vec<Problem>> {
        report_panics();
        let (resolve, world) = world(&wit, world_name.as_deref())?;
        let bytes = files::read(&component).map_err(|problem| vec![problem])?;
        framed(&component, &bytes).map_err(|problem| vec![problem])?;
        Ok(match wit_component::targets(&resolve, world, &bytes, true) {
            Ok(()) => Vec::new(),
            Err(error) => {
                let name = &resolve.worlds[world].name;
                let message = format!("`{component}` does not fit world `{name}`");
                vec![from_chain("world-mismatch", message, &error)]
            }
        })
    }

    fn encode(
        core: String,
        wit: Option<String>,
        world_name: Option<String>,
        adapt_preview1: bool,
        output: String,
    ) -> Result<(), Vec<Problem>> {
        report_panics();
        let module = files::read(&core).map_err(|problem| vec![problem])?;
        let (found, detail) = kind(&module);
        if found != FileKind::CoreModule {
            let message = format!("`{core}` is {detail}, not a core module");
            let hint = match found {
                FileKind::Component => "it needs no encoding: use it as it is",
                FileKind::Damaged | FileKind::Empty => "build it again",
                _ => "name a core module (`.wasm`)",
            };
            return Err(vec![problem("not-a-core-module", message).hinting(hint)]);
        }
        let embedded = match wit {
            Some(wit) => Some(world(&wit, world_name.as_deref())?),
            None => None,
        };
        let bytes = encoding::encode(&core, module, embedded, adapt_preview1)?;
        files::write(&output, &bytes).map_err(|problem| vec![problem])
    }

    fn describe(path: String) -> Result<String, Problem> {
        report_panics();
        let bytes = files::read(&path)?;
        describe::describe(&bytes)
            .map(|value| value.to_string())
            .map_err(|error| from_chain("invalid", format!("`{path}` cannot be read"), &error))
    }

    fn structure(path: String) -> Result<String, Problem> {
        report_panics();
        let bytes = files::read(&path)?;
        structure::structure(&bytes)
            .map(|value| value.to_string())
            .map_err(|error| from_chain("invalid", format!("`{path}` cannot be read"), &error))
    }

    fn needed(path: String) -> Result<String, Problem> {
        report_panics();
        let bytes = files::read(&path)?;
        reach::reach(&bytes)
            .map(|value| value.to_string())
            .map_err(|error| from_chain("invalid", format!("`{path}` cannot be followed"), &error))
    }

    fn strip(path: String, output: String) -> Result<(), Problem> {
        report_panics();
        let bytes = files::read(&path)?;
        let stripped = strip::strip(&bytes)
            .map_err(|error| from_chain("invalid", format!("`{path}` cannot be stripped"), &error))?;
        files::write(&output, &stripped)
    }
}

/// Validate with every feature that the runtime enables for components.
pub fn validated(bytes: &[u8]) -> Result<(), BinaryReaderError> {
    Validator::new_with_features(WasmFeatures::all()).validate_all(bytes).map(|_| ())
}

/// Refuse a binary whose sections do not lie within it: the decoder would make room for what a
/// section only claims to hold.
pub fn framed(path: &str, bytes: &[u8]) -> Result<(), Problem> {
    match Parser::new(0).parse_all(bytes).find_map(Result::err) {
        Some(_) => Err(problem("damaged", format!("`{path}` is {}", kind(bytes).1))
            .hinting("copy it or build it again")),
        None => Ok(()),
    }
}

fn world(wit: &str, name: Option<&str>) -> Result<(Resolve, WorldId), Vec<Problem>> {
    let (resolve, package, _) = loading::load(wit, &Features::All)?;
    match resolve.select_world(&[package], name) {
        Ok(world) => Ok((resolve, world)),
        Err(error) => {
            let known = resolve.packages[package].worlds.keys().map(String::as_str);
            let hint = did_you_mean(name.unwrap_or_default(), known);
            let message = worded(&error.to_string());
            Err(vec![problem("world-not-found", message).hinting(hint)])
        }
    }
}

/// What a file is, in kind and in words.
pub fn kind(bytes: &[u8]) -> (FileKind, String) {
    if bytes.is_empty() {
        return (FileKind::Empty, "an empty file".into());
    }
    if bytes.starts_with(b"\0asm") {
        return binary_kind(bytes);
    }
    if b"\0asm".starts_with(bytes) {
        return (FileKind::Damaged, "a WebAssembly binary cut short after its first bytes".into());
    }
    if let Some((_, what)) = SIGNS.iter().find(|(sign, _)| bytes.starts_with(sign)) {
        return (FileKind::Other, (*what).into());
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text.trim_start_matches('\u{feff}').trim_start(),
        _ => return (FileKind::Other, "a file of unknown kind".into()),
    };
    let start: String = text.chars().take(16).collect::<String>().to_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return (FileKind::Other, "a web page".into());
    }
    if text.starts_with("(module") || text.starts_with("(component") {
        (FileKind::WasmText, "WebAssembly text".into())
    } else if looks_like_wit(text) {
        (FileKind::WitText, "WIT text".into())
    } else {
        (FileKind::Other, "a text that is neither WIT nor WebAssembly".into())
    }
}

/// How other kinds of file begin that are taken for components.
const SIGNS: [(&[u8], &str); 9] = [
    (b"\x1f\x8b", "a file packed with gzip"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "a file packed with zstd"),
    (b"\xfd7zXZ\0", "a file packed with xz"),
    (b"\x7fELF", "a native program or library"),
    (b"MZ", "a native program or library"),
    (b"\xcf\xfa\xed\xfe", "a native program or library"),
    (b"\xca\xfe\xba\xbe", "a native program or library"),
    (b"!<arch>\n", "a library archive of a linker"),
];

fn looks_like_wit(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with('@'))
        .take(1)
        .any(|line| {
            ["package ", "interface ", "world ", "use "]
                .iter()
                .any(|word| line.starts_with(word))
        })
}

fn binary_kind(bytes: &[u8]) -> (FileKind, String) {
    let mut is_component = false;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::Version { encoding, range, .. }) if range.start == 0 => {
                is_component = encoding == wasmparser::Encoding::Component;
            }
            Ok(_) => {}
            Err(error) => {
                return (FileKind::Damaged, damage(bytes, &error));
            }
        }
    }
    if !is_component {
        return (FileKind::CoreModule, "a core module".into());
    }
    // All is framed soundly here.
    match wit_parser::decoding::decode(bytes) {
        Ok(wit_parser::decoding::DecodedWasm::WitPackage(..)) => {
            (FileKind::WitPackage, "a WIT package in binary form".into())
        }
        _ => (FileKind::Component, "a component".into()),
    }
}

/// What is wrong with a binary that cannot be read to its end, in words.
fn damage(bytes: &[u8], error: &BinaryReaderError) -> String {
    let text = worded(error.message());
    if let (true, Some(version)) = (text.starts_with("unknown binary version"), bytes.get(4..8)) {
        let number = |index: usize| u16::from_le_bytes([version[index], version[index + 1]]);
        return match number(2) {
            0 => format!("a core module in version {} of the format; 1 is known", number(0)),
            1 => format!("a component in version {} of the format; 13 is known", number(0)),
            _ => "a WebAssembly binary of an unknown kind".into(),
        };
    }
    format!("a damaged WebAssembly binary: {text} (at byte {})", error.offset())
}
