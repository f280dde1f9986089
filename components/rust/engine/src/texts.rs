//! WAVE: values as text.

use crate::exports::wcompose::engine::texts::Guest;
use crate::places::Sources;
use crate::problems::problem;
use crate::wcompose::engine::types::{Place, Problem};
use crate::{report_panics, toml, values, wave_fit, wave_syntax, Engine};
use serde_json::Value as Json;
use std::ops::Range;
use wasm_wave::parser::{Parser, ParserError};
use wasm_wave::untyped::UntypedFuncCall;
use wasm_wave::value::{Type, Value};
use wasm_wave::wasm::{WasmType, WasmTypeKind};
use wit_parser::Span;

impl Guest for Engine {
    fn parse_values(types: Vec<String>, texts: Vec<String>) -> Vec<Result<String, Problem>> {
        report_panics();
        let pairs = types.iter().zip(&texts);
        pairs.map(|(ty, text)| parse_value(ty, text)).collect()
    }

    fn print_value(value_type: String, value: String) -> Result<String, String> {
        report_panics();
        let printed = || -> anyhow::Result<String> {
            let ty = values::parse_type(&serde_json::from_str(&value_type)?)?;
            let value = values::from_json(&ty, &serde_json::from_str(&value)?)?;
            Ok(wasm_wave::to_string(&value)?)
        };
        printed().map_err(|error| format!("{error:#}"))
    }

    fn parse_call(text: String) -> Result<(String, Vec<String>), Problem> {
        report_panics();
        let call = UntypedFuncCall::parse(&text).map_err(|error| syntax(&error, &text))?;
        let arguments = match call.params_node() {
            None => Vec::new(),
            Some(node) => node
                .as_tuple()
                .map_err(|error| syntax(&error, &text))?
                .map(|node| text[node.span()].to_string())
                .collect(),
        };
        Ok((call.name().to_string(), arguments))
    }

    fn locate_toml(
        file: String,
        text: String,
    ) -> Result<Vec<(Vec<String>, Place, Place)>, Problem> {
        report_panics();
        toml::locate(&file, &text)
    }
}

fn parse_value(ty: &str, text: &str) -> Result<String, Problem> {
    let ty: Json = serde_json::from_str(ty)
        .map_err(|error| problem("type-unreadable", error.to_string()))?;
    let ty = values::parse_type(&ty)
        .map_err(|error| problem("type-without-text", format!("{error:#}")))?;
    let value: Value = wasm_wave::from_str(&ty, text).map_err(|error| misfit(&error, &ty, text))?;
    let json = values::to_json(&value)
        .map_err(|error| problem("type-without-text", format!("{error:#}")))?;
    // A number beyond all floats became infinite, which was not written.
    if json.to_string().contains("inf\"") {
        fits(&ty, text)?;
    }
    Ok(json.to_string())
}

/// Why a text is no value of a type.
fn misfit(error: &ParserError, ty: &Type, text: &str) -> Problem {
    match fits(ty, text) {
        Err(found) => found,
        // What the parser refuses and we find nothing wrong with, it words.
        Ok(()) => syntax(error, text),
    }
}

/// Whether a text is a value of a type, and if not, why: of its syntax, or else of the first value in it.
fn fits(ty: &Type, text: &str) -> Result<(), Problem> {
    let begins = text.trim_start();
    if ty.kind() == WasmTypeKind::String && !begins.starts_with('"') && !begins.starts_with("//") {
        let told = if text.trim().is_empty() { "it is empty" } else { "a `string` has quotes" };
        let written = text.replace('\\', "\\\\").replace('"', "\\\"");
        let hint = if text.contains('\'') || text.len() > 60 || text.contains('\n') {
            wanted(ty)
        } else {
            format!("a shell eats one pair of quotes: write '\"{written}\"'")
        };
        let span = leading_space(text)..text.trim_end().len();
        return Err(problem("value-syntax", told).at(place(text, span)).hinting(hint));
    }
    let mut parser = Parser::new(text);
    let parsed = parser.parse_raw_value().and_then(|value| parser.finish().map(|()| value));
    let value = parsed.map_err(|error| {
        let found = syntax(&error, text);
        let is_whole = text.trim().is_empty() || error.span().start == leading_space(text);
        if found.hint.is_empty() && is_whole { found.hinting(wanted(ty)) } else { found }
    })?;
    wave_fit::fit(value.node(), ty, text)
        .map_err(|found| found.problem.at(place(text, found.span)))
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn syntax(error: &ParserError, text: &str) -> Problem {
    let (span, found) = wave_syntax::explain(error, text);
    found.at(place(text, span))
}

fn place(text: &str, span: Range<usize>) -> Option<Place> {
    let mut sources = Sources::default();
    sources.push("", text);
    sources.place(Span::new(span.start as u32, span.end.max(span.start + 1) as u32))
}

/// A name as WAVE wants it: its own words need a mark.
pub fn spelt(name: &str) -> String {
    match name {
        "true" | "false" | "inf" | "nan" | "some" | "none" | "ok" | "err" => format!("%{name}"),
        _ => name.into(),
    }
}

/// How a value of a type is written.
pub fn wanted(ty: &Type) -> String {
    let joined = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
    match ty.kind() {
        WasmTypeKind::Bool => "write `true` or `false`".into(),
        WasmTypeKind::Char => "write one character in single quotes".into(),
        WasmTypeKind::String => {
            "write it in double quotes; a shell eats one pair: '\"text\"'".into()
        }
        WasmTypeKind::List => "write `[first, second]`".into(),
        WasmTypeKind::Tuple => "write `(first, second)`".into(),
        WasmTypeKind::Record => {
            let fields = joined(&mut ty.record_fields().map(|(name, _)| format!("{name}: …")));
            format!("write `{{{fields}}}`")
        }
        WasmTypeKind::Variant => {
            let cases = ty.variant_cases().map(|(name, payload)| match payload {
                Some(_) => format!("`{}(…)`", spelt(&name)),
                None => format!("`{}`", spelt(&name)),
            });
            format!("it is one of {}", joined(&mut { cases }))
        }
        WasmTypeKind::Enum => {
            let cases = ty.enum_cases().map(|name| format!("`{}`", spelt(&name)));
            format!("it is one of {}", joined(&mut { cases }))
        }
        WasmTypeKind::Flags => {
            let names = joined(&mut ty.flags_names().map(|name| name.to_string()));
            format!("write `{{}}` or names out of `{{{names}}}`")
        }
        WasmTypeKind::Option => "write `none` or `some(value)`".into(),
        WasmTypeKind::Result => "write `ok(value)` or `err(value)`".into(),
        kind => format!("write a number that a `{kind}` holds, without quotes"),
    }
}
