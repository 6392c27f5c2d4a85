//! The order of a phase's tables, and what their references lead to.

use crate::catalog::{RelName, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::TablePlan;

use super::bind::no_column;
use super::lookup::search;
use super::{Link, Parent, Task};

/// Sorts tasks so that every table comes after those it refers to, otherwise in plan order.
/// Errors: 0A000 where tables refer to each other in a circle.
pub fn sort(tasks: Vec<Task>) -> Result<Vec<Task>> {
    let mut waiting = tasks;
    let mut sorted: Vec<Task> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let free = |task: &Task| {
            let mut parents = task.target.foreign_keys.iter().map(|f| &f.parent);
            parents.all(|p| *p == task.target.id() || !waiting.iter().any(|w| w.target.id() == *p))
        };
        let Some(next) = waiting.iter().position(free) else {
            let names: Vec<&str> = waiting.iter().map(|t| t.name.as_str()).collect();
            return Err(Error::new(
                Kind::NotSupported,
                format!("tables refer to each other in a circle: {}", names.join(", ")),
            )
            .hint("drop one of the foreign keys, or declare it in the plan's \"references\" instead"));
        };
        sorted.push(waiting.remove(next));
    }
    Ok(sorted)
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
                Error::new(Kind::UndefinedTable, format!("table \"{}\" does not exist", declared.table))
                    .detail(format!("Table \"{}\" is to refer to it.", task.name))
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
            let found = resolve(&RelName::parse(&lookup.table)?).ok_or_else(|| {
                Error::new(Kind::UndefinedTable, format!("table \"{}\" does not exist", lookup.table))
            })?;
            lookups.push(search(task, index, lookup, &found, parent(&found.id()))?);
        }
        task.lookups = lookups;
    }
    Ok(())
}
