//! Whether WIT has words for what a valid component imports and exports.
//!
//! The decoder takes some of it for impossible and ends the engine when it meets it; a component in
//! a component may be anything that the validator lets pass, so it is asked before.

use std::collections::HashSet;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentItem};
use wasmparser::names::{ComponentName, ComponentNameKind};
use wasmparser::types::Types;
use wasmparser::{Parser, Payload, ValidPayload, Validator, WasmFeatures};

/// Whether a component is valid and its contract can be decoded without surprise.
pub fn is_expressible(bytes: &[u8]) -> bool {
    let Some((types, names)) = validated(bytes) else { return false };
    let mut check =
        Check { types: &types, seen: HashSet::new(), known: HashSet::new(), resources: HashSet::new() };
    names.iter().enumerate().all(|(position, (name, is_import))| {
        let item = if *is_import {
            types.component_item_for_import(name)
        } else {
            types.component_item_for_export(name)
        };
        item.is_some_and(|item| check.outer(position, name, item))
    })
}

/// Its types, and the names of its imports (true) and exports in order.
fn validated(bytes: &[u8]) -> Option<(Types, Vec<(String, bool)>)> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut names = Vec::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.ok()?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section.clone() {
                    names.push((import.ok()?.name.name.to_string(), true));
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section.clone() {
                    names.push((export.ok()?.name.name.to_string(), false));
                }
            }
            _ => {}
        }
        if let ValidPayload::End(types) = validator.payload(&payload).ok()? {
            depth -= 1;
            if depth == 0 {
                return Some((types, names));
            }
        }
    }
    None
}

/// Follows the decoder through the types that it will meet.
struct Check<'a> {
    types: &'a Types,
    seen: HashSet<ComponentAnyTypeId>,
    /// Types of each interface that were met, and those of them that are resources of their own.
    known: HashSet<(String, String)>,
    resources: HashSet<(String, String)>,
}

impl Check<'_> {
    fn outer(&mut self, position: usize, name: &str, item: &ComponentItem) -> bool {
        let ComponentEntityType::Instance(instance) = item.ty else {
            return self.inner("", name, item);
        };
        // An interface is the same wherever its name stands; one without is itself only.
        let owner = match (&item.implements, parsed(name)) {
            (Some(name), _) => name.clone(),
            (None, Some(parsed)) if matches!(parsed.kind(), ComponentNameKind::Interface(_)) => {
                name.into()
            }
            _ => format!("{position} {name}"),
        };
        let types = self.types;
        types[instance].exports.iter().all(|(name, item)| self.inner(&owner, name, item))
    }

    fn inner(&mut self, owner: &str, name: &str, item: &ComponentItem) -> bool {
        match item.ty {
            ComponentEntityType::Type { referenced, created } => {
                let is_resource = match referenced {
                    ComponentAnyTypeId::Resource(_) => true,
                    ComponentAnyTypeId::Defined(_) => false,
                    _ => return false,
                };
                let place = (owner.to_string(), name.to_string());
                if !self.known.contains(&place) {
                    if is_resource && !self.is_alias(referenced) {
                        self.resources.insert(place.clone());
                    }
                    self.known.insert(place);
                }
                self.seen.insert(created)
            }
            ComponentEntityType::Func(function) => {
                let Some(parsed) = parsed(name) else { return false };
                let ComponentNameKind::Plain(plain) = parsed.kind() else { return false };
                if plain.accessor.is_some() && self.types[function].async_ {
                    return false;
                }
                plain.resource().is_none_or(|resource| {
                    self.resources.contains(&(owner.to_string(), resource.as_str().to_string()))
                })
            }
            // Modules, components, values, instances in instances: the decoder passes them over or says so.
            _ => true,
        }
    }

    fn is_alias(&self, id: ComponentAnyTypeId) -> bool {
        std::iter::successors(Some(id), |id| self.types.peel_alias(*id))
            .any(|id| self.seen.contains(&id))
    }
}

fn parsed(name: &str) -> Option<ComponentName> {
    ComponentName::new_with_features(name, 0, WasmFeatures::all()).ok()
}
