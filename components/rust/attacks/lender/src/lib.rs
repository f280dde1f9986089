//! Has a directory, and gives its handle to another component.

wit_bindgen::generate!({
    world: "wcompose:lending/lender",
    path: [
        "../../gates/wit/deps/io.wit",
        "../../gates/wit/deps/clocks.wit",
        "../../gates/wit/deps/filesystem.wit",
        "../../../../tests/attacks/lending",
    ],
    with: {
        "wasi:clocks/wall-clock@0.2.12": wasip2::clocks::wall_clock,
        "wasi:filesystem/types@0.2.12": wasip2::filesystem::types,
        "wasi:io/error@0.2.12": wasip2::io::error,
        "wasi:io/poll@0.2.12": wasip2::io::poll,
        "wasi:io/streams@0.2.12": wasip2::io::streams,
    },
});

use exports::wcompose::lending::lending::Guest;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::Descriptor;

struct Lender;

impl Guest for Lender {
    fn lend() -> Result<Descriptor, String> {
        let first = get_directories().into_iter().next();
        first.map(|(directory, _)| directory).ok_or("no directories".to_string())
    }

    fn look(shown: &Descriptor) -> Result<String, String> {
        shown
            .get_type()
            .map(|kind| format!("{kind:?}"))
            .map_err(|code| code.name().to_string())
    }
}

export!(Lender);
