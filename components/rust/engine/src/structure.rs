//! What a component is composed of.
//!
//! The form, `C` being a component and `S` where something comes from:
//!
//!     {"components": [C…]}                      the component itself first
//!     C = {"name", "size", "code", "data", "custom", "has_code", "leaf", "producers",
//!          "languages", "modules": [{"name", "size", "producers", "shared"}…],
//!          "version"?, "description"?, "authors"?, "licenses"?, "source"?, "homepage"?, "revision"?,
//!          "imports": [{"name", "kind"}…], "exports": [{"name", "kind", "source": S}…],
//!          "contract": as `contracts.decode` tells it, or null,
//!          "instances": [{"component": index or null, "imported": name or null, "name",
//!                         "arguments": [{"name", "kind", "source": S}…]}…]}
//!     S = {"kind": "import", "name", "item"?}    an import, or an export of it
//!       | {"kind": "instance", "instance"}       one of "instances"
//!       | {"kind": "export", "instance", "name", "item"?}
//!       | {"kind": "bundle", "items": [{"name", "source": S}…]}
//!       | {"kind": "own"}
//!
//! Sizes are in bytes; those of code, data and custom sections count everything that is defined in the
//! component. Languages are those of all producers in it. A leaf has code and is not composed:
//! components within it only give its functions their types, and are left out.

mod alone;
mod definitions;
mod expressible;
mod origin;
mod sections;
mod spaces;

use alone::Contracts;
use anyhow::Result;
use definitions::{Definition, Definitions};
use origin::{object, Scribe};
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use wasmparser::ComponentExternalKind;

pub use sections::Reader;

pub fn structure(bytes: &[u8]) -> Result<Value> {
    let definitions = Definitions::read(bytes)?;
    let told = Told::of(&definitions.components);
    let mut contracts = Contracts::new(&definitions);
    let mut scribe = Scribe::default();
    let mut components = Vec::new();
    for index in &told.order {
        let has_contract = *index == 0 || told.is_instantiated[*index];
        let contract = if has_contract { contracts.of(*index) } else { Value::Null };
        components.push(told.component(&definitions, *index, contract, &mut scribe)?);
    }
    Ok(object([("components", components.into())]))
}

/// Which definitions are told of, in order.
struct Told {
    order: Vec<usize>,
    /// Place in the order of a definition.
    places: HashMap<usize, usize>,
    is_leaf: Vec<bool>,
    /// By a component that is told with its instances.
    is_instantiated: Vec<bool>,
}

impl Told {
    fn of(components: &[Definition]) -> Told {
        let runs = |component: Option<usize>| component.is_none_or(|index| components[index].has_code);
        let is_leaf: Vec<bool> = components
            .iter()
            .map(|each| each.has_code && !each.instances.iter().any(|made| runs(made.component)))
            .collect();
        let mut is_hidden = vec![false; components.len()];
        let mut is_instantiated = vec![false; components.len()];
        let mut is_part_of_leaf = vec![false; components.len()];
        for (index, component) in components.iter().enumerate() {
            // What is around a definition comes before it.
            is_hidden[index] =
                component.parent.is_some_and(|parent| is_hidden[parent] || is_leaf[parent]);
            for made in component.instances.iter().filter_map(|made| made.component) {
                if is_leaf[index] || is_hidden[index] {
                    is_part_of_leaf[made] = true;
                } else {
                    is_instantiated[made] = true;
                }
            }
        }
        let order: Vec<usize> = (0..components.len())
            .filter(|index| !is_hidden[*index] && (is_instantiated[*index] || !is_part_of_leaf[*index]))
            .collect();
        let places = order.iter().enumerate().map(|(place, index)| (*index, place)).collect();
        Told { order, places, is_leaf, is_instantiated }
    }

    fn component(
        &self,
        definitions: &Definitions,
        index: usize,
        contract: Value,
        scribe: &mut Scribe,
    ) -> Result<Value> {
        let definition = &definitions.components[index];
        let is_leaf = self.is_leaf[index];
        let mut members = Map::new();
        members.insert("name".into(), "".into());
        members.insert("producers".into(), json!({}));
        if let Some(item) = &definition.item {
            members.extend(item.members.clone());
        }
        members.remove("kind");
        let imports =
            definition.imports.iter().map(|(name, kind)| json!({"name": name, "kind": kind.desc()}));
        let exports = definition
            .exports
            .iter()
            .map(|(name, kind, origin)| {
                let source = scribe.origin(origin, is_leaf)?;
                Ok(external(name, *kind, source))
            })
            .collect::<Result<Vec<_>>>()?;
        let mut instances = Vec::new();
        for made in definition.instances.iter().filter(|_| !is_leaf) {
            let arguments = made
                .arguments
                .iter()
                .map(|(name, kind, origin)| {
                    let source = scribe.origin(origin, false)?;
                    Ok(external(name, *kind, source))
                })
                .collect::<Result<Vec<_>>>()?;
            instances.push(object([
                ("component", json!(made.component.and_then(|index| self.places.get(&index)))),
                ("imported", made.imported.as_deref().into()),
                ("name", made.name.as_str().into()),
                ("arguments", arguments.into()),
            ]));
        }
        let others = [
            ("code", definition.code.into()),
            ("data", definition.data.into()),
            ("custom", definition.custom.into()),
            ("has_code", definition.has_code.into()),
            ("leaf", is_leaf.into()),
            ("languages", json!(definition.languages)),
            ("modules", modules(definitions, definition).into()),
            ("imports", imports.collect::<Vec<_>>().into()),
            ("exports", exports.into()),
            ("contract", contract),
            ("instances", instances.into()),
        ];
        members.extend(others.map(|(name, value)| (name.into(), value)));
        Ok(members.into())
    }
}

fn external(name: &str, kind: ComponentExternalKind, source: Value) -> Value {
    object([("name", name.into()), ("kind", kind.desc().into()), ("source", source)])
}

fn modules(definitions: &Definitions, definition: &Definition) -> Vec<Value> {
    let told = definition.modules.iter().map(|used| {
        let mut members = Map::new();
        members.insert("name".into(), (*used.name).into());
        members.insert("size".into(), 0.into());
        members.insert("producers".into(), json!({}));
        if let Some(module) = used.module {
            let known = &definitions.modules[module].item.members;
            for name in ["name", "size", "producers"] {
                members.extend(known.get(name).map(|value| (name.into(), value.clone())));
            }
        }
        members.insert("shared".into(), used.is_shared.into());
        members.into()
    });
    told.collect()
}
