//! What a binary and everything nested in it is called, made by, and weighs.

use anyhow::{bail, Context, Result};
use serde_json::{json, Map, Value};
use wasmparser::{ComponentName, CustomSectionReader, Encoding, KnownCustom, Name, Parser, Payload};

/// Depth of components in components.
const DEPTH_LIMIT: usize = 100;

/// Custom sections that hold one text (Component Model tool conventions, "Metadata").
pub const TEXTS: [&str; 7] =
    ["version", "description", "authors", "licenses", "source", "homepage", "revision"];

/// `{"kind", "name", "size", "code", "data", "custom", "imports", "exports",
/// "producers": {field: {name: version}}, "version", "description", "authors", "licenses", "source",
/// "homepage", "revision", "wcompose:…", "children": […]}`, sizes in bytes; code, data and custom sections are
/// without those of children. Members without a value are left out.
pub fn describe(bytes: &[u8]) -> Result<Value> {
    let mut open: Vec<Item> = Vec::new();
    let mut size = bytes.len() as u64;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding, .. } if open.len() < DEPTH_LIMIT => {
                open.push(Item::new(*encoding, size));
            }
            Payload::Version { .. } => bail!("components nest deeper than {DEPTH_LIMIT}"),
            Payload::ModuleSection { unchecked_range, .. }
            | Payload::ComponentSection { unchecked_range, .. } => {
                size = unchecked_range.end - unchecked_range.start;
            }
            Payload::End(_) => {
                let done = open.pop().context("an end without a beginning")?.into_json();
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok(done),
                }
            }
            other => {
                if let Some(item) = open.last_mut() {
                    item.note(other);
                }
            }
        }
    }
    bail!("the file is cut short")
}

/// One module or component, as far as its own sections tell.
pub struct Item {
    pub members: Map<String, Value>,
    pub code: u64,
    pub data: u64,
    pub custom: u64,
    imports: u32,
    exports: u32,
    children: Vec<Value>,
}

impl Item {
    pub fn new(encoding: Encoding, size: u64) -> Item {
        let kind = match encoding {
            Encoding::Component => "component",
            Encoding::Module => "module",
        };
        let mut members = Map::new();
        members.insert("kind".into(), kind.into());
        members.insert("size".into(), size.into());
        Item { members, code: 0, data: 0, custom: 0, imports: 0, exports: 0, children: Vec::new() }
    }

    pub fn note(&mut self, payload: &Payload) {
        match payload {
            Payload::CodeSectionStart { size, .. } => self.code += u64::from(*size),
            Payload::DataSection(section) => {
                self.data += section.range().end - section.range().start;
            }
            Payload::ImportSection(section) => self.imports += section.count(),
            Payload::ExportSection(section) => self.exports += section.count(),
            Payload::ComponentImportSection(section) => self.imports += section.count(),
            Payload::ComponentExportSection(section) => self.exports += section.count(),
            Payload::CustomSection(section) => {
                self.custom += section.range().end - section.range().start;
                self.custom_section(section);
            }
            _ => {}
        }
    }

    fn custom_section(&mut self, section: &CustomSectionReader) {
        // A custom section that does not parse says nothing, and harms nobody.
        match section.as_known() {
            KnownCustom::Name(_) | KnownCustom::ComponentName(_) => {
                if let Some(name) = own_name(section) {
                    self.members.insert("name".into(), name.into());
                }
            }
            KnownCustom::Producers(fields) => {
                let mut producers = Map::new();
                for field in fields.into_iter().flatten() {
                    let values: Map<String, Value> = field
                        .values
                        .into_iter()
                        .flatten()
                        .map(|value| (value.name.into(), value.version.into()))
                        .collect();
                    producers.insert(field.name.into(), values.into());
                }
                self.members.insert("producers".into(), producers.into());
            }
            _ if TEXTS.contains(&section.name()) || section.name().starts_with("wcompose:") => {
                if let Ok(text) = std::str::from_utf8(section.data()) {
                    self.members.insert(section.name().into(), text.into());
                }
            }
            _ => {}
        }
    }

    /// Source languages, of its own producers.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        let languages = self.members.get("producers").and_then(|fields| fields.get("language"));
        languages.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.as_str())
    }

    fn into_json(mut self) -> Value {
        for (name, size) in [("code", self.code), ("data", self.data), ("custom", self.custom)] {
            self.members.insert(name.into(), json!(size));
        }
        self.members.insert("imports".into(), self.imports.into());
        self.members.insert("exports".into(), self.exports.into());
        if !self.children.is_empty() {
            self.members.insert("children".into(), self.children.into());
        }
        self.members.into()
    }
}

/// The name that a name section gives to the module or component that it stands in.
pub fn own_name(section: &CustomSectionReader) -> Option<String> {
    match section.as_known() {
        KnownCustom::Name(names) => names.into_iter().flatten().find_map(|name| match name {
            Name::Module { name, .. } => Some(name.to_string()),
            _ => None,
        }),
        KnownCustom::ComponentName(names) => {
            names.into_iter().flatten().find_map(|name| match name {
                ComponentName::Component { name, .. } => Some(name.to_string()),
                _ => None,
            })
        }
        _ => None,
    }
}

/// Where in a binary an offset lies: the modules and components around it, outermost first, in words.
pub fn surroundings(bytes: &[u8], offset: u64) -> Vec<String> {
    let mut found = Vec::new();
    let mut counts = vec![(0, 0)];
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(payload) = payload else { break };
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                let Some((modules, _)) = counts.last_mut() else { break };
                if unchecked_range.contains(&offset) {
                    let name = name_within(bytes, unchecked_range);
                    found.push(worded("core module", *modules, name));
                }
                *modules += 1;
                counts.push((0, 0));
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                let Some((_, components)) = counts.last_mut() else { break };
                if unchecked_range.contains(&offset) {
                    let name = name_within(bytes, unchecked_range.clone());
                    found.push(worded("component", *components, name));
                }
                *components += 1;
                counts.push((0, 0));
            }
            Payload::End(_) => {
                counts.pop();
            }
            _ => {}
        }
    }
    found
}

fn worded(kind: &str, index: u32, name: Option<String>) -> String {
    match name {
        Some(name) => format!("in {kind} `{name}`"),
        None => format!("in {kind} number {}", index + 1),
    }
}

fn name_within(bytes: &[u8], range: std::ops::Range<u64>) -> Option<String> {
    let bytes = bytes.get(range.start as usize..(range.end as usize).min(bytes.len()))?;
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section) if depth == 1 => {
                if let Some(name) = own_name(&section) {
                    return Some(name);
                }
            }
            _ => {}
        }
    }
    None
}
