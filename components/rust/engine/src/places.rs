//! From the crates' spans (byte offsets into all sources laid end to end) to lines and columns.

use crate::wcompose::engine::types::Place;
use wit_parser::Span;

/// Sources in the order in which they were pushed into a `SourceMap`.
#[derive(Default)]
pub struct Sources {
    files: Vec<File>,
    length: usize,
}

struct File {
    path: String,
    text: String,
    offset: usize,
    /// Byte offset of each line's start.
    lines: Vec<usize>,
}

/// Line and column of both ends, 1-based.
pub struct Stretch {
    pub file: usize,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

impl Sources {
    pub fn push(&mut self, path: &str, text: &str) {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(starts.map(|(index, _)| index + 1)).collect();
        self.files.push(File {
            path: path.into(),
            text: text.into(),
            offset: self.length,
            lines,
        });
        // `SourceMap` appends a line break to every source.
        self.length += text.len() + 1;
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }

    pub fn stretch(&self, span: Span) -> Option<Stretch> {
        if !span.is_known() {
            return None;
        }
        let (start, end) = (span.start() as usize, span.end() as usize);
        let file = self.files.partition_point(|file| file.offset <= start).checked_sub(1)?;
        let source = &self.files[file];
        let (line, column) = source.position(start - source.offset);
        let (end_line, end_column) = source.position(end.saturating_sub(source.offset));
        Some(Stretch { file, line, column, end_line, end_column })
    }

    pub fn place(&self, span: Span) -> Option<Place> {
        let stretch = self.stretch(span)?;
        let source = &self.files[stretch.file];
        Some(Place {
            file: source.path.clone(),
            line: stretch.line,
            column: stretch.column,
            end_line: stretch.end_line,
            end_column: stretch.end_column,
            source: source.line(stretch.line).into(),
        })
    }
}

impl File {
    fn position(&self, offset: usize) -> (u32, u32) {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= offset) - 1;
        let before = &self.text.as_bytes()[self.lines[line]..offset];
        // Code points, counted by the bytes that begin one.
        let column = before.iter().filter(|byte| (**byte as i8) >= -0x40).count();
        (line as u32 + 1, column as u32 + 1)
    }

    fn line(&self, number: u32) -> &str {
        let start = self.lines[number as usize - 1];
        self.text[start..].split('\n').next().unwrap_or("").trim_end_matches('\r')
    }
}
