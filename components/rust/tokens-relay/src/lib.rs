//! A desk in front of another: passes every call on and remembers it.

wit_bindgen::generate!({ world: "front-desk", path: "../../../tests/composing/wit" });

use std::cell::RefCell;

use exports::wcompose::tokens::desk::{Guest as Desk, Slip};
use exports::wcompose::tokens::journal::Guest as Journal;
use wcompose::tokens::desk;
use wcompose::tokens::vault::Token;

thread_local! {
    static ENTRIES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn remember(call: &str, label: &str) {
    ENTRIES.with_borrow_mut(|entries| entries.push([call, label].join(" ")));
}

struct Relay;

impl Desk for Relay {
    fn issue(label: String) -> Token {
        remember("issue", &label);
        desk::issue(&label)
    }

    fn read(token: &Token, mut down: Vec<String>) -> Slip {
        remember("read", &token.label());
        down.push("relay".to_string());
        let slip = desk::read(token, &down);
        let mut up = slip.up;
        up.push("relay".to_string());
        Slip { label: slip.label, amount: slip.amount, down: slip.down, up }
    }

    fn exchange(token: Token, amount: u64) -> Token {
        remember("exchange", &token.label());
        token.add(1);
        desk::exchange(token, amount)
    }

    fn close(token: Token) -> u64 {
        remember("close", &token.label());
        desk::close(token)
    }

    fn discard(token: Token) {
        remember("discard", &token.label());
        drop(token);
    }
}

impl Journal for Relay {
    fn entries() -> Vec<String> {
        ENTRIES.with_borrow(Clone::clone)
    }
}

export!(Relay);
