//! Files below the directories that the host opened for this call.

use crate::problems::problem;
use crate::wcompose::engine::types::Problem;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};

/// Bytes of one file that are read at most.
const SIZE_LIMIT: u64 = 1 << 29;
/// Bytes that are asked for at once.
const BLOCK: u64 = 1 << 22;

pub enum Entry {
    File,
    Directory,
}

/// What stands at `path`.
pub fn entry(path: &str) -> Result<Entry, Problem> {
    let (root, rest) = locate(path)?;
    let stat = root
        .stat_at(PathFlags::SYMLINK_FOLLOW, &rest)
        .map_err(|code| unreadable(path, code))?;
    match stat.type_ {
        DescriptorType::Directory => Ok(Entry::Directory),
        DescriptorType::RegularFile => Ok(Entry::File),
        // Opening a pipe or a device could wait for ever.
        _ => Err(problem("file-unreadable", format!("`{path}` is neither a file nor a directory"))
            .hinting("pipes, sockets and devices are not read: name a regular file")),
    }
}

pub fn exists(path: &str) -> bool {
    entry(path).is_ok()
}

/// The names in a directory, sorted.
pub fn list(path: &str) -> Result<Vec<String>, Problem> {
    let (root, rest) = locate(path)?;
    let fail = |code| unreadable(path, code);
    let directory = root
        .open_at(
            PathFlags::SYMLINK_FOLLOW,
            &rest,
            OpenFlags::DIRECTORY,
            DescriptorFlags::READ,
        )
        .map_err(fail)?;
    let stream = directory.read_directory().map_err(fail)?;
    let mut names = Vec::new();
    while let Some(entry) = stream.read_directory_entry().map_err(fail)? {
        names.push(entry.name);
    }
    names.sort();
    Ok(names)
}

/// The whole content of a file.
pub fn read(path: &str) -> Result<Vec<u8>, Problem> {
    if let Entry::Directory = entry(path)? {
        return Err(problem("file-unreadable", format!("`{path}` is a directory, not a file"))
            .hinting("name a file in it"));
    }
    let (root, rest) = locate(path)?;
    let fail = |code| unreadable(path, code);
    let file = root
        .open_at(
            PathFlags::SYMLINK_FOLLOW,
            &rest,
            OpenFlags::empty(),
            DescriptorFlags::READ,
        )
        .map_err(fail)?;
    let size = file.stat().map_err(fail)?.size;
    if size > SIZE_LIMIT {
        return Err(problem(
            "file-too-large",
            format!("`{path}` has {size} bytes, more than {SIZE_LIMIT}"),
        )
        .hinting("strip debug information from it, or name another file"));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    loop {
        let (block, ended) = file.read(BLOCK, bytes.len() as u64).map_err(fail)?;
        if block.is_empty() && !ended && bytes.len() as u64 >= size {
            break;
        }
        bytes.extend_from_slice(&block);
        if ended || bytes.len() as u64 > SIZE_LIMIT {
            break;
        }
    }
    Ok(bytes)
}

pub fn write(path: &str, bytes: &[u8]) -> Result<(), Problem> {
    let (root, rest) = locate(path)?;
    let fail = |code: ErrorCode| {
        problem(
            "file-not-written",
            format!("cannot write `{path}`: {}", code.message()),
        )
    };
    let file = root
        .open_at(
            PathFlags::empty(),
            &rest,
            OpenFlags::CREATE | OpenFlags::TRUNCATE,
            DescriptorFlags::WRITE,
        )
        .map_err(fail)?;
    let mut offset = 0;
    while offset < bytes.len() {
        let end = bytes.len().min(offset + (1 << 20));
        let written = file.write(&bytes[offset..end], offset as u64).map_err(fail)?;
        offset += written as usize;
    }
    Ok(())
}

/// The opened directory that a guest path lies below, and the rest of the path.
fn locate(path: &str) -> Result<(Descriptor, String), Problem> {
    for (descriptor, name) in get_directories() {
        if path == name {
            return Ok((descriptor, ".".into()));
        }
        if let Some(rest) = path.strip_prefix(&name).and_then(|rest| rest.strip_prefix('/')) {
            return Ok((descriptor, rest.into()));
        }
    }
    Err(problem(
        "file-unreadable",
        format!("`{path}` is not below an opened directory"),
    ))
}

fn unreadable(path: &str, code: ErrorCode) -> Problem {
    let (reason, hint) = match code {
        ErrorCode::NotPermitted => (
            "it leads out of its directory",
            "copy what it leads to into the directory",
        ),
        ErrorCode::Loop => ("it is a link that leads to itself", "name the file itself"),
        ErrorCode::Access => ("permission denied", "check its permissions"),
        ErrorCode::NoEntry => ("it does not exist", "check the path"),
        _ => (code.message(), "check the path and its permissions"),
    };
    problem("file-unreadable", format!("cannot read `{path}`: {reason}")).hinting(hint)
}
