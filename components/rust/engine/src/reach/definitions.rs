//! Components as they are written: what each adds to its index spaces, in order.

use super::modules::{Module, Types};
use anyhow::{bail, Context, Result};
use std::rc::Rc;
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentType, ComponentTypeRef, Encoding, Instance, InstanceTypeDeclaration, Parser, Payload,
};

/// Depth of components in components.
const DEPTH_LIMIT: usize = 100;

/// Entries of one component; they take more room than in the binary.
const ENTRY_LIMIT: usize = 4_000_000;

/// One entry of a component that adds to an index space, or uses what is in one.
pub enum Entry<'a> {
    Module(usize),
    Component(usize),
    CoreInstance(Instance<'a>),
    Instance(ComponentInstance<'a>),
    Alias(ComponentAlias<'a>),
    Type(TypeEntry<'a>),
    Import { name: &'a str, ty: ComponentTypeRef },
    Export { name: &'a str, kind: ComponentExternalKind, index: u32 },
    Canonical(Canonical),
    Start(u32),
}

/// A type, as far as it matters.
#[derive(Clone)]
pub enum TypeEntry<'a> {
    /// A resource defined here; the index of its destructor in the space of core functions.
    Resource(Option<u32>),
    /// An instance type, with the names of its functions.
    Instance(Rc<[&'a str]>),
    Other,
}

/// A canonical definition, as far as it matters.
pub enum Canonical {
    Lift {
        function: u32,
        options: Options,
    },
    Lower {
        function: u32,
        options: Options,
    },
    ResourceDrop(u32),
    /// Starts a thread with any function.
    Spawn,
    /// What the host provides.
    Builtin(Options),
}

/// Core functions that are called together with another.
#[derive(Clone, Copy, Default)]
pub struct Options {
    pub realloc: Option<u32>,
    pub post_return: Option<u32>,
    pub callback: Option<u32>,
}

impl Options {
    fn of(options: &[CanonicalOption]) -> Options {
        let mut found = Options::default();
        for option in options {
            match *option {
                CanonicalOption::Realloc(function) => found.realloc = Some(function),
                CanonicalOption::PostReturn(function) => found.post_return = Some(function),
                CanonicalOption::Callback(function) => found.callback = Some(function),
                _ => {}
            }
        }
        found
    }
}

/// Every component and core module of a binary; the whole is the first component.
#[derive(Default)]
pub struct Definitions<'a> {
    pub components: Vec<Vec<Entry<'a>>>,
    pub modules: Vec<Module<'a>>,
}

enum Open<'a> {
    Component(usize),
    Module(Box<Module<'a>>),
}

impl<'a> Definitions<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Definitions<'a>> {
        let mut definitions = Definitions::default();
        let mut types = Types::default();
        let mut open: Vec<Open> = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { encoding: Encoding::Component, .. } => {
                    if open.len() > DEPTH_LIMIT {
                        bail!("components nest deeper than {DEPTH_LIMIT}");
                    }
                    open.push(Open::Component(definitions.components.len()));
                    definitions.components.push(Vec::new());
                }
                Payload::Version { .. } if open.is_empty() => bail!("it is no component"),
                Payload::Version { .. } => open.push(Open::Module(Box::default())),
                Payload::End(_) => {
                    let done = open.pop().context("an end without a beginning")?;
                    let entry = match done {
                        Open::Component(component) => Entry::Component(component),
                        Open::Module(module) => {
                            definitions.modules.push(*module);
                            Entry::Module(definitions.modules.len() - 1)
                        }
                    };
                    if let Some(Open::Component(around)) = open.last() {
                        definitions.components[*around].push(entry);
                    }
                }
                payload => match open.last_mut().context("a section outside of everything")? {
                    Open::Module(module) => module.read(payload, &mut types)?,
                    Open::Component(index) => {
                        let component = &mut definitions.components[*index];
                        entries(payload, component)?;
                        if component.len() > ENTRY_LIMIT {
                            bail!("a component defines more than {ENTRY_LIMIT} items");
                        }
                    }
                },
            }
        }
        if !open.is_empty() || definitions.components.is_empty() {
            bail!("the file is cut short");
        }
        Ok(definitions)
    }
}

fn entries<'a>(payload: Payload<'a>, into: &mut Vec<Entry<'a>>) -> Result<()> {
    match payload {
        Payload::InstanceSection(section) => {
            for instance in section {
                into.push(Entry::CoreInstance(instance?));
            }
        }
        Payload::ComponentInstanceSection(section) => {
            for instance in section {
                into.push(Entry::Instance(instance?));
            }
        }
        Payload::ComponentAliasSection(section) => {
            for alias in section {
                into.push(Entry::Alias(alias?));
            }
        }
        Payload::ComponentTypeSection(section) => {
            for ty in section {
                into.push(Entry::Type(type_entry(ty?)));
            }
        }
        Payload::ComponentCanonicalSection(section) => {
            for function in section {
                into.push(Entry::Canonical(canonical(function?)));
            }
        }
        Payload::ComponentImportSection(section) => {
            for import in section {
                let import = import?;
                into.push(Entry::Import { name: import.name.name, ty: import.ty });
            }
        }
        Payload::ComponentExportSection(section) => {
            for export in section {
                let export = export?;
                let (name, kind, index) = (export.name.name, export.kind, export.index);
                into.push(Entry::Export { name, kind, index });
            }
        }
        Payload::ComponentStartSection { start, .. } => into.push(Entry::Start(start.func_index)),
        Payload::UnknownSection { id, .. } => bail!("section of unknown kind {id}"),
        _ => {}
    }
    Ok(())
}

fn type_entry(ty: ComponentType) -> TypeEntry {
    match ty {
        ComponentType::Resource { dtor, .. } => TypeEntry::Resource(dtor),
        ComponentType::Instance(declarations) => {
            let functions = declarations.iter().filter_map(|declaration| match declaration {
                InstanceTypeDeclaration::Export { name, ty: ComponentTypeRef::Func(_) } => Some(name.name),
                _ => None,
            });
            TypeEntry::Instance(functions.collect())
        }
        _ => TypeEntry::Other,
    }
}

fn canonical(function: CanonicalFunction) -> Canonical {
    match function {
        CanonicalFunction::Lift { core_func_index, options, .. } => {
            Canonical::Lift { function: core_func_index, options: Options::of(&options) }
        }
        CanonicalFunction::Lower { func_index, options } => {
            Canonical::Lower { function: func_index, options: Options::of(&options) }
        }
        CanonicalFunction::ResourceDrop { resource } => Canonical::ResourceDrop(resource),
        CanonicalFunction::ThreadSpawnRef { .. }
        | CanonicalFunction::ThreadSpawnIndirect { .. }
        | CanonicalFunction::ThreadNewIndirect { .. } => Canonical::Spawn,
        CanonicalFunction::TaskReturn { options, .. }
        | CanonicalFunction::StreamRead { options, .. }
        | CanonicalFunction::StreamWrite { options, .. }
        | CanonicalFunction::FutureRead { options, .. }
        | CanonicalFunction::FutureWrite { options, .. }
        | CanonicalFunction::ErrorContextNew { options }
        | CanonicalFunction::ErrorContextDebugMessage { options } => {
            Canonical::Builtin(Options::of(&options))
        }
        _ => Canonical::Builtin(Options::default()),
    }
}
