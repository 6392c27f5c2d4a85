//! What several tables take of a document, as one tree of paths: a document is walked once for all of them.
//!
//! The tree is cut into regions at its wildcards. A region is walked once per element of its array, first all
//! values that it has itself, then its rows, then its arrays: whatever an element's row is bound to is known by then,
//! wherever in the document it stands.

use std::collections::HashMap;

use crate::plan::{Path, Step};

/// A value that a table takes: a slot of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf {
    pub table: usize,
    pub slot: usize,
}

/// One place in documents.
#[derive(Debug)]
pub(super) struct Node {
    pub path: Path,
    /// By name: the place among the node's members, and the member's node in the same region.
    pub names: HashMap<String, (usize, usize)>,
    /// Places of an array, and their nodes in the same region.
    pub places: Vec<(usize, usize)>,
    /// The region of an array's elements.
    pub elements: Option<usize>,
    pub leaves: Vec<Leaf>,
    /// The tables of which this makes a row.
    pub rows: Vec<usize>,
}

impl Node {
    fn new(path: Path) -> Node {
        Node {
            path,
            names: HashMap::new(),
            places: Vec::new(),
            elements: None,
            leaves: Vec::new(),
            rows: Vec::new(),
        }
    }
}

/// The nodes that are reached without a wildcard from the document, or from an array's element.
#[derive(Debug)]
pub(super) struct Region {
    /// The first is where it begins.
    pub nodes: Vec<Node>,
    /// Those of all its nodes.
    pub leaves: Vec<Leaf>,
    /// The tables of which what is bound here is told even where there is no element for them, and its slots.
    pub speaks: Vec<(usize, Vec<usize>)>,
}

impl Region {
    fn new(path: Path) -> Region {
        Region { nodes: vec![Node::new(path)], leaves: Vec::new(), speaks: Vec::new() }
    }
}

/// All paths of all tables.
#[derive(Debug)]
pub(super) struct Tree {
    /// The first is that of the document.
    regions: Vec<Region>,
}

impl Tree {
    /// The tree of these tables, each with its `each` and the paths of its slots.
    pub fn new<'a>(tables: impl Iterator<Item = (&'a Path, &'a [Option<Path>])>) -> Tree {
        let mut tree = Tree { regions: vec![Region::new(Path::document())] };
        for (table, (each, slots)) in tables.enumerate() {
            let (_, node) = tree.reach(each);
            if let Some(node) = node {
                node.rows.push(table);
            }
            for (slot, path) in slots.iter().enumerate() {
                let Some(path) = path else { continue };
                let (region, node) = tree.reach(path);
                if let Some(node) = node {
                    node.leaves.push(Leaf { table, slot });
                }
                if let Some(region) = tree.regions.get_mut(region) {
                    region.leaves.push(Leaf { table, slot });
                }
            }
        }
        tree
    }

    /// Lets a table be told of what is bound at so many wildcards of its `each`, with or without elements.
    pub fn speak(&mut self, table: usize, each: &Path, slots: &[Option<Path>], wildcards: usize) {
        let bound = slots
            .iter()
            .enumerate()
            .filter(|(_, path)| path.as_ref().is_some_and(|path| path.wildcards() <= wildcards));
        let bound = bound.map(|(slot, _)| slot).collect();
        let (region, _) = self.reach(&each.within(wildcards));
        if let Some(region) = self.regions.get_mut(region) {
            region.speaks.push((table, bound));
        }
    }

    pub fn region(&self, region: usize) -> Option<&Region> {
        self.regions.get(region)
    }

    pub fn node(&self, region: usize, node: usize) -> Option<&Node> {
        self.regions.get(region)?.nodes.get(node)
    }

    /// The node of a path, made where it is not there yet, and its region.
    fn reach(&mut self, path: &Path) -> (usize, Option<&mut Node>) {
        let (mut region, mut node, mut here) = (0, 0, Path::document());
        for step in path.steps() {
            here = here.step(step);
            let regions = self.regions.len();
            let Some(Region { nodes, .. }) = self.regions.get_mut(region) else { break };
            let count = nodes.len();
            let Some(from) = nodes.get_mut(node) else { break };
            match step {
                Step::Name(name) => {
                    let next = from.names.len();
                    node = from.names.entry(name.clone()).or_insert((next, count)).1;
                }
                Step::At(place) => match from.places.iter().find(|(p, _)| p == place) {
                    Some((_, found)) => node = *found,
                    None => {
                        from.places.push((*place, count));
                        node = count;
                    }
                },
                Step::Each => {
                    region = *from.elements.get_or_insert(regions);
                    node = 0;
                    if region == regions {
                        self.regions.push(Region::new(here.clone()));
                    }
                    continue;
                }
            }
            if node == count {
                nodes.push(Node::new(here.clone()));
            }
        }
        (region, self.regions.get_mut(region).and_then(|r| r.nodes.get_mut(node)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_share_nodes_and_wildcards_begin_regions() {
        let path = |text: &str| Path::parse(text).unwrap();
        let orders = [Some(path("$.id")), Some(path("$.customer.id"))];
        let parts = [Some(path("$.id")), Some(path("$.jobs[*].id")), Some(path("$.jobs[*].parts[*].cost"))];
        let each = [path("$"), path("$.jobs[*].parts[*]")];
        let tree = Tree::new([(&each[0], &orders[..]), (&each[1], &parts[..])].into_iter());
        let leaf = |table, slot| Leaf { table, slot };
        let root = tree.region(0).unwrap();
        assert_eq!(root.leaves, [leaf(0, 0), leaf(0, 1), leaf(1, 0)]);
        let spelled: Vec<String> = root.nodes.iter().map(|n| n.path.to_string()).collect();
        assert_eq!(spelled, ["$", "$.id", "$.customer", "$.customer.id", "$.jobs"]);
        assert_eq!(root.nodes[0].rows, [0]);
        let jobs = tree.region(root.nodes[4].elements.unwrap()).unwrap();
        assert_eq!(jobs.leaves, [leaf(1, 1)]);
        let parts = jobs.nodes.iter().find_map(|n| n.elements).and_then(|r| tree.region(r)).unwrap();
        assert_eq!(parts.nodes[0].path.to_string(), "$.jobs[*].parts[*]");
        assert_eq!((&parts.nodes[0].rows[..], &parts.leaves[..]), (&[1][..], &[leaf(1, 2)][..]));
    }
}
