//! What a run does to tables of other phases by the way: foreign keys that spread its deletes.

use std::collections::BTreeSet;

use crate::authority::Authority;
use crate::catalog::{ForeignKey, OnDelete, RelName};
use crate::error::{Error, Kind, Result};
use crate::planner::{Task, spreads};
use crate::session::Session;
use crate::sql::{self, Temps};

use super::compare::Counts;
use super::guard::single_count;
use super::state;

/// Refuses deletes that the database would spread to a table of another phase that is frozen or
/// live here, directly or by way of other tables: nobody may write these, `allow_cascade` or not.
///
/// Errors: 55000.
pub(super) fn spared(s: &mut dyn Session, tasks: &[Task], temps: &[Temps], counts: &[Counts]) -> Result<()> {
    if !s.facts().foreign_keys {
        return Ok(());
    }
    let dialect = s.facts().dialect;
    for ((task, own), _) in tasks.iter().zip(temps).zip(counts).filter(|(_, counts)| counts.deletes > 0) {
        for key in task.target.referenced_by.iter().filter(|key| spreads(key.on_delete)) {
            let Some((table, phase, authority)) = reached(s, tasks, key)? else { continue };
            let children: Vec<_> =
                tasks.iter().zip(temps).filter(|(task, _)| task.target.id() == key.table).collect();
            let count = single_count(s, &sql::count_referring(dialect, task, own, key, &children))?;
            if count == 0 {
                continue;
            }
            let state = if authority == Authority::Local { "live here" } else { "frozen" };
            return Err(Error::new(
                Kind::NotInState,
                format!("phase \"{phase}\" is {state}; a foreign key would change its table \"{table}\""),
            )
            .detail(format!(
                "{count} rows of \"{}\" refer to rows of \"{}\" that would be deleted, by ({}).",
                key.table.1,
                task.name,
                key.columns.join(", ")
            ))
            .hint(
                "delete or change the rows that refer to them first, or set \"on_referenced\" to \"retain\"",
            ));
        }
    }
    Ok(())
}

/// The first table of another phase, frozen or live here, that a delete spreads to by this key.
fn reached(
    s: &mut dyn Session,
    tasks: &[Task],
    key: &ForeignKey,
) -> Result<Option<(String, String, Authority)>> {
    let mut seen = BTreeSet::new();
    let mut due = vec![key.clone()];
    while let Some(key) = due.pop() {
        if !seen.insert(key.table.clone()) {
            continue;
        }
        let (schema, name) = &key.table;
        let own = tasks.iter().any(|task| task.target.id() == key.table);
        if !own
            && let Some((phase, authority)) = state::owner(s, schema, name)?
            && authority != Authority::Source
        {
            return Ok(Some((name.clone(), phase, authority)));
        }
        // Where the reference is only cleared, the rows stay, and so do those that refer to them.
        if key.on_delete == OnDelete::Cascade {
            let table = s.find_table(&RelName::new(Some(schema), name))?;
            let further = table.into_iter().flat_map(|table| table.referenced_by);
            due.extend(further.filter(|key| spreads(key.on_delete)));
        }
    }
    Ok(None)
}
