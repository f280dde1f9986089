//! Looks at tokens that somebody else got from a desk.

wit_bindgen::generate!({ world: "auditor", path: "../../../tests/composing/wit" });

use exports::wcompose::tokens::audit::Guest;
use wcompose::tokens::vault::Token;

struct Auditor;

impl Guest for Auditor {
    fn inspect(token: &Token) -> u64 {
        token.amount()
    }

    fn seize(token: Token) -> u64 {
        token.amount()
    }
}

export!(Auditor);
