//! Files: every path is tried below the directory that it seems to lie in, and then as it is below
//! every directory there is.

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};

use crate::{at, Attack, Outcome};

pub const ATTACKS: &[Attack] = &[
    ("directories", |_| directories()),
    ("read", |arguments| read(at(arguments, 0))),
    ("read-below", |arguments| read_below(at(arguments, 0), at(arguments, 1))),
    ("write-below", |arguments| write_below(at(arguments, 0), at(arguments, 1))),
    ("list", |arguments| list(at(arguments, 0))),
    ("stat", |arguments| stat(at(arguments, 0))),
    ("write", |arguments| write(at(arguments, 0))),
    ("append", |arguments| append(at(arguments, 0))),
    ("truncate", |arguments| truncate(at(arguments, 0))),
    ("resize", |arguments| resize(at(arguments, 0))),
    ("delete", |arguments| everywhere(at(arguments, 0), Descriptor::unlink_file_at)),
    ("make-directory", |arguments| everywhere(at(arguments, 0), Descriptor::create_directory_at)),
    ("remove-directory", |arguments| everywhere(at(arguments, 0), Descriptor::remove_directory_at)),
    ("set-times", |arguments| set_times(at(arguments, 0))),
    ("set-own-times", |arguments| set_own_times(at(arguments, 0))),
    ("symlink", |arguments| symlink(at(arguments, 0), at(arguments, 1))),
    ("through-symlink", |arguments| {
        symlink(at(arguments, 0), at(arguments, 1))?;
        read(at(arguments, 2))
    }),
    ("read-link", |arguments| everywhere_text(at(arguments, 0), Descriptor::readlink_at)),
    ("link", |arguments| link(at(arguments, 0), at(arguments, 1))),
    ("through-link", |arguments| {
        link(at(arguments, 0), at(arguments, 1))?;
        read(at(arguments, 1))
    }),
    ("rename", |arguments| rename(at(arguments, 0), at(arguments, 1))),
    ("write-through-reading", |arguments| write_through_reading(at(arguments, 0))),
];

/// Where a path may lie: its directory, and the path below it.
fn places(path: &str) -> Vec<(Descriptor, String)> {
    let mut likely: Vec<(Descriptor, String)> = Vec::new();
    for (directory, name) in get_directories() {
        let below = path.strip_prefix(name.trim_end_matches('/'));
        match below {
            Some("") => likely.push((directory, ".".to_string())),
            Some(rest) if rest.starts_with('/') => likely.push((directory, rest[1..].to_string())),
            _ => {}
        }
    }
    // The longest name is the nearest directory, and leaves the shortest path.
    likely.sort_by_key(|(_, rest)| rest.len());
    likely.extend(get_directories().into_iter().map(|(directory, _)| (directory, path.to_string())));
    likely
}

/// The first success anywhere, or the error of the most likely place.
fn first<T>(
    path: &str,
    act: impl Fn(&Descriptor, &str) -> Result<T, ErrorCode>,
) -> Result<T, String> {
    let mut error = None;
    for (directory, rest) in places(path) {
        match act(&directory, &rest) {
            Ok(done) => return Ok(done),
            Err(code) => error = error.or(Some(code.name())),
        }
    }
    Err(error.unwrap_or("no directories").to_string())
}

fn everywhere(path: &str, act: fn(&Descriptor, &str) -> Result<(), ErrorCode>) -> Outcome {
    first(path, act).map(|()| "done".to_string())
}

fn everywhere_text(path: &str, act: fn(&Descriptor, &str) -> Result<String, ErrorCode>) -> Outcome {
    first(path, act)
}

fn directories() -> Outcome {
    let names: Vec<String> = get_directories().into_iter().map(|(_, name)| name).collect();
    if names.is_empty() {
        return Err("no directories".to_string());
    }
    Ok(names.join(" "))
}

fn open(path: &str, how: OpenFlags, flags: DescriptorFlags) -> Result<Descriptor, String> {
    first(path, |directory, rest| {
        directory.open_at(PathFlags::SYMLINK_FOLLOW, rest, how, flags)
    })
}

fn read(path: &str) -> Outcome {
    let bytes = first(path, |directory, rest| {
        let file = directory.open_at(
            PathFlags::SYMLINK_FOLLOW,
            rest,
            OpenFlags::empty(),
            DescriptorFlags::READ,
        )?;
        Ok(file.read(4096, 0)?.0)
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// By a descriptor of the directory, which was opened first.
fn read_below(directory: &str, path: &str) -> Outcome {
    let opened = open(directory, OpenFlags::DIRECTORY, DescriptorFlags::READ)?;
    let read = |path: &str| {
        let flags = DescriptorFlags::READ;
        let file = opened.open_at(PathFlags::SYMLINK_FOLLOW, path, OpenFlags::empty(), flags)?;
        Ok(String::from_utf8_lossy(&file.read(4096, 0)?.0).into_owned())
    };
    read(path).map_err(|code: ErrorCode| code.name().to_string())
}

/// What a directory allows must hold for the directories in it.
fn write_below(directory: &str, name: &str) -> Outcome {
    let flags = DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY;
    let opened = open(directory, OpenFlags::DIRECTORY, flags)
        .or_else(|_| open(directory, OpenFlags::DIRECTORY, DescriptorFlags::READ))?;
    let how = OpenFlags::CREATE;
    opened
        .open_at(PathFlags::empty(), name, how, DescriptorFlags::WRITE)
        .and_then(|file| file.write(b"attacked", 0))
        .or_else(|error| opened.create_directory_at(name).map(|()| 0).map_err(|_| error))
        .map(|_| "written".to_string())
        .map_err(|code| code.name().to_string())
}

fn list(path: &str) -> Outcome {
    let mut names = first(path, |directory, rest| {
        let inner = directory.open_at(
            PathFlags::SYMLINK_FOLLOW,
            rest,
            OpenFlags::DIRECTORY,
            DescriptorFlags::READ,
        )?;
        let entries = inner.read_directory()?;
        let mut names = Vec::new();
        while let Some(entry) = entries.read_directory_entry()? {
            names.push(entry.name);
        }
        Ok(names)
    })?;
    names.sort();
    Ok(names.join(" "))
}

fn stat(path: &str) -> Outcome {
    let stat = first(path, |directory, rest| directory.stat_at(PathFlags::SYMLINK_FOLLOW, rest))?;
    Ok(format!("{} bytes", stat.size))
}

fn write(path: &str) -> Outcome {
    first(path, |directory, rest| {
        let file = directory.open_at(
            PathFlags::SYMLINK_FOLLOW,
            rest,
            OpenFlags::CREATE,
            DescriptorFlags::WRITE,
        )?;
        file.write(b"attacked", 0)
    })?;
    Ok("written".to_string())
}

fn append(path: &str) -> Outcome {
    let file = open(path, OpenFlags::empty(), DescriptorFlags::WRITE)?;
    let stream = file.append_via_stream().map_err(|code| code.name().to_string())?;
    stream.blocking_write_and_flush(b"attacked").map_err(|_| "stream".to_string())?;
    Ok("appended".to_string())
}

/// `O_TRUNC` with and without asking for writing.
fn truncate(path: &str) -> Outcome {
    open(path, OpenFlags::TRUNCATE, DescriptorFlags::WRITE)
        .or_else(|error| open(path, OpenFlags::TRUNCATE, DescriptorFlags::READ).map_err(|_| error))?;
    Ok("truncated".to_string())
}

fn resize(path: &str) -> Outcome {
    let resized = |flags| {
        let file = open(path, OpenFlags::empty(), flags)?;
        file.set_size(0).map_err(|code| code.name().to_string())
    };
    resized(DescriptorFlags::WRITE).or_else(|error| resized(DescriptorFlags::READ).map_err(|_| error))?;
    Ok("resized".to_string())
}

fn write_through_reading(path: &str) -> Outcome {
    let file = open(path, OpenFlags::empty(), DescriptorFlags::READ)?;
    if file.write(b"attacked", 0).is_ok() {
        return Ok("written".to_string());
    }
    let stream = file.write_via_stream(0).map_err(|code| code.name().to_string())?;
    stream.blocking_write_and_flush(b"attacked").map_err(|_| "stream".to_string())?;
    Ok("written".to_string())
}

fn set_times(path: &str) -> Outcome {
    first(path, |directory, rest| {
        directory.set_times_at(
            PathFlags::SYMLINK_FOLLOW,
            rest,
            NewTimestamp::Now,
            NewTimestamp::Now,
        )
    })?;
    Ok("changed".to_string())
}

fn set_own_times(path: &str) -> Outcome {
    let file = open(path, OpenFlags::empty(), DescriptorFlags::READ)?;
    file.set_times(NewTimestamp::Now, NewTimestamp::Now).map_err(|code| code.name().to_string())?;
    Ok("changed".to_string())
}

fn symlink(target: &str, link: &str) -> Outcome {
    first(link, |directory, rest| directory.symlink_at(target, rest))?;
    Ok("linked".to_string())
}

fn between(
    old: &str,
    new: &str,
    act: impl Fn(&Descriptor, &str, &Descriptor, &str) -> Result<(), ErrorCode>,
) -> Outcome {
    first(old, |directory, rest| {
        let mut error = ErrorCode::Access;
        for (index, (other, other_rest)) in places(new).iter().enumerate() {
            match act(directory, rest, other, other_rest) {
                Ok(()) => return Ok("done".to_string()),
                Err(code) if index == 0 => error = code,
                Err(_) => {}
            }
        }
        Err(error)
    })
}

fn link(old: &str, new: &str) -> Outcome {
    between(old, new, |directory, rest, other, other_rest| {
        directory.link_at(PathFlags::empty(), rest, other, other_rest).or_else(|error| {
            directory.link_at(PathFlags::SYMLINK_FOLLOW, rest, other, other_rest).map_err(|_| error)
        })
    })
}

fn rename(old: &str, new: &str) -> Outcome {
    between(old, new, Descriptor::rename_at)
}
