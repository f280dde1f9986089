//! Making one component of several, with `wac-graph` under a plan that the host made.

use crate::exports::wcompose::engine::composing::{Guest, Node, Outside, Plan};
use crate::problems::{from_chain, problem, worded};
use crate::wcompose::engine::types::Problem;
use crate::naming::{self, Naming};
use crate::{binaries, contracts, files, refusal, report_panics, sharing, Engine};
use anyhow::Context;
use std::borrow::Cow;
use std::collections::HashMap;
use wac_graph::types::{ItemKind, Package};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};
use wasm_encoder::CustomSection;
use wasm_metadata::Producers;
use wasmparser::Parser;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{Resolve, Stability, World, WorldItem, WorldKey};

impl Guest for Engine {
    fn compose(plan: Plan, output: String) -> Result<(), Vec<Problem>> {
        report_panics();
        let bytes = Composer::new(&plan).compose()?;
        let bytes = finished(&bytes, &plan).map_err(|error| {
            vec![from_chain("composition-invalid", "the composition cannot be written", &error)]
        })?;
        if let Err(error) = binaries::validated(&bytes) {
            return Err(vec![refusal::explain(&bytes, &error, &plan)]);
        }
        files::write(&output, &bytes).map_err(|problem| vec![problem])
    }

    fn provide_types(
        components: Vec<String>,
        interfaces: Vec<String>,
        output: String,
    ) -> Result<(), Vec<Problem>> {
        report_panics();
        let mut merged = Resolve::default();
        for path in &components {
            let (resolve, _, _) = contracts::decoded(path).map_err(|problem| vec![problem])?;
            merged.merge(resolve).map_err(|error| {
                let message = "the components disagree on an interface of types";
                vec![from_chain("types-differ", message, &error)]
            })?;
        }
        let bytes = types_component(merged, &interfaces).map_err(|error| {
            let message = "no component of types can be made";
            vec![from_chain("types-not-provided", message, &error)]
        })?;
        files::write(&output, &bytes).map_err(|problem| vec![problem])
    }
}

/// The composition with everything in it once, and with what tells about the whole.
fn finished(bytes: &[u8], plan: &Plan) -> anyhow::Result<Vec<u8>> {
    let mut component = sharing::shared(bytes, &plan.name)?;
    let texts = [
        ("version", &plan.version),
        ("description", &plan.description),
        ("wcompose:grants", &plan.grants),
    ];
    for (name, text) in texts {
        if !text.is_empty() {
            let data = Cow::Borrowed(text.as_bytes());
            component.section(&CustomSection { name: name.into(), data });
        }
    }
    let mut producers = Producers::empty();
    producers.add("processed-by", &plan.tool.0, &plan.tool.1);
    component.section(&naming::encoded(&producers));
    Ok(component.finish())
}

fn types_component(mut resolve: Resolve, interfaces: &[String]) -> anyhow::Result<Vec<u8>> {
    let exports = resolve
        .interfaces
        .iter()
        .filter(|(id, _)| {
            resolve
                .id_of(*id)
                .is_some_and(|name| interfaces.contains(&name))
        })
        .map(|(id, interface)| {
            let item = WorldItem::Interface {
                id,
                stability: Stability::Unknown,
                external_id: None,
                docs: Default::default(),
                span: interface.span,
            };
            (WorldKey::Interface(id), item)
        })
        .collect();
    let package = resolve.packages.iter().next().map(|(id, _)| id);
    let world = resolve.worlds.alloc(World {
        name: "types".into(),
        imports: Default::default(),
        exports,
        package,
        docs: Default::default(),
        stability: Stability::Unknown,
        includes: Vec::new(),
        span: Default::default(),
    });
    // Types have no code: an empty core module implements them all.
    let mut module = wasm_encoder::Module::new().finish();
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        StringEncoding::UTF8,
        false,
    )?;
    ComponentEncoder::default().module(&module)?.validate(true).encode()
}

struct Composer<'a> {
    plan: &'a Plan,
    /// For each source new names of the imports that the whole has one import for with those of other
    /// versions: left to itself, `wac-graph` calls that after any of them.
    merged: Vec<HashMap<&'a str, &'a str>>,
    graph: CompositionGraph,
    problems: Vec<Problem>,
}

impl<'a> Composer<'a> {
    fn new(plan: &'a Plan) -> Composer<'a> {
        let mut merged = vec![HashMap::new(); plan.sources.len()];
        for outside in plan.outsides.iter().filter(|each| is_merged(each)) {
            let source = plan.nodes[outside.importer as usize].source as usize;
            merged[source].insert(outside.import_name.as_str(), outside.name.as_str());
        }
        Composer {
            plan,
            merged,
            graph: CompositionGraph::new(),
            problems: Vec::new(),
        }
    }

    fn compose(mut self) -> Result<Vec<u8>, Vec<Problem>> {
        let packages = self.register();
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let instances: Vec<NodeId> = self
            .plan
            .nodes
            .iter()
            .map(|node| {
                let id = self.graph.instantiate(packages[node.source as usize]);
                self.graph.set_node_name(id, node.name.as_str());
                id
            })
            .collect();
        self.wire(&instances, &packages);
        self.offer(&instances);
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let options = EncodeOptions {
            define_components: true,
            // Done by our caller, with a newer validator.
            validate: false,
            processor: None,
        };
        self.graph.encode(options).map_err(|error| {
            let message = "the graph cannot be encoded";
            vec![from_chain("composition-invalid", message, &error.into())]
        })
    }

    /// Every source once, its core modules named after the first node that is made from it.
    fn register(&mut self) -> Vec<PackageId> {
        let mut packages = Vec::new();
        for (index, source) in self.plan.sources.iter().enumerate() {
            let users: Vec<&Node> = self
                .plan
                .nodes
                .iter()
                .filter(|node| node.source as usize == index)
                .collect();
            let mut names: Vec<&str> = users.iter().map(|node| node.name.as_str()).collect();
            names.sort_unstable();
            let name = names.join("+");
            let language = users.first().map_or("", |node| node.language.as_str());
            let imports = self.merged[index].clone();
            let new = Naming { name: &name, language, imports: &imports };
            match self.package(&source.path, &new) {
                Ok(package) => packages.push(package),
                Err(problem) => self.problems.push(problem),
            }
        }
        packages
    }

    /// What an import of a node is called where the composer sees it.
    fn import_name(&self, node: u32, name: &'a str) -> &'a str {
        let source = self.plan.nodes[node as usize].source as usize;
        self.merged[source].get(name).copied().unwrap_or(name)
    }

    fn package(&mut self, path: &str, new: &Naming) -> Result<PackageId, Problem> {
        let bytes = files::read(path)?;
        if !Parser::is_component(&bytes) {
            let (_, detail) = binaries::kind(&bytes);
            return Err(problem("not-a-component", format!("`{path}` is {detail}, not a component")));
        }
        let invalid = |error: &anyhow::Error| {
            from_chain("component-invalid", format!("`{path}` cannot be composed"), error)
        };
        let named = naming::name_component(&bytes, new).map_err(|error| invalid(&error))?;
        let package = Package::from_bytes(new.name, None, named, self.graph.types_mut())
            .map_err(|error| invalid(&error))?;
        self.graph
            .register_package(package)
            .context("registering it")
            .map_err(|error| invalid(&error))
    }

    fn wire(&mut self, instances: &[NodeId], packages: &[PackageId]) {
        let plan = self.plan;
        for edge in &plan.edges {
            let importer = &plan.nodes[edge.importer as usize].name;
            let exporter = &plan.nodes[edge.exporter as usize].name;
            let import_name = self.import_name(edge.importer, &edge.import_name);
            let linked = self
                .graph
                .alias_instance_export(instances[edge.exporter as usize], &edge.export_name)
                .and_then(|export| match edge.item.as_str() {
                    "" => Ok(export),
                    item => self.graph.alias_instance_export(export, item),
                })
                .map_err(anyhow::Error::from)
                .and_then(|export| {
                    let importer = instances[edge.importer as usize];
                    self.graph
                        .set_instantiation_argument(importer, import_name, export)
                        .map_err(anyhow::Error::from)
                });
            if let Err(error) = linked {
                let message = format!(
                    "`{importer}:{}` cannot be filled by `{exporter}:{}`",
                    edge.import_name, edge.export_name
                );
                self.problems.push(from_chain("edge-refused", message, &error));
            }
        }
        let mut imports: HashMap<String, NodeId> = HashMap::new();
        for outside in plan.outsides.iter().filter(|each| !is_merged(each)) {
            let node = &plan.nodes[outside.importer as usize];
            let package = packages[node.source as usize];
            let import_name = self.import_name(outside.importer, &outside.import_name);
            let linked = self.outside(package, outside.name.as_str(), import_name, &mut imports);
            let linked = linked.and_then(|import| {
                let importer = instances[outside.importer as usize];
                self.graph
                    .set_instantiation_argument(importer, import_name, import)
                    .map_err(anyhow::Error::from)
            });
            if let Err(error) = linked {
                let message = format!(
                    "`{}:{}` cannot be imported as `{}`",
                    node.name, outside.import_name, outside.name
                );
                self.problems.push(from_chain("edge-refused", message, &error));
            }
        }
    }

    fn outside(
        &mut self,
        package: PackageId,
        name: &str,
        import_name: &str,
        imports: &mut HashMap<String, NodeId>,
    ) -> anyhow::Result<NodeId> {
        if let Some(import) = imports.get(name) {
            return Ok(*import);
        }
        let kind: ItemKind = self.graph.types()[self.graph[package].ty()]
            .imports
            .get(import_name)
            .copied()
            .context("the node has no such import")?;
        let kind = self.without_identity(kind);
        let import = self.graph.import(name, kind)?;
        imports.insert(name.into(), import);
        Ok(import)
    }

    /// An instance's type that no longer tells which interface it is: under another name `wac-graph` would
    /// write down what it implements, which most runtimes do not read yet, or take it for the import
    /// that has the interface's own name.
    fn without_identity(&mut self, kind: ItemKind) -> ItemKind {
        let ItemKind::Instance(id) = kind else { return kind };
        let mut interface = self.graph.types()[id].clone();
        interface.id = None;
        ItemKind::Instance(self.graph.types_mut().add_interface(interface))
    }

    fn offer(&mut self, instances: &[NodeId]) {
        let plan = self.plan;
        for offer in &plan.offers {
            let exported = self
                .graph
                .alias_instance_export(instances[offer.exporter as usize], &offer.export_name)
                .map_err(anyhow::Error::from)
                .and_then(|export| {
                    self.graph.export(export, offer.name.as_str()).map_err(anyhow::Error::from)
                });
            if let Err(error) = exported {
                let node = &plan.nodes[offer.exporter as usize].name;
                let message = format!("`{node}:{}` cannot be exported", offer.export_name);
                self.problems.push(
                    problem("offer-refused", message)
                        .because(error.chain().map(|cause| worded(&cause.to_string()))),
                );
            }
        }
    }
}

/// Whether an import has only the version of its name changed: all of one version track are one import.
fn is_merged(outside: &Outside) -> bool {
    on_track(&outside.name) == on_track(&outside.import_name)
}

/// A name with its version's track (Component Model, Explainer.md, "Canonical Interface Name").
fn on_track(name: &str) -> String {
    let Some((stem, version)) = name.split_once('@') else { return name.into() };
    match semver::Version::parse(version) {
        Ok(version) if !version.pre.is_empty() => name.into(),
        Ok(version) if version.major > 0 => format!("{stem}@{}", version.major),
        Ok(version) if version.minor > 0 => format!("{stem}@0.{}", version.minor),
        _ => name.into(),
    }
}
