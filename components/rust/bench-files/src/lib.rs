//! A file-heavy job, for the benchmarks of gates: what a program does through WASI, and nothing else.

wit_bindgen::generate!({ world: "files", path: "../../../benches/components/files.wit" });

use exports::wcompose::bench_files::work::Guest;
use wasip2::clocks::monotonic_clock;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use wasip2::io::streams::StreamError;

const PIECE: usize = 1 << 16;

struct Files;

impl Guest for Files {
    fn metadata(files: u32) -> Result<(), String> {
        let directory = directory()?;
        for number in 0..files {
            let name = format!("m{number}");
            drop(create(&directory, &name)?);
            directory.stat_at(PathFlags::empty(), &name).map_err(worded)?;
            directory.unlink_file_at(&name).map_err(worded)?;
        }
        Ok(())
    }

    fn contents(files: u32, size: u32) -> Result<(), String> {
        let directory = directory()?;
        let data = vec![7; PIECE];
        for number in 0..files {
            let name = format!("c{number}");
            let file = create(&directory, &name)?;
            write(&file, &data, size as usize)?;
            let read = read(&file)?;
            if read != size as usize {
                return Err(format!("{read} of {size} bytes came back"));
            }
            drop(file);
            directory.unlink_file_at(&name).map_err(worded)?;
        }
        Ok(())
    }

    fn clock(looks: u32) -> u64 {
        (0..looks).fold(0, |latest, _| monotonic_clock::now().max(latest))
    }
}

fn directory() -> Result<Descriptor, String> {
    let directories = get_directories();
    directories.into_iter().next().map(|(directory, _)| directory).ok_or("no directory".into())
}

fn create(directory: &Descriptor, name: &str) -> Result<Descriptor, String> {
    let access = DescriptorFlags::READ | DescriptorFlags::WRITE;
    let how = OpenFlags::CREATE | OpenFlags::TRUNCATE;
    directory.open_at(PathFlags::empty(), name, how, access).map_err(worded)
}

fn write(file: &Descriptor, data: &[u8], size: usize) -> Result<(), String> {
    let stream = file.write_via_stream(0).map_err(worded)?;
    let mut left = size;
    while left > 0 {
        let room = stream.check_write().map_err(|error| error.to_string())? as usize;
        if room == 0 {
            stream.subscribe().block();
            continue;
        }
        let piece = left.min(room).min(data.len());
        stream.write(&data[..piece]).map_err(|error| error.to_string())?;
        left -= piece;
    }
    stream.blocking_flush().map_err(|error| error.to_string())
}

fn read(file: &Descriptor) -> Result<usize, String> {
    let stream = file.read_via_stream(0).map_err(worded)?;
    let mut count = 0;
    loop {
        match stream.blocking_read(PIECE as u64) {
            Ok(piece) => count += piece.len(),
            Err(StreamError::Closed) => return Ok(count),
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn worded(error: ErrorCode) -> String {
    error.name().into()
}

export!(Files);
