//! Why the validator refuses a composition, in the words of the graph.

use crate::describe::{own_name, surroundings};
use crate::exports::wcompose::engine::composing::Plan;
use crate::problems::{in_words, problem, worded};
use crate::wcompose::engine::types::Problem;
use wasmparser::{BinaryReaderError, ComponentInstance, Parser, Payload};

/// A problem about the node or the export at which validation stopped.
///
/// Nodes are told apart by the names that composing gave to their components.
pub fn explain(bytes: &[u8], error: &BinaryReaderError, plan: &Plan) -> Problem {
    let cause = worded(error.message());
    if let Some(problem) = ceiling(&cause, bytes) {
        return problem.because(surroundings(bytes, error.offset()));
    }
    let found = match at(bytes, error.offset()) {
        Some(Stop::Instance { component, arguments }) => in_instance(&cause, &component, &arguments, plan),
        Some(Stop::Export(name)) => {
            let offer = plan.offers.iter().find(|offer| offer.name == name);
            let node = offer.map(|offer| plan.nodes[offer.exporter as usize].name.as_str());
            let message = match node {
                Some(node) => format!("`{node}:{name}` cannot be exported by the whole"),
                None => format!("`{name}` cannot be exported by the whole"),
            };
            problem("offer-refused", message)
                .hinting("export the interfaces whose types it uses as well, or leave it out")
        }
        None => problem("composition-invalid", "the validator refuses the composition")
            .hinting("build the nodes again; if it stays, leave out one node after the other"),
    };
    found.because(in_words(&cause).into_iter().chain(surroundings(bytes, error.offset())))
}

/// One of the validator's own ceilings (`wasmparser`, `limits.rs`).
fn ceiling(cause: &str, bytes: &[u8]) -> Option<Problem> {
    if !cause.contains("exceeds limit") && !cause.contains("exceeds the limit") {
        return None;
    }
    let message = if cause.starts_with("modules and components") {
        let payloads = Parser::new(0).parse_all(bytes);
        let versions = payloads.filter(|each| matches!(each, Ok(Payload::Version { .. })));
        format!(
            "the composition would hold {} core modules and components, and validators take 1000",
            versions.count()
        )
    } else {
        "the composition is larger than validators take".into()
    };
    let problem = problem("limit-exceeded", message).because([cause.to_string()]);
    Some(if cause.starts_with("effective type size") {
        problem.hinting("the types of one interface unfold to too much: split it, or nest less")
    } else {
        problem.hinting(
            "compose less at a time, or make several nodes from one component: what is shared counts once",
        )
    })
}

fn in_instance(cause: &str, component: &str, arguments: &[String], plan: &Plan) -> Problem {
    // The validator's words name the argument; the longest name that they hold is the one.
    let argument = arguments
        .iter()
        .filter(|name| cause.contains(&format!("`{name}`")))
        .max_by_key(|name| name.len());
    let Some(argument) = argument else {
        return problem("edge-refused", format!("node `{component}` cannot be linked"));
    };
    let names: Vec<&str> = component.split('+').collect();
    let edge = plan.edges.iter().find(|edge| {
        edge.import_name == *argument && names.contains(&plan.nodes[edge.importer as usize].name.as_str())
    });
    match edge {
        Some(edge) => {
            let exporter = &plan.nodes[edge.exporter as usize].name;
            let importer = &plan.nodes[edge.importer as usize].name;
            problem(
                "edge-refused",
                format!("`{importer}:{argument}` cannot be filled by `{exporter}:{}`", edge.export_name),
            )
            .hinting(
                "build both against the same contract; a resource must come from the one interface that \
                 both sides link to",
            )
        }
        None => problem(
            "import-refused",
            format!("`{component}:{argument}` does not fit the import that the whole has for it"),
        )
        .hinting("build the nodes that share this import against the same version of it"),
    }
}

enum Stop {
    Instance { component: String, arguments: Vec<String> },
    Export(String),
}

fn at(bytes: &[u8], offset: u64) -> Option<Stop> {
    let mut depth = 0;
    let mut components: Vec<String> = Vec::new();
    let mut found = None;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentSection { .. } if depth == 1 => components.push(String::new()),
            Payload::CustomSection(section) if depth == 2 => {
                if let (Some(name), Some(last)) = (own_name(&section), components.last_mut()) {
                    *last = name;
                }
            }
            Payload::ComponentInstanceSection(section)
                if depth == 1 && section.range().contains(&offset) =>
            {
                for item in section.into_iter_with_offsets() {
                    let (start, instance) = item.ok()?;
                    if start > offset {
                        break;
                    }
                    if let ComponentInstance::Instantiate { component_index, args } = instance {
                        found = Some(Stop::Instance {
                            component: components.get(component_index as usize)?.clone(),
                            arguments: args.iter().map(|argument| argument.name.into()).collect(),
                        });
                    }
                }
                return found;
            }
            Payload::ComponentExportSection(section)
                if depth == 1 && section.range().contains(&offset) =>
            {
                for item in section.into_iter_with_offsets() {
                    let (start, export) = item.ok()?;
                    if start > offset {
                        break;
                    }
                    found = Some(Stop::Export(export.name.name.into()));
                }
                return found;
            }
            _ => {}
        }
    }
    found
}
