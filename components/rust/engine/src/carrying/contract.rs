//! The contract of a carrier: the interface that it stands before, and the one that it gives instead.

use anyhow::{bail, Context, Result};
use std::collections::{HashMap, HashSet};
use wit_parser::{
    Function, FunctionKind, Handle, Interface, InterfaceId, Package, PackageId, PackageName, Param, Resolve,
    Stability, Type, TypeDef, TypeDefKind, TypeId, TypeOwner, World, WorldId, WorldItem, WorldKey,
};

/// The package that all carried interfaces stand in.
const NAMESPACE: &str = "wcompose";
const PACKAGE: &str = "carried";
/// The package that gives a name to an interface that has none but that of its export: types of others
/// cannot be taken from it otherwise.
const INLINE: &str = "inline";
const DEPTH_LIMIT: usize = 200;

/// What a carrier imports and exports, in a `Resolve` that holds both.
pub struct Carried {
    pub world: WorldId,
    /// The name of the interface that it stands before.
    pub import: String,
    /// The name of the interface that it exports.
    pub export: String,
    /// Every function that is carried: as the interface has it, and as the carrier gives it.
    pub functions: Vec<(Function, Function)>,
}

/// Write into `resolve` the contract of the carrier of an exported interface.
///
/// `told` is what the whole calls the export. Gives nothing where no function of the interface has a list
/// of numbers.
pub fn carried(
    resolve: &mut Resolve,
    world: WorldId,
    export: &str,
    told: &str,
) -> Result<Option<Carried>> {
    let exports = &resolve.worlds[world].exports;
    let found = exports.iter().find(|(key, _)| resolve.name_world_key(key) == export);
    let (_, item) = found.with_context(|| format!("nothing exported is called `{export}`"))?;
    let WorldItem::Interface { id: interface, .. } = *item else {
        bail!("`{export}` is no interface");
    };
    let functions: Vec<Function> = resolve.interfaces[interface].functions.values().cloned().collect();
    let mut reading = Reading::new(resolve);
    let mut chosen = Vec::new();
    for function in &functions {
        if reading.is_carried(function)? {
            chosen.push(function.clone());
        }
    }
    if chosen.is_empty() {
        return Ok(None);
    }
    let (label, version) = label(told)?;
    if resolve.interfaces[interface].name.is_none() {
        let package = package(resolve, INLINE, None);
        resolve.packages[package].interfaces.insert(export.into(), interface);
        resolve.interfaces[interface].name = Some(export.into());
        resolve.interfaces[interface].package = Some(package);
    }
    let mut imports = Vec::new();
    imported(resolve, interface, &mut imports, 0)?;
    imports.push(interface);
    let package = package(resolve, PACKAGE, version);
    let mut writing = Writing::new(resolve, package, &label, &functions, &chosen)?;
    let mut pairs = Vec::new();
    for function in chosen {
        let given = writing.function(&function)?;
        pairs.push((function, given));
    }
    let own = writing.interface;
    let item = |id| {
        let item = WorldItem::Interface {
            id,
            stability: Stability::Unknown,
            external_id: None,
            docs: Default::default(),
            span: Default::default(),
        };
        (WorldKey::Interface(id), item)
    };
    let world = resolve.worlds.alloc(World {
        name: "carrier".into(),
        imports: imports.into_iter().map(item).collect(),
        exports: [item(own)].into_iter().collect(),
        package: Some(package),
        docs: Default::default(),
        stability: Stability::Unknown,
        includes: Vec::new(),
        span: Default::default(),
    });
    resolve.packages[package].worlds.insert("carrier".into(), world);
    let name = |id| resolve.id_of(id).context("an interface without a name");
    let (import, export) = (name(interface)?, name(own)?);
    Ok(Some(Carried { world, import, export, functions: pairs }))
}

/// What a carried function of a name is called: methods become functions, `[method]r.m` is `method-r-m`.
pub fn plain_name(name: &str) -> String {
    name.replace(['[', ' '], "").replace([']', '.'], "-")
}

/// The width of a number as a power of two, if a type is one.
pub fn number(resolve: &Resolve, of: &Type) -> Option<u32> {
    match of {
        Type::U8 | Type::S8 => Some(0),
        Type::U16 | Type::S16 => Some(1),
        Type::U32 | Type::S32 | Type::F32 => Some(2),
        Type::U64 | Type::S64 | Type::F64 => Some(3),
        Type::Id(id) => match &resolve.types[*id].kind {
            TypeDefKind::Type(inner) => number(resolve, inner),
            _ => None,
        },
        _ => None,
    }
}

/// The types that a value of a type may hold, and whether all of its kind can be carried.
pub fn parts(resolve: &Resolve, id: TypeId) -> Option<Vec<Type>> {
    Some(match &resolve.types[id].kind {
        TypeDefKind::Record(of) => of.fields.iter().map(|field| field.ty).collect(),
        TypeDefKind::Variant(of) => of.cases.iter().filter_map(|case| case.ty).collect(),
        TypeDefKind::Tuple(of) => of.types.clone(),
        TypeDefKind::Option(of) | TypeDefKind::List(of) | TypeDefKind::Type(of) => vec![*of],
        TypeDefKind::Result(of) => of.ok.into_iter().chain(of.err).collect(),
        TypeDefKind::Enum(_) | TypeDefKind::Flags(_) | TypeDefKind::Resource => vec![],
        TypeDefKind::Handle(_) => vec![],
        _ => return None,
    })
}

/// Tells which functions have lists of numbers.
struct Reading<'a> {
    resolve: &'a Resolve,
    /// For each type whether a list of numbers can be reached in it; none where it cannot be carried.
    known: HashMap<TypeId, Option<bool>>,
}

impl<'a> Reading<'a> {
    fn new(resolve: &'a Resolve) -> Reading<'a> {
        Reading { resolve, known: HashMap::new() }
    }

    fn is_carried(&mut self, function: &Function) -> Result<bool> {
        let is_plain = matches!(
            function.kind,
            FunctionKind::Freestanding
                | FunctionKind::Method(_)
                | FunctionKind::Static(_)
                | FunctionKind::Constructor(_)
        );
        let mut is_found = false;
        for of in function.params.iter().map(|each| &each.ty).chain(&function.result) {
            match self.reaches(of, 0)? {
                Some(found) => is_found |= found,
                None => return Ok(false),
            }
        }
        Ok(is_plain && is_found)
    }

    fn reaches(&mut self, of: &Type, depth: usize) -> Result<Option<bool>> {
        let id = match of {
            Type::Id(id) => *id,
            Type::ErrorContext => return Ok(None),
            _ => return Ok(Some(false)),
        };
        if depth > DEPTH_LIMIT {
            bail!("types nest deeper than {DEPTH_LIMIT}");
        }
        if let Some(known) = self.known.get(&id) {
            return Ok(*known);
        }
        let mut found = match &self.resolve.types[id].kind {
            TypeDefKind::List(of) => Some(number(self.resolve, of).is_some()),
            _ => Some(false),
        };
        match parts(self.resolve, id) {
            Some(parts) => {
                for part in parts {
                    found = match (found, self.reaches(&part, depth + 1)?) {
                        (Some(found), Some(other)) => Some(found || other),
                        _ => None,
                    };
                }
            }
            None => found = None,
        }
        self.known.insert(id, found);
        Ok(found)
    }
}

/// Writes the interface that a carrier exports.
struct Writing<'a> {
    resolve: &'a mut Resolve,
    interface: InterfaceId,
    /// The type that stands for one of the interface.
    written: HashMap<TypeId, Type>,
    taken: HashSet<String>,
}

impl<'a> Writing<'a> {
    fn new(
        resolve: &'a mut Resolve,
        package: PackageId,
        label: &str,
        functions: &[Function],
        chosen: &[Function],
    ) -> Result<Writing<'a>> {
        // One that is not carried must not be taken for one that is.
        let mut taken = HashSet::new();
        for function in functions {
            let name = plain_name(&function.name);
            if !taken.insert(name.clone()) && chosen.iter().any(|each| plain_name(&each.name) == name) {
                bail!("two of its functions would be called `{name}`");
            }
        }
        if resolve.packages[package].interfaces.contains_key(label) {
            bail!("it has an interface `{NAMESPACE}:{PACKAGE}/{label}` already");
        }
        let interface = resolve.interfaces.alloc(Interface {
            name: Some(label.into()),
            types: Default::default(),
            functions: Default::default(),
            docs: Default::default(),
            stability: Stability::Unknown,
            package: Some(package),
            span: Default::default(),
            clone_of: None,
        });
        resolve.packages[package].interfaces.insert(label.into(), interface);
        Ok(Writing { resolve, interface, written: HashMap::new(), taken })
    }

    fn function(&mut self, function: &Function) -> Result<Function> {
        let name = plain_name(&function.name);
        let mut params = Vec::new();
        for each in &function.params {
            let ty = self.given(&each.ty)?;
            params.push(Param { name: each.name.clone(), ty, span: Default::default() });
        }
        let given = Function {
            name: name.clone(),
            kind: FunctionKind::Freestanding,
            params,
            result: self.optional(&function.result)?,
            docs: Default::default(),
            stability: Stability::Unknown,
            span: Default::default(),
            external_id: None,
        };
        self.resolve.interfaces[self.interface].functions.insert(name, given.clone());
        Ok(given)
    }

    fn optional(&mut self, of: &Option<Type>) -> Result<Option<Type>> {
        of.as_ref().map(|of| self.given(of)).transpose()
    }

    /// The type that stands for another in the carried interface.
    fn given(&mut self, of: &Type) -> Result<Type> {
        let Type::Id(id) = of else { return Ok(*of) };
        if let Some(written) = self.written.get(id) {
            return Ok(*written);
        }
        let mut kind = self.resolve.types[*id].kind.clone();
        let mut is_named = false;
        match &mut kind {
            TypeDefKind::Type(inner) => {
                let inner = self.given(&inner.clone())?;
                self.written.insert(*id, inner);
                return Ok(inner);
            }
            TypeDefKind::List(element) if number(self.resolve, element).is_some() => {
                self.written.insert(*id, Type::String);
                return Ok(Type::String);
            }
            TypeDefKind::Resource => {
                kind = TypeDefKind::Type(*of);
                is_named = true;
            }
            TypeDefKind::Handle(Handle::Own(resource) | Handle::Borrow(resource)) => {
                let Type::Id(given) = self.given(&Type::Id(*resource))? else {
                    bail!("a handle of no resource");
                };
                *resource = given;
            }
            TypeDefKind::Record(of) => {
                is_named = true;
                for field in &mut of.fields {
                    field.ty = self.given(&field.ty)?;
                }
            }
            TypeDefKind::Variant(of) => {
                is_named = true;
                for case in &mut of.cases {
                    case.ty = self.optional(&case.ty)?;
                }
            }
            TypeDefKind::Enum(_) | TypeDefKind::Flags(_) => is_named = true,
            TypeDefKind::Tuple(of) => {
                for element in &mut of.types {
                    *element = self.given(element)?;
                }
            }
            TypeDefKind::Option(inner) | TypeDefKind::List(inner) => *inner = self.given(inner)?,
            TypeDefKind::Result(of) => {
                of.ok = self.optional(&of.ok)?;
                of.err = self.optional(&of.err)?;
            }
            other => bail!("a {} cannot be carried", other.as_str()),
        }
        let name = is_named.then(|| self.free_name(*id));
        let owner = match is_named {
            true => TypeOwner::Interface(self.interface),
            false => TypeOwner::None,
        };
        let given = self.resolve.types.alloc(TypeDef {
            name: name.clone(),
            kind,
            owner,
            docs: Default::default(),
            stability: Stability::Unknown,
            span: Default::default(),
            external_id: None,
        });
        if let Some(name) = name {
            self.resolve.interfaces[self.interface].types.insert(name, given);
        }
        self.written.insert(*id, Type::Id(given));
        Ok(Type::Id(given))
    }

    /// The own name of a type, unless another type or a function has it: what one of another interface is
    /// made of has names that are not used here.
    fn free_name(&mut self, id: TypeId) -> String {
        let wanted = self.resolve.types[id].name.clone().unwrap_or_else(|| "type".into());
        let mut name = wanted.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted}-x{number}");
            number += 1;
        }
        name
    }
}

/// The label and the version of the carried interface, from the name that the whole exports.
fn label(told: &str) -> Result<(String, Option<semver::Version>)> {
    let (stem, version) = match told.split_once('@') {
        Some((stem, version)) => (stem, Some(semver::Version::parse(version)?)),
        None => (told, None),
    };
    Ok((stem.replace([':', '/'], "-"), version))
}

fn package(resolve: &mut Resolve, name: &str, version: Option<semver::Version>) -> PackageId {
    let name = PackageName { namespace: NAMESPACE.into(), name: name.into(), version };
    if let Some(id) = resolve.package_names.get(&name) {
        return *id;
    }
    let id = resolve.packages.alloc(Package {
        name: name.clone(),
        docs: Default::default(),
        interfaces: Default::default(),
        worlds: Default::default(),
    });
    resolve.package_names.insert(name, id);
    id
}

/// The interfaces that an interface takes types from, each after those that it takes types from.
fn imported(
    resolve: &Resolve,
    interface: InterfaceId,
    found: &mut Vec<InterfaceId>,
    depth: usize,
) -> Result<()> {
    if depth > DEPTH_LIMIT {
        bail!("interfaces use each other deeper than {DEPTH_LIMIT}");
    }
    for other in resolve.interface_direct_deps(interface) {
        if resolve.interfaces[other].name.is_none() {
            bail!("it takes types from an interface without a name");
        }
        if !found.contains(&other) {
            imported(resolve, other, found, depth + 1)?;
            found.push(other);
        }
    }
    Ok(())
}
