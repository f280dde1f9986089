//! What becomes of a component when it is instantiated: every core instance, and what each is given.

mod core_instances;
mod items;

use super::definitions::{Definitions, Entry, TypeEntry};
use super::graph::{By, Edge, Graph, Node, Vertex};
use super::tables::Tables;
use anyhow::{bail, Context, Result};
use items::{Closure, CoreItem, Exports, Frame, Item, TypeItem};
use std::collections::HashMap;
use std::rc::Rc;
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, ComponentTypeRef,
    ExternalKind,
};

/// Steps to follow what one binary instantiates: components in components may ask for very many.
const STEP_LIMIT: u64 = 10_000_000;

/// Steps that an instance of a component counts as, for the room that it takes.
const INSTANCE_STEPS: usize = 64;

/// Depth of instances within instances.
const DEPTH_LIMIT: usize = 200;

/// What may be called from outside.
pub struct Entrance {
    pub name: String,
    pub kind: EntranceKind,
    pub node: Node,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntranceKind {
    Export,
    Destructor,
    Instantiation,
}

/// What the whole imports, and what may happen in it.
pub struct Elaborated {
    pub graph: Graph,
    pub entrances: Vec<Entrance>,
    /// Interface (empty for a function of the world) and function.
    pub imports: Vec<(Rc<str>, Rc<str>)>,
    /// Node of each import.
    pub import_nodes: Vec<Node>,
    /// What could not be followed: then everything may be reached.
    pub unknown: Vec<String>,
}

pub fn elaborate<'a>(definitions: &Definitions<'a>) -> Result<Elaborated> {
    let mut elaboration = Elaboration {
        definitions,
        graph: Graph::default(),
        tables: Tables::default(),
        frames: Vec::new(),
        open: Vec::new(),
        starts: Vec::new(),
        imports: Vec::new(),
        import_nodes: Vec::new(),
        known_imports: HashMap::new(),
        made_tables: Vec::new(),
        unknown: Vec::new(),
        steps: 0,
    };
    elaboration.run()?;
    let entrances = elaboration.entrances()?;
    let Elaboration { mut graph, mut tables, imports, import_nodes, unknown, steps, .. } = elaboration;
    tables.fill(&mut graph, &definitions.modules, STEP_LIMIT.saturating_sub(steps))?;
    Ok(Elaborated { graph, entrances, imports, import_nodes, unknown })
}

struct Elaboration<'d, 'a> {
    definitions: &'d Definitions<'a>,
    graph: Graph,
    tables: Tables,
    /// Every one that there was: outer aliases refer to them.
    frames: Vec<Frame<'a>>,
    open: Vec<usize>,
    starts: Vec<Node>,
    imports: Vec<(Rc<str>, Rc<str>)>,
    import_nodes: Vec<Node>,
    known_imports: HashMap<(Rc<str>, Rc<str>), Node>,
    /// The tables of each core instance.
    made_tables: Vec<Vec<usize>>,
    unknown: Vec<String>,
    steps: u64,
}

impl<'d, 'a> Elaboration<'d, 'a> {
    fn run(&mut self) -> Result<()> {
        self.enter(Closure { component: 0, around: None }, None)?;
        while let Some(at) = self.open.last().copied() {
            let definitions = self.definitions;
            let frame = &mut self.frames[at];
            match definitions.components[frame.closure.component].get(frame.next) {
                Some(entry) => {
                    frame.next += 1;
                    self.charge(1)?;
                    self.entry(at, entry)?;
                }
                None => {
                    self.open.pop();
                    if let Some(around) = self.open.last() {
                        let exports = self.frames[at].exports.iter().cloned().collect();
                        self.frames[*around].instances.push(Rc::new(Exports::Known(exports)));
                    }
                }
            }
        }
        Ok(())
    }

    fn charge(&mut self, steps: usize) -> Result<()> {
        self.steps += steps as u64;
        if self.steps > STEP_LIMIT {
            bail!("it instantiates too much to be followed");
        }
        Ok(())
    }

    fn enter(&mut self, closure: Closure, arguments: Option<HashMap<&'a str, Item<'a>>>) -> Result<()> {
        if self.open.len() > DEPTH_LIMIT {
            bail!("instances nest deeper than {DEPTH_LIMIT}");
        }
        self.charge(INSTANCE_STEPS)?;
        self.open.push(self.frames.len());
        self.frames.push(Frame {
            closure,
            next: 0,
            arguments,
            functions: Vec::new(),
            instances: Vec::new(),
            modules: Vec::new(),
            components: Vec::new(),
            types: Vec::new(),
            core_functions: Vec::new(),
            core_tables: Vec::new(),
            core_instances: Vec::new(),
            exports: Vec::new(),
        });
        Ok(())
    }

    fn entry(&mut self, at: usize, entry: &'d Entry<'a>) -> Result<()> {
        match entry {
            Entry::Module(module) => self.frames[at].modules.push(Some(*module)),
            Entry::Component(component) => {
                let closure = Closure { component: *component, around: Some(at) };
                self.frames[at].components.push(Some(closure));
            }
            Entry::CoreInstance(instance) => self.core_instance(at, instance)?,
            Entry::Instance(instance) => self.instance(at, instance)?,
            Entry::Alias(alias) => self.alias(at, alias)?,
            Entry::Type(ty) => {
                let item = match ty {
                    TypeEntry::Resource(None) => TypeItem::Resource(None),
                    TypeEntry::Resource(Some(function)) => {
                        TypeItem::Resource(Some(self.core_function(at, *function)?))
                    }
                    TypeEntry::Instance(functions) => TypeItem::Instance(functions.clone()),
                    TypeEntry::Other => TypeItem::Other,
                };
                self.frames[at].types.push(item);
            }
            Entry::Import { name, ty } => self.import(at, name, *ty)?,
            Entry::Export { name, kind, index } => {
                let item = self.item(at, *kind, *index)?;
                self.push(at, item.clone());
                self.frames[at].exports.push((name, item));
            }
            Entry::Canonical(canonical) => self.canonical(at, canonical)?,
            Entry::Start(function) => {
                let node = self.function(at, *function)?;
                self.starts.push(node);
            }
        }
        Ok(())
    }

    fn import(&mut self, at: usize, name: &'a str, ty: ComponentTypeRef) -> Result<()> {
        let item = match &self.frames[at].arguments {
            Some(arguments) => {
                arguments.get(name).cloned().with_context(|| format!("import `{name}` is not given"))?
            }
            None => match ty {
                ComponentTypeRef::Func(_) => Item::Function(self.host("".into(), name)),
                ComponentTypeRef::Instance(index) => {
                    let interface: Rc<str> = name.into();
                    if let Some(TypeItem::Instance(functions)) = self.frames[at].types.get(index as usize) {
                        for function in functions.clone().iter() {
                            self.charge(1)?;
                            self.host(interface.clone(), function);
                        }
                    }
                    Item::Instance(Rc::new(Exports::Host(interface)))
                }
                ComponentTypeRef::Module(_) => Item::Module(None),
                ComponentTypeRef::Component(_) => Item::Component(None),
                ComponentTypeRef::Type(_) => Item::Type(TypeItem::Other),
                ComponentTypeRef::Value(_) => Item::Value,
            },
        };
        self.push(at, item);
        Ok(())
    }

    /// The node of a function that the host provides.
    fn host(&mut self, interface: Rc<str>, function: &str) -> Node {
        let key = (interface, Rc::from(function));
        if let Some(node) = self.known_imports.get(&key) {
            return *node;
        }
        let node = self.graph.add(Vertex::Import(self.imports.len() as u32));
        self.imports.push(key.clone());
        self.import_nodes.push(node);
        self.known_imports.insert(key, node);
        node
    }

    fn item(&self, at: usize, kind: ComponentExternalKind, index: u32) -> Result<Item<'a>> {
        let frame = &self.frames[at];
        let place = index as usize;
        match kind {
            ComponentExternalKind::Func => frame.functions.get(place).copied().map(Item::Function),
            ComponentExternalKind::Instance => frame.instances.get(place).cloned().map(Item::Instance),
            ComponentExternalKind::Module => frame.modules.get(place).copied().map(Item::Module),
            ComponentExternalKind::Component => frame.components.get(place).copied().map(Item::Component),
            ComponentExternalKind::Type => frame.types.get(place).cloned().map(Item::Type),
            // Values do not run anything, whichever they are.
            ComponentExternalKind::Value => Some(Item::Value),
        }
        .with_context(|| format!("{} number {index} is used and not defined", kind.desc()))
    }

    fn push(&mut self, at: usize, item: Item<'a>) {
        let frame = &mut self.frames[at];
        match item {
            Item::Function(node) => frame.functions.push(node),
            Item::Instance(exports) => frame.instances.push(exports),
            Item::Module(module) => frame.modules.push(module),
            Item::Component(closure) => frame.components.push(closure),
            Item::Type(ty) => frame.types.push(ty),
            Item::Value => {}
        }
    }

    fn instance(&mut self, at: usize, instance: &'d ComponentInstance<'a>) -> Result<()> {
        match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                self.charge(args.len())?;
                let arguments = args
                    .iter()
                    .map(|argument| Ok((argument.name, self.item(at, argument.kind, argument.index)?)))
                    .collect::<Result<_>>()?;
                match self.item(at, ComponentExternalKind::Component, *component_index)? {
                    Item::Component(Some(closure)) => self.enter(closure, Some(arguments))?,
                    _ => {
                        self.not_followed("a component that is imported");
                        self.frames[at].instances.push(Rc::new(Exports::Unknown));
                    }
                }
            }
            ComponentInstance::FromExports(exports) => {
                self.charge(exports.len())?;
                let items = exports
                    .iter()
                    .map(|export| Ok((export.name.name, self.item(at, export.kind, export.index)?)))
                    .collect::<Result<_>>()?;
                self.frames[at].instances.push(Rc::new(Exports::Known(items)));
            }
        }
        Ok(())
    }

    fn not_followed(&mut self, what: &str) {
        if !self.unknown.iter().any(|known| known == what) {
            self.unknown.push(what.into());
        }
    }

    /// A function that may do whatever the whole can.
    fn unknown_function(&mut self) -> Node {
        self.graph.joint(Vec::new())
    }

    fn alias(&mut self, at: usize, alias: &ComponentAlias<'a>) -> Result<()> {
        match *alias {
            ComponentAlias::InstanceExport { kind, instance_index, name } => {
                let Item::Instance(instance) =
                    self.item(at, ComponentExternalKind::Instance, instance_index)?
                else {
                    bail!("an alias of what is no instance")
                };
                let item = match &*instance {
                    Exports::Known(items) => {
                        items.get(name).cloned().with_context(|| format!("`{name}` is not exported"))?
                    }
                    Exports::Host(interface) => self.of_host(interface, kind, name),
                    Exports::Unknown => self.of_unknown(kind),
                };
                self.push(at, item);
            }
            ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                let item = match self.frames[at].core_instances.get(instance_index as usize) {
                    Some(instance) => self.core_export(instance, name),
                    None => bail!("core instance number {instance_index} is used and not defined"),
                };
                let item = match (item, kind) {
                    (Some(item), _) => item,
                    (None, ExternalKind::Func | ExternalKind::FuncExact) => {
                        CoreItem::Function(self.unknown_function())
                    }
                    (None, ExternalKind::Table) => CoreItem::Table(self.tables.unknown(at)),
                    (None, _) => CoreItem::Other,
                };
                let frame = &mut self.frames[at];
                match item {
                    CoreItem::Function(node) => frame.core_functions.push(node),
                    CoreItem::Table(table) => frame.core_tables.push(table),
                    CoreItem::Other => {}
                }
            }
            ComponentAlias::Outer { kind, count, index } => {
                let kind = match kind {
                    ComponentOuterAliasKind::CoreModule => ComponentExternalKind::Module,
                    ComponentOuterAliasKind::Component => ComponentExternalKind::Component,
                    ComponentOuterAliasKind::Type => ComponentExternalKind::Type,
                    ComponentOuterAliasKind::CoreType => return Ok(()),
                };
                let mut around = at;
                for _ in 0..count {
                    around = self.frames[around]
                        .closure
                        .around
                        .context("an outer alias reaches out of the binary")?;
                }
                let item = self.item(around, kind, index)?;
                self.push(at, item);
            }
        }
        Ok(())
    }

    fn of_host(&mut self, interface: &Rc<str>, kind: ComponentExternalKind, name: &str) -> Item<'a> {
        match kind {
            ComponentExternalKind::Func => Item::Function(self.host(interface.clone(), name)),
            ComponentExternalKind::Instance => {
                let inner = format!("{interface}/{name}");
                Item::Instance(Rc::new(Exports::Host(inner.into())))
            }
            other => self.of_unknown(other),
        }
    }

    fn of_unknown(&mut self, kind: ComponentExternalKind) -> Item<'a> {
        match kind {
            ComponentExternalKind::Func => Item::Function(self.unknown_function()),
            ComponentExternalKind::Instance => Item::Instance(Rc::new(Exports::Unknown)),
            ComponentExternalKind::Module => Item::Module(None),
            ComponentExternalKind::Component => Item::Component(None),
            ComponentExternalKind::Type => Item::Type(TypeItem::Other),
            ComponentExternalKind::Value => Item::Value,
        }
    }

    fn function(&self, at: usize, index: u32) -> Result<Node> {
        match self.item(at, ComponentExternalKind::Func, index)? {
            Item::Function(node) => Ok(node),
            _ => bail!("function number {index} is no function"),
        }
    }

    /// Everything that may be called from outside, exports first.
    fn entrances(&mut self) -> Result<Vec<Entrance>> {
        let mut found = Vec::new();
        let exports = std::mem::take(&mut self.frames[0].exports);
        let mut pending: Vec<(String, Item, usize)> =
            exports.into_iter().rev().map(|(name, item)| (name.into(), item, 0)).collect();
        let inner = |around: &str, name: &str, depth: usize| {
            format!("{around}{}{name}", if depth == 0 { "#" } else { "/" })
        };
        while let Some((name, item, depth)) = pending.pop() {
            self.charge(1 + name.len() / 64)?;
            match item {
                Item::Function(node) => {
                    found.push(Entrance { name, kind: EntranceKind::Export, node });
                }
                Item::Type(TypeItem::Resource(Some(node))) => {
                    found.push(Entrance { name, kind: EntranceKind::Destructor, node });
                }
                Item::Instance(exports) => {
                    if depth > DEPTH_LIMIT {
                        bail!("instances nest deeper than {DEPTH_LIMIT}");
                    }
                    let Exports::Known(items) = &*exports else {
                        // What comes from the host needs no code here.
                        continue;
                    };
                    let mut items: Vec<_> = items.iter().collect();
                    // By name: in a binary they stand in any order.
                    items.sort_by(|one, other| other.0.cmp(one.0));
                    for (each, item) in items {
                        pending.push((inner(&name, each, depth), item.clone(), depth + 1));
                    }
                }
                _ => {}
            }
        }
        found.sort_by_key(|entrance| entrance.kind);
        if !self.starts.is_empty() {
            let edges = self.starts.iter().map(|to| Edge { to: *to, by: By::Call }).collect();
            let node = self.graph.joint(edges);
            let name = "instantiation".into();
            found.push(Entrance { name, kind: EntranceKind::Instantiation, node });
        }
        Ok(found)
    }
}
