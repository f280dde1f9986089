//! The contract of a component that stands in another.

use super::definitions::{Definitions, Section};
use super::expressible::is_expressible;
use super::sections::section;
use crate::json;
use anyhow::{bail, Context, Result};
use serde_json::Value;
use wasm_encoder::Encode;
use wasmparser::ComponentOuterAliasKind;
use wit_parser::decoding::{decode, DecodedWasm};

/// Depth of components in components, those put in place of aliases among them.
const DEPTH_LIMIT: usize = 100;

/// Components whose contract is told.
const CONTRACT_LIMIT: usize = 2000;

/// Bytes that may be written to read contracts from: what is put in place of an alias stands there again.
const WRITTEN_LIMIT: usize = 256 << 20;

const MODULE_SECTION: u8 = 1;
const COMPONENT_SECTION: u8 = 4;
const ALIAS_SECTION: u8 = 6;
const CUSTOM_SECTION: u8 = 0;

/// Reads contracts, so many and no more.
pub struct Contracts<'a> {
    definitions: &'a Definitions<'a>,
    read: usize,
    written: usize,
}

impl<'a> Contracts<'a> {
    pub fn new(definitions: &'a Definitions<'a>) -> Contracts<'a> {
        Contracts { definitions, read: 0, written: 0 }
    }

    /// The contract of a component as `contracts.decode` tells it; null where it has none by itself.
    pub fn of(&mut self, index: usize) -> Value {
        self.read += 1;
        if self.read > CONTRACT_LIMIT {
            return Value::Null;
        }
        let Ok(outline) = self.outline(index, 0, 0) else { return Value::Null };
        if !is_expressible(&outline) {
            return Value::Null;
        }
        match decode(&outline) {
            Ok(DecodedWasm::Component(resolve, world)) => {
                let package = resolve.worlds[world].package;
                json::contract(&resolve, package, Some(world), None)
            }
            _ => Value::Null,
        }
    }

    /// A component with all that its types depend on, and nothing that lies beyond it.
    ///
    /// `level` counts the components around it that are written with it, `depth` those and the ones that it
    /// is put in place of an alias in.
    fn outline(&mut self, index: usize, level: u32, depth: usize) -> Result<Vec<u8>> {
        if depth > DEPTH_LIMIT {
            bail!("components nest deeper than {DEPTH_LIMIT}");
        }
        let definitions = self.definitions;
        let mut outline = wasm_encoder::Component::HEADER.to_vec();
        for each in &definitions.components[index].sections {
            match each {
                Section::Plain { id: CUSTOM_SECTION, .. } if depth > 0 => {}
                Section::Plain { id, content } => {
                    self.add(*id, &definitions.bytes[content.clone()], &mut outline)?;
                }
                Section::Module(module) => {
                    self.add(MODULE_SECTION, &definitions.modules[*module].outline, &mut outline)?;
                }
                Section::Component(component) => {
                    let nested = self.outline(*component, level + 1, depth + 1)?;
                    self.add(COMPONENT_SECTION, &nested, &mut outline)?;
                }
                Section::Aliases(aliases) => {
                    for (content, outer) in aliases {
                        match outer {
                            Some(outer) if outer.count > level => {
                                let target = outer
                                    .target
                                    .context("it depends on what is imported further out")?;
                                if outer.kind == ComponentOuterAliasKind::CoreModule {
                                    let module = &definitions.modules[target].outline;
                                    self.add(MODULE_SECTION, module, &mut outline)?;
                                } else {
                                    let component = self.outline(target, 0, depth + 1)?;
                                    self.add(COMPONENT_SECTION, &component, &mut outline)?;
                                }
                            }
                            _ => {
                                let mut one = Vec::new();
                                1u32.encode(&mut one);
                                one.extend(&definitions.bytes[content.clone()]);
                                self.add(ALIAS_SECTION, &one, &mut outline)?;
                            }
                        }
                    }
                }
            }
        }
        Ok(outline)
    }

    fn add(&mut self, id: u8, content: &[u8], into: &mut Vec<u8>) -> Result<()> {
        self.written += content.len() + 1;
        if self.written > WRITTEN_LIMIT {
            bail!("too much to read contracts from");
        }
        section(id, content, into);
        Ok(())
    }
}
