//! The core module of a carrier: for each carried function one that turns texts into lists, calls the
//! function, and turns the lists of its result into texts.
//!
//! A `string` and a list have the same layout, so all that stands around them stays where it is: only
//! lengths change, and where a result's texts are.

use super::contract::{number, parts, Carried};
use super::kit::{self, at, Kit};
use crate::core_modules::{flat, global, memory, signature, values, Signature, Signatures};
use anyhow::{bail, Context, Result};
use std::collections::{HashMap, HashSet};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, ImportSection, InstructionSink, Module, NameMap, NameSection,
    ValType,
};
use wit_parser::abi::{AbiVariant, WasmSignature};
use wit_parser::{Handle, Int, Resolve, SizeAlign, Type, TypeDefKind, TypeId, TypeOwner};

/// What is done with the values that a call brings or gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Work {
    /// Turn texts into lists.
    Decode,
    /// Turn lists into texts.
    Encode,
    /// Give back borrowed handles, which a component may not keep.
    Release,
}

/// A function that many values of one type share.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Helper {
    /// `(place)`: does it for a value in memory.
    Value(TypeId, Work),
    /// `(first, count)`: does it for each element of a list.
    Each(Type, Work),
    /// Takes a variant's flat values and, where they may change, gives them.
    Flat(TypeId, Vec<ValType>, Work),
}

pub struct CarrierModule<'a> {
    resolve: &'a Resolve,
    carried: &'a Carried,
    sizes: SizeAlign,
    signatures: Signatures,
    /// The resources whose handles are given back, imports behind the carried functions.
    released: Vec<TypeId>,
    concerned: HashMap<(TypeId, Work), bool>,
    helpers: HashMap<Helper, u32>,
    wanted: Vec<Helper>,
}

/// The module that implements the world of a carrier.
pub fn module(resolve: &Resolve, carried: &Carried) -> Result<Vec<u8>> {
    let mut sizes = SizeAlign::default();
    sizes.fill(resolve)?;
    let mut making = CarrierModule {
        resolve,
        carried,
        sizes,
        signatures: Signatures::default(),
        released: Vec::new(),
        concerned: HashMap::new(),
        helpers: HashMap::new(),
        wanted: Vec::new(),
    };
    making.released = making.borrowed();
    making.write()
}

impl CarrierModule<'_> {
    fn write(mut self) -> Result<Vec<u8>> {
        let carried = self.carried;
        let mut imports = ImportSection::new();
        for (function, _) in &carried.functions {
            let flat = self.resolve.wasm_signature(AbiVariant::GuestImport, function);
            let signature = self.signatures.number(signature(&flat));
            imports.import(&carried.import, &function.name, EntityType::Function(signature));
        }
        for resource in self.released.clone() {
            let signature = self.signatures.number((vec![ValType::I32], vec![]));
            let name = format!("[resource-drop]{}", self.name(resource)?);
            imports.import(&self.home(resource)?, &name, EntityType::Function(signature));
        }
        let mut declared = FunctionSection::new();
        let mut bodies = CodeSection::new();
        let mut names = NameMap::new();
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        exports.export("cabi_realloc", ExportKind::Func, self.kit(Kit::Realloc));
        let mut index = self.kit(Kit::Realloc);
        for (name, parameters, results, body) in kit::functions(index) {
            declared.function(self.signatures.number((parameters, results)));
            bodies.function(&body);
            names.append(index, name);
            index += 1;
        }
        // Frees all that came and went with a call.
        declared.function(self.signatures.number((vec![ValType::I32], vec![])));
        let mut body = Function::new([]);
        empty_heap(&mut body.instructions()).end();
        bodies.function(&body);
        let freeing = index;
        index += 1;
        for (number, (function, given)) in carried.functions.iter().enumerate() {
            let flat = self.resolve.wasm_signature(AbiVariant::GuestExport, given);
            declared.function(self.signatures.number(signature(&flat)));
            let body = self
                .carry(number as u32, function, &flat)
                .with_context(|| format!("carrying `{}`", function.name))?;
            bodies.function(&body);
            names.append(index, &given.name);
            let name = format!("{}#{}", carried.export, given.name);
            exports.export(&name, ExportKind::Func, index);
            if flat.retptr {
                exports.export(&format!("cabi_post_{name}"), ExportKind::Func, freeing);
            }
            index += 1;
        }
        let mut written = 0;
        while let Some(helper) = self.wanted.get(written).cloned() {
            let (signature, body) = self.help(&helper)?;
            declared.function(self.signatures.number(signature));
            bodies.function(&body);
            written += 1;
        }
        let mut globals = GlobalSection::new();
        for (_, start) in kit::GLOBALS {
            globals.global(global(true), &ConstExpr::i32_const(start));
        }
        let mut section = NameSection::new();
        section.module("carrier");
        section.functions(&names);
        let mut module = Module::new();
        module.section(&self.signatures.section()).section(&imports).section(&declared);
        module.section(&memory(1));
        module.section(&globals).section(&exports).section(&bodies).section(&section);
        Ok(module.finish())
    }

    /// The function that the host calls instead of another.
    fn carry(
        &mut self,
        import: u32,
        function: &wit_parser::Function,
        flat: &WasmSignature,
    ) -> Result<Function> {
        let locals = values(&flat.params);
        let result = locals.len() as u32;
        let mut body = Function::new([(1, ValType::I32)]);
        let mut code = body.instructions();
        let parameters: Vec<Type> = function.params.iter().map(|each| each.ty).collect();
        self.parameters(&parameters, Work::Decode, flat, &locals, &mut code)?;
        for local in 0..result {
            code.local_get(local);
        }
        if let (true, Some(of)) = (flat.retptr, &function.result) {
            let size = self.sizes.size(of).size_wasm32() as i32;
            let align = self.sizes.align(of).align_wasm32() as i32;
            code.i32_const(0).i32_const(0).i32_const(align).i32_const(size);
            code.call(self.kit(Kit::Realloc)).local_tee(result);
        }
        code.call(import);
        self.parameters(&parameters, Work::Release, flat, &locals, &mut code)?;
        match &function.result {
            Some(of) if flat.retptr => {
                self.value(of, Work::Encode, result, 0, &mut code)?;
                code.local_get(result);
            }
            _ => {
                empty_heap(&mut code);
            }
        }
        code.end();
        Ok(body)
    }

    fn parameters(
        &mut self,
        parameters: &[Type],
        work: Work,
        flat: &WasmSignature,
        locals: &[ValType],
        code: &mut InstructionSink,
    ) -> Result<()> {
        if flat.indirect_params {
            let fields = self.sizes.field_offsets(parameters.iter());
            let fields: Vec<(usize, Type)> =
                fields.into_iter().map(|(offset, of)| (offset.size_wasm32(), *of)).collect();
            for (offset, of) in fields {
                self.value(&of, work, 0, offset as u32, code)?;
            }
            return Ok(());
        }
        let mut first = 0;
        for of in parameters {
            self.flat(of, work, first, locals, code)?;
            first += self.flat_count(of);
        }
        Ok(())
    }

    /// Do it for a value in memory, at a local's address and an offset.
    fn value(
        &mut self,
        of: &Type,
        work: Work,
        place: u32,
        offset: u32,
        code: &mut InstructionSink,
    ) -> Result<()> {
        if !self.concerns(of, work) {
            return Ok(());
        }
        let id = self.root(of)?;
        if let Some(shift) = self.carried(id) {
            code.local_get(place).i32_const(offset as i32).i32_add().i32_const(shift as i32);
            code.call(self.kit(if work == Work::Decode { Kit::DecodeAt } else { Kit::EncodeAt }));
            return Ok(());
        }
        match &self.resolve.types[id].kind {
            TypeDefKind::Handle(Handle::Borrow(resource)) => {
                code.local_get(place).i32_load(at(offset)).call(self.release(*resource)?);
            }
            TypeDefKind::List(element) => {
                code.local_get(place).i32_load(at(offset));
                code.local_get(place).i32_load(at(offset + 4));
                code.call(self.helper(Helper::Each(self.plain(element), work)));
            }
            _ => {
                code.local_get(place).i32_const(offset as i32).i32_add();
                code.call(self.helper(Helper::Value(id, work)));
            }
        }
        Ok(())
    }

    /// Do it for flat values, in locals from `first` on.
    fn flat(
        &mut self,
        of: &Type,
        work: Work,
        first: u32,
        locals: &[ValType],
        code: &mut InstructionSink,
    ) -> Result<()> {
        if !self.concerns(of, work) {
            return Ok(());
        }
        let id = self.root(of)?;
        if let Some(shift) = self.carried(id) {
            get(code, first, locals);
            get(code, first + 1, locals);
            code.i32_const(shift as i32).call(self.kit(Kit::Decode));
            if locals[first as usize + 1] == ValType::I64 {
                code.i64_extend_i32_u();
            }
            code.local_set(first + 1);
            return Ok(());
        }
        match &self.resolve.types[id].kind {
            TypeDefKind::Handle(Handle::Borrow(resource)) => {
                get(code, first, locals);
                code.call(self.release(*resource)?);
            }
            TypeDefKind::List(element) => {
                get(code, first, locals);
                get(code, first + 1, locals);
                code.call(self.helper(Helper::Each(self.plain(element), work)));
            }
            TypeDefKind::Record(_) | TypeDefKind::Tuple(_) => {
                let mut first = first;
                for part in parts(self.resolve, id).context("a record has fields")? {
                    self.flat(&part, work, first, locals, code)?;
                    first += self.flat_count(&part);
                }
            }
            _ => {
                let end = first + self.flat_count(of);
                let own = locals[first as usize..end as usize].to_vec();
                for local in first..end {
                    code.local_get(local);
                }
                code.call(self.helper(Helper::Flat(id, own, work)));
                if work == Work::Decode {
                    for local in (first..end).rev() {
                        code.local_set(local);
                    }
                }
            }
        }
        Ok(())
    }

    fn help(&mut self, helper: &Helper) -> Result<(Signature, Function)> {
        let pointer = ValType::I32;
        Ok(match helper {
            Helper::Value(id, work) => {
                let mut body = Function::new([]);
                let mut code = body.instructions();
                if let Some((tag, cases)) = self.cases(*id) {
                    let start = self.sizes.payload_offset(tag, cases.iter().map(Option::as_ref));
                    for (number, payload) in self.concerned_cases(&cases, *work) {
                        code.local_get(0);
                        match tag {
                            Int::U8 => code.i32_load8_u(at(0)),
                            Int::U16 => code.i32_load16_u(at(0)),
                            _ => code.i32_load(at(0)),
                        };
                        code.i32_const(number).i32_eq().if_(BlockType::Empty);
                        self.value(&payload, *work, 0, start.size_wasm32() as u32, &mut code)?;
                        code.end();
                    }
                } else {
                    let fields = parts(self.resolve, *id).context("a record has fields")?;
                    let places = self.sizes.field_offsets(fields.iter());
                    let places: Vec<usize> =
                        places.into_iter().map(|(offset, _)| offset.size_wasm32()).collect();
                    for (of, offset) in fields.iter().zip(places) {
                        self.value(of, *work, 0, offset as u32, &mut code)?;
                    }
                }
                code.end();
                ((vec![pointer], vec![]), body)
            }
            Helper::Each(element, work) => {
                let [place, count] = [0, 1];
                let size = self.sizes.size(element).size_wasm32() as i32;
                let mut body = Function::new([]);
                let mut code = body.instructions();
                code.loop_(BlockType::Empty).local_get(count).if_(BlockType::Empty);
                self.value(element, *work, place, 0, &mut code)?;
                code.local_get(place).i32_const(size).i32_add().local_set(place);
                code.local_get(count).i32_const(1).i32_sub().local_set(count);
                code.br(1).end().end().end();
                ((vec![pointer; 2], vec![]), body)
            }
            Helper::Flat(id, locals, work) => {
                let mut body = Function::new([]);
                let mut code = body.instructions();
                let (_, cases) = self.cases(*id).context("a variant has cases")?;
                for (number, payload) in self.concerned_cases(&cases, *work) {
                    get(&mut code, 0, locals);
                    code.i32_const(number).i32_eq().if_(BlockType::Empty);
                    self.flat(&payload, *work, 1, locals, &mut code)?;
                    code.end();
                }
                let mut results = Vec::new();
                if *work == Work::Decode {
                    results.clone_from(locals);
                    for local in 0..locals.len() as u32 {
                        code.local_get(local);
                    }
                }
                code.end();
                ((locals.clone(), results), body)
            }
        })
    }

    /// The cases of a variant, an option or a result, and what tells them apart.
    fn cases(&self, id: TypeId) -> Option<(Int, Vec<Option<Type>>)> {
        Some(match &self.resolve.types[id].kind {
            TypeDefKind::Variant(of) => (of.tag(), of.cases.iter().map(|case| case.ty).collect()),
            TypeDefKind::Option(of) => (Int::U8, vec![None, Some(*of)]),
            TypeDefKind::Result(of) => (Int::U8, vec![of.ok, of.err]),
            _ => return None,
        })
    }

    fn concerned_cases(&mut self, cases: &[Option<Type>], work: Work) -> Vec<(i32, Type)> {
        let numbered = (0..).zip(cases);
        let with_payload = numbered.filter_map(|(number, case)| Some((number, (*case)?)));
        with_payload.filter(|(_, payload)| self.concerns(payload, work)).collect()
    }

    /// Whether there is anything to do for a type.
    fn concerns(&mut self, of: &Type, work: Work) -> bool {
        let Type::Id(id) = *of else { return false };
        if let Some(known) = self.concerned.get(&(id, work)) {
            return *known;
        }
        let found = match &self.resolve.types[id].kind {
            TypeDefKind::Handle(Handle::Borrow(_)) => work == Work::Release,
            _ if self.carried(id).is_some() => work != Work::Release,
            _ => {
                let parts = parts(self.resolve, id).unwrap_or_default();
                parts.iter().any(|part| self.concerns(part, work))
            }
        };
        self.concerned.insert((id, work), found);
        found
    }

    /// The width of the elements as a power of two, if a type is a list of numbers.
    fn carried(&self, id: TypeId) -> Option<u32> {
        match &self.resolve.types[id].kind {
            TypeDefKind::List(element) => number(self.resolve, element),
            _ => None,
        }
    }

    /// A type without the names that it is used under.
    fn plain(&self, of: &Type) -> Type {
        match of {
            Type::Id(id) => match &self.resolve.types[*id].kind {
                TypeDefKind::Type(inner) => self.plain(inner),
                _ => *of,
            },
            _ => *of,
        }
    }

    fn root(&self, of: &Type) -> Result<TypeId> {
        match self.plain(of) {
            Type::Id(id) => Ok(id),
            _ => bail!("a primitive has nothing in it"),
        }
    }

    /// All resources of which a carried function borrows a handle, in their order.
    fn borrowed(&self) -> Vec<TypeId> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let functions = self.carried.functions.iter();
        let parameters = functions.flat_map(|(function, _)| &function.params);
        let mut pending: Vec<Type> = parameters.map(|each| each.ty).collect();
        pending.reverse();
        while let Some(of) = pending.pop() {
            let Type::Id(id) = of else { continue };
            if !seen.insert(id) {
                continue;
            }
            if let TypeDefKind::Handle(Handle::Borrow(resource)) = &self.resolve.types[id].kind {
                if let Ok(root) = self.root(&Type::Id(*resource)) {
                    if !found.contains(&root) {
                        found.push(root);
                    }
                }
            }
            pending.extend(parts(self.resolve, id).unwrap_or_default().into_iter().rev());
        }
        found
    }

    fn release(&self, resource: TypeId) -> Result<u32> {
        let root = self.root(&Type::Id(resource))?;
        let place = self.released.iter().position(|each| *each == root);
        let place = place.context("a handle of an unknown resource")?;
        Ok((self.carried.functions.len() + place) as u32)
    }

    fn name(&self, resource: TypeId) -> Result<&str> {
        self.resolve.types[resource].name.as_deref().context("a resource without a name")
    }

    /// The import that a resource comes with.
    fn home(&self, resource: TypeId) -> Result<String> {
        match self.resolve.types[resource].owner {
            TypeOwner::Interface(id) => {
                self.resolve.id_of(id).context("a resource of an interface without a name")
            }
            _ => bail!("a resource without an interface"),
        }
    }

    fn kit(&self, which: Kit) -> u32 {
        (self.carried.functions.len() + self.released.len()) as u32 + which as u32
    }

    fn helper(&mut self, helper: Helper) -> u32 {
        let first = self.kit(Kit::Realloc) + kit::COUNT + 1 + self.carried.functions.len() as u32;
        *self.helpers.entry(helper.clone()).or_insert_with(|| {
            self.wanted.push(helper);
            first + self.wanted.len() as u32 - 1
        })
    }

    fn flat_count(&self, of: &Type) -> u32 {
        flat(self.resolve, of).len() as u32
    }
}

/// A pointer, a length, a handle or a case, also where a variant joins it with something wider.
fn get(code: &mut InstructionSink, local: u32, locals: &[ValType]) {
    code.local_get(local);
    if locals[local as usize] == ValType::I64 {
        code.i32_wrap_i64();
    }
}

fn empty_heap<'a, 'b>(code: &'a mut InstructionSink<'b>) -> &'a mut InstructionSink<'b> {
    for (global, start) in kit::GLOBALS {
        code.i32_const(start).global_set(global);
    }
    code
}
