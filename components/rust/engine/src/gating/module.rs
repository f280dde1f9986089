//! The core module of a gate: one small function for each function that is refused.
//!
//! What it answers is written into its data when it is made, so nothing is computed when it is called.
//! Texts and lists of the caller come into a heap that is empty again when the function returns.

use super::room::{self, Room, HEAP_END, HEAP_START};
use super::types::{home, root};
use crate::core_modules::{self, global, Signature, Signatures};
use anyhow::{bail, Context, Result};
use serde_json::Value;
use wasm_encoder::{
    BlockType, CodeSection, CustomSection, EntityType, ExportKind, ExportSection, FunctionSection,
    ImportSection, Instruction, Module, NameMap, NameSection, ValType,
};
use wit_parser::abi::AbiVariant;
use wit_parser::{
    Function, Handle, Int, InterfaceId, Resolve, SizeAlign, Type, TypeDefKind, TypeId,
};

/// What a refused function answers.
pub enum Answer {
    /// `{"answer": "trap", "name": …}`: it traps, in a function of that name.
    Trap(String),
    /// `{"answer": "error", "case": …}`: the error of that name, which carries nothing.
    Error(String),
    /// `{"answer": "nothing"}`: an empty list, no value, zero.
    Nothing,
    /// `{"answer": "resource"}`: a new resource of the gate's own.
    Resource,
    /// Any of them with an event that is recorded first, `"event": …`.
    Recorded(String, Box<Answer>),
}

impl Answer {
    pub fn read(value: &Value) -> Result<Answer> {
        let text = |name: &str| -> Result<String> {
            Ok(value[name].as_str().with_context(|| format!("no `{name}`"))?.into())
        };
        let answer = match text("answer")?.as_str() {
            "trap" => Answer::Trap(text("name")?),
            "error" => Answer::Error(text("case")?),
            "nothing" => Answer::Nothing,
            "resource" => Answer::Resource,
            other => bail!("there is no answer `{other}`"),
        };
        Ok(match value["event"].as_str() {
            Some(event) => Answer::Recorded(event.into(), Box::new(answer)),
            None => answer,
        })
    }
}

/// What the gate's code needs beside its memory: functions of the canonical ABI, and the recorder.
#[derive(Clone, Copy, PartialEq)]
pub enum Needed {
    New(TypeId),
    Drop(TypeId),
    Record,
}

/// What becomes of a `GateModule`.
pub struct Modules {
    /// The module with the memory.
    pub memory: Vec<u8>,
    /// The module with the functions, which exports them by their numbers.
    pub gate: Vec<u8>,
    /// What the functions need: imports of `functions`, by their numbers.
    pub needed: Vec<Needed>,
    /// The number of the function that answers, for each in the order in which they were added.
    pub numbers: Vec<usize>,
}

pub struct GateModule<'a> {
    resolve: &'a Resolve,
    refused: &'a [(String, InterfaceId)],
    sizes: SizeAlign,
    signatures: Signatures,
    needed: Vec<Needed>,
    functions: Vec<(u32, String, Vec<Code>)>,
    /// The function that each one asked for became: those that only trap are one for each signature.
    numbers: Vec<usize>,
    room: Room,
    /// The resources of the gate's own that it hands out.
    made: Vec<TypeId>,
}

/// An instruction; calls of what is needed are numbered when all that is needed is known.
enum Code {
    Plain(Instruction<'static>),
    Call(Needed),
}

impl<'a> GateModule<'a> {
    pub fn new(
        resolve: &'a Resolve,
        refused: &'a [(String, InterfaceId)],
    ) -> Result<GateModule<'a>> {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve)?;
        Ok(GateModule {
            resolve,
            refused,
            sizes,
            signatures: Signatures::default(),
            needed: Vec::new(),
            functions: Vec::new(),
            numbers: Vec::new(),
            room: Room::default(),
            made: Vec::new(),
        })
    }

    /// Take note of a function that gives a resource.
    pub fn expect(&mut self, function: &Function, answer: &Answer) {
        let answer = match answer {
            Answer::Recorded(_, answer) => answer.as_ref(),
            answer => answer,
        };
        if let (Answer::Resource, Some(result)) = (answer, &function.result) {
            self.made.extend(self.owned(result));
        }
    }

    /// A function of an interface that answers as told.
    pub fn refuse(&mut self, function: &Function, answer: &Answer) -> Result<()> {
        let signature = self.resolve.wasm_signature(AbiVariant::GuestExport, function);
        let (event, answer) = match answer {
            Answer::Recorded(event, answer) => (Some(event), answer.as_ref()),
            answer => (None, answer),
        };
        let mut code = Vec::new();
        if let Some(event) = event {
            let start = self.room.add(event.as_bytes(), 1);
            code.push(Code::Plain(Instruction::I32Const(start as i32)));
            code.push(Code::Plain(Instruction::I32Const(event.len() as i32)));
            code.push(self.call(Needed::Record));
        }
        let mut told = String::new();
        // Nobody has a handle that the gate alone could have made, and does not make.
        let is_dead = self.takes_unmade(function);
        if is_dead {
            code.clear();
            code.push(Code::Plain(Instruction::Unreachable));
        } else if let Answer::Trap(name) = answer {
            told.clone_from(name);
            code.push(Code::Plain(Instruction::Unreachable));
        } else {
            if !signature.indirect_params {
                self.drop_handles(function, &mut code)?;
            }
            empty_heap(&mut code);
            self.answer(function, answer, signature.retptr, &mut code)?;
        }
        self.add(told, core_modules::signature(&signature), code);
        Ok(())
    }

    /// A function that gives a text.
    pub fn tell(&mut self, text: &str) {
        let start = self.room.add(text.as_bytes(), 1);
        let mut pair = start.to_le_bytes().to_vec();
        pair.extend((text.len() as u32).to_le_bytes());
        let place = self.room.add(&pair, 4);
        let code = vec![Code::Plain(Instruction::I32Const(place as i32))];
        self.add(String::new(), (vec![], vec![ValType::I32]), code);
    }

    /// A function that takes a text and does nothing.
    pub fn ignore(&mut self) {
        let mut code = Vec::new();
        empty_heap(&mut code);
        self.add(String::new(), (vec![ValType::I32; 2], vec![]), code);
    }

    pub fn finish(mut self, node: &str) -> Modules {
        let needed_types: Vec<u32> = self
            .needed
            .clone()
            .iter()
            .map(|each| {
                self.signatures.number(match each {
                    Needed::New(_) => (vec![ValType::I32], vec![ValType::I32]),
                    Needed::Drop(_) => (vec![ValType::I32], vec![]),
                    Needed::Record => (vec![ValType::I32; 2], vec![]),
                })
            })
            .collect();
        let mut module = Module::new();
        let mark = CustomSection { name: super::SECTION.into(), data: node.as_bytes().into() };
        module.section(&mark);
        let mut imports = ImportSection::new();
        for (index, signature) in needed_types.iter().enumerate() {
            imports.import("functions", &index.to_string(), EntityType::Function(*signature));
        }
        for (name, mutable) in room::GLOBALS {
            imports.import("room", name, EntityType::Global(global(mutable)));
        }
        let mut declared = FunctionSection::new();
        let mut exports = ExportSection::new();
        let mut bodies = CodeSection::new();
        let mut names = NameMap::new();
        let first = self.needed.len() as u32;
        for (number, (signature, name, code)) in self.functions.iter().enumerate() {
            let index = first + number as u32;
            declared.function(*signature);
            exports.export(&number.to_string(), ExportKind::Func, index);
            bodies.function(&self.body(code));
            if !name.is_empty() {
                names.append(index, name);
            }
        }
        module.section(&self.signatures.section()).section(&imports).section(&declared);
        module.section(&exports);
        module.section(&bodies);
        let mut section = NameSection::new();
        section.module("gate");
        section.functions(&names);
        module.section(&section);
        let (gate, needed, numbers) = (module.finish(), self.needed, self.numbers);
        Modules { memory: self.room.module(), gate, needed, numbers }
    }

    fn body(&self, code: &[Code]) -> wasm_encoder::Function {
        let mut body = wasm_encoder::Function::new([]);
        for each in code {
            match each {
                Code::Plain(instruction) => body.instruction(instruction),
                Code::Call(needed) => {
                    let index = self.needed.iter().position(|other| other == needed);
                    body.instruction(&Instruction::Call(index.unwrap_or_default() as u32))
                }
            };
        }
        body.instruction(&Instruction::End);
        body
    }

    /// Write the answer of a function onto the stack.
    fn answer(
        &mut self,
        function: &Function,
        answer: &Answer,
        in_memory: bool,
        code: &mut Vec<Code>,
    ) -> Result<()> {
        let Some(result) = &function.result else { return Ok(()) };
        match answer {
            Answer::Resource => {
                let Some(resource) = self.owned(result) else { bail!("it gives no resource") };
                code.push(Code::Plain(Instruction::I32Const(0)));
                let call = self.call(Needed::New(resource));
                code.push(call);
            }
            Answer::Nothing if !in_memory => code.push(Code::Plain(match self.flat(result) {
                ValType::I64 => Instruction::I64Const(0),
                ValType::F32 => Instruction::F32Const(0.0.into()),
                ValType::F64 => Instruction::F64Const(0.0.into()),
                _ => Instruction::I32Const(0),
            })),
            Answer::Nothing => {
                let bytes = vec![0; self.sizes.size(result).size_wasm32()];
                let place = self.room.add(&bytes, self.sizes.align(result).align_wasm32());
                code.push(Code::Plain(Instruction::I32Const(place as i32)));
            }
            Answer::Error(case) => {
                let bytes = self.error(result, case)?;
                if in_memory {
                    let place = self.room.add(&bytes, self.sizes.align(result).align_wasm32());
                    code.push(Code::Plain(Instruction::I32Const(place as i32)));
                } else {
                    code.push(Code::Plain(Instruction::I32Const(1)));
                }
            }
            Answer::Trap(_) | Answer::Recorded(..) => bail!("it answers nothing"),
        }
        Ok(())
    }

    /// The bytes of a `result` with an error (Component Model, CanonicalABI.md, "Storing").
    fn error(&self, result: &Type, case: &str) -> Result<Vec<u8>> {
        let TypeDefKind::Result(of) = self.kind(result).context("it gives no result")? else {
            bail!("it gives no result");
        };
        let mut bytes = vec![0; self.sizes.size(result).size_wasm32()];
        bytes[0] = 1;
        let Some(error) = &of.err else {
            return if case.is_empty() { Ok(bytes) } else { bail!("its error has no cases") };
        };
        let (index, tag) = match self.kind(error) {
            Some(TypeDefKind::Enum(cases)) => {
                (cases.cases.iter().position(|each| each.name == case), cases.tag())
            }
            Some(TypeDefKind::Variant(cases)) => {
                (cases.cases.iter().position(|each| each.name == case), cases.tag())
            }
            _ => bail!("its error has no cases"),
        };
        let index = index.with_context(|| format!("its error has no case `{case}`"))?;
        let start = self.sizes.payload_offset(Int::U8, [of.ok.as_ref(), of.err.as_ref()]);
        let width = match tag {
            Int::U8 => 1,
            Int::U16 => 2,
            Int::U32 => 4,
            Int::U64 => 8,
        };
        let start = start.size_wasm32();
        bytes[start..start + width].copy_from_slice(&index.to_le_bytes()[..width]);
        Ok(bytes)
    }

    /// Give back the handles that a call brought: a component may not keep what it borrowed, and would
    /// gather what it owns.
    fn drop_handles(&mut self, function: &Function, code: &mut Vec<Code>) -> Result<()> {
        let mut local = 0;
        for parameter in &function.params {
            match self.kind(&parameter.ty) {
                Some(TypeDefKind::Handle(handle)) => {
                    if let Some(drop) = self.dropper(handle)? {
                        code.push(Code::Plain(Instruction::LocalGet(local)));
                        code.push(drop);
                    }
                }
                Some(TypeDefKind::Option(inner)) => {
                    if let Some(TypeDefKind::Handle(handle)) = self.kind(inner) {
                        if let Some(drop) = self.dropper(handle)? {
                            code.push(Code::Plain(Instruction::LocalGet(local)));
                            code.push(Code::Plain(Instruction::If(BlockType::Empty)));
                            code.push(Code::Plain(Instruction::LocalGet(local + 1)));
                            code.push(drop);
                            code.push(Code::Plain(Instruction::End));
                        }
                    }
                }
                _ => {}
            }
            local += self.flat_count(&parameter.ty);
        }
        Ok(())
    }

    /// The call that drops a handle; none for a borrowed one of the gate's own, which comes as what the
    /// gate knows it by.
    fn dropper(&mut self, handle: &Handle) -> Result<Option<Code>> {
        let (resource, is_borrowed) = match handle {
            Handle::Own(resource) => (root(self.resolve, *resource), false),
            Handle::Borrow(resource) => (root(self.resolve, *resource), true),
        };
        let is_own = self.is_own(resource)?;
        Ok((!is_borrowed || !is_own).then(|| self.call(Needed::Drop(resource))))
    }

    /// Whether a function takes a handle of a resource that the gate defines and never makes.
    fn takes_unmade(&self, function: &Function) -> bool {
        function.params.iter().any(|parameter| match self.kind(&parameter.ty) {
            Some(TypeDefKind::Handle(Handle::Own(resource) | Handle::Borrow(resource))) => {
                let resource = root(self.resolve, *resource);
                self.is_own(resource).unwrap_or(false) && !self.made.contains(&resource)
            }
            _ => false,
        })
    }

    /// Whether a resource is defined by the gate.
    fn is_own(&self, resource: TypeId) -> Result<bool> {
        let home = home(self.resolve, resource)?;
        Ok(self.refused.iter().any(|(_, id)| *id == home))
    }

    /// The resource that a function's result is a new handle of.
    fn owned(&self, result: &Type) -> Option<TypeId> {
        match self.kind(result) {
            Some(TypeDefKind::Handle(Handle::Own(resource))) => Some(root(self.resolve, *resource)),
            _ => None,
        }
    }

    /// A type without the names that it is used under.
    fn kind(&self, of: &Type) -> Option<&'a TypeDefKind> {
        let Type::Id(id) = of else { return None };
        match &self.resolve.types[*id].kind {
            TypeDefKind::Type(inner) => self.kind(inner),
            kind => Some(kind),
        }
    }

    fn flat(&self, of: &Type) -> ValType {
        core_modules::flat(self.resolve, of).first().copied().unwrap_or(ValType::I32)
    }

    fn flat_count(&self, of: &Type) -> u32 {
        core_modules::flat(self.resolve, of).len() as u32
    }

    fn call(&mut self, needed: Needed) -> Code {
        if !self.needed.contains(&needed) {
            self.needed.push(needed);
        }
        Code::Call(needed)
    }

    fn add(&mut self, told: String, types: Signature, code: Vec<Code>) {
        let signature = self.signatures.number(types);
        let is_trap = |code: &[Code]| matches!(code, [Code::Plain(Instruction::Unreachable)]);
        let known = self.functions.iter().position(|(other, name, body)| {
            *other == signature && *name == told && is_trap(body) && is_trap(&code)
        });
        self.numbers.push(known.unwrap_or(self.functions.len()));
        if known.is_none() {
            self.functions.push((signature, told, code));
        }
    }
}

fn empty_heap(code: &mut Vec<Code>) {
    code.push(Code::Plain(Instruction::GlobalGet(HEAP_START)));
    code.push(Code::Plain(Instruction::GlobalSet(HEAP_END)));
}
