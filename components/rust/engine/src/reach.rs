//! Which imported functions can be reached from what a component exports.
//!
//! The form:
//!
//!     {"entries": [{"name", "kind": "export" | "destructor" | "instantiation"}…],
//!      "imports": [{"interface", "function", "status": "reached" | "not-reached",
//!                   "from": [index of an entry…], "guesses": calls of which only the type is known on the
//!                   way told, "why": [{"module", "function", "by"}…], "left_out": steps in the middle}…],
//!      "everything": whether exports reach every import,
//!      "interpreter": name or null,
//!      "unknown": [what could not be followed…]}
//!
//! The interface is empty for a function that the world imports. Steps lead from an entry to the import.
//!
//! What is told as not reached cannot be called, in whatever order the exports are called and with
//! whatever arguments: calls through tables and references are taken to reach everything of their type
//! that a table or a reference of that component can hold. What is told as reached need not ever be
//! called. Dropping a resource that the host provides is no call of a function.

mod definitions;
mod elaboration;
mod graph;
mod modules;
mod tables;

use anyhow::{bail, Result};
use definitions::Definitions;
use elaboration::{elaborate, Elaborated, EntranceKind};
use graph::{By, Calls, Node, Vertex, Ways};
use serde_json::{json, Value};
use std::collections::HashMap;

/// Steps of a way that are told.
const STEP_LIMIT: usize = 8;

/// Edges walked along to tell what each entry reaches: so many bits are told at once.
const WALK_LIMIT: u64 = 2_000_000_000;

/// Pairs of an entry and an import that are told.
const PAIR_LIMIT: usize = 4_000_000;

/// Table by which the shim is known that the linker puts between core modules; of no interest to people.
const SHIM_TABLE: &str = "$imports";

/// Exported functions by which interpreters are known.
const INTERPRETERS: [(&str, &str); 2] = [("PyEval_EvalCode", "CPython"), ("JS_EvalFunction", "QuickJS")];

pub fn reach(bytes: &[u8]) -> Result<Value> {
    let definitions = Definitions::read(bytes)?;
    let elaborated = elaborate(&definitions)?;
    let calls = Calls { graph: &elaborated.graph, modules: &definitions.modules };
    let from = reached(&elaborated, &calls)?;
    let mut teller = Teller { calls: &calls, names: HashMap::new() };
    let ways = ways(&elaborated, &calls);
    let is_known = elaborated.unknown.is_empty();
    let mut imports = Vec::new();
    let mut everything = true;
    let exports = elaborated.entrances.iter().filter(|each| each.kind == EntranceKind::Export).count();
    for (place, (interface, function)) in elaborated.imports.iter().enumerate() {
        let entries: Vec<usize> = match is_known {
            true => from[place].clone(),
            false => (0..elaborated.entrances.len()).collect(),
        };
        everything &= entries.iter().any(|entry| *entry < exports);
        let way = ways.to(elaborated.import_nodes[place]);
        let guesses = way.iter().flatten().filter(|(_, by)| by.is_guess()).count();
        let mut steps = teller.steps(&way.unwrap_or_default());
        let left_out = steps.len().saturating_sub(STEP_LIMIT);
        if left_out > 0 {
            steps.drain(STEP_LIMIT / 2..STEP_LIMIT / 2 + left_out);
        }
        imports.push(json!({
            "interface": &**interface,
            "function": &**function,
            "status": if entries.is_empty() { "not-reached" } else { "reached" },
            "from": entries,
            "guesses": guesses,
            "why": steps,
            "left_out": left_out,
        }));
    }
    let entries: Vec<Value> = elaborated
        .entrances
        .iter()
        .map(|each| {
            let kind = match each.kind {
                EntranceKind::Export => "export",
                EntranceKind::Destructor => "destructor",
                EntranceKind::Instantiation => "instantiation",
            };
            json!({"name": each.name, "kind": kind})
        })
        .collect();
    let interpreter = INTERPRETERS.iter().find(|(function, _)| {
        definitions.modules.iter().any(|module| module.exports.contains_key(function))
    });
    Ok(json!({
        "entries": entries,
        "imports": imports,
        "everything": everything && !elaborated.imports.is_empty(),
        "interpreter": interpreter.map(|(_, name)| name),
        "unknown": elaborated.unknown,
    }))
}

/// For each import the entries that reach it.
fn reached(elaborated: &Elaborated, calls: &Calls) -> Result<Vec<Vec<usize>>> {
    let mut found = vec![Vec::new(); elaborated.imports.len()];
    let entrances = &elaborated.entrances;
    let ordered = calls.ordered(entrances.iter().map(|each| each.node));
    let rounds = elaborated.imports.len().div_ceil(64) as u64;
    if ordered.edges.saturating_mul(rounds) > WALK_LIMIT {
        bail!("it imports and calls too much to be followed");
    }
    let mut pairs = 0;
    for round in 0..rounds as usize {
        let masks = calls.masks(&ordered, round as u32 * 64);
        for (entry, entrance) in entrances.iter().enumerate() {
            let mut mask = masks[ordered.groups[entrance.node as usize] as usize];
            while mask != 0 {
                let import = round * 64 + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                found[import].push(entry);
                pairs += 1;
                if pairs > PAIR_LIMIT {
                    bail!("it imports and exports too much to be told");
                }
            }
        }
    }
    Ok(found)
}

/// Ways from exports; from destructors and instantiation only to what exports do not reach.
fn ways(elaborated: &Elaborated, calls: &Calls) -> Ways {
    let mut ways = Ways::new(&elaborated.graph);
    for kind in [EntranceKind::Export, EntranceKind::Destructor, EntranceKind::Instantiation] {
        let entries = elaborated.entrances.iter().filter(|each| each.kind == kind);
        calls.ways(entries.map(|each| each.node), &mut ways);
    }
    ways
}

struct Teller<'c, 'g, 'a> {
    calls: &'c Calls<'g, 'a>,
    /// Names of functions, by module.
    names: HashMap<usize, HashMap<u32, &'a str>>,
}

impl Teller<'_, '_, '_> {
    fn steps(&mut self, way: &[(Node, By)]) -> Vec<Value> {
        let mut steps = Vec::new();
        let mut by = By::Call;
        for (node, reached_by) in way {
            // A joint is not told: how it is reached belongs to the next function.
            if *reached_by != By::Call {
                by = *reached_by;
            }
            let Vertex::Function { instance, defined } = self.calls.graph.vertices[*node as usize] else {
                continue;
            };
            let made = &self.calls.graph.instances[instance as usize];
            let module = &self.calls.modules[made.module];
            if module.exports.contains_key(SHIM_TABLE) {
                continue;
            }
            let index = made.functions.len() as u32 + defined;
            let names = self.names.entry(made.module).or_insert_with(|| module.names());
            let function = match names.get(&index) {
                Some(name) => (*name).to_owned(),
                None => format!("function {index}"),
            };
            steps.push(json!({"module": module.name, "function": function, "by": by.word()}));
            by = By::Call;
        }
        steps
    }
}
