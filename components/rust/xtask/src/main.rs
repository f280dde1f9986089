//! Native steps of `scripts/rebuild.py`: encoding core modules as components and generating Go
//! bindings, with the same official crates that the engine uses inside WebAssembly. They are here
//! because the engine cannot encode itself before it exists.

use anyhow::{bail, Context, Result};
use std::path::{Path, PathBuf};
use wasi_preview1_component_adapter_provider as adapter;
use wit_bindgen_core::Files;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{Resolve, WorldId};

const USAGE: &str = "usage:
  xtask component CORE OUT                 encode a core module that carries its type section
  xtask component CORE OUT WIT WORLD       embed WORLD first, adapt WASI preview 1 (reactor)
  xtask go-bindings WIT WORLD OUT          write Go bindings for WORLD";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["component", core, out] => component(core, out, None),
        ["component", core, out, wit, world] => component(core, out, Some((wit, world))),
        ["go-bindings", wit, world, out] => go_bindings(wit, world, Path::new(out)),
        _ => bail!("{USAGE}"),
    }
}

fn select(wit: &str, world: &str) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    Ok((resolve, world))
}

fn component(core: &str, out: &str, embed: Option<(&str, &str)>) -> Result<()> {
    let mut module = std::fs::read(core).with_context(|| format!("reading {core}"))?;
    let mut encoder = ComponentEncoder::default();
    if let Some((wit, world)) = embed {
        let (resolve, world) = select(wit, world)?;
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
        encoder.adapter(
            adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            adapter::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )?;
    }
    encoder.module(&module)?;
    encoder.validate(true);
    let bytes = encoder.encode().context("encoding the component")?;
    std::fs::write(out, bytes).with_context(|| format!("writing {out}"))
}

fn go_bindings(wit: &str, world: &str, out: &Path) -> Result<()> {
    let (mut resolve, world) = select(wit, world)?;
    let mut files = Files::default();
    wit_bindgen_go::Opts { quiet: true, ..Default::default() }
        .build()
        .generate(&mut resolve, world, &mut files)?;
    for (name, contents) in files.iter() {
        let path: PathBuf = out.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, contents)?;
    }
    Ok(())
}
