//! What all carriers do: give room in their memory, and turn texts into lists of numbers and back.
//!
//! A text is hexadecimal, with lower-case letters, or `=` and then base64 (RFC 4648, section 4) with padding.
//! Hexadecimal is what a host reads and writes at a multiple of the speed; base64 is half as much longer
//! than the bytes, where hexadecimal is twice as long. So lists are written as hexadecimal up to a size.

use super::{base64, hexadecimal};
use crate::core_modules::claim;
use wasm_encoder::{BlockType, Function, MemArg, ValType};

/// Places in the memory; nothing lies at zero. The one behind `OUT` is never written to.
pub const IN: i32 = 16;
pub const OUT: i32 = 48;
/// Where the heap begins.
pub const HEAP: i32 = 80;
/// The global that holds where it ends.
pub const HEAP_END: u32 = 0;
/// The global that counts the bytes that a call's result has as hexadecimal.
pub const HEXADECIMAL: u32 = 1;
/// Both, and what they hold before a call.
pub const GLOBALS: [(u32, i32); 2] = [(HEAP_END, HEAP), (HEXADECIMAL, 0)];

/// What a text of base64 begins with, and hexadecimal cannot.
pub const MARK: u8 = b'=';

/// Names of the functions that trap, which tell why.
pub const NOT_HEXADECIMAL: &str = "the text of a carried list is not hexadecimal";
pub const NOT_BASE64: &str = "the text of a carried list is not base64";
pub const CUT: &str = "the text of a carried list ends inside an element";
pub const TOO_LONG: &str = "a carried list is too long for a text";

/// Bytes whose text a string can hold: it has at most 2³¹ - 1 bytes (Component Model, CanonicalABI.md,
/// `MAX_STRING_BYTE_LENGTH`).
const MOST: i32 = 0x5fff_fffd;

/// Bytes that a call gives as hexadecimal, all its lists together. A runtime may bound what a call gives to
/// the host (wasmtime: `DEFAULT_HOSTCALL_FUEL`, 128 MiB), and base64 leaves room for more below it.
const MOST_HEXADECIMAL: i32 = 16 << 20;

/// Functions of the kit, in their order.
#[derive(Clone, Copy)]
pub enum Kit {
    /// `(old, old size, align, size) -> place`
    Realloc,
    /// `()`, and each traps.
    NotHexadecimal,
    NotBase64,
    Cut,
    TooLong,
    /// `(text, length) -> size`: each makes bytes of a text where it is.
    DecodeHexadecimal,
    DecodeBase64,
    /// `(place, from, size)`: each makes a text of bytes and puts its pointer and length at a place.
    EncodeHexadecimal,
    EncodeBase64,
    /// `(text, length, shift) -> count`: a text becomes a list where it is.
    Decode,
    /// `(place, shift)`: the text whose pointer and length are at a place becomes a list.
    DecodeAt,
    /// `(place, shift)`: the list whose pointer and length are at a place becomes a text.
    EncodeAt,
}

/// How many functions there are.
pub const COUNT: u32 = 12;

const I32: ValType = ValType::I32;

/// A function's name, parameters, results and code. `first` is the index of the first of them.
pub type Part = (&'static str, Vec<ValType>, Vec<ValType>, Function);

/// All functions. `first` is the index of the first of them.
pub fn functions(first: u32) -> [Part; COUNT as usize] {
    [
        ("realloc", vec![I32; 4], vec![I32], realloc()),
        (NOT_HEXADECIMAL, vec![], vec![], trap()),
        (NOT_BASE64, vec![], vec![], trap()),
        (CUT, vec![], vec![], trap()),
        (TOO_LONG, vec![], vec![], trap()),
        ("decode-hexadecimal", vec![I32; 2], vec![I32], hexadecimal::decode(first)),
        ("decode-base64", vec![I32; 2], vec![I32], base64::decode(first)),
        ("encode-hexadecimal", vec![I32; 3], vec![], hexadecimal::encode(first)),
        ("encode-base64", vec![I32; 3], vec![], base64::encode(first)),
        ("decode", vec![I32; 3], vec![I32], decode(first)),
        ("decode-at", vec![I32; 2], vec![], decode_at(first)),
        ("encode-at", vec![I32; 2], vec![], encode_at(first)),
    ]
}

pub fn at(offset: u32) -> MemArg {
    MemArg { offset: offset.into(), align: 0, target: Default::default(), ordering: None }
}

fn trap() -> Function {
    let mut body = Function::new([]);
    body.instructions().unreachable().end();
    body
}

/// Room at the end of the heap, at a multiple of eight, with what was in the old place; memory grows when it
/// is full.
fn realloc() -> Function {
    let [old, old_size, _align, size, place, pages] = [0, 1, 2, 3, 4, 5];
    let mut body = Function::new([(2, I32)]);
    let mut code = body.instructions();
    // what shrinks stays
    code.local_get(old).i32_const(0).i32_ne();
    code.local_get(size).local_get(old_size).i32_le_u().i32_and();
    code.if_(BlockType::Empty).local_get(old).return_().end();
    // place = (heap end + 7) & -8
    code.global_get(HEAP_END).i32_const(7).i32_add().i32_const(-8).i32_and().local_tee(place);
    claim(&mut code, HEAP_END, size, place, pages);
    code.local_get(old).if_(BlockType::Empty);
    code.local_get(place).local_get(old).local_get(old_size).memory_copy(0, 0).end();
    code.local_get(place).end();
    body
}

fn decode_at(first: u32) -> Function {
    let [place, shift] = [0, 1];
    let mut body = Function::new([]);
    body.instructions()
        .local_get(place)
        .local_get(place)
        .i32_load(at(0))
        .local_get(place)
        .i32_load(at(4))
        .local_get(shift)
        .call(first + Kit::Decode as u32)
        .i32_store(at(4))
        .end();
    body
}

fn decode(first: u32) -> Function {
    let [text, length, shift, size] = [0, 1, 2, 3];
    let mut body = Function::new([(1, I32)]);
    let mut code = body.instructions();
    code.local_get(length).i32_eqz().if_(BlockType::Empty).i32_const(0).return_().end();
    code.local_get(text).i32_load8_u(at(0)).i32_const(MARK.into()).i32_eq();
    code.if_(BlockType::Result(I32)).local_get(text).local_get(length);
    code.call(first + Kit::DecodeBase64 as u32);
    code.else_().local_get(text).local_get(length);
    code.call(first + Kit::DecodeHexadecimal as u32).end();
    code.local_tee(size);
    code.i32_const(-1).local_get(shift).i32_shl().i32_const(-1).i32_xor().i32_and();
    code.if_(BlockType::Empty).call(first + Kit::Cut as u32).end();
    code.local_get(size).local_get(shift).i32_shr_u().end();
    body
}

fn encode_at(first: u32) -> Function {
    let [place, shift, size, all] = [0, 1, 2, 3];
    let mut body = Function::new([(2, I32)]);
    let mut code = body.instructions();
    code.local_get(place).i32_load(at(4)).local_get(shift).i32_shl().local_tee(size);
    code.i32_eqz().if_(BlockType::Empty).return_().end();
    code.local_get(size).i32_const(MOST).i32_gt_u().if_(BlockType::Empty);
    code.call(first + Kit::TooLong as u32).end();
    code.global_get(HEXADECIMAL).local_get(size).i32_add().local_tee(all);
    code.i32_const(MOST_HEXADECIMAL).i32_gt_u().if_(BlockType::Empty);
    code.local_get(place).local_get(place).i32_load(at(0)).local_get(size);
    code.call(first + Kit::EncodeBase64 as u32).else_();
    code.local_get(all).global_set(HEXADECIMAL);
    code.local_get(place).local_get(place).i32_load(at(0)).local_get(size);
    code.call(first + Kit::EncodeHexadecimal as u32).end().end();
    body
}

pub fn vector(bytes: [u8; 16]) -> i128 {
    i128::from_le_bytes(bytes)
}

pub fn splat(byte: u8) -> i128 {
    vector([byte; 16])
}

pub fn splat_wide(lane: [u8; 4]) -> i128 {
    let mut bytes = [0; 16];
    for part in bytes.chunks_mut(4) {
        part.copy_from_slice(&lane);
    }
    vector(bytes)
}
