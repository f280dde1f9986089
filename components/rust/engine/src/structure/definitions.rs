//! Every core module and component that a binary defines, each read once.

use super::origin::Origin;
use super::sections::{section, Reader};
use super::spaces::{Spaces, Static};
use crate::describe::Item;
use anyhow::{bail, Context, Result};
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;
use wasm_encoder::Encode;
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentAliasSectionReader, ComponentExternalKind,
    ComponentInstance, ComponentName, ComponentOuterAliasKind, CustomSectionReader, Encoding,
    KnownCustom, Payload,
};

/// Depth of components in components.
const DEPTH_LIMIT: usize = 100;

/// Core modules and components in one binary; the validator draws its line at a thousand of each in one.
const DEFINITION_LIMIT: usize = 20_000;

/// Languages told of one component.
const LANGUAGE_LIMIT: usize = 100;

pub const CODE_SECTION: u8 = 10;
/// One function without locals and instructions: its size, no locals, the end.
const EMPTY_FUNCTION: [u8; 3] = [2, 0, 0x0b];

/// A core module.
pub struct Module {
    pub item: Item,
    /// The module without function bodies, data, elements and custom sections: what types depend on.
    pub outline: Vec<u8>,
}

/// One section of a component, as needed to write it again.
pub enum Section {
    Plain {
        id: u8,
        content: Range<usize>,
    },
    Module(usize),
    Component(usize),
    /// Aliases, some of them outer ones of a core module or component.
    Aliases(Vec<(Range<usize>, Option<Outer>)>),
}

/// An outer alias: how far out, and what it names where that is defined in the binary.
#[derive(Clone, Copy)]
pub struct Outer {
    pub count: u32,
    pub kind: ComponentOuterAliasKind,
    pub target: Option<usize>,
}

/// A core module as it stands in a component.
pub struct ModuleUse {
    /// Index among the modules; none for what comes in by an import further out.
    pub module: Option<usize>,
    pub name: Rc<str>,
    pub is_shared: bool,
}

/// An instance that a component makes of another.
pub struct Made {
    /// Index among the definitions; none for a component that is imported.
    pub component: Option<usize>,
    pub imported: Option<Rc<str>>,
    pub name: String,
    pub arguments: Vec<(String, ComponentExternalKind, Origin)>,
}

/// A component.
#[derive(Default)]
pub struct Definition {
    pub parent: Option<usize>,
    /// Its own names, producers and texts.
    pub item: Option<Item>,
    /// Bytes in it and in all that is defined in it.
    pub code: u64,
    pub data: u64,
    pub custom: u64,
    pub has_code: bool,
    pub languages: BTreeSet<String>,
    pub modules: Vec<ModuleUse>,
    pub imports: Vec<(String, ComponentExternalKind)>,
    pub exports: Vec<(String, ComponentExternalKind, Origin)>,
    pub instances: Vec<Made>,
    pub sections: Vec<Section>,
}

/// All that a binary defines; the component that it is comes first.
pub struct Definitions<'a> {
    pub bytes: &'a [u8],
    pub components: Vec<Definition>,
    pub modules: Vec<Module>,
    /// Index spaces of the components that are being read, outermost first.
    open: Vec<Spaces>,
}

impl<'a> Definitions<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Definitions<'a>> {
        let mut definitions =
            Definitions { bytes, components: Vec::new(), modules: Vec::new(), open: Vec::new() };
        definitions.component(0..bytes.len(), None)?;
        Ok(definitions)
    }

    fn component(&mut self, range: Range<usize>, parent: Option<usize>) -> Result<usize> {
        if self.open.len() > DEPTH_LIMIT {
            bail!("components nest deeper than {DEPTH_LIMIT}");
        }
        let index = self.components.len();
        self.bounded(index)?;
        let item = Item::new(Encoding::Component, range.len() as u64);
        self.components.push(Definition { parent, item: Some(item), ..Definition::default() });
        self.open.push(Spaces::default());
        let mut reader = Reader::new(self.bytes, range);
        while let Some(payload) = reader.next()? {
            match payload {
                Payload::Version { encoding: Encoding::Component, .. } => {}
                Payload::Version { .. } => bail!("a core module stands in a component's place"),
                Payload::ModuleSection { unchecked_range, .. } => {
                    let module = self.module(reader.nested(unchecked_range))?;
                    self.has_module(index, Some(module), "".into(), false);
                    self.components[index].sections.push(Section::Module(module));
                    self.spaces().modules.push(Static::own(module));
                }
                Payload::ComponentSection { unchecked_range, .. } => {
                    let nested = self.component(reader.nested(unchecked_range), Some(index))?;
                    self.has_component(index, nested, true);
                    self.components[index].sections.push(Section::Component(nested));
                    self.spaces().components.push(Static::own(nested));
                }
                Payload::ComponentAliasSection(ref section) => {
                    let aliases = self.aliases(index, section)?;
                    if aliases.iter().any(|(_, outer)| outer.is_some()) {
                        self.components[index].sections.push(Section::Aliases(aliases));
                    } else {
                        self.keep(index, &payload);
                    }
                }
                Payload::CustomSection(ref section) => {
                    if let Some(item) = &mut self.components[index].item {
                        item.note(&payload);
                    }
                    self.name_instances(index, section);
                    self.keep(index, &payload);
                }
                other => {
                    self.define(index, &other)?;
                    self.keep(index, &other);
                }
            }
        }
        let definition = &mut self.components[index];
        if let Some(item) = &definition.item {
            definition.custom += item.custom;
            add_languages(&mut definition.languages, item.languages());
        }
        self.open.pop();
        Ok(index)
    }

    /// What a section of a component adds to its index spaces.
    fn define(&mut self, index: usize, payload: &Payload) -> Result<()> {
        let definition = &mut self.components[index];
        let spaces = self.open.last_mut().context("a section outside of a component")?;
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    let import = import?;
                    let (name, kind) = (import.name.name, import.ty.kind());
                    spaces.push(kind, Origin::import(name));
                    definition.imports.push((name.into(), kind));
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    let origin = spaces.origin(export.kind, export.index)?;
                    spaces.push_again(export.kind, export.index, origin.clone());
                    definition.exports.push((export.name.name.into(), export.kind, origin));
                }
            }
            Payload::ComponentTypeSection(section) => {
                for ty in section.clone() {
                    ty?;
                    spaces.types.push(Origin::Own);
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section.clone() {
                    if let CanonicalFunction::Lift { .. } = function? {
                        spaces.functions.push(Origin::Own);
                    }
                }
            }
            Payload::ComponentStartSection { start, .. } => {
                // The parser holds their number within its bounds.
                spaces.values.extend((0..start.results).map(|_| Origin::Own));
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    self.instance(index, instance?)?;
                }
            }
            Payload::UnknownSection { id, .. } => bail!("section of unknown kind {id}"),
            _ => {}
        }
        Ok(())
    }

    fn instance(&mut self, index: usize, instance: ComponentInstance) -> Result<()> {
        let spaces = self.spaces();
        match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                let component =
                    spaces.components.get(component_index as usize).cloned().with_context(|| {
                        format!("component number {component_index} is used and not defined")
                    })?;
                let arguments = args
                    .iter()
                    .map(|argument| {
                        let origin = spaces.origin(argument.kind, argument.index)?;
                        Ok((argument.name.into(), argument.kind, origin))
                    })
                    .collect::<Result<_>>()?;
                let made = self.components[index].instances.len();
                let spaces = self.spaces();
                spaces.made.insert(spaces.instances.len() as u32, made);
                spaces.instances.push(Origin::instance(made));
                if let Some(component) = component.target {
                    self.has_component(index, component, false);
                }
                self.components[index].instances.push(Made {
                    component: component.target,
                    imported: component.imported,
                    name: String::new(),
                    arguments,
                });
            }
            ComponentInstance::FromExports(exports) => {
                let items = exports
                    .iter()
                    .map(|export| {
                        Ok((export.name.name.into(), spaces.origin(export.kind, export.index)?))
                    })
                    .collect::<Result<_>>()?;
                spaces.instances.push(Origin::bundle(items)?);
            }
        }
        Ok(())
    }

    /// Bytes and target of each alias; a target only for outer ones of core modules and components.
    fn aliases(
        &mut self,
        index: usize,
        section: &ComponentAliasSectionReader,
    ) -> Result<Vec<(Range<usize>, Option<Outer>)>> {
        let mut found: Vec<(usize, Option<Outer>)> = Vec::new();
        for alias in section.clone().into_iter_with_offsets() {
            let (offset, alias) = alias?;
            let outer = match alias {
                ComponentAlias::InstanceExport { kind, instance_index, name } => {
                    let spaces = self.spaces();
                    let instance = spaces.origin(ComponentExternalKind::Instance, instance_index)?;
                    spaces.push(kind, instance.item(name)?);
                    None
                }
                ComponentAlias::CoreInstanceExport { .. } => None,
                ComponentAlias::Outer { kind, count, index: place } => {
                    self.outer(index, kind, count, place)?
                }
            };
            found.push((offset as usize, outer));
        }
        let end = section.range().end as usize;
        let ends: Vec<usize> = found.iter().skip(1).map(|(start, _)| *start).chain([end]).collect();
        Ok(found.into_iter().zip(ends).map(|((start, outer), end)| (start..end, outer)).collect())
    }

    fn outer(
        &mut self,
        index: usize,
        kind: ComponentOuterAliasKind,
        count: u32,
        place: u32,
    ) -> Result<Option<Outer>> {
        let around = (self.open.len() - 1)
            .checked_sub(count as usize)
            .and_then(|level| self.open.get(level))
            .context("an outer alias reaches out of the binary")?;
        let space = match kind {
            ComponentOuterAliasKind::CoreModule => &around.modules,
            ComponentOuterAliasKind::Component => &around.components,
            ComponentOuterAliasKind::Type => {
                self.spaces().types.push(Origin::Own);
                return Ok(None);
            }
            ComponentOuterAliasKind::CoreType => return Ok(None),
        };
        let mut known =
            space.get(place as usize).cloned().context("an outer alias of what is not defined")?;
        if count > 0 {
            known.origin = Origin::Own;
        }
        let target = known.target;
        if kind == ComponentOuterAliasKind::Component {
            if let Some(component) = target {
                self.has_component(index, component, false);
            }
            self.spaces().components.push(known);
        } else {
            if count > 0 {
                let name = known.imported.clone().unwrap_or_default();
                self.has_module(index, target, name, true);
            }
            self.spaces().modules.push(known);
        }
        Ok(Some(Outer { count, kind, target }))
    }

    fn has_module(&mut self, index: usize, module: Option<usize>, name: Rc<str>, is_shared: bool) {
        let definition = &mut self.components[index];
        definition.has_code = true;
        definition.modules.push(ModuleUse { module, name, is_shared });
        let Some(module) = module.map(|module| &self.modules[module]) else { return };
        if !is_shared {
            definition.code += module.item.code;
            definition.data += module.item.data;
            definition.custom += module.item.custom;
        }
        add_languages(&mut definition.languages, module.item.languages());
    }

    /// What stands in `inner`, which is read to its end, stands in `index` too.
    fn has_component(&mut self, index: usize, inner: usize, is_defined_here: bool) {
        let Ok([outer, inner]) = self.components.get_disjoint_mut([index, inner]) else {
            return;
        };
        outer.has_code |= inner.has_code;
        if is_defined_here {
            outer.code += inner.code;
            outer.data += inner.data;
            outer.custom += inner.custom;
        }
        add_languages(&mut outer.languages, inner.languages.iter().map(String::as_str));
    }

    fn module(&mut self, range: Range<usize>) -> Result<usize> {
        let index = self.modules.len();
        self.bounded(index)?;
        let mut item = Item::new(Encoding::Module, range.len() as u64);
        let mut outline = wasm_encoder::Module::HEADER.to_vec();
        let mut reader = Reader::new(self.bytes, range);
        while let Some(payload) = reader.next()? {
            item.note(&payload);
            match payload {
                Payload::Version { encoding: Encoding::Module, .. } => {}
                Payload::Version { .. } => bail!("a component stands in a core module's place"),
                Payload::CodeSectionStart { count, unchecked_range, .. } => {
                    let code = reader.skip(unchecked_range);
                    if count as usize > code.len() {
                        bail!("a code section holds fewer functions than it says");
                    }
                    let mut functions = Vec::new();
                    count.encode(&mut functions);
                    for _ in 0..count {
                        functions.extend(EMPTY_FUNCTION);
                    }
                    section(CODE_SECTION, &functions, &mut outline);
                }
                Payload::CustomSection(_)
                | Payload::ElementSection(_)
                | Payload::DataCountSection { .. }
                | Payload::DataSection(_) => {}
                other => {
                    if let Some((id, range)) = other.as_section() {
                        section(id, &self.bytes[range.start as usize..range.end as usize], &mut outline);
                    }
                }
            }
        }
        self.modules.push(Module { item, outline });
        Ok(index)
    }

    fn name_instances(&mut self, index: usize, section: &CustomSectionReader) {
        let KnownCustom::ComponentName(names) = section.as_known() else { return };
        let Some(spaces) = self.open.last() else { return };
        for name in names.into_iter().flatten() {
            let ComponentName::Instances(names) = name else { continue };
            // In any order: `wac` writes them in that of the nodes.
            for naming in names.names.flatten() {
                if let Some(made) = spaces.made.get(&naming.index) {
                    self.components[index].instances[*made].name = naming.name.into();
                }
            }
        }
    }

    fn keep(&mut self, index: usize, payload: &Payload) {
        if let Some((id, range)) = payload.as_section() {
            let content = range.start as usize..range.end as usize;
            self.components[index].sections.push(Section::Plain { id, content });
        }
    }

    fn spaces(&mut self) -> &mut Spaces {
        self.open.last_mut().expect("a component is being read")
    }

    fn bounded(&self, count: usize) -> Result<()> {
        if count >= DEFINITION_LIMIT {
            bail!("it holds more than {DEFINITION_LIMIT} core modules or components");
        }
        Ok(())
    }
}

fn add_languages<'a>(known: &mut BTreeSet<String>, languages: impl Iterator<Item = &'a str>) {
    for language in languages {
        if known.len() < LANGUAGE_LIMIT && !known.contains(language) {
            known.insert(language.into());
        }
    }
}
