//! What one table takes of documents, and what was found of it.

use std::collections::{HashMap, HashSet};

use crate::plan::Path;
use crate::types::ColumnType;

/// How many names of members are remembered, and how many bytes of them: what a message could tell.
const MOST_NAMES: usize = 1600;

/// What a table takes of documents.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The element that makes a row.
    pub each: Path,
    /// What it takes by a path, each once.
    pub paths: Vec<Path>,
    /// The names of the table's columns: a member of the element that has such a name, whatever its
    /// case, is taken.
    pub names: Vec<String>,
    /// The columns that it takes of what holds the documents.
    pub beside: Vec<Beside>,
    /// What is bound at so many wildcards of `each` is told by itself, too, with or without elements.
    pub speaks: Option<usize>,
}

/// A column beside the documents.
#[derive(Debug, Clone)]
pub struct Beside {
    pub name: String,
    /// Its place among the values that are handed over with a document.
    pub place: usize,
    /// What its values, which are handed over as text, are by nature.
    pub natural: ColumnType,
}

/// What becomes of a member of the element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    /// It is taken by its name, into this slot.
    Taken(usize),
    /// Its path is taken, or nothing of it is.
    Known,
    /// Nothing of it is taken, and it never was a plain value.
    Nested,
}

/// A table's wish while documents are read. Slots are first the columns beside the documents, then the
/// paths, then the members of elements that were found.
#[derive(Debug)]
pub(super) struct Wish {
    pub each: Path,
    pub beside: Vec<Beside>,
    pub paths: Vec<Path>,
    /// The element's own value is taken, or a place of it: it may be other than an object.
    pub takes_element: bool,
    /// There was an element that could have what is taken of it.
    pub shaped: bool,
    /// In lower case.
    names: HashSet<String>,
    members: HashMap<String, Member>,
    /// Members in the order of their slots.
    pub taken: Vec<String>,
    /// Plain members that no column of the table is named like.
    pub extra: Vec<String>,
    /// Per path, whether a document has it.
    pub found: Vec<bool>,
}

impl Wish {
    pub fn new(wanted: Wanted) -> Wish {
        let Wanted { each, paths, names, beside, speaks: _ } = wanted;
        Wish {
            takes_element: paths.iter().any(|path| *path == each || path.is_place_in(&each)),
            shaped: false,
            found: vec![false; paths.len()],
            names: names.iter().map(|name| name.to_lowercase()).collect(),
            members: HashMap::new(),
            taken: Vec::new(),
            extra: Vec::new(),
            each,
            beside,
            paths,
        }
    }

    /// The slots up to the members'.
    pub fn paths(&self) -> usize {
        self.beside.len() + self.paths.len()
    }

    pub fn slots(&self) -> usize {
        self.paths() + self.taken.len()
    }

    /// The path of every slot; none for a column beside the documents.
    pub fn slot_paths(&self) -> Vec<Option<Path>> {
        self.beside.iter().map(|_| None).chain(self.paths.iter().cloned().map(Some)).collect()
    }

    /// The values of the columns that this table takes, of all beside a document.
    pub fn beside_of<'a>(&self, beside: &[Option<&'a str>]) -> Vec<Option<&'a str>> {
        self.beside.iter().map(|column| beside.get(column.place).copied().flatten()).collect()
    }

    /// A document has what this slot is for.
    pub fn find(&mut self, slot: usize) {
        if let Some(found) = slot.checked_sub(self.beside.len()).and_then(|path| self.found.get_mut(path)) {
            *found = true;
        }
    }

    /// The slot that a member of an element goes to; None where it is not taken by its name.
    pub fn own(&mut self, name: &str, json: &str) -> Option<usize> {
        match self.members.get(name) {
            Some(Member::Taken(slot)) => return Some(*slot),
            Some(Member::Known) => return None,
            Some(Member::Nested) if is_plain(json) => {
                self.extra.push(name.to_owned());
                self.members.insert(name.to_owned(), Member::Known);
                return None;
            }
            Some(Member::Nested) => return None,
            None => {}
        }
        let wanted = self.names.contains(&name.to_lowercase());
        let member = if self.paths.contains(&self.each.member(name)) {
            Member::Known
        } else if wanted {
            self.taken.push(name.to_owned());
            Member::Taken(self.slots() - 1)
        } else if self.members.len() >= MOST_NAMES {
            return None;
        } else if is_plain(json) {
            self.extra.push(name.to_owned());
            Member::Known
        } else {
            Member::Nested
        };
        self.members.insert(name.to_owned(), member);
        match member {
            Member::Taken(slot) => Some(slot),
            Member::Known | Member::Nested => None,
        }
    }
}

/// Neither nested nor null.
fn is_plain(json: &str) -> bool {
    !json.starts_with(['{', '[', 'n'])
}
