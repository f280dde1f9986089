//! Steps with files and directories.

use crate::wasi::clocks::wall_clock::Datetime;
use crate::wasi::filesystem::preopens::get_directories;
use crate::wasi::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};
use crate::words::{bytes, kept, number, shown};
use crate::{Done, Opened};

fn named(error: ErrorCode) -> String {
    error.name().to_owned()
}

fn nothing(done: Result<(), ErrorCode>) -> Done {
    done.map(|()| "done".to_owned()).map_err(named)
}

/// One letter each: `f`ollow, `c`reate, e`x`clusive, `t`runcate, `d`irectory, `r`ead, `w`rite, `m`utate.
fn flags(letters: &str) -> (PathFlags, OpenFlags, DescriptorFlags) {
    let (mut path, mut open) = (PathFlags::empty(), OpenFlags::empty());
    let mut descriptor = DescriptorFlags::empty();
    for letter in letters.chars() {
        match letter {
            'f' => path = path | PathFlags::SYMLINK_FOLLOW,
            'c' => open = open | OpenFlags::CREATE,
            'x' => open = open | OpenFlags::EXCLUSIVE,
            't' => open = open | OpenFlags::TRUNCATE,
            'd' => open = open | OpenFlags::DIRECTORY,
            'r' => descriptor = descriptor | DescriptorFlags::READ,
            'w' => descriptor = descriptor | DescriptorFlags::WRITE,
            'm' => descriptor = descriptor | DescriptorFlags::MUTATE_DIRECTORY,
            _ => {}
        }
    }
    (path, open, descriptor)
}

fn second() -> NewTimestamp {
    NewTimestamp::Timestamp(Datetime { seconds: 1, nanoseconds: 0 })
}

pub fn step(opened: &mut Opened, words: &[&str]) -> Done {
    match *words {
        ["preopens"] => {
            let mut names = Vec::new();
            for (directory, name) in get_directories() {
                names.push(name.clone());
                opened.descriptors.insert(name, directory);
            }
            return Ok(names.join(" "));
        }
        ["open", at, path, letters, name] => {
            let (how, open, flags) = flags(letters);
            let found = kept(&opened.descriptors, at)?.open_at(how, path, open, flags);
            opened.descriptors.insert(name.to_owned(), found.map_err(named)?);
            return Ok("done".to_owned());
        }
        ["reading", at, offset, name] => {
            let stream = kept(&opened.descriptors, at)?.read_via_stream(number(offset)?);
            opened.inputs.insert(name.to_owned(), stream.map_err(named)?);
            return Ok("done".to_owned());
        }
        ["writing", at, offset, name] => {
            let stream = kept(&opened.descriptors, at)?.write_via_stream(number(offset)?);
            opened.outputs.insert(name.to_owned(), stream.map_err(named)?);
            return Ok("done".to_owned());
        }
        ["appending", at, name] => {
            let stream = kept(&opened.descriptors, at)?.append_via_stream();
            opened.outputs.insert(name.to_owned(), stream.map_err(named)?);
            return Ok("done".to_owned());
        }
        _ => {}
    }
    let [word, at, ref rest @ ..] = *words else {
        return Err("unknown step".to_owned());
    };
    let here = kept(&opened.descriptors, at)?;
    match (word, rest) {
        ("same", &[other]) => {
            Ok(here.is_same_object(kept(&opened.descriptors, other)?).to_string())
        }
        ("link", &[letters, path, other, other_path]) => {
            let other = kept(&opened.descriptors, other)?;
            nothing(here.link_at(flags(letters).0, path, other, other_path))
        }
        ("rename", &[path, other, other_path]) => {
            nothing(here.rename_at(path, kept(&opened.descriptors, other)?, other_path))
        }
        ("timed", rest) => timed(here, rest),
        _ => single(here, word, rest),
    }
}

fn single(here: &Descriptor, word: &str, rest: &[&str]) -> Done {
    match (word, rest) {
        ("read", [length, offset]) => {
            let (read, ended) = here.read(number(length)?, number(offset)?).map_err(named)?;
            Ok(format!("{} {ended}", shown(&read)))
        }
        ("write", [text, offset]) => {
            here.write(&bytes(text), number(offset)?).map(|n| n.to_string()).map_err(named)
        }
        ("flags", []) => {
            let flags = here.get_flags().map_err(named)?;
            let has = |flag: DescriptorFlags| (flags & flag).bits() != 0;
            let letters = [
                ("r", DescriptorFlags::READ),
                ("w", DescriptorFlags::WRITE),
                ("m", DescriptorFlags::MUTATE_DIRECTORY),
            ];
            Ok(letters.iter().filter(|(_, flag)| has(*flag)).map(|(letter, _)| *letter).collect())
        }
        ("type", []) => here.get_type().map(|kind| format!("{kind:?}")).map_err(named),
        ("list", []) => {
            let entries = here.read_directory().map_err(named)?;
            let mut names = Vec::new();
            while let Some(entry) = entries.read_directory_entry().map_err(named)? {
                names.push(entry.name);
            }
            names.sort();
            Ok(names.join(" "))
        }
        ("set-size", [size]) => nothing(here.set_size(number(size)?)),
        ("set-times", []) => nothing(here.set_times(second(), second())),
        ("advise", []) => nothing(here.advise(0, 1, Advice::Sequential)),
        ("sync", []) => nothing(here.sync()),
        ("sync-data", []) => nothing(here.sync_data()),
        ("stat", []) => here.stat().map(|stat| stat.size.to_string()).map_err(named),
        ("hash", []) => here.metadata_hash().map(|hash| hash.lower.to_string()).map_err(named),
        ("stat-at", [letters, path]) => {
            let stat = here.stat_at(flags(letters).0, path).map_err(named)?;
            Ok(format!("{:?} {}", stat.type_, stat.size))
        }
        ("hash-at", [letters, path]) => {
            let hash = here.metadata_hash_at(flags(letters).0, path).map_err(named)?;
            Ok(hash.lower.to_string())
        }
        ("set-times-at", [letters, path]) => {
            nothing(here.set_times_at(flags(letters).0, path, second(), second()))
        }
        ("make-directory", [path]) => nothing(here.create_directory_at(path)),
        ("remove-directory", [path]) => nothing(here.remove_directory_at(path)),
        ("unlink", [path]) => nothing(here.unlink_file_at(path)),
        ("symlink", [content, path]) => nothing(here.symlink_at(content, path)),
        ("readlink", [path]) => here.readlink_at(path).map_err(named),
        _ => Err("unknown step".to_owned()),
    }
}

/// Many of the same, to compare how long they take.
fn timed(here: &Descriptor, words: &[&str]) -> Done {
    match words {
        ["stat", path, count] => {
            for _ in 0..number(count)? {
                here.stat_at(PathFlags::empty(), path).map_err(named)?;
            }
        }
        ["open", path, count] => {
            let (how, open, flags) = flags("r");
            for _ in 0..number(count)? {
                here.open_at(how, path, open, flags).map_err(named)?;
            }
        }
        ["read", path, size, count] => {
            let (how, open, flags) = flags("r");
            let file = here.open_at(how, path, open, flags).map_err(named)?;
            for _ in 0..number(count)? {
                file.read(number(size)?, 0).map_err(named)?;
            }
        }
        ["stream", path, size, count] => {
            let (how, open, flags) = flags("r");
            let file = here.open_at(how, path, open, flags).map_err(named)?;
            for _ in 0..number(count)? {
                let stream = file.read_via_stream(0).map_err(named)?;
                // To the end of the file, in pieces of this size.
                while stream.blocking_read(number(size)?).is_ok() {}
            }
        }
        _ => return Err("unknown step".to_owned()),
    }
    Ok("done".to_owned())
}
