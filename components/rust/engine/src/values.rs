//! Values as WAVE text and as JSON, by a type that is itself JSON.
//!
//! Types: `{"kind": "u8"}` and so on for primitives, and for the others `list` (`element`), `tuple`
//! (`elements`), `record` (`fields`: pairs), `variant` (`cases`: pairs of a name and a type or null),
//! `enum` (`cases`), `flags` (`flags`), `option` (`some`), `result` (`ok` and `err`, types or null).
//!
//! Values: as JSON has them; a float that JSON has not is `"nan"`, `"inf"` or `"-inf"`; a variant is
//! its case's name, or `{case: payload}`; an option is null or its payload, and `{"some": payload}`
//! where the payload is an option itself; a result is `{"ok": …}` or `{"err": …}`.

use anyhow::{anyhow, bail, Context, Result};
use serde_json::{json, Map, Number, Value as Json};
use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::{WasmType, WasmTypeKind, WasmValue};

/// Depth of types and values; as many as the validator allows types to nest.
const DEPTH_LIMIT: usize = 100;

pub fn parse_type(json: &Json) -> Result<Type> {
    typed(json, 0)
}

fn typed(json: &Json, depth: usize) -> Result<Type> {
    if depth > DEPTH_LIMIT {
        bail!("types nest deeper than {DEPTH_LIMIT}");
    }
    let kind = json["kind"].as_str().context("a type has no kind")?;
    let inner = |name: &str| typed(&json[name], depth + 1);
    let optional = |value: &Json| match value {
        Json::Null => Ok(None),
        value => typed(value, depth + 1).map(Some),
    };
    let names = |member: &str| -> Vec<String> {
        let array = json[member].as_array();
        array.into_iter().flatten().filter_map(|name| name.as_str().map(Into::into)).collect()
    };
    let pairs = |member: &str| -> Result<Vec<(String, Option<Type>)>> {
        let array = json[member].as_array().context("a type lacks its members")?;
        array
            .iter()
            .map(|pair| {
                let name = pair[0].as_str().context("a member has no name")?;
                Ok((name.to_string(), optional(&pair[1])?))
            })
            .collect()
    };
    let made = match kind {
        "bool" => Some(Type::BOOL),
        "s8" => Some(Type::S8),
        "u8" => Some(Type::U8),
        "s16" => Some(Type::S16),
        "u16" => Some(Type::U16),
        "s32" => Some(Type::S32),
        "u32" => Some(Type::U32),
        "s64" => Some(Type::S64),
        "u64" => Some(Type::U64),
        "f32" => Some(Type::F32),
        "f64" => Some(Type::F64),
        "char" => Some(Type::CHAR),
        "string" => Some(Type::STRING),
        "list" => Some(Type::list(inner("element")?)),
        "option" => Some(Type::option(inner("some")?)),
        "result" => Some(Type::result(optional(&json["ok"])?, optional(&json["err"])?)),
        "enum" => Type::enum_ty(names("cases")),
        "flags" => Type::flags(names("flags")),
        "variant" => Type::variant(pairs("cases")?),
        "tuple" => {
            let elements = json["elements"].as_array().context("a tuple lacks its elements")?;
            let elements = elements.iter().map(|each| typed(each, depth + 1));
            Type::tuple(elements.collect::<Result<Vec<_>>>()?)
        }
        "record" => {
            let fields = pairs("fields")?.into_iter();
            let fields = fields.map(|(name, ty)| ty.map(|ty| (name, ty)).context("a field has no type"));
            Type::record(fields.collect::<Result<Vec<_>>>()?)
        }
        other => bail!("`{other}` has no text form"),
    };
    made.ok_or_else(|| anyhow!("a `{kind}` needs at least one member"))
}

pub fn to_json(value: &Value) -> Result<Json> {
    let items = |values: &mut dyn Iterator<Item = std::borrow::Cow<Value>>| {
        values.map(|each| to_json(&each)).collect::<Result<Vec<_>>>()
    };
    let payload = |value: Option<std::borrow::Cow<Value>>| match value {
        Some(value) => to_json(&value),
        None => Ok(Json::Null),
    };
    Ok(match value.kind() {
        WasmTypeKind::Bool => value.unwrap_bool().into(),
        WasmTypeKind::S8 => value.unwrap_s8().into(),
        WasmTypeKind::S16 => value.unwrap_s16().into(),
        WasmTypeKind::S32 => value.unwrap_s32().into(),
        WasmTypeKind::S64 => value.unwrap_s64().into(),
        WasmTypeKind::U8 => value.unwrap_u8().into(),
        WasmTypeKind::U16 => value.unwrap_u16().into(),
        WasmTypeKind::U32 => value.unwrap_u32().into(),
        WasmTypeKind::U64 => value.unwrap_u64().into(),
        WasmTypeKind::F32 => float(f64::from(value.unwrap_f32())),
        WasmTypeKind::F64 => float(value.unwrap_f64()),
        WasmTypeKind::Char => value.unwrap_char().to_string().into(),
        WasmTypeKind::String => value.unwrap_string().into_owned().into(),
        WasmTypeKind::List => items(&mut value.unwrap_list())?.into(),
        WasmTypeKind::Tuple => items(&mut value.unwrap_tuple())?.into(),
        WasmTypeKind::Record => {
            let mut members = Map::new();
            for (name, field) in value.unwrap_record() {
                members.insert(name.into_owned(), to_json(&field)?);
            }
            members.into()
        }
        WasmTypeKind::Variant => match value.unwrap_variant() {
            (case, None) => case.into_owned().into(),
            (case, Some(inner)) => json!({ case.into_owned(): to_json(&inner)? }),
        },
        WasmTypeKind::Enum => value.unwrap_enum().into_owned().into(),
        WasmTypeKind::Option => match value.unwrap_option() {
            None => Json::Null,
            Some(inner) if inner.kind() == WasmTypeKind::Option => json!({ "some": to_json(&inner)? }),
            Some(inner) => to_json(&inner)?,
        },
        WasmTypeKind::Result => match value.unwrap_result() {
            Ok(inner) => json!({ "ok": payload(inner)? }),
            Err(inner) => json!({ "err": payload(inner)? }),
        },
        WasmTypeKind::Flags => value.unwrap_flags().map(|flag| flag.into_owned()).collect(),
        other => bail!("`{other}` has no JSON form"),
    })
}

fn float(value: f64) -> Json {
    match Number::from_f64(value) {
        Some(number) => number.into(),
        None if value.is_nan() => "nan".into(),
        None if value > 0.0 => "inf".into(),
        None => "-inf".into(),
    }
}

pub fn from_json(ty: &Type, json: &Json) -> Result<Value> {
    let integer = || json.as_i64().context("not an integer");
    let natural = || json.as_u64().context("not a natural number");
    let text = || json.as_str().context("not a string");
    let array = || json.as_array().context("not an array");
    let object = || json.as_object().context("not an object");
    Ok(match ty.kind() {
        WasmTypeKind::Bool => Value::make_bool(json.as_bool().context("not a boolean")?),
        WasmTypeKind::S8 => Value::make_s8(integer()?.try_into()?),
        WasmTypeKind::S16 => Value::make_s16(integer()?.try_into()?),
        WasmTypeKind::S32 => Value::make_s32(integer()?.try_into()?),
        WasmTypeKind::S64 => Value::make_s64(integer()?),
        WasmTypeKind::U8 => Value::make_u8(natural()?.try_into()?),
        WasmTypeKind::U16 => Value::make_u16(natural()?.try_into()?),
        WasmTypeKind::U32 => Value::make_u32(natural()?.try_into()?),
        WasmTypeKind::U64 => Value::make_u64(natural()?),
        WasmTypeKind::F32 => Value::make_f32(real(json)? as f32),
        WasmTypeKind::F64 => Value::make_f64(real(json)?),
        WasmTypeKind::Char => {
            let mut characters = text()?.chars();
            match (characters.next(), characters.next()) {
                (Some(character), None) => Value::make_char(character),
                _ => bail!("not exactly one character"),
            }
        }
        WasmTypeKind::String => Value::make_string(text()?.into()),
        WasmTypeKind::List => {
            let element = ty.list_element_type().context("a list of nothing")?;
            let elements = array()?.iter().map(|each| from_json(&element, each));
            Value::make_list(ty, elements.collect::<Result<Vec<_>>>()?)?
        }
        WasmTypeKind::Tuple => {
            let types: Vec<_> = ty.tuple_element_types().collect();
            let array = array()?;
            if types.len() != array.len() {
                bail!("{} elements in the place of {}", array.len(), types.len());
            }
            let elements = types.iter().zip(array).map(|(ty, each)| from_json(ty, each));
            Value::make_tuple(ty, elements.collect::<Result<Vec<_>>>()?)?
        }
        WasmTypeKind::Record => {
            let members = object()?;
            let mut fields = Vec::new();
            for (name, ty) in ty.record_fields() {
                let member = members.get(&*name).with_context(|| format!("no field `{name}`"))?;
                let value = from_json(&ty, member).with_context(|| format!("in field `{name}`"))?;
                fields.push((name, value));
            }
            if members.len() != fields.len() {
                bail!("a field that the record has not");
            }
            let fields = fields.iter().map(|(name, value)| (&**name, value.clone()));
            Value::make_record(ty, fields)?
        }
        WasmTypeKind::Variant => {
            let (name, payload) = match json {
                Json::String(name) => (name.as_str(), None),
                _ => {
                    let (name, payload) = only(object()?)?;
                    (name, Some(payload))
                }
            };
            let (_, payload_type) = ty
                .variant_cases()
                .find(|(case, _)| case == name)
                .with_context(|| format!("no case `{name}`"))?;
            let payload = match (payload_type, payload) {
                (Some(ty), Some(payload)) => {
                    Some(from_json(&ty, payload).with_context(|| format!("in case `{name}`"))?)
                }
                (None, None | Some(Json::Null)) => None,
                (Some(_), None) => bail!("case `{name}` needs a payload"),
                (None, Some(_)) => bail!("case `{name}` has no payload"),
            };
            Value::make_variant(ty, name, payload)?
        }
        WasmTypeKind::Enum => Value::make_enum(ty, text()?)?,
        WasmTypeKind::Option => {
            let some = ty.option_some_type().context("an option of nothing")?;
            let inner = match json {
                Json::Null => None,
                json if some.kind() == WasmTypeKind::Option => {
                    match only(json.as_object().context("not an object")?)? {
                        ("some", inner) => Some(from_json(&some, inner)?),
                        _ => bail!("an option of an option is null or has the member `some`"),
                    }
                }
                json => Some(from_json(&some, json)?),
            };
            Value::make_option(ty, inner)?
        }
        WasmTypeKind::Result => {
            let (ok, err) = ty.result_types().context("a result of nothing")?;
            let (name, inner) = only(object()?)?;
            let side = match name {
                "ok" => &ok,
                "err" => &err,
                _ => bail!("a result has the member `ok` or the member `err`"),
            };
            let inner = side.as_ref().map(|ty| from_json(ty, inner)).transpose()?;
            Value::make_result(ty, if name == "ok" { Ok(inner) } else { Err(inner) })?
        }
        WasmTypeKind::Flags => {
            let names: Option<Vec<&str>> = array()?.iter().map(Json::as_str).collect();
            Value::make_flags(ty, names.context("a flag that is not a string")?)?
        }
        other => bail!("`{other}` has no text form"),
    })
}

/// The one member of an object.
fn only(object: &Map<String, Json>) -> Result<(&str, &Json)> {
    match object.iter().next() {
        Some((name, value)) if object.len() == 1 => Ok((name, value)),
        _ => bail!("not exactly one member"),
    }
}

fn real(json: &Json) -> Result<f64> {
    match json.as_str() {
        None => json.as_f64().context("not a number"),
        Some("nan") => Ok(f64::NAN),
        Some("inf") => Ok(f64::INFINITY),
        Some("-inf") => Ok(f64::NEG_INFINITY),
        Some(_) => bail!("not a number"),
    }
}
