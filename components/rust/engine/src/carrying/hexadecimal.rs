//! Bytes as hexadecimal with lower-case letters.
//!
//! 32 characters or sixteen bytes are done at a time; what is left at the end goes through a scratch place,
//! so that nothing is read or written beside it.

use super::kit::{at, splat, vector, Kit, HEAP_END, IN, OUT};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

const DIGITS: [u8; 16] = *b"0123456789abcdef";

/// `(text, length) -> size`: a text becomes bytes where it is.
pub fn decode(first: u32) -> Function {
    let [text, length] = [0, 1];
    let [from, to, end, rest] = [2, 3, 4, 5];
    let [block, wrong] = [6, 7];
    let mut body = Function::new([(4, ValType::I32), (2, ValType::V128)]);
    let mut code = body.instructions();
    code.local_get(length).i32_const(1).i32_and().if_(BlockType::Empty);
    code.call(first + Kit::NotHexadecimal as u32).end();
    code.local_get(text).local_tee(from).local_set(to);
    code.local_get(text).local_get(length).i32_add().local_set(end);
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(end).local_get(from).i32_sub().i32_const(32).i32_lt_u().br_if(1);
    code.local_get(to);
    for half in [0, 16] {
        code.local_get(from).v128_load(at(half)).local_set(block);
        decode_block(&mut code, block, wrong);
    }
    code.i8x16_narrow_i16x8_u().v128_store(at(0));
    code.local_get(from).i32_const(32).i32_add().local_set(from);
    code.local_get(to).i32_const(16).i32_add().local_set(to);
    code.br(0).end().end();
    code.local_get(end).local_get(from).i32_sub().local_set(rest);
    for half in [0, 16] {
        code.i32_const(IN).v128_const(splat(DIGITS[0])).v128_store(at(half));
    }
    code.i32_const(IN).local_get(from).local_get(rest).memory_copy(0, 0);
    code.i32_const(OUT);
    for half in [0, 16] {
        code.i32_const(IN).v128_load(at(half)).local_set(block);
        decode_block(&mut code, block, wrong);
    }
    code.i8x16_narrow_i16x8_u().v128_store(at(0));
    code.local_get(wrong).v128_const(splat(0xf0)).v128_and().v128_any_true();
    code.if_(BlockType::Empty).call(first + Kit::NotHexadecimal as u32).end();
    code.local_get(to).i32_const(OUT).local_get(rest).i32_const(1).i32_shr_u().memory_copy(0, 0);
    code.local_get(length).i32_const(1).i32_shr_u().end();
    body
}

/// Leave the eight bytes of sixteen characters, each in a lane of sixteen bits; what is no digit leaves more
/// than fifteen in `wrong`.
fn decode_block(code: &mut InstructionSink, block: u32, wrong: u32) {
    // `0` to `9` become 0 to 9, everything else more than 15
    code.local_get(block).v128_const(splat(0xff - b'9')).i8x16_add();
    code.v128_const(splat(6)).i8x16_sub_sat_u().v128_const(splat(0xf0)).i8x16_sub();
    // `a` to `f` become 10 to 15, everything else more than 15
    code.local_get(block).v128_const(splat(b'a')).i8x16_sub();
    code.v128_const(splat(10)).i8x16_add_sat_u();
    code.i8x16_min_u().local_tee(block);
    code.local_get(wrong).v128_or().local_set(wrong);
    // first, second, as they lie in memory -> first << 4 | second
    code.local_get(block).i32_const(12).i16x8_shl().local_get(block).v128_or();
    code.i32_const(8).i16x8_shr_u();
}

/// `(place, from, size)`: the hexadecimal of some bytes, in new memory.
pub fn encode(first: u32) -> Function {
    let [place, from, size] = [0, 1, 2];
    let [end, text, to] = [3, 4, 5];
    let [block, high, low] = [6, 7, 8];
    let mut body = Function::new([(3, ValType::I32), (3, ValType::V128)]);
    let mut code = body.instructions();
    code.local_get(from).local_get(size).i32_add().local_set(end);
    // Room for one whole block more than there are characters.
    code.i32_const(0).i32_const(0).i32_const(8);
    code.local_get(size).i32_const(1).i32_shl().i32_const(32).i32_add();
    code.call(first + Kit::Realloc as u32).local_tee(text).local_set(to);
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(end).local_get(from).i32_sub().i32_const(16).i32_lt_u().br_if(1);
    code.local_get(from).v128_load(at(0)).local_set(block);
    encode_block(&mut code, block, high, low, to);
    code.local_get(from).i32_const(16).i32_add().local_set(from);
    code.local_get(to).i32_const(32).i32_add().local_set(to);
    code.br(0).end().end();
    code.i32_const(IN).v128_const(0).v128_store(at(0));
    code.i32_const(IN).local_get(from).local_get(end).local_get(from).i32_sub().memory_copy(0, 0);
    code.i32_const(IN).v128_load(at(0)).local_set(block);
    encode_block(&mut code, block, high, low, to);
    code.local_get(place).local_get(text).i32_store(at(0));
    code.local_get(place).local_get(size).i32_const(1).i32_shl().local_tee(size).i32_store(at(4));
    code.local_get(text).local_get(size).i32_add().global_set(HEAP_END).end();
    body
}

/// Write the 32 characters of sixteen bytes.
fn encode_block(code: &mut InstructionSink, block: u32, high: u32, low: u32, to: u32) {
    code.v128_const(vector(DIGITS)).local_get(block).i32_const(4).i8x16_shr_u();
    code.i8x16_swizzle().local_set(high);
    code.v128_const(vector(DIGITS)).local_get(block).v128_const(splat(0x0f)).v128_and();
    code.i8x16_swizzle().local_set(low);
    for half in [0, 8] {
        // one of each in turn
        let lanes = std::array::from_fn(|lane| {
            let lane = lane as u8;
            half + lane / 2 + lane % 2 * 16
        });
        code.local_get(to).local_get(high).local_get(low).i8x16_shuffle(lanes);
        code.v128_store(at(u32::from(half) * 2));
    }
}
