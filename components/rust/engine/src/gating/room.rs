//! The core module that holds a gate's memory: what its functions answer, and a heap for what callers bring.

use crate::core_modules::{claim, global, memory, PAGE};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, Module, NameSection, TypeSection, ValType,
};

/// Where the data begins; nothing lies at zero.
const DATA_START: u32 = 16;

/// The globals that hold where the heap starts and where it ends.
pub const HEAP_START: u32 = 0;
pub const HEAP_END: u32 = 1;
/// Their names, and whether they change.
pub const GLOBALS: [(&str, bool); 2] = [("heap-start", false), ("heap-end", true)];

#[derive(Default)]
pub struct Room {
    data: Vec<u8>,
}

impl Room {
    /// The place of bytes that are there from the start.
    pub fn add(&mut self, bytes: &[u8], align: usize) -> u32 {
        while !(DATA_START as usize + self.data.len()).is_multiple_of(align) {
            self.data.push(0);
        }
        let place = DATA_START + self.data.len() as u32;
        self.data.extend(bytes);
        place
    }

    /// The module that has the memory with all data, and gives room in it.
    pub fn module(self) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        let mut functions = FunctionSection::new();
        functions.function(0);
        let heap = (DATA_START + self.data.len() as u32).next_multiple_of(16);
        let memories = memory(u64::from(heap).div_ceil(PAGE).max(1));
        let mut globals = GlobalSection::new();
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        exports.export("realloc", ExportKind::Func, 0);
        for (index, (name, mutable)) in (0..).zip(GLOBALS) {
            globals.global(global(mutable), &ConstExpr::i32_const(heap as i32));
            exports.export(name, ExportKind::Global, index);
        }
        let mut code = CodeSection::new();
        code.function(&realloc());
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memories).section(&globals);
        module.section(&exports).section(&code);
        if !self.data.is_empty() {
            let mut data = DataSection::new();
            data.active(0, &ConstExpr::i32_const(DATA_START as i32), self.data);
            module.section(&data);
        }
        let mut section = NameSection::new();
        section.module("room");
        module.section(&section);
        module.finish()
    }
}

/// Room at the end of the heap, with what was in the old place; memory grows when it is full.
fn realloc() -> Function {
    let [old, old_size, align, new_size, place, pages] = [0, 1, 2, 3, 4, 5];
    let mut body = Function::new([(2, ValType::I32)]);
    let mut code = body.instructions();
    // place = (heap end + align - 1) & -align
    code.global_get(HEAP_END).local_get(align).i32_add().i32_const(1).i32_sub();
    code.i32_const(0).local_get(align).i32_sub().i32_and().local_tee(place);
    claim(&mut code, HEAP_END, new_size, place, pages);
    // what lay in the old place comes along, as far as there is room
    code.local_get(place).local_get(old);
    code.local_get(old_size).local_get(new_size);
    code.local_get(old_size).local_get(new_size).i32_lt_u().select();
    code.memory_copy(0, 0).local_get(place).end();
    body
}
