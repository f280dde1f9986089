//! Has something to lose: it reads its own directory, variables and arguments when it is asked.

wit_bindgen::generate!({ world: "keeper", path: "../../../../tests/attacks/wit" });

use exports::wcompose::attacks::secrets::Guest;
use wasip2::cli::environment;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

struct Keeper;

fn read(path: &str) -> Result<Vec<u8>, ErrorCode> {
    for (directory, name) in get_directories() {
        let below = path.strip_prefix(name.trim_end_matches('/'));
        if let Some(rest) = below.and_then(|rest| rest.strip_prefix('/')) {
            let file = directory.open_at(
                PathFlags::empty(),
                rest,
                OpenFlags::empty(),
                DescriptorFlags::READ,
            )?;
            return Ok(file.read(4096, 0)?.0);
        }
    }
    Err(ErrorCode::NoEntry)
}

impl Guest for Keeper {
    fn file(path: String) -> Result<String, String> {
        match read(&path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(code) => Err(code.name().to_string()),
        }
    }

    fn variable(name: String) -> Option<String> {
        let all = environment::get_environment();
        all.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn all_arguments() -> Vec<String> {
        environment::get_arguments()
    }
}

export!(Keeper);
