//! Made for another version of the contract: the host has to refuse it, and to say why.

wit_bindgen::generate!({ world: "plugin", path: "../../../../examples/plugins/guests/outdated-wit" });

use exports::paperflow::plugins::transformer::{Document, Guest};
use paperflow::plugins::pages;

struct Outdated;

impl Guest for Outdated {
    fn transform(document: Document) -> Result<Document, String> {
        let body = pages::fetch(&document.body)?;
        Ok(Document { body, ..document })
    }
}

export!(Outdated);
