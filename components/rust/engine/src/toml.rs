//! Where every key of a TOML text stands.

use crate::places::Sources;
use crate::problems::{problem, worded};
use crate::wcompose::engine::types::{Place, Problem};
use std::ops::Range;
use toml_edit::{Document, Item, TableLike, Value};
use wit_parser::Span;

type Located = Vec<(Vec<String>, Place, Place)>;

pub fn locate(file: &str, text: &str) -> Result<Located, Problem> {
    let mut sources = Sources::default();
    sources.push(file, text);
    let document = Document::parse(text).map_err(|error| {
        let place = error.span().and_then(|range| place(&sources, range));
        problem("toml-syntax", worded(error.message())).at(place)
    })?;
    let mut locator = Locator { sources, found: Vec::new() };
    locator.table(document.as_table(), &mut Vec::new());
    Ok(locator.found)
}

fn place(sources: &Sources, range: Range<usize>) -> Option<Place> {
    let (start, end) = (range.start as u32, range.end.max(range.start + 1) as u32);
    sources.place(Span::new(start, end))
}

struct Locator {
    sources: Sources,
    found: Located,
}

impl Locator {
    fn table(&mut self, table: &dyn TableLike, path: &mut Vec<String>) {
        for (name, item) in table.iter() {
            let key = table.key(name).and_then(|key| key.span());
            path.push(name.into());
            let span = item.span();
            self.note(path, key.clone().or(span.clone()), span.or(key));
            self.item(item, path);
            path.pop();
        }
    }

    fn item(&mut self, item: &Item, path: &mut Vec<String>) {
        match item {
            Item::Table(table) => self.table(table, path),
            Item::Value(value) => self.value(value, path),
            Item::ArrayOfTables(tables) => {
                for (index, table) in tables.iter().enumerate() {
                    path.push(index.to_string());
                    self.note(path, table.span(), table.span());
                    self.table(table, path);
                    path.pop();
                }
            }
            Item::None => {}
        }
    }

    fn value(&mut self, value: &Value, path: &mut Vec<String>) {
        match value {
            Value::InlineTable(table) => self.table(table, path),
            Value::Array(array) => {
                for (index, element) in array.iter().enumerate() {
                    path.push(index.to_string());
                    self.note(path, element.span(), element.span());
                    self.value(element, path);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, path: &[String], key: Option<Range<usize>>, value: Option<Range<usize>>) {
        let at = |range: Option<Range<usize>>| range.and_then(|range| place(&self.sources, range));
        if let (Some(key), Some(value)) = (at(key), at(value)) {
            self.found.push((path.to_vec(), key, value));
        }
    }
}
