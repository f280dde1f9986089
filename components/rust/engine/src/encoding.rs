//! Making a component of a core module, and saying what it lacks.

use crate::describe::surroundings;
use crate::problems::{did_you_mean, from_chain, problem};
use crate::wcompose::engine::types::Problem;
use anyhow::{Context, Result};
use std::collections::HashSet;
use wasi_preview1_component_adapter_provider as adapter;
use wasmparser::{BinaryReaderError, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{Function, Resolve, WorldId, WorldItem};

const PREVIEW1: &str = adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;

/// Embed a world into a core module if there is one to embed, and encode it as a component.
pub fn encode(
    path: &str,
    mut module: Vec<u8>,
    embedded: Option<(Resolve, WorldId)>,
    adapt_preview1: bool,
) -> Result<Vec<u8>, Vec<Problem>> {
    let (resolve, world) = match embedded {
        Some(embedded) => embedded,
        None => carried(path, &module, adapt_preview1)?,
    };
    let mut lacking = missing_exports(&module, &resolve, world);
    lacking.extend(unknown_imports(&module, &resolve, world, adapt_preview1));
    encoded(&mut module, &resolve, world, adapt_preview1).map_err(|error| {
        if lacking.is_empty() {
            let message = format!("`{path}` cannot be made a component");
            let mut found = from_chain("not-encoded", message, &error);
            if let Some(binary) = error.downcast_ref::<BinaryReaderError>() {
                found.causes.extend(surroundings(&module, binary.offset()));
            }
            lacking.push(found);
        }
        lacking
    })
}

/// The contract that a module carries in its own custom sections; a program of WASI preview 1 needs none.
fn carried(
    path: &str,
    module: &[u8],
    adapt_preview1: bool,
) -> Result<(Resolve, WorldId), Vec<Problem>> {
    let is_program = is_program(module);
    let hint = match is_program {
        true => "it is a program: `--adapt-preview1` makes it one that exports `wasi:cli/run`",
        false => "name the WIT and the world that it implements: `--wit DIRECTORY --world NAME`",
    };
    match wit_component::metadata::decode(module) {
        Ok((None, empty)) if is_program && adapt_preview1 => Ok((empty.resolve, empty.world)),
        Ok((Some(_), bindings)) => Ok((bindings.resolve, bindings.world)),
        Ok((None, _)) => {
            let message = format!("`{path}` does not carry the contract that it implements");
            Err(vec![problem("no-contract", message).hinting(hint)])
        }
        Err(error) => {
            let message = format!("the contract that `{path}` carries cannot be read");
            Err(vec![from_chain("no-contract", message, &error).hinting(hint)])
        }
    }
}

fn encoded(
    module: &mut Vec<u8>,
    resolve: &Resolve,
    world: WorldId,
    adapt_preview1: bool,
) -> Result<Vec<u8>> {
    if !matches!(wit_component::metadata::decode(module), Ok((Some(_), _))) {
        wit_component::embed_component_metadata(
            module,
            resolve,
            world,
            StringEncoding::UTF8,
            false,
        )?;
    }
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    if adapt_preview1 {
        let bytes = if is_program(module) {
            adapter::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER
        } else {
            adapter::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
        };
        encoder.adapter(PREVIEW1, bytes).context("the WASI preview 1 adapter")?;
    }
    encoder.module(module)?;
    encoder.encode()
}

/// Whether a module is a program of WASI preview 1: its adapter then exports `wasi:cli/run`.
fn is_program(module: &[u8]) -> bool {
    Parser::new(0).parse_all(module).flatten().any(|payload| match payload {
        Payload::ExportSection(section) => {
            section.into_iter().flatten().any(|export| export.name == "_start")
        }
        _ => false,
    })
}

/// Functions that the world exports and the module does not, under any spelling of theirs
/// (`wit_parser::Resolve::wasm_export_name`).
fn missing_exports(module: &[u8], resolve: &Resolve, world: WorldId) -> Vec<Problem> {
    let mut exported = HashSet::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Ok(Payload::ExportSection(section)) = payload {
            exported.extend(section.into_iter().flatten().map(|export| export.name));
        }
    }
    let has = |function: &Function, interface: Option<&str>| {
        let legacy = function.legacy_core_export_name(interface);
        let standard = function.standard32_core_export_name(interface);
        exported.contains(&*legacy)
            || exported.contains(&*standard)
            || exported.contains(&*format!("[async-lift]{legacy}"))
            || exported.contains(&*format!("[async-lift-stackful]{legacy}"))
            || exported.contains(&*format!("cm32p2|{}|{}", interface.unwrap_or(""), function.name))
            || exported.contains(&*format!("cm32p2||{}", function.name))
    };
    let name = &resolve.worlds[world].name;
    let lacks = |function: &Function, interface: Option<&str>| {
        let core = function.legacy_core_export_name(interface);
        let wanted = match interface {
            Some(interface) => format!("{interface}#{}", function.name),
            None => function.name.clone(),
        };
        problem("export-missing", format!("the module lacks `{wanted}`, which world `{name}` exports"))
            .hinting(near_export(&core, &exported))
    };
    let mut found = Vec::new();
    for (key, item) in &resolve.worlds[world].exports {
        match item {
            WorldItem::Function(function) if !has(function, None) => {
                found.push(lacks(function, None));
            }
            WorldItem::Interface { id, .. } => {
                let interface = resolve.name_world_key(key);
                let canonical = resolve.name_canonicalized_world_key(key);
                for function in resolve.interfaces[*id].functions.values() {
                    if !has(function, Some(&interface)) && !has(function, Some(&canonical)) {
                        found.push(lacks(function, Some(&interface)));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// An export with a name like the wanted one, in the same interface.
fn near_export(wanted: &str, exported: &HashSet<&str>) -> String {
    let (interface, name) = wanted.rsplit_once('#').unwrap_or(("", wanted));
    let names = exported.iter().filter_map(|export| {
        let (of, name) = export.rsplit_once('#').unwrap_or(("", export));
        (of == interface).then_some(name)
    });
    did_you_mean(name, names)
}

/// Imports of the module that neither the world nor the adapter satisfies.
fn unknown_imports(
    module: &[u8],
    resolve: &Resolve,
    world: WorldId,
    adapt_preview1: bool,
) -> Vec<Problem> {
    let world = &resolve.worlds[world];
    let mut needs_preview1 = false;
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Ok(Payload::ImportSection(section)) = payload else { continue };
        for import in section.into_imports().flatten() {
            if import.module == PREVIEW1 {
                needs_preview1 = true;
                continue;
            }
            // Built-in functions of the canonical ABI have brackets or a prefix of their own.
            let module = import.module.strip_prefix("cm32p2|").unwrap_or(import.module);
            if module.starts_with(['[', '$', '_']) || import.name.starts_with('[') {
                continue;
            }
            if !module.contains(':') {
                if module == "env" || import.module == "cm32p2" {
                    continue;
                }
                found.push(problem(
                    "import-unknown",
                    format!("the module imports `{}` of `{module}`, which no component has", import.name),
                ));
                continue;
            }
            let item = world.imports.iter().find(|(key, _)| {
                resolve.name_world_key(key) == module
                    || resolve.name_canonicalized_world_key(key) == module
            });
            let Some((_, WorldItem::Interface { id, .. })) = item else {
                let names: Vec<String> =
                    world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
                let message =
                    format!("the module imports `{module}`, which world `{}` does not", world.name);
                found.push(
                    problem("import-unknown", message)
                        .hinting(did_you_mean(module, names.iter().map(String::as_str))),
                );
                continue;
            };
            let functions = &resolve.interfaces[*id].functions;
            if !functions.contains_key(import.name) && !import.name.ends_with("_drop") {
                let message = format!("the module imports `{}` of `{module}`, which has no such function", import.name);
                found.push(
                    problem("import-unknown", message)
                        .hinting(did_you_mean(import.name, functions.keys().map(String::as_str))),
                );
            }
        }
    }
    if needs_preview1 && !adapt_preview1 {
        let message = "the module needs WASI preview 1, and no adapter was asked for";
        found.push(problem("no-adapter", message).hinting("add `--adapt-preview1`"));
    }
    found
}
