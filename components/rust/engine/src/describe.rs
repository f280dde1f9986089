//! What a binary and everything nested in it is called, made by, and weighs.

use anyhow::Result;
use serde_json::{json, Map, Value};
use wasm_metadata::{Metadata, Payload};
use wasmparser::{Parser, Payload as Section};

/// `{"kind", "name", "size", "code", "data", "custom", "producers": {field: {name: version}},
/// "version", "description", "licenses", "source", "homepage", "revision", "children": […]}`,
/// sizes in bytes and without those of children; members without a value are left out.
pub fn describe(bytes: &[u8]) -> Result<Value> {
    node(&Payload::from_binary(bytes)?, bytes)
}

fn node(payload: &Payload, whole: &[u8]) -> Result<Value> {
    let (kind, metadata, children) = match payload {
        Payload::Component { metadata, children } => ("component", metadata, children.as_slice()),
        Payload::Module(metadata) => ("module", metadata, [].as_slice()),
    };
    let range = metadata.range.start as usize..metadata.range.end as usize;
    let mut members = Map::new();
    members.insert("kind".into(), kind.into());
    members.insert("size".into(), range.len().into());
    sizes(&whole[range], &mut members)?;
    about(metadata, &mut members);
    let children = children.iter().map(|child| node(child, whole)).collect::<Result<Vec<_>>>()?;
    if !children.is_empty() {
        members.insert("children".into(), children.into());
    }
    Ok(Value::Object(members))
}

fn sizes(bytes: &[u8], members: &mut Map<String, Value>) -> Result<()> {
    let (mut code, mut data, mut custom) = (0, 0, 0);
    let mut parser = Parser::new(0);
    let mut offset = 0;
    while let wasmparser::Chunk::Parsed { payload, consumed } = parser.parse(&bytes[offset..], true)? {
        offset += consumed;
        match payload {
            Section::CodeSectionStart { size, .. } => {
                code += u64::from(size);
                parser.skip_section();
                offset += size as usize;
            }
            Section::DataSection(section) => {
                let range = section.range();
                data += range.end - range.start;
            }
            Section::CustomSection(section) => {
                let range = section.range();
                custom += range.end - range.start;
            }
            Section::ModuleSection { unchecked_range, .. }
            | Section::ComponentSection { unchecked_range, .. } => {
                offset = unchecked_range.end as usize;
            }
            Section::End(_) => break,
            _ => {}
        }
    }
    for (name, size) in [("code", code), ("data", data), ("custom", custom)] {
        members.insert(name.into(), json!(size));
    }
    Ok(())
}

fn about(metadata: &Metadata, members: &mut Map<String, Value>) {
    let texts = [
        ("name", metadata.name.clone()),
        ("version", metadata.version.as_ref().map(ToString::to_string)),
        ("description", metadata.description.as_ref().map(ToString::to_string)),
        ("licenses", metadata.licenses.as_ref().map(ToString::to_string)),
        ("source", metadata.source.as_ref().map(ToString::to_string)),
        ("homepage", metadata.homepage.as_ref().map(ToString::to_string)),
        ("revision", metadata.revision.as_ref().map(ToString::to_string)),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            members.insert(name.into(), text.into());
        }
    }
    if let Some(producers) = &metadata.producers {
        let fields: Map<String, Value> = producers
            .iter()
            .map(|(field, values)| {
                let values: Map<String, Value> = values
                    .iter()
                    .map(|(name, version)| (name.clone(), version.as_str().into()))
                    .collect();
                (field.clone(), Value::Object(values))
            })
            .collect();
        members.insert("producers".into(), Value::Object(fields));
    }
}
