//! Who may call whom in a component and all that is instantiated in it.

use super::modules::{Call, Module};
use std::collections::VecDeque;

pub type Node = u32;
pub const NOWHERE: Node = u32::MAX;

/// How a call comes about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    Call,
    /// Through a table, of which only the type of what is called is known.
    Table,
    /// Through a reference, of which only the type of what is called is known.
    Reference,
    Realloc,
    PostReturn,
    Callback,
    Destructor,
}

impl By {
    pub fn word(self) -> &'static str {
        match self {
            By::Call => "call",
            By::Table => "table",
            By::Reference => "reference",
            By::Realloc => "realloc",
            By::PostReturn => "post-return",
            By::Callback => "callback",
            By::Destructor => "destructor",
        }
    }

    /// Whether what is called is one of all that would fit.
    pub fn is_guess(self) -> bool {
        matches!(self, By::Table | By::Reference)
    }
}

#[derive(Clone, Copy)]
pub struct Edge {
    pub to: Node,
    pub by: By,
}

pub enum Vertex {
    /// A function that the module of a core instance defines, by its number among those.
    Function { instance: u32, defined: u32 },
    /// What stands between: canonical functions, and what may stand in a table.
    Joint(Vec<Edge>),
    /// A function that the host provides, by its number among the imports.
    Import(u32),
}

/// A core module with what it is given.
pub struct Made {
    pub module: usize,
    /// The imported functions.
    pub functions: Vec<Node>,
    /// Node of the first defined function.
    pub first: Node,
    /// For each of the module's sites the joint that it leads to.
    pub sites: Vec<Node>,
}

impl Made {
    /// The node of a function of its index space.
    pub fn function(&self, index: u32, defined: usize) -> Option<Node> {
        match self.functions.get(index as usize) {
            Some(node) => Some(*node),
            None => {
                let number = index as usize - self.functions.len();
                (number < defined).then(|| self.first + number as u32)
            }
        }
    }
}

#[derive(Default)]
pub struct Graph {
    pub vertices: Vec<Vertex>,
    pub instances: Vec<Made>,
}

impl Graph {
    pub fn add(&mut self, vertex: Vertex) -> Node {
        self.vertices.push(vertex);
        self.vertices.len() as Node - 1
    }

    pub fn joint(&mut self, edges: Vec<Edge>) -> Node {
        self.add(Vertex::Joint(edges))
    }
}

/// The graph with its modules, to walk along.
pub struct Calls<'g, 'a> {
    pub graph: &'g Graph,
    pub modules: &'g [Module<'a>],
}

impl Calls<'_, '_> {
    /// The edge number `place` of a node; none after the last.
    fn edge(&self, node: Node, place: usize) -> Option<Edge> {
        match &self.graph.vertices[node as usize] {
            Vertex::Function { instance, defined } => {
                let made = &self.graph.instances[*instance as usize];
                let module = &self.modules[made.module];
                let code = *module.calls(*defined).get(place)?;
                let to = match Module::call(code) {
                    Call::Site(site) => made.sites[site as usize],
                    Call::Function(index) => {
                        let defined = module.functions.len() - made.functions.len();
                        // One that does not exist is never called: the binary is not valid.
                        made.function(index, defined).unwrap_or(node)
                    }
                };
                Some(Edge { to, by: By::Call })
            }
            Vertex::Joint(edges) => edges.get(place).copied(),
            Vertex::Import(_) => None,
        }
    }

    /// All nodes that can be reached, in an order in which what is called comes before its callers, each
    /// with the number of its group: nodes of one group call each other (Tarjan 1972, without recursion).
    pub fn ordered(&self, entries: impl Iterator<Item = Node>) -> Ordered {
        let count = self.graph.vertices.len();
        let mut found = Ordered { nodes: Vec::new(), groups: vec![NOWHERE; count], edges: 0 };
        let mut seen = vec![NOWHERE; count];
        let mut low = vec![0; count];
        let mut pending: Vec<Node> = Vec::new();
        let (mut next, mut groups) = (0, 0);
        let mut path: Vec<(Node, usize)> = Vec::new();
        for entry in entries {
            if seen[entry as usize] != NOWHERE {
                continue;
            }
            path.push((entry, 0));
            while let Some((node, place)) = path.last_mut() {
                let node = *node;
                if *place == 0 && seen[node as usize] == NOWHERE {
                    seen[node as usize] = next;
                    low[node as usize] = next;
                    next += 1;
                    pending.push(node);
                }
                if let Some(edge) = self.edge(node, *place) {
                    *place += 1;
                    found.edges += 1;
                    let to = edge.to as usize;
                    if seen[to] == NOWHERE {
                        path.push((edge.to, 0));
                    } else if found.groups[to] == NOWHERE {
                        low[node as usize] = low[node as usize].min(seen[to]);
                    }
                    continue;
                }
                path.pop();
                if let Some((caller, _)) = path.last() {
                    low[*caller as usize] = low[*caller as usize].min(low[node as usize]);
                }
                if low[node as usize] == seen[node as usize] {
                    while let Some(member) = pending.pop() {
                        found.groups[member as usize] = groups;
                        found.nodes.push(member);
                        if member == node {
                            break;
                        }
                    }
                    groups += 1;
                }
            }
        }
        found
    }

    /// For each group, which of 64 imports from number `first` on it reaches.
    pub fn masks(&self, ordered: &Ordered, first: u32) -> Vec<u64> {
        let groups = ordered.nodes.last().map_or(0, |node| ordered.groups[*node as usize] + 1);
        let mut masks = vec![0u64; groups as usize];
        for node in &ordered.nodes {
            let group = ordered.groups[*node as usize] as usize;
            if let Vertex::Import(number) = self.graph.vertices[*node as usize] {
                if (first..first + 64).contains(&number) {
                    masks[group] |= 1 << (number - first);
                }
            }
            let mut place = 0;
            while let Some(edge) = self.edge(*node, place) {
                masks[group] |= masks[ordered.groups[edge.to as usize] as usize];
                place += 1;
            }
        }
        masks
    }

    /// From each node the way back to an entry, with as few guesses as can be and then as few calls.
    ///
    /// Ways to what earlier calls have found stay as they are.
    pub fn ways(&self, entries: impl Iterator<Item = Node>, ways: &mut Ways) {
        let mut now: VecDeque<(Node, Node, By)> = entries.map(|entry| (entry, NOWHERE, By::Call)).collect();
        let mut later = VecDeque::new();
        while !now.is_empty() {
            while let Some((node, caller, by)) = now.pop_front() {
                let way = &mut ways.back[node as usize];
                if way.is_some() {
                    continue;
                }
                *way = Some((caller, by));
                let mut place = 0;
                while let Some(edge) = self.edge(node, place) {
                    place += 1;
                    if ways.back[edge.to as usize].is_none() {
                        let queue = if edge.by.is_guess() { &mut later } else { &mut now };
                        queue.push_back((edge.to, node, edge.by));
                    }
                }
            }
            std::mem::swap(&mut now, &mut later);
        }
    }
}

pub struct Ordered {
    pub nodes: Vec<Node>,
    /// By node.
    pub groups: Vec<u32>,
    pub edges: u64,
}

pub struct Ways {
    back: Vec<Option<(Node, By)>>,
}

impl Ways {
    pub fn new(graph: &Graph) -> Ways {
        Ways { back: vec![None; graph.vertices.len()] }
    }

    /// The nodes from an entry to a node, each with how it is reached; none when it is not.
    pub fn to(&self, node: Node) -> Option<Vec<(Node, By)>> {
        let mut way = Vec::new();
        let mut at = node;
        while at != NOWHERE {
            let (caller, by) = self.back[at as usize]?;
            way.push((at, by));
            at = caller;
        }
        way.reverse();
        Some(way)
    }
}
