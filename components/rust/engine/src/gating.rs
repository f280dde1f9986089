//! Making the gate of one node: a component that answers for what the node is not granted.
//!
//! The gate exports the very interfaces that the node imports, in the version and with the functions that
//! its binary names, so it fits whatever made the node. Of interfaces that are not refused it imports the
//! resources that the refused ones speak of, and no function. The same gate tells the prebuilt gates of
//! its node what the node is granted.
//!
//! It is written by hand and not by `wit_component`, which puts a component around every exported
//! interface and so makes gates three times as large.

use crate::exports::wcompose::engine::gating::Guest;
use crate::problems::from_chain;
use crate::wcompose::engine::types::Problem;
use crate::{binaries, contracts, files, report_panics, Engine};
use anyhow::{bail, Context, Result};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;
use wasm_encoder::{
    Alias, CanonicalOption, ComponentBuilder, ComponentExportKind, ComponentOuterAliasKind,
    ComponentTypeRef, ComponentValType, CustomSection, ExportKind, InstanceType, ModuleArg, PrimitiveValType, TypeBounds, ValType,
};
use wit_parser::{InterfaceId, Resolve, TypeDefKind, TypeId, TypeOwner, WorldId, WorldItem};

mod module;
mod room;
mod types;

use module::{Answer, GateModule, Modules, Needed};
use types::Types;

/// The interfaces between gates, and between a gate and the host that hears of every use.
const POLICY: &str = "wcompose:gates/policy@0.1.0";
const AUDIT: &str = "wcompose:gates/audit@0.1.0";
/// The custom section by which a gate's component and core module are known.
pub const SECTION: &str = "wcompose:gate";

impl Guest for Engine {
    fn make_gate(component: String, request: String, output: String) -> Result<(), Vec<Problem>> {
        report_panics();
        let (resolve, _, world) =
            contracts::decoded(&component).map_err(|problem| vec![problem])?;
        let bytes = made(&resolve, world, &request).map_err(|error| {
            vec![from_chain("gate-not-made", "the gate of a node cannot be made", &error)]
        })?;
        files::write(&output, &bytes).map_err(|problem| vec![problem])
    }
}

/// What is asked for.
///
/// JSON: `{"node", "policy", "audited", "interfaces": {name: {function: {"answer", …, "event"}}}}`;
/// see `Answer` for the answers. `policy` is null where no other gate wants it.
struct Request {
    node: String,
    policy: Option<String>,
    is_audited: bool,
    interfaces: HashMap<String, HashMap<String, Answer>>,
}

impl Request {
    fn read(text: &str) -> Result<Request> {
        let value: Value = serde_json::from_str(text)?;
        let mut interfaces = HashMap::new();
        for (name, functions) in value["interfaces"].as_object().context("no `interfaces`")? {
            let mut answers = HashMap::new();
            for (function, answer) in functions.as_object().context("an interface is no object")? {
                answers.insert(function.clone(), Answer::read(answer)?);
            }
            interfaces.insert(name.clone(), answers);
        }
        Ok(Request {
            node: value["node"].as_str().context("no `node`")?.into(),
            policy: value["policy"].as_str().map(Into::into),
            is_audited: value["audited"].as_bool().unwrap_or(false),
            interfaces,
        })
    }
}

fn made(resolve: &Resolve, world: Option<WorldId>, request: &str) -> Result<Vec<u8>> {
    let request = Request::read(request)?;
    let world = world.context("a WIT package has no imports to refuse")?;
    let refused = refused(resolve, world, &request)?;
    let mut module = GateModule::new(resolve, &refused)?;
    for (name, id) in &refused {
        for (function, answer) in &request.interfaces[name] {
            if let Some(definition) = resolve.interfaces[*id].functions.get(function) {
                module.expect(definition, answer);
            }
        }
    }
    for (name, id) in &refused {
        for (function, definition) in &resolve.interfaces[*id].functions {
            let answer = request.interfaces[name]
                .get(function)
                .with_context(|| format!("no answer is told for `{name}#{function}`"))?;
            module
                .refuse(definition, answer)
                .with_context(|| format!("the answer of `{name}#{function}`"))?;
        }
    }
    if let Some(text) = &request.policy {
        module.tell(text);
        module.ignore();
    }
    let bytes = Assembly::new(resolve, &refused).finish(module, &request)?;
    binaries::validated(&bytes)?;
    Ok(bytes)
}

/// The interfaces that are refused, each after those whose types it uses, as a binary has its imports.
fn refused(
    resolve: &Resolve,
    world: WorldId,
    request: &Request,
) -> Result<Vec<(String, InterfaceId)>> {
    let mut found = Vec::new();
    for item in resolve.worlds[world].imports.values() {
        let WorldItem::Interface { id, .. } = item else { continue };
        if let Some(name) = resolve.id_of(*id) {
            if request.interfaces.contains_key(&name) {
                found.push((name, *id));
            }
        }
    }
    if found.len() < request.interfaces.len() {
        bail!("the node does not import all that is to be refused");
    }
    Ok(found)
}

/// The gate's component, section by section.
struct Assembly<'a> {
    resolve: &'a Resolve,
    refused: &'a [(String, InterfaceId)],
    component: ComponentBuilder,
    types: Types<'a>,
}

impl<'a> Assembly<'a> {
    fn new(resolve: &'a Resolve, refused: &'a [(String, InterfaceId)]) -> Assembly<'a> {
        let component = ComponentBuilder::default();
        Assembly { resolve, refused, component, types: Types::new(resolve) }
    }

    fn finish(mut self, module: GateModule, request: &Request) -> Result<Vec<u8>> {
        self.define_types()?;
        let recorder = request.is_audited.then(|| self.import_recorder());
        let Modules { memory: memory_module, gate: gate_module, needed, numbers } =
            module.finish(&request.node);
        let component = &mut self.component;
        let memory_module = component.core_module_raw(None, &memory_module);
        let none: [(&str, ModuleArg); 0] = [];
        let room = component.core_instantiate(None, memory_module, none);
        let memory = component.core_alias_export(None, room, "memory", ExportKind::Memory);
        let realloc = component.core_alias_export(None, room, "realloc", ExportKind::Func);
        let mut functions = Vec::new();
        for (index, each) in needed.iter().enumerate() {
            let function = match each {
                Needed::New(resource) => {
                    let resource = self.types.index(component, *resource)?;
                    component.resource_new(resource)
                }
                Needed::Drop(resource) => {
                    let resource = self.types.index(component, *resource)?;
                    component.resource_drop(resource)
                }
                Needed::Record => {
                    let recorder = recorder.context("nobody hears of uses")?;
                    let options = [CanonicalOption::UTF8, CanonicalOption::Memory(memory)];
                    component.lower_func(None, recorder, options)
                }
            };
            functions.push((index.to_string(), function));
        }
        let exports = functions.iter().map(|(name, index)| (name.as_str(), ExportKind::Func, *index));
        let exports: Vec<_> = exports.collect();
        let functions = component.core_instantiate_exports(None, exports);
        let gate_module = component.core_module_raw(None, &gate_module);
        let arguments = [
            ("functions", ModuleArg::Instance(functions)),
            ("room", ModuleArg::Instance(room)),
        ];
        let gate = component.core_instantiate(None, gate_module, arguments);
        let options = [
            CanonicalOption::UTF8,
            CanonicalOption::Memory(memory),
            CanonicalOption::Realloc(realloc),
        ];
        let mut numbers = numbers.into_iter();
        let mut aliases: HashMap<usize, u32> = HashMap::new();
        let mut lift = |component: &mut ComponentBuilder, of: u32| {
            let number = numbers.next().unwrap_or_default();
            let core = *aliases.entry(number).or_insert_with(|| {
                component.core_alias_export(None, gate, &number.to_string(), ExportKind::Func)
            });
            component.lift_func(None, core, of, options)
        };
        for (name, id) in self.refused {
            let interface = &self.resolve.interfaces[*id];
            let mut functions = Vec::new();
            for function in interface.functions.values() {
                let of = self.types.function(component, function)?;
                functions.push(lift(component, of));
            }
            let instance = if interface.types.is_empty() {
                let names = interface.functions.keys().map(String::as_str);
                let kind = ComponentExportKind::Func;
                let exports = names.zip(functions).map(|(name, index)| (name, kind, index));
                component.instantiate_exports(None, exports.collect::<Vec<_>>())
            } else {
                grouped(self.resolve, *id, &functions, component, &mut self.types)?
            };
            let instance =
                component.export(name.as_str(), ComponentExportKind::Instance, instance, None);
            // Whoever reads the gate knows a type by the interface that it is taken from.
            self.types.forget_nameless();
            for (name, of) in &interface.types {
                let of = types::root(self.resolve, *of);
                let definition = &self.resolve.types[of];
                let is_own_name = definition.name.as_ref() == Some(name);
                if is_own_name && definition.owner == TypeOwner::Interface(*id) {
                    let kind = ComponentExportKind::Type;
                    self.types.insert(of, component.alias_export(instance, name, kind));
                }
            }
        }
        if request.policy.is_some() {
            let (of, mut encoder) = component.type_function(None);
            let none: [(&str, ComponentValType); 0] = [];
            encoder.params(none).result(Some(ComponentValType::Primitive(PrimitiveValType::String)));
            let function = lift(component, of);
            export(component, POLICY, vec![("text", ComponentExportKind::Func, function)]);
            let of = recorder_type(component);
            let function = lift(component, of);
            if !request.is_audited {
                export(component, AUDIT, vec![("record", ComponentExportKind::Func, function)]);
            }
        }
        let data = Cow::Borrowed(request.node.as_bytes());
        component.custom_section(&CustomSection { name: SECTION.into(), data });
        Ok(self.component.finish())
    }

    /// Give an index to every resource of the refused interfaces, and import what they take from others.
    fn define_types(&mut self) -> Result<()> {
        let resolve = self.resolve;
        let mut homes: Vec<(InterfaceId, Vec<((), TypeId)>)> = Vec::new();
        for (_, id) in self.refused {
            for of in types::named(resolve, &resolve.interfaces[*id]) {
                let home = types::home(resolve, of)?;
                let is_own = self.refused.iter().any(|(_, id)| *id == home);
                if is_own && matches!(resolve.types[of].kind, TypeDefKind::Resource) {
                    if !self.types.knows(of) {
                        let index = self.component.type_resource(None, ValType::I32, None);
                        self.types.insert(of, index);
                    }
                } else if !is_own {
                    match homes.iter_mut().find(|(id, _)| *id == home) {
                        Some((_, types)) if types.contains(&((), of)) => {}
                        Some((_, types)) => types.push(((), of)),
                        None => homes.push((home, vec![((), of)])),
                    }
                }
            }
        }
        // In a binary an interface comes after those that it takes types from.
        homes.sort_by_key(|(home, _)| home.index());
        for (home, types) in homes {
            self.import_types(home, types::in_order(resolve, types))?;
        }
        Ok(())
    }

    fn import_types(&mut self, home: InterfaceId, types: Vec<((), TypeId)>) -> Result<()> {
        let resolve = self.resolve;
        let name = |of: TypeId| resolve.types[of].name.as_deref().unwrap_or_default();
        let mut instance = InstanceType::new();
        let mut inner = Types::new(resolve);
        for (_, of) in &types {
            for part in types::parts(resolve, *of) {
                if self.types.knows(part) && !inner.knows(part) {
                    let index = self.types.index(&mut self.component, part)?;
                    let kind = ComponentOuterAliasKind::Type;
                    inner.insert(part, instance.type_count());
                    instance.alias(Alias::Outer { kind, count: 1, index });
                }
            }
            let bounds = match resolve.types[*of].kind {
                TypeDefKind::Resource => TypeBounds::SubResource,
                _ => TypeBounds::Eq(inner.index(&mut instance, *of)?),
            };
            inner.insert(*of, instance.type_count());
            instance.export(name(*of), ComponentTypeRef::Type(bounds));
        }
        let of = self.component.type_instance(None, &instance);
        let home = resolve.id_of(home).context("an interface without a name")?;
        let import = self.component.import(home.as_str(), ComponentTypeRef::Instance(of));
        for (_, of) in types {
            let kind = ComponentExportKind::Type;
            let index = self.component.alias_export(import, name(of), kind);
            self.types.insert(of, index);
        }
        Ok(())
    }

    fn import_recorder(&mut self) -> u32 {
        let mut instance = InstanceType::new();
        let string = ComponentValType::Primitive(PrimitiveValType::String);
        instance.ty().function().params([("event", string)]).result(None);
        instance.export("record", ComponentTypeRef::Func(0));
        let of = self.component.type_instance(None, &instance);
        let import = self.component.import(AUDIT, ComponentTypeRef::Instance(of));
        self.component.alias_export(import, "record", ComponentExportKind::Func)
    }
}

/// An instance of an interface with types.
///
/// A method's name is valid only beside its resource's (Component Model, Explainer.md, "Name
/// Uniqueness"), and a type has a name of its own only where it is exported, which an instance that is put
/// together of items gives neither. So a component takes all of them and exports them.
fn grouped(
    resolve: &Resolve,
    interface: InterfaceId,
    functions: &[u32],
    component: &mut ComponentBuilder,
    outer: &mut Types,
) -> Result<u32> {
    let mut group = ComponentBuilder::default();
    let mut taken = Types::new(resolve);
    let mut arguments = Vec::new();
    let definition = &resolve.interfaces[interface];
    for (number, of) in types::named(resolve, definition).into_iter().enumerate() {
        let bounds = match resolve.types[of].kind {
            TypeDefKind::Resource => TypeBounds::SubResource,
            // The same type as outside, which need not be written again.
            TypeDefKind::Enum(_) | TypeDefKind::Flags(_) => {
                let index = outer.index(component, of)?;
                let kind = ComponentOuterAliasKind::Type;
                TypeBounds::Eq(group.alias(None, Alias::Outer { kind, count: 1, index }))
            }
            _ => TypeBounds::Eq(taken.index(&mut group, of)?),
        };
        let name = format!("t{number}");
        taken.insert(of, group.import(name.as_str(), ComponentTypeRef::Type(bounds)));
        arguments.push((name, ComponentExportKind::Type, outer.index(component, of)?));
    }
    let mut imports = Vec::new();
    for (number, (function, index)) in definition.functions.values().zip(functions).enumerate() {
        let of = taken.function(&mut group, function)?;
        let name = format!("f{number}");
        imports.push(group.import(name.as_str(), ComponentTypeRef::Func(of)));
        arguments.push((name, ComponentExportKind::Func, *index));
    }
    let mut given = taken.foreign(interface);
    let mut exported = Vec::new();
    let names = definition.types.iter().map(|(name, id)| (name.as_str(), *id));
    // Other names of a type come after its own, by which methods are called.
    let own_name = |id: TypeId| resolve.types[id].name.as_deref();
    let (first, others): (Vec<_>, Vec<_>) = types::in_order(resolve, names)
        .into_iter()
        .partition(|(name, id)| own_name(*id) == Some(name));
    for (name, id) in first.into_iter().chain(others) {
        let index = match resolve.types[id].kind {
            TypeDefKind::Resource if !exported.contains(&id) => taken.index(&mut group, id)?,
            _ => given.index(&mut group, id)?,
        };
        let index = group.export(name, ComponentExportKind::Type, index, None);
        if !exported.contains(&id) {
            exported.push(id);
            given.insert(id, index);
        }
    }
    for ((name, function), index) in definition.functions.iter().zip(imports) {
        let of = given.function(&mut group, function)?;
        let ascribed = Some(ComponentTypeRef::Func(of));
        group.export(name.as_str(), ComponentExportKind::Func, index, ascribed);
    }
    let group = component.component(None, group);
    Ok(component.instantiate(None, group, arguments))
}

fn recorder_type(component: &mut ComponentBuilder) -> u32 {
    let string = ComponentValType::Primitive(PrimitiveValType::String);
    let (index, mut encoder) = component.type_function(None);
    encoder.params([("event", string)]).result(None);
    index
}

fn export(component: &mut ComponentBuilder, name: &str, items: Vec<(&str, ComponentExportKind, u32)>) {
    let instance = component.instantiate_exports(None, items);
    component.export(name, ComponentExportKind::Instance, instance, None);
}
