//! What stands in the index spaces of a component that is being instantiated.

use super::super::graph::Node;
use std::collections::HashMap;
use std::rc::Rc;

#[derive(Clone)]
pub enum Item<'a> {
    Function(Node),
    Instance(Rc<Exports<'a>>),
    Module(Option<usize>),
    Component(Option<Closure>),
    Type(TypeItem<'a>),
    Value,
}

#[derive(Clone)]
pub enum TypeItem<'a> {
    /// A resource; its destructor.
    Resource(Option<Node>),
    Instance(Rc<[&'a str]>),
    Other,
}

pub enum Exports<'a> {
    Known(HashMap<&'a str, Item<'a>>),
    /// An instance that the host provides, under this name.
    Host(Rc<str>),
    /// An instance of a component that is not in the binary.
    Unknown,
}

/// A component, and where it stands: what its outer aliases refer to.
#[derive(Clone, Copy)]
pub struct Closure {
    pub component: usize,
    pub around: Option<usize>,
}

#[derive(Clone)]
pub enum CoreItem {
    Function(Node),
    Table(usize),
    Other,
}

pub enum CoreInstance<'a> {
    Made(usize),
    Bundle(Rc<HashMap<&'a str, CoreItem>>),
    Unknown,
}

/// A component that is being instantiated: its index spaces as far as they have come.
pub struct Frame<'a> {
    pub closure: Closure,
    pub next: usize,
    /// None for the whole, which the host gives its imports.
    pub arguments: Option<HashMap<&'a str, Item<'a>>>,
    pub functions: Vec<Node>,
    pub instances: Vec<Rc<Exports<'a>>>,
    pub modules: Vec<Option<usize>>,
    pub components: Vec<Option<Closure>>,
    pub types: Vec<TypeItem<'a>>,
    pub core_functions: Vec<Node>,
    pub core_tables: Vec<usize>,
    pub core_instances: Vec<CoreInstance<'a>>,
    pub exports: Vec<(&'a str, Item<'a>)>,
}
