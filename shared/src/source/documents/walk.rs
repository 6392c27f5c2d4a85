//! One document after the other along the tree: what it has for each table, row by row.

use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::super::records::{Fields, Key};
use super::origin::Origin;
use super::tree::{Node, Tree};
use super::wish::Wish;
use crate::error::{Error, Kind, Result};
use crate::plan::Path;

/// A value that is not of the shape that a path asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Misfit<'a> {
    /// Where it is.
    pub path: &'a Path,
    pub json: &'a str,
    pub reason: &'static str,
}

/// What a table takes from one place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot<'a> {
    Missing,
    /// Its JSON text.
    Json(&'a str),
    /// The way to it leads through something that has no such member or element.
    Misfit(Misfit<'a>),
}

/// A row of a table.
pub(super) struct Row<'w, 'a> {
    pub table: usize,
    /// The places of its element, one per wildcard of `each`.
    pub at: &'w [u32],
    pub slots: &'w [Slot<'a>],
    /// What stands where the element should be.
    pub misfit: Option<Misfit<'a>>,
    /// It is no element, and tells of what elements are bound to.
    pub speaks: bool,
}

/// A value on the way.
#[derive(Clone, Copy)]
struct Value<'a> {
    json: &'a str,
    /// Its members, where they are known already.
    fields: Option<&'a Fields<'a>>,
}

/// What is left to do of a region when all its own values are known.
#[derive(Default)]
struct Todo<'a> {
    rows: Vec<usize>,
    /// Arrays and the regions of their elements.
    arrays: Vec<(&'a str, usize)>,
}

pub(super) struct Walk<'a, 'w> {
    tree: &'a Tree,
    wishes: &'w mut [Wish],
    origin: Origin<'w>,
    slots: Vec<Vec<Slot<'a>>>,
    /// Per table.
    misfits: Vec<Option<Misfit<'a>>>,
    at: Vec<u32>,
    take: &'w mut dyn FnMut(&Row<'_, 'a>) -> Result<()>,
}

impl<'a, 'w> Walk<'a, 'w> {
    pub fn new(
        tree: &'a Tree,
        wishes: &'w mut [Wish],
        origin: Origin<'w>,
        take: &'w mut dyn FnMut(&Row<'_, 'a>) -> Result<()>,
    ) -> Walk<'a, 'w> {
        let slots = wishes.iter().map(|wish| vec![Slot::Missing; wish.slots()]).collect();
        let misfits = vec![None; wishes.len()];
        Walk { tree, wishes, origin, slots, misfits, at: Vec::new(), take }
    }

    /// Walks a document, whose members may be known already.
    ///
    /// Errors: 42701 for a key that is there twice, and those of `take`.
    pub fn document(mut self, json: &'a str, fields: Option<&'a Fields<'a>>) -> Result<()> {
        self.region(0, Value { json, fields })
    }

    /// Makes a text that is no document a row of every table, with what is wrong with it.
    pub fn no_document(mut self, json: &'a str, reason: &'static str) -> Result<()> {
        let Some(node) = self.tree.node(0, 0) else { return Ok(()) };
        for table in 0..self.wishes.len() {
            self.misfit(table, Misfit { path: &node.path, json, reason });
            self.row(table)?;
        }
        Ok(())
    }

    fn region(&mut self, id: usize, value: Value<'a>) -> Result<()> {
        let Some(region) = self.tree.region(id) else { return Ok(()) };
        for leaf in &region.leaves {
            self.set(leaf.table, leaf.slot, Slot::Missing);
        }
        let mut todo = Todo::default();
        self.node((id, 0), value, &mut todo)?;
        for table in todo.rows {
            self.row(table)?;
        }
        for (table, bound) in &region.speaks {
            let Some(all) = self.slots.get(*table) else { continue };
            let mut slots = vec![Slot::Missing; all.len()];
            for slot in bound {
                if let Some((to, from)) = slots.get_mut(*slot).zip(all.get(*slot)) {
                    *to = *from;
                }
            }
            (self.take)(&Row { table: *table, at: &self.at, slots: &slots, misfit: None, speaks: true })?;
        }
        for (array, elements) in todo.arrays {
            let mut place = 0;
            items(array, &mut |json| {
                self.at.push(place);
                self.region(elements, Value { json, fields: None })?;
                self.at.pop();
                place = place.saturating_add(1);
                Ok(())
            })?;
        }
        Ok(())
    }

    fn node(&mut self, (region, id): (usize, usize), value: Value<'a>, todo: &mut Todo<'a>) -> Result<()> {
        let tree = self.tree;
        let Some(node) = tree.node(region, id) else { return Ok(()) };
        for leaf in &node.leaves {
            self.set(leaf.table, leaf.slot, Slot::Json(value.json));
            if let Some(wish) = self.wishes.get_mut(leaf.table) {
                wish.find(leaf.slot);
            }
        }
        let first = value.json.as_bytes().first();
        if first == Some(&b'n') {
            // An element that is null is one all the same; what is not there is none.
            if id == 0 {
                todo.rows.extend(&node.rows);
            }
            self.null(region, id);
            return Ok(());
        }
        todo.rows.extend(&node.rows);
        let is_object = first == Some(&b'{');
        for table in &node.rows {
            let Some(wish) = self.wishes.get_mut(*table) else { continue };
            wish.shaped |= is_object || wish.takes_element;
        }
        if is_object {
            self.members(region, node, value, todo)?;
        } else {
            let misfit = Misfit { path: &node.path, json: value.json, reason: "is not an object" };
            for (_, member) in node.names.values() {
                self.lost(region, *member, misfit, todo);
            }
            for table in &node.rows {
                if self.wishes.get(*table).is_some_and(|wish| !wish.takes_element) {
                    self.misfit(*table, misfit);
                }
            }
        }
        if first == Some(&b'[') {
            if !node.places.is_empty() {
                self.places(region, node, value, todo)?;
            }
            todo.arrays.extend(node.elements.map(|elements| (value.json, elements)));
        } else {
            let misfit = Misfit { path: &node.path, json: value.json, reason: "is not an array" };
            for (_, element) in &node.places {
                self.lost(region, *element, misfit, todo);
            }
            if let Some(elements) = node.elements {
                self.lost(elements, 0, misfit, todo);
            }
        }
        Ok(())
    }

    /// What would be here and below it is there, as a null is: a null is above it, or an array that is too short.
    fn null(&mut self, region: usize, id: usize) {
        let tree = self.tree;
        let Some(node) = tree.node(region, id) else { return };
        for leaf in &node.leaves {
            if let Some(wish) = self.wishes.get_mut(leaf.table) {
                wish.find(leaf.slot);
            }
        }
        for (_, next) in node.names.values().chain(&node.places) {
            self.null(region, *next);
        }
    }

    /// The members of an object that anybody takes.
    fn members(
        &mut self,
        region: usize,
        node: &'a Node,
        value: Value<'a>,
        todo: &mut Todo<'a>,
    ) -> Result<()> {
        if node.names.is_empty() && node.rows.is_empty() {
            return Ok(());
        }
        let mut found: Vec<Option<&'a str>> = vec![None; node.names.len()];
        members(value, &mut |name, json| {
            let slot = node.names.get(name).and_then(|(place, _)| found.get_mut(*place));
            if slot.is_some_and(|slot| slot.replace(json).is_some()) {
                return Err(self.origin.twice(name));
            }
            for table in &node.rows {
                self.own(*table, name, json)?;
            }
            Ok(())
        })?;
        for (place, member) in node.names.values() {
            if let Some(json) = found.get(*place).copied().flatten() {
                self.node((region, *member), Value { json, fields: None }, todo)?;
            }
        }
        Ok(())
    }

    /// A member of the element that makes a table's row.
    fn own(&mut self, table: usize, name: &str, json: &'a str) -> Result<()> {
        let Some(slot) = self.wishes.get_mut(table).and_then(|wish| wish.own(name, json)) else {
            return Ok(());
        };
        if let Some(Slot::Json(_)) = self.slots.get(table).and_then(|slots| slots.get(slot)) {
            return Err(self.origin.twice(name));
        }
        self.set(table, slot, Slot::Json(json));
        Ok(())
    }

    /// The elements of an array that are named by their places.
    fn places(&mut self, region: usize, node: &Node, value: Value<'a>, todo: &mut Todo<'a>) -> Result<()> {
        node.places.iter().for_each(|(_, element)| self.null(region, *element));
        let mut place = 0;
        items(value.json, &mut |json| {
            for (_, element) in node.places.iter().filter(|(wanted, _)| *wanted == place) {
                self.node((region, *element), Value { json, fields: None }, todo)?;
            }
            place += 1;
            Ok(())
        })
    }

    /// All that would be at a node and below it: the value on the way is of another shape.
    fn lost(&mut self, region: usize, id: usize, misfit: Misfit<'a>, todo: &mut Todo<'a>) {
        let tree = self.tree;
        let Some(node) = tree.node(region, id) else { return };
        for leaf in &node.leaves {
            self.set(leaf.table, leaf.slot, Slot::Misfit(misfit));
            if let Some(wish) = self.wishes.get_mut(leaf.table) {
                wish.find(leaf.slot);
            }
        }
        for table in &node.rows {
            self.misfit(*table, misfit);
            todo.rows.push(*table);
        }
        let next = node.names.values().chain(&node.places).map(|(_, next)| (region, *next));
        for (region, next) in next.chain(node.elements.map(|elements| (elements, 0))) {
            self.lost(region, next, misfit, todo);
        }
    }

    fn misfit(&mut self, table: usize, misfit: Misfit<'a>) {
        if let Some(slot) = self.misfits.get_mut(table) {
            *slot = Some(misfit);
        }
    }

    fn set(&mut self, table: usize, slot: usize, value: Slot<'a>) {
        let Some(slots) = self.slots.get_mut(table) else { return };
        if slot >= slots.len() {
            slots.resize(slot + 1, Slot::Missing);
        }
        if let Some(slot) = slots.get_mut(slot) {
            *slot = value;
        }
    }

    fn row(&mut self, table: usize) -> Result<()> {
        let misfit = self.misfits.get_mut(table).and_then(Option::take);
        let Some((slots, wish)) = self.slots.get_mut(table).zip(self.wishes.get(table)) else {
            return Ok(());
        };
        let result = (self.take)(&Row { table, at: &self.at, slots, misfit, speaks: false });
        for slot in slots.iter_mut().skip(wish.paths()) {
            *slot = Slot::Missing;
        }
        result
    }
}

/// Hands over the members of an object.
fn members<'a>(value: Value<'a>, take: &mut dyn FnMut(&str, &'a str) -> Result<()>) -> Result<()> {
    if let Some(fields) = value.fields {
        return fields.iter().try_for_each(|(name, json)| take(name, json.get()));
    }
    let mut failed = None;
    let read =
        serde_json::Deserializer::from_str(value.json).deserialize_map(Members { take, failed: &mut failed });
    outcome(failed, read)
}

/// Hands over the elements of an array.
fn items<'a>(json: &'a str, take: &mut dyn FnMut(&'a str) -> Result<()>) -> Result<()> {
    let mut failed = None;
    let read = serde_json::Deserializer::from_str(json).deserialize_seq(Items { take, failed: &mut failed });
    outcome(failed, read)
}

fn outcome(failed: Option<Error>, read: serde_json::Result<()>) -> Result<()> {
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        // The whole document was looked at before.
        (None, Err(error)) => {
            Err(Error::new(Kind::Internal, "a part of a document is not JSON").detail(error.to_string()))
        }
    }
}

struct Members<'t, 'a> {
    take: &'t mut dyn FnMut(&str, &'a str) -> Result<()>,
    failed: &'t mut Option<Error>,
}

impl<'a> Visitor<'a> for Members<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some((Key(name), json)) = entries.next_entry::<Key<'a>, &'a RawValue>()? {
            if let Err(error) = (self.take)(&name, json.get()) {
                *self.failed = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

struct Items<'t, 'a> {
    take: &'t mut dyn FnMut(&'a str) -> Result<()>,
    failed: &'t mut Option<Error>,
}

impl<'a> Visitor<'a> for Items<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(json) = items.next_element::<&'a RawValue>()? {
            if let Err(error) = (self.take)(json.get()) {
                *self.failed = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
