//! What may stand in the tables of core instances, and what references may refer to.

use super::graph::{By, Edge, Graph, Made, Node, Vertex};
use super::modules::{Module, Offset, Site, Type};
use anyhow::{bail, Context, Result};
use std::collections::{HashMap, HashSet};

/// A table. References never leave the component that they are made in, and so do tables.
pub struct Table {
    /// The instantiated component that it is in.
    frame: usize,
    /// Segments in it: core instance, segment, and where it begins if that is known.
    segments: Vec<(u32, u32, Offset)>,
    /// References that cannot be followed are put into it.
    is_open: bool,
    /// Slots cannot be told apart.
    is_moved: bool,
    /// Slots that are called by their number.
    called: HashSet<u64>,
}

impl Table {
    pub fn new(frame: usize) -> Table {
        Table { frame, segments: Vec::new(), is_open: false, is_moved: false, called: HashSet::new() }
    }
}

/// What a joint stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Meaning {
    Table {
        table: usize,
        ty: Type,
    },
    Slot {
        table: usize,
        slot: u64,
        ty: Type,
    },
    /// Any function of a component that a reference may refer to, of a type.
    Reference {
        frame: usize,
        ty: Type,
    },
    Anything {
        frame: usize,
    },
}

#[derive(Default)]
pub struct Tables {
    tables: Vec<Table>,
    joints: HashMap<Meaning, Node>,
    /// In the order of their making, for the same result each time.
    meanings: Vec<(Meaning, Node)>,
    /// The core instances of each component.
    frames: HashMap<usize, Vec<u32>>,
}

type Functions = Vec<(Node, Type)>;

impl Tables {
    pub fn add(&mut self, table: Table) -> usize {
        self.tables.push(table);
        self.tables.len() - 1
    }

    /// A table of which nothing is known.
    pub fn unknown(&mut self, frame: usize) -> usize {
        self.add(Table { is_open: true, ..Table::new(frame) })
    }

    /// The joint of everything that a reference in a component may refer to.
    pub fn anything(&mut self, graph: &mut Graph, frame: usize) -> Node {
        self.joint(graph, Meaning::Anything { frame })
    }

    fn joint(&mut self, graph: &mut Graph, meaning: Meaning) -> Node {
        if let Some(node) = self.joints.get(&meaning) {
            return *node;
        }
        let node = graph.joint(Vec::new());
        self.joints.insert(meaning, node);
        self.meanings.push((meaning, node));
        node
    }

    /// Note what a new core instance does with its tables; gives the joints of its sites.
    pub fn link(
        &mut self,
        graph: &mut Graph,
        frame: usize,
        instance: u32,
        module: &Module,
        made: &Made,
        tables: &[usize],
    ) -> Result<Vec<Node>> {
        debug_assert_eq!(made.functions.len(), module.imported_functions as usize);
        self.frames.entry(frame).or_default().push(instance);
        let table =
            |index: u32| tables.get(index as usize).copied().context("a table is used and not defined");
        for index in &module.open_tables {
            self.tables[table(*index)?].is_open = true;
        }
        for index in &module.moved_tables {
            self.tables[table(*index)?].is_moved = true;
        }
        for (number, segment) in module.segments.iter().enumerate() {
            if let Some((index, offset)) = segment.active {
                let table = &mut self.tables[table(index)?];
                table.segments.push((instance, number as u32, offset));
                table.is_open |= segment.is_unknown;
            }
        }
        for (number, index) in &module.put {
            let table = &mut self.tables[table(*index)?];
            let segment = module.segments.get(*number as usize);
            table.segments.push((instance, *number, Offset::Unknown));
            table.is_open |= segment.context("a segment is used and not defined")?.is_unknown;
        }
        let mut joints = Vec::new();
        for site in &module.sites {
            let meaning = match *site {
                Site::Table { table: index, ty } => Meaning::Table { table: table(index)?, ty },
                Site::Slot { table: index, slot, ty } => {
                    let table = table(index)?;
                    self.tables[table].called.insert(slot);
                    Meaning::Slot { table, slot, ty }
                }
                Site::Reference { ty } => Meaning::Reference { frame, ty },
                Site::Any => Meaning::Anything { frame },
            };
            joints.push(self.joint(graph, meaning));
        }
        Ok(joints)
    }

    /// Connect every joint with what it stands for, once all is linked.
    pub fn fill(&mut self, graph: &mut Graph, modules: &[Module], steps: u64) -> Result<()> {
        let mut filling = Filling { modules, steps, contents: HashMap::new(), referred: HashMap::new() };
        let mut place = 0;
        // Joints come to be on the way.
        while let Some((meaning, node)) = self.meanings.get(place).copied() {
            place += 1;
            let edges = match meaning {
                Meaning::Anything { frame } => {
                    let functions = filling.referred(self, graph, frame)?;
                    edges(functions.values().flatten().copied(), By::Reference)
                }
                Meaning::Reference { frame, ty } => {
                    let functions = filling.referred(self, graph, frame)?;
                    edges(functions.get(&ty).into_iter().flatten().copied(), By::Reference)
                }
                Meaning::Table { table, ty } => {
                    let Table { frame, is_open, .. } = self.tables[table];
                    if is_open {
                        let any = self.joint(graph, Meaning::Reference { frame, ty });
                        vec![Edge { to: any, by: By::Call }]
                    } else {
                        let contents = filling.contents(self, graph, table)?;
                        edges(contents.by_type.get(&ty).into_iter().flatten().copied(), By::Table)
                    }
                }
                Meaning::Slot { table, slot, ty } => {
                    let Table { is_open, is_moved, .. } = self.tables[table];
                    let contents = filling.contents(self, graph, table)?;
                    if is_open || is_moved || contents.is_loose {
                        let any = self.joint(graph, Meaning::Table { table, ty });
                        vec![Edge { to: any, by: By::Call }]
                    } else {
                        let found = contents.slots.get(&slot).into_iter().flatten();
                        edges(found.filter(|each| each.1 == ty).map(|each| each.0), By::Call)
                    }
                }
            };
            filling.charge(edges.len())?;
            graph.vertices[node as usize] = Vertex::Joint(edges);
        }
        Ok(())
    }
}

fn edges(functions: impl Iterator<Item = Node>, by: By) -> Vec<Edge> {
    let mut once: Vec<Node> = functions.collect();
    once.sort_unstable();
    once.dedup();
    once.into_iter().map(|to| Edge { to, by }).collect()
}

struct Contents {
    by_type: HashMap<Type, Vec<Node>>,
    /// Only those that are called by their number.
    slots: HashMap<u64, Functions>,
    /// Some of it stands in slots that are not known.
    is_loose: bool,
}

struct Filling<'m, 'a> {
    modules: &'m [Module<'a>],
    steps: u64,
    contents: HashMap<usize, Contents>,
    referred: HashMap<usize, HashMap<Type, Vec<Node>>>,
}

impl Filling<'_, '_> {
    fn charge(&mut self, steps: usize) -> Result<()> {
        match self.steps.checked_sub(steps as u64) {
            Some(left) => self.steps = left,
            None => bail!("it instantiates too much to be followed"),
        }
        Ok(())
    }

    /// A function of a core instance, with its type; none for one that does not exist.
    fn function(&self, graph: &Graph, instance: u32, index: u32) -> Option<(Node, Type)> {
        let made = &graph.instances[instance as usize];
        let module = &self.modules[made.module];
        let ty = *module.functions.get(index as usize)?;
        let defined = module.functions.len() - made.functions.len();
        Some((made.function(index, defined)?, ty))
    }

    fn contents(&mut self, tables: &Tables, graph: &Graph, table: usize) -> Result<&Contents> {
        if !self.contents.contains_key(&table) {
            let mut found = Contents { by_type: HashMap::new(), slots: HashMap::new(), is_loose: false };
            let known = &tables.tables[table];
            for (instance, number, offset) in &known.segments {
                let module = &self.modules[graph.instances[*instance as usize].module];
                let segment = &module.segments[*number as usize];
                self.charge(segment.functions.len())?;
                found.is_loose |= matches!(offset, Offset::Unknown);
                for (place, index) in segment.functions.iter().enumerate() {
                    let Some((node, ty)) = self.function(graph, *instance, *index) else {
                        continue;
                    };
                    found.by_type.entry(ty).or_default().push(node);
                    if let Offset::At(begin) = offset {
                        let slot = begin.wrapping_add(place as u64);
                        if known.called.contains(&slot) {
                            found.slots.entry(slot).or_default().push((node, ty));
                        }
                    }
                }
            }
            self.contents.insert(table, found);
        }
        self.contents.get(&table).context("the contents of a table were just told")
    }

    fn referred(
        &mut self,
        tables: &Tables,
        graph: &Graph,
        frame: usize,
    ) -> Result<&HashMap<Type, Vec<Node>>> {
        if !self.referred.contains_key(&frame) {
            let mut found: HashMap<Type, Vec<Node>> = HashMap::new();
            for instance in tables.frames.get(&frame).into_iter().flatten() {
                let module = &self.modules[graph.instances[*instance as usize].module];
                let in_segments = module.segments.iter().flat_map(|segment| &segment.functions);
                for index in module.referred.iter().chain(in_segments) {
                    self.charge(1)?;
                    let Some((node, ty)) = self.function(graph, *instance, *index) else {
                        continue;
                    };
                    found.entry(ty).or_default().push(node);
                }
            }
            self.referred.insert(frame, found);
        }
        self.referred.get(&frame).context("the references of a component were just told")
    }
}
