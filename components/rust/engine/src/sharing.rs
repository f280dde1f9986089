//! Core modules and components that stand more than once in a composition.
//!
//! Each is written once, at the beginning of the composition, and where it stood there is an outer
//! alias of it (Component Model, Explainer.md, "Alias Definitions"): what is defined at a place keeps its
//! index there. Names take no part in whether two are the same, since composing names them after
//! their nodes.

use crate::describe::own_name;
use anyhow::{bail, Context, Result};
use std::collections::HashMap;
use std::ops::Range;
use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentInstanceSection,
    ComponentNameSection, ComponentOuterAliasKind, NameMap, RawSection,
};
use wasm_metadata::{AddMetadata, AddMetadataField};
use wasmparser::{
    BinaryReader, Chunk, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentInstanceSectionReader, ComponentType, ComponentTypeDeclaration, Encoding,
    InstanceTypeDeclaration, KnownCustom, Parser, Payload,
};

/// Depth of components in components.
const DEPTH_LIMIT: usize = 100;
const MODULE_SECTION: u8 = 1;
const COMPONENT_SECTION: u8 = 4;
const INSTANCE_SECTION: u8 = 5;
/// In a section of component names: names of the items of one sort, and the sort of instances.
const SORT_NAMES: u8 = 1;
const INSTANCE_SORT: u8 = 5;

/// The composition with every core module and component in it written once, called `name`.
///
/// The caller may add sections before it finishes the component.
pub fn shared(bytes: &[u8], name: &str) -> Result<Component> {
    let root = Definition::read(bytes, 0..bytes.len(), 0)?;
    let mut census = Census::default();
    census.count(bytes, &root);
    let hoisted = census.hoisted();
    Writer { bytes, name, census: &census, hoisted: &hoisted }.root(&root)
}

/// One section of a module or component, as far as this module needs to know it.
enum Section {
    /// Copied as it is.
    Plain { id: u8, content: Range<usize> },
    /// Names: not compared. The data is what follows the section's own name.
    Names { content: Range<usize>, data: Range<usize>, own: Option<String> },
    Nested(Definition),
}

/// A core module or a component, and what stands in it.
struct Definition {
    range: Range<usize>,
    is_component: bool,
    sections: Vec<Section>,
    /// Whether everything that it refers to lies in it, so that it may stand elsewhere.
    is_closed: bool,
    /// How far its outer aliases reach beyond it; 0 when it is closed.
    reach: u32,
    /// Bytes of its sections without names.
    weight: usize,
}

impl Definition {
    fn read(bytes: &[u8], range: Range<usize>, depth: usize) -> Result<Definition> {
        if depth > DEPTH_LIMIT {
            bail!("components nest deeper than {DEPTH_LIMIT}");
        }
        let mut definition = Definition {
            range: range.clone(),
            is_component: false,
            sections: Vec::new(),
            is_closed: true,
            reach: 0,
            weight: 0,
        };
        let mut parser = Parser::new(range.start as u64);
        let mut offset = range.start;
        loop {
            let input = bytes.get(offset..range.end).context("the file is cut short")?;
            let (payload, consumed) = match parser.parse(input, true)? {
                Chunk::Parsed { payload, consumed } => (payload, consumed),
                Chunk::NeedMoreData(_) => bail!("the file is cut short"),
            };
            offset += consumed;
            match payload {
                Payload::Version { encoding, .. } => {
                    definition.is_component = encoding == Encoding::Component;
                }
                Payload::ModuleSection { unchecked_range, .. }
                | Payload::ComponentSection { unchecked_range, .. } => {
                    let inner = unchecked_range.start as usize..unchecked_range.end as usize;
                    offset = inner.end;
                    definition.add_nested(Definition::read(bytes, inner, depth + 1)?);
                }
                Payload::CodeSectionStart { unchecked_range: code, .. } => {
                    // Functions are not looked at one by one.
                    offset = code.end as usize;
                    parser.skip_section();
                    definition.add(10, code.start as usize..code.end as usize);
                }
                Payload::CustomSection(section)
                    if matches!(section.as_known(), KnownCustom::Name(_) | KnownCustom::ComponentName(_)) =>
                {
                    let range = section.range();
                    definition.sections.push(Section::Names {
                        content: range.start as usize..range.end as usize,
                        data: section.data_offset() as usize..range.end as usize,
                        own: own_name(&section),
                    });
                }
                Payload::ComponentAliasSection(ref section) => {
                    for alias in section.clone() {
                        definition.reach = definition.reach.max(alias_reach(&alias?));
                    }
                    if let Some((id, range)) = payload.as_section() {
                        definition.add(id, range.start as usize..range.end as usize);
                    }
                }
                Payload::ComponentTypeSection(ref section) => {
                    for ty in section.clone() {
                        definition.reach = definition.reach.max(type_reach(&ty?));
                    }
                    if let Some((id, range)) = payload.as_section() {
                        definition.add(id, range.start as usize..range.end as usize);
                    }
                }
                Payload::CoreTypeSection(_) => {
                    // Seldom, and not worth a closer look: it stays where it is.
                    definition.reach = definition.reach.max(1);
                    if let Some((id, range)) = payload.as_section() {
                        definition.add(id, range.start as usize..range.end as usize);
                    }
                }
                Payload::End(_) => {
                    definition.is_closed = definition.reach == 0;
                    return Ok(definition);
                }
                other => {
                    if let Some((id, range)) = other.as_section() {
                        definition.add(id, range.start as usize..range.end as usize);
                    }
                }
            }
        }
    }

    fn add(&mut self, id: u8, content: Range<usize>) {
        self.weight += content.len() + 1;
        self.sections.push(Section::Plain { id, content });
    }

    fn add_nested(&mut self, nested: Definition) {
        self.weight += nested.weight + 1;
        self.reach = self.reach.max(nested.reach.saturating_sub(1));
        self.sections.push(Section::Nested(nested));
    }

    /// The sections in order, without names, nested ones laid open.
    fn content<'a>(&'a self, bytes: &'a [u8], into: &mut Vec<(u8, &'a [u8])>) {
        for section in &self.sections {
            match section {
                Section::Plain { id, content } => into.push((*id, &bytes[content.clone()])),
                Section::Names { .. } => {}
                Section::Nested(nested) => {
                    into.push((if nested.is_component { COMPONENT_SECTION } else { MODULE_SECTION }, &[]));
                    nested.content(bytes, into);
                    // Where it ends must show, or a section could move into its neighbour.
                    into.push((u8::MAX, &[]));
                }
            }
        }
    }

    fn is_same(&self, other: &Definition, bytes: &[u8]) -> bool {
        if (self.is_component, self.weight) != (other.is_component, other.weight) {
            return false;
        }
        let (mut own, mut others) = (Vec::new(), Vec::new());
        self.content(bytes, &mut own);
        other.content(bytes, &mut others);
        own == others
    }

    fn own_name(&self) -> Option<&str> {
        self.sections.iter().find_map(|section| match section {
            Section::Names { own, .. } => own.as_deref(),
            _ => None,
        })
    }
}

/// How far the outer aliases in a type reach beyond the component that defines it.
fn type_reach(ty: &ComponentType) -> u32 {
    match ty {
        ComponentType::Component(declarations) => declarations
            .iter()
            .map(|each| match each {
                ComponentTypeDeclaration::Alias(alias) => alias_reach(alias),
                ComponentTypeDeclaration::Type(ty) => type_reach(ty),
                _ => 0,
            })
            .max()
            .unwrap_or(0)
            .saturating_sub(1),
        ComponentType::Instance(declarations) => declarations
            .iter()
            .map(|each| match each {
                InstanceTypeDeclaration::Alias(alias) => alias_reach(alias),
                InstanceTypeDeclaration::Type(ty) => type_reach(ty),
                _ => 0,
            })
            .max()
            .unwrap_or(0)
            .saturating_sub(1),
        _ => 0,
    }
}

fn alias_reach(alias: &ComponentAlias) -> u32 {
    match alias {
        ComponentAlias::Outer { count, .. } => *count,
        _ => 0,
    }
}

/// A set of definitions that are the same.
struct Kind<'a> {
    first: &'a Definition,
    count: usize,
    /// Names that its occurrences go by, in order, each once.
    names: Vec<&'a str>,
}

/// Every definition in the composition, sorted into those that are the same.
#[derive(Default)]
struct Census<'a> {
    kinds: Vec<Kind<'a>>,
    by_weight: HashMap<(bool, usize), Vec<usize>>,
    /// Kind of the definition that begins at an offset.
    at: HashMap<usize, usize>,
}

impl<'a> Census<'a> {
    fn count(&mut self, bytes: &[u8], parent: &'a Definition) {
        for section in &parent.sections {
            let Section::Nested(nested) = section else { continue };
            if !nested.is_closed {
                // What reaches out of its place cannot leave it; what stands in it may.
                self.count(bytes, nested);
                continue;
            }
            let candidates = self.by_weight.entry((nested.is_component, nested.weight)).or_default();
            let known = candidates
                .iter()
                .copied()
                .find(|index| self.kinds[*index].first.is_same(nested, bytes));
            let index = known.unwrap_or_else(|| {
                candidates.push(self.kinds.len());
                self.kinds.push(Kind { first: nested, count: 0, names: Vec::new() });
                self.kinds.len() - 1
            });
            let kind = &mut self.kinds[index];
            kind.count += 1;
            if let Some(name) = nested.own_name() {
                if !kind.names.contains(&name) {
                    kind.names.push(name);
                }
            }
            self.at.insert(nested.range.start, index);
            if known.is_none() {
                self.count(bytes, nested);
            }
        }
    }

    /// Kinds that stand more than once, innermost first so that each may refer to those before it, with
    /// their index among the core modules or the components of the composition.
    fn hoisted(&self) -> HashMap<usize, u32> {
        let mut hoisted = HashMap::new();
        let (mut modules, mut components) = (0, 0);
        for index in self.order() {
            let counter = if self.kinds[index].first.is_component { &mut components } else { &mut modules };
            hoisted.insert(index, *counter);
            *counter += 1;
        }
        hoisted
    }

    /// What is hoisted, in the order in which it is written: lighter first, as nothing holds what is
    /// heavier than itself.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> =
            (0..self.kinds.len()).filter(|index| self.kinds[*index].count > 1).collect();
        order.sort_by_key(|index| (self.kinds[*index].first.weight, self.kinds[*index].first.range.start));
        order
    }
}

struct Writer<'a> {
    bytes: &'a [u8],
    name: &'a str,
    census: &'a Census<'a>,
    hoisted: &'a HashMap<usize, u32>,
}

impl Writer<'_> {
    fn root(&self, root: &Definition) -> Result<Component> {
        let mut component = Component::new();
        let order = self.census.order();
        for index in &order {
            let kind = &self.census.kinds[*index];
            let id = if kind.first.is_component { COMPONENT_SECTION } else { MODULE_SECTION };
            let data = self.definition(kind.first, 1, &kind.names)?;
            component.section(&RawSection { id, data: &data });
        }
        let hoisted = order.iter().filter(|index| self.census.kinds[**index].first.is_component);
        let mut next = hoisted.count() as u32;
        let mut indices = Vec::new();
        for section in &root.sections {
            match section {
                Section::Nested(nested) if nested.is_component => {
                    if let Some(index) = self.place_of(nested) {
                        indices.push(index);
                        continue;
                    }
                    indices.push(next);
                    next += 1;
                    self.write(section, 1, &mut component)?;
                }
                Section::Plain { id: INSTANCE_SECTION, content } => {
                    component.section(&self.instances(content.clone(), &indices)?);
                }
                Section::Names { data, .. } => self.named(data.clone(), &mut component)?,
                _ => self.write(section, 1, &mut component)?,
            }
        }
        Ok(component)
    }

    /// The composition's own name, and those of its instances: `wac-graph` names nothing else, and
    /// in an order that tools do not read.
    fn named(&self, data: Range<usize>, into: &mut Component) -> Result<()> {
        let mut instances = instance_names(&self.bytes[data])?;
        instances.sort_unstable();
        let mut map = NameMap::new();
        for (index, name) in instances {
            map.append(index, name);
        }
        let mut names = ComponentNameSection::new();
        if !self.name.is_empty() {
            names.component(self.name);
        }
        names.instances(&map);
        into.section(&names);
        Ok(())
    }

    /// Instances of the composition, with the components at their new indices.
    fn instances(&self, content: Range<usize>, indices: &[u32]) -> Result<ComponentInstanceSection> {
        let reader = BinaryReader::new(&self.bytes[content.clone()], content.start as u64);
        let mut section = ComponentInstanceSection::new();
        for instance in ComponentInstanceSectionReader::new(reader)? {
            match instance? {
                ComponentInstance::Instantiate { component_index, args } => {
                    let component = indices
                        .get(component_index as usize)
                        .context("an instance of a component that is not there")?;
                    let arguments: Vec<_> = args
                        .iter()
                        .map(|argument| {
                            (argument.name.to_string(), encoded_kind(argument.kind), argument.index)
                        })
                        .collect();
                    section.instantiate(*component, arguments);
                }
                ComponentInstance::FromExports(_) => bail!("the composition holds an instance of exports"),
            }
        }
        Ok(section)
    }

    fn place_of(&self, definition: &Definition) -> Option<u32> {
        let kind = self.census.at.get(&definition.range.start)?;
        self.hoisted.get(kind).copied()
    }

    /// Write a section that stands `depth` components deep, the composition's own being at depth 1.
    fn write(&self, section: &Section, depth: u32, into: &mut Component) -> Result<()> {
        match section {
            Section::Plain { id, content } => {
                into.section(&RawSection { id: *id, data: &self.bytes[content.clone()] });
            }
            Section::Names { content, .. } => {
                into.section(&RawSection { id: 0, data: &self.bytes[content.clone()] });
            }
            Section::Nested(nested) => {
                if let Some(index) = self.place_of(nested) {
                    let kind = if nested.is_component {
                        ComponentOuterAliasKind::Component
                    } else {
                        ComponentOuterAliasKind::CoreModule
                    };
                    let mut aliases = ComponentAliasSection::new();
                    aliases.alias(Alias::Outer { kind, count: depth - 1, index });
                    into.section(&aliases);
                    return Ok(());
                }
                let id = if nested.is_component { COMPONENT_SECTION } else { MODULE_SECTION };
                let data = self.definition(nested, depth, &[])?;
                into.section(&RawSection { id, data: &data });
            }
        }
        Ok(())
    }

    /// The bytes of a definition that stands in a component at `depth`; named after all of `names`.
    fn definition(&self, definition: &Definition, depth: u32, names: &[&str]) -> Result<Vec<u8>> {
        if !definition.is_component {
            let module = &self.bytes[definition.range.clone()];
            return match joined(names) {
                Some(name) => {
                    let mut add = AddMetadata::default();
                    add.name = AddMetadataField::Set(name);
                    add.to_wasm(module)
                }
                None => Ok(module.to_vec()),
            };
        }
        let mut component = Component::new();
        for section in &definition.sections {
            self.write(section, depth + 1, &mut component)?;
        }
        Ok(component.finish())
    }
}

/// The names of instances in a section of component names, in the order in which they stand: the
/// parser's own reader refuses what is not sorted (`Binary.md` of the Component Model, "Name Section").
fn instance_names(data: &[u8]) -> Result<Vec<(u32, &str)>> {
    let mut names = Vec::new();
    let mut reader = BinaryReader::new(data, 0);
    while !reader.eof() {
        let (id, size) = (reader.read_u8()?, reader.read_var_u32()?);
        let mut subsection = BinaryReader::new(reader.read_bytes(size as usize)?, 0);
        if id != SORT_NAMES || subsection.read_u8()? != INSTANCE_SORT {
            continue;
        }
        for _ in 0..subsection.read_var_u32()? {
            names.push((subsection.read_var_u32()?, subsection.read_string()?));
        }
    }
    Ok(names)
}

/// `left+right/libc.so` for `left/libc.so` and `right/libc.so`; none where nothing has to change.
fn joined(names: &[&str]) -> Option<String> {
    let (first, others) = names.split_first()?;
    if others.is_empty() {
        return None;
    }
    let (mut nodes, module) = match first.split_once('/') {
        Some((node, module)) => (vec![node], module),
        None => return None,
    };
    for name in others {
        let node = name.split_once('/').map_or(*name, |(node, _)| node);
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    nodes.sort_unstable();
    Some(format!("{}/{module}", nodes.join("+")))
}

fn encoded_kind(kind: ComponentExternalKind) -> ComponentExportKind {
    match kind {
        ComponentExternalKind::Module => ComponentExportKind::Module,
        ComponentExternalKind::Func => ComponentExportKind::Func,
        ComponentExternalKind::Value => ComponentExportKind::Value,
        ComponentExternalKind::Type => ComponentExportKind::Type,
        ComponentExternalKind::Instance => ComponentExportKind::Instance,
        ComponentExternalKind::Component => ComponentExportKind::Component,
    }
}
