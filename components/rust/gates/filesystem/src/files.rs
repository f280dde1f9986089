//! Descriptors that know whether anything may be changed through them. The gate `standard` has this
//! module too.
//!
//! A line `directory OUTER GUEST read|write` shows the host's preopened directory OUTER, and no other,
//! to the node under the name GUEST. While the policy learns, the node sees every directory of the host
//! under its own name too, and all may be written.
//!
//! What is opened below a directory that may only be read may only be read as well: every function that
//! changes anything answers `read-only`, whatever the flags of the descriptor or the host would allow.
//! Functions that take two directories need both to be writable: a hard link to a file that may only be
//! read would make it writable, and a rename would take it away.
//!
//! That a path stays below its directory is the host's duty, through `..` and symbolic links as well.
//! Two directories of the host are two grants even where one lies inside the other: a `/data` that may
//! only be read can be written through a `/` that may be written and holds it. Only the one who knows
//! the host's paths can refuse such a pair.

use alloc::string::String;
use alloc::vec::Vec;

use crate::exports::wasi::filesystem::preopens::Guest as Preopens;
use crate::exports::wasi::filesystem::types::{
    Advice, Descriptor, DescriptorBorrow, DescriptorFlags, DescriptorStat, DescriptorType,
    DirectoryEntry, DirectoryEntryStream, Error, ErrorCode, Guest as Types, GuestDescriptor,
    GuestDirectoryEntryStream, InputStream, MetadataHashValue, NewTimestamp, OpenFlags, OutputStream,
    PathFlags,
};
use crate::wasi::filesystem::{preopens, types as host};
use crate::{policy, streams, Gate};
use gate_policy::text_at;

const INTERFACE: &str = "wasi:filesystem/types";

/// A file or directory of the host.
pub struct Opened {
    host: host::Descriptor,
    may_write: bool,
    /// Where the node sees it; kept only for an audit.
    path: String,
}

pub struct Entries(host::DirectoryEntryStream);

impl Types for Gate {
    type Descriptor = Opened;
    type DirectoryEntryStream = Entries;

    fn filesystem_error_code(error: &Error) -> Option<ErrorCode> {
        host::filesystem_error_code(error)
    }
}

impl Preopens for Gate {
    fn get_directories() -> Vec<(Descriptor, String)> {
        let policy = policy();
        let mut shown: Vec<(Descriptor, String)> = Vec::new();
        for line in policy.lines("directory") {
            let may_write = match text_at(line, 2) {
                "read" => policy.learns(),
                "write" => true,
                _ => continue,
            };
            // Asked again for each line: two grants of one directory are two descriptors.
            let mut found = preopens::get_directories().into_iter();
            if let Some((host, _)) = found.find(|(_, name)| name == text_at(line, 0)) {
                shown.push(preopened(host, may_write, text_at(line, 1)));
            }
        }
        if policy.learns() {
            for (host, name) in preopens::get_directories() {
                if !shown.iter().any(|(_, known)| *known == name) {
                    shown.push(preopened(host, true, &name));
                }
            }
        }
        shown
    }
}

fn preopened(host: host::Descriptor, may_write: bool, name: &str) -> (Descriptor, String) {
    let path = if is_audited() { String::from(name) } else { String::new() };
    (Descriptor::new(Opened { host, may_write, path }), String::from(name))
}

/// Whether anything is written down. What is written of the allowed is written of the denied too.
fn is_audited() -> bool {
    policy().audits(false)
}

/// Where the node sees `path` below `directory`. Links and `..` stay as they were asked for.
fn joined(directory: &str, path: &str) -> String {
    let mut whole = Vec::new();
    if !path.starts_with('/') {
        whole.extend_from_slice(directory.as_bytes());
    }
    for part in path.as_bytes().split(|byte| *byte == b'/') {
        if part.is_empty() || part == b"." {
            continue;
        }
        if !whole.ends_with(b"/") {
            whole.push(b'/');
        }
        whole.extend_from_slice(part);
    }
    String::from_utf8(whole).unwrap_or_default()
}

impl Opened {
    fn record(&self, function: &str, allowed: bool, path: &str, how: &str) {
        let policy = policy();
        if policy.audits(allowed) {
            let mut target = joined(&self.path, path);
            target.push_str(how);
            policy.record(INTERFACE, function, allowed, &target);
        }
    }

    /// Decide about a change of what is at `path`, or of this itself if there is none.
    fn change(&self, function: &str, may_write: bool, path: &str) -> Result<(), ErrorCode> {
        if may_write {
            return Ok(());
        }
        self.record(function, false, path, " write");
        Err(ErrorCode::ReadOnly)
    }

    /// Hand on the host's answer, and tell of it.
    #[inline(always)]
    fn done<T>(
        &self,
        function: &str,
        path: &str,
        how: &str,
        answer: Result<T, ErrorCode>,
    ) -> Result<T, ErrorCode> {
        self.tell(function, path, how, answer.as_ref().err().copied());
        answer
    }

    /// Tell of a use that the host decided about: a path may leave the directory. Then it was denied, and
    /// for one who learns it was asked for.
    #[inline(never)]
    fn tell(&self, function: &str, path: &str, how: &str, error: Option<ErrorCode>) {
        let refused = matches!(error, Some(ErrorCode::NotPermitted | ErrorCode::Access));
        let denied = refused && !policy().learns();
        self.record(function, !denied, path, how);
    }

    fn change_both(
        &self,
        function: &str,
        path: &str,
        other: &Opened,
        other_path: &str,
    ) -> Result<(), ErrorCode> {
        let may_write = self.may_write && other.may_write;
        let decided = self.change(function, may_write, path);
        other.change(function, may_write, other_path).and(decided)
    }

    fn done_both(
        &self,
        function: &str,
        path: &str,
        other: &Opened,
        other_path: &str,
        answer: Result<(), ErrorCode>,
    ) -> Result<(), ErrorCode> {
        let answer = self.done(function, path, " write", answer);
        other.done(function, other_path, " write", answer)
    }
}

impl GuestDescriptor for Opened {
    fn read_via_stream(&self, offset: u64) -> Result<InputStream, ErrorCode> {
        self.host.read_via_stream(offset).map(streams::input)
    }

    fn write_via_stream(&self, offset: u64) -> Result<OutputStream, ErrorCode> {
        let function = "[method]descriptor.write-via-stream";
        self.change(function, self.may_write, "")?;
        self.done(function, "", " write", self.host.write_via_stream(offset)).map(streams::output)
    }

    fn append_via_stream(&self) -> Result<OutputStream, ErrorCode> {
        let function = "[method]descriptor.append-via-stream";
        self.change(function, self.may_write, "")?;
        self.done(function, "", " write", self.host.append_via_stream()).map(streams::output)
    }

    fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<(), ErrorCode> {
        self.host.advise(offset, length, advice)
    }

    fn sync_data(&self) -> Result<(), ErrorCode> {
        self.host.sync_data()
    }

    fn get_flags(&self) -> Result<DescriptorFlags, ErrorCode> {
        let flags = self.host.get_flags()?;
        let writing = DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY;
        Ok(if self.may_write { flags } else { flags ^ (flags & writing) })
    }

    fn get_type(&self) -> Result<DescriptorType, ErrorCode> {
        self.host.get_type()
    }

    fn set_size(&self, size: u64) -> Result<(), ErrorCode> {
        let function = "[method]descriptor.set-size";
        self.change(function, self.may_write, "")?;
        self.done(function, "", " write", self.host.set_size(size))
    }

    fn set_times(&self, access: NewTimestamp, change: NewTimestamp) -> Result<(), ErrorCode> {
        let function = "[method]descriptor.set-times";
        self.change(function, self.may_write, "")?;
        self.done(function, "", " write", self.host.set_times(access, change))
    }

    fn read(&self, length: u64, offset: u64) -> Result<(Vec<u8>, bool), ErrorCode> {
        self.host.read(length, offset)
    }

    fn write(&self, buffer: Vec<u8>, offset: u64) -> Result<u64, ErrorCode> {
        let function = "[method]descriptor.write";
        self.change(function, self.may_write, "")?;
        self.done(function, "", " write", self.host.write(&buffer, offset))
    }

    fn read_directory(&self) -> Result<DirectoryEntryStream, ErrorCode> {
        Ok(DirectoryEntryStream::new(Entries(self.host.read_directory()?)))
    }

    fn sync(&self) -> Result<(), ErrorCode> {
        self.host.sync()
    }

    fn create_directory_at(&self, path: String) -> Result<(), ErrorCode> {
        let function = "[method]descriptor.create-directory-at";
        self.change(function, self.may_write, &path)?;
        self.done(function, &path, " write", self.host.create_directory_at(&path))
    }

    fn stat(&self) -> Result<DescriptorStat, ErrorCode> {
        self.host.stat()
    }

    fn stat_at(&self, how: PathFlags, path: String) -> Result<DescriptorStat, ErrorCode> {
        self.done("[method]descriptor.stat-at", &path, " read", self.host.stat_at(how, &path))
    }

    fn set_times_at(
        &self,
        how: PathFlags,
        path: String,
        access: NewTimestamp,
        change: NewTimestamp,
    ) -> Result<(), ErrorCode> {
        let function = "[method]descriptor.set-times-at";
        self.change(function, self.may_write, &path)?;
        self.done(function, &path, " write", self.host.set_times_at(how, &path, access, change))
    }

    fn link_at(
        &self,
        how: PathFlags,
        path: String,
        other: DescriptorBorrow<'_>,
        other_path: String,
    ) -> Result<(), ErrorCode> {
        let other: &Opened = other.get();
        let function = "[method]descriptor.link-at";
        self.change_both(function, &path, other, &other_path)?;
        let answer = self.host.link_at(how, &path, &other.host, &other_path);
        self.done_both(function, &path, other, &other_path, answer)
    }

    fn open_at(
        &self,
        how: PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Descriptor, ErrorCode> {
        let function = "[method]descriptor.open-at";
        let changes = OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE;
        let writing = DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY;
        let changing = (open & changes).bits() != 0 || (flags & writing).bits() != 0;
        if changing {
            self.change(function, self.may_write, &path)?;
        }
        let opened = self.host.open_at(how, &path, open, flags);
        let host = self.done(function, &path, if changing { " write" } else { " read" }, opened)?;
        let path = if is_audited() { joined(&self.path, &path) } else { String::new() };
        Ok(Descriptor::new(Opened { host, may_write: self.may_write, path }))
    }

    fn readlink_at(&self, path: String) -> Result<String, ErrorCode> {
        let function = "[method]descriptor.readlink-at";
        let target = match self.host.readlink_at(&path) {
            // Where the host keeps things is none of the node's business; not all hosts refuse it.
            Ok(target) if target.starts_with('/') => Err(ErrorCode::NotPermitted),
            answer => answer,
        };
        self.done(function, &path, " read", target)
    }

    fn remove_directory_at(&self, path: String) -> Result<(), ErrorCode> {
        let function = "[method]descriptor.remove-directory-at";
        self.change(function, self.may_write, &path)?;
        self.done(function, &path, " write", self.host.remove_directory_at(&path))
    }

    fn rename_at(
        &self,
        path: String,
        other: DescriptorBorrow<'_>,
        other_path: String,
    ) -> Result<(), ErrorCode> {
        let other: &Opened = other.get();
        let function = "[method]descriptor.rename-at";
        self.change_both(function, &path, other, &other_path)?;
        let answer = self.host.rename_at(&path, &other.host, &other_path);
        self.done_both(function, &path, other, &other_path, answer)
    }

    fn symlink_at(&self, content: String, path: String) -> Result<(), ErrorCode> {
        let function = "[method]descriptor.symlink-at";
        self.change(function, self.may_write, &path)?;
        self.done(function, &path, " write", self.host.symlink_at(&content, &path))
    }

    fn unlink_file_at(&self, path: String) -> Result<(), ErrorCode> {
        let function = "[method]descriptor.unlink-file-at";
        self.change(function, self.may_write, &path)?;
        self.done(function, &path, " write", self.host.unlink_file_at(&path))
    }

    fn is_same_object(&self, other: DescriptorBorrow<'_>) -> bool {
        self.host.is_same_object(&other.get::<Opened>().host)
    }

    fn metadata_hash(&self) -> Result<MetadataHashValue, ErrorCode> {
        self.host.metadata_hash()
    }

    fn metadata_hash_at(
        &self,
        how: PathFlags,
        path: String,
    ) -> Result<MetadataHashValue, ErrorCode> {
        self.done("[method]descriptor.metadata-hash-at", &path, " read", self.host.metadata_hash_at(how, &path))
    }
}

impl GuestDirectoryEntryStream for Entries {
    fn read_directory_entry(&self) -> Result<Option<DirectoryEntry>, ErrorCode> {
        self.0.read_directory_entry()
    }
}
