//! Reading WIT and binaries into one JSON form.

use crate::exports::wcompose::engine::contracts::{Features, Guest};
use crate::problems::from_chain;
use crate::wcompose::engine::types::Problem;
use crate::loading::load;
use crate::{files, json, report_panics, Engine};
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

