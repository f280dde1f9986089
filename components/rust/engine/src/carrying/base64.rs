//! Bytes as base64 (RFC 4648, section 4) with padding, behind the mark.
//!
//! Sixteen characters or twelve bytes are done at a time; what is left at the end goes through a scratch
//! place, so that nothing is read or written beside it.

use super::kit::{at, splat, splat_wide, vector, Kit, HEAP_END, IN, MARK, OUT};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// `(text, length) -> size`: the mark and the text behind it become bytes where they are.
pub fn decode(first: u32) -> Function {
    let [text, length] = [0, 1];
    let [from, to, end, rest, count] = [2, 3, 4, 5, 6];
    let [block, high, wrong] = [7, 8, 9];
    let mut body = Function::new([(5, ValType::I32), (3, ValType::V128)]);
    let mut code = body.instructions();
    code.local_get(length).i32_const(3).i32_and().i32_const(1).i32_ne().if_(BlockType::Empty);
    code.call(first + Kit::NotBase64 as u32).end();
    code.local_get(text).local_tee(to).i32_const(1).i32_add().local_set(from);
    code.local_get(text).local_get(length).i32_add().local_set(end);
    // More than one block is left: the last may have padding.
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(end).local_get(from).i32_sub().i32_const(16).i32_le_u().br_if(1);
    code.local_get(to);
    code.local_get(from).v128_load(at(0)).local_set(block);
    decode_block(&mut code, block, high, wrong);
    // It writes sixteen bytes of which twelve count, and never past what was read.
    code.v128_store(at(0));
    code.local_get(from).i32_const(16).i32_add().local_set(from);
    code.local_get(to).i32_const(12).i32_add().local_set(to);
    code.br(0).end().end();
    code.local_get(end).local_get(from).i32_sub().local_set(rest);
    code.i32_const(IN).v128_const(splat(b'A')).v128_store(at(0));
    code.i32_const(IN).local_get(from).local_get(rest).memory_copy(0, 0);
    // count = bytes of the rest, were there no padding
    code.local_get(rest).i32_const(2).i32_shr_u().i32_const(3).i32_mul().local_set(count);
    for _ in 0..2 {
        code.local_get(rest).i32_load8_u(at(IN as u32 - 1)).i32_const(b'='.into()).i32_eq();
        code.if_(BlockType::Empty);
        code.local_get(rest).i32_const(b'A'.into()).i32_store8(at(IN as u32 - 1));
        code.local_get(rest).i32_const(1).i32_sub().local_set(rest);
        code.local_get(count).i32_const(1).i32_sub().local_set(count);
    }
    code.end().end();
    code.i32_const(IN).v128_load(at(0)).local_set(block);
    code.i32_const(OUT);
    decode_block(&mut code, block, high, wrong);
    code.v128_store(at(0));
    code.local_get(wrong).v128_any_true();
    // Bits that padding leaves over are zero.
    code.local_get(count).i64_load(at(OUT as u32)).i64_eqz().i32_eqz();
    code.i32_or().if_(BlockType::Empty).call(first + Kit::NotBase64 as u32).end();
    code.local_get(to).i32_const(OUT).local_get(count).memory_copy(0, 0);
    code.local_get(to).local_get(count).i32_add().local_get(text).i32_sub().end();
    body
}

/// Leave the twelve bytes of sixteen characters, with four zeros behind them; what is no character of
/// base64 leaves a mark in `wrong`.
fn decode_block(code: &mut InstructionSink, block: u32, high: u32, wrong: u32) {
    code.local_get(block).i32_const(4).i8x16_shr_u().local_set(high);
    let (by_low, by_high) = classes();
    code.v128_const(vector(by_low)).local_get(block).v128_const(splat(0x0f)).v128_and();
    code.i8x16_swizzle();
    code.v128_const(vector(by_high)).local_get(high).i8x16_swizzle();
    code.v128_and().local_get(wrong).v128_or().local_set(wrong);
    // character + the difference of its row = number; `/` is of a row of its own
    code.v128_const(vector(differences()));
    code.local_get(high).local_get(block).v128_const(splat(b'/')).i8x16_eq().i8x16_add();
    code.i8x16_swizzle().local_get(block).i8x16_add().local_tee(block);
    // a, b -> a << 6 | b
    code.i32_const(6).i16x8_shl().v128_const(splat_wide([0xc0, 0x0f, 0xc0, 0x0f])).v128_and();
    code.local_get(block).i32_const(8).i16x8_shr_u().v128_or();
    // and two of those -> first << 12 | second
    code.v128_const(splat_wide([0x00, 0x10, 0x01, 0x00])).i32x4_dot_i16x8_s();
    code.v128_const(vector([2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 128, 128, 128, 128]));
    code.i8x16_swizzle();
}

/// `(place, from, size)`: the mark and the base64 of some bytes, in new memory.
pub fn encode(first: u32) -> Function {
    let [place, from, size] = [0, 1, 2];
    let [end, text, to] = [3, 4, 5];
    let block = 6;
    let mut body = Function::new([(3, ValType::I32), (1, ValType::V128)]);
    let mut code = body.instructions();
    code.local_get(from).local_get(size).i32_add().local_set(end);
    code.local_get(place);
    code.local_get(size).i32_const(2).i32_add().i32_const(3).i32_div_u().i32_const(2).i32_shl();
    code.i32_const(1).i32_add().i32_store(at(4));
    // Room for two whole blocks more than there are characters.
    code.i32_const(0).i32_const(0).i32_const(8);
    code.local_get(place).i32_load(at(4)).i32_const(32).i32_add();
    code.call(first + Kit::Realloc as u32).local_tee(text);
    code.i32_const(MARK.into()).i32_store8(at(0));
    code.local_get(text).i32_const(1).i32_add().local_set(to);
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(end).local_get(from).i32_sub().i32_const(16).i32_lt_u().br_if(1);
    code.local_get(to);
    code.local_get(from).v128_load(at(0));
    encode_block(&mut code, block);
    code.v128_store(at(0));
    code.local_get(from).i32_const(12).i32_add().local_set(from);
    code.local_get(to).i32_const(16).i32_add().local_set(to);
    code.br(0).end().end();
    for half in [0, 16] {
        code.i32_const(IN).v128_const(0).v128_store(at(half));
    }
    code.i32_const(IN).local_get(from).local_get(end).local_get(from).i32_sub().memory_copy(0, 0);
    for (start, offset) in [(0, 0), (12, 16)] {
        code.local_get(to).i32_const(IN).v128_load(at(start));
        encode_block(&mut code, block);
        code.v128_store(at(offset));
    }
    code.local_get(text).local_get(place).i32_load(at(4)).i32_add().local_tee(end);
    code.global_set(HEAP_END);
    code.local_get(size).i32_const(3).i32_rem_u().local_tee(size).if_(BlockType::Empty);
    code.local_get(end).i32_const(1).i32_sub().i32_const(b'='.into()).i32_store8(at(0));
    code.local_get(size).i32_const(1).i32_eq().if_(BlockType::Empty);
    code.local_get(end).i32_const(2).i32_sub().i32_const(b'='.into()).i32_store8(at(0));
    code.end().end();
    code.local_get(place).local_get(text).i32_store(at(0)).end();
    body
}

/// Make sixteen characters of the first twelve of sixteen bytes.
fn encode_block(code: &mut InstructionSink, block: u32) {
    // three bytes in a lane, the first on top
    code.v128_const(vector([2, 1, 0, 128, 5, 4, 3, 128, 8, 7, 6, 128, 11, 10, 9, 128]));
    code.i8x16_swizzle().local_tee(block);
    code.i32_const(18).i32x4_shr_u();
    code.local_get(block).i32_const(4).i32x4_shr_u();
    code.v128_const(splat_wide([0, 0x3f, 0, 0])).v128_and().v128_or();
    code.local_get(block).i32_const(10).i32x4_shl();
    code.v128_const(splat_wide([0, 0, 0x3f, 0])).v128_and().v128_or();
    code.local_get(block).i32_const(24).i32x4_shl();
    code.v128_const(splat_wide([0, 0, 0, 0x3f])).v128_and().v128_or().local_set(block);
    // number + the difference of its range = character
    code.v128_const(vector(offsets()));
    code.local_get(block).v128_const(splat(51)).i8x16_sub_sat_u();
    code.local_get(block).v128_const(splat(26)).i8x16_lt_u().v128_const(splat(13)).v128_and();
    code.v128_or().i8x16_swizzle().local_get(block).i8x16_add();
}

fn alphabet() -> impl Iterator<Item = u8> {
    (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain([b'+', b'/'])
}

/// Two tables, by the low and by the high half of a character, whose entries share a bit if and only if it
/// is not of the alphabet. Rows of ASCII that hold the same columns share a bit.
fn classes() -> ([u8; 16], [u8; 16]) {
    let columns = |row: u8| -> Vec<u8> {
        alphabet().filter(|each| each >> 4 == row).map(|each| each & 15).collect()
    };
    let mut classes: Vec<Vec<u8>> = Vec::new();
    let (mut by_low, mut by_high) = ([0; 16], [0; 16]);
    for row in 0..16 {
        let columns = columns(row);
        let known = classes.iter().position(|each| *each == columns);
        let class = known.unwrap_or(classes.len());
        by_high[usize::from(row)] = 1 << class;
        if known.is_none() {
            for (low, entry) in (0..).zip(&mut by_low) {
                if !columns.contains(&low) {
                    *entry |= 1 << class;
                }
            }
            classes.push(columns);
        }
    }
    (by_low, by_high)
}

/// What is added to a character to get its number, by its row, and for `/` by the row before its own.
fn differences() -> [u8; 16] {
    let mut found = [0; 16];
    for (number, each) in (0u8..).zip(alphabet()) {
        let row = usize::from(each >> 4) - usize::from(each == b'/');
        found[row] = number.wrapping_sub(each);
    }
    found
}

/// What is added to a number to get its character: for the first 26 at 13, for those up to 51 at 0, for
/// each of the others at the number - 51.
fn offsets() -> [u8; 16] {
    let mut found = [0; 16];
    for (number, each) in (0u8..).zip(alphabet()) {
        let place = if number < 26 { 13 } else { number.saturating_sub(51) };
        found[usize::from(place)] = each.wrapping_sub(number);
    }
    found
}
