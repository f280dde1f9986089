//! Reading WIT and binaries into one JSON form.

use crate::exports::wcompose::engine::contracts::{Features, Guest};
use crate::problems::{from_chain, problem};
use crate::wcompose::engine::types::Problem;
use crate::loading::load;
use crate::{binaries, files, json, report_panics, Engine};
use wasmparser::Parser;
use wit_parser::decoding::{decode, DecodedWasm};
use wit_parser::{PackageId, Resolve, WorldId};

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
        let (resolve, main) = match binary(&path)? {
            Some(bytes) => {
                let (resolve, main, _) = read(&path, &bytes).map_err(|problem| vec![problem])?;
                (resolve, main)
            }
            None => {
                let (resolve, main, _) = load(&path, &Features::All)?;
                (resolve, Some(main))
            }
        };
        let Some(main) = main else {
            return Err(vec![problem("not-printed", format!("`{path}` holds no package"))]);
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

/// The content of a file that begins as WebAssembly does; none for anything else.
fn binary(path: &str) -> Result<Option<Vec<u8>>, Vec<Problem>> {
    let read = || match files::entry(path)? {
        files::Entry::Directory => Ok(None),
        files::Entry::File => Ok(Some(files::read(path)?).filter(|bytes| bytes.starts_with(b"\0asm"))),
    };
    read().map_err(|problem| vec![problem])
}

/// A component or a WIT package in binary form; the world is that of a component.
pub fn decoded(path: &str) -> Result<(Resolve, Option<PackageId>, Option<WorldId>), Problem> {
    read(path, &files::read(path)?)
}

fn read(
    path: &str,
    bytes: &[u8],
) -> Result<(Resolve, Option<PackageId>, Option<WorldId>), Problem> {
    let unreadable = || format!("`{path}` cannot be read as a component");
    // The decoder takes a core module without sections for a component.
    if !Parser::is_component(bytes) {
        let (_, detail) = binaries::kind(bytes);
        return Err(problem("not-a-component", format!("`{path}` is {detail}, not a component")));
    }
    binaries::framed(path, bytes)?;
    match decode(bytes) {
        Ok(DecodedWasm::Component(resolve, world)) => {
            let package = resolve.worlds[world].package;
            Ok((resolve, package, Some(world)))
        }
        Ok(DecodedWasm::WitPackage(resolve, package)) => Ok((resolve, Some(package), None)),
        Err(error) => Err(from_chain("not-decoded", unreadable(), &error)),
    }
}
