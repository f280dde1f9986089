//! Why a WAVE text, which parses, does not fit a type: the innermost value that does not, and its path.

use crate::problems::{did_you_mean, problem};
use crate::texts::{spelt, wanted};
use crate::wcompose::engine::types::Problem;
use std::ops::Range;
use wasm_wave::ast::{Node, NodeType};
use wasm_wave::parser::ParserErrorKind;
use wasm_wave::value::Type;
use wasm_wave::wasm::{WasmType, WasmTypeKind};

/// A value that does not fit, and where it stands in the text.
pub struct Misfit {
    pub span: Range<usize>,
    pub problem: Problem,
}

type Fit = Result<(), Misfit>;

/// Whether a value fits a type; of several that do not, the first.
pub fn fit(node: &Node, ty: &Type, text: &str) -> Fit {
    Fitting { text }.fit(node, ty, "")
}

struct Fitting<'a> {
    text: &'a str,
}

impl Fitting<'_> {
    fn fit(&self, node: &Node, ty: &Type, path: &str) -> Fit {
        match ty.kind() {
            WasmTypeKind::Bool => node.as_bool().map(drop).or_else(|_| self.other(node, ty, path)),
            WasmTypeKind::F32 | WasmTypeKind::F64 => self.float(node, ty, path),
            WasmTypeKind::Char | WasmTypeKind::String => self.letters(node, ty, path),
            WasmTypeKind::List => {
                let Ok(nodes) = node.as_list() else { return self.other(node, ty, path) };
                let Some(element) = ty.list_element_type() else { return Ok(()) };
                nodes.enumerate().try_for_each(|(index, each)| {
                    self.fit(each, &element, &format!("{path}[{index}]"))
                })
            }
            WasmTypeKind::Tuple => self.tuple(node, ty, path),
            WasmTypeKind::Record => self.record(node, ty, path),
            WasmTypeKind::Variant => self.variant(node, ty, path),
            WasmTypeKind::Enum => self.case(node, ty, path),
            WasmTypeKind::Flags => self.flags(node, ty, path),
            WasmTypeKind::Option => match node.ty() {
                NodeType::OptionNone => Ok(()),
                NodeType::OptionSome => {
                    let some = ty.option_some_type();
                    self.payload(node, "some", some, node.as_option().ok().flatten(), path)
                }
                NodeType::Label if matches!(&self.text[node.span()], "null" | "nil" | "undefined") => {
                    let told = format!("`{}` is no word of WAVE's", &self.text[node.span()]);
                    self.misfit(node, path, &told, "write `none`")
                }
                _ => match ty.option_some_type() {
                    Some(some) if may_be_bare(&some) => self.fit(node, &some, path),
                    _ => self.other(node, ty, path),
                },
            },
            WasmTypeKind::Result => {
                let (ok, err) = ty.result_types().unwrap_or_default();
                match node.as_result() {
                    Ok(Ok(inner)) => self.payload(node, "ok", ok, inner, path),
                    Ok(Err(inner)) => self.payload(node, "err", err, inner, path),
                    Err(_) => match ok {
                        Some(ok) if may_be_bare(&ok) => self.fit(node, &ok, path),
                        _ => self.other(node, ty, path),
                    },
                }
            }
            _ => self.integer(node, ty, path),
        }
    }

    fn integer(&self, node: &Node, ty: &Type, path: &str) -> Fit {
        if node.ty() != NodeType::Number {
            return self.other(node, ty, path);
        }
        let Some((low, high)) = range(ty.kind()) else { return Ok(()) };
        let kind = ty.kind();
        let shown = &self.text[node.span()];
        let hint = format!("a `{kind}` is a whole number from {low} to {high}");
        match shown.parse::<i128>() {
            Ok(number) if (low..=high).contains(&number) => Ok(()),
            Err(_) if shown.contains(['.', 'e', 'E', 'n']) => {
                self.misfit(node, path, &format!("`{shown}` is no whole number"), &hint)
            }
            _ => self.misfit(node, path, &format!("`{shown}` does not fit a `{kind}`"), &hint),
        }
    }

    fn float(&self, node: &Node, ty: &Type, path: &str) -> Fit {
        if node.ty() != NodeType::Number {
            return self.other(node, ty, path);
        }
        let shown = &self.text[node.span()];
        let is_infinite = match ty.kind() {
            WasmTypeKind::F32 => shown.parse().is_ok_and(f32::is_infinite),
            _ => shown.parse().is_ok_and(f64::is_infinite),
        };
        if is_infinite && !shown.ends_with("inf") {
            let told = format!("`{shown}` is too large for a `{}`", ty.kind());
            return self.misfit(node, path, &told, "infinity is written `inf` or `-inf`");
        }
        Ok(())
    }

    fn letters(&self, node: &Node, ty: &Type, path: &str) -> Fit {
        let found = match ty.kind() {
            WasmTypeKind::Char => node.as_char(self.text).map(drop),
            _ => node.as_str(self.text).map(drop),
        };
        let Err(error) = found else { return Ok(()) };
        match error.kind() {
            ParserErrorKind::InvalidType => self.other(node, ty, path),
            ParserErrorKind::InvalidEscape => {
                let told = "an escape names no character";
                let hint = "a character has a number up to `\\u{10ffff}`, without those of surrogates";
                self.misfit(node, path, told, hint)
            }
            ParserErrorKind::InvalidMultilineString => {
                let told = "a text between `\"\"\"` begins and ends with a line of its own";
                self.misfit(node, path, told, "or write it in one line, with `\\n`")
            }
            kind => self.misfit(node, path, &kind.to_string(), &wanted(ty)),
        }
    }

    fn tuple(&self, node: &Node, ty: &Type, path: &str) -> Fit {
        let types: Vec<Type> = ty.tuple_element_types().collect();
        let Ok(nodes) = node.as_tuple() else { return self.other(node, ty, path) };
        if nodes.len() != types.len() {
            let told = format!("it has {} in the place of {}", nodes.len(), elements(types.len()));
            return self.misfit(node, path, &told, &wanted(ty));
        }
        nodes.zip(&types).enumerate().try_for_each(|(index, (each, ty))| {
            self.fit(each, ty, &format!("{path}[{index}]"))
        })
    }

    fn record(&self, node: &Node, ty: &Type, path: &str) -> Fit {
        let fields: Vec<_> = ty.record_fields().collect();
        if !matches!(node.ty(), NodeType::TupleSet | NodeType::EmptySet | NodeType::Flags) {
            return self.other(node, ty, path);
        }
        let found: Vec<(&str, &Node)> = match node.as_record(self.text) {
            Ok(found) => found.collect(),
            Err(error) if error.kind() == ParserErrorKind::DuplicateField => {
                let name = &self.text[error.span()];
                return self.at(error.span(), path, &format!("field `{name}` stands twice"), "keep one of the two");
            }
            Err(error) if node.ty() == NodeType::TupleSet => {
                let told = format!("{} is no name of a field", self.text[error.span()].replace('`', "'"));
                return self.at(error.span(), path, &told, "WAVE writes names without quotes; JSON is for `--json`");
            }
            Err(_) if node.ty() == NodeType::Flags => {
                return self.misfit(node, path, "its fields have no values", &wanted(ty));
            }
            Err(_) => Vec::new(),
        };
        for (name, _) in &found {
            if !fields.iter().any(|(field, _)| field == name) {
                let hint = meant(name, fields.iter().map(|(field, _)| &**field), ty);
                return self.at(self.place(name), path, &format!("there is no field `{name}`"), &hint);
            }
        }
        for (field, ty) in &fields {
            if let Some((_, value)) = found.iter().find(|(name, _)| field == name) {
                self.fit(value, ty, &format!("{path}.{field}"))?;
            }
        }
        let is_missing = |field: &str| !found.iter().any(|(name, _)| *name == field);
        let missing: Vec<String> = fields
            .iter()
            .filter(|(field, ty)| ty.kind() != WasmTypeKind::Option && is_missing(field))
            .map(|(field, _)| format!("`{field}`"))
            .collect();
        match missing.as_slice() {
            // All of its fields are options.
            [] if node.ty() == NodeType::EmptySet => {
                self.misfit(node, path, "`{}` is no record", "a record without fields is written `{:}`")
            }
            [] => Ok(()),
            [one] => self.misfit(node, path, &format!("field {one} is missing"), &wanted(ty)),
            more => self.misfit(node, path, &format!("fields {} are missing", more.join(", ")), &wanted(ty)),
        }
    }

    fn variant(&self, node: &Node, ty: &Type, path: &str) -> Fit {
        let cases: Vec<_> = ty.variant_cases().collect();
        let Ok((name, inner)) = node.as_variant(self.text) else {
            return self.word_of_wave(node, cases.iter().map(|(case, _)| &**case), ty, path);
        };
        let Some((_, payload)) = cases.iter().find(|(case, _)| case == name) else {
            let hint = meant(name, cases.iter().map(|(case, _)| &**case), ty);
            return self.at(self.place(name), path, &format!("there is no case `{name}`"), &hint);
        };
        self.payload(node, name, payload.clone(), inner, path)
    }

    fn case(&self, node: &Node, ty: &Type, path: &str) -> Fit {
        let cases: Vec<_> = ty.enum_cases().collect();
        let Ok(name) = node.as_enum(self.text) else {
            return self.word_of_wave(node, cases.iter().map(|case| &**case), ty, path);
        };
        if cases.iter().any(|case| case == name) {
            return Ok(());
        }
        let hint = meant(name, cases.iter().map(|case| &**case), ty);
        self.misfit(node, path, &format!("there is no case `{name}`"), &hint)
    }

    /// A case whose name is a word of WAVE's own was written without its mark, or something else was.
    fn word_of_wave<'a>(
        &self,
        node: &Node,
        mut cases: impl Iterator<Item = &'a str>,
        ty: &Type,
        path: &str,
    ) -> Fit {
        let shown = &self.text[node.span()];
        let word = shown.split('(').next().unwrap_or_default().trim();
        if spelt(word) != word && cases.any(|case| case == word) {
            let told = format!("`{word}` is a word of WAVE's own");
            return self.misfit(node, path, &told, &format!("write `%{shown}`"));
        }
        self.other(node, ty, path)
    }

    fn flags(&self, node: &Node, ty: &Type, path: &str) -> Fit {
        let names: Vec<_> = ty.flags_names().collect();
        let Ok(found) = node.as_flags(self.text) else {
            let shown = &self.text[node.span()];
            if node.ty() == NodeType::Label && names.iter().any(|name| name == shown) {
                return self.misfit(node, path, "flags stand in braces", &format!("write `{{{shown}}}`"));
            }
            return self.other(node, ty, path);
        };
        for name in found {
            if !names.iter().any(|known| known == name) {
                let hint = meant(name, names.iter().map(|name| &**name), ty);
                return self.at(self.place(name), path, &format!("there is no flag `{name}`"), &hint);
            }
        }
        Ok(())
    }

    fn payload(
        &self,
        node: &Node,
        case: &str,
        wants: Option<Type>,
        has: Option<&Node>,
        path: &str,
    ) -> Fit {
        match (wants, has) {
            (Some(ty), Some(inner)) => self.fit(inner, &ty, &format!("{path}.{case}")),
            (None, None) => Ok(()),
            (Some(ty), None) => {
                let told = format!("`{case}` needs a value, which is a `{}`", ty.kind());
                self.misfit(node, path, &told, &format!("write `{}(…)`", self.text[node.span()].trim()))
            }
            (None, Some(inner)) => {
                self.misfit(inner, path, &format!("`{case}` takes no value"), &format!("write `{case}` alone"))
            }
        }
    }

    /// A value of quite another kind.
    fn other(&self, node: &Node, ty: &Type, path: &str) -> Fit {
        let told = format!("this is {}, and no `{}`", kind_in_words(node.ty()), ty.kind());
        self.misfit(node, path, &told, &wanted(ty))
    }

    fn misfit(&self, node: &Node, path: &str, message: &str, hint: &str) -> Fit {
        self.at(node.span(), path, message, hint)
    }

    fn at(&self, span: Range<usize>, path: &str, message: &str, hint: &str) -> Fit {
        let message = if path.is_empty() { message.into() } else { format!("`{path}`: {message}") };
        Err(Misfit { span, problem: problem("value-type", message).hinting(hint) })
    }

    /// Where a name, which is a part of the text, stands in it.
    fn place(&self, name: &str) -> Range<usize> {
        let start = name.as_ptr() as usize - self.text.as_ptr() as usize;
        start..start + name.len()
    }
}

/// Whether a payload may be written without `some` or `ok` around it.
fn may_be_bare(ty: &Type) -> bool {
    !matches!(ty.kind(), WasmTypeKind::Option | WasmTypeKind::Result)
}

fn elements(count: usize) -> String {
    format!("{count} element{}", if count == 1 { "" } else { "s" })
}

fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str>, ty: &Type) -> String {
    let kebab = name.to_lowercase().replace('_', "-");
    let known: Vec<&str> = known.collect();
    if known.contains(&kebab.as_str()) {
        return format!("did you mean `{kebab}`?");
    }
    let near = did_you_mean(&kebab, known.into_iter());
    if near.is_empty() { wanted(ty) } else { near }
}

fn range(kind: WasmTypeKind) -> Option<(i128, i128)> {
    let signed = |bits: u32| (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1);
    let unsigned = |bits: u32| (0, (1i128 << bits) - 1);
    Some(match kind {
        WasmTypeKind::S8 => signed(8),
        WasmTypeKind::S16 => signed(16),
        WasmTypeKind::S32 => signed(32),
        WasmTypeKind::S64 => signed(64),
        WasmTypeKind::U8 => unsigned(8),
        WasmTypeKind::U16 => unsigned(16),
        WasmTypeKind::U32 => unsigned(32),
        WasmTypeKind::U64 => unsigned(64),
        _ => return None,
    })
}

fn kind_in_words(kind: NodeType) -> &'static str {
    match kind {
        NodeType::BoolTrue | NodeType::BoolFalse => "a `bool`",
        NodeType::Number => "a number",
        NodeType::Char => "a `char`",
        NodeType::String | NodeType::MultilineString => "a `string`",
        NodeType::Tuple => "a tuple",
        NodeType::List => "a list",
        NodeType::TupleSet => "a record",
        NodeType::EmptySet | NodeType::Flags => "a set of flags",
        NodeType::Label => "a name without quotes",
        NodeType::VariantWithPayload => "a case with a value",
        NodeType::OptionSome | NodeType::OptionNone => "an option",
        NodeType::ResultOk | NodeType::ResultErr => "a result",
        _ => "something else",
    }
}
