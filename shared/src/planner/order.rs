//! The order of a phase's tables, where their circles are cut, and what their references lead to.

use crate::catalog::{Default, ForeignKey, RelName, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::{TablePlan, Write};

use super::bind::{no_column, no_table};
use super::lookup::search;
use super::{Link, Parent, Task};

/// Sorts tasks so that every table comes after those it refers to, otherwise in plan order. Where
/// tables refer to each other in a circle, one of its foreign keys is cut: its column becomes
/// late ([`Task::late`]), or the key is deferred ([`Task::deferred`]).
///
/// Errors: 0A000 where a circle has no key that can be cut.
pub fn sort(tasks: Vec<Task>) -> Result<Vec<Task>> {
    let mut waiting = tasks;
    let mut sorted: Vec<Task> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        match (0..waiting.len()).find(|i| next_parent(&waiting, *i).is_none()) {
            Some(free) => sorted.push(waiting.remove(free)),
            None => cut_circle(&mut waiting)?,
        }
    }
    Ok(sorted)
}

/// The first of `waiting` that the task at `index` must come after.
fn next_parent(waiting: &[Task], index: usize) -> Option<usize> {
    let task = waiting.get(index)?;
    task.target
        .foreign_keys
        .iter()
        .filter(|key| !is_cut(task, key))
        .find_map(|key| waiting.iter().position(|w| w.target.id() == key.parent))
}

/// A table's reference to itself holds nothing up: its rows are written by one statement.
fn is_cut(task: &Task, key: &ForeignKey) -> bool {
    key.parent == task.target.id()
        || task.deferred.contains(key)
        || key.columns.iter().any(|c| task.late.contains(c))
}

/// How a foreign key stops holding up its table.
enum Cut {
    Late(String),
    Deferred(ForeignKey),
}

/// Cuts a circle between two of its tables; every task of `waiting` has a parent among them.
fn cut_circle(waiting: &mut [Task]) -> Result<()> {
    let mut path: Vec<usize> = vec![0];
    let circle = loop {
        let next = path.last().and_then(|last| next_parent(waiting, *last));
        let Some(next) = next else { return Err(Error::new(Kind::Internal, "a circle has an end")) };
        if let Some(start) = path.iter().position(|i| *i == next) {
            break path.split_off(start);
        }
        path.push(next);
    };
    let parents = circle.iter().cycle().skip(1);
    let edges: Vec<(usize, usize)> = circle.iter().copied().zip(parents.copied()).collect();
    for may_defer in [false, true] {
        for (child, parent) in &edges {
            let cuts = waiting.get(*child).zip(waiting.get(*parent)).and_then(|(c, p)| cuts(c, p, may_defer));
            if let (Some(cuts), Some(task)) = (cuts, waiting.get_mut(*child)) {
                for cut in cuts {
                    match cut {
                        Cut::Late(column) => task.late.push(column),
                        Cut::Deferred(key) => task.deferred.push(key),
                    }
                }
                return Ok(());
            }
        }
    }
    let tasks = || circle.iter().filter_map(|i| waiting.get(*i));
    let names: Vec<&str> = tasks().map(|t| t.name.as_str()).collect();
    let keys = edges.iter().filter_map(|(child, parent)| Some((waiting.get(*child)?, waiting.get(*parent)?)));
    let lines = keys.flat_map(|(child, parent)| open_keys(child, parent).map(|key| described(child, key)));
    Err(Error::new(
        Kind::NotSupported,
        format!("tables refer to each other in a circle: {}", names.join(", ")),
    )
    .detail(lines.collect::<Vec<_>>().join("\n"))
    .hint("let a column of one of these foreign keys be NULL, or make the key DEFERRABLE"))
}

fn described(child: &Task, key: &ForeignKey) -> String {
    format!("\"{}\" refers to \"{}\" by ({}).", child.name, key.parent.1, key.columns.join(", "))
}

fn open_keys<'a>(child: &'a Task, parent: &Task) -> impl Iterator<Item = &'a ForeignKey> {
    let id = parent.target.id();
    child.target.foreign_keys.iter().filter(move |key| key.parent == id && !is_cut(child, key))
}

/// What cuts all that leads from `child` to `parent`; None where a key of it cannot be cut.
fn cuts(child: &Task, parent: &Task, may_defer: bool) -> Option<Vec<Cut>> {
    let cut = |key: &ForeignKey| match late_column(child, key) {
        Some(column) => Some(Cut::Late(column.to_owned())),
        None if may_defer && key.deferrable => Some(Cut::Deferred(key.clone())),
        None => None,
    };
    open_keys(child, parent).map(cut).collect()
}

/// The column of a foreign key that can wait: one that no other key needs, if there is one. The
/// inserted rows are found again by their key, which only an index makes sure of.
fn late_column<'a>(task: &Task, key: &'a ForeignKey) -> Option<&'a str> {
    let left_out = |name: &str| {
        task.staged(name).is_none() && task.target.column(name).is_some_and(|c| c.default == Default::None)
    };
    let settable = |name: &str| {
        task.can_be_null(name)
            && (left_out(name) || (task.staged(name).is_some() && task.write != Write::DeleteInsert))
    };
    let shared = |name: &String| {
        task.target.foreign_keys.iter().any(|other| other.name != key.name && other.columns.contains(name))
    };
    let fitting = || key.columns.iter().filter(|name| settable(name));
    fitting().find(|name| !shared(name)).or_else(|| fitting().next()).map(String::as_str)
}

/// Gives each task its references: the foreign keys found in the database and those that `plans`
/// (by ordinal) declare. A reference whose columns are not staged is left to the database. A
/// declared reference may be part of a circle, since nothing but our own check depends on it.
/// Gives it its lookups, too.
/// Errors: 42P01 and 42703 for a declared table or column that does not exist, 42804 for a lookup
/// whose value cannot be what it sets.
pub fn link(
    tasks: &mut [Task],
    plans: &[TablePlan],
    resolve: &dyn Fn(&RelName) -> Option<Table>,
) -> Result<()> {
    let ids: Vec<(String, String)> = tasks.iter().map(|t| t.target.id()).collect();
    let parent = |id: &(String, String)| {
        let indexes: Vec<usize> = ids.iter().enumerate().filter(|(_, i)| *i == id).map(|(n, _)| n).collect();
        if indexes.is_empty() {
            return Parent::Table { schema: id.0.clone(), name: id.1.clone() };
        }
        Parent::Tasks(indexes)
    };
    for task in tasks {
        let mut links: Vec<Link> = Vec::new();
        for key in &task.target.foreign_keys {
            links.push(Link {
                columns: key.columns.clone(),
                parent: parent(&key.parent),
                parent_columns: key.parent_columns.clone(),
            });
        }
        for declared in plans.get(task.ordinal).map_or(&[][..], |p| &p.references) {
            let name = RelName::parse(&declared.table)?;
            let found = resolve(&name).ok_or_else(|| {
                no_table(&declared.table).detail(format!("Table \"{}\" is to refer to it.", task.name))
            })?;
            if let Some(column) = declared.match_columns.iter().find(|c| found.column(c).is_none()) {
                return Err(no_column(&declared.table, column));
            }
            links.push(Link {
                columns: declared.columns.clone(),
                parent: parent(&found.id()),
                parent_columns: declared.match_columns.clone(),
            });
        }
        links.retain(|link| task.stages(&link.columns));
        task.references = links;
        let mut lookups = Vec::new();
        for (index, lookup) in task.plan.lookups.iter().enumerate() {
            let found = resolve(&RelName::parse(&lookup.table)?).ok_or_else(|| no_table(&lookup.table))?;
            lookups.push(search(task, index, lookup, &found, parent(&found.id()))?);
        }
        task.lookups = lookups;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Default;
    use crate::plan::Source;
    use crate::planner::bind;
    use crate::planner::sample;

    /// A table with the key `id` and, per reference, a column named after the parent; `!` before it
    /// says NOT NULL, `?` after it that the foreign key is deferrable.
    fn task(ordinal: usize, name: &str, parents: &[&str], write: Write) -> Task {
        let mut table = sample::table(name, &["id"], &["!id"]);
        table.columns[0].default = Default::Serial(None);
        for text in parents {
            let parent = text.trim_matches(['!', '?']);
            table.columns.push(sample::column(text.trim_end_matches('?')));
            sample::refer(&mut table, parent, parent, "id");
            table.foreign_keys.last_mut().unwrap().deferrable = text.ends_with('?');
        }
        let plan = TablePlan::plain(name.to_owned(), Source::Parquet("x.parquet".to_owned()), write);
        bind(ordinal, &plan, table, None, &[]).unwrap()
    }

    /// Sorts tables given as (name, parents); per table its name, late columns and deferred keys.
    fn sorted(tables: &[(&str, &[&str])], write: Write) -> Result<Vec<String>> {
        let tasks = tables.iter().enumerate().map(|(i, (name, parents))| task(i, name, parents, write));
        let shown = |t: &Task| {
            let deferred: Vec<&str> = t.deferred.iter().map(|k| k.name.as_str()).collect();
            format!("{} {} {}", t.name, t.late.join(","), deferred.join(",")).trim_end().to_owned()
        };
        Ok(sort(tasks.collect())?.iter().map(shown).collect())
    }

    #[test]
    fn parents_come_first_and_a_table_may_refer_to_itself() {
        let order = sorted(&[("c", &["!b"]), ("b", &["!a", "!b"]), ("a", &[])], Write::Replace);
        assert_eq!(order.unwrap(), ["a", "b", "c"]);
    }

    #[test]
    fn a_circle_is_cut_where_a_column_can_be_null() {
        let order = sorted(&[("x", &["!b"]), ("a", &["!b?"]), ("b", &["!c?"]), ("c", &["a"])], Write::Upsert);
        assert_eq!(order.unwrap(), ["c a", "b", "x", "a"]);
    }

    #[test]
    fn otherwise_where_a_key_can_be_deferred() {
        let order = sorted(&[("a", &["!b"]), ("b", &["!a?"])], Write::Replace);
        assert_eq!(order.unwrap(), ["b  b_a", "a"]);
    }

    #[test]
    fn every_circle_is_cut_and_nothing_else() {
        let order =
            sorted(&[("a", &["b", "c"]), ("b", &["!a"]), ("c", &["!a"]), ("d", &["a"])], Write::Replace);
        assert_eq!(order.unwrap(), ["a b,c", "b", "c", "d"]);
    }

    #[test]
    fn a_circle_that_nothing_cuts_is_named() {
        let error = sorted(&[("d", &["a"]), ("a", &["!b"]), ("b", &["!a"])], Write::Replace).unwrap_err();
        assert_eq!((error.kind, error.message.contains("a, b")), (Kind::NotSupported, true), "{error}");
        // Without a key the inserted rows cannot be found again.
        let error = sorted(&[("a", &["b"]), ("b", &["a"])], Write::DeleteInsert).unwrap_err();
        assert_eq!(error.kind, Kind::NotSupported);
    }
}
