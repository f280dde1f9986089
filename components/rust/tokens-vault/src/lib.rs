//! Owns the tokens, and counts how often one was made and dropped.

wit_bindgen::generate!({ world: "owner", path: "../../../tests/composing/wit" });

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use exports::wcompose::tokens::desk::{Guest as Desk, Slip};
use exports::wcompose::tokens::ledger::{Guest as Ledger, Tally};
use exports::wcompose::tokens::vault::{Guest as Vault, GuestToken, Token, TokenBorrow};

static MADE: AtomicU32 = AtomicU32::new(0);
static DROPPED: AtomicU32 = AtomicU32::new(0);

struct Owner;

struct Entry {
    label: String,
    amount: Cell<u64>,
}

impl GuestToken for Entry {
    fn new(label: String) -> Entry {
        MADE.fetch_add(1, Relaxed);
        Entry { label, amount: Cell::new(0) }
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    fn amount(&self) -> u64 {
        self.amount.get()
    }

    fn add(&self, amount: u64) {
        let sum = self.amount.get().checked_add(amount);
        self.amount.set(sum.expect("a token is worth too much"));
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Relaxed);
    }
}

impl Vault for Owner {
    type Token = Entry;
}

impl Ledger for Owner {
    fn counts() -> Tally {
        Tally { made: MADE.load(Relaxed), dropped: DROPPED.load(Relaxed) }
    }
}

impl Desk for Owner {
    fn issue(label: String) -> Token {
        Token::new(Entry::new(label))
    }

    fn read(token: TokenBorrow<'_>, down: Vec<String>) -> Slip {
        let entry = token.get::<Entry>();
        Slip {
            label: entry.label.clone(),
            amount: entry.amount.get(),
            down,
            up: vec!["vault".to_string()],
        }
    }

    fn exchange(token: Token, amount: u64) -> Token {
        token.get::<Entry>().add(amount);
        token
    }

    fn close(token: Token) -> u64 {
        token.get::<Entry>().amount.get()
    }

    fn discard(token: Token) {
        drop(token);
    }
}

export!(Owner);
