//! The core module of a gate: one small function for each function that is refused.
//!
//! What it answers is written into its data when it is made, so nothing is computed when it is called.
//! Texts and lists of the caller come into a heap that is empty again when the function returns.

use super::types::{home, root};
use anyhow::{bail, Context, Result};
use serde_json::Value;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, DataSection, EntityType, ExportKind,
    ExportSection, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction,
    MemorySection, MemoryType, Module, NameMap, NameSection, TypeSection, ValType,
};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{
    Function, Handle, Int, InterfaceId, Resolve, SizeAlign, Type, TypeDefKind, TypeId,
};

/// Where the data begins; nothing lies at zero.
const DATA_START: u32 = 16;
const PAGE: u64 = 1 << 16;
/// The globals that hold where the heap starts and where it ends.
const HEAP_START: u32 = 0;
const HEAP_END: u32 = 1;

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

type Signature = (Vec<ValType>, Vec<ValType>);

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
    types: Vec<Signature>,
    needed: Vec<Needed>,
    functions: Vec<(u32, String, Vec<Code>)>,
    /// The function that each one asked for became: those that only trap are one for each signature.
    numbers: Vec<usize>,
    data: Vec<u8>,
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
            types: Vec::new(),
            needed: Vec::new(),
            functions: Vec::new(),
            numbers: Vec::new(),
            data: Vec::new(),
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
            let start = self.add_data(event.as_bytes(), 1);
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
        let types = (values(&signature.params), values(&signature.results));
        self.add(told, types, code);
        Ok(())
    }

    /// A function that gives a text.
    pub fn tell(&mut self, text: &str) {
        let start = self.add_data(text.as_bytes(), 1);
        let mut pair = start.to_le_bytes().to_vec();
        pair.extend((text.len() as u32).to_le_bytes());
        let place = self.add_data(&pair, 4);
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
        let room = self.room();
        let needed_types: Vec<u32> = self
            .needed
            .clone()
            .iter()
            .map(|each| {
                self.signature(match each {
                    Needed::New(_) => (vec![ValType::I32], vec![ValType::I32]),
                    Needed::Drop(_) => (vec![ValType::I32], vec![]),
                    Needed::Record => (vec![ValType::I32; 2], vec![]),
                })
            })
            .collect();
        let mut module = Module::new();
        let mark = CustomSection { name: super::SECTION.into(), data: node.as_bytes().into() };
        module.section(&mark);
        let mut types = TypeSection::new();
        for (parameters, results) in &self.types {
            types.ty().function(parameters.iter().copied(), results.iter().copied());
        }
        let mut imports = ImportSection::new();
        for (index, signature) in needed_types.iter().enumerate() {
            imports.import("functions", &index.to_string(), EntityType::Function(*signature));
        }
        for (name, mutable) in [("heap-start", false), ("heap-end", true)] {
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
        module.section(&types).section(&imports).section(&declared).section(&exports);
        module.section(&bodies);
        let mut section = NameSection::new();
        section.module("gate");
        section.functions(&names);
        module.section(&section);
        let (gate, needed, numbers) = (module.finish(), self.needed, self.numbers);
        Modules { memory: room, gate, needed, numbers }
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

    /// The module that has the memory with all data, and gives room in it.
    fn room(&self) -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        let mut functions = FunctionSection::new();
        functions.function(0);
        let heap = (DATA_START + self.data.len() as u32).next_multiple_of(16);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: u64::from(heap).div_ceil(PAGE).max(1),
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        exports.export("realloc", ExportKind::Func, 0);
        for (name, index) in [("heap-start", HEAP_START), ("heap-end", HEAP_END)] {
            globals.global(global(index == HEAP_END), &ConstExpr::i32_const(heap as i32));
            exports.export(name, ExportKind::Global, index);
        }
        let mut code = CodeSection::new();
        code.function(&realloc());
        module.section(&types).section(&functions).section(&memories).section(&globals);
        module.section(&exports).section(&code);
        if !self.data.is_empty() {
            let mut data = DataSection::new();
            data.active(0, &ConstExpr::i32_const(DATA_START as i32), self.data.iter().copied());
            module.section(&data);
        }
        let mut section = NameSection::new();
        section.module("room");
        module.section(&section);
        module.finish()
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
                let place = self.add_data(&bytes, self.sizes.align(result).align_wasm32());
                code.push(Code::Plain(Instruction::I32Const(place as i32)));
            }
            Answer::Error(case) => {
                let bytes = self.error(result, case)?;
                if in_memory {
                    let place = self.add_data(&bytes, self.sizes.align(result).align_wasm32());
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
        let mut storage = [WasmType::I32; 1];
        let mut flat = wit_parser::abi::FlatTypes::new(&mut storage);
        self.resolve.push_flat(of, &mut flat);
        value(flat.to_vec().first().copied().unwrap_or(WasmType::I32))
    }

    fn flat_count(&self, of: &Type) -> u32 {
        let mut storage = [WasmType::I32; 17];
        let mut flat = wit_parser::abi::FlatTypes::new(&mut storage);
        self.resolve.push_flat(of, &mut flat);
        flat.to_vec().len() as u32
    }

    fn add_data(&mut self, bytes: &[u8], align: usize) -> u32 {
        while !(DATA_START as usize + self.data.len()).is_multiple_of(align) {
            self.data.push(0);
        }
        let place = DATA_START + self.data.len() as u32;
        self.data.extend(bytes);
        place
    }

    fn signature(&mut self, signature: Signature) -> u32 {
        let known = self.types.iter().position(|each| *each == signature);
        known.unwrap_or_else(|| {
            self.types.push(signature);
            self.types.len() - 1
        }) as u32
    }

    fn call(&mut self, needed: Needed) -> Code {
        if !self.needed.contains(&needed) {
            self.needed.push(needed);
        }
        Code::Call(needed)
    }

    fn add(&mut self, told: String, types: Signature, code: Vec<Code>) {
        let signature = self.signature(types);
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

fn global(mutable: bool) -> GlobalType {
    GlobalType { val_type: ValType::I32, mutable, shared: false }
}

fn value(of: WasmType) -> ValType {
    match of {
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
    }
}

fn values(of: &[WasmType]) -> Vec<ValType> {
    of.iter().copied().map(value).collect()
}

/// Room at the end of the heap, with what was in the old place; memory grows when it is full.
fn realloc() -> wasm_encoder::Function {
    let [old, old_size, align, new_size, place, pages] = [0, 1, 2, 3, 4, 5];
    let mut body = wasm_encoder::Function::new([(2, ValType::I32)]);
    body.instructions()
        // place = (heap end + align - 1) & -align
        .global_get(HEAP_END)
        .local_get(align)
        .i32_add()
        .i32_const(1)
        .i32_sub()
        .i32_const(0)
        .local_get(align)
        .i32_sub()
        .i32_and()
        .local_tee(place)
        // heap end = place + new size, which must not wrap around
        .local_get(new_size)
        .i32_add()
        .global_set(HEAP_END)
        .global_get(HEAP_END)
        .local_get(place)
        .i32_lt_u()
        .if_(BlockType::Empty)
        .unreachable()
        .end()
        // pages = (heap end >> 16) + 1 - those there are
        .global_get(HEAP_END)
        .i32_const(16)
        .i32_shr_u()
        .i32_const(1)
        .i32_add()
        .memory_size(0)
        .i32_sub()
        .local_tee(pages)
        .i32_const(0)
        .i32_gt_s()
        .if_(BlockType::Empty)
        .local_get(pages)
        .memory_grow(0)
        .i32_const(-1)
        .i32_eq()
        .if_(BlockType::Empty)
        .unreachable()
        .end()
        .end()
        // what lay in the old place comes along, as far as there is room
        .local_get(place)
        .local_get(old)
        .local_get(old_size)
        .local_get(new_size)
        .local_get(old_size)
        .local_get(new_size)
        .i32_lt_u()
        .select()
        .memory_copy(0, 0)
        .local_get(place)
        .end();
    body
}
