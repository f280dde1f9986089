//! Core instances: what their modules are given, and what functions of the canonical ABI call.

use super::super::definitions::{Canonical, Options};
use super::super::graph::{By, Edge, Made, Node, Vertex};
use super::super::modules::Imported;
use super::super::tables::Table;
use super::items::{CoreInstance, CoreItem, Item, TypeItem};
use super::Elaboration;
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::rc::Rc;
use wasmparser::{ComponentExternalKind, ExternalKind, Instance, InstantiationArg};

impl<'d, 'a> Elaboration<'d, 'a> {
    pub(super) fn core_function(&self, at: usize, index: u32) -> Result<Node> {
        self.frames[at]
            .core_functions
            .get(index as usize)
            .copied()
            .with_context(|| format!("core function number {index} is used and not defined"))
    }

    pub(super) fn canonical(&mut self, at: usize, canonical: &Canonical) -> Result<()> {
        match canonical {
            Canonical::Lift { function, options } => {
                let called = self.core_function(at, *function)?;
                let edges = self.with(at, options, Some(called))?;
                let node = self.graph.joint(edges);
                self.frames[at].functions.push(node);
            }
            Canonical::Lower { function, options } => {
                let called = self.function(at, *function)?;
                let edges = self.with(at, options, Some(called))?;
                self.core(at, edges);
            }
            Canonical::ResourceDrop(ty) => {
                let edges = match self.item(at, ComponentExternalKind::Type, *ty)? {
                    Item::Type(TypeItem::Resource(Some(destructor))) => {
                        vec![Edge { to: destructor, by: By::Destructor }]
                    }
                    _ => Vec::new(),
                };
                self.core(at, edges);
            }
            Canonical::Spawn => {
                let anything = self.tables.anything(&mut self.graph, at);
                self.core(at, vec![Edge { to: anything, by: By::Call }]);
            }
            Canonical::Builtin(options) => {
                let edges = self.with(at, options, None)?;
                self.core(at, edges);
            }
        }
        Ok(())
    }

    fn core(&mut self, at: usize, edges: Vec<Edge>) {
        let node = self.graph.joint(edges);
        self.frames[at].core_functions.push(node);
    }

    fn with(&self, at: usize, options: &Options, called: Option<Node>) -> Result<Vec<Edge>> {
        let mut edges: Vec<Edge> = called.map(|to| Edge { to, by: By::Call }).into_iter().collect();
        let others = [
            (options.realloc, By::Realloc),
            (options.post_return, By::PostReturn),
            (options.callback, By::Callback),
        ];
        for (function, by) in others {
            if let Some(function) = function {
                edges.push(Edge { to: self.core_function(at, function)?, by });
            }
        }
        Ok(edges)
    }

    pub(super) fn core_instance(&mut self, at: usize, instance: &'d Instance<'a>) -> Result<()> {
        let made = match instance {
            Instance::Instantiate { module_index, args } => {
                let module = self.frames[at].modules.get(*module_index as usize).copied();
                match module
                    .with_context(|| format!("core module number {module_index} is used and not defined"))?
                {
                    Some(module) => CoreInstance::Made(self.made(at, module, args)?),
                    None => {
                        self.not_followed("a core module that is imported");
                        CoreInstance::Unknown
                    }
                }
            }
            Instance::FromExports(exports) => {
                self.charge(exports.len())?;
                let frame = &self.frames[at];
                let items = exports
                    .iter()
                    .map(|export| {
                        let place = export.index as usize;
                        let item = match export.kind {
                            ExternalKind::Func | ExternalKind::FuncExact => {
                                frame.core_functions.get(place).copied().map(CoreItem::Function)
                            }
                            ExternalKind::Table => {
                                frame.core_tables.get(place).copied().map(CoreItem::Table)
                            }
                            _ => Some(CoreItem::Other),
                        };
                        Ok((export.name, item.context("a core item is used and not defined")?))
                    })
                    .collect::<Result<_>>()?;
                CoreInstance::Bundle(Rc::new(items))
            }
        };
        self.frames[at].core_instances.push(made);
        Ok(())
    }

    /// What a core instance exports under a name; none when that is not known.
    pub(super) fn core_export(&self, instance: &CoreInstance<'a>, name: &str) -> Option<CoreItem> {
        match instance {
            CoreInstance::Made(made) => {
                let instance = &self.graph.instances[*made];
                let module = &self.definitions.modules[instance.module];
                let (kind, index) = *module.exports.get(name)?;
                match kind {
                    ExternalKind::Func | ExternalKind::FuncExact => {
                        let defined = module.functions.len() - instance.functions.len();
                        instance.function(index, defined).map(CoreItem::Function)
                    }
                    ExternalKind::Table => {
                        self.made_tables[*made].get(index as usize).copied().map(CoreItem::Table)
                    }
                    _ => Some(CoreItem::Other),
                }
            }
            CoreInstance::Bundle(items) => items.get(name).cloned(),
            CoreInstance::Unknown => None,
        }
    }

    fn made(&mut self, at: usize, index: usize, args: &[InstantiationArg<'a>]) -> Result<usize> {
        let definitions = self.definitions;
        let module = &definitions.modules[index];
        let defined = module.functions.len() - module.imported_functions as usize;
        self.charge(defined + module.imports.len() + module.sites.len() + args.len())?;
        let given: HashMap<&str, u32> = args.iter().map(|each| (each.name, each.index)).collect();
        let mut functions = Vec::new();
        let mut tables = Vec::new();
        for (from, name, kind) in &module.imports {
            let instance = given
                .get(from)
                .and_then(|index| self.frames[at].core_instances.get(*index as usize))
                .with_context(|| format!("core import `{from}` is not given"))?;
            match (kind, self.core_export(instance, name)) {
                (Imported::Function, Some(CoreItem::Function(node))) => functions.push(node),
                (Imported::Function, _) => {
                    let node = self.unknown_function();
                    functions.push(node);
                }
                (Imported::Table, Some(CoreItem::Table(table))) => tables.push(table),
                (Imported::Table, _) => tables.push(self.tables.unknown(at)),
                (Imported::Other, _) => {}
            }
        }
        for _ in module.imported_tables..module.tables {
            tables.push(self.tables.add(Table::new(at)));
        }
        let instance = self.graph.instances.len() as u32;
        let first = self.graph.vertices.len() as Node;
        for defined in 0..defined as u32 {
            self.graph.add(Vertex::Function { instance, defined });
        }
        let made = Made { module: index, functions, first, sites: Vec::new() };
        let sites = self.tables.link(&mut self.graph, at, instance, module, &made, &tables)?;
        let node = module
            .start
            .map(|start| made.function(start, defined).context("a start function that is not defined"));
        if let Some(node) = node {
            self.starts.push(node?);
        }
        self.graph.instances.push(Made { sites, ..made });
        self.made_tables.push(tables);
        Ok(instance as usize)
    }
}
