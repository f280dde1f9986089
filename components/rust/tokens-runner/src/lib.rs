//! Asks a desk for tokens and does with them what the host says.

wit_bindgen::generate!({ world: "visitor", path: "../../../tests/composing/wit" });

use std::cell::RefCell;

use exports::wcompose::tokens::trial::{Guest, Report};
use wcompose::tokens::desk;
use wcompose::tokens::vault::Token;

thread_local! {
    static KEPT: RefCell<Vec<Token>> = const { RefCell::new(Vec::new()) };
}

struct Runner;

fn read(token: &Token) -> Report {
    let slip = desk::read(token, &["runner".to_string()]);
    Report { label: slip.label, amount: slip.amount, down: slip.down, up: slip.up }
}

impl Guest for Runner {
    fn round_trip(label: String, amount: u64) -> Report {
        let token = desk::exchange(desk::issue(&label), amount);
        let report = read(&token);
        assert_eq!(desk::close(token), report.amount);
        report
    }

    fn give_away(label: String) {
        desk::discard(desk::issue(&label));
    }

    fn let_go(label: String) {
        drop(desk::issue(&label));
    }

    fn keep(label: String) -> u32 {
        let token = desk::issue(&label);
        KEPT.with_borrow_mut(|kept| {
            kept.push(token);
            kept.len() as u32
        })
    }

    fn release() -> Vec<Report> {
        let kept = KEPT.take();
        kept.iter().map(read).collect()
    }
}

export!(Runner);
