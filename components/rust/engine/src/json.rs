//! The JSON form of a contract: what `wit-parser` serialises, and the place of everything in it.

use crate::places::Sources;
use serde_json::{json, Map, Value};
use wit_parser::{Function, PackageId, Resolve, Span, TypeDefKind, WorldId, WorldItem};

/// A contract as JSON:
/// `{"resolve": …, "main": package, "world": world, "files": [path]}`, where every world, interface,
/// type, function, parameter, field, case, flag and world item that stands in a file has a member
/// `"place": [file, line, column, end line, end column]`.
pub fn contract(
    resolve: &Resolve,
    main: Option<PackageId>,
    world: Option<WorldId>,
    sources: Option<&Sources>,
) -> Value {
    let mut value = serde_json::to_value(resolve).expect("a resolve is plain data");
    let mut files = Vec::new();
    if let Some(sources) = sources {
        files.extend(sources.paths().map(Value::from));
        Placer { sources }.place_all(resolve, &mut value);
    }
    json!({
        "resolve": value,
        "main": main.map(|id| id.index()),
        "world": world.map(|id| id.index()),
        "files": files,
    })
}

struct Placer<'a> {
    sources: &'a Sources,
}

impl Placer<'_> {
    fn place_all(&self, resolve: &Resolve, value: &mut Value) {
        for ((_, world), json) in resolve.worlds.iter().zip(elements(value, "worlds")) {
            self.put(world.span, json);
            for (side, items) in [("imports", &world.imports), ("exports", &world.exports)] {
                let Some(members) = json.get_mut(side).and_then(Value::as_object_mut) else {
                    continue;
                };
                for (item, json) in items.values().zip(members.values_mut()) {
                    self.put_item(item, json);
                }
            }
        }
        for ((_, interface), json) in resolve.interfaces.iter().zip(elements(value, "interfaces")) {
            self.put(interface.span, json);
            let Some(functions) = json.get_mut("functions").and_then(Value::as_object_mut) else {
                continue;
            };
            for (function, json) in interface.functions.values().zip(functions.values_mut()) {
                self.put_function(function, json);
            }
        }
        for ((_, ty), json) in resolve.types.iter().zip(elements(value, "types")) {
            self.put(ty.span, json);
            let (outer, inner, spans): (_, _, Vec<Span>) = match &ty.kind {
                TypeDefKind::Record(record) => {
                    ("record", "fields", record.fields.iter().map(|each| each.span).collect())
                }
                TypeDefKind::Variant(variant) => {
                    ("variant", "cases", variant.cases.iter().map(|each| each.span).collect())
                }
                TypeDefKind::Enum(cases) => {
                    ("enum", "cases", cases.cases.iter().map(|each| each.span).collect())
                }
                TypeDefKind::Flags(flags) => {
                    ("flags", "flags", flags.flags.iter().map(|each| each.span).collect())
                }
                _ => continue,
            };
            let members = json
                .get_mut("kind")
                .and_then(|kind| kind.get_mut(outer))
                .and_then(|kind| kind.get_mut(inner))
                .and_then(Value::as_array_mut);
            for (span, json) in spans.into_iter().zip(members.into_iter().flatten()) {
                self.put(span, json);
            }
        }
    }

    fn put_item(&self, item: &WorldItem, json: &mut Value) {
        // The item is `{"interface": {…}}`, `{"function": {…}}` or `{"type": id}`.
        if let (WorldItem::Function(function), Some(json)) = (item, json.get_mut("function")) {
            self.put_function(function, json);
        }
        self.put(item.span(), json);
    }

    fn put_function(&self, function: &Function, json: &mut Value) {
        self.put(function.span, json);
        let parameters = json.get_mut("params").and_then(Value::as_array_mut);
        for (parameter, json) in function.params.iter().zip(parameters.into_iter().flatten()) {
            self.put(parameter.span, json);
        }
    }

    fn put(&self, span: Span, json: &mut Value) {
        if let (Some(at), Value::Object(members)) = (self.sources.stretch(span), json) {
            let place = json!([at.file, at.line, at.column, at.end_line, at.end_column]);
            insert(members, place);
        }
    }
}

fn insert(members: &mut Map<String, Value>, place: Value) {
    members.insert("place".into(), place);
}

fn elements<'a>(value: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}
