//! What a component may refer to by index.

use super::origin::Origin;
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::rc::Rc;
use wasmparser::ComponentExternalKind;

/// A core module or component in an index space.
#[derive(Clone)]
pub struct Static {
    /// Index among the modules or definitions.
    pub target: Option<usize>,
    pub origin: Origin,
    /// Name of the import that it comes from.
    pub imported: Option<Rc<str>>,
}

impl Static {
    /// What stands in the component itself.
    pub fn own(target: usize) -> Static {
        Static { target: Some(target), origin: Origin::Own, imported: None }
    }
}

/// The index spaces of a component (Component Model, Binary.md, "Index Spaces").
#[derive(Default)]
pub struct Spaces {
    pub modules: Vec<Static>,
    pub components: Vec<Static>,
    pub instances: Vec<Origin>,
    pub functions: Vec<Origin>,
    pub types: Vec<Origin>,
    pub values: Vec<Origin>,
    /// Index among the made instances, for an index in the space of instances.
    pub made: HashMap<u32, usize>,
}

impl Spaces {
    pub fn origin(&self, kind: ComponentExternalKind, index: u32) -> Result<Origin> {
        let index = index as usize;
        match kind {
            ComponentExternalKind::Module => self.modules.get(index).map(|each| &each.origin),
            ComponentExternalKind::Component => self.components.get(index).map(|each| &each.origin),
            ComponentExternalKind::Func => self.functions.get(index),
            ComponentExternalKind::Value => self.values.get(index),
            ComponentExternalKind::Type => self.types.get(index),
            ComponentExternalKind::Instance => self.instances.get(index),
        }
        .cloned()
        .with_context(|| format!("{} number {index} is used and not defined", kind.desc()))
    }

    pub fn push(&mut self, kind: ComponentExternalKind, origin: Origin) {
        let nowhere =
            |origin: Origin| Static { target: None, imported: origin.imported().map(Rc::from), origin };
        match kind {
            ComponentExternalKind::Module => self.modules.push(nowhere(origin)),
            ComponentExternalKind::Component => self.components.push(nowhere(origin)),
            ComponentExternalKind::Func => self.functions.push(origin),
            ComponentExternalKind::Value => self.values.push(origin),
            ComponentExternalKind::Type => self.types.push(origin),
            ComponentExternalKind::Instance => self.instances.push(origin),
        }
    }

    /// An export is one more index for what is exported.
    pub fn push_again(&mut self, kind: ComponentExternalKind, index: u32, origin: Origin) {
        let again = |space: &mut Vec<Static>| {
            let known = space.get(index as usize).cloned();
            space.extend(known);
        };
        match kind {
            ComponentExternalKind::Module => again(&mut self.modules),
            ComponentExternalKind::Component => again(&mut self.components),
            _ => self.push(kind, origin),
        }
    }
}
