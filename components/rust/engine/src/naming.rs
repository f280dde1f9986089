//! Names for what a composition holds, so that backtraces and tools can tell its nodes apart.

use anyhow::{bail, Context, Result};
use std::borrow::Cow;
use std::collections::HashMap;
use wasm_encoder::reencode::{ReencodeComponent, RoundtripReencoder};
use wasm_encoder::{
    Component, ComponentExportSection, ComponentImportSection, ComponentNameSection,
    ProducersField, ProducersSection, RawSection,
};
use wasm_metadata::{AddMetadata, AddMetadataField, ModuleNames, Producers};
use wasmparser::{
    Chunk, ComponentExportSectionReader, ComponentExternName, ComponentImportSectionReader,
    KnownCustom, Parser, Payload,
};

/// Depth of components in components.
const DEPTH_LIMIT: usize = 100;

/// What a component is called, and what it calls others.
pub struct Naming<'a> {
    pub name: &'a str,
    /// As people write it; empty when it is not known.
    pub language: &'a str,
    /// Imports by their full names that get others.
    pub imports: &'a HashMap<&'a str, &'a str>,
}

/// Name a component `name`, and every core module in it `name/<its old name>`.
///
/// A backtrace of the runtime shows the names of core modules only, so those carry the node's. The
/// language joins the component's own producers unless they tell one; empty for none.
pub fn name_component(bytes: &[u8], new: &Naming) -> Result<Vec<u8>> {
    let (name, language) = (new.name, new.language);
    let mut names = ComponentNameSection::new();
    names.component(name);
    let mut producers = Producers::empty();
    let mut component = renamed(bytes, new, 0, &mut producers)?;
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
    new: &Naming,
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
                let module = name_module(nested(bytes, start, end)?, new.name)?;
                component.section(&RawSection { id: 1, data: &module });
                offset = end;
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                let (start, end) = (unchecked_range.start as usize, unchecked_range.end as usize);
                let mut own = Producers::empty();
                let mut inner = renamed(nested(bytes, start, end)?, new, depth + 1, &mut own)?;
                if !own.is_empty() {
                    inner.section(&encoded(&own));
                }
                let inner = inner.finish();
                component.section(&RawSection { id: 4, data: &inner });
                offset = end;
            }
            Payload::ComponentImportSection(section) if depth == 0 => {
                component.section(&full_imports(section, new.imports)?);
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                component.section(&full_exports(section)?);
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

/// Imports with the full version in their names.
///
/// A canonical name has the version's track only, and the rest beside it: `a:b/c@0.2` and `.9`
/// (Component Model, Explainer.md, "Canonical Interface Name"). The composer and most runtimes take full
/// names, which mean the same.
fn full_imports(
    section: ComponentImportSectionReader,
    new: &HashMap<&str, &str>,
) -> Result<ComponentImportSection> {
    let mut imports = ComponentImportSection::new();
    for import in section {
        let import = import?;
        let (name, implements) = (import.name.full_name(), import.name.full_implements());
        let name = new.get(&*name).map_or(name, |new| Cow::Borrowed(*new));
        let ty = RoundtripReencoder.component_type_ref(import.ty)?;
        imports.import(full(import.name, &name, implements.as_deref()), ty);
    }
    Ok(imports)
}

fn full_exports(section: ComponentExportSectionReader) -> Result<ComponentExportSection> {
    let mut exports = ComponentExportSection::new();
    for export in section {
        let export = export?;
        let (name, implements) = (export.name.full_name(), export.name.full_implements());
        let ty = export.ty.map(|ty| RoundtripReencoder.component_type_ref(ty)).transpose()?;
        let kind = RoundtripReencoder.component_export_kind(export.kind);
        exports.export(full(export.name, &name, implements.as_deref()), kind, export.index, ty);
    }
    Ok(exports)
}

fn full<'a>(
    old: ComponentExternName<'a>,
    name: &'a str,
    implements: Option<&'a str>,
) -> ComponentExternName<'a> {
    ComponentExternName { name, implements, version_suffix: None, external_id: old.external_id }
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
