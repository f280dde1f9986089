//! What to write in the place of WIT that the parser refuses.

use crate::around::Around;
use crate::places::Sources;
use crate::wcompose::engine::types::Place;
use wit_parser::Span;

/// Words of the parser made ours, what to do about it, and what else belongs to the story.
#[derive(Default)]
pub struct Advice {
    pub message: Option<String>,
    pub hint: String,
    pub related: Option<(String, Place)>,
    /// Bytes from the parser's place that are meant.
    pub length: Option<usize>,
}

impl Advice {
    fn hint(hint: impl Into<String>) -> Advice {
        Advice { hint: hint.into(), ..Advice::default() }
    }

    fn message(message: impl Into<String>, hint: impl Into<String>) -> Advice {
        Advice { message: Some(message.into()), hint: hint.into(), ..Advice::default() }
    }
}

/// Advice on a mistake.
///
/// `message` are the parser's words, `around` is where it stopped in a text without comments that
/// begins at `offset` in `sources`.
pub fn on_syntax(message: &str, around: &Around, sources: &Sources, offset: usize) -> Advice {
    let expected = message.strip_prefix("expected ").and_then(|rest| rest.rsplit_once(", found "));
    if let Some((wanted, found)) = expected {
        return on_unexpected(wanted, found, around, sources, offset);
    }
    let character = |message: &str| {
        message.split("\\u{").nth(1).map(|rest| rest.split('}').next().unwrap_or("").to_owned())
    };
    if message.contains("in identifier")
        || message.contains("unexpected character '_'")
        || message.contains("identifiers must")
    {
        return on_name(around);
    }
    if message.contains("bidirectional") {
        let code = character(message).unwrap_or_default();
        return Advice::message(
            format!("character U+{:0>4} turns the direction of the text", code.to_uppercase()),
            "take it out: with it, text looks other than it is",
        );
    }
    if message.starts_with("control code") || message.starts_with("codepoint") {
        let code = character(message).unwrap_or_default();
        return Advice::message(
            format!("character U+{:0>4} cannot be in WIT", code.to_uppercase()),
            "take it out",
        );
    }
    Advice::hint(match message {
        _ if message.starts_with("empty ") => "give it a member, or leave it out",
        _ if message.contains("more than once") && message.starts_with("interface") => "keep one of the two",
        _ if is_duplicate(message) => "rename one of the two",
        _ if message.contains("cannot import function") => {
            "`use` takes types only: to call the function, import its interface into the world"
        }
        _ if message.contains("not a world") => {
            "`include` takes worlds: write `import` or `export` for an interface"
        }
        _ if message.contains("not an interface") => {
            "`import` and `export` take interfaces: write `include` for a world"
        }
        _ if message.contains("package identifier") => {
            "the files of a directory are one package: move this one into a directory of its own below `deps`"
        }
        _ if message.contains("block comment") => "close it with `*/`",
        _ if message.contains("nesting too deep") => "name the inner types, and use the names",
        _ => "",
    })
}

pub fn is_duplicate(message: &str) -> bool {
    ["duplicate ", "more than once", "conflicts with"].iter().any(|words| message.contains(words))
}

fn on_unexpected(wanted: &str, found: &str, around: &Around, sources: &Sources, offset: usize) -> Advice {
    let keyword = found.strip_prefix("keyword `").map(|rest| rest.trim_end_matches('`'));
    let before = around.before();
    let line = before.rsplit('\n').next().unwrap_or("").trim_start();
    let opened = |words: &str| {
        let brace = *around.open_braces().last()?;
        let at = u32::try_from(offset + brace).ok()?;
        Some((words.to_owned(), sources.place(Span::new(at, at + 1))?))
    };
    if found == "eof" {
        return Advice {
            message: Some(format!("expected {wanted}, found the end of the file")),
            hint: if around.open_braces().is_empty() { "finish the last line" } else { "close it with `}`" }
                .into(),
            related: opened("this is not closed"),
            ..Advice::default()
        };
    }
    if before.is_empty() {
        return Advice::hint(
            "WIT begins with `package`, `interface`, `world` or `use`: is this the file that is meant?",
        );
    }
    if let Some(keyword) = keyword {
        let is_name = around.next() == Some(':');
        if ["own<", "borrow<"].iter().any(|handle| before.ends_with(handle)) {
            return Advice::hint("`own` and `borrow` take the name of a resource");
        }
        if wanted.contains("identifier") || (is_name && wanted != "':'") {
            return Advice::hint(format!(
                "a name that is a keyword of WIT is written with `%` before it: `%{keyword}`"
            ));
        }
        if keyword == "func" && wanted == "a type" {
            let brace = around.open_braces().last().copied();
            let title = brace.map(|brace| around.title(brace)).unwrap_or_default();
            if ["record ", "variant ", "enum ", "flags "].iter().any(|word| title.starts_with(word)) {
                return Advice {
                    hint: "close it with `}` before the next function".into(),
                    related: opened(&format!("`{title}` is not closed")),
                    ..Advice::default()
                };
            }
        }
        if keyword == "func" && wanted == "':'" {
            return Advice::hint(format!("write `{}: func(…);`", around.previous_word()));
        }
    }
    if wanted.contains("identifier") && found == "':'" {
        let word = around.previous_word();
        return Advice::hint(format!(
            "a name that is a keyword of WIT is written with `%` before it: `%{word}`"
        ));
    }
    if wanted == "'('" && before.strip_suffix(around.previous_word()).is_some_and(|rest| rest.ends_with('@'))
    {
        return Advice::hint("a gate says why: `@since(version = 1.0.0)` or `@unstable(feature = name)`");
    }
    let is_package = line.starts_with("package");
    Advice::hint(match (wanted, found) {
        ("'{'", _) if is_package => "end the name of the package with `;`",
        ("':'", _) if is_package => "a package is named `namespace:name`, such as `acme:shop`",
        ("'.'" | "an integer", _) if line.contains('@') => "a version has three numbers, such as `1.0.0`",
        ("'{'", "`*`") => "name each type: `use store.{item, price};`",
        ("';'", _) => "end what stands before with `;`",
        ("a type", "'('") => "a function has one result: make one of several with `tuple<…>` or a record",
        ("a type", "';'") if before.ends_with("->") => "name the type of the result, or leave `->` out",
        ("a type", _) => "name a type, such as `u32`, `string` or `list<u8>`",
        (_, "'}'") if around.open_braces().is_empty() => "nothing is open here: there is one `}` too many",
        (_, "';'") if before.ends_with('}') => "nothing ends with `};` here: leave `;` out",
        ("keyword `func`", _) => "a function is written `name: func(…) -> …;`",
        _ if wanted.contains("identifier") && before.ends_with(['(', ',']) => {
            "write `name: type`, or close what is open"
        }
        (_, "an identifier") if wanted.contains("`interface`") => {
            "functions and types belong into an `interface NAME { … }`"
        }
        _ => "",
    })
}

/// Advice on an identifier that is not spelt as names are.
fn on_name(around: &Around) -> Advice {
    let word = around.word();
    let name = kebab(word);
    let hint = match foreign_type(word) {
        Some(hint) => hint,
        None if name.is_empty() || name == word => {
            "names are words of one case joined by hyphens, such as `pixel-count`".into()
        }
        None => format!("names are words of one case joined by hyphens: `{name}`"),
    };
    Advice {
        message: (!word.is_empty()).then(|| format!("`{word}` is no name")),
        hint,
        length: (!word.is_empty()).then_some(word.len()),
        ..Advice::default()
    }
}

/// `pixel-count` for `pixelCount`, `PixelCount`, `pixel_count` and `pixel-Count`.
fn kebab(word: &str) -> String {
    let mut name = String::new();
    let mut was_lower = false;
    for character in word.chars() {
        if !character.is_ascii_alphanumeric() {
            name.push('-');
        } else {
            if character.is_uppercase() && was_lower {
                name.push('-');
            }
            name.push(character.to_ascii_lowercase());
        }
        was_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
    }
    let parts = name.split('-').filter(|part| !part.is_empty());
    let name = parts.collect::<Vec<_>>().join("-");
    let begins_well = name.starts_with(|each: char| each.is_ascii_lowercase());
    if begins_well {
        name
    } else {
        String::new()
    }
}

/// The type of WIT that is meant by one of another language.
pub fn foreign_type(name: &str) -> Option<String> {
    let meant = match name {
        "i8" | "i16" | "i32" | "i64" => return Some(format!("it is called `s{}` in WIT", &name[1..])),
        "int8" | "int16" | "int32" | "int64" => {
            return Some(format!("it is called `s{}` in WIT", &name[3..]))
        }
        "uint8" | "uint16" | "uint32" | "uint64" => {
            return Some(format!("it is called `u{}` in WIT", &name[4..]))
        }
        "float32" => "it is called `f32` now",
        "float64" => "it is called `f64` now",
        "int" | "integer" | "isize" | "long" => "name its size: `s32` or `s64`",
        "uint" | "usize" | "size-t" => "name its size: `u32` or `u64`",
        "byte" => "it is called `u8` in WIT",
        "float" | "double" | "number" => "name its size: `f32` or `f64`",
        "str" | "String" | "text" => "it is called `string` in WIT",
        "boolean" | "Bool" => "it is called `bool` in WIT",
        "bytes" | "blob" | "bytearray" => "write `list<u8>`",
        "Vec" | "vec" | "array" | "Array" | "List" | "slice" => "write `list<…>`",
        "Option" | "optional" | "Optional" | "maybe" => "write `option<…>`",
        "Result" => "write `result<…, …>`",
        "Tuple" => "write `tuple<…, …>`",
        "dict" | "hashmap" | "HashMap" => "write `list<tuple<…, …>>`",
        "rune" => "it is called `char` in WIT",
        "void" | "unit" | "none" | "None" => "leave the result out: a function without `->` gives nothing",
        "any" | "object" => "WIT has no type for anything: write a `variant` with a case for each kind",
        _ => return None,
    };
    Some(meant.into())
}
