//! Names for what a composition holds, so that backtraces and tools can tell its nodes apart.

use anyhow::{bail, Context, Result};
use wasm_encoder::{Component, ComponentNameSection, ProducersField, ProducersSection, RawSection};
use wasm_metadata::{AddMetadata, AddMetadataField, ModuleNames, Producers};
use wasmparser::{Chunk, KnownCustom, Parser, Payload};

/// Depth of components in components.
const DEPTH_LIMIT: usize = 100;

/// Name a component `name`, and every core module in it `name/<its old name>`.
///
/// A backtrace of the runtime shows the names of core modules only, so those carry the node's. The
/// language joins the component's own producers unless they tell one; empty for none.
pub fn name_component(bytes: &[u8], name: &str, language: &str) -> Result<Vec<u8>> {
    let mut names = ComponentNameSection::new();
    names.component(name);
    let mut producers = Producers::empty();
    let mut component = renamed(bytes, name, 0, &mut producers)?;
    if !language.is_empty() && producers.get("language").is_none() {
        producers.add("language", language, "");
    }
    component.section(&names);
    if !producers.is_empty() {
        component.section(&encoded(&producers));
    }
    Ok(component.finish())
}

/// The section that holds producers.
pub fn encoded(producers: &Producers) -> ProducersSection {
    let mut section = ProducersSection::new();
    for (name, values) in producers.iter() {
        let mut field = ProducersField::new();
        for (value, version) in values.iter() {
            field.value(value, version);
        }
        section.field(name, &field);
    }
    section
}

/// The component with new names, without its own name and producers, which are merged into `producers`.
fn renamed(
    bytes: &[u8],
    node: &str,
    depth: usize,
    producers: &mut Producers,
) -> Result<Component> {
    if depth > DEPTH_LIMIT {
        bail!("components nest deeper than {DEPTH_LIMIT}");
    }
    let mut component = Component::new();
    let mut parser = Parser::new(0);
    let mut offset = 0;
    loop {
        let (payload, consumed) = match parser.parse(&bytes[offset..], true)? {
            Chunk::Parsed { payload, consumed } => (payload, consumed),
            Chunk::NeedMoreData(_) => bail!("the file is cut short"),
        };
        offset += consumed;
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                let (start, end) = (unchecked_range.start as usize, unchecked_range.end as usize);
                let module = name_module(nested(bytes, start, end)?, node)?;
                component.section(&RawSection { id: 1, data: &module });
                offset = end;
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                let (start, end) = (unchecked_range.start as usize, unchecked_range.end as usize);
                let mut own = Producers::empty();
                let mut inner = renamed(nested(bytes, start, end)?, node, depth + 1, &mut own)?;
                if !own.is_empty() {
                    inner.section(&encoded(&own));
                }
                let inner = inner.finish();
                component.section(&RawSection { id: 4, data: &inner });
                offset = end;
            }
            Payload::CustomSection(section)
                if depth == 0 && matches!(section.as_known(), KnownCustom::ComponentName(_)) => {}
            Payload::CustomSection(section)
                if matches!(section.as_known(), KnownCustom::Producers(_)) =>
            {
                let found = Producers::from_bytes(section.data(), section.data_offset())?;
                producers.merge(&found);
            }
            Payload::End(_) => return Ok(component),
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = &bytes[range.start as usize..range.end as usize];
                    component.section(&RawSection { id, data });
                }
            }
        }
    }
}

fn nested(bytes: &[u8], start: usize, end: usize) -> Result<&[u8]> {
    bytes.get(start..end).context("the file is cut short")
}

fn name_module(bytes: &[u8], node: &str) -> Result<Vec<u8>> {
    let old = module_name(bytes)?;
    let name = match old {
        Some(old) => format!("{node}/{old}"),
        None => format!("{node}/module"),
    };
    let mut add = AddMetadata::default();
    add.name = AddMetadataField::Set(name);
    add.to_wasm(bytes)
}

fn module_name(bytes: &[u8]) -> Result<Option<String>> {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload? {
            if matches!(section.as_known(), KnownCustom::Name(_)) {
                let names = ModuleNames::from_bytes(section.data(), section.data_offset())?;
                return Ok(names.get_name().cloned());
            }
        }
    }
    Ok(None)
}
