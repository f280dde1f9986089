//! Hides e-mail addresses and card numbers in documents, and says how many there were.

wit_bindgen::generate!({ world: "plugin", path: "../../../../examples/plugins/wit" });

mod find;

use exports::paperflow::plugins::transformer::{Document, Guest, Problem};
use paperflow::plugins::documents::Attribute;
use paperflow::plugins::log::{self, Level};
use paperflow::plugins::store::{self, StoreError};

/// Where the tenant's count of all that was ever hidden is kept.
const TOTAL: &str = "redact/total";

struct Redact;

impl Guest for Redact {
    fn describe() -> String {
        "hides e-mail addresses and card numbers".to_string()
    }

    fn transform(document: Document) -> Result<Document, Problem> {
        let mut hidden = 0;
        let title = hide(&document.title, &mut hidden);
        let body = hide(&document.body, &mut hidden);
        let mut attributes = document.attributes;
        attributes.push(Attribute { name: "redacted".to_string(), value: hidden.to_string() });
        if hidden > 0 {
            let total = store::add(TOTAL, hidden).map_err(problem)?;
            log::write(Level::Info, &format!("{}: {hidden} hidden, {total} in all", document.id));
        }
        Ok(Document { title, body, attributes, ..document })
    }
}

fn hide(text: &str, hidden: &mut i64) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut end = 0;
    for found in find::secrets(text) {
        kept.push_str(&text[end..found.start]);
        kept.push_str(found.kind.placeholder());
        end = found.end;
        *hidden += 1;
    }
    kept.push_str(&text[end..]);
    kept
}

fn problem(error: StoreError) -> Problem {
    Problem::Unavailable(match error {
        StoreError::Full(limit) => format!("the store is full: it keeps {limit} bytes"),
        StoreError::NotANumber => format!("the store has no number under `{TOTAL}`"),
        StoreError::Other(reason) => reason,
    })
}

export!(Redact);
