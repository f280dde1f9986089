//! Where a thing in a component comes from.

use anyhow::{bail, Context, Result};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// Names in names, and bundles in bundles.
const DEPTH_LIMIT: usize = 100;

/// Origins written in one answer. What is bundled again and again grows without end.
const WRITTEN_LIMIT: usize = 200_000;

#[derive(Clone, Copy, PartialEq)]
pub enum Root {
    /// The imports of the component that it stands in.
    Imports,
    /// An instance that the component makes; index among those.
    Instance(usize),
}

#[derive(Clone)]
pub enum Origin {
    /// Defined in the component itself.
    Own,
    /// Found by following names: an import or an instance, an export of it, an export of that.
    At { root: Root, path: Rc<[Rc<str>]> },
    /// An instance put together from things that are there.
    Bundle(Rc<Bundle>),
}

pub struct Bundle {
    items: Vec<(Rc<str>, Origin)>,
    /// Index among the items of each name.
    places: HashMap<Rc<str>, usize>,
    depth: usize,
}

impl Origin {
    pub fn import(name: &str) -> Origin {
        Origin::At { root: Root::Imports, path: Rc::new([name.into()]) }
    }

    pub fn instance(index: usize) -> Origin {
        Origin::At { root: Root::Instance(index), path: Rc::new([]) }
    }

    /// An instance of exports. Nothing but exports of one instance under their own names is that instance,
    /// and nothing but what the component defines is its own.
    pub fn bundle(items: Vec<(Rc<str>, Origin)>) -> Result<Origin> {
        if !items.is_empty() && items.iter().all(|(_, origin)| matches!(origin, Origin::Own)) {
            return Ok(Origin::Own);
        }
        if let Some(whole) = whole(&items) {
            return Ok(whole);
        }
        let depth = items.iter().map(|(_, origin)| origin.depth()).max().unwrap_or(0) + 1;
        if depth > DEPTH_LIMIT {
            bail!("instances nest deeper than {DEPTH_LIMIT}");
        }
        let places = items.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
        Ok(Origin::Bundle(Rc::new(Bundle { items, places, depth })))
    }

    /// Where an export of this instance comes from.
    pub fn item(&self, name: &str) -> Result<Origin> {
        Ok(match self {
            Origin::Own => Origin::Own,
            Origin::At { path, .. } if path.len() >= DEPTH_LIMIT => {
                bail!("instances nest deeper than {DEPTH_LIMIT}");
            }
            Origin::At { root, path } => {
                Origin::At { root: *root, path: path.iter().cloned().chain([name.into()]).collect() }
            }
            Origin::Bundle(bundle) => {
                bundle.places.get(name).map(|place| bundle.items[*place].1.clone()).with_context(
                    || format!("an alias of `{name}`, which the instance does not export"),
                )?
            }
        })
    }

    /// The import that it is or lies in.
    pub fn imported(&self) -> Option<String> {
        match self {
            Origin::At { root: Root::Imports, path } => Some(path.join("/")),
            _ => None,
        }
    }

    fn depth(&self) -> usize {
        match self {
            Origin::Bundle(bundle) => bundle.depth,
            _ => 0,
        }
    }
}

/// The instance that all items are exports of, each under its own name.
fn whole(items: &[(Rc<str>, Origin)]) -> Option<Origin> {
    let Origin::At { root, path } = &items.first()?.1 else { return None };
    let (_, outer) = path.split_last()?;
    if outer.is_empty() && *root == Root::Imports {
        return None;
    }
    let fits = |(name, origin): &(Rc<str>, Origin)| match origin {
        Origin::At { root: other, path } => {
            other == root && path.split_last().is_some_and(|(last, rest)| last == name && rest == outer)
        }
        _ => false,
    };
    items.iter().all(fits).then(|| Origin::At { root: *root, path: outer.into() })
}

/// Writes origins as JSON, so many and no more.
#[derive(Default)]
pub struct Scribe {
    written: usize,
}

impl Scribe {
    /// `is_leaf`: the instances that the component makes are not told.
    pub fn origin(&mut self, origin: &Origin, is_leaf: bool) -> Result<Value> {
        self.written += 1;
        if self.written > WRITTEN_LIMIT {
            bail!("it holds instances of more than {WRITTEN_LIMIT} exports");
        }
        Ok(match origin {
            Origin::At { root: Root::Imports, path } => named(json!({"kind": "import"}), path),
            Origin::At { root: Root::Instance(_), .. } if is_leaf => json!({"kind": "own"}),
            Origin::At { root: Root::Instance(index), path } if path.is_empty() => {
                json!({"kind": "instance", "instance": index})
            }
            Origin::At { root: Root::Instance(index), path } => {
                named(json!({"kind": "export", "instance": index}), path)
            }
            Origin::Bundle(bundle) => {
                let items = bundle
                    .items
                    .iter()
                    .map(|(name, origin)| {
                        let source = self.origin(origin, is_leaf)?;
                        Ok(object([("name", (**name).into()), ("source", source)]))
                    })
                    .collect::<Result<Vec<_>>>()?;
                object([("kind", "bundle".into()), ("items", items.into())])
            }
            Origin::Own => json!({"kind": "own"}),
        })
    }
}

/// What `json!` makes, without a copy of what is put in.
pub fn object<const COUNT: usize>(members: [(&str, Value); COUNT]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn named(mut value: Value, path: &[Rc<str>]) -> Value {
    if let Some((name, items)) = path.split_first() {
        value["name"] = (**name).into();
        if !items.is_empty() {
            value["item"] = items.join("/").into();
        }
    }
    value
}
