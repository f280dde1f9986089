//! Uses a handle of a directory that another component gave it.

wit_bindgen::generate!({
    world: "wcompose:lending/borrower",
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

use exports::wcompose::lending::borrowing::Guest;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};
use wcompose::lending::lending::{lend, look};

struct Borrower;

impl Guest for Borrower {
    fn read(path: String) -> Result<String, String> {
        let (bytes, _) = lend()?
            .open_at(PathFlags::empty(), &path, OpenFlags::empty(), DescriptorFlags::READ)
            .and_then(|file| file.read(4096, 0))
            .map_err(|code| code.name().to_string())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn show() -> Result<String, String> {
        let (directory, _) = get_directories().into_iter().next().ok_or("no directories")?;
        look(&directory)
    }
}

export!(Borrower);
