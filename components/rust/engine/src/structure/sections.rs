//! Sections of one module or component, read and written one by one.

use anyhow::{bail, Context, Result};
use std::ops::Range;
use wasm_encoder::Encode;
use wasmparser::{Chunk, Parser, Payload};

/// Add a section to a binary.
pub fn section(id: u8, content: &[u8], into: &mut Vec<u8>) {
    into.push(id);
    content.encode(into);
}

/// The payloads of one module or component, without those of what is nested in it.
pub struct Reader<'a> {
    bytes: &'a [u8],
    parser: Parser,
    offset: usize,
    end: usize,
    is_done: bool,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], range: Range<usize>) -> Reader<'a> {
        let parser = Parser::new(range.start as u64);
        Reader { bytes, parser, offset: range.start, end: range.end, is_done: false }
    }

    pub fn next(&mut self) -> Result<Option<Payload<'a>>> {
        if self.is_done {
            return Ok(None);
        }
        let input = self.bytes.get(self.offset..self.end).context("the file is cut short")?;
        match self.parser.parse(input, true)? {
            Chunk::Parsed { payload: Payload::End(_), .. } => {
                self.is_done = true;
                Ok(None)
            }
            Chunk::Parsed { payload, consumed } => {
                self.offset += consumed;
                Ok(Some(payload))
            }
            Chunk::NeedMoreData(_) => bail!("the file is cut short"),
        }
    }

    /// Where a nested module or component lies, whose payloads are left out.
    pub fn nested(&mut self, range: Range<u64>) -> Range<usize> {
        let range = range.start as usize..range.end as usize;
        self.offset = range.end;
        range
    }

    /// Where a code section lies, whose functions are left out.
    pub fn skip(&mut self, range: Range<u64>) -> Range<usize> {
        self.parser.skip_section();
        self.nested(range)
    }
}
