//! Making carriers: components that stand before an exported interface and take lists of numbers as texts.
//!
//! Every element of a list costs its host an object, a text one copy. So a carrier exports the interface
//! once more, each list of numbers in it a string: its elements in little-endian order, as hexadecimal or as
//! base64. It turns texts into lists and calls the interface itself, which costs next to nothing inside.

use crate::exports::wcompose::engine::carrying::Guest;
use crate::problems::from_chain;
use crate::wcompose::engine::types::Problem;
use crate::{binaries, contracts, files, report_panics, Engine};
use anyhow::{Context, Result};
use wit_component::{embed_component_metadata, ComponentEncoder, StringEncoding};
use wit_parser::{Resolve, WorldId};

mod base64;
mod contract;
mod hexadecimal;
mod kit;
mod module;

impl Guest for Engine {
    fn make_carrier(
        component: String,
        interface: String,
        name: String,
        output: String,
    ) -> Result<Vec<String>, Vec<Problem>> {
        report_panics();
        let (resolve, _, world) =
            contracts::decoded(&component).map_err(|problem| vec![problem])?;
        let made = made(resolve, world, &interface, &name).map_err(|error| {
            vec![from_chain("carrier-not-made", format!("`{name}` cannot be carried"), &error)]
        })?;
        let Some((bytes, functions)) = made else { return Ok(Vec::new()) };
        files::write(&output, &bytes).map_err(|problem| vec![problem])?;
        Ok(functions)
    }
}

/// The carrier, and the names of the functions that it carries; none where there is nothing to carry.
fn made(
    mut resolve: Resolve,
    world: Option<WorldId>,
    interface: &str,
    name: &str,
) -> Result<Option<(Vec<u8>, Vec<String>)>> {
    let world = world.context("a WIT package exports nothing")?;
    let Some(carried) = contract::carried(&mut resolve, world, interface, name)? else {
        return Ok(None);
    };
    let mut module = module::module(&resolve, &carried)?;
    embed_component_metadata(&mut module, &resolve, carried.world, StringEncoding::UTF8, false)?;
    let bytes = ComponentEncoder::default().module(&module)?.validate(false).encode()?;
    binaries::validated(&bytes)?;
    let functions = carried.functions.into_iter().map(|(function, _)| function.name).collect();
    Ok(Some((bytes, functions)))
}
