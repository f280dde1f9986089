//! The official WIT, validation and composition crates behind one component contract.
//!
//! Nothing is decided here that the crates do not decide: this component reads files, calls them,
//! and says what they found with the places where they found it. See `wit/engine.wit`.

mod binaries;
mod composing;
mod contracts;
mod describe;
mod encoding;
mod files;
mod json;
mod loading;
mod naming;
mod places;
mod problems;
mod refusal;
mod repair;
mod texts;
mod toml;
mod values;
mod wording;

wit_bindgen::generate!({
    world: "engine",
    path: "wit",
});

struct Engine;

export!(Engine);

/// Tell the host what a panic said: without an operating system nobody else does.
fn report_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|information| {
            let text = format!("{information}\n");
            let stream = wasip2::cli::stderr::get_stderr();
            for part in text.as_bytes().chunks(4096) {
                let _ = stream.blocking_write_and_flush(part);
            }
        }));
    });
}
