//! The types of a gate: those of the interfaces that it refuses, as a component writes them.

use anyhow::{bail, Result};
use std::collections::HashMap;
use wasm_encoder::{
    ComponentBuilder, ComponentDefinedTypeEncoder, ComponentValType, InstanceType,
    PrimitiveValType,
};
use wit_parser::{
    Function, Handle, Interface, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner,
};

/// Where types are written: a component, or the type of an instance that one imports.
pub trait Sink {
    fn defined(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>);
}

impl Sink for ComponentBuilder {
    fn defined(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>) {
        self.type_defined(None)
    }
}

impl Sink for InstanceType {
    fn defined(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>) {
        (self.type_count(), self.ty().defined_type())
    }
}

/// Gives every type its index; value types are written where they are first asked for.
pub struct Types<'a> {
    resolve: &'a Resolve,
    known: HashMap<TypeId, u32>,
    /// What was written for types without names and for functions, by what they are made of: many
    /// functions have the same type.
    written: HashMap<String, u32>,
}

impl<'a> Types<'a> {
    pub fn new(resolve: &'a Resolve) -> Types<'a> {
        Types { resolve, known: HashMap::new(), written: HashMap::new() }
    }

    /// Those of the types that have names and that an interface does not define, and those that are
    /// made of no others.
    pub fn foreign(&self, interface: InterfaceId) -> Types<'a> {
        let types = &self.resolve.types;
        let is_kept = |id: &TypeId| {
            let is_leaf = matches!(types[*id].kind, TypeDefKind::Enum(_) | TypeDefKind::Flags(_));
            is_leaf
                || types[*id].name.is_some() && types[*id].owner != TypeOwner::Interface(interface)
        };
        let known = self.known.iter().map(|(id, index)| (*id, *index));
        let known = known.filter(|(id, _)| is_kept(id)).collect();
        Types { resolve: self.resolve, known, written: HashMap::new() }
    }

    /// Forget what was written for types without names: what they are made of has got other indices.
    pub fn forget_nameless(&mut self) {
        let types = &self.resolve.types;
        self.known.retain(|id, _| types[*id].name.is_some());
        self.written.clear();
    }

    pub fn knows(&self, of: TypeId) -> bool {
        self.known.contains_key(&of)
    }

    /// Say which index a type has.
    pub fn insert(&mut self, of: TypeId, index: u32) {
        self.known.insert(of, index);
    }

    /// The index of a type with a name, whatever it is called.
    pub fn index(&mut self, component: &mut impl Sink, id: TypeId) -> Result<u32> {
        let id = root(self.resolve, id);
        if let Some(index) = self.known.get(&id) {
            return Ok(*index);
        }
        let index = match &self.resolve.types[id].kind {
            TypeDefKind::Record(record) => {
                let mut fields = Vec::new();
                for field in &record.fields {
                    fields.push((field.name.as_str(), self.value(component, &field.ty)?));
                }
                let (index, encoder) = component.defined();
                encoder.record(fields);
                index
            }
            TypeDefKind::Variant(variant) => {
                let mut cases = Vec::new();
                for case in &variant.cases {
                    cases.push((case.name.as_str(), self.optional(component, &case.ty)?));
                }
                let (index, encoder) = component.defined();
                encoder.variant(cases);
                index
            }
            TypeDefKind::Enum(of) => {
                let (index, encoder) = component.defined();
                encoder.enum_type(of.cases.iter().map(|case| case.name.as_str()));
                index
            }
            TypeDefKind::Flags(of) => {
                let (index, encoder) = component.defined();
                encoder.flags(of.flags.iter().map(|flag| flag.name.as_str()));
                index
            }
            TypeDefKind::Tuple(tuple) => {
                let mut elements = Vec::new();
                for element in &tuple.types {
                    elements.push(self.value(component, element)?);
                }
                self.once(component, format!("tuple {elements:?}"), |encoder| {
                    encoder.tuple(elements.iter().copied());
                })
            }
            TypeDefKind::Option(payload) => {
                let payload = self.value(component, payload)?;
                self.once(component, format!("option {payload:?}"), |encoder| {
                    encoder.option(payload);
                })
            }
            TypeDefKind::Result(of) => {
                let ok = self.optional(component, &of.ok)?;
                let error = self.optional(component, &of.err)?;
                self.once(component, format!("result {ok:?} {error:?}"), |encoder| {
                    encoder.result(ok, error);
                })
            }
            TypeDefKind::List(element) => {
                let element = self.value(component, element)?;
                self.once(component, format!("list {element:?}"), |encoder| {
                    encoder.list(element);
                })
            }
            TypeDefKind::Handle(Handle::Own(resource)) => {
                let resource = self.index(component, *resource)?;
                self.once(component, format!("own {resource}"), |encoder| encoder.own(resource))
            }
            TypeDefKind::Handle(Handle::Borrow(resource)) => {
                let resource = self.index(component, *resource)?;
                self.once(component, format!("borrow {resource}"), |encoder| {
                    encoder.borrow(resource);
                })
            }
            // A name for a primitive.
            TypeDefKind::Type(inner) => {
                let ComponentValType::Primitive(inner) = self.value(component, inner)? else {
                    bail!("a name that stands for itself");
                };
                let (index, encoder) = component.defined();
                encoder.primitive(inner);
                index
            }
            other => bail!("a {} cannot be refused", other.as_str()),
        };
        self.known.insert(id, index);
        Ok(index)
    }

    /// The index of a function's type.
    pub fn function(&mut self, component: &mut ComponentBuilder, of: &Function) -> Result<u32> {
        if of.kind.is_async() {
            bail!("an async function cannot be refused");
        }
        let mut parameters = Vec::new();
        for parameter in &of.params {
            parameters.push((parameter.name.as_str(), self.value(component, &parameter.ty)?));
        }
        let result = self.optional(component, &of.result)?;
        let shape = format!("function {parameters:?} {result:?}");
        if let Some(index) = self.written.get(&shape) {
            return Ok(*index);
        }
        let (index, mut encoder) = component.type_function(None);
        encoder.params(parameters).result(result);
        self.written.insert(shape, index);
        Ok(index)
    }

    /// The index of a type without a name, which is written once however often it is made of the same.
    fn once(
        &mut self,
        component: &mut impl Sink,
        shape: String,
        write: impl FnOnce(ComponentDefinedTypeEncoder),
    ) -> u32 {
        if let Some(index) = self.written.get(&shape) {
            return *index;
        }
        let (index, encoder) = component.defined();
        write(encoder);
        self.written.insert(shape, index);
        index
    }

    fn optional(
        &mut self,
        component: &mut impl Sink,
        of: &Option<Type>,
    ) -> Result<Option<ComponentValType>> {
        of.as_ref().map(|of| self.value(component, of)).transpose()
    }

    fn value(&mut self, component: &mut impl Sink, of: &Type) -> Result<ComponentValType> {
        let primitive = match of {
            Type::Bool => PrimitiveValType::Bool,
            Type::U8 => PrimitiveValType::U8,
            Type::U16 => PrimitiveValType::U16,
            Type::U32 => PrimitiveValType::U32,
            Type::U64 => PrimitiveValType::U64,
            Type::S8 => PrimitiveValType::S8,
            Type::S16 => PrimitiveValType::S16,
            Type::S32 => PrimitiveValType::S32,
            Type::S64 => PrimitiveValType::S64,
            Type::F32 => PrimitiveValType::F32,
            Type::F64 => PrimitiveValType::F64,
            Type::Char => PrimitiveValType::Char,
            Type::String => PrimitiveValType::String,
            Type::ErrorContext => bail!("an error context cannot be refused"),
            Type::Id(id) => return Ok(ComponentValType::Type(self.index(component, *id)?)),
        };
        Ok(ComponentValType::Primitive(primitive))
    }
}

/// A type without the names that it is used under.
pub fn root(resolve: &Resolve, mut id: TypeId) -> TypeId {
    while let TypeDefKind::Type(Type::Id(other)) = resolve.types[id].kind {
        id = other;
    }
    id
}

/// The interface that a resource belongs to.
pub fn home(resolve: &Resolve, resource: TypeId) -> Result<InterfaceId> {
    match resolve.types[resource].owner {
        TypeOwner::Interface(home) => Ok(home),
        _ => bail!("a resource without an interface"),
    }
}

/// Types in an order in which each stands after those that it is made of.
pub fn in_order<T>(
    resolve: &Resolve,
    types: impl IntoIterator<Item = (T, TypeId)>,
) -> Vec<(T, TypeId)> {
    let mut pending: Vec<(T, TypeId)> =
        types.into_iter().map(|(name, id)| (name, root(resolve, id))).collect();
    let mut ordered = Vec::new();
    while !pending.is_empty() {
        let waiting: Vec<TypeId> = pending.iter().map(|(_, id)| *id).collect();
        let is_ready = |id: TypeId| {
            let parts = parts(resolve, id);
            !parts.iter().any(|part| *part != id && waiting.contains(part))
        };
        let (ready, rest): (Vec<_>, Vec<_>) =
            pending.into_iter().partition(|(_, id)| is_ready(*id));
        if ready.is_empty() {
            ordered.extend(rest);
            break;
        }
        ordered.extend(ready);
        pending = rest;
    }
    ordered
}

/// All types that a type is made of.
pub fn parts(resolve: &Resolve, id: TypeId) -> Vec<TypeId> {
    let mut seen = Vec::new();
    let mut pending = vec![id];
    while let Some(id) = pending.pop() {
        let id = root(resolve, id);
        if !seen.contains(&id) {
            seen.push(id);
            direct_parts(resolve, id, &mut pending);
        }
    }
    seen
}

fn direct_parts(resolve: &Resolve, id: TypeId, found: &mut Vec<TypeId>) {
    let mut add = |of: &Type| found.extend(of_value(of));
    match &resolve.types[id].kind {
        TypeDefKind::Handle(Handle::Own(other) | Handle::Borrow(other)) => found.push(*other),
        TypeDefKind::Record(of) => of.fields.iter().for_each(|field| add(&field.ty)),
        TypeDefKind::Variant(of) => of.cases.iter().flat_map(|case| &case.ty).for_each(add),
        TypeDefKind::Tuple(of) => of.types.iter().for_each(add),
        TypeDefKind::Option(of) | TypeDefKind::List(of) => add(of),
        TypeDefKind::Result(of) => of.ok.iter().chain(&of.err).for_each(add),
        _ => {}
    }
}

/// The types with names that an interface speaks of, in an order in which each stands after those that it
/// is made of.
pub fn named(resolve: &Resolve, interface: &Interface) -> Vec<TypeId> {
    let functions = interface.functions.values();
    let values = functions.flat_map(|function| {
        function.params.iter().map(|parameter| &parameter.ty).chain(&function.result)
    });
    let roots = interface.types.values().copied().chain(values.filter_map(of_value));
    let mut found: Vec<((), TypeId)> = Vec::new();
    for id in roots.flat_map(|id| parts(resolve, id)) {
        if resolve.types[id].name.is_some() && !found.contains(&((), id)) {
            found.push(((), id));
        }
    }
    in_order(resolve, found).into_iter().map(|(_, id)| id).collect()
}

fn of_value(of: &Type) -> Option<TypeId> {
    match of {
        Type::Id(id) => Some(*id),
        _ => None,
    }
}
