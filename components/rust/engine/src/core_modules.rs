//! What the core modules have in common that this engine writes: carriers and gates.

use wasm_encoder::{
    BlockType, GlobalType, InstructionSink, MemorySection, MemoryType, TypeSection, ValType,
};
use wit_parser::abi::{FlatTypes, WasmSignature, WasmType};
use wit_parser::{Resolve, Type};

/// Bytes of a page of memory.
pub const PAGE: u64 = 1 << 16;

/// Most core values that one value is passed as; what needs more is passed in memory (Component Model,
/// CanonicalABI.md, `MAX_FLAT_PARAMS`).
const FLAT_LIMIT: usize = 16;

/// Types of parameters and of results.
pub type Signature = (Vec<ValType>, Vec<ValType>);

/// The signatures of a module, each once.
#[derive(Default)]
pub struct Signatures(Vec<Signature>);

impl Signatures {
    /// The number of a signature.
    pub fn number(&mut self, signature: Signature) -> u32 {
        let known = self.0.iter().position(|each| *each == signature);
        known.unwrap_or_else(|| {
            self.0.push(signature);
            self.0.len() - 1
        }) as u32
    }

    pub fn section(&self) -> TypeSection {
        let mut types = TypeSection::new();
        for (parameters, results) in &self.0 {
            types.ty().function(parameters.iter().copied(), results.iter().copied());
        }
        types
    }
}

/// A function's signature as the encoder has it.
pub fn signature(of: &WasmSignature) -> Signature {
    (values(&of.params), values(&of.results))
}

pub fn values(of: &[WasmType]) -> Vec<ValType> {
    of.iter().copied().map(value).collect()
}

fn value(of: WasmType) -> ValType {
    match of {
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
    }
}

/// The core values that a value is passed as; of one that is passed in memory, only the first are right.
pub fn flat(resolve: &Resolve, of: &Type) -> Vec<ValType> {
    let mut storage = [WasmType::I32; FLAT_LIMIT + 1];
    let mut flat = FlatTypes::new(&mut storage);
    resolve.push_flat(of, &mut flat);
    values(&flat.to_vec())
}

/// One memory, which may grow.
pub fn memory(pages: u64) -> MemorySection {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    memories
}

/// A global that holds a place or a size.
pub fn global(mutable: bool) -> GlobalType {
    GlobalType { val_type: ValType::I32, mutable, shared: false }
}

/// Put the end of the heap behind `size` bytes from `place` on, which is on the stack, and let the memory
/// grow when it is full.
///
/// `heap_end` is a global; `size`, `place` and `pages` are locals, of which the last is for passing use.
pub fn claim(code: &mut InstructionSink, heap_end: u32, size: u32, place: u32, pages: u32) {
    // heap end = place + size, which must not wrap around
    code.local_get(size)
        .i32_add()
        .global_set(heap_end)
        .global_get(heap_end)
        .local_get(place)
        .i32_lt_u()
        .if_(BlockType::Empty)
        .unreachable()
        .end();
    // pages = (heap end >> 16) + 1 - those there are
    code.global_get(heap_end)
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
        .end();
}
