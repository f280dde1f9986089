//! Binaries without debug information and names.
//!
//! As `wasm-tools strip`, and beyond it at every depth; what it drops that stays here are the names of
//! components and core modules themselves, by which pictures and backtraces tell nodes apart.

use crate::describe::{own_name, TEXTS};
use crate::gating;
use crate::structure::Reader;
use anyhow::{bail, Result};
use std::ops::Range;
use wasm_encoder::{
    Component, ComponentNameSection, CustomSection, Encode, Module, NameSection, Section,
};
use wasmparser::{CustomSectionReader, Encoding, KnownCustom, Payload};

/// Depth of components in components.
const DEPTH_LIMIT: usize = 100;

const CUSTOM_SECTION: u8 = 0;
const MODULE_SECTION: u8 = 1;
const COMPONENT_SECTION: u8 = 4;
const CODE_SECTION: u8 = 10;

/// The same module or component without custom sections that nothing depends on, at every depth.
pub fn strip(bytes: &[u8]) -> Result<Vec<u8>> {
    stripped(bytes, 0..bytes.len(), 0)
}

fn stripped(bytes: &[u8], range: Range<usize>, depth: usize) -> Result<Vec<u8>> {
    if depth > DEPTH_LIMIT {
        bail!("components nest deeper than {DEPTH_LIMIT}");
    }
    let mut lean = Vec::new();
    let mut is_named = false;
    let mut is_gate = false;
    let mut reader = Reader::new(bytes, range);
    while let Some(payload) = reader.next()? {
        match payload {
            Payload::Version { encoding: Encoding::Component, .. } => lean.extend(Component::HEADER),
            Payload::Version { encoding: Encoding::Module, .. } => lean.extend(Module::HEADER),
            Payload::ModuleSection { unchecked_range, .. } => {
                let module = stripped(bytes, reader.nested(unchecked_range), depth + 1)?;
                add(MODULE_SECTION, &module, &mut lean);
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                let component = stripped(bytes, reader.nested(unchecked_range), depth + 1)?;
                add(COMPONENT_SECTION, &component, &mut lean);
            }
            Payload::CodeSectionStart { unchecked_range, .. } => {
                let code = reader.skip(unchecked_range);
                match bytes.get(code) {
                    Some(code) => add(CODE_SECTION, code, &mut lean),
                    None => bail!("the file is cut short"),
                }
            }
            Payload::CustomSection(section) if names(&section) => {
                if is_gate {
                    // Its functions are called after what is refused, which backtraces tell.
                    add_whole(&section, &mut lean);
                } else if let Some(name) = own_name(&section).filter(|_| !is_named) {
                    is_named = true;
                    add_name(&section, &name, &mut lean);
                }
            }
            Payload::CustomSection(section) if !tells(section.name()) => {}
            Payload::CustomSection(section) if section.name() == gating::SECTION => {
                is_gate = true;
                add_whole(&section, &mut lean);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    add(id, &bytes[range.start as usize..range.end as usize], &mut lean);
                }
            }
        }
    }
    Ok(lean)
}

fn names(section: &CustomSectionReader) -> bool {
    // One that does not parse is no name section to the parser, and dropped as any unknown one.
    matches!(section.as_known(), KnownCustom::Name(_) | KnownCustom::ComponentName(_))
}

/// Whether a custom section tells what the binary is, what it is made by, or carries types.
fn tells(name: &str) -> bool {
    name == "producers"
        || name == "dylink.0"
        || name == "package-docs"
        || name.starts_with("component-type")
        || name.starts_with("wcompose")
        || TEXTS.contains(&name)
}

fn add_whole(section: &CustomSectionReader, into: &mut Vec<u8>) {
    let whole = CustomSection { name: section.name().into(), data: section.data().into() };
    into.push(CUSTOM_SECTION);
    whole.encode(into);
}

fn add_name(section: &CustomSectionReader, name: &str, into: &mut Vec<u8>) {
    if let KnownCustom::ComponentName(_) = section.as_known() {
        let mut names = ComponentNameSection::new();
        names.component(name);
        into.push(CUSTOM_SECTION);
        names.encode(into);
    } else {
        let mut names = NameSection::new();
        names.module(name);
        names.append_to(into);
    }
}

fn add(id: u8, content: &[u8], into: &mut Vec<u8>) {
    into.push(id);
    content.encode(into);
}
