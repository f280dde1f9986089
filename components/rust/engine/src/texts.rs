//! WAVE: values as text.

use crate::exports::wcompose::engine::texts::Guest;
use crate::places::Sources;
use crate::problems::{problem, worded};
use crate::wcompose::engine::types::{Place, Problem};
use crate::{report_panics, toml, values, Engine};
use serde_json::Value as Json;
use wasm_wave::parser::{ParserError, ParserErrorKind};
use wasm_wave::untyped::UntypedFuncCall;
use wasm_wave::value::Value;
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
    let value: Value = wasm_wave::from_str(&ty, text).map_err(|error| syntax(&error, text))?;
    let json = values::to_json(&value)
        .map_err(|error| problem("type-without-text", format!("{error:#}")))?;
    Ok(json.to_string())
}

fn syntax(error: &ParserError, text: &str) -> Problem {
    let span = error.span();
    let mut sources = Sources::default();
    sources.push("", text);
    let (start, end) = (span.start as u32, span.end.max(span.start + 1) as u32);
    let hint = match error.kind() {
        ParserErrorKind::UnexpectedEnd => "the value ends too early: is a bracket or quote missing?",
        ParserErrorKind::InvalidToken => "texts need double quotes, and the shell eats one pair: write '\"text\"'",
        _ => "",
    };
    problem("value-syntax", worded(&error.to_string()))
        .at(sources.place(Span::new(start, end)))
        .hinting(hint)
}
